"""The registry: the doors to facts, overrides and decisions, and the rounds that keep them current.

Three words hold the rules together. *Facts* come from the judge or from the topic, and `ranking` says which win. The
*decision* is always our own: `guards.rule` applied to the facts, in the engine, and never published for facts that
another instance obtained. *Publication* is the writer's alone, and `publication` says who that is, and when.

Everything runs on the event loop. A door for one key is short; what walks the whole table does so in slices.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from sluice import engine
from sluice.config.model import PolicyConfig
from sluice.engine import Evidence
from sluice.telemetry import Telemetry
from sluice.verdicts import gauges, wire
from sluice.verdicts.alike import Alike
from sluice.verdicts.concluding import Concluding
from sluice.verdicts.decisions import Decider, Decisions
from sluice.verdicts.drift import Drift
from sluice.verdicts.entry import Entry, Held, flat, pack, unpack
from sluice.verdicts.holding import Holder
from sluice.verdicts.loader import LOADED, Loader
from sluice.verdicts.merging import Merging, Parts
from sluice.verdicts.model import CATEGORIES, CONFIDENCES, RANKS, Facts, Override, Source, Verdict
from sluice.verdicts.reader import Reader
from sluice.verdicts.shelf import Shelf
from sluice.verdicts.store import Store
from sluice.verdicts.table import Table, sliced
from sluice.verdicts.times import HOUR, MINUTE, SECOND
from sluice.verdicts.volumes import VolumeTable
from sluice.verdicts.writer import Writer

_VOLUMES_SOONEST, _VOLUMES_LATEST = 5 * SECOND, 300 * SECOND
_VOLUME_ROWS = 200
"""Rows a second that the saving of volumes comes to: few types are saved soon, 60,000 every 5 minutes."""
_QUICK = 2_000
"""Entries of which only a time is looked at, in one slice."""
_AT_ONCE = 20
"""Entries that are decided in one slice."""


class Registry:
    """Facts, overrides and decisions of one process.

    `instance`: see `Store.instance_id`. `ruleset`: the engine's. `publishing`: there is a topic; without one the
    store is all there is. `clock`: Unix seconds. `capacity`: `mining.max_event_types`; beyond it
    no event type is taken from others, and a topic may hold what it likes.
    """

    def __init__(
        self,
        decider: Decider,
        store: Store,
        volumes: VolumeTable,
        policy: PolicyConfig,
        *,
        instance: str,
        ruleset: str,
        publishing: bool,
        telemetry: Telemetry,
        clock: Callable[[], float],
        capacity: int,
    ) -> None:
        self._store = store
        self._volumes = volumes
        self._telemetry = telemetry
        self._table = Table(instance, ruleset, clock, capacity)
        self._decisions = Decisions(self._table, decider, volumes, policy)
        self._shelf = Shelf(self._table, store, self._decisions, volumes)
        self._writer = Writer(self._table, self._decisions, self._shelf, volumes, publishing=publishing)
        self._alike = Alike(self._table)
        self._parts = Parts(capacity)
        self._merging = Merging(self._table, decider, self._parts, self._writer)
        holder = Holder(self._table, self._alike, self._parts)
        self._reader = Reader(self._table, decider, holder, self._decisions, self._shelf, self._writer, telemetry)
        self._rebinding = self._reader.rebinding
        self._loader = Loader(self._table, store, volumes, self._decisions, holder, self._reader, publishing=publishing)
        self._concluding = Concluding(self._table, self._decisions, self._shelf, self._writer)
        self._drift = Drift(self._table, decider)
        self._turn = asyncio.Lock()
        self._read_to_the_end = False
        self._hour = self._minute = 0
        self._volumes_saved = 0
        self.wishes = 0
        """Grows whenever a type is to be judged again."""

    async def load(self) -> None:
        """Takes everything over from the store and puts it in force. Nothing is asked, nothing published."""
        now = self._table.now()
        self._hour, self._minute, self._volumes_saved = now // HOUR, now // MINUTE, now
        self._drift.start(now)
        self._decisions.start()
        self._store.on_reset(self._shelf.save_all)
        self._store.on_reset(self._rebinding.save_all)
        await self._loader.load()
        async for entries in self._table.walk(LOADED):
            now = self._table.now()
            for key, entry in entries:
                self._decisions.remember(key, entry, now)
                self._decisions.decide(key, entry, now)
            self._install("store")
        await self._settle_all("store", anew=False)
        await self._shelf.save_policy()
        self._store.listen(on_override=self._overruled_elsewhere, on_rejudge=self.rejudge)

    # What is known

    def known(self, fingerprint: str, kind: str = "rule") -> bool:
        """Whether a judge of this kind need not be asked: its facts or better ones are in force, or an operator has
        decided."""
        entry = self._table.entries.get(bytes.fromhex(fingerprint))
        if entry is None:
            return False
        if entry.override is not None or entry.blocked:
            return True
        return entry.live(self._table.now()) and entry.rank >= RANKS[kind] and not entry.again

    async def outranked(self, kind: str) -> list[str]:
        """Fingerprints whose facts a judge of this kind is to replace, by its rank or because an operator wants it;
        the largest event types first."""
        found: list[tuple[int, str]] = []
        async for entries in self._table.walk(_QUICK):
            now = self._table.now()
            for key, entry in entries:
                wanted = entry.again or entry.rank < RANKS[kind]
                if wanted and entry.live(now) and entry.override is None and not entry.blocked:
                    found.append((self._volumes.per_day(key, now), key.hex()))
        return [fingerprint for _, fingerprint in sorted(found, reverse=True)]

    def alike(self, evidence: Evidence) -> tuple[Facts, Source] | None:
        """What a model has said of the same shape in other services; None for one that is to be judged again."""
        entry = self._table.entries.get(bytes.fromhex(evidence.fingerprint))
        if entry is not None and entry.again:
            return None
        return self._alike.facts(evidence.identity, evidence.skeleton)

    def verdict(self, fingerprint: str) -> Verdict | None:
        """What holds here for one event type: the facts in force with our own decision."""
        key = bytes.fromhex(fingerprint)
        entry = self._table.entries.get(key)
        return None if entry is None else self._decisions.verdict(key, entry, self._table.now())

    def verdicts(self) -> Iterator[Verdict]:
        """All of them, each made when it is asked for: the caller takes breaks."""
        for key in list(self._table.entries):
            verdict = self.verdict(key.hex())
            if verdict is not None:
                yield verdict

    def override(self, fingerprint: str) -> Override | None:
        entry = self._table.entries.get(bytes.fromhex(fingerprint))
        return None if entry is None else entry.override

    def meet(self, evidence: Evidence) -> None:
        """Shown all evidence before it is judged: an operator may have decided the same under another ruleset, or a
        part of it."""
        key = bytes.fromhex(evidence.fingerprint)
        self._merging.met(key, evidence.identity, evidence.skeleton, evidence.covers)
        if self._rebinding.meet(key, flat(evidence.identity), evidence.template, evidence.skeleton):
            self._finish(key, self._table.now(), "overrides")

    # Facts of our own judge

    def judged(self, evidence: Evidence, facts: Facts, source: Source) -> Verdict | None:
        """Facts that this instance obtained: in force, stored, published. Answers what holds now; None when the
        engine does not recognise the event type.

        Live facts of a higher rank stay, and so do those of the same rank that another instance obtained meanwhile,
        unless an operator wanted the type judged again. `source.instance` is set to this instance.
        """
        key = bytes.fromhex(evidence.fingerprint)
        now = self._table.now()
        entry = self._table.entry(key)
        rank = RANKS[source.kind]
        if not entry.live(now) or entry.rank < rank or (entry.rank == rank and (entry.own or entry.again)):
            before = unpack(entry.held) if entry.held is not None else None
            held = Held(
                skeleton=evidence.skeleton,
                template=evidence.template,
                identity=flat(evidence.identity),
                category=facts.category if facts.category in CATEGORIES else "unclassified",
                confidence=facts.confidence if facts.confidence in CONFIDENCES else "low",
                description=facts.description,
                twin=facts.twin,
                reason=facts.reason,
                merged_into=None,
                first_seen=min(now, before.first_seen) if before else now,
                per_day=before.per_day if before else 0.0,
                not_before=None,
                source=(
                    source.kind,
                    self._table.instance,
                    source.provider,
                    source.model,
                    source.prompt_version,
                    source.evidence_hash,
                ),
            )
            self._rebinding.meet(key, held.identity, held.template, held.skeleton)
            self._merging.judged(key, evidence.identity, evidence.skeleton, evidence.covers)
            self._keep_for_parts(key, entry, held)
            entry.held, entry.rank, entry.changed = pack(held), rank, 0
            self._alike.note(key, held)
            self._writer.publish(key, entry, now, renew=True)
        if entry.again:
            entry.again = False
            self._shelf.forget_wish(key)
        self._finish(key, now, "judge")
        return self.verdict(evidence.fingerprint)

    def forget(self, fingerprint: str) -> None:
        """Withdraws the facts, so that the type is kept and judged anew. What the topic shows stays until then."""
        key = bytes.fromhex(fingerprint)
        entry = self._table.entries.get(key)
        if entry is not None:
            self._writer.withdraw(key, entry, self._table.now())
            self._finish(key, self._table.now(), "judge")

    def rejudge(self, fingerprint: str) -> None:
        """To be asked about again when it is seen; what is known and decided stays until then. Of no effect on a type
        that is not judged, which is asked about anyway, or that an operator has decided."""
        key = bytes.fromhex(fingerprint)
        entry = self._table.entries.get(key)
        if entry is None or not entry.live(self._table.now()) or entry.override is not None:
            self._shelf.forget_wish(key)
            return
        self._ask_again(entry)

    def _ask_again(self, entry: Entry) -> None:
        entry.again = True
        self.wishes += 1

    # The operator's word

    def overrule(self, override: Override) -> None:
        """`set FP ACTION`, and `revoke FP` with the action `keep`: in force at once and until further notice."""
        self._overruled(override.fingerprint, override)

    def release(self, fingerprint: str) -> None:
        """`set FP auto`: back to the facts."""
        self._overruled(fingerprint, None)

    def _overruled_elsewhere(self, fingerprint: str, value: bytes | None) -> None:
        """Another process has written to the store. What cannot be used changes nothing."""
        override = None
        if value is not None:
            try:
                override = wire.override(fingerprint, value)
            except wire.Unusable as unusable:
                self._reader.unusable("store", fingerprint, unusable.reason)
                return
            if override.ruleset != self._table.ruleset:
                key = bytes.fromhex(fingerprint)
                for here in self._rebinding.read(key, override, told=self._writer.publishing):
                    self._finish(here, self._table.now(), "store")
                return
        self._overruled(fingerprint, override)

    def _overruled(self, fingerprint: str, override: Override | None) -> None:
        key, now = bytes.fromhex(fingerprint), self._table.now()
        for here in self._rebinding.withdraw(key):
            self._finish(here, now, "store")
        if override is None:
            self._rebinding.release(key)
        entry = self._table.entry(key)
        entry.override, entry.derived, entry.blocked, entry.bound = override, False, False, None
        entry.told = self._writer.publishing
        self._shelf.save_override(key, entry, sent=override is None and not self._writer.publishing)
        self._decisions.decide(key, entry, now, changed=True)
        self._finish(key, now, "store")
        self._merging.decided(key)

    # The topics

    def read(self, topic: str, key: str, value: bytes | None) -> None:
        """One value of the topic `verdicts` or `overrides`, in the order of the log; None is a tombstone."""
        read = self._reader.verdict if topic == "verdicts" else self._reader.override
        for changed in read(key, value):
            self._finish(changed, self._table.now(), topic)
            if topic == "overrides":
                self._merging.decided(changed)

    def read_complete(self) -> None:
        """All that the topics held when the reading began has been read; the next `tick` draws the conclusions."""
        self._read_to_the_end = True

    async def _conclude(self) -> None:
        """The topics have been read to their end."""
        self._read_to_the_end = False
        completed, self._reader.round = self._reader.round, self._reader.round + 1
        self._writer.caught_up = True
        for key in self._rebinding.conclude(completed):
            self._finish(key, self._table.now(), "overrides")
        async for entries in self._table.walk(20):
            now = self._table.now()
            for key, entry in entries:
                self._concluding.conclude(key, entry, completed, now)
            self._install("verdicts")
        self._store.open_gate()

    # Time

    async def reload(self, policy: PolicyConfig) -> None:
        """Decides everything anew by another policy, without asking anyone."""
        async with self._turn:
            another_probation = policy.probation != self._decisions.policy.probation
            self._decisions.adopt(policy)
            async for entries in self._table.walk(20):
                now = self._table.now()
                for key, entry in entries:
                    self._decisions.decide(key, entry, now, changed=another_probation and entry.own)
                self._install("reload")
            await self._settle_all("reload", anew=True)
            self._decisions.adopted()
            await self._shelf.save_policy()

    async def tick(self, drained: engine.Volumes) -> None:
        """One round, every second or so: takes in what has passed, and does what has become due."""
        async with self._turn:
            now = self._table.now()
            async for volumes in sliced(drained.volumes):
                for key in self._volumes.add(volumes, now, drained.services):
                    entry = self._table.entries.get(key)
                    if entry is not None:
                        self._passed(key, entry, now)
                self._install("volumes")
            if self._read_to_the_end:
                await self._conclude()
            for key in await self._rebinding.look():
                self._finish(key, now, "overrides")
            await self._write_parts()
            await self._sweep(now)
            await self._look_beside(now)
            await self._look_at_records(drained.looks, now)
            await self._shelf.save_again()
            if not 0 <= now - self._volumes_saved < self._volumes_due():
                self._volumes_saved = now
                await self._shelf.save_volumes()
            gauges.show(self._telemetry, self._decisions.in_force, drained)

    async def save(self) -> None:
        """Hands the store what only memory knows; before it is closed."""
        await self._write_parts()
        await self._shelf.save_volumes()
        await self._shelf.save_again()

    def _keep_for_parts(self, key: bytes, entry: Entry, held: Held) -> None:
        """Before anything of a wider type goes."""
        if entry.override is None and not entry.blocked and (kept := self._merging.kept_for(held, key)):
            self.overrule(kept)

    async def _write_parts(self) -> None:
        due = await self._merging.find()
        for key in due:
            entry = self._table.entries.get(key)
            if entry is not None and entry.held is not None:
                self._keep_for_parts(key, entry, unpack(entry.held))
        async for keys in self._merging.write(due):
            for key in keys:
                self._finish(key, self._table.now(), "judge")

    def _volumes_due(self) -> int:
        """Milliseconds between two savings: whoever reads the store finds the counts of a moment ago."""
        return min(max(self._volumes.unsaved * SECOND // _VOLUME_ROWS, _VOLUMES_SOONEST), _VOLUMES_LATEST)

    def _passed(self, key: bytes, entry: Entry, now: int) -> None:
        """Records of the type have passed: it may be rare no more, and its lease may be renewed."""
        if self._decisions.rarity_turns(key, entry, now):
            self._decisions.decide(key, entry, now)
            self._writer.settle(key, entry, now)
        if entry.live(now) and now >= self._writer.lease_due(key, entry):
            self._writer.look(key, entry, now)

    async def _sweep(self, now: int) -> None:
        """Looks at what is due; with each new hour, too, at whether frequent types have become rare."""
        new_hour, self._hour = now // HOUR != self._hour, now // HOUR
        rekeyed = 0
        async for entries in self._table.walk(20 if new_hour else _QUICK):
            for key, entry in entries:
                rekeyed += entry.origin is not None
                if new_hour and self._decisions.rarity_turns(key, entry, now):
                    self._decisions.decide(key, entry, now)
                    self._writer.settle(key, entry, now)
                if now >= entry.due:
                    self._writer.look(key, entry, now)
            self._install("time")
        self._telemetry.set("sluice_verdicts_rekeyed", rekeyed)
        if new_hour and (self._writer.caught_up or not self._writer.publishing):
            self._writer.bury_foreign(now)

    # What others have to do with a type

    async def _settle_all(self, origin: str, *, anew: bool) -> None:
        """After each type was decided by itself: what depends on others, and only then what is stored and published."""
        now = self._table.now()
        await self._decide_again(self._decisions.turned(), now, origin, settles=False)
        turned = await self._decisions.look_at_shares(now, anew=anew)
        await self._decide_again(turned, now, origin, settles=False)
        async for entries in self._table.walk(20):
            for key, entry in entries:
                self._writer.settle(key, entry, self._table.now())
            self._install(origin)

    async def _look_beside(self, now: int) -> None:
        """Duplicates whose twin is another now, and services of which too much goes; with each minute, at the rates of
        all duplicates, too."""
        new_minute, self._minute = now // MINUTE != self._minute, now // MINUTE
        turned = self._decisions.turned()
        duplicates = self._decisions.twins.duplicates() if new_minute else turned
        await self._decide_again(duplicates, now, "time", turned_only=True)
        if self._decisions.shares.due(now):
            await self._decide_again(await self._decisions.look_at_shares(now), now, "time")

    async def _decide_again(
        self, keys: Sequence[bytes], now: int, origin: str, *, turned_only: bool = False, settles: bool = True
    ) -> None:
        async for some in sliced(keys, _AT_ONCE):
            for key in some:
                entry = self._table.entries.get(key)
                if entry is None or (turned_only and not self._decisions.twin_turns(key, entry, now)):
                    continue
                self._decisions.decide(key, entry, now)
                if settles:
                    self._writer.settle(key, entry, now)
            self._install(origin)

    async def _look_at_records(self, looks: Sequence[engine.Look], now: int) -> None:
        """Types whose records are others than those that were judged are asked about again."""
        async for some in sliced(looks, 4):
            for look in some:
                key = self._drift.take(look, now)
                entry = None if key is None else self._table.entries.get(key)
                if entry is not None:
                    self._telemetry.add("sluice_verdicts_drifted")
                    self._ask_again(entry)
        await self._drift.begin(now)

    # Shared

    def _finish(self, key: bytes, now: int, origin: str) -> None:
        """The end of each door for one key, and for the duplicates that hang on it, unless they are many: then they
        wait for the next round."""
        self._install(origin)
        entry = self._table.entries.get(key)
        if entry is not None:
            self._writer.settle(key, entry, now)
        for duplicate in self._decisions.turned(_AT_ONCE):
            other = self._table.entries.get(duplicate)
            if other is not None and self._decisions.twin_turns(duplicate, other, now):
                self._decisions.decide(duplicate, other, now)
                self._writer.settle(duplicate, other, now)
        self._install(origin)

    def _install(self, origin: str) -> None:
        """What the engine refuses is withdrawn: its fingerprint is not that of its identity and skeleton, or the engine
        has no room for another type. What the store has stays there, for the next start may have more room.

        A type that has become a part of another stays as it is: there are no records of it here."""
        for key in self._decisions.install():
            entry = self._table.entries.get(key)
            if entry is not None and self._merging.is_part(key, entry):
                continue
            self._reader.unusable(origin, key.hex(), "refused")
            if entry is None:
                continue
            if entry.override is not None:
                bound, entry.bound = entry.bound, None
                entry.override, entry.derived, entry.told = None, False, False
                if origin != "store" and bound is None:
                    self._shelf.save_override(key, entry, sent=True)
            self._writer.withdraw(key, entry, self._table.now(), remove=origin != "store")
        self._decisions.install()
