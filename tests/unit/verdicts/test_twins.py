"""A duplicate goes only while its twin stands in for it."""

from __future__ import annotations

import pytest

from registry_world import (
    DAY,
    HOUR,
    KEEPS,
    LLM,
    Clock,
    Log,
    Sluice,
    Start,
    action,
    encoded,
    fingerprint,
    override,
    policy,
    rest,
    verdict,
)
from sluice.verdicts.model import Facts

RICH = Facts("business_event", "high", "an order with all its fields")
POOR = Facts("duplicate", "high", "an order once more", twin=fingerprint(1))
DUPLICATE, TWIN = 2, 1


async def both(sluice: Sluice, records: int = 100, of_the_twin: int = 100) -> None:
    """Twin and duplicate, seen and judged."""
    await sluice.tick({DUPLICATE: records, TWIN: of_the_twin})
    await sluice.judge(TWIN, RICH)
    await sluice.judge(DUPLICATE, POOR)


def guards(sluice: Sluice, number: int = DUPLICATE) -> tuple[str, ...]:
    found = sluice.registry.verdict(fingerprint(number))
    assert found is not None
    return found.guards


async def test_a_duplicate_goes_while_its_twin_is_kept(start: Start) -> None:
    sluice = await start()
    await both(sluice)
    assert (sluice.engine.action(TWIN), sluice.engine.action(DUPLICATE)) == ("keep", "drop")


async def test_the_twin_may_be_judged_after_its_duplicate(start: Start) -> None:
    sluice = await start()
    await sluice.tick({DUPLICATE: 100, TWIN: 100})
    await sluice.judge(DUPLICATE, POOR)
    assert guards(sluice) == ("twin",)
    await sluice.judge(TWIN, RICH)
    assert sluice.engine.action(DUPLICATE) == "drop"


@pytest.mark.parametrize(
    "twin",
    [
        Facts("health_check", "high"),
        Facts("duplicate", "high", twin=fingerprint(DUPLICATE)),
        Facts("duplicate", "high", twin=fingerprint(3)),
        Facts("duplicate", "high"),
    ],
)
async def test_a_twin_that_goes_or_is_a_duplicate_itself_stands_in_for_nobody(start: Start, twin: Facts) -> None:
    sluice = await start()
    await sluice.tick({DUPLICATE: 100, TWIN: 100, 3: 100})
    await sluice.judge(TWIN, twin)
    await sluice.judge(DUPLICATE, POOR)
    assert guards(sluice) == ("twin",)


@pytest.mark.parametrize("twin", [None, "", "nonsense", "f" * 32, fingerprint(DUPLICATE)])
async def test_without_a_twin_that_is_known_a_duplicate_stays(start: Start, twin: str | None) -> None:
    sluice = await start()
    await sluice.tick({DUPLICATE: 100})
    await sluice.judge(DUPLICATE, Facts("duplicate", "high", twin=twin))
    assert guards(sluice) == ("twin",)


@pytest.mark.parametrize("identity", [{"service": "till"}, {"namespace": "eu"}])
async def test_a_twin_is_of_the_same_service(start: Start, identity: dict[str, str]) -> None:
    sluice = await start()
    await sluice.tick({DUPLICATE: 100, TWIN: 100})
    await sluice.judge(TWIN, RICH, **identity)
    await sluice.judge(DUPLICATE, POOR)
    assert guards(sluice) == ("twin",)


@pytest.mark.parametrize(
    ("records", "of_the_twin", "expected"),
    [(100, 50, "drop"), (100, 200, "drop"), (100, 49, "keep"), (100, 201, "keep"), (100, 0, "keep"), (0, 0, "keep")],
)
async def test_the_rates_are_similar_up_to_a_factor_of_two(
    start: Start, records: int, of_the_twin: int, expected: str
) -> None:
    sluice = await start()
    await both(sluice, records, of_the_twin)
    assert sluice.engine.action(DUPLICATE) == expected


async def test_a_duplicate_that_goes_stays_gone_while_the_rates_waver(start: Start, clock: Clock) -> None:
    sluice = await start()
    await both(sluice)
    clock.now += 60
    await sluice.tick({DUPLICATE: 190})
    assert sluice.engine.action(DUPLICATE) == "drop"
    clock.now += 60
    await sluice.tick({DUPLICATE: 20})
    assert sluice.engine.action(DUPLICATE) == "keep"
    clock.now += 60
    await sluice.tick({TWIN: 50})
    assert sluice.engine.action(DUPLICATE) == "keep"
    clock.now += 60
    await sluice.tick({TWIN: 50})
    assert sluice.engine.action(DUPLICATE) == "drop"


async def test_a_twin_that_falls_silent_is_gone_whatever_the_counts_of_the_day_say(start: Start, clock: Clock) -> None:
    sluice = await start()
    await both(sluice, 10_000, 10_000)
    clock.now += 2 * HOUR
    await sluice.tick({DUPLICATE: 9})
    assert sluice.engine.action(DUPLICATE) == "drop"
    clock.now += 60
    await sluice.tick({DUPLICATE: 1})
    assert guards(sluice) == ("twin",)


async def test_the_duplicate_is_decided_again_when_its_twin_is(start: Start) -> None:
    sluice = await start()
    await both(sluice)
    sluice.registry.overrule(override(sluice.clock, TWIN, "drop"))
    assert guards(sluice) == ("twin",)
    sluice.registry.release(fingerprint(TWIN))
    assert sluice.engine.action(DUPLICATE) == "drop"
    await sluice.judge(TWIN, Facts("health_check", "high"))
    assert guards(sluice) == ("twin",)
    await sluice.judge(TWIN, RICH)
    assert sluice.engine.action(DUPLICATE) == "drop"
    sluice.registry.forget(fingerprint(TWIN))
    assert guards(sluice) == ("twin",)


async def test_many_duplicates_of_one_twin_are_decided_again_with_the_next_round(start: Start) -> None:
    sluice = await start()
    numbers = range(2, 102)
    await sluice.tick(dict.fromkeys([TWIN, *numbers], 100))
    await sluice.judge(TWIN, RICH)
    for number in numbers:
        await sluice.judge(number, POOR)
    assert {sluice.engine.action(number) for number in numbers} == {"drop"}
    sluice.registry.overrule(override(sluice.clock, TWIN, "drop"))
    await sluice.tick()
    assert {sluice.engine.action(number) for number in numbers} == {"keep"}


async def test_a_twin_whose_lease_ends_stands_in_no_more(start: Start, clock: Clock) -> None:
    sluice = await start()
    await sluice.tick({TWIN: 100, DUPLICATE: 100})
    await sluice.judge(TWIN, RICH)
    clock.now += 20 * DAY
    await sluice.tick({TWIN: 100, DUPLICATE: 100})
    await sluice.judge(DUPLICATE, POOR)
    assert sluice.engine.action(DUPLICATE) == "drop"
    clock.now += 10 * DAY
    await sluice.tick()
    assert guards(sluice) == ("twin",)


async def test_a_policy_that_drops_the_twin_keeps_the_duplicate_and_nobody_is_asked(start: Start) -> None:
    sluice = await start()
    await both(sluice)
    await sluice.registry.reload(policy(actions={"business_event": action("drop")}))
    assert (sluice.engine.action(TWIN), guards(sluice)) == ("drop", ("twin",))
    await sluice.registry.reload(policy())
    assert (sluice.engine.action(TWIN), sluice.engine.action(DUPLICATE)) == ("keep", "drop")


async def test_a_restart_publishes_nothing_about_a_duplicate(start: Start, log: Log) -> None:
    sluice = await start(log)
    await both(sluice)
    await rest(sluice)
    before = len(log.values)
    sluice = await start(log)
    await rest(sluice)
    assert sluice.engine.action(DUPLICATE) == "drop"
    assert len(log.values) == before


async def test_a_reader_decides_by_its_own_policy_and_the_rates_of_the_verdicts(
    start: Start, clock: Clock, log: Log
) -> None:
    reader, keeper = await start(log), await start(log, KEEPS, "keeper")
    twin = verdict(clock, TWIN, category="health_check", per_day=900.0)
    duplicate = verdict(clock, DUPLICATE, category="duplicate", twin=fingerprint(TWIN), per_day=1_000.0)
    for value in (duplicate, twin):
        log.append("verdicts", value.fingerprint, encoded(value))
    await rest(reader, keeper)
    assert (reader.engine.action(TWIN), guards(reader)) == ("drop", ("twin",))
    assert (keeper.engine.action(TWIN), keeper.engine.action(DUPLICATE)) == ("keep", "drop")
    assert len(log.values) == 2


async def test_replicas_that_disagree_on_a_twin_come_to_rest(start: Start, clock: Clock, log: Log) -> None:
    here = await start(log)
    there = await start(log, policy(actions={"business_event": action("drop")}), "there")
    for sluice in (here, there):
        await sluice.tick({DUPLICATE: 100, TWIN: 100})
    await here.judge(TWIN, RICH, LLM)
    await there.judge(DUPLICATE, POOR, LLM)
    for pause in (0.0, 61.0, HOUR, 61.0):
        clock.now += pause
        await rest(here, there)
    before = len(log.values)
    await rest(here, there)
    assert len(log.values) == before
    assert (here.engine.action(DUPLICATE), there.engine.action(DUPLICATE)) == ("drop", "keep")
