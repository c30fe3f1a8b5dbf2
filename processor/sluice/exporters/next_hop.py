"""Whether the next hop can be used: known at start, while records flow, and while none do."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from sluice.errors import ExportFailed
from sluice.health import HealthBoard

PART = "next_hop"


class NextHop:
    """Reports changes to the health board. At start and while degraded it asks by `check`, on a thread of its own.

    A failure holds for `interval` seconds, whatever else succeeds: a next hop that answers every other request must
    not fill the log with its ups and downs.
    """

    def __init__(self, health: HealthBoard, check: Callable[[], None], interval: float) -> None:
        self._health = health
        self._check = check
        self._interval = interval
        self._lock = threading.Lock()
        self._reason = ""
        self._failed_at = 0.0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._watch, name="next-hop", daemon=True)
        self._thread.start()

    def stopping(self) -> None:
        """No further reports: a call cancelled by our own stop says nothing of the next hop."""
        self._stopping.set()
        self._wake.set()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def answered(self) -> None:
        """Runs once a request: without a failure it costs one comparison."""
        if not self._reason:
            return
        with self._lock:
            if time.monotonic() - self._failed_at < self._interval:
                return
            self._reason = ""
            self._health.healthy(PART)

    def failed(self, reason: str, *, latest: bool = False) -> None:
        """`latest`: take the reason also when one is known already; of a check only, which is not asked often."""
        if self._stopping.is_set():
            return
        with self._lock:
            self._failed_at = time.monotonic()
            if latest or not self._reason:
                self._reason = reason
                self._health.degraded(PART, reason)
        self._wake.set()

    def _watch(self) -> None:
        while True:
            self._wake.clear()  # before the look at _stopping, which is set before _wake: neither can be missed
            if self._stopping.is_set():
                return
            # A failed check has reported itself by `failed`, which keeps this thread awake for another round.
            with contextlib.suppress(ExportFailed):
                self._check()
            # A check that succeeds too soon after a failure leaves it standing: then the next one is due by itself.
            if not self._reason:
                self._wake.wait()
            if self._stopping.wait(self._interval):
                return
