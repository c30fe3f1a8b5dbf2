"""Decisions: the policy and the guards applied to the facts in force, and what the engine is told of it.

Most guards look at one type alone, two at others: `twins` and `shares`. What these say may change without the type's
own doing; `turned`, `twin_turns` and `look_at_shares` tell which types are to be decided again.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Protocol

from sluice.config.model import PolicyConfig
from sluice.config.units import Action
from sluice.engine import Decision, Identity, Named, Policy
from sluice.verdicts import composing
from sluice.verdicts.entry import Entry, Held, unpack
from sluice.verdicts.guards import MAX_DROP_SHARE, Case, Ruling, rule
from sluice.verdicts.model import CONFIDENCES, Override, Verdict, identity_of
from sluice.verdicts.policy import Rules, between
from sluice.verdicts.protect import Exceptions
from sluice.verdicts.shares import Shares
from sluice.verdicts.table import Table
from sluice.verdicts.times import NEVER, SECOND
from sluice.verdicts.twins import Twins
from sluice.verdicts.volumes import VolumeTable

_RULINGS = 4_096


class Decider(Protocol):
    """What decisions are installed in: the engine."""

    def configure(self, policy: Policy) -> None: ...

    def apply(self, decisions: list[Decision]) -> int:
        """Installs decisions; answers how many took effect: those whose fingerprint is that of their identity."""
        ...

    def forget(self, fingerprints: list[str]) -> int:
        """Removes decisions; their types are kept and bring new evidence."""
        ...

    def look(self, fingerprints: list[str]) -> int:
        """Looks at some more records of judged types; `Volumes.looks` tells of them."""
        ...

    def rekey(self, types: list[Named]) -> list[str | None]:
        """The fingerprints here of types that another ruleset has named; None for each that has none."""
        ...

    def covering(self, types: list[Named]) -> list[str | None]:
        """The more general types that types have become parts of; None for each that stands for itself."""
        ...


class Decisions:
    """Decides entries one by one, collects what changed, and installs it."""

    def __init__(self, table: Table, decider: Decider, volumes: VolumeTable, policy: PolicyConfig) -> None:
        self._table = table
        self._decider = decider
        self._volumes = volumes
        self._exceptions = Exceptions()
        self._rules = Rules(policy, self._exceptions)
        self.shares = Shares(volumes)
        self.twins = Twins(table, volumes)
        self._shared: dict[Ruling, Ruling] = {}
        self._beside: dict[bytes, None] = {}
        self._decided: list[Decision] = []
        self._withdrawn: list[bytes] = []
        self.in_force: Counter[Ruling] = Counter()

    @property
    def policy(self) -> PolicyConfig:
        return self._rules.config

    # The policy

    def start(self) -> None:
        self._decider.configure(self._rules.for_engine())

    def adopt(self, policy: PolicyConfig) -> None:
        """From now on entries are decided by `policy`; until `adopted`, decisions of both policies are in the engine.

        In that time each signal has the weaker of its two modes, and every exception of either keeps its number, so
        that nothing is dropped that only a mixture of the two would drop.
        """
        before = self._rules.for_engine()
        self._rules = Rules(policy, self._exceptions)
        self._decider.configure(between(before, self._rules.for_engine()))

    def adopted(self) -> None:
        self._decider.configure(self._rules.for_engine())

    # One entry

    def decide(self, key: bytes, entry: Entry, now: int, *, changed: bool = False) -> None:
        """Rules the case anew. `changed`: facts or times have changed, so that the engine is told in any case."""
        held = unpack(entry.held) if entry.held is not None and entry.live(now) else None
        override = entry.override
        entry.moved = False
        self.twins.note(key, held)
        if held is None and (override is None or entry.blocked):
            if entry.ruling is not None or changed:
                self._withdrawn.append(key)
            self._put(key, entry, None)
            return
        if override is not None and not entry.blocked:
            identity, template, skeleton = identity_of(override), override.template, override.skeleton
            category = held.category if held else override.category
            ruling = rule(Case(identity, template, category, "high", 0.0), self._rules, action_of(override))
            ruling = self._within_share(key, identity, ruling, "high", fixed=True)
            not_before, expires = None, NEVER
        else:
            assert held is not None
            identity, template, skeleton, category = held.typed_identity(), held.template, held.skeleton, held.category
            entry.common = held.per_day >= self._rules.config.rare_per_day
            if entry.blocked:
                ruling = Ruling("keep", self._rules.modes[identity.signal], guards=("override",))
            else:
                per_day = max(held.per_day, self._volumes.per_day(key, now))
                vouched = category == "duplicate" and self._vouched(key, entry, held, now)
                ruling = rule(Case(identity, template, category, held.confidence, per_day, vouched), self._rules)
            ruling = self._within_share(key, identity, ruling, held.confidence)
            not_before, expires = self.not_before(key, entry, held), entry.expires
            entry.moved = not_before != held.not_before and max(not_before or 0, held.not_before or 0) > now
        if ruling == entry.ruling and not changed and not entry.moved:
            return
        ruling = self.shared(ruling)
        self._put(key, entry, ruling)
        self._decided.append(
            Decision(
                fingerprint=key.hex(),
                identity=identity,
                skeleton=skeleton,
                ruleset=self._table.ruleset,
                action=ruling.action,
                category=category,
                keep_percent=ruling.keep_percent,
                keep_rate=ruling.keep_rate,
                not_before=not_before,
                expires_at=None if expires == NEVER else expires,
                exceptions=ruling.exceptions,
            )
        )

    def remember(self, key: bytes, entry: Entry, now: int) -> None:
        """At the start: what was kept of a service for its share stays so until that has been looked at."""
        if entry.saved is not None and MAX_DROP_SHARE in entry.saved.guards:
            self.shares.keep(key, now)

    def clear(self, key: bytes, entry: Entry) -> None:
        """Nothing is decided any more for an entry that leaves the table."""
        self.twins.note(key, None)
        if entry.ruling is not None:
            self._withdrawn.append(key)
        self._put(key, entry, None)

    def rarity_turns(self, key: bytes, entry: Entry, now: int) -> bool:
        """Whether the guard `rarity` would now say something else."""
        ruling = entry.ruling
        if ruling is None or entry.override is not None:
            return False
        guarded = "rarity" in ruling.guards
        if ruling.action == "keep" and not guarded:
            return False
        rare = not entry.common and self._volumes.per_day(key, now) < self._rules.config.rare_per_day
        return rare != guarded

    def twin_turns(self, key: bytes, entry: Entry, now: int) -> bool:
        """Whether the guard `twin` would now say something else of a duplicate."""
        ruling = entry.ruling
        if ruling is None or entry.held is None or entry.override is not None:
            return False
        guarded = "twin" in ruling.guards
        if ruling.action == "keep" and not guarded:
            return False
        return self._vouched(key, entry, unpack(entry.held), now) == guarded

    def turned(self, limit: int | None = None) -> list[bytes]:
        """Duplicates of types that were decided since the last call; the rest of them with the next one."""
        keys = list(islice(self._beside, limit))
        for key in keys:
            del self._beside[key]
        return keys

    async def look_at_shares(self, now: int, *, anew: bool = False) -> list[bytes]:
        """Types that `max_drop_share` keeps from now on, or lets go again."""
        return await self.shares.look(float(self._rules.config.max_drop_share), now, anew=anew)

    def not_before(self, key: bytes, entry: Entry, held: Held) -> int | None:
        """The end of probation: our own for facts of ours, else the one that was read; none is ever started anew."""
        if not entry.own:
            return held.not_before
        probation = int(self._rules.config.probation * SECOND)
        return self.first_seen(key, held) + probation if probation else None

    def first_seen(self, key: bytes, held: Held) -> int:
        """The earliest that is known."""
        counted = self._volumes.first_seen(key)
        return held.first_seen if counted is None else min(held.first_seen, counted)

    def shared(self, ruling: Ruling) -> Ruling:
        """There are many types and few different rulings: they share them. What is read may hold any number of them,
        so the collection starts anew when it has grown beyond reason."""
        if len(self._shared) > _RULINGS:
            self._shared.clear()
        return self._shared.setdefault(ruling, ruling)

    def verdict(self, key: bytes, entry: Entry, now: int, *, over: bool = True) -> Verdict | None:
        """What holds for the entry, as a verdict; with `over` False the judged facts beneath an operator's word."""
        ruling = entry.ruling
        if ruling is None:
            return None
        held = unpack(entry.held) if entry.held is not None and entry.live(now) else None
        if over and entry.override is not None and not entry.blocked:
            return composing.overruled(entry, entry.override, held, ruling, self._table.instance)
        if held is None:
            return None
        not_before = self.not_before(key, entry, held)
        return composing.judged(key.hex(), self._table.ruleset, entry, held, ruling, not_before)

    # The engine

    def install(self) -> list[bytes]:
        """Tells the engine what was decided since the last call; answers the keys that it refused."""
        withdrawn, self._withdrawn = self._withdrawn, []
        if withdrawn:
            self._decider.forget([key.hex() for key in withdrawn])
        decided, self._decided = self._decided, []
        if not decided or self._decider.apply(decided) == len(decided):
            return []
        return [bytes.fromhex(one.fingerprint) for one in decided if self._decider.apply([one]) == 0]

    def _vouched(self, key: bytes, entry: Entry, held: Held, now: int) -> bool:
        before = entry.ruling or entry.saved
        return self.twins.vouched(key, held, now, goes=before is not None and before.action != "keep")

    def _within_share(
        self, key: bytes, identity: Identity, ruling: Ruling, confidence: str, *, fixed: bool = False
    ) -> Ruling:
        """The ruling, unless so much of the service goes that this type is kept."""
        service = (identity.namespace, identity.service)
        self._volumes.belongs(key, service)
        if ruling.action == "keep":
            self.shares.clear(key)
            return ruling
        sure = CONFIDENCES.index(confidence)
        self.shares.note(key, service, ruling, sure, canary=float(self._rules.config.canary), fixed=fixed)
        if fixed or not self.shares.keeps(key):
            return ruling
        return Ruling("keep", ruling.mode, guards=(MAX_DROP_SHARE,))

    def _put(self, key: bytes, entry: Entry, ruling: Ruling | None) -> None:
        self._beside.update(dict.fromkeys(self.twins.duplicates_of(key)))
        if ruling is None:
            self.shares.clear(key)
        if entry.ruling is not None:
            self.in_force[entry.ruling] -= 1
            if not self.in_force[entry.ruling]:
                del self.in_force[entry.ruling]
        if ruling is not None:
            self.in_force[ruling] += 1
        entry.ruling = ruling


def action_of(override: Override) -> Action:
    """The action of an override that `wire` has checked or `Override.of` has made."""
    match override.action:
        case "sample":
            return Action.parse(f"sample {override.keep_percent}%")
        case "limit":
            return Action.parse(f"limit {override.keep_rate}")
        case kind:
            return Action.parse(kind)
