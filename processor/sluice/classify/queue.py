"""The event types that wait for the judge: bounded, one entry a type, largest volume first."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from sluice.engine import Evidence, Slot, Volume
from sluice.telemetry import Telemetry

EVIDENCE_BYTES = 32 << 20
"""Samples and values held by the queue; beyond it a type waits without them and is judged by its template."""
_KEPT = 3
"""Samples, and values of a slot, that are kept of one type."""


class Waiting(msgspec.Struct, eq=False):
    """One type in the queue. `volume`: records known of; `attempts`: answers that could not be used; `size`: bytes."""

    evidence: Evidence
    volume: int
    ready_at: float
    attempts: int = 0
    size: int = 0


class Queue:
    """Used on one thread: the event loop's. Nothing here waits; `settles_in` tells how long until a type is due.

    A type is due once it has settled (more evidence of a young type comes within seconds). When the queue is full a
    new type is refused and counted: its records are kept, and its next evidence is another chance.
    """

    def __init__(
        self, max_size: int, settle: float, telemetry: Telemetry, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_size = max_size
        self._settle = settle
        self._clock = clock
        self._refused = telemetry.counter("sluice_classify_queue_refused")
        self._length = telemetry.gauge("sluice_classify_queue_length")
        self._types: dict[str, Waiting] = {}
        self._settling: deque[str] = deque()  # in the order in which they become due: `settle` is the same for all
        self._due: list[tuple[int, str]] = []  # heap of (-volume, fingerprint); stale entries are passed over
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._types)

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._types

    def room(self) -> int:
        """How many more types it takes."""
        return self._max_size - len(self._types)

    def add(self, evidence: Evidence) -> bool:
        """Takes a type, or more evidence of one that waits; False when the queue is full."""
        known = self._types.get(evidence.fingerprint)
        if known is not None:
            self._bytes -= known.size
            self._store(known, _merge(known.evidence, evidence))
            self._weigh(evidence.fingerprint, known, max(known.volume, evidence.count))
            return True
        if len(self._types) >= self._max_size:
            self._refused.inc()
            return False
        waiting = Waiting(evidence, evidence.count, self._clock() + self._settle)
        self._store(waiting, evidence)
        self._types[evidence.fingerprint] = waiting
        self._settling.append(evidence.fingerprint)
        self._length.set(len(self._types))
        return True

    def weigh(self, volumes: list[Volume]) -> None:
        """Adds committed records to the types that wait, so that the largest go first."""
        for volume in volumes:
            waiting = self._types.get(volume.fingerprint)
            if waiting is not None:
                self._weigh(volume.fingerprint, waiting, waiting.volume + volume.records)

    def take(self, limit: int) -> list[Waiting]:
        """Up to `limit` types that are due, largest volume first; one whose last answer failed twice comes alone."""
        self._settled()
        batch: list[Waiting] = []
        for fingerprint in self._largest():
            waiting = self._types[fingerprint]
            alone = waiting.attempts >= 2
            if alone and batch:
                heapq.heappush(self._due, (-waiting.volume, fingerprint))
                break
            del self._types[fingerprint]
            self._bytes -= waiting.size
            batch.append(waiting)
            if alone or len(batch) == limit:
                break
        self._length.set(len(self._types))
        return batch

    def put_back(self, batch: list[Waiting]) -> None:
        """Types that were taken and not judged; due at once, and never refused: they had their place."""
        for waiting in batch:
            fingerprint = waiting.evidence.fingerprint
            newer = self._types.get(fingerprint)
            if newer is not None:
                newer.attempts = max(newer.attempts, waiting.attempts)
                continue
            self._store(waiting, waiting.evidence)
            waiting.ready_at = self._clock()
            self._types[fingerprint] = waiting
            heapq.heappush(self._due, (-waiting.volume, fingerprint))
        self._length.set(len(self._types))

    def settles_in(self) -> float | None:
        """Seconds until the next type is due: 0 when one is, None when none waits."""
        self._settled()
        while self._due and self._stale(*self._due[0]):
            heapq.heappop(self._due)
        if self._due:
            return 0.0
        if not self._settling:
            return None
        return max(0.0, self._types[self._settling[0]].ready_at - self._clock())

    def _settled(self) -> None:
        now = self._clock()
        while self._settling and self._types[self._settling[0]].ready_at <= now:
            fingerprint = self._settling.popleft()
            heapq.heappush(self._due, (-self._types[fingerprint].volume, fingerprint))

    def _largest(self) -> Iterator[str]:
        while self._due:
            volume, fingerprint = heapq.heappop(self._due)
            if not self._stale(volume, fingerprint):
                yield fingerprint

    def _stale(self, volume: int, fingerprint: str) -> bool:
        waiting = self._types.get(fingerprint)
        return waiting is None or -volume != waiting.volume

    def _weigh(self, fingerprint: str, waiting: Waiting, volume: int) -> None:
        if volume == waiting.volume:
            return
        waiting.volume = volume
        if waiting.ready_at <= self._clock():
            heapq.heappush(self._due, (-volume, fingerprint))
        if len(self._due) > 2 * self._max_size:
            due = {name for _, name in self._due if name in self._types}
            self._due = [(-self._types[name].volume, name) for name in due]
            heapq.heapify(self._due)

    def _store(self, waiting: Waiting, evidence: Evidence) -> None:
        waiting.size = _size(evidence)
        if self._bytes + waiting.size > EVIDENCE_BYTES:
            slots = [Slot(slot.kind, []) for slot in evidence.slots]
            evidence, waiting.size = msgspec.structs.replace(evidence, samples=[], slots=slots), 0
        waiting.evidence = evidence
        self._bytes += waiting.size


def _merge(older: Evidence, newer: Evidence) -> Evidence:
    """What both say of one type; the template and the kinds of its slots are the newer one's."""
    slots = newer.slots
    if [slot.kind for slot in older.slots] == [slot.kind for slot in newer.slots]:
        pairs = zip(older.slots, newer.slots, strict=True)
        slots = [Slot(after.kind, _union(before.values, after.values)[:_KEPT]) for before, after in pairs]
    return msgspec.structs.replace(
        newer,
        slots=slots,
        covers=_union(older.covers, newer.covers),
        attribute_keys=sorted({*older.attribute_keys, *newer.attribute_keys}),
        samples=_union(older.samples, newer.samples)[:_KEPT],
        count=max(older.count, newer.count),
    )


def _union(first: list[str], second: list[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _size(evidence: Evidence) -> int:
    return sum(map(len, evidence.samples)) + sum(len(value) for slot in evidence.slots for value in slot.values)
