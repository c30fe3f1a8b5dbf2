"""`policy.max_drop_share`: of no service goes more than this share, however sure the judge was of each type.

The share is that of the records of the last 24 hours which the policy would withhold: those of a dropped type, the part
that sampling and limits take, in observe and tag mode too, because it is the decision that is held to the bound. It is
looked at each minute, and soon after decisions of the service have changed.

Where it is too large, types are kept until it is not:

1. The least sure first: low confidence before medium before high.
2. Among equally sure ones, the smallest that is enough by itself, so that no more is kept than has to be; where none is
   enough, the largest, so that few decisions change. Equal volumes: by fingerprint.
3. A type that is kept stays so for an hour and until the share is clearly below the bound with it gone; the surest and
   largest goes first. What an operator decided counts, and is not touched.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Container, Iterable

import msgspec

from sluice.verdicts.guards import Ruling
from sluice.verdicts.table import sliced
from sluice.verdicts.times import HOUR, SECOND
from sluice.verdicts.volumes import Service, VolumeTable

EVERY = 60 * SECOND
_SOONEST = 1 * SECOND
_SPREAD = 1
"""Milliseconds between two looks for each type that is counted: a look takes 2 µs a type, so 0.2 % of the time."""
ESTABLISHED = 100
"""Records of a service from which on there is a share to speak of."""
_RELEASE = 0.95
"""A type that is kept may go when that leaves the share at this part of the bound."""
_STEP = 100
"""Types or services handled between two turns of the event loop: one takes 2 to 4 µs."""
_SHARED = 4_096
_PER_HOUR = {"s": 3_600, "m": 60, "h": 1}
_ROUNDING = 1e-9
"""What is exactly at the bound may go."""
_Sized = tuple[float, bytes]
"""Records, negative so that a heap has the largest first, and fingerprint."""


class Waste(msgspec.Struct, frozen=True):
    """How much of a type goes: `part` of the records beyond `allowed` in an hour. `confidence`: 0 low to 2 high;
    `fixed`: an operator has decided it."""

    service: Service
    part: float
    allowed: float
    confidence: int
    fixed: bool


class _Service:
    """One service at one look. `withheld`: records that go now. `going`: what may be kept of them, for each confidence
    a heap, the largest first. `kept`: what is, a heap, the surest and largest first."""

    def __init__(self) -> None:
        self.withheld = 0.0
        self.going: tuple[list[_Sized], ...] = ([], [], [])
        self.kept: list[tuple[int, float, bytes]] = []


class _Pace:
    """Lets the event loop turn after every so much work, whichever part of a look does it, so that many small services
    are no longer slice than a large one."""

    def __init__(self) -> None:
        self._done = 0

    async def step(self) -> None:
        self._done += 1
        if self._done % _STEP == 0:
            await asyncio.sleep(0)


class Shares:
    """What would be withheld of each service, and which types are kept so that it is not too much."""

    def __init__(self, volumes: VolumeTable) -> None:
        self._volumes = volumes
        self._waste: dict[bytes, Waste] = {}
        self._kept: dict[bytes, int] = {}
        self._shared: dict[Waste, Waste] = {}
        self._stale = True
        self._looked = 0

    def keeps(self, key: bytes) -> bool:
        return key in self._kept

    def keep(self, key: bytes, now: int) -> None:
        """It was kept before this process began."""
        self._kept[key] = now

    def note(
        self, key: bytes, service: Service, ruling: Ruling, confidence: int, *, canary: float, fixed: bool
    ) -> None:
        """What would happen to the type by policy and other guards, or by the operator's word. `canary`: the share of
        dropped records that pass."""
        part, allowed = 1.0 - canary, 0.0
        if ruling.action == "sample":
            part = 1.0 - (ruling.keep_percent or 0.0) / 100.0
        elif ruling.action == "limit":
            amount, _, unit = (ruling.keep_rate or "0/h").partition("/")
            part, allowed = 1.0, float(int(amount) * _PER_HOUR[unit])
        waste = Waste(service, part, allowed, confidence, fixed)
        if self._waste.get(key) == waste:
            return
        if len(self._shared) > _SHARED:
            self._shared.clear()
        self._waste[key] = self._shared.setdefault(waste, waste)
        self._stale = True

    def clear(self, key: bytes) -> None:
        """Nothing of the type would go."""
        if self._waste.pop(key, None) is not None:
            self._stale = True
        self._kept.pop(key, None)

    def due(self, now: int) -> bool:
        """Whether it is time for a look; a clock that went back makes it so."""
        soon = max(_SOONEST, _SPREAD * len(self._volumes))
        return not 0 <= now - self._looked < (min(soon, EVERY) if self._stale else EVERY)

    async def look(self, bound: float, now: int, *, anew: bool = False) -> list[bytes]:
        """Types that turn: those that are kept from now on, and those that are no more. With `anew` it is as if none
        had been kept so far, for another policy, and some of them may come out as they were."""
        self._looked, self._stale = now, False
        if bound >= 1.0:
            released, self._kept = list(self._kept), {}
            return released
        turned: list[bytes] = []
        pace = _Pace()
        totals = await self._totals(now, pace) if self._waste else {}
        kept = {} if anew else self._kept
        for name, service in (await self._gather(now, totals, kept, pace)).items():
            await pace.step()
            limit = bound * totals[name]
            excess = service.withheld - limit
            if excess > limit * _ROUNDING:
                for key in await _enough(service.going, excess, pace):
                    await pace.step()
                    if key in self._waste:
                        kept[key] = self._kept.get(key, now)
                        turned.append(key)
            else:
                turned += await _release(service, kept, limit * _RELEASE, now, pace)
        if anew:
            before, self._kept = self._kept, kept
            for key in before:
                await pace.step()
                if key not in kept:
                    turned.append(key)
        return turned

    async def _totals(self, now: int, pace: _Pace) -> dict[Service, int]:
        """Records of each service that has enough of them."""
        found: dict[Service, int] = {}
        async for rows in sliced(range(len(self._volumes)), _STEP):
            self._volumes.add_up(rows, now, found)
        totals: dict[Service, int] = {}
        for service, records in found.items():
            await pace.step()
            if records >= ESTABLISHED:
                totals[service] = records
        return totals

    async def _gather(
        self, now: int, totals: Container[Service], kept: Container[bytes], pace: _Pace
    ) -> dict[Service, _Service]:
        services: dict[Service, _Service] = {}
        for key in list(self._waste):
            await pace.step()
            waste = self._waste.get(key)
            if waste is None or waste.service not in totals:
                continue
            service = services.setdefault(waste.service, _Service())
            records = waste.part * self._volumes.beyond(key, waste.allowed, now)
            if key in kept and not waste.fixed:
                heapq.heappush(service.kept, (-waste.confidence, -records, key))
                continue
            service.withheld += records
            if records > 0 and not waste.fixed:
                heapq.heappush(service.going[waste.confidence], (-records, key))
        return services


async def _enough(going: Iterable[list[_Sized]], excess: float, pace: _Pace) -> list[bytes]:
    """Types to be kept so that `excess` fewer records go, if that many can be kept."""
    kept: list[bytes] = []
    for heap in going:
        while heap:
            if -heap[0][0] >= excess:
                return [*kept, await _smallest(heap, excess)]
            size, key = heapq.heappop(heap)
            kept.append(key)
            excess += size
            await pace.step()
    return kept


async def _smallest(heap: list[_Sized], enough: float) -> bytes:
    """The smallest of those that are enough by themselves; there is one."""
    found: list[_Sized] = []
    async for some in sliced(heap, 4 * _STEP):
        found += sorted((-size, key) for size, key in some if -size >= enough)[:1]
    return min(found)[1]


async def _release(service: _Service, kept: dict[bytes, int], limit: float, now: int, pace: _Pace) -> list[bytes]:
    """Lets those go that have been kept for an hour, as far as no more than `limit` records go then."""
    released: list[bytes] = []
    while service.kept:
        await pace.step()
        _, size, key = heapq.heappop(service.kept)
        if now - kept.get(key, now) >= HOUR and service.withheld - size <= limit:
            service.withheld -= size
            del kept[key]
            released.append(key)
    return released
