"""What each service does, from the patterns of its telemetry: told by a model, or by rules where there is none."""
