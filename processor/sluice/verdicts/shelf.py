"""What the store is given: rows made from entries, and offered again when its queue was full."""

from __future__ import annotations

import asyncio

from sluice.config.effective import policy_alone
from sluice.verdicts import wire
from sluice.verdicts.decisions import Decisions
from sluice.verdicts.entry import Entry
from sluice.verdicts.store import INSTANCE, POLICY, Gone, NoteRow, OverrideRow, Row, Store, VerdictRow, VolumeRow
from sluice.verdicts.table import Table, sliced
from sluice.verdicts.volumes import VolumeTable


class Shelf:
    """Saves entries. A row that the store has no room for is made anew later, from the entry as it is then."""

    def __init__(self, table: Table, store: Store, decisions: Decisions, volumes: VolumeTable) -> None:
        self._table = table
        self._store = store
        self._decisions = decisions
        self._volumes = volumes
        self._refused: dict[tuple[str, bytes], Row | bool] = {}
        self._notes: tuple[NoteRow, ...] = ()

    def save_verdict(self, key: bytes, entry: Entry, *, sent: bool) -> None:
        """The verdict that holds here; `sent` False when it waits to be published."""
        row = self._verdict_row(key, entry, sent)
        if row is not None:
            entry.saved = None if entry.ruling is None else self._decisions.shared(entry.ruling.told)
            self._save("verdicts", key, row, sent)

    def save_override(self, key: bytes, entry: Entry, *, sent: bool) -> None:
        """The override, or its tombstone; when it need not be sent, a tombstone is just a row less."""
        self._save("overrides", key, self._override_row(key, entry, sent), sent)

    def save_foreign_override(self, key: bytes, value: bytes | None, *, sent: bool) -> None:
        """An override of another ruleset under its own key as it was read, or its tombstone."""
        row = Gone("overrides", key.hex()) if value is None and sent else OverrideRow(key.hex(), value, False, sent)
        self._save("overrides", key, row, row)

    def save_tombstone(self, key: bytes, version: int) -> None:
        """To be published in the place of a verdict."""
        row = VerdictRow(key.hex(), version, None, None, False)
        self._save("verdicts", key, row, row)

    def remove_verdict(self, key: bytes) -> None:
        row = Gone("verdicts", key.hex())
        self._save("verdicts", key, row, row)

    def forget_wish(self, key: bytes) -> None:
        """The wish that a type is judged again is met, or has nothing to ask about."""
        row = Gone("rejudge", key.hex())
        self._save("rejudge", key, row, row)

    async def save_policy(self) -> None:
        """The policy that is applied from now on, and by whom: for commands that read the store."""
        written = await asyncio.to_thread(policy_alone, self._decisions.policy)
        self._notes = NoteRow(INSTANCE, self._table.instance), NoteRow(POLICY, written)
        self._save_notes()

    def _save_notes(self) -> None:
        for note in self._notes:
            self._save("meta", note.key.encode(), note, note)

    async def save_again(self) -> None:
        """Offers what was refused, as far as there is room."""
        async for waiting in sliced(list(self._refused.items())):
            for (table, key), what in waiting:
                entry = self._table.entries.get(key)
                row: Row | None
                if not isinstance(what, bool):
                    row = what
                elif entry is None:
                    row = None
                elif table == "verdicts":
                    row = self._verdict_row(key, entry, what)
                else:
                    row = self._override_row(key, entry, what)
                if row is not None and not self._store.save(row):
                    return
                self._refused.pop((table, key), None)

    def save_all(self) -> None:
        """The store has begun anew: it is to be given everything that is in memory."""
        for key, entry in self._table.entries.items():
            if entry.ruling is not None:
                self._refused[("verdicts", key)] = not entry.own or (entry.met > 0 and not entry.ahead)
            if entry.override is not None and entry.bound is None:
                self._refused[("overrides", key)] = not entry.told
        self._volumes.touch_all()
        self._save_notes()

    async def save_volumes(self) -> None:
        async for keys in sliced(self._volumes.changed()):
            for key in keys:
                packed = self._volumes.packed(key)
                if packed is not None and not self._store.save(VolumeRow(key, packed)):
                    self._volumes.touch(key)

    def _save(self, table: str, key: bytes, row: Row, again: Row | bool) -> None:
        if self._store.save(row):
            self._refused.pop((table, key), None)
        else:
            self._refused[(table, key)] = again

    def _verdict_row(self, key: bytes, entry: Entry, sent: bool) -> VerdictRow | None:
        now = self._table.now()
        value = self._decisions.verdict(key, entry, now)
        if value is None:
            return None
        beneath = self._decisions.verdict(key, entry, now, over=False) if entry.override is not None else None
        facts = None if beneath is None else wire.encode(beneath)
        origin = None if entry.origin is None else entry.origin.hex()
        return VerdictRow(key.hex(), value.version, wire.encode(value), facts, sent, origin)

    def _override_row(self, key: bytes, entry: Entry, sent: bool) -> Row:
        if entry.override is None and sent:
            return Gone("overrides", key.hex())
        value = None if entry.override is None else wire.encode(entry.override)
        return OverrideRow(key.hex(), value, entry.derived, sent)
