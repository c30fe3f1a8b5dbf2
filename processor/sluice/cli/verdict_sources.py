"""Where `sluice verdicts` reads and writes: the store of one Sluice, or the topics of all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

import msgspec

from sluice.cli import store_file
from sluice.config.load import loads
from sluice.config.model import KafkaConfig, PolicyConfig
from sluice.errors import ConfigError, SluiceError, StoreError
from sluice.verdicts import wire
from sluice.verdicts.kafka import oneshot
from sluice.verdicts.model import Override, Verdict
from sluice.verdicts.store import INSTANCE, POLICY, SpendingRow, Store
from sluice.verdicts.volumes import VolumeTable

_POLL = 1.0
"""Seconds between two looks at a store that is followed."""
_EVERY_ROW = 1 << 62
"""The store's rows are bounded by whoever wrote them."""


class Here(msgspec.Struct, frozen=True):
    """What a store tells of the Sluice that it belongs to, beside verdicts; each may be unknown."""

    instance: str = ""
    policy: PolicyConfig | None = None
    volumes: VolumeTable | None = None


class Known(msgspec.Struct, frozen=True):
    """One event type: its verdict as it is stored or published, and the operator's word, if there is one.

    `facts`: what was judged, where the verdict is an operator's; only a store has them. `blocked`: there is an
    override that cannot be used. `origin`: the fingerprint under which another ruleset has judged the event type, which
    a store tells; `override_keys`: those under which there are overrides of it.
    """

    fingerprint: str
    verdict: Verdict | None = None
    override: Override | None = None
    facts: Verdict | None = None
    blocked: bool = False
    origin: str = ""
    override_keys: tuple[str, ...] = ()

    @property
    def judged(self) -> Verdict | None:
        """The verdict as far as it is a judge's."""
        if self.facts is not None:
            return self.facts
        return self.verdict if self.verdict and self.verdict.source.kind != "operator" else None

    @property
    def event_type(self) -> Verdict | Override:
        """Whichever of the two is there: both tell service, template and identity."""
        found = self.verdict or self.override
        assert found is not None
        return found


class Table:
    """What a source holds, by fingerprint. `unusable` counts the values that cannot be read; `spending`: what the
    processor of a store has asked providers."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.unusable = 0
        self.here = Here()
        self.spending: list[SpendingRow] = []

    def take_verdict(
        self, key: str, value: bytes | None, facts: bytes | None = None, origin: str | None = None
    ) -> None:
        """A value of `sluice.verdicts`: the last of a key counts; None removes it, and so does one of no use."""
        verdict = beneath = None
        try:
            verdict = None if value is None else wire.verdict(key, value)
            beneath = None if facts is None else wire.verdict(key, facts)
        except wire.Unusable:
            self.unusable += 1
        self._put(msgspec.structs.replace(self._of(key), verdict=verdict, facts=beneath, origin=origin or ""))

    def take_override(self, key: str, value: bytes | None, *, blocks: bool = False) -> None:
        """A value of `sluice.overrides`, likewise. `blocks`: one of no use leaves the type kept until it is mended."""
        override, blocked = None, False
        try:
            override = None if value is None else wire.override(key, value)
        except wire.Unusable:
            self.unusable += 1
            blocked = blocks
        keys = () if override is None else (key,)
        self._put(msgspec.structs.replace(self._of(key), override=override, override_keys=keys, blocked=blocked))

    def adopt(self, others: Iterable[Known]) -> None:
        """Verdicts that only the store of one Sluice has, for the topic has them under the key of another ruleset."""
        for known in others:
            if known.origin and known.fingerprint not in self.known:
                self._put(msgspec.structs.replace(known, override=None, override_keys=()))
        self.join_origins()

    def join_origins(self) -> None:
        """Event types that another ruleset has judged are one row each, under the fingerprint that they have now, with
        the operator's word wherever it stands."""
        for known in [known for known in self.known.values() if known.origin]:
            before = self.known.pop(known.origin, None)
            if before is None or before.override is None:
                continue
            override = known.override or msgspec.structs.replace(before.override, fingerprint=known.fingerprint)
            keys = known.override_keys + before.override_keys
            self._put(msgspec.structs.replace(known, override=override, override_keys=keys))

    def find(self, prefix: str) -> Known:
        """The one event type whose fingerprint begins so. Raises SluiceError for none and for several."""
        if not prefix:
            raise SluiceError("the fingerprint is empty: give its first digits, as `sluice verdicts list` shows them")
        begins = prefix.lower()
        found = sorted(
            key
            for key, known in self.known.items()
            if key.startswith(begins) or (known.origin and known.origin.startswith(begins))
        )
        if len(found) == 1:
            return self.known[found[0]]
        if not found:
            raise SluiceError(f"no verdict has a fingerprint that begins with {prefix}: see `sluice verdicts list`")
        raise SluiceError(
            f"{len(found)} fingerprints begin with {prefix}, such as {found[0]} and {found[1]}: give more"
        )

    def _of(self, key: str) -> Known:
        return self.known.get(key, Known(key))

    def _put(self, known: Known) -> None:
        if known.verdict is None and known.override is None:
            self.known.pop(known.fingerprint, None)
        else:
            self.known[known.fingerprint] = known


class Source(Protocol):
    """Every method raises SluiceError (StoreError, BrokerError) when the other side cannot be used."""

    async def read(self) -> Table: ...

    async def overrule(self, fingerprint: str, override: Override | None) -> None:
        """Returns when it is kept safe; None withdraws the override."""
        ...

    def follow(self) -> AsyncIterator[tuple[str, Verdict | None]]:
        """Each verdict that is written from now on, None when it is withdrawn; does not end."""
        ...


class StoreSource:
    """The SQLite file of one Sluice, which notices an override within a second and publishes it, if it has Kafka."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def read(self) -> Table:
        async with self._opened() as store:
            table = await _read(store)
            table.here = await _here(store)
        return table

    async def overrule(self, fingerprint: str, override: Override | None) -> None:
        async with self._opened() as store:
            await store.overrule(fingerprint, None if override is None else wire.encode(override))

    async def rejudge(self, fingerprints: list[str]) -> None:
        """Has the processor ask about event types again; it notices within a second."""
        async with self._opened() as store:
            await store.rejudge(fingerprints)

    async def follow(self) -> AsyncIterator[tuple[str, Verdict | None]]:
        async with self._opened() as store:
            before = (await _read(store)).known
            while True:
                await asyncio.sleep(_POLL)
                now = (await _read(store)).known
                for key in before.keys() | now.keys():
                    old, new = (known.verdict if (known := table.get(key)) else None for table in (before, now))
                    if old != new:
                        yield key, new
                before = now

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[Store]:
        try:
            async with store_file.opened(self._path) as store:
                yield store
        except StoreError as error:
            raise StoreError(f"store {self._path}: {error}") from None


class KafkaSource:
    """The topics that all Sluices share. `store`: of the one that is asked about, for what it alone knows."""

    def __init__(self, config: KafkaConfig, store: StoreSource | None = None) -> None:
        self._config = config
        self._store = store

    async def read(self) -> Table:
        table = Table()
        async for key, value in oneshot.read_all(self._config, "verdicts"):
            table.take_verdict(key, value)
        async for key, value in oneshot.read_all(self._config, "overrides"):
            table.take_override(key, value, blocks=True)
        if self._store is not None:
            with contextlib.suppress(StoreError):  # it need not be on this machine: nothing is known of it then
                own = await self._store.read()
                table.here = own.here
                table.adopt(own.known.values())
        return table

    async def overrule(self, fingerprint: str, override: Override | None) -> None:
        value = None if override is None else wire.encode(override)
        await oneshot.publish(self._config, "overrides", fingerprint, value)

    async def follow(self) -> AsyncIterator[tuple[str, Verdict | None]]:
        async for key, value in oneshot.follow(self._config, "verdicts"):
            with contextlib.suppress(wire.Unusable):
                yield key, None if value is None else wire.verdict(key, value)


async def _read(store: Store) -> Table:
    table = Table()
    async for verdicts in store.verdicts():
        for verdict in verdicts:
            table.take_verdict(verdict.fingerprint, verdict.value, verdict.facts, verdict.origin)
    async for overrides in store.overrides():
        for override in overrides:
            table.take_override(override.fingerprint, override.value)
    table.join_origins()
    table.spending = await store.spending()
    return table


async def _here(store: Store) -> Here:
    volumes = VolumeTable(_EVERY_ROW)
    async for rows in store.volumes():
        for row in rows:
            volumes.restore(row.fingerprint, row.hours)
    notes = await store.notes()
    return Here(notes.get(INSTANCE, ""), _policy(notes.get(POLICY)), volumes)


def _policy(noted: str | None) -> PolicyConfig | None:
    """None also for one that another version of Sluice has noted in words that are none here."""
    try:
        return None if noted is None else loads(noted.encode(), "the store", {}).policy
    except ConfigError:
        return None
