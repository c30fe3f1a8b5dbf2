"""The way of novel evidence from the pipeline's threads to the event loop: cheap for them, bounded, never blocking."""

from __future__ import annotations

import asyncio
import threading
from collections import deque

import msgspec

from sluice.engine import Evidence
from sluice.telemetry import Telemetry

PENDING_BYTES = 16 << 20
"""Encoded evidence that may wait for the loop; beyond it evidence is refused and counted, its records are kept."""
_ENTRY = b'"fingerprint":'
"""Stands once in each entry: in a sample its quotes would be escaped."""
_STEP = 16
"""Entries decoded between two turns of the loop (about 10 µs each)."""


class Intake:
    """`offer` may be called from any thread; `entries` is read by one task of the loop."""

    def __init__(self, telemetry: Telemetry, pending_bytes: int = PENDING_BYTES) -> None:
        self._limit = pending_bytes
        self._refused = telemetry.counter("sluice_classify_queue_refused")
        self._lock = threading.Lock()
        self._pending: deque[bytes] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def open(self) -> None:
        """To be called on the loop that reads; what was offered before is kept for it."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._closed = False
        self._arrived.set()

    def close(self) -> None:
        """Nobody reads any more: what comes now is judged after the next start."""
        with self._lock:
            self._loop = None
            self._closed = True
            self._pending.clear()
            self._bytes = 0

    def offer(self, committed: bytes) -> bool:
        """Hands over what `Outcome.commit` answered; False when too much waits already, or nobody reads."""
        with self._lock:
            if self._closed:
                return False
            if self._bytes + len(committed) > self._limit:
                self._refused.inc(committed.count(_ENTRY))
                return False
            self._pending.append(committed)
            self._bytes += len(committed)
            if len(self._pending) == 1 and self._loop is not None:
                # under the lock: `close` comes before the loop ends, so it cannot be closed here
                self._loop.call_soon_threadsafe(self._arrived.set)
        return True

    async def take(self) -> list[Evidence]:
        """The next piece of evidence that was offered, as soon as there is one."""
        while True:
            self._arrived.clear()
            with self._lock:
                committed = self._pending.popleft() if self._pending else None
                if committed is not None:
                    self._bytes -= len(committed)
            if committed is not None:
                return await _decode(committed)
            await self._arrived.wait()


async def _decode(committed: bytes) -> list[Evidence]:
    """In small steps: one request of a newcomer can bring thousands of types at once."""
    entries: list[Evidence] = []
    for position, raw in enumerate(msgspec.json.decode(committed, type=list[msgspec.Raw]), 1):
        entries.append(msgspec.json.decode(raw, type=Evidence))
        if position % _STEP == 0:
            await asyncio.sleep(0)
    return entries
