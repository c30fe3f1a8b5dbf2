"""The facts of a verdict become those of an entry."""

from __future__ import annotations

from sluice.verdicts import wire
from sluice.verdicts.alike import Alike
from sluice.verdicts.entry import Entry, held_of, pack
from sluice.verdicts.merging import Parts
from sluice.verdicts.model import RANKS, Verdict
from sluice.verdicts.table import Table
from sluice.verdicts.times import NEVER, milliseconds


class Holder:
    """Puts facts into entries, and notes what they say of the same shape elsewhere and of what is a part of what."""

    def __init__(self, table: Table, alike: Alike, parts: Parts) -> None:
        self._table = table
        self._alike = alike
        self._parts = parts

    def hold(self, entry: Entry, verdict: Verdict, now: int, origin: bytes | None = None) -> bool:
        """Makes judged facts those of the entry; answers whether anything is new about them.

        `origin`: the key of another ruleset under which they were read. Then they are nobody's here, not ours either.
        """
        expires = lease_end(verdict)
        live = now < expires
        held = held_of(verdict)
        packed = pack(held) if live else None
        if live:
            key = bytes.fromhex(verdict.fingerprint)
            self._alike.note(key, held)
            if verdict.merged_into is not None and wire.is_fingerprint(verdict.merged_into):
                self._parts.note(bytes.fromhex(verdict.merged_into), key)
        own = origin is None and verdict.source.instance == self._table.instance
        before = (entry.held, entry.version, entry.expires, entry.own, entry.origin)
        if packed != entry.held:
            entry.changed = 0
        entry.held, entry.version, entry.expires = packed, verdict.version, expires
        entry.own, entry.origin = own, origin
        entry.rank = RANKS[verdict.source.kind] if live else 0
        entry.issued = milliseconds(verdict.issued_at)
        return before != (packed, verdict.version, expires, own, origin)


def lease_end(verdict: Verdict) -> int:
    return NEVER if verdict.expires_at is None else milliseconds(verdict.expires_at)
