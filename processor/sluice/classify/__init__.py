"""From novel evidence to facts: queue, redaction, providers."""
