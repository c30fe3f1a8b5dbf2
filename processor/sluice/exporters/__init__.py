"""OTLP out: the next hop, or none."""
