"""The table itself: entries by fingerprint, and what every part that works on it has to know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

import msgspec

from sluice.verdicts.entry import Entry

_Item = TypeVar("_Item")


class Foreign(msgspec.Struct, gc=False):
    """A key of the topic or the store that belongs to another ruleset: when its verdict expires, whether we wrote it,
    and the key that its event type has here, if it has one."""

    expires: int
    own: bool
    here: bytes | None = None


class Table:
    """Entries by fingerprint (its 16 bytes). `instance` and `ruleset` are this process's; `clock` gives Unix seconds.

    `foreign` are the keys of other rulesets. They are not ours to write, and are cleaned up in the end.
    """

    def __init__(self, instance: str, ruleset: str, clock: Callable[[], float], capacity: int) -> None:
        self.instance = instance
        self.ruleset = ruleset
        self.entries: dict[bytes, Entry] = {}
        self.foreign: dict[bytes, Foreign] = {}
        self.capacity = capacity
        self._clock = clock

    def now(self) -> int:
        """Unix milliseconds."""
        return int(self._clock() * 1_000)

    def entry(self, key: bytes) -> Entry:
        """The entry under `key`, made when there is none."""
        entry = self.entries.get(key)
        if entry is None:
            entry = self.entries[key] = Entry()
        return entry

    def has_room(self, key: bytes) -> bool:
        """Whether an entry that others ask for may be made; the types that passed here are bounded by the engine."""
        return key in self.entries or len(self.entries) < self.capacity

    def has_foreign_room(self, held: int) -> bool:
        """Whether there is room for one more of what other rulesets have named, beside those that are `held`."""
        return held < self.capacity

    def note_foreign(self, key: bytes, foreign: Foreign) -> None:
        """What there is no room for is not cleaned up by us."""
        if key in self.foreign or self.has_foreign_room(len(self.foreign)):
            self.foreign[key] = foreign

    async def walk(self, size: int = 100) -> AsyncIterator[list[tuple[bytes, Entry]]]:
        """All entries, slice by slice, the loop let go in between; those that have gone meanwhile are left out."""
        async for keys in sliced(list(self.entries), size):
            yield [(key, entry) for key in keys if (entry := self.entries.get(key)) is not None]


async def sliced(items: Sequence[_Item], size: int = 100) -> AsyncIterator[Sequence[_Item]]:
    """Slices of `items`, the loop let go after each."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
        await asyncio.sleep(0)
