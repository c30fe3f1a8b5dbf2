"""What every part says of itself, in one place: the health endpoint, the log and the metrics read it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import msgspec

log = logging.getLogger(__name__)


class Status(msgspec.Struct, frozen=True):
    """A part's state: healthy when `reason` is empty; `since` is Unix seconds."""

    reason: str
    since: float


class HealthBoard:
    """Parts report here; thread-safe. A change is logged once, not once a report."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, Status] = {}
        self._notes: dict[str, str] = {}
        self._descriptions: dict[str, Callable[[], dict[str, object]]] = {}
        self.serving = False

    def degraded(self, part: str, reason: str) -> None:
        """`part` (`kafka`, `store`, `provider`, `next_hop`, …) is in trouble; ingest goes on."""
        self._report(part, reason)

    def healthy(self, part: str) -> None:
        self._report(part, "")

    def note(self, part: str, text: str) -> None:
        """Something an operator should know that is no trouble, such as the `nop` exporter."""
        with self._lock:
            self._notes[part] = text

    def describe(self, part: str, read: Callable[[], dict[str, object]]) -> None:
        """`read` answers how the part stands whenever somebody asks, on the event loop; healthy or not."""
        self._descriptions[part] = read

    def descriptions(self) -> dict[str, dict[str, object]]:
        return {part: read() for part, read in self._descriptions.items()}

    def degraded_parts(self) -> dict[str, Status]:
        with self._lock:
            return {part: status for part, status in self._parts.items() if status.reason}

    def notes(self) -> dict[str, str]:
        with self._lock:
            return dict(self._notes)

    def _report(self, part: str, reason: str) -> None:
        with self._lock:
            before = self._parts.get(part)
            if (before.reason if before else "") == reason:
                return
            self._parts[part] = Status(reason, time.time())
        if reason:
            log.warning("%s degraded: %s", part, reason)
        else:
            log.info("%s recovered", part)
