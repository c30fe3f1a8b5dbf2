"""Registries in a small world: one log that stands for the topics, a clock that is set, an engine that remembers.

The store is the real one. `Installed` stands for the engine where only what it was told matters; the tests that need
an engine's judgement use the engine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from sluice.config.model import PolicyConfig
from sluice.config.units import Action, Duration, Share
from sluice.engine import Decision, Evidence, Identity, Named, Policy, Volume, Volumes
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.model import Facts, Override, ServiceName, Source, Verdict
from sluice.verdicts.registry import Registry
from sluice.verdicts.store import Store
from sluice.verdicts.times import rfc3339
from sluice.verdicts.volumes import VolumeTable

RULESET = "1"
START = 1_750_000_000.0
HOUR, DAY = 3_600.0, 86_400.0
QUIET = Volumes(volumes=[], types=0, overflowed=0, failed=0, evidence_bytes=0)
RULE = Source(kind="rule", instance="", provider="rules")
LLM = Source(kind="llm", instance="", provider="somebody", model="some-model")
WASTE = Facts("health_check", "high", "a probe that succeeded")


def policy(**changes: object) -> PolicyConfig:
    """Drops at once what the judge calls waste: no probation, nothing is rare, all of a service may go."""
    plain = PolicyConfig(mode="drop", spans="drop", metrics="drop", rare_per_day=0, probation=Duration(0.0))
    return msgspec.structs.replace(plain, **{"canary": Share(0.0), "max_drop_share": Share(1.0), **changes})


def action(text: str) -> Action:
    return Action.parse(text)


KEEPS = policy(actions={"health_check": action("keep")})


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


def fingerprint(number: int) -> str:
    return f"{number:032x}"


def evidence(number: int = 1, **identity: str) -> Evidence:
    return Evidence(
        fingerprint=fingerprint(number),
        identity=Identity(**{"signal": "logs", "service": "shop", **identity}),
        skeleton=f"probe {number} <*>",
        template=f"probe {number} <num>",
        covers=[],
        slots=[],
        attribute_keys=[],
        samples=[],
        count=3,
    )


class Clock:
    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Installed:
    """What the engine holds. `refuses`: fingerprints of which a decision has no effect, because they are not recognised
    or because their types have become `parts` of others. No skeleton of another ruleset says anything to it."""

    def __init__(self) -> None:
        self.decisions: dict[str, Decision] = {}
        self.applied: list[Decision] = []
        self.policies: list[Policy] = []
        self.forgotten: list[str] = []
        self.looked: list[str] = []
        self.refuses: set[str] = set()
        self.parts: dict[str, str] = {}

    def configure(self, policy: Policy) -> None:
        self.policies.append(policy)

    def apply(self, decisions: list[Decision]) -> int:
        taken = [decision for decision in decisions if decision.fingerprint not in self.refuses]
        self.applied += taken
        self.decisions.update({decision.fingerprint: decision for decision in taken})
        return len(taken)

    def forget(self, fingerprints: list[str]) -> int:
        self.forgotten += fingerprints
        return sum(self.decisions.pop(one, None) is not None for one in fingerprints)

    def look(self, fingerprints: list[str]) -> int:
        self.looked += fingerprints
        return len(fingerprints)

    def rekey(self, types: list[Named]) -> list[str | None]:
        return [None] * len(types)

    def covering(self, types: list[Named]) -> list[str | None]:
        return [self.parts.get(one.fingerprint) for one in types]

    def action(self, number: int = 1) -> str:
        """What happens to a record of the type now, probation and expiry aside."""
        decision = self.decisions.get(fingerprint(number))
        return "keep" if decision is None else decision.action


class Log:
    """The topics, in the order in which values arrived."""

    def __init__(self) -> None:
        self.values: list[tuple[str, str, bytes | None]] = []

    def append(self, topic: str, key: str, value: bytes | None) -> None:
        self.values.append((topic, key, value))

    def last(self, number: int = 1, topic: str = "verdicts") -> bytes | None:
        return self.last_of(topic, fingerprint(number))

    def last_of(self, topic: str, key: str) -> bytes | None:
        found = [value for where, named, value in self.values if (where, named) == (topic, key)]
        return found[-1] if found else None

    def verdict(self, number: int = 1) -> Verdict:
        value = self.last(number)
        assert value is not None, "no verdict on the topic"
        return msgspec.json.decode(value, type=Verdict)

    def compact(self) -> None:
        newest = {(topic, key): position for position, (topic, key, _) in enumerate(self.values)}
        self.values = [self.values[position] for position in sorted(newest.values())]


class Sluice:
    """One process: registry, store and volumes over `path`, reading and writing `log` when there is one."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        log: Log | None = None,
        rules: PolicyConfig | None = None,
        instance: str = "here",
        ruleset: str = RULESET,
        capacity: int = 20_000,
        types: int = 100_000,
        engine: Any = None,
    ) -> None:
        """`engine`: a real one, where its judgement matters; its ruleset counts then."""
        self.path = path
        self.clock = clock
        self.log = log
        self.engine: Any = engine or Installed()
        self.health = HealthBoard()
        self.telemetry = Telemetry()
        self.store = Store(str(path), health=self.health, telemetry=self.telemetry, capacity=capacity)
        self.volumes = VolumeTable()
        self.registry = Registry(
            self.engine,
            self.store,
            self.volumes,
            rules or policy(),
            instance=instance,
            ruleset=ruleset if engine is None else engine.ruleset,
            publishing=log is not None,
            telemetry=self.telemetry,
            clock=clock,
            capacity=types,
        )
        self.offset = 0

    async def start(self) -> None:
        await self.store.open()
        await self.registry.load()
        if self.log is not None:
            self.read()
            self.registry.read_complete()
        await self.tick()

    async def stop(self) -> None:
        await self.registry.save()
        await self.store.close()

    def read(self, limit: int = 1_000_000) -> int:
        assert self.log is not None
        news = self.log.values[self.offset : self.offset + limit]
        self.offset += len(news)
        for topic, key, value in news:
            self.registry.read(topic, key, value)
        return len(news)

    async def send(self, limit: int = 1_000) -> int:
        assert self.log is not None
        batch = await self.store.pending(limit)
        for value in batch:
            self.log.append(value.topic, value.key, value.value)
        await self.store.sent(batch)
        return len(batch)

    async def tick(self, seen: dict[int, int] | None = None, *, dropped: int = 0) -> None:
        """A round in which `seen` records of each type passed."""
        volumes = [
            Volume(fingerprint(number), count, 100 * count, dropped, 0) for number, count in (seen or {}).items()
        ]
        await self.drained(volumes)

    async def drained(self, volumes: list[Volume], services: list[tuple[str, str]] | None = None) -> None:
        """A round with one drain of the engine."""
        await self.registry.tick(msgspec.structs.replace(QUIET, volumes=volumes, services=services or []))

    async def exchange(self, seen: dict[int, int] | None = None) -> None:
        """A round with the topics."""
        await self.tick(seen)
        await self.send()
        self.read()
        await self.tick()

    async def judge(self, number: int = 1, facts: Facts = WASTE, source: Source = RULE, **identity: str) -> Verdict:
        verdict = self.registry.judged(evidence(number, **identity), facts, source)
        assert verdict is not None
        return verdict

    def unusable(self, origin: str, reason: str) -> float:
        return self.telemetry.value("sluice_verdicts_unusable", origin=origin, reason=reason)


Start = Callable[..., Awaitable[Sluice]]
"""Starts a Sluice that is stopped after the test."""


async def rest(*sluices: Sluice, rounds: int = 200) -> None:
    """Lets them exchange until nobody writes for two rounds: one to read everything, one to answer it."""
    log = sluices[0].log
    assert log is not None
    quiet = 0
    for _ in range(rounds):
        before = len(log.values)
        for sluice in sluices:
            await sluice.exchange()
        quiet = quiet + 1 if len(log.values) == before else 0
        if quiet == 2:
            return
    raise AssertionError(f"the log still grows after {rounds} rounds: {log.values[-6:]}")


async def rest_for_good(clock: Clock, *sluices: Sluice) -> int:
    """The same, and what waits for somebody else, or for the hour, comes about. Answers how many values there are."""
    await rest(*sluices)
    for pause in (61.0, HOUR, 61.0):
        clock.now += pause
        await rest(*sluices)
    assert sluices[0].log is not None
    return len(sluices[0].log.values)


def verdict(clock: Clock, number: int = 1, **changes: object) -> Verdict:
    """A verdict as another instance would publish it."""
    now = int(clock() * 1_000)
    plain = Verdict(
        fingerprint=fingerprint(number),
        skeleton=f"probe {number} <*>",
        ruleset=RULESET,
        signal="logs",
        service=ServiceName(name="shop"),
        template=f"probe {number} <num>",
        category="health_check",
        confidence="high",
        action="drop",
        mode="drop",
        first_seen=rfc3339(now),
        per_day=100_000.0,
        source=Source(kind="llm", instance="there"),
        version=1,
        issued_at=rfc3339(now),
        expires_at=rfc3339(now + 30 * 86_400_000),
    )
    return msgspec.structs.replace(plain, **changes)


def override(clock: Clock, number: int = 1, what: str = "keep") -> Override:
    return Override.of(verdict(clock, number), action(what), issued_at=rfc3339(int(clock() * 1_000)), issued_by="me")
