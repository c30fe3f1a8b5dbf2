"""The event types that wait for the judge: bounded, one entry a type, largest volume first."""

from __future__ import annotations

import heapq
import math
import time
from collections import Counter, deque
from collections.abc import Callable

import msgspec

from sluice.engine import Evidence, Slot, Volume
from sluice.telemetry import Telemetry

EVIDENCE_BYTES = 32 << 20
"""Samples and values held by the queue; beyond it a type waits without them and is judged by its template."""
ENOUGH = 48
"""Types of one service that are worth a batch to themselves."""
_KEPT = 3
"""Samples, and values of a slot, that are kept of one type."""

_Service = tuple[str, str]
_Heap = list[tuple[int, str]]
"""Of (-volume, fingerprint); entries that are true no more are passed over."""
_Later = list[tuple[float, str]]
"""A heap of (ready_at, fingerprint), where dropped types are passed over, likewise."""


class Waiting(msgspec.Struct, eq=False):
    """One type in the queue. `volume`: records known of; `since`: when it came; `ready_at`: when it has settled;
    `attempts`: answers that could not be used; `size`: bytes; `doubted`: it has an answer that is asked for again."""

    evidence: Evidence
    volume: int
    since: float
    ready_at: float
    attempts: int = 0
    size: int = 0
    doubted: bool = False

    @property
    def service(self) -> _Service:
        return self.evidence.identity.namespace, self.evidence.identity.service


class Queue:
    """Used on one thread: the event loop's. Nothing here waits; `due_in` tells how long until there is a batch.

    1. A type is due once it has settled: more evidence of a young type comes within seconds.
    2. There is a batch when `company` types are due. Fewer wait for others, the longer the fewer they are: a batch of
       1/k of `company` is there when its oldest type has waited k times `settle`.
    3. The type with the largest volume determines whose batch it is: its service's, when that has enough types due;
       else those of further services come along, in the order of their largest types.
    4. A type that was taken is not taken again before it is put back or `done`; evidence that comes meanwhile is kept
       with it.
    5. Types that became parts of a more general one wait no longer once that one comes.
    6. One that was postponed, because somebody else asks about it, is due again after the time given, or dropped.

    When the queue is full a new type is refused and counted: its records are kept, and its next evidence is another
    chance.
    """

    def __init__(
        self,
        max_size: int,
        settle: float,
        telemetry: Telemetry,
        clock: Callable[[], float] = time.monotonic,
        *,
        company: int = 1,
    ) -> None:
        self._max_size = max_size
        self._settle = settle
        self._clock = clock
        self._company = company
        self._refused = telemetry.counter("sluice_classify_queue_refused")
        self._length = telemetry.gauge("sluice_classify_queue_length")
        telemetry.watch("sluice_classify_queue_oldest_seconds", lambda: self.oldest)
        self._types: dict[str, Waiting] = {}
        self._taken: dict[str, Waiting] = {}
        self._settling: deque[tuple[float, str]] = deque()  # in order: `settle` is the same for all
        self._postponed: _Later = []
        self._elsewhere: dict[str, float] = {}
        self._due: dict[str, None] = {}  # in the order in which they became due
        self._heap: _Heap = []
        self._services: dict[_Service, _Heap] = {}
        self._due_of: Counter[_Service] = Counter()
        self._ages: deque[tuple[float, str]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._types)

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._types or fingerprint in self._taken

    @property
    def oldest(self) -> float:
        """Seconds for which the oldest type has waited, those that are just asked about included; 0 when none does."""
        while self._ages:
            since, fingerprint = self._ages[0]
            waiting = self._types.get(fingerprint) or self._taken.get(fingerprint)
            if waiting is not None and waiting.since == since:
                return self._clock() - since
            self._ages.popleft()
        return 0.0

    def room(self) -> int:
        """How many more types it takes."""
        return self._max_size - len(self._types)

    def add(self, evidence: Evidence) -> bool:
        """Takes a type, or more evidence of one that waits; False when the queue is full."""
        fingerprint = evidence.fingerprint
        for part in evidence.covers:
            self._remove(part)
        taken = self._taken.get(fingerprint)
        if taken is not None:
            taken.evidence = _merge(taken.evidence, evidence)
            return True
        known = self._types.get(fingerprint)
        if known is not None:
            self._bytes -= known.size
            self._store(known, _merge(known.evidence, evidence))
            self._weigh(fingerprint, known, max(known.volume, evidence.count))
            return True
        if len(self._types) >= self._max_size:
            self._refused.inc()
            return False
        now = self._clock()
        waiting = Waiting(evidence, evidence.count, now, now + self._settle)
        self._store(waiting, evidence)
        self._types[fingerprint] = waiting
        self._settling.append((waiting.ready_at, fingerprint))
        self._ages.append((now, fingerprint))
        self._length.set(len(self._types))
        return True

    def weigh(self, volumes: list[Volume]) -> None:
        """Adds committed records to the types that wait, so that the largest go first."""
        for volume in volumes:
            waiting = self._types.get(volume.fingerprint)
            if waiting is not None:
                self._weigh(volume.fingerprint, waiting, waiting.volume + volume.records)

    def take(self, limit: int) -> list[Waiting]:
        """A batch of up to `limit` types, largest volume first, service by service; empty when there is none yet."""
        if self.due_in() != 0.0:
            return []
        batch: list[Waiting] = []
        enough = min(ENOUGH, limit)
        while len(batch) < limit and (largest := self._largest(self._heap)) is not None:
            service = self._types[largest].service
            due = self._due_of[service]
            if batch and (due >= enough or (len(batch) >= enough and len(batch) + due > limit)):
                break
            heap = self._services[service]
            while len(batch) < limit and (fingerprint := self._largest(heap)) is not None:
                batch.append(self._leave(fingerprint))
            if due >= enough:
                break
        self._length.set(len(self._types))
        return batch

    def put_back(self, batch: list[Waiting]) -> None:
        """Types that were taken and not judged; due at once, and never refused: they had their place."""
        for waiting in batch:
            fingerprint = waiting.evidence.fingerprint
            del self._taken[fingerprint]
            self._store(waiting, waiting.evidence)
            waiting.ready_at = self._clock()
            self._types[fingerprint] = waiting
            self._becomes_due(fingerprint, waiting)
        self._length.set(len(self._types))

    def postpone(self, waiting: Waiting, seconds: float) -> None:
        """A type that was taken and is asked about elsewhere: due again after `seconds`, unless it is dropped."""
        fingerprint = waiting.evidence.fingerprint
        del self._taken[fingerprint]
        self._store(waiting, waiting.evidence)
        waiting.ready_at = self._clock() + seconds
        self._types[fingerprint] = waiting
        self._elsewhere[fingerprint] = waiting.ready_at
        heapq.heappush(self._postponed, (waiting.ready_at, fingerprint))
        self._length.set(len(self._types))

    def postponed(self) -> list[str]:
        """The types that are asked about elsewhere."""
        return list(self._elsewhere)

    def drop(self, fingerprint: str) -> None:
        """A postponed type has an answer."""
        if fingerprint in self._elsewhere:
            self._remove(fingerprint)

    def done(self, waiting: Waiting) -> None:
        """A type that was taken needs no answer any more."""
        self._taken.pop(waiting.evidence.fingerprint, None)

    def due_at(self) -> float:
        """When there is a batch, by the clock; infinite when no type waits. More types bring it nearer."""
        self._settled()
        times = [self._settling[0][0]] if self._settling else []
        if self._postponed:
            times.append(self._postponed[0][0])
        if self._due:
            oldest = self._types[next(iter(self._due))]
            times.append(oldest.ready_at + self._settle * (self._company / len(self._due) - 1.0))
        return min(times, default=math.inf)

    def due_in(self) -> float | None:
        """Seconds until there is a batch: 0 when there is one, None when no type waits."""
        due_at = self.due_at()
        return max(0.0, due_at - self._clock()) if due_at < math.inf else None

    def _settled(self) -> None:
        now = self._clock()
        while self._settling:
            ready_at, fingerprint = self._settling[0]
            waiting = self._types.get(fingerprint)
            settles = waiting is not None and waiting.ready_at == ready_at and fingerprint not in self._due
            if settles and ready_at > now:
                break
            self._settling.popleft()
            if waiting is not None and settles:
                self._becomes_due(fingerprint, waiting)
        while self._postponed and self._postponed[0][0] <= now:
            ready_at, fingerprint = heapq.heappop(self._postponed)
            if self._elsewhere.get(fingerprint) == ready_at:
                del self._elsewhere[fingerprint]
                self._becomes_due(fingerprint, self._types[fingerprint])

    def _becomes_due(self, fingerprint: str, waiting: Waiting) -> None:
        self._due[fingerprint] = None
        self._due_of[waiting.service] += 1
        self._push(fingerprint, waiting)

    def _remove(self, fingerprint: str) -> None:
        """A type that waits needs no answer any more."""
        waiting = self._types.pop(fingerprint, None)
        if waiting is None:
            return
        self._bytes -= waiting.size
        self._elsewhere.pop(fingerprint, None)
        if fingerprint in self._due:
            self._no_longer_due(fingerprint, waiting.service)
        self._length.set(len(self._types))

    def _no_longer_due(self, fingerprint: str, service: _Service) -> None:
        del self._due[fingerprint]
        self._due_of[service] -= 1
        if not self._due_of[service]:
            del self._due_of[service], self._services[service]

    def _leave(self, fingerprint: str) -> Waiting:
        waiting = self._taken[fingerprint] = self._types.pop(fingerprint)
        self._bytes -= waiting.size
        self._no_longer_due(fingerprint, waiting.service)
        return waiting

    def _push(self, fingerprint: str, waiting: Waiting) -> None:
        entry = (-waiting.volume, fingerprint)
        heapq.heappush(self._heap, entry)
        heapq.heappush(self._services.setdefault(waiting.service, []), entry)

    def _largest(self, heap: _Heap) -> str | None:
        """The heap's first entry that is still true; it stays there."""
        while heap:
            volume, fingerprint = heap[0]
            waiting = self._types.get(fingerprint)
            if waiting is not None and fingerprint in self._due and waiting.volume == -volume:
                return fingerprint
            heapq.heappop(heap)
        return None

    def _weigh(self, fingerprint: str, waiting: Waiting, volume: int) -> None:
        if volume == waiting.volume:
            return
        waiting.volume = volume
        if fingerprint in self._due:
            self._push(fingerprint, waiting)
            if len(self._heap) > 2 * self._max_size + 64:
                self._rebuild()

    def _rebuild(self) -> None:
        """Without the entries that are true no more."""
        self._heap, self._services = [], {}
        for fingerprint in self._due:
            self._push(fingerprint, self._types[fingerprint])

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
        peers=sorted({*older.peers, *newer.peers}),
        count=max(older.count, newer.count),
        # what the newer one looked at has the older one's records in it
        cardinality={**older.cardinality, **newer.cardinality},
    )


def _union(first: list[str], second: list[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _size(evidence: Evidence) -> int:
    return sum(map(len, evidence.samples)) + sum(len(value) for slot in evidence.slots for value in slot.values)
