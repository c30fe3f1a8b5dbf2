"""The start: rows of the store become entries again."""

from __future__ import annotations

from sluice.verdicts import wire
from sluice.verdicts.decisions import Decisions
from sluice.verdicts.entry import flat
from sluice.verdicts.holding import Holder
from sluice.verdicts.model import RANKS, Verdict, identity_of
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
        holder: Holder,
        reader: Reader,
        *,
        publishing: bool,
    ) -> None:
        self._table = table
        self._store = store
        self._volumes = volumes
        self._decisions = decisions
        self._holder = holder
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
        key = bytes.fromhex(row.fingerprint)
        if row.value is None:
            if self._publishing and not row.sent:
                self._table.entry(key).told = True
            return
        try:
            override = wire.override(row.fingerprint, row.value)
        except wire.Unusable as unusable:
            self._reader.unusable("store", row.fingerprint, unusable.reason)
            return
        told = self._publishing and not row.sent
        if override.ruleset != self._table.ruleset:
            self._reader.rebinding.read(key, override, told=told)
            return
        entry = self._table.entry(key)
        entry.override, entry.derived, entry.bound, entry.told = override, row.derived, None, told

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
        if row.origin is not None or shown.ruleset != self._table.ruleset:
            self._foreign(row, key, facts, now)
            return
        own = facts.source.instance == self._table.instance  # paid for here: there was room for it when it was judged
        if not own and not self._table.has_room(key):
            self._reader.full("store")
            return
        entry = self._table.entry(key)
        if entry.live(now) and entry.rank > RANKS[facts.source.kind]:
            entry.version = entry.seen = row.version
            return
        if facts.source.kind == "operator":
            entry.own = shown.source.instance == self._table.instance
        else:
            self._holder.hold(entry, facts, now)
            self._reader.rebinding.meet(key, flat(identity_of(facts)), facts.template, facts.skeleton)
        entry.version = entry.seen = row.version
        entry.saved = self._decisions.shared(decision_of(shown))
        if entry.own:
            entry.topic_own, entry.topic_rank = True, RANKS[shown.source.kind]
            entry.shown = entry.saved

    def _foreign(self, row: VerdictRow, key: bytes, facts: Verdict, now: int) -> None:
        """Facts of another ruleset, as they were read or as they were held under a key of a ruleset that was in force:
        that row is made anew from them."""
        rekeying = self._reader.rekeying
        if row.origin is None:
            here, origin = rekeying.note(key, facts), key
        else:
            here = key if facts.ruleset == self._table.ruleset else rekeying.here(key, facts)
            origin = bytes.fromhex(row.origin)
        if row.origin is not None and here != key:
            self._store.save(Gone("verdicts", row.fingerprint))
        if here is None:
            self._reader.count("store", "ruleset")
        elif here == origin:
            pass  # the ruleset of long ago is in force again: its key speaks for itself
        elif not self._table.has_room(here):
            self._reader.full("store")
        elif facts.source.kind != "operator" and rekeying.take(here, facts, origin, now) and here == key:
            self._table.entry(here).saved = self._decisions.shared(decision_of(facts))
