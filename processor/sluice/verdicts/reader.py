"""Reading the topics: values become facts and overrides, in the order of the log, whatever they may hold."""

from __future__ import annotations

import logging

from sluice.telemetry import Telemetry
from sluice.verdicts import composing, wire
from sluice.verdicts.alike import Alike
from sluice.verdicts.decisions import Decisions
from sluice.verdicts.entry import OPERATOR, Entry, held_of, pack
from sluice.verdicts.guards import Ruling
from sluice.verdicts.model import RANKS, Verdict
from sluice.verdicts.ranking import wins
from sluice.verdicts.shelf import Shelf
from sluice.verdicts.table import Table
from sluice.verdicts.times import NEVER, milliseconds
from sluice.verdicts.writer import Writer

log = logging.getLogger(__name__)

_NAMED = 1_000


class Reader:
    """Takes values of the topics into the table. `round` numbers the complete readings, from 1."""

    def __init__(
        self, table: Table, alike: Alike, decisions: Decisions, shelf: Shelf, writer: Writer, telemetry: Telemetry
    ) -> None:
        self._table = table
        self._alike = alike
        self._decisions = decisions
        self._shelf = shelf
        self._writer = writer
        self._telemetry = telemetry
        self._named: set[str] = set()
        self.round = 1

    def verdict(self, key: str, value: bytes | None) -> bytes | None:
        """One value of the topic `verdicts`; answers the key when its entry may have changed."""
        if not wire.is_fingerprint(key):
            self.unusable("verdicts", key, "fingerprint")
            return None
        fingerprint = bytes.fromhex(key)
        verdict = None
        if value is not None:
            try:
                verdict = wire.verdict(key, value)
            except wire.Unusable as unusable:
                self.unusable("verdicts", key, unusable.reason)
        if verdict is None:
            return self._emptied(fingerprint, tombstone=value is None)
        if verdict.ruleset != self._table.ruleset:
            self.count("verdicts", "ruleset")
            self.note_foreign(fingerprint, verdict)
            return None
        if not self._table.has_room(fingerprint):
            self.count("verdicts", "full")
            return None
        entry = self._table.entry(fingerprint)
        own = verdict.source.instance == self._table.instance
        entry.seen = max(entry.seen, verdict.version)
        if own and verdict.version >= entry.ahead:
            entry.ahead = 0
        rank = RANKS[verdict.source.kind]
        if not entry.ahead:
            entry.topic_rank, entry.topic_own = rank, own
            entry.shown = self._decisions.shared(decision_of(verdict)) if own or rank == OPERATOR else None
        if rank == OPERATOR:
            self._operator(fingerprint, entry, verdict)
        else:
            self._facts(fingerprint, entry, verdict)
        return fingerprint

    def override(self, key: str, value: bytes | None) -> bytes | None:
        """One value of the topic `overrides`; answers the key when its entry may have changed.

        One that cannot be used blocks the key: what the operator wanted is unknown, so the type is kept.
        """
        if not wire.is_fingerprint(key):
            self.unusable("overrides", key, "fingerprint")
            return None
        override, blocked = None, False
        if value is not None:
            try:
                override = wire.override(key, value)
            except wire.Unusable as unusable:
                self.unusable("overrides", key, unusable.reason)
                blocked = True
            else:
                if override.ruleset != self._table.ruleset:
                    self.count("overrides", "ruleset")
                    return None
        fingerprint = bytes.fromhex(key)
        if value is None and fingerprint not in self._table.entries:
            return None
        if not self._table.has_room(fingerprint):
            self.count("overrides", "full")
            return None
        entry = self._table.entry(fingerprint)
        entry.override_met = self.round
        if entry.told:
            if blocked or entry.override != override:
                return None  # ours comes later in the log
            entry.told = False
        if blocked == entry.blocked and not entry.derived and entry.override == override:
            return fingerprint
        entry.override, entry.derived, entry.blocked = override, False, blocked
        if not blocked:
            self._shelf.save_override(fingerprint, entry, sent=True)
        self._decisions.decide(fingerprint, entry, self._table.now(), changed=True)
        return fingerprint

    def hold(self, entry: Entry, verdict: Verdict, now: int) -> bool:
        """Makes judged facts those of the entry; answers whether anything is new about them."""
        expires = NEVER if verdict.expires_at is None else milliseconds(verdict.expires_at)
        live = now < expires
        held = held_of(verdict)
        packed = pack(held) if live else None
        if live:
            self._alike.note(bytes.fromhex(verdict.fingerprint), held)
        own = verdict.source.instance == self._table.instance
        before = (entry.held, entry.version, entry.expires, entry.own)
        if packed != entry.held:
            entry.changed = 0
        entry.held, entry.version, entry.expires, entry.own = packed, verdict.version, expires, own
        entry.rank = RANKS[verdict.source.kind] if live else 0
        entry.issued = milliseconds(verdict.issued_at)
        return before != (packed, verdict.version, expires, own)

    def note_foreign(self, key: bytes, verdict: Verdict) -> None:
        """A verdict of another ruleset is nothing to us until somebody has to clean it up."""
        expires = NEVER if verdict.expires_at is None else milliseconds(verdict.expires_at)
        if key in self._table.foreign or self._table.has_room(key):
            self._table.foreign[key] = expires, verdict.source.instance == self._table.instance

    def unusable(self, origin: str, key: str, reason: str) -> None:
        """Counted each time, named in the log once."""
        self.count(origin, reason)
        if key not in self._named and len(self._named) < _NAMED:
            self._named.add(key)
            named = key if wire.is_fingerprint(key) else "a key that is no fingerprint"
            log.warning("a value of %s cannot be used (%s): %s; its records are kept", origin, reason, named)

    def count(self, origin: str, reason: str) -> None:
        self._telemetry.add("sluice_verdicts_unusable", origin=origin, reason=reason)

    def _facts(self, fingerprint: bytes, entry: Entry, verdict: Verdict) -> None:
        now = self._table.now()
        changed = False
        own = verdict.source.instance == self._table.instance
        if entry.derived and entry.override is not None and entry.override.issued_by == verdict.source.instance:
            # Whoever wrote the operator's word into this key has taken it out again.
            entry.override, entry.derived, changed = None, False, True
            self._shelf.save_override(fingerprint, entry, sent=True)
        taken = wins(entry, RANKS[verdict.source.kind], verdict.version, own=own, now=now)
        if taken:
            changed = self.hold(entry, verdict, now) or changed
            entry.met = self.round
            if not own:
                entry.ahead = 0
            if changed:
                entry.saved = None
        if changed:
            self._decisions.decide(fingerprint, entry, now, changed=True)
            if taken and own:
                self._shelf.save_verdict(fingerprint, entry, sent=True)

    def _operator(self, fingerprint: bytes, entry: Entry, verdict: Verdict) -> None:
        """The operator's word as its writer put it into the key. The override itself has its own topic, and the last
        say."""
        if verdict.source.instance == self._table.instance:
            entry.met = self.round
        if entry.ahead or entry.told or (entry.override is not None and not entry.derived):
            return
        override = composing.derived(verdict)
        if override != entry.override:
            entry.override, entry.derived = override, True
            self._shelf.save_override(fingerprint, entry, sent=True)
            self._decisions.decide(fingerprint, entry, self._table.now(), changed=True)

    def _emptied(self, fingerprint: bytes, *, tombstone: bool) -> bytes | None:
        """The key has no usable value any more, unless ours is on its way."""
        self._table.foreign.pop(fingerprint, None)
        entry = self._table.entries.get(fingerprint)
        if entry is None or entry.ahead:
            return None
        entry.topic_rank, entry.topic_own, entry.shown = 0, False, None
        if entry.derived:
            entry.override, entry.derived = None, False
            self._shelf.save_override(fingerprint, entry, sent=True)
        if tombstone and entry.override is None and not entry.told and not entry.blocked:
            self._writer.remove(fingerprint, entry)
        else:
            self._writer.withdraw(fingerprint, entry, self._table.now())
        return fingerprint


def decision_of(verdict: Verdict) -> Ruling:
    """What a verdict tells its consumers."""
    return Ruling(verdict.action, verdict.mode, verdict.keep_percent, verdict.keep_rate, verdict.guards)
