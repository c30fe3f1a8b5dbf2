"""A duplicate goes only while another event type says what it says: its twin, which the judge has named.

The twin stands in for it when it is known here and of the same service, is kept itself, is no duplicate, and is seen
at a similar rate. All of that may change, so the guard is asked again whenever the twin's decision changes, and each
minute for the rates.
"""

from __future__ import annotations

from collections.abc import Iterable

from sluice.verdicts import wire
from sluice.verdicts.entry import Held, unpack
from sluice.verdicts.guards import MAX_DROP_SHARE, Ruling
from sluice.verdicts.table import Table
from sluice.verdicts.times import DAY
from sluice.verdicts.volumes import VolumeTable

SIMILAR = 2.0
"""Rates up to this factor apart are similar: lines that are written together differ by sampling and restarts."""
STILL_SIMILAR = 3.0
"""The same for a duplicate that goes already, so that it does not come and go while the rates waver."""
_SILENCE = 10
"""So many records of a duplicate within an hour or two, and none of its twin: the twin is gone, whatever the day's
counts still say."""


class Twins:
    """Which event type of the table is whose duplicate."""

    def __init__(self, table: Table, volumes: VolumeTable) -> None:
        self._table = table
        self._volumes = volumes
        self._twins: dict[bytes, bytes] = {}
        self._duplicates: dict[bytes, set[bytes]] = {}

    def note(self, key: bytes, held: Held | None) -> None:
        """The facts of the type have changed; None: there are none."""
        twin = twin_of(held) if held is not None else None
        before = self._twins.get(key)
        if before == twin:
            return
        if before is not None:
            del self._twins[key]
            others = self._duplicates[before]
            others.discard(key)
            if not others:
                del self._duplicates[before]
        if twin is not None:
            self._twins[key] = twin
            self._duplicates.setdefault(twin, set()).add(key)

    def duplicates(self) -> list[bytes]:
        """All that name a twin."""
        return list(self._twins)

    def duplicates_of(self, key: bytes) -> Iterable[bytes]:
        return self._duplicates.get(key, ())

    def vouched(self, key: bytes, held: Held, now: int, *, goes: bool) -> bool:
        """Whether the twin of a duplicate stands in for it; `goes`: it does already."""
        twin = self._twins.get(key)
        entry = None if twin is None else self._table.entries.get(twin)
        if twin is None or entry is None or entry.held is None or entry.ruling is None or not entry.live(now):
            return False
        other = unpack(entry.held)
        factor = STILL_SIMILAR if goes else SIMILAR
        return objection((key, held), (twin, other), entry.ruling, self._volumes, now, factor) is None


def twin_of(held: Held) -> bytes | None:
    """The key of the twin that a duplicate names."""
    if held.category != "duplicate" or held.twin is None or not wire.is_fingerprint(held.twin):
        return None
    return bytes.fromhex(held.twin)


def objection(
    duplicate: tuple[bytes, Held],
    twin: tuple[bytes, Held],
    ruling: Ruling,
    volumes: VolumeTable,
    now: int,
    factor: float = SIMILAR,
) -> str | None:
    """Why the twin, about which `ruling` says what happens to it, does not stand in for the duplicate, to be read after
    its name; None: it does.

    A twin that is kept only because too much of the service would go does not: what it stands in for would go in its
    place, and so would it then.
    """
    (key, held), (other_key, other) = duplicate, twin
    service, other_service = held.typed_identity(), other.typed_identity()
    if key == other_key:
        return "is the event type itself"
    if (service.namespace, service.service) != (other_service.namespace, other_service.service):
        return "is of another service"
    if other.category == "duplicate":
        return "is a duplicate itself"
    if ruling.action != "keep" or MAX_DROP_SHARE in ruling.guards:
        return "is not kept for its own sake"
    if volumes.recent(key, now) >= _SILENCE and not volumes.recent(other_key, now):
        return "is seen no more"
    if not similar(_per_day(key, held, volumes, now), _per_day(other_key, other, volumes, now), factor):
        return "is not seen about as often"
    return None


def similar(rate: float, other: float, factor: float = SIMILAR) -> bool:
    """Whether both are seen at all, and neither `factor` times as often as the other."""
    return 0 < rate <= other * factor and 0 < other <= rate * factor


def _per_day(key: bytes, held: Held, volumes: VolumeTable, now: int) -> float:
    """What was counted here, once that is a day's count; before, at least what the verdict says."""
    counted = float(volumes.per_day(key, now))
    first_seen = volumes.first_seen(key)
    return counted if first_seen is not None and now - first_seen >= DAY else max(held.per_day, counted)
