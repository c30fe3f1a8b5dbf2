"""Where the kept records go: exactly one exporter, with the next hop's answer as its own."""

from __future__ import annotations

from typing import Protocol

from sluice.engine import Signal


class Exporter(Protocol):
    """Thread-safe; `start` and `stop` are idempotent, `export` is called between them."""

    name: str
    """Its configuration key, and its label in the metrics."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def export(self, signal: Signal, payload: bytes, timeout: float | None) -> bytes:
        """Forwards one serialised export request and blocks until the answer; returns the response message's bytes.

        `timeout`: seconds that the sender still waits, None when unknown. Raises `ExportFailed`.
        """
        ...
