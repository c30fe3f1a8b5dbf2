"""Reading the topics: values become facts and overrides, in the order of the log, whatever they may hold."""

from __future__ import annotations

import logging

from sluice.telemetry import Telemetry
from sluice.verdicts import composing, wire
from sluice.verdicts.decisions import Decider, Decisions
from sluice.verdicts.entry import OPERATOR, Entry, flat
from sluice.verdicts.guards import Ruling
from sluice.verdicts.holding import Holder
from sluice.verdicts.model import RANKS, Override, Verdict, identity_of
from sluice.verdicts.ranking import wins
from sluice.verdicts.rebinding import Rebinding
from sluice.verdicts.rekeying import Rekeying
from sluice.verdicts.shelf import Shelf
from sluice.verdicts.table import Table
from sluice.verdicts.writer import Writer

log = logging.getLogger(__name__)

_NAMED = 1_000


class Reader:
    """Takes values of the topics into the table. `round` numbers the complete readings, from 1."""

    def __init__(
        self,
        table: Table,
        decider: Decider,
        holder: Holder,
        decisions: Decisions,
        shelf: Shelf,
        writer: Writer,
        telemetry: Telemetry,
    ) -> None:
        self._table = table
        self._holder = holder
        self._decisions = decisions
        self._shelf = shelf
        self._writer = writer
        self._telemetry = telemetry
        self._named: set[str] = set()
        self._told_full = False
        self.rekeying = Rekeying(table, decider, holder, decisions, writer)
        self.rebinding = Rebinding(
            table,
            self.rekeying,
            decisions,
            shelf,
            lambda: self.full("overrides"),
            publishing=writer.publishing,
        )
        self.round = 1

    def verdict(self, key: str, value: bytes | None) -> list[bytes]:
        """One value of the topic `verdicts`; answers the keys whose entries may have changed."""
        if not wire.is_fingerprint(key):
            self.unusable("verdicts", key, "fingerprint")
            return []
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
            return self._foreign(fingerprint, verdict)
        if not self._table.has_room(fingerprint):
            self.full("verdicts")
            return []
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
        return [fingerprint]

    def _foreign(self, key: bytes, verdict: Verdict) -> list[bytes]:
        """A verdict of another ruleset: its facts hold for what the event type is here, if it is anything."""
        here = self.rekeying.note(key, verdict)
        if here is None:
            self.count("verdicts", "ruleset")
        if verdict.source.kind == "operator":
            return self.rebinding.read(key, composing.derived(verdict), derived=True)
        touched = self.rebinding.withdraw(key, derived=True)
        if here is None:
            return touched
        if not self._table.has_room(here):
            self.full("verdicts")
            return touched
        now = self._table.now()
        if self.rekeying.take(here, verdict, key, now):
            entry = self._table.entry(here)
            entry.saved = None
            self._decisions.decide(here, entry, now, changed=True)
        return [*touched, here]

    def override(self, key: str, value: bytes | None) -> list[bytes]:
        """One value of the topic `overrides`; answers the keys whose entries may have changed.

        One that cannot be used blocks the key: what the operator wanted is unknown, so the type is kept.
        """
        if not wire.is_fingerprint(key):
            self.unusable("overrides", key, "fingerprint")
            return []
        override, blocked = None, False
        if value is not None:
            try:
                override = wire.override(key, value)
            except wire.Unusable as unusable:
                self.unusable("overrides", key, unusable.reason)
                blocked = True
        fingerprint = bytes.fromhex(key)
        if override is not None and override.ruleset != self._table.ruleset:
            return self._foreign_override(fingerprint, override)
        if not blocked and self.rebinding.knows(fingerprint):
            self._shelf.save_foreign_override(fingerprint, None, sent=True)
        touched = self.rebinding.block(fingerprint) if blocked else self.rebinding.withdraw(fingerprint)
        if value is None and fingerprint not in self._table.entries:
            return touched
        if not self._table.has_room(fingerprint):
            self.full("overrides")
            return touched
        entry = self._table.entry(fingerprint)
        entry.override_met = self.round
        if entry.told:
            if blocked or entry.override != override:
                return touched  # ours comes later in the log
            entry.told = False
        if blocked == entry.blocked and not entry.derived and entry.bound is None and entry.override == override:
            return [*touched, fingerprint]
        if override is None and entry.bound is not None and not blocked:
            return [*touched, fingerprint]  # its own key has none, another ruleset's has
        entry.override, entry.derived, entry.blocked, entry.bound = override, False, blocked, None
        if not blocked:
            self._shelf.save_override(fingerprint, entry, sent=True)
        if override is None and not blocked:
            self.rebinding.bind_again(fingerprint)
        self._decisions.decide(fingerprint, entry, self._table.now(), changed=True)
        return [*touched, fingerprint]

    def _foreign_override(self, key: bytes, override: Override) -> list[bytes]:
        entry = self._table.entries.get(key)
        if self.rebinding.is_ahead(key, override) or (entry is not None and entry.told):
            return []  # it was said otherwise, or withdrawn, here
        if entry is not None:
            entry.blocked = False
        touched = self.rebinding.read(key, override, self.round)
        self._shelf.save_foreign_override(key, wire.encode(override), sent=True)
        return touched

    def unusable(self, origin: str, key: str, reason: str) -> None:
        """Counted each time, named in the log once."""
        self.count(origin, reason)
        if key not in self._named and len(self._named) < _NAMED:
            self._named.add(key)
            named = key if wire.is_fingerprint(key) else "a key that is no fingerprint"
            log.warning("a value of %s cannot be used (%s): %s; its records are kept", origin, reason, named)

    def full(self, origin: str) -> None:
        """There is no room for what others have judged or decided: counted each time, said once."""
        self.count(origin, "full")
        if not self._told_full:
            self._told_full = True
            log.warning(
                "mining.max_event_types is %d and so many event types are known: verdicts and overrides of others about"
                " further ones are not taken, their records are kept; raise it to have them in force",
                self._table.capacity,
            )

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
            changed = self._holder.hold(entry, verdict, now) or changed
            self.rebinding.meet(fingerprint, flat(identity_of(verdict)), verdict.template, verdict.skeleton)
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
            # It tells nothing that is not known here, and what was withdrawn since would come back.
            entry.met = self.round
            return
        if entry.ahead or entry.told or (entry.override is not None and not entry.derived):
            return
        override = composing.derived(verdict)
        if override != entry.override:
            entry.override, entry.derived = override, True
            self._shelf.save_override(fingerprint, entry, sent=True)
            self._decisions.decide(fingerprint, entry, self._table.now(), changed=True)

    def _emptied(self, fingerprint: bytes, *, tombstone: bool) -> list[bytes]:
        """The key has no usable value any more, unless ours is on its way."""
        here = self.rekeying.gone(fingerprint, self._table.now())
        touched = self.rebinding.withdraw(fingerprint, derived=True) + ([] if here is None else [here])
        entry = self._table.entries.get(fingerprint)
        if entry is None or entry.ahead:
            return touched
        entry.topic_rank, entry.topic_own, entry.shown = 0, False, None
        if entry.derived:
            entry.override, entry.derived = None, False
            self._shelf.save_override(fingerprint, entry, sent=True)
        if tombstone and entry.override is None and not entry.told and not entry.blocked:
            self._writer.remove(fingerprint, entry)
        else:
            self._writer.withdraw(fingerprint, entry, self._table.now())
        return [*touched, fingerprint]


def decision_of(verdict: Verdict) -> Ruling:
    """What a verdict tells its consumers."""
    return Ruling(verdict.action, verdict.mode, verdict.keep_percent, verdict.keep_rate, verdict.guards)
