"""However two replicas of different policies exchange their values: they come to rest, and agree."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry_world import (
    HOUR,
    LLM,
    RULE,
    Clock,
    Log,
    Sluice,
    action,
    fingerprint,
    override,
    policy,
    rest,
    rest_for_good,
)
from sluice.config.units import Duration, Share
from sluice.verdicts.model import Facts
from sluice.verdicts.times import rfc3339

NAMES = ("one", "two")
TYPES = (1, 2)
POLICIES = (
    policy(lease=Duration(10 * HOUR)),
    policy(
        lease=Duration(10 * HOUR),
        actions={"health_check": action("keep"), "fault": action("keep")},
        max_drop_share=Share(0.5),
    ),
    policy(lease=Duration(20 * HOUR), actions={"health_check": action("sample 10%")}, probation=Duration(HOUR)),
)

replica = st.integers(0, len(NAMES) - 1)
number = st.sampled_from(TYPES)
category = st.sampled_from(["health_check", "heartbeat", "business_event", "duplicate"])
step = st.one_of(
    st.tuples(st.just("judge"), replica, number, category, st.sampled_from([RULE, LLM])),
    st.tuples(st.just("overrule"), replica, number, st.sampled_from(["keep", "drop", "auto"])),
    st.tuples(st.just("command"), number, st.sampled_from(["keep", "drop", "auto"])),
    st.tuples(st.just("reload"), replica, st.integers(0, len(POLICIES) - 1)),
    st.tuples(st.just("send"), replica, st.integers(1, 3)),
    st.tuples(st.just("read"), replica, st.integers(1, 3)),
    st.tuples(st.just("seen"), replica, number),
    st.tuples(st.just("pass"), st.sampled_from([1.0, 30.0, HOUR, 8.5 * HOUR, 9.7 * HOUR])),
    st.tuples(st.just("restart"), replica, st.integers(0, len(POLICIES) - 1)),
    st.tuples(st.just("compact")),
    st.tuples(st.just("garbage"), number),
)


class World:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = Clock()
        self.log = Log()
        self.sluices: list[Sluice] = []
        self.policies = list(POLICIES[: len(NAMES)])

    async def start(self, index: int) -> Sluice:
        name = NAMES[index]
        sluice = Sluice(self.directory / f"{name}.db", self.clock, self.log, self.policies[index], name)
        await sluice.start()
        return sluice

    async def do(self, what: str, *arguments: Any) -> None:
        sluices = self.sluices
        match what, *arguments:
            case "judge", who, of, as_what, source:
                await sluices[who].judge(of, Facts(as_what, "high", twin=fingerprint(3 - of)), source)
            case "overrule", who, of, "auto":
                sluices[who].registry.release(fingerprint(of))
            case "overrule", who, of, as_what:
                sluices[who].registry.overrule(override(self.clock, of, as_what))
            case "command", of, as_what:
                value = None if as_what == "auto" else msgspec.json.encode(override(self.clock, of, as_what))
                self.log.append("overrides", fingerprint(of), value)
            case "reload", who, index:
                self.policies[who] = POLICIES[index]
                await sluices[who].registry.reload(POLICIES[index])
            case "send", who, limit:
                await sluices[who].send(limit)
            case "read", who, limit:
                sluices[who].read(limit)
            case "seen", who, of:
                await sluices[who].tick({of: 60})
            case "pass", seconds:
                self.clock.now += seconds
            case "restart", who, index:
                await sluices[who].stop()
                self.policies[who] = POLICIES[index]
                sluices[who] = await self.start(who)
            case ("compact",):
                if all(sluice.offset == len(self.log.values) for sluice in sluices):
                    self.log.compact()
                    for sluice in sluices:
                        sluice.offset = len(self.log.values)
            case "garbage", of:
                self.log.append("verdicts", fingerprint(of), b"garbage")

    def facts(self, sluice: Sluice, of: int) -> tuple[object, ...] | None:
        """What everybody has to agree on, the version set aside: it may lag where nothing else has changed."""
        found = sluice.registry.verdict(fingerprint(of))
        if found is None:
            return None
        operator = sluice.registry.override(fingerprint(of))
        told = None if operator is None else (operator.action, operator.keep_percent, operator.keep_rate)
        if told is not None:
            return (told,)
        probation = found.not_before if found.not_before and found.not_before > rfc3339(self.now()) else None
        return found.category, found.source.kind, found.source.instance, probation, found.expires_at

    def now(self) -> int:
        return int(self.clock() * 1_000)


async def scenario(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory))
        world.sluices += [await world.start(index) for index in range(len(NAMES))]
        try:
            for what in steps:
                await world.do(*what)
            before = await rest_for_good(world.clock, *world.sluices)
            await rest(*world.sluices)
            assert len(world.log.values) == before
            fresh = Sluice(world.directory / "fresh.db", world.clock, world.log, POLICIES[0], "fresh")
            world.sluices.append(fresh)
            world.log.compact()
            await fresh.start()
            for of in TYPES:
                agreed = {world.facts(sluice, of) for sluice in world.sluices}
                assert len(agreed) == 1, (of, [(s.registry.verdict(fingerprint(of))) for s in world.sluices])
        finally:
            for sluice in world.sluices:
                await sluice.stop()


# Its own value comes back when the operator has taken the word in it back elsewhere.
TAKEN_BACK = [("overrule", 1, 1, "keep"), ("judge", 0, 1, "health_check", RULE), ("send", 1, 1), ("command", 1, "auto")]


@settings(max_examples=150)
@example(TAKEN_BACK)
@given(st.lists(step, max_size=25))
def test_any_exchange_comes_to_rest_and_all_agree(steps: list[tuple[Any, ...]]) -> None:
    asyncio.run(scenario(steps))
