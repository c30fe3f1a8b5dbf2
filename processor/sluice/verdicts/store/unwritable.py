"""Rows that can never be written: found among those that can, so that one of them holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Sequence, Set

from sluice.telemetry import Telemetry
from sluice.verdicts.store.rows import Row, ServiceRow, key_of

log = logging.getLogger(__name__)

_BATCH = 250


class Unwritable:
    """How many rows go out in one transaction, and which keys have a row that no transaction takes.

    A batch that fails is halved until its first row that fails is alone; each success doubles what goes at once. So a
    row costs some twenty transactions, once. On the store's thread, but for `reason`. `capacity` bounds the keys.
    """

    def __init__(self, telemetry: Telemetry, capacity: int) -> None:
        self.at_once = _BATCH
        self._telemetry = telemetry
        self._capacity = capacity
        self._keys: set[tuple[str, str | bytes]] = set()

    @property
    def reason(self) -> str:
        """What is to be said of it, "" when every key has its newest row in the file."""
        return f"{len(self._keys)} rows can never be written and are set aside; the log has them" if self._keys else ""

    def has(self, keys: Set[tuple[str, str | bytes]]) -> bool:
        """Whether the newest row of one of these keys is not in the file."""
        return not self._keys.isdisjoint(keys)

    def written(self, batch: Sequence[Row]) -> None:
        self.at_once = min(2 * self.at_once, _BATCH)
        if self._keys:
            self._keys.difference_update(map(key_of, batch))

    def among(self, batch: Sequence[Row], error: Exception) -> Row | None:
        """The row of a batch that failed by `error`, when it is known which one; it is counted and logged."""
        if len(batch) > 1:
            self.at_once = len(batch) // 2
            return None
        [row] = batch
        key = key_of(row)
        self._telemetry.add("sluice_store_unwritable")
        if key not in self._keys:  # one that is saved again and again is named once
            # A service's name is not for the log, nor the text of an error, which may quote a value.
            name = "of a service" if isinstance(row, ServiceRow) else f"{key[1]!a}"
            log.error("a row of %s, %s, can never be written (%s): set aside", key[0], name, type(error).__name__)
        if len(self._keys) < self._capacity:
            self._keys.add(key)
        return row
