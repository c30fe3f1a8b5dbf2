"""Event types that have become parts of wider ones: their keys say so, and show what is judged of the whole.

The engine merges types whose words turn out to be data. The wider type is asked about like any new one; whoever
obtained its facts writes them under the keys of the parts as well, for those who know the parts alone. These keys go
with their lease: nothing is counted under them any more.

Which types are parts of which is told by evidence, by verdicts with `merged_into`, and by the engine, which is asked
about what is held of the same service and takes no decision on a part. So it is known again after a restart, whenever
that comes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Sequence, Set

import msgspec

from sluice.engine import Identity, Named, is_general
from sluice.verdicts.decisions import Decider
from sluice.verdicts.entry import Entry, Held, flat, pack, unpack
from sluice.verdicts.model import RANKS, Override, identity_of, spelled
from sluice.verdicts.table import Table, sliced
from sluice.verdicts.times import rfc3339
from sluice.verdicts.writer import Writer

_AT_ONCE = 20
"""Keys that are written in one slice."""
_LOOKED_AT = 100
"""Entries that are looked through in one slice."""


class Parts:
    """The parts of each wider type, as far as they are known: `capacity` pairs of a whole and a part."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._parts: dict[bytes, set[bytes]] = {}
        self._pairs = 0

    @property
    def full(self) -> bool:
        return self._pairs >= self._capacity

    def note(self, wider: bytes, part: bytes) -> None:
        """What there is no room for is found again when there is evidence of the whole."""
        if part != wider and not self.full and part not in (parts := self._parts.setdefault(wider, set())):
            parts.add(part)
            self._pairs += 1

    def wholes(self, part: bytes) -> list[bytes]:
        """The wider types that it is known to be a part of itself."""
        return [wider for wider, parts in self._parts.items() if part in parts]

    def keep(self, known: Container[bytes]) -> None:
        """Forgets parts of which nothing is known any more; when there is no room left, those of wholes that nothing is
        known of yet, too."""
        full = self.full
        for wider, parts in list(self._parts.items()):
            parts.intersection_update([part for part in parts if part in known and not (full and wider not in known)])
            if not parts:
                del self._parts[wider]
        self._pairs = sum(map(len, self._parts.values()))

    def of(self, wider: bytes) -> list[bytes]:
        """All of them, those of its parts included, in an order that is everywhere the same."""
        found: set[bytes] = set()
        news = {wider}
        while news:
            news = set().union(*(self._parts.get(one, ()) for one in news)) - found - {wider}
            found |= news
        return sorted(found)


class Merging:
    """Writes the keys of parts. `parts` is shared with those who read verdicts."""

    def __init__(self, table: Table, decider: Decider, parts: Parts, writer: Writer) -> None:
        self._table = table
        self._decider = decider
        self._parts = parts
        self._writer = writer
        self._sought: dict[bytes, tuple[str, ...]] = {}
        self._due: dict[bytes, None] = {}

    def met(self, key: bytes, identity: Identity, skeleton: str, covers: Sequence[str] = ()) -> None:
        """There is evidence of a type, which may be the whole of others."""
        for part in covers:
            self._parts.note(key, bytes.fromhex(part))
        if is_general(skeleton):
            self._sought[key] = flat(identity)

    def judged(self, key: bytes, identity: Identity, skeleton: str, covers: Sequence[str]) -> None:
        """This instance obtained the facts of a type; its parts, if it has any, are due."""
        self.met(key, identity, skeleton, covers)
        if is_general(skeleton):
            self._due[key] = None

    def decided(self, key: bytes) -> None:
        """An operator has decided a type, which may be a part: what that means for the whole is due."""
        self._due.update(dict.fromkeys(self._parts.wholes(key)))

    def is_part(self, key: bytes, entry: Entry) -> bool:
        """Whether the engine took no decision on a type because it has become a part of another."""
        about = _about(entry)
        if about is None:
            return False
        identity, skeleton, _ = about
        named = [Named(key.hex(), identity, skeleton, self._table.ruleset)]
        (wider,) = self._decider.covering(named)
        if wider is None or self._decider.rekey(named) != [key.hex()]:
            return False
        whole = bytes.fromhex(wider)
        self._parts.note(whole, key)
        if entry.held is not None and unpack(entry.held).merged_into != wider:
            self._due[whole] = None
        return True

    def kept_for(self, wider: Held, key: bytes) -> Override | None:
        """What an operator's word on a part means for the whole: whoever wants records of the part kept, all or some,
        has them all kept until he decides about the whole. A word that lets them go says nothing of the others."""
        for part in self._parts.of(key):
            entry = self._table.entries.get(part)
            override = entry.override if entry is not None else None
            wanted = override is not None and override.action != "drop"
            if entry is not None and (wanted or entry.blocked):
                return Override(
                    fingerprint=key.hex(),
                    skeleton=wider.skeleton,
                    ruleset=self._table.ruleset,
                    **spelled(wider.typed_identity()),
                    template=wider.template,
                    category=wider.category,
                    action="keep",
                    reason=f"an operator has decided {part.hex()}, which has become a part of this",
                    issued_by=override.issued_by if override is not None else "",
                    issued_at=rfc3339(self._table.now()),
                )
        return None

    async def find(self) -> list[bytes]:
        """Looks through the table for parts of the types that were met; answers those whose parts are to be written."""
        sought, self._sought = self._sought, {}
        due, self._due = self._due, {}
        identities = set(sought.values())
        if identities or self._parts.full:
            self._parts.keep(self._table.entries)
        if identities:
            async for entries in self._table.walk(_LOOKED_AT):
                named = [
                    Named(key.hex(), about[0], about[1], self._table.ruleset)
                    for key, entry in entries
                    if (about := _about(entry, identities)) is not None
                ]
                for one, wider in zip(named, self._decider.covering(named) if named else (), strict=True):
                    if wider is not None:
                        self._parts.note(bytes.fromhex(wider), bytes.fromhex(one.fingerprint))
        return list(due)

    async def write(self, due: Sequence[bytes]) -> AsyncIterator[Sequence[bytes]]:
        """Writes the keys of their parts; answers them, slice by slice."""
        for wider in due:
            async for keys in sliced(self._parts.of(wider), _AT_ONCE):
                entry, now = self._table.entries.get(wider), self._table.now()
                if entry is None or entry.held is None or not entry.own or not entry.live(now):
                    break
                whole = unpack(entry.held)
                yield [key for key in keys if self._write(key, wider, whole, now)]

    def _write(self, key: bytes, wider: bytes, whole: Held, now: int) -> bool:
        """The facts of the whole under the key of a part, unless

        1. nothing was ever published under it;
        2. it has facts of a higher rank, which stay until their lease ends;
        3. it shows these facts already.

        An operator's word on the part stays what it is.
        """
        part = self._table.entries.get(key)
        about = _about(part) if part is not None else None
        if part is None or about is None or not part.seen:
            return False
        identity, skeleton, template = about
        rank = RANKS[whole.kind]
        if identity != whole.typed_identity() or (part.live(now) and part.rank > rank):
            return False
        before = unpack(part.held) if part.held is not None else None
        held = msgspec.structs.replace(
            whole,
            skeleton=skeleton,
            template=template,
            merged_into=wider.hex(),
            first_seen=before.first_seen if before is not None else whole.first_seen,
            per_day=before.per_day if before is not None else 0.0,
            not_before=before.not_before if before is not None else whole.not_before,
        )
        if held == before:
            return False
        part.held, part.rank, part.changed = pack(held), rank, 0
        self._writer.publish(key, part, now, renew=True)
        return True


def _about(entry: Entry, among: Set[tuple[str, ...]] | None = None) -> tuple[Identity, str, str] | None:
    """Identity, skeleton and template of what is known of a type; None also when its identity is not `among` these."""
    if entry.held is not None:
        held = unpack(entry.held)
        if among is not None and held.identity not in among:
            return None
        return held.typed_identity(), held.skeleton, held.template
    override = entry.override
    if override is None or (among is not None and flat(identity_of(override)) not in among):
        return None
    return identity_of(override), override.skeleton, override.template
