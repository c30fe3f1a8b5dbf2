"""Several Sluices and one log: which facts win, by rank and by version."""

from __future__ import annotations

from registry_world import (
    LLM,
    START,
    WASTE,
    Clock,
    Log,
    Start,
    encoded,
    fingerprint,
    rest,
    verdict,
)
from sluice.verdicts.model import Facts, Source
from sluice.verdicts.times import rfc3339


async def test_a_higher_rank_wins_whatever_its_version(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    rule = verdict(clock, 1, source=Source("rule", "there"), version=7)
    log.append("verdicts", fingerprint(1), encoded(rule))
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, category="business_event", version=2)))
    sluice.read()
    assert sluice.engine.action(1) == "keep"
    sluice.registry.forget(fingerprint(1))
    assert (await sluice.judge(1)).version == 8


async def test_live_facts_are_not_replaced_by_a_lower_rank(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, category="business_event")))
    rule = verdict(clock, 1, source=Source("rule", "elsewhere"), version=9)
    log.append("verdicts", fingerprint(1), encoded(rule))
    sluice.read()
    assert sluice.engine.action(1) == "keep"
    await rest(sluice)
    assert len(log.values) == 2, "only the one whose facts they are puts them back"


async def test_facts_that_have_expired_are_replaced_by_any(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    short = rfc3339(int((START + 60) * 1_000))
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, category="fault", version=5, expires_at=short)))
    sluice.read()
    clock.now += 61
    rule = verdict(clock, 1, source=Source("rule", "elsewhere"))
    log.append("verdicts", fingerprint(1), encoded(rule))
    sluice.read()
    assert sluice.engine.action(1) == "drop"


async def test_whose_facts_were_overwritten_by_a_lower_rank_publishes_them_again(
    start: Start, clock: Clock, log: Log
) -> None:
    sluice = await start(log)
    await sluice.judge(1, Facts("business_event", "high"), LLM)
    await rest(sluice)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, source=Source("rule", "there"), version=5)))
    await rest(sluice)
    assert (log.verdict(1).category, log.verdict(1).version) == ("business_event", 6)


async def test_whose_facts_were_overwritten_by_an_older_version_publishes_them_again(
    start: Start, clock: Clock, log: Log
) -> None:
    sluice = await start(log)
    for _ in range(3):
        await sluice.judge(1, Facts("business_event", "high"), LLM)
    await rest(sluice)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, version=2)))
    await rest(sluice)
    assert sluice.engine.action(1) == "keep"
    assert (log.verdict(1).category, log.verdict(1).version) == ("business_event", 4)


async def test_an_older_version_is_ignored_and_an_equal_one_that_comes_later_is_not(
    start: Start, clock: Clock, log: Log
) -> None:
    sluice = await start(log)
    for version, category in ((5, "health_check"), (4, "fault"), (5, "heartbeat")):
        log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, version=version, category=category)))
        sluice.read()
        assert sluice.engine.action(1) == ("limit" if category == "heartbeat" else "drop")


async def test_our_own_value_that_is_still_on_its_way_comes_later_than_what_is_read(
    start: Start, clock: Clock, log: Log
) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, category="fault")))
    await sluice.judge(1, WASTE, LLM)
    sluice.read()
    assert sluice.engine.action(1) == "drop"
    await rest(sluice)
    assert log.verdict(1).category == "health_check"
