"""The version of this Sluice, as it was installed."""

from __future__ import annotations

from importlib import metadata


def version() -> str | None:
    """None in a source tree that is not installed."""
    try:
        return metadata.version("otel-sluice")
    except metadata.PackageNotFoundError:
        return None


def user_agent() -> str:
    """How Sluice names itself to whom it sends, as the OTLP exporter specification asks for: `sluice/0.1.0`."""
    return f"sluice/{version() or 'unknown'}"
