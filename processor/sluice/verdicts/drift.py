"""Event types whose records are no longer what was judged: a lease is renewed without a call only for those that are.

Once an hour some records of each type of ours are looked at, the types spread over the hour by fingerprint. A look that
cannot have the `evidence_hash` of the verdict is a change; the type is asked about again when looks have said so for an
hour. Until there are new facts what was decided stays in force, and the lease is not renewed.
"""

from __future__ import annotations

from itertools import combinations

from sluice.engine import Look
from sluice.verdicts.decisions import Decider
from sluice.verdicts.entry import Entry, unpack
from sluice.verdicts.evidence_hash import evidence_hash
from sluice.verdicts.publication import spread
from sluice.verdicts.table import Table, sliced
from sluice.verdicts.times import DAY, HOUR, MINUTE

_LASTS = HOUR
_AGAIN = DAY
"""A type is asked about again for this reason at most so often: some are never the same for long."""
_REMEMBERED = 10_000
_ALWAYS = 0.9
"""An attribute that so many of a look's records have was surely among those that the judge was shown."""
_DOUBTFUL = 6
"""Attributes that some records have and others do not: with more of them a look says nothing."""
_VARIANTS = 8
"""Lists of kinds from which on the engine tells no further ones apart."""
_ENTRIES, _AT_ONCE = 2_000, 250


class Drift:
    """Begins looks and draws the conclusions. Only types whose facts are ours: others' are theirs to watch."""

    def __init__(self, table: Table, engine: Decider) -> None:
        self._table = table
        self._engine = engine
        self._minute = 0
        self._asked: dict[bytes, int] = {}

    def start(self, now: int) -> None:
        self._minute = now // MINUTE

    async def begin(self, now: int) -> None:
        """Begins the looks of the minutes that have passed since the last call."""
        minute = now // MINUTE
        passed, self._minute = min(minute - self._minute, HOUR // MINUTE), minute
        if passed <= 0:
            return
        async for entries in self._table.walk(_ENTRIES):
            due = [key.hex() for key, entry in entries if _watched(entry) and _turn(key, minute) < passed]
            async for some in sliced(due, _AT_ONCE):
                self._engine.look(list(some))

    def take(self, look: Look, now: int) -> bytes | None:
        """The key of the type, when it is to be asked about again."""
        key = bytes.fromhex(look.fingerprint)
        entry = self._table.entries.get(key)
        if entry is None or entry.held is None or not _watched(entry):
            return None
        recorded = unpack(entry.held).typed_source().evidence_hash
        if not recorded or may_be(recorded, look):
            entry.changed = 0
            return None
        entry.changed = entry.changed or now
        if now - entry.changed < _LASTS or now - self._asked.get(key, -_AGAIN) < _AGAIN:
            return None
        self._asked.pop(key, None)
        if len(self._asked) >= _REMEMBERED:
            del self._asked[next(iter(self._asked))]
        self._asked[key] = now
        return key


def may_be(recorded: str, look: Look) -> bool:
    """Whether evidence with this hash may come from records like those of the look.

    The judge was shown three samples, so an attribute of every other record may have been among them or not: each
    reading of those that are in doubt is tried. No doubt is about what every record has, and about what none has.
    """
    if len(look.slots) >= _VARIANTS:
        return True
    surely = [one.key for one in look.attribute_keys if one.records >= _ALWAYS * look.records]
    perhaps = [one.key for one in look.attribute_keys if one.records < _ALWAYS * look.records]
    if len(perhaps) > _DOUBTFUL:
        return True
    return any(
        evidence_hash(variant.kinds, (*surely, *some)) == recorded
        for variant in look.slots
        for count in range(len(perhaps) + 1)
        for some in combinations(perhaps, count)
    )


def _watched(entry: Entry) -> bool:
    return entry.own and entry.rank > 0 and entry.override is None and not entry.again


def _turn(key: bytes, minute: int) -> int:
    """Minutes since it was the type's turn."""
    each = HOUR // MINUTE
    return (minute - int(spread(key) * each)) % each
