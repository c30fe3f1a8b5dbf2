"""Verdicts of another ruleset: the mining rules or `mining.masks` were others when their event types were named.

Where a skeleton says the same here, the event type is known here by another fingerprint, and the facts hold for it: in
memory and in the store, as if they had been read from whoever wrote them. The key of the other ruleset stays its
writer's. The key here is written only when a lease has nearly run out and nobody has renewed it, as any reader would.
"""

from __future__ import annotations

import msgspec

from sluice import engine
from sluice.verdicts import wire
from sluice.verdicts.decisions import Decider, Decisions
from sluice.verdicts.entry import Entry, pack, unpack
from sluice.verdicts.holding import Holder, lease_end
from sluice.verdicts.model import RANKS, Override, Verdict, identity_of
from sluice.verdicts.table import Foreign, Table
from sluice.verdicts.times import milliseconds
from sluice.verdicts.writer import Writer


class Rekeying:
    """Holds the facts of other rulesets' verdicts under the fingerprints that their event types have here."""

    def __init__(self, table: Table, decider: Decider, holder: Holder, decisions: Decisions, writer: Writer) -> None:
        self._table = table
        self._decider = decider
        self._holder = holder
        self._decisions = decisions
        self._writer = writer
        self._await_twin: dict[bytes, set[bytes]] = {}
        """Duplicates here whose twin, by its key there, is not known here yet."""
        self._awaited: dict[bytes, bytes] = {}
        """The twin that each of them waits for."""

    def here(self, key: bytes, value: Verdict | Override) -> bytes | None:
        """The key that the event type of a foreign value has here; None when it has none."""
        known = self._table.foreign.get(key)
        if known is not None and known.here is not None:
            return known.here
        named = engine.Named(key.hex(), identity_of(value), value.skeleton, value.ruleset)
        (found,) = self._decider.rekey([named])
        return None if found is None else bytes.fromhex(found)

    def note(self, key: bytes, verdict: Verdict) -> bytes | None:
        """A key of another ruleset has been met; answers the key here."""
        here = self.here(key, verdict)
        own = verdict.source.instance == self._table.instance
        self._table.note_foreign(key, Foreign(lease_end(verdict), own, here))
        if here is not None:
            self._twin_is_known(key, here)
        return here

    def take(self, here: bytes, verdict: Verdict, origin: bytes, now: int) -> bool:
        """Judged facts of a foreign verdict hold under the key here, where they win; answers whether anything is new.

        1. Where nothing live is held, they do.
        2. The facts of the key's own stay, unless their rank is lower.
        3. Of two values of one foreign key the higher rank wins, then the newer version.
        4. Of two foreign keys the higher rank wins, then what was issued later.
        """
        rank = RANKS[verdict.source.kind]
        entry = self._table.entries.get(here)
        if entry is None or not entry.live(now):
            wins = now < lease_end(verdict)
        elif entry.origin is None:
            wins = rank > entry.rank
        elif entry.origin == origin:
            wins = (rank, verdict.version) >= (entry.rank, entry.version)
        else:
            wins = (rank, milliseconds(verdict.issued_at)) > (entry.rank, entry.issued)
        return wins and self._holder.hold(self._table.entry(here), self._translated(verdict, here), now, origin)

    def gone(self, key: bytes, now: int) -> bytes | None:
        """A key of another ruleset has no usable value any more; answers the key here whose facts went with it."""
        foreign = self._table.foreign.pop(key, None)
        here = foreign.here if foreign is not None else None
        entry = self._table.entries.get(here) if here is not None else None
        if here is None or entry is None or entry.origin != key:
            return None
        self._writer.withdraw(here, entry, now)
        return here

    def _translated(self, verdict: Verdict, here: bytes) -> Verdict:
        """With the keys that event types have here in the place of those that they have there."""
        twin = self._key_here(verdict.twin)
        self._wait_no_more(here)
        if twin is None and verdict.twin is not None and wire.is_fingerprint(verdict.twin):
            self._wait_for(bytes.fromhex(verdict.twin), here)
        return msgspec.structs.replace(
            verdict,
            fingerprint=here.hex(),
            ruleset=self._table.ruleset,
            twin=twin or verdict.twin,
            merged_into=self._key_here(verdict.merged_into),
        )

    def _key_here(self, fingerprint: str | None) -> str | None:
        if fingerprint is None or not wire.is_fingerprint(fingerprint):
            return None
        known = self._table.foreign.get(bytes.fromhex(fingerprint))
        return None if known is None or known.here is None else known.here.hex()

    def _wait_for(self, twin: bytes, here: bytes) -> None:
        """A duplicate that there is no room for here is kept: it has no twin."""
        if self._table.has_foreign_room(len(self._awaited)):
            self._awaited[here] = twin
            self._await_twin.setdefault(twin, set()).add(here)

    def _wait_no_more(self, here: bytes) -> None:
        twin = self._awaited.pop(here, None)
        if twin is not None:
            self._await_twin[twin].discard(here)
            if not self._await_twin[twin]:
                del self._await_twin[twin]

    def _twin_is_known(self, key: bytes, here: bytes) -> None:
        for duplicate in self._await_twin.pop(key, ()):
            self._awaited.pop(duplicate, None)
            entry: Entry | None = self._table.entries.get(duplicate)
            if entry is None or entry.held is None or entry.origin is None:
                continue
            held = unpack(entry.held)
            if held.twin == key.hex():
                entry.held = pack(msgspec.structs.replace(held, twin=here.hex()))
                entry.saved, entry.due = None, 0
                self._decisions.decide(duplicate, entry, self._table.now(), changed=True)
