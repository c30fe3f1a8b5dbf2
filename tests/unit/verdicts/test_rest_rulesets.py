"""However replicas with other masks, or with types that merge, exchange their values: they come to rest."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mined import dropped, engine_with, feed, passed
from registry_world import HOUR, LLM, RULE, Clock, Log, Sluice, action, policy, rest, rest_for_good
from sluice.config.units import Duration
from sluice.verdicts.model import Facts, Override
from sluice.verdicts.times import rfc3339

NAMES = ("one", "two")
MASKS = ((), (r"shop\.\w+",), (r"shop\.\w+", "polled"))
"""The last one takes a word of what the others leave alone."""
WORDS = ["alice", "bob", "carol", "dave", "eve", "frank", "grace", "heidi"]
KINDS = (
    ["polled the queue in 5 ms"],
    ["placed order shop.alpha again", "placed order shop.beta again"],
    [f"session of {word} began" for word in WORDS[:3]],
    [f"session of {word} began" for word in WORDS[2:]],
    [f"session of {word} ended by shop.{word}" for word in WORDS],
)
RULES = policy(lease=Duration(10 * HOUR), actions={"health_check": action("drop"), "fault": action("keep")})

replica = st.integers(0, len(NAMES) - 1)
kind = st.integers(0, len(KINDS) - 1)
category = st.sampled_from(["health_check", "fault"])
step = st.one_of(
    st.tuples(
        st.just("judge"), replica, kind, st.sampled_from(["health_check", "fault"]), st.sampled_from([RULE, LLM])
    ),
    st.tuples(st.just("overrule"), replica, st.integers(0, 9), st.sampled_from(["keep", "drop", "auto"])),
    st.tuples(st.just("send"), replica, st.integers(1, 3)),
    st.tuples(st.just("read"), replica, st.integers(1, 3)),
    st.tuples(st.just("seen"), replica, kind),
    st.tuples(st.just("pass"), st.sampled_from([1.0, 30.0, HOUR, 8.5 * HOUR, 9.7 * HOUR])),
    st.tuples(st.just("restart"), replica, st.integers(0, len(MASKS) - 1)),
)


class World:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = Clock(time.time())
        self.log = Log()
        self.sluices: list[Sluice] = []

    async def start(self, name: str, masks: tuple[str, ...]) -> Sluice:
        path = self.directory / f"{name}.db"
        sluice = Sluice(path, self.clock, self.log, RULES, name, engine=engine_with(*masks))
        await sluice.start()
        return sluice

    async def do(self, what: str, *arguments: Any) -> None:
        match what, *arguments:
            case "judge", who, of, category, source:
                for entry in feed(self.sluices[who], KINDS[of] * 3):
                    if not self.sluices[who].registry.known(entry.fingerprint, source.kind):
                        self.sluices[who].registry.judged(entry, Facts(category, "high"), source)
            case "overrule", who, which, as_what:
                self.overrule(self.sluices[who], which, as_what)
            case "send", who, limit:
                await self.sluices[who].send(limit)
            case "read", who, limit:
                self.sluices[who].read(limit)
            case "seen", who, of:
                feed(self.sluices[who], KINDS[of])
                await passed(self.sluices[who])
            case "pass", seconds:
                self.clock.now += seconds
            case "restart", who, index:
                await self.sluices[who].stop()
                self.sluices[who] = await self.start(NAMES[who], MASKS[index])

    def overrule(self, sluice: Sluice, which: int, as_what: str) -> None:
        known = sorted(sluice.registry.verdicts(), key=lambda verdict: verdict.skeleton)
        if not known:
            return
        verdict = known[which % len(known)]
        if as_what == "auto":
            sluice.registry.release(verdict.fingerprint)
            return
        issued_at = rfc3339(int(self.clock() * 1_000))
        sluice.registry.overrule(Override.of(verdict, action(as_what), issued_at=issued_at, issued_by="me"))


async def scenario(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory))
        world.sluices += [await world.start(name, MASKS[index]) for index, name in enumerate(NAMES)]
        try:
            for what in steps:
                await world.do(*what)
            before = await rest_for_good(world.clock, *world.sluices)
            for masks in MASKS:
                fresh = await world.start("fresh", masks)
                world.sluices.append(fresh)
                await rest(*world.sluices)
                world.sluices.remove(fresh)
                await fresh.stop()
            assert len(world.log.values) == before
            for sluice in world.sluices:
                for line in (line for lines in KINDS for line in lines):
                    assert not (dropped(sluice, line) and kept_by_an_operator(sluice, line)), line
        finally:
            for sluice in world.sluices:
                await sluice.stop()


def kept_by_an_operator(sluice: Sluice, line: str) -> bool:
    """Whether that is in force of the type that the line has here."""
    before = {known.fingerprint: known.records for known in sluice.engine.types()}
    feed(sluice, [line] * 3)
    sluice.engine.drain_volumes()
    (of,) = (known for known in sluice.engine.types() if known.records > before.get(known.fingerprint, 0))
    override = sluice.registry.override(of.fingerprint)
    return override is not None and override.action == "keep"


@settings(max_examples=60)
@given(st.lists(step, max_size=25))
def test_any_exchange_over_rulesets_comes_to_rest(steps: list[tuple[Any, ...]]) -> None:
    asyncio.run(scenario(steps))
