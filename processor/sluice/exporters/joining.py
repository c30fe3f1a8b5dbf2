"""What waits at the same moment goes to the next hop in one call, and every sender still gets its own answer.

OTLP requests are protobuf messages, whose concatenation is their merge. A call costs about as much as mining a thousand
records, so the smaller the requests, the more there is to gain. A request that meets no other is not held up.
"""

from __future__ import annotations

import math
import threading
import time

from sluice.engine import Signal
from sluice.errors import ExportFailed
from sluice.exporters import Exporter
from sluice.partial_success import rejected, shares
from sluice.telemetry import Telemetry

HOLD = 0.005
"""Seconds after the start of a call within which the next one waits for company, unless the first is answered sooner: a
next hop that is far away, or hangs, holds up nobody for longer."""
_APART = 60.0
"""Seconds without joining after a joined call that did not succeed in full: the fault may be one sender's."""
_LARGE = 256 << 10
"""Bytes from which on a payload goes alone: beside it the call costs little."""
_FULL = 1792 << 10
"""Bytes that wait for no more company: with the last one a call stays below 2 MiB. gRPC servers take 4 by default."""
_DEADLINE_EXCEEDED = 4


class Joining:
    """Between the pipeline and the exporter. Thread-safe; a request stays on its thread and blocks it.

    - Nobody waits for others but while a call of the same signal is under way, and then not longer than `hold`.
    - The one with the most time left makes the call. The others wait for it as long as they would have waited alone.
    - A retryable error is everybody's answer, as the call is nobody's fault; after any other each is sent alone.
    - A partial success does not say whose records were rejected: they are shared out in the order of the payloads, so
      that the sum is right.
    """

    def __init__(self, exporter: Exporter, telemetry: Telemetry, *, hold: float = HOLD) -> None:
        self.name = exporter.name
        self._export = exporter.export
        self._lanes = {signal: _Lane(hold) for signal in Signal}
        self._apart_until = -math.inf
        self._joined = telemetry.counter("sluice_exporter_joined_requests", exporter=exporter.name)
        telemetry.watch(
            "sluice_exporter_waiting_requests", lambda: sum(lane.waiting() for lane in self._lanes.values())
        )

    def export(self, signal: Signal, payload: bytes, items: int, timeout: float | None) -> bytes:
        """As `Exporter.export`, of a payload that holds so many items."""
        now = time.monotonic()
        if len(payload) >= _LARGE or now < self._apart_until:
            return self._export(signal, payload, timeout)
        own = _Waiting(payload, items, now, timeout)
        lane = self._lanes[signal]
        if lane.leads(own):
            try:
                if len(own.company) == 1:
                    return self._export(signal, payload, own.timeout())
                self._together(signal, own.company, own.timeout())
            finally:
                lane.leave(own)
        match own.answer:
            case bytes():
                return own.answer
            case ExportFailed():
                raise own.answer.again()
            case None:
                return self._export(signal, payload, own.timeout())

    def _together(self, signal: Signal, company: list[_Waiting], timeout: float | None) -> None:
        """Gives each its answer, or none: then it is to be sent alone."""
        self._joined.inc(len(company))
        try:
            response = self._export(signal, b"".join([one.payload for one in company]), timeout)
        except ExportFailed as error:
            self._apart_until = time.monotonic() + _APART
            if error.retryable:
                for one in company:
                    one.answer = error.again()
            return
        said = rejected(signal, response, at_most=sum(one.items for one in company))
        if said.items:
            self._apart_until = time.monotonic() + _APART
        for one, share in zip(company, shares(signal, said, [one.items for one in company]), strict=True):
            one.answer = share


class _Waiting:
    """One payload on its way. `until`: when its sender goes."""

    __slots__ = ("_gives_up", "answer", "company", "items", "payload", "until", "wake")

    def __init__(self, payload: bytes, items: int, now: float, timeout: float | None) -> None:
        self.payload = payload
        self.items = items
        self.until = math.inf if timeout is None else now + timeout
        self._gives_up = math.inf if timeout is None else now + timeout * 0.9
        self.wake = threading.Lock()
        self.wake.acquire()
        self.company: list[_Waiting] = []
        """For the one that makes the call: all that go along, itself among them."""
        self.answer: bytes | ExportFailed | None = None

    def patience(self) -> float:
        """Seconds to wait for a call of others: a tenth of the sender's time is left for the answer to reach it."""
        return min(threading.TIMEOUT_MAX, max(0.0, self._gives_up - time.monotonic()))

    def timeout(self) -> float | None:
        """Seconds that the sender still waits."""
        return None if self.until == math.inf else max(0.0, self.until - time.monotonic())


class _Lane:
    """The calls of one signal: who waits, and who makes the next call."""

    def __init__(self, hold: float) -> None:
        self._hold = hold
        self._lock = threading.Lock()
        self._under_way = 0
        self._began = -math.inf
        self._waiting: list[_Waiting] = []
        self._bytes = 0

    def waiting(self) -> int:
        return len(self._waiting)

    def leads(self, own: _Waiting) -> bool:
        """Blocks until `own` is to make the call for its company (and to `leave` then), or has its answer: False."""
        with self._lock:
            now = time.monotonic()
            self._waiting.append(own)
            self._bytes += len(own.payload)
            hold = self._began + self._hold - now
            if not self._under_way or hold <= 0 or self._bytes >= _FULL:
                self._depart(now)
        if hold <= 0 or not own.wake.acquire(timeout=min(hold, own.patience())):
            with self._lock:
                if own in self._waiting:
                    self._depart(time.monotonic())
            # From here `own` is to make the call, which is known already, or somebody else is making it.
            if not own.wake.acquire(timeout=own.patience()) and not own.company:
                own.answer = ExportFailed(
                    "the next hop has not answered in time", code=_DEADLINE_EXCEEDED, details=None, retryable=True
                )
        return bool(own.company)

    def leave(self, own: _Waiting) -> None:
        """After the call of `own`: the others go on, and so does who has come meanwhile."""
        with self._lock:
            self._under_way -= 1
            if self._waiting:
                self._depart(time.monotonic())
        company, own.company = own.company, []  # it holds `own`: without this, a cycle that keeps the payloads
        for one in company:
            if one is not own:
                one.wake.release()

    def _depart(self, now: float) -> None:
        company, self._waiting, self._bytes = self._waiting, [], 0
        self._under_way += 1
        self._began = now
        leader = max(company, key=_until) if len(company) > 1 else company[0]
        leader.company = company
        leader.wake.release()


def _until(one: _Waiting) -> float:
    return one.until
