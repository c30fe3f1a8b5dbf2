"""Operators' overrides of event types that another ruleset has named: their word holds here as well.

An override is bound to the event type that its skeleton has here; where it has none, to those of the same identity,
service included, that people see as the same template. It stays under its own key on the topic and in the store, until
a tombstone withdraws it there.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sluice.verdicts import wire
from sluice.verdicts.decisions import Decisions
from sluice.verdicts.entry import Entry, flat, unpack
from sluice.verdicts.model import Override, identity_of
from sluice.verdicts.rekeying import Rekeying
from sluice.verdicts.shelf import Shelf
from sluice.verdicts.table import Table
from sluice.verdicts.times import milliseconds

_Meaning = tuple[tuple[str, ...], str]
"""Identity and template: what people go by."""


class _Bound(msgspec.Struct, eq=False):
    """An override under its own key. `here`: the event types that it is bound to, and their skeletons; `met`: the
    reading of the topic that met it; `told`: it was made here and has not been read back; `derived`: it was seen in a
    verdict only."""

    override: Override
    here: dict[bytes, str]
    met: int
    told: bool
    derived: bool


class Rebinding:
    """`full` is called for an override that there is no room for; it is not in force then."""

    def __init__(
        self,
        table: Table,
        rekeying: Rekeying,
        decisions: Decisions,
        shelf: Shelf,
        full: Callable[[], None],
        *,
        publishing: bool,
    ) -> None:
        self._table = table
        self._rekeying = rekeying
        self._decisions = decisions
        self._shelf = shelf
        self._full = full
        self._publishing = publishing
        self._overrides: dict[bytes, _Bound] = {}
        self._by_meaning: dict[_Meaning, bytes] = {}
        self._look = False

    def read(
        self, key: bytes, override: Override, met: int = 0, *, told: bool = False, derived: bool = False
    ) -> list[bytes]:
        """An override of another ruleset holds; answers the keys here that have it now."""
        before = self._overrides.get(key)
        if before is None and not self._table.has_foreign_room(len(self._overrides)):
            self._full()
            return []
        if before is not None and derived and not before.derived:
            return []
        bound = _Bound(override, before.here if before is not None else {}, met, told, derived)
        self._overrides[key] = bound
        here = self._rekeying.here(key, override)
        if here is not None:
            bound.here[here] = override.skeleton
        elif override.template and not self._says_later(override):
            self._by_meaning[_meaning(override)] = key
            self._look = True
        return [one for one in bound.here if self._bind(key, bound, one)]

    def is_ahead(self, key: bytes, override: Override) -> bool:
        """Whether something else was said here, which comes later in the log than this."""
        bound = self._overrides.get(key)
        return bound is not None and bound.told and bound.override != override

    def knows(self, key: bytes) -> bool:
        bound = self._overrides.get(key)
        return bound is not None and not bound.derived

    def withdraw(self, key: bytes, *, derived: bool = False) -> list[bytes]:
        """The override holds no more; with `derived` only when it was just seen in a verdict. Answers the keys here."""
        bound = self._overrides.get(key)
        if bound is None or (derived and not bound.derived):
            return []
        del self._overrides[key]
        if self._by_meaning.get(_meaning(bound.override)) == key:
            del self._by_meaning[_meaning(bound.override)]
        return [here for here in bound.here if self._unbind(key, here)]

    def block(self, key: bytes) -> list[bytes]:
        """The override's value cannot be used any more: what the operator wants is unknown, so its types are kept."""
        bound = self._overrides.get(key)
        kept = []
        for here in bound.here if bound is not None else ():
            entry = self._table.entries.get(here)
            if entry is not None and entry.bound == key:
                entry.blocked = True
                self._decisions.decide(here, entry, self._table.now(), changed=True)
                kept.append(here)
        return kept

    def release(self, here: bytes) -> None:
        """An operator has withdrawn the override of an event type: those that are bound to it go for good."""
        for key, bound in list(self._overrides.items()):
            if here in bound.here:
                self.withdraw(key)
                self._shelf.save_foreign_override(key, None, sent=not self._publishing)
                if self._publishing:
                    self._table.entry(key).told = True

    def bind_again(self, here: bytes) -> None:
        """The key's own override has gone: one that was bound to the event type before it holds again."""
        for key, bound in self._overrides.items():
            if here in bound.here:
                self._bind(key, bound, here)

    def meet(self, here: bytes, identity: tuple[str, ...], template: str, skeleton: str) -> bool:
        """An event type has come to be known; answers whether an override is bound to it."""
        key = self._by_meaning.get((identity, template)) if self._by_meaning else None
        if key is None:
            return False
        bound = self._overrides[key]
        bound.here[here] = skeleton
        return self._bind(key, bound, here)

    async def look(self) -> list[bytes]:
        """After new overrides whose skeletons say nothing here: the types that are known already."""
        if not self._look:
            return []
        self._look = False
        found: list[bytes] = []
        async for entries in self._table.walk():
            for here, entry in entries:
                if entry.held is not None and entry.bound is None:
                    held = unpack(entry.held)
                    if self.meet(here, held.identity, held.template, held.skeleton):
                        found.append(here)
        return found

    def conclude(self, completed: int) -> list[bytes]:
        """Overrides that their topic does not hold: `keep` is told again, anything else ends, as with the key's own."""
        touched: list[bytes] = []
        for key, bound in list(self._overrides.items()):
            if bound.derived or bound.told or bound.met == completed:
                continue
            if bound.override.action == "keep":
                bound.told = True
                self._shelf.save_foreign_override(key, wire.encode(bound.override), sent=False)
            else:
                touched += self.withdraw(key)
                self._shelf.save_foreign_override(key, None, sent=True)
        return touched

    def save_all(self) -> None:
        """The store has begun anew."""
        for key, bound in self._overrides.items():
            if not bound.derived:
                self._shelf.save_foreign_override(key, wire.encode(bound.override), sent=not bound.told)

    def _says_later(self, override: Override) -> bool:
        """Whether the operator has said something of the same since."""
        other = self._overrides.get(self._by_meaning.get(_meaning(override), b""))
        return other is not None and milliseconds(other.override.issued_at) > milliseconds(override.issued_at)

    def _bind(self, key: bytes, bound: _Bound, here: bytes) -> bool:
        """Unless the operator has said something of the key here itself, or something later under another key."""
        if not self._table.has_room(here):
            self._full()
            return False
        entry = self._table.entry(here)
        if entry.told or _has_its_own(entry):
            return False
        override = entry.override
        others = override if entry.bound not in (None, key) else None
        if others is not None and milliseconds(others.issued_at) >= milliseconds(bound.override.issued_at):
            return False
        rebound = msgspec.structs.replace(
            bound.override, fingerprint=here.hex(), ruleset=self._table.ruleset, skeleton=bound.here[here]
        )
        if (override, entry.bound, entry.blocked) != (rebound, key, False):
            entry.override, entry.bound, entry.derived, entry.blocked = rebound, key, False, False
            self._decisions.decide(here, entry, self._table.now(), changed=True)
        return True

    def _unbind(self, key: bytes, here: bytes) -> bool:
        entry = self._table.entries.get(here)
        if entry is None or entry.bound != key:
            return False
        entry.override, entry.bound, entry.blocked = None, None, False
        self.bind_again(here)
        self._decisions.decide(here, entry, self._table.now(), changed=True)
        return True


def _has_its_own(entry: Entry) -> bool:
    return entry.bound is None and (entry.blocked or (entry.override is not None and not entry.derived))


def _meaning(override: Override) -> _Meaning:
    return flat(identity_of(override)), override.template
