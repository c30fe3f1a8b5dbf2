"""Sluice: judges every event type of an OpenTelemetry stream once and lets the waste go."""
