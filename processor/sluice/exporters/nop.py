"""The tap: records are judged and counted, and end here."""

from __future__ import annotations

import logging

from sluice.engine import Signal
from sluice.health import HealthBoard

log = logging.getLogger(__name__)

NOTE = "exporters.nop: records are judged and counted, not forwarded"


class NopExporter:
    """Takes everything. Said in health and log, because a pipeline that forwards nothing should not surprise."""

    name = "nop"

    def __init__(self, health: HealthBoard) -> None:
        self._health = health

    def start(self) -> None:
        self._health.note("next_hop", NOTE)
        log.info(NOTE)

    def stop(self) -> None:
        """Nothing was opened."""

    def export(self, signal: Signal, payload: bytes, timeout: float | None) -> bytes:
        return b""
