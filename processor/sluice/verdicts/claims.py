"""Who asks a judge about what: the claims that replicas write to a topic before they ask.

The first live claim in the order of the log asks. Described in `proto/sluice/v1/claim.proto`; a test holds the JSON to
it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import msgspec

from sluice.verdicts import wire
from sluice.verdicts.model import SCHEMA
from sluice.verdicts.times import SECOND, milliseconds, rfc3339

LIFETIME = 30.0
"""Seconds. Whoever still asks renews its claim in time; who is gone is replaced after so long."""
CAPACITY = 200_000
"""Live claims remembered; beyond it a claim is not heeded, and its type may be asked about twice."""
_RIVALS = 8
"""Claims on one type that are remembered, the first ones."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The value that travels on `sluice.claims`. One whose `until` has passed withdraws the instance's claim."""

    schema: int = SCHEMA
    fingerprint: str
    instance: str
    until: str


class Taken(msgspec.Struct, frozen=True):
    """`ours`: to be asked about here and now. `elsewhere`: another instance asks; the seconds after which to look
    whether it has, unless its verdict comes first."""

    ours: frozenset[str]
    elsewhere: Mapping[str, float]


_decode = msgspec.json.Decoder(Claim).decode


def encoded(fingerprint: str, instance: str, until: float) -> bytes:
    """`until`: Unix seconds."""
    return wire.encode(Claim(fingerprint=fingerprint, instance=instance, until=rfc3339(int(until * SECOND))))


class _Standing(msgspec.Struct):
    """A claim as it was written, and until when it counts here."""

    written: float
    counts: float


class Ledger:
    """The claims on each type in the order of the log. Times: Unix seconds.

    1. The first live claim counts. A claim that was renewed while it was live keeps its place, however late that is
       read: both its times are of one clock. Any other claim stands where it was written.
    2. No claim counts for longer than `lifetime` after it was read, whatever it says: a clock that is wrong, here or
       there, costs a wait of so long or a second question, and nothing else.
    """

    def __init__(self, lifetime: float = LIFETIME, capacity: int = CAPACITY) -> None:
        self._lifetime = lifetime
        self._capacity = capacity
        self._claims: dict[str, dict[str, _Standing]] = {}
        self._ends: deque[tuple[float, str]] = deque()

    def __len__(self) -> int:
        return len(self._claims)

    def read(self, key: str, value: bytes | None, now: float) -> bool:
        """One record of the log; False when it cannot be used."""
        if value is None:
            return True
        try:
            claim = _decode(value)
            until = milliseconds(claim.until) / SECOND
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError):
            return False
        if claim.schema != SCHEMA or claim.fingerprint != key or not wire.is_fingerprint(key):
            return False
        self._forget(now)
        if self._forgotten(until) <= now:
            self._withdraw(key, claim.instance)
        else:
            self._claim(key, claim.instance, until, now)
        return True

    def first(self, fingerprint: str, now: float) -> tuple[str, float]:
        """The instance of the first live claim, and the seconds that it has left; empty and 0 when there is none."""
        for instance, standing in self._claims.get(fingerprint, {}).items():
            if standing.counts > now:
                return instance, standing.counts - now
        return "", 0.0

    def _claim(self, key: str, instance: str, until: float, now: float) -> None:
        rivals = self._claims.get(key)
        if rivals is None:
            if len(self._claims) >= self._capacity:
                return
            rivals = self._claims[key] = {}
        before = rivals.get(instance)
        if before is not None and until - before.written > self._lifetime:
            del rivals[instance]  # it had lapsed when it was claimed again
        if len(rivals) < _RIVALS or instance in rivals:
            rivals[instance] = _Standing(until, min(until, now + self._lifetime))
            self._ends.append((self._forgotten(rivals[instance].counts), key))

    def _withdraw(self, key: str, instance: str) -> None:
        rivals = self._claims.get(key)
        if rivals is not None:
            rivals.pop(instance, None)
            if not rivals:
                del self._claims[key]

    def _forgotten(self, until: float) -> float:
        """A claim is remembered beyond its end, for its renewal may be read late."""
        return until + self._lifetime

    def _forget(self, now: float) -> None:
        """Claims are read in about the order in which they end; one that ends early is forgotten a little later."""
        while self._ends and self._ends[0][0] <= now:
            _, key = self._ends.popleft()
            for instance, standing in list(self._claims.get(key, {}).items()):
                if self._forgotten(standing.counts) <= now:
                    self._withdraw(key, instance)
