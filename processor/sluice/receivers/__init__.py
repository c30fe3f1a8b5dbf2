"""Where records come in: OTLP over gRPC and HTTP."""

GRACE = 10.0
"""Seconds that requests under way may take when a receiver stops: twice the exporter's default timeout."""
