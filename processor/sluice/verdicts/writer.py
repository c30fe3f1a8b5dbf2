"""The writer of keys: publishes what holds here where that is ours to do. `publication` has the times and rules."""

from __future__ import annotations

import msgspec

from sluice.verdicts import publication
from sluice.verdicts.decisions import Decisions
from sluice.verdicts.entry import OPERATOR, Entry, Held, pack, unpack
from sluice.verdicts.shelf import Shelf
from sluice.verdicts.table import Table
from sluice.verdicts.times import DAY, HOUR, NEVER, SECOND
from sluice.verdicts.volumes import VolumeTable
from sluice.verdicts.wire import MAX_VERSION


class Writer:
    """`publishing`: there is a topic; without one, publishing is storing. `caught_up`: the topic has been read."""

    def __init__(
        self, table: Table, decisions: Decisions, shelf: Shelf, volumes: VolumeTable, *, publishing: bool
    ) -> None:
        self._table = table
        self._decisions = decisions
        self._shelf = shelf
        self._volumes = volumes
        self.publishing = publishing
        self.caught_up = False

    def publish(self, key: bytes, entry: Entry, now: int, *, renew: bool = False) -> None:
        """Writes what holds here under the next version; `renew` begins a new lease. The writer owns the facts."""
        entry.own, entry.origin = True, None
        if renew:
            entry.expires = now + int(self._decisions.policy.lease * SECOND)
        if entry.held is not None and entry.live(now):
            entry.held = pack(self._as_ours(key, entry, unpack(entry.held), now))
        self._decisions.decide(key, entry, now, changed=True)
        if entry.ruling is None:
            return
        entry.issued = now
        entry.version = entry.seen = min(max(entry.seen, entry.version) + 1, MAX_VERSION)
        entry.met = 0
        entry.ahead = entry.version if self.publishing and self.caught_up else 0
        entry.topic_rank = entry.rank if entry.override is None else OPERATOR
        entry.topic_own, entry.shown, entry.mend_at = True, entry.ruling, 0
        self._shelf.save_verdict(key, entry, sent=False)

    def bury(self, key: bytes, entry: Entry) -> None:
        """Takes the key off the topic and out of the table."""
        self.remove(key, entry)
        if self.publishing:
            self._shelf.save_tombstone(key, min(entry.seen + 1, MAX_VERSION))

    def remove(self, key: bytes, entry: Entry) -> None:
        """Takes the key out of the table and the store; the topic does not hold it, or never did."""
        self._decisions.clear(key, entry)
        self._table.entries.pop(key, None)
        self._shelf.remove_verdict(key)

    def withdraw(self, key: bytes, entry: Entry, now: int, *, remove: bool = True) -> None:
        """The judged facts go; an operator's word stays. The next version is still above those that were met."""
        entry.lapse()
        entry.own, entry.expires = False, NEVER
        self._decisions.decide(key, entry, now, changed=True)
        if remove:
            self._shelf.remove_verdict(key)

    def bury_foreign(self, now: int) -> None:
        """Keys of another ruleset that expired long ago."""
        due = [
            key
            for key, foreign in self._table.foreign.items()
            if publication.burial(foreign.expires, key, self._table.instance, own=foreign.own) <= now
        ]
        for key in due:
            del self._table.foreign[key]
            if self.publishing:
                self._shelf.save_tombstone(key, 1)
            else:
                self._shelf.remove_verdict(key)

    # What time brings about

    def settle(self, key: bytes, entry: Entry, now: int) -> None:
        """Puts right what the topic and the store show, where that is ours to do, and notes when to look again."""
        if self.publishing and self.caught_up:
            self._mend(key, entry, now)
        elif not self.publishing and entry.own and (_unsaved(entry) or entry.moved):
            self.publish(key, entry, now)
        if self._table.entries.get(key) is not entry:
            return
        if entry.vacant:
            del self._table.entries[key]
            return
        if not entry.own and entry.held is not None and _unsaved(entry):
            self._shelf.save_verdict(key, entry, sent=True)
        entry.due = self._next(key, entry, now)

    def look(self, key: bytes, entry: Entry, now: int) -> None:
        """The end of a lease, its renewal, a late change, a tombstone."""
        if entry.rank and not entry.live(now):
            entry.lapse()
            self._decisions.decide(key, entry, now, changed=True)
        if entry.live(now):
            self._renew(key, entry, now)
        elif entry.expires <= now and entry.override is None and not entry.told and not entry.blocked:
            if not self.publishing or not entry.seen:
                self.remove(key, entry)
                return
            if self.caught_up and now >= self._burial(key, entry):
                self.bury(key, entry)
                return
        self.settle(key, entry, now)

    def lease_due(self, key: bytes, entry: Entry) -> int:
        """When the lease is to be renewed by its owner, or taken over by us."""
        if entry.own:
            return publication.renewal(entry, key, int(self._decisions.policy.lease * SECOND))
        return publication.takeover(entry, key, self._table.instance)

    def _renew(self, key: bytes, entry: Entry, now: int) -> None:
        """Only for a type still seen, with a record since its last version was issued, and still the one that was
        judged. What has become a part of another type is not seen, whatever was counted just before."""
        last_seen = self._volumes.last_seen(key)
        if entry.changed or last_seen is None or last_seen <= entry.issued or now < self.lease_due(key, entry):
            return
        if entry.own and last_seen <= entry.issued + HOUR and entry.held is not None and unpack(entry.held).merged_into:
            return
        if entry.own or not self.publishing or (self.caught_up and entry.override is None):
            self.publish(key, entry, now, renew=True)

    def _mend(self, key: bytes, entry: Entry, now: int) -> None:
        """Publishes when the topic does not show what it should.

        1. An operator has decided: it shows that, in our words if we wrote them. What was only read from an
           operator's verdict is on the topic already.
        2. An operator's verdict is left on the topic without an override: it shows the facts, or nothing.
        3. Facts of ours: it shows our decision on them. It does not when another value took our value's place.
        4. An override of another ruleset is on its topic under its own key: nothing is written under this one for its
           sake, unless there is a verdict that says otherwise.

        In the first two cases anybody does it in the end who is not the writer, for the writer may be gone.
        """
        ruling = entry.ruling
        if entry.blocked or (entry.override is not None and entry.derived):
            return
        if entry.bound is not None and not entry.topic_rank:
            return
        if entry.override is not None:
            shown = publication.shows_operator(entry)
            wrong = not shown or (entry.topic_own and ruling is not None and publication.differs(entry.shown, ruling))
        else:
            wrong = entry.topic_rank == OPERATOR
        if wrong and not (entry.own or entry.topic_own or entry.told):
            entry.mend_at = entry.mend_at or publication.mending(now, key, self._table.instance)
            if now < entry.mend_at:
                return
        entry.mend_at = 0
        if wrong and ruling is None:
            self.bury(key, entry)
        elif wrong or (entry.override is None and self._own_change(entry, now)):
            self.publish(key, entry, now)

    def _own_change(self, entry: Entry, now: int) -> bool:
        ruling = entry.ruling
        if not entry.own or ruling is None:
            return False
        if entry.moved:
            return True
        if not publication.differs(entry.shown, ruling):
            return False
        return publication.at_once(entry.shown, ruling) or now >= entry.issued + publication.BETWEEN_CHANGES

    def _next(self, key: bytes, entry: Entry, now: int) -> int:
        if entry.live(now):
            due = min(entry.expires, entry.mend_at or NEVER)
            lease_due = self.lease_due(key, entry)
            if lease_due > now:
                due = min(due, lease_due)
            ruling = entry.ruling
            ours = self.caught_up and entry.own and entry.override is None
            if ours and ruling is not None and publication.differs(entry.shown, ruling):
                due = min(due, entry.issued + publication.BETWEEN_CHANGES)
            return due
        if entry.mend_at:
            return entry.mend_at
        if entry.expires == NEVER or entry.override is not None or (self.publishing and not self.caught_up):
            return NEVER
        return self._burial(key, entry) if self.publishing else now

    def _burial(self, key: bytes, entry: Entry) -> int:
        return publication.burial(entry.expires, key, self._table.instance, own=entry.own)

    def _as_ours(self, key: bytes, entry: Entry, held: Held, now: int) -> Held:
        """The facts with ourselves as their source, and what we know of the type's volume and age."""
        first_seen = min(now, self._decisions.first_seen(key, held))
        counted = float(self._volumes.per_day(key, now))
        a_day_old = now - (self._volumes.first_seen(key) or now) >= DAY
        ours = msgspec.structs.replace(
            held,
            first_seen=first_seen,
            per_day=counted if a_day_old else max(held.per_day, counted),
            source=(held.kind, self._table.instance, *held.source[2:]),
        )
        return msgspec.structs.replace(ours, not_before=self._decisions.not_before(key, entry, ours))


def _unsaved(entry: Entry) -> bool:
    """Whether the store holds another decision than the engine."""
    return entry.ruling is not None and entry.ruling.told != entry.saved
