"""How much there is of each event type: hourly counts of the last day, and totals, by fingerprint.

A type costs 250 bytes in two arrays beside its key, so that 50,000 types stay below 20 MB. Hours are counted in a
ring of 25: the running hour and the 24 before it. Bytes are kept as totals only; those of a day follow from its
records, because the records of one type are alike.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

from sluice import engine
from sluice.verdicts.times import HOUR

_HOURS = 25
_CANDIDATES = 32
_TOTALS = 7
_FIRST, _LAST, _HOUR, _RECORDS, _BYTES, _DROPPED_RECORDS, _DROPPED_BYTES = range(_TOTALS)
_ROW = struct.Struct(f"<{_TOTALS}q{2 * _HOURS}I")
_LIMIT = (1 << 32) - 1
_NO_TOTALS = array("q", bytes(8 * _TOTALS))
_NO_HOURS = array("I", bytes(4 * _HOURS))

Service = tuple[str, str]
"""Namespace and name."""


class Total(msgspec.Struct, frozen=True):
    """Of one event type, since it was first seen. Times: Unix milliseconds."""

    records: int
    bytes: int
    dropped_records: int
    dropped_bytes: int
    first_seen: int
    last_seen: int


class VolumeTable:
    """Counts of at most `capacity` event types; beyond it a type not seen for long makes room."""

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = max(capacity, 1)
        self._rows: dict[bytes, int] = {}
        self._keys: list[bytes] = []
        self._changed: set[int] = set()
        self._totals = array("q")
        self._records = array("I")
        self._dropped = array("I")
        self._services: list[Service | None] = []
        self._names: dict[Service, Service] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, volumes: Iterable[engine.Volume], now: int, services: Sequence[Service] = ()) -> list[bytes]:
        """Adds one drain, at `now` in Unix milliseconds; answers the fingerprints, as bytes, in their order.

        `services`: those that the volumes refer to.
        """
        changed: list[bytes] = []
        totals = self._totals
        for volume in volumes:
            fingerprint = bytes.fromhex(volume.fingerprint)
            row = self._rows.get(fingerprint)
            if row is None:
                row = self._new(fingerprint, now)
            base = row * _TOTALS
            hour = self._advance(row, now // HOUR)
            slot = row * _HOURS + hour % _HOURS
            self._records[slot] = min(self._records[slot] + volume.records, _LIMIT)
            self._dropped[slot] = min(self._dropped[slot] + volume.dropped_records, _LIMIT)
            totals[base + _RECORDS] += volume.records
            totals[base + _BYTES] += volume.bytes
            totals[base + _DROPPED_RECORDS] += volume.dropped_records
            totals[base + _DROPPED_BYTES] += volume.dropped_bytes
            totals[base + _LAST] = max(totals[base + _LAST], now)
            self._changed.add(row)
            if self._services[row] is None and 0 <= volume.service < len(services):
                self._services[row] = self._name(services[volume.service])
            changed.append(fingerprint)
        return changed

    def per_day(self, fingerprint: bytes, now: int) -> int:
        """Records of the last 24 to 25 hours: the running hour and the 24 before it."""
        return self._sum(self._records, fingerprint, now)

    def dropped_per_day(self, fingerprint: bytes, now: int) -> int:
        return self._sum(self._dropped, fingerprint, now)

    def recent(self, fingerprint: bytes, now: int) -> int:
        """Records of the running hour and the one before."""
        row = self._rows.get(fingerprint)
        if row is None:
            return 0
        hour = self._advance(row, now // HOUR)
        return self._records[row * _HOURS + hour % _HOURS] + self._records[row * _HOURS + (hour - 1) % _HOURS]

    def beyond(self, fingerprint: bytes, allowed: float, now: int) -> float:
        """Records of the last 24 to 25 hours without the first `allowed` of each hour."""
        row = self._rows.get(fingerprint)
        if row is None:
            return 0.0
        self._advance(row, now // HOUR)
        hours = self._records[row * _HOURS : (row + 1) * _HOURS]
        return float(sum(hours)) if allowed <= 0.0 else sum([count - allowed for count in hours if count > allowed])

    def belongs(self, fingerprint: bytes, service: Service) -> None:
        """Whose type it is; `add` tells of types that pass."""
        row = self._rows.get(fingerprint)
        if row is not None and self._services[row] is None:
            self._services[row] = self._name(service)

    def add_up(self, rows: Iterable[int], now: int, totals: dict[Service, int]) -> None:
        """Adds the records of the last 24 to 25 hours to those of their services, as far as these are known; `rows`:
        numbers below the table's length."""
        for row in rows:
            service = self._services[row]
            if service is not None:
                self._advance(row, now // HOUR)
                totals[service] = totals.get(service, 0) + sum(self._records[row * _HOURS : (row + 1) * _HOURS])

    def total(self, fingerprint: bytes) -> Total | None:
        row = self._rows.get(fingerprint)
        if row is None:
            return None
        base = row * _TOTALS
        first, last, _, records, size, dropped, dropped_size = self._totals[base : base + _TOTALS]
        return Total(records, size, dropped, dropped_size, first, last)

    def first_seen(self, fingerprint: bytes) -> int | None:
        row = self._rows.get(fingerprint)
        return None if row is None else self._totals[row * _TOTALS + _FIRST]

    def last_seen(self, fingerprint: bytes) -> int | None:
        row = self._rows.get(fingerprint)
        return None if row is None else self._totals[row * _TOTALS + _LAST]

    @property
    def unsaved(self) -> int:
        """How many rows changed since they were last packed."""
        return len(self._changed)

    def changed(self) -> list[bytes]:
        """Fingerprints of the rows that changed since they were last packed."""
        return [self._keys[row] for row in self._changed]

    def packed(self, fingerprint: bytes) -> bytes | None:
        """The row for the store, from now on unchanged; None when it is gone."""
        row = self._rows.get(fingerprint)
        if row is None:
            return None
        self._changed.discard(row)
        return self._pack(row)

    def touch(self, fingerprint: bytes) -> None:
        """Puts a row among the `changed` again, because it could not be written."""
        row = self._rows.get(fingerprint)
        if row is not None:
            self._changed.add(row)

    def touch_all(self) -> None:
        self._changed.update(self._rows.values())

    def restore(self, fingerprint: bytes, packed: bytes) -> bool:
        """Takes a row back from the store; False when it cannot be read."""
        if len(packed) != _ROW.size:
            return False
        fields = _ROW.unpack(packed)
        totals, hours = array("q", fields[:_TOTALS]), array("I", fields[_TOTALS:])
        row = self._rows.get(fingerprint)
        if row is None:
            row = self._place(fingerprint)
        self._changed.discard(row)
        self._totals[row * _TOTALS : (row + 1) * _TOTALS] = totals
        self._records[row * _HOURS : (row + 1) * _HOURS] = hours[:_HOURS]
        self._dropped[row * _HOURS : (row + 1) * _HOURS] = hours[_HOURS:]
        return True

    def _place(self, fingerprint: bytes) -> int:
        """A row for a fingerprint that has none; what it holds is another's, or nothing."""
        if len(self._rows) >= self._capacity:
            row = self._make_room()
            self._keys[row], self._services[row] = fingerprint, None
        else:
            row = len(self._rows)
            self._keys.append(fingerprint)
            self._services.append(None)
            self._totals.extend(_NO_TOTALS)
            self._records.extend(_NO_HOURS)
            self._dropped.extend(_NO_HOURS)
        self._rows[fingerprint] = row
        return row

    def _new(self, fingerprint: bytes, now: int) -> int:
        row = self._place(fingerprint)
        self._changed.discard(row)
        self._totals[row * _TOTALS : (row + 1) * _TOTALS] = array("q", [now, now, now // HOUR, 0, 0, 0, 0])
        self._clear(row, 0, _HOURS)
        return row

    def _name(self, service: Service) -> Service:
        """There are many types and few services: they share their names."""
        if len(self._names) > len(self._rows):
            self._names.clear()
        return self._names.setdefault(service, service)

    def _make_room(self) -> int:
        """Gives up the least recently seen of a few rows, the longest not looked at: a full search would take long."""
        candidates = list(islice(self._rows, _CANDIDATES))
        oldest = min(candidates, key=lambda fingerprint: self._totals[self._rows[fingerprint] * _TOTALS + _LAST])
        for fingerprint in candidates:
            self._rows[fingerprint] = self._rows.pop(fingerprint)
        return self._rows.pop(oldest)

    def _advance(self, row: int, hour: int) -> int:
        """Empties the hours since the row's newest one. After a clock that went back, the newest goes on counting."""
        newest = self._totals[row * _TOTALS + _HOUR]
        if newest - _HOURS < hour <= newest:
            return newest
        if newest < hour < newest + _HOURS:
            for passed in range(newest + 1, hour + 1):
                self._clear(row, passed % _HOURS, 1)
        else:
            self._clear(row, 0, _HOURS)
        self._totals[row * _TOTALS + _HOUR] = hour
        return hour

    def _clear(self, row: int, start: int, count: int) -> None:
        first = row * _HOURS + start
        zeros = array("I", bytes(4 * count))
        self._records[first : first + count] = zeros
        self._dropped[first : first + count] = zeros

    def _sum(self, column: array[int], fingerprint: bytes, now: int) -> int:
        row = self._rows.get(fingerprint)
        if row is None:
            return 0
        self._advance(row, now // HOUR)
        return sum(column[row * _HOURS : (row + 1) * _HOURS])

    def _pack(self, row: int) -> bytes:
        totals = self._totals[row * _TOTALS : (row + 1) * _TOTALS]
        records = self._records[row * _HOURS : (row + 1) * _HOURS]
        dropped = self._dropped[row * _HOURS : (row + 1) * _HOURS]
        return _ROW.pack(*totals, *records, *dropped)
