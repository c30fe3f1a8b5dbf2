"""The start: rows of the store become entries again."""

from __future__ import annotations

from sluice.verdicts import wire
from sluice.verdicts.decisions import Decisions
from sluice.verdicts.model import RANKS
from sluice.verdicts.reader import Reader, decision_of
from sluice.verdicts.store import Gone, OverrideRow, Store, VerdictRow
from sluice.verdicts.table import Table, sliced
from sluice.verdicts.volumes import VolumeTable

LOADED = 50
"""Rows in one slice."""


class Loader:
    """Reads the store once, before anything else does. What it cannot use is counted; a verdict is removed."""

    def __init__(
        self,
        table: Table,
        store: Store,
        volumes: VolumeTable,
        decisions: Decisions,
        reader: Reader,
        *,
        publishing: bool,
    ) -> None:
        self._table = table
        self._store = store
        self._volumes = volumes
        self._decisions = decisions
        self._reader = reader
        self._publishing = publishing

    async def load(self) -> None:
        """Volumes and overrides first: they have a say in the decisions on the facts."""
        async for volumes in self._store.volumes():
            async for volume_rows in sliced(volumes):
                for volume in volume_rows:
                    if not self._volumes.restore(volume.fingerprint, volume.hours):
                        self._reader.count("store", "volumes")
        async for overrides in self._store.overrides():
            async for override_rows in sliced(overrides, LOADED):
                for override in override_rows:
                    self._override(override)
        async for verdicts in self._store.verdicts():
            async for verdict_rows in sliced(verdicts, LOADED):
                now = self._table.now()
                for verdict in verdict_rows:
                    self._verdict(verdict, now)

    def _override(self, row: OverrideRow) -> None:
        if row.value is None:
            return
        try:
            override = wire.override(row.fingerprint, row.value)
        except wire.Unusable as unusable:
            self._reader.unusable("store", row.fingerprint, unusable.reason)
            return
        if override.ruleset != self._table.ruleset:
            self._reader.count("store", "ruleset")
            return
        entry = self._table.entry(bytes.fromhex(row.fingerprint))
        entry.override, entry.derived = override, row.derived
        entry.told = self._publishing and not row.sent

    def _verdict(self, row: VerdictRow, now: int) -> None:
        if row.value is None:
            return
        try:
            shown = wire.verdict(row.fingerprint, row.value)
            facts = shown if row.facts is None else wire.verdict(row.fingerprint, row.facts)
        except wire.Unusable as unusable:
            self._reader.unusable("store", row.fingerprint, unusable.reason)
            self._store.save(Gone("verdicts", row.fingerprint))
            return
        key = bytes.fromhex(row.fingerprint)
        if shown.ruleset != self._table.ruleset:
            self._reader.count("store", "ruleset")
            self._reader.note_foreign(key, shown)
            return
        if not self._table.has_room(key):
            self._reader.count("store", "full")
            return
        entry = self._table.entry(key)
        if facts.source.kind == "operator":
            entry.own = shown.source.instance == self._table.instance
        else:
            self._reader.hold(entry, facts, now)
        entry.version = entry.seen = row.version
        entry.saved = self._decisions.shared(decision_of(shown))
        if entry.own:
            entry.topic_own, entry.topic_rank = True, RANKS[shown.source.kind]
            entry.shown = entry.saved
