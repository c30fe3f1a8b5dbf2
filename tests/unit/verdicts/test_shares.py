"""No service loses more than `policy.max_drop_share` of its records."""

from __future__ import annotations

import asyncio

import pytest

from registry_world import DAY, HOUR, LLM, WASTE, Clock, Log, Sluice, Start, action, fingerprint, override, policy, rest
from sluice.config.model import PolicyConfig, Protect
from sluice.config.units import Share
from sluice.engine import Volume
from sluice.verdicts.guards import Ruling
from sluice.verdicts.model import Facts
from sluice.verdicts.shares import Shares
from sluice.verdicts.volumes import VolumeTable

NOON = 1_750_000_000_000
USEFUL = Facts("business_event", "high")
OTHER = "till"


def half(**changes: object) -> PolicyConfig:
    """At most half of a service's records may go."""
    return policy(**{"max_drop_share": Share(0.5), **changes})


async def judged(sluice: Sluice, records: dict[int, int], *kinds: tuple[int, Facts]) -> None:
    """Types that were seen so often, judged, and a look at the shares; the others are useful."""
    await sluice.tick(records)
    facts = dict(kinds)
    for number in records:
        await sluice.judge(number, facts.get(number, USEFUL))
    sluice.clock.now += 60
    await sluice.tick()


def waste(*numbers: int, confidence: str = "high") -> list[tuple[int, Facts]]:
    return [(number, Facts("health_check", confidence)) for number in numbers]


def kept(sluice: Sluice, *numbers: int) -> set[int]:
    """Those of the types that the guard keeps; it is named alone, and whatever else is waste goes."""
    found = {number: sluice.registry.verdict(fingerprint(number)) for number in numbers}
    names = {number: one.guards for number, one in found.items() if one is not None and one.action == "keep"}
    assert set(names.values()) <= {("max_drop_share",)}
    assert {sluice.engine.action(number) for number in names} <= {"keep"}
    assert "keep" not in {sluice.engine.action(number) for number in numbers if number not in names}
    return set(names)


async def test_what_is_within_the_bound_goes(start: Start) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 500, 2: 500}, *waste(1))
    assert kept(sluice, 1) == set()


async def test_what_is_beyond_the_bound_is_kept_and_the_guard_is_named(start: Start) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 501, 2: 499}, *waste(1))
    assert kept(sluice, 1) == {1}
    assert sluice.telemetry.value("sluice_verdicts_guarded", guard="max_drop_share") == 1


async def test_by_default_nine_of_ten_records_may_go(start: Start) -> None:
    sluice = await start(rules=policy(max_drop_share=PolicyConfig().max_drop_share))
    await judged(sluice, {1: 900, 2: 100}, *waste(1))
    assert kept(sluice, 1) == set()
    await sluice.tick({1: 10})
    sluice.clock.now += 60
    await sluice.tick()
    assert kept(sluice, 1) == {1}


async def test_the_least_sure_are_kept_first(start: Start) -> None:
    sluice = await start(rules=half(min_confidence="low"))
    await judged(
        sluice,
        {1: 300, 2: 300, 3: 300, 4: 300},
        *waste(1),
        *waste(2, confidence="medium"),
        *waste(3, confidence="low"),
    )
    assert kept(sluice, 1, 2, 3) == {3}
    await sluice.tick({1: 300})
    sluice.clock.now += 60
    await sluice.tick()
    assert kept(sluice, 1, 2, 3) == {2, 3}


async def test_of_equally_sure_ones_the_smallest_that_is_enough_is_kept(start: Start) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 500, 2: 300, 3: 200, 4: 50}, *waste(1, 2, 3))
    assert kept(sluice, 1, 2, 3) == {1}
    other = await start(rules=half(), instance="other")
    await judged(other, {1: 500, 2: 300, 3: 200, 4: 200}, *waste(1, 2, 3))
    assert kept(other, 1, 2, 3) == {1}
    third = await start(rules=policy(max_drop_share=Share(0.9)), instance="third")
    await judged(third, {1: 500, 2: 300, 3: 150}, *waste(1, 2, 3))
    assert kept(third, 1, 2, 3) == {3}


async def test_where_none_is_enough_the_largest_come_first(start: Start) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {number: 10 + number for number in range(1, 21)}, *waste(*range(1, 21)))
    assert kept(sluice, *range(1, 21)) == {*range(14, 21), 6}, "the last one need only be enough for the rest"


async def test_equal_volumes_are_told_apart_by_fingerprint(start: Start) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {3: 100, 1: 100, 2: 100, 4: 100}, *waste(1, 2, 3))
    assert kept(sluice, 1, 2, 3) == {1}


@pytest.mark.parametrize(
    ("what", "share"), [("sample 10%", 0.9), ("sample 60%", 0.4), ("limit 2/m", 0.88), ("limit 500/h", 0.5)]
)
async def test_what_sampling_and_limits_take_counts(start: Start, what: str, share: float) -> None:
    actions = {"health_check": action(what)}
    sluice = await start(rules=half(actions=actions, max_drop_share=Share(share)))
    await judged(sluice, {1: 1_000}, *waste(1))
    assert kept(sluice, 1) == set()
    await sluice.registry.reload(half(actions=actions, max_drop_share=Share(share - 0.001)))
    assert kept(sluice, 1) == {1}


async def test_canaries_pass(start: Start) -> None:
    sluice = await start(rules=half(canary=Share(0.1)))
    await judged(sluice, {1: 550, 2: 450}, *waste(1))
    assert kept(sluice, 1) == set()


@pytest.mark.parametrize("mode", ["observe", "tag", "drop"])
async def test_the_decision_is_the_same_in_every_mode(start: Start, mode: str) -> None:
    sluice = await start(rules=half(mode=mode))
    await judged(sluice, {1: 600, 2: 400}, *waste(1))
    assert kept(sluice, 1) == {1}


async def test_each_service_is_held_to_the_bound_by_itself(start: Start) -> None:
    sluice = await start(rules=half())
    await sluice.tick({1: 600, 2: 1_000})
    await sluice.judge(1, WASTE)
    await sluice.judge(2, USEFUL, service=OTHER)
    sluice.clock.now += 60
    await sluice.tick()
    assert kept(sluice, 1) == {1}


async def test_records_that_were_never_judged_count_as_kept(start: Start) -> None:
    sluice = await start(rules=half())
    seen = [Volume(fingerprint(1), 500, 1, 0, 0, 0), Volume(fingerprint(2), 500, 1, 0, 0, 0)]
    await sluice.drained(seen, [("", "shop")])
    await sluice.judge(1, WASTE)
    sluice.clock.now += 60
    await sluice.tick()
    assert kept(sluice, 1) == set()


async def test_a_handful_of_records_is_no_share(start: Start) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 99}, *waste(1))
    assert kept(sluice, 1) == set()
    await sluice.tick({1: 1})
    sluice.clock.now += 60
    await sluice.tick()
    assert kept(sluice, 1) == {1}


async def test_soon_after_a_judgement_the_share_is_looked_at(start: Start, clock: Clock) -> None:
    sluice = await start(rules=half())
    await sluice.tick({1: 600, 2: 400})
    clock.now += 5
    await sluice.judge(1, WASTE)
    await sluice.tick()
    assert kept(sluice, 1) == {1}


async def test_a_type_is_let_go_after_an_hour_when_the_share_is_clearly_below_the_bound(
    start: Start, clock: Clock
) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 600, 2: 400}, *waste(1))
    assert kept(sluice, 1) == {1}
    await sluice.tick({2: 220})
    clock.now += HOUR
    await sluice.tick()
    assert kept(sluice, 1) == {1}, "just below the bound is not clearly below"
    await sluice.tick({2: 100})
    clock.now += 60
    await sluice.tick()
    assert kept(sluice, 1) == set()


async def test_before_an_hour_has_passed_it_stays_kept(start: Start, clock: Clock) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 600, 2: 400}, *waste(1))
    await sluice.tick({2: 10_000})
    clock.now += HOUR - 120
    await sluice.tick()
    assert kept(sluice, 1) == {1}
    clock.now += 120
    await sluice.tick()
    assert kept(sluice, 1) == set()


async def test_records_of_yesterday_do_not_count(start: Start, clock: Clock) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 600, 2: 400}, *waste(1))
    clock.now += DAY + 2 * HOUR
    await sluice.tick({1: 100, 2: 300})
    clock.now += 60
    await sluice.tick()
    assert kept(sluice, 1) == set()


async def test_what_another_guard_keeps_does_not_count(start: Start) -> None:
    sluice = await start(rules=half(protect=(Protect(template="probe 1 *"),)))
    await judged(sluice, {1: 600, 2: 400}, *waste(1, 2))
    assert sluice.registry.verdict(fingerprint(1)).guards == ("protect",)
    assert kept(sluice, 2) == set()


async def test_the_operators_word_counts_and_is_not_touched(start: Start, clock: Clock) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 450, 2: 450, 3: 100}, *waste(2))
    sluice.registry.overrule(override(clock, 1, "drop"))
    clock.now += 60
    await sluice.tick()
    assert sluice.engine.action(1) == "drop"
    assert kept(sluice, 2) == {2}


async def test_a_twin_that_is_kept_for_the_share_does_not_let_its_duplicate_go(start: Start) -> None:
    sluice = await start(rules=half())
    await sluice.tick({1: 400, 2: 400, 3: 100})
    await sluice.judge(1, Facts("health_check", "high"))
    await sluice.judge(2, Facts("duplicate", "high", twin=fingerprint(1)))
    sluice.clock.now += 60
    await sluice.tick()
    await sluice.tick()
    assert sluice.engine.action(1) == "drop"
    await sluice.tick({1: 200})
    for _ in range(3):
        sluice.clock.now += 60
        await sluice.tick()
    assert kept(sluice, 1) == {1}
    assert sluice.registry.verdict(fingerprint(2)).guards == ("twin",)


async def test_a_reload_decides_by_the_new_share_at_once_and_asks_nobody(start: Start) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 600, 2: 400}, *waste(1))
    assert kept(sluice, 1) == {1}
    await sluice.registry.reload(half(max_drop_share=Share(0.6)))
    assert kept(sluice, 1) == set()
    await sluice.registry.reload(half(max_drop_share=Share(0.59)))
    assert kept(sluice, 1) == {1}
    await sluice.registry.reload(half(max_drop_share=Share(1.0)))
    assert kept(sluice, 1) == set()
    await sluice.registry.reload(half(max_drop_share=Share(0.0)))
    assert kept(sluice, 1) == {1}


async def test_after_a_restart_it_is_kept_from_the_first_record(start: Start) -> None:
    sluice = await start(rules=half())
    await judged(sluice, {1: 600, 2: 400}, *waste(1))
    await sluice.tick({2: 230})
    sluice = await start(rules=half())
    assert kept(sluice, 1) == {1}
    assert {decision.action for decision in sluice.engine.applied} == {"keep"}


async def test_it_is_published_once_and_replicas_with_other_shares_come_to_rest(
    start: Start, clock: Clock, log: Log
) -> None:
    here, there = await start(log, half()), await start(log, policy(max_drop_share=Share(0.9)), "there")
    for sluice in (here, there):
        await sluice.tick({1: 600, 2: 400})
    await here.judge(1, WASTE, LLM)
    await there.judge(2, USEFUL, LLM)
    for pause in (61.0, 61.0, HOUR, 61.0, HOUR):
        clock.now += pause
        await rest(here, there)
    before = len(log.values)
    await rest(here, there)
    assert len(log.values) == before
    assert (log.verdict(1).action, log.verdict(1).guards) == ("keep", ("max_drop_share",))
    assert (here.engine.action(1), there.engine.action(1)) == ("keep", "drop")


@pytest.mark.parametrize(("services", "bound"), [(2, 0.5), (2_000, 0.5), (10_000, 0.999), (2, 0.0)])
async def test_a_look_lets_the_loop_turn_after_every_hundred_steps(services: int, bound: float) -> None:
    """Whether the work is many types of few services or few of many: a step is some microseconds."""
    volumes = VolumeTable()
    names = [("", f"service {number}") for number in range(services)]
    types = 20_000
    passed = [Volume(fingerprint(number), 100 + number % 97, 1, 0, 0, number % services) for number in range(types)]
    volumes.add(passed, NOON, names)
    shares = Shares(volumes)
    ruling, part = (Ruling("drop", "drop"), 1.0) if bound < 0.9 else (Ruling("sample", "drop", keep_percent=50.0), 0.5)
    for number in range(types):
        key = bytes.fromhex(fingerprint(number))
        shares.note(key, names[number % services], ruling, number % 3, canary=0.0, fixed=False)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    turned = await shares.look(bound, NOON)
    counting.cancel()
    await asyncio.gather(counting, return_exceptions=True)
    steps = 2 * types + 2 * services + len(turned)
    assert turns >= steps / 100
    kept = {number for number in range(types) if shares.keeps(bytes.fromhex(fingerprint(number)))}
    assert len(turned) == len(kept)
    for name in range(min(services, 10)):
        mine = range(name, types, services)
        gone = part * sum(100 + number % 97 for number in mine if number not in kept)
        assert gone <= bound * sum(100 + number % 97 for number in mine)
