"""Own limits on requests and bytes in flight: what bounds the memory of ingest, and where back pressure begins.

gRPC's own limit on concurrent calls answers RESOURCE_EXHAUSTED without RetryInfo, on which senders drop; this one
answers `Busy`, on which they wait and send again.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from sluice.config.model import Limits
from sluice.errors import Busy
from sluice.telemetry import Telemetry

RETRY_AFTER = 1.0
"""Seconds that a sender is asked to wait: longer than a request usually takes, shorter than senders give up."""


class Admission:
    """Counts what is in flight, over all receivers. Thread-safe; never waits.

    A byte in flight takes up to two of memory: the request's, and its copy on the way to the next hop; a third where
    requests go as one, of which a call has less than 2 MiB.

    A request larger than the whole byte limit is let in when no other bytes are in flight: the size of one message is
    bounded by the receivers' own limits, and a sender that can never succeed would retry for ever.
    """

    def __init__(self, limits: Limits, telemetry: Telemetry) -> None:
        self._max_requests = limits.requests_in_flight
        self._max_bytes = limits.bytes_in_flight_mib << 20
        self._lock = threading.Lock()
        self._requests = 0
        self._bytes = 0
        telemetry.watch("sluice_receiver_requests_in_flight", lambda: self._requests)
        telemetry.watch("sluice_receiver_bytes_in_flight", lambda: self._bytes)

    def open(self) -> Ticket:
        """A ticket without a place or bytes yet; `Busy` when a limit is reached already, before a byte is read."""
        if self._requests >= self._max_requests:
            raise self._no_place()
        if self._bytes >= self._max_bytes:
            raise self._no_room()
        return Ticket(self)

    def _grow(self, held: int, size: int) -> None:
        with self._lock:
            others = self._bytes - held
            if others and self._bytes + size > self._max_bytes:
                raise self._no_room()
            self._bytes += size

    def _enter(self) -> None:
        with self._lock:
            if self._requests >= self._max_requests:
                raise self._no_place()
            self._requests += 1

    def _leave(self, size: int, places: int) -> None:
        with self._lock:
            self._bytes -= size
            self._requests -= places

    def _no_room(self) -> Busy:
        message = f"{self._bytes} bytes are in flight and the limit is {self._max_bytes}; send again later"
        return Busy(message, RETRY_AFTER)

    def _no_place(self) -> Busy:
        return Busy(f"{self._max_requests} requests are in flight, which is the limit; send again later", RETRY_AFTER)


class Ticket:
    """What one request holds: bytes while it is read, a place while it is handled. Gives all back when closed."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._bytes = 0
        self._places = 0

    def grow(self, size: int) -> None:
        """Holds `size` bytes more, or raises `Busy` and holds what it held."""
        self._admission._grow(self._bytes, size)
        self._bytes += size

    def enter(self) -> None:
        """Takes the place among the requests in flight, or raises `Busy`. A sender that is slow to send holds none."""
        self._admission._enter()
        self._places = 1

    def close(self) -> None:
        """Idempotent."""
        self._admission._leave(self._bytes, self._places)
        self._bytes = self._places = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
