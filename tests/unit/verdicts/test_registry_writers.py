"""Several Sluices and one log: who writes a key, and by whose policy a reader acts."""

from __future__ import annotations

import msgspec

from registry_world import (
    DAY,
    HOUR,
    KEEPS,
    START,
    Clock,
    Log,
    Start,
    action,
    encoded,
    fingerprint,
    policy,
    rest,
    verdict,
)
from sluice.config.model import Protect
from sluice.config.units import Duration
from sluice.verdicts.model import Facts, Source, Verdict


async def test_facts_of_another_instance_take_effect_by_our_own_policy(start: Start, log: Log) -> None:
    drops, keeps = await start(log), await start(log, KEEPS, "there")
    await drops.judge(1)
    await rest(drops, keeps)
    assert (drops.engine.action(1), keeps.engine.action(1)) == ("drop", "keep")
    assert log.verdict(1).action == "drop"
    assert [key for _, key, _ in log.values] == [fingerprint(1)]


async def test_a_guard_of_ours_holds_for_facts_of_others(start: Start, log: Log) -> None:
    drops = await start(log)
    careful = await start(log, policy(protect=(Protect(service="shop"),)), "there")
    await drops.judge(1)
    await rest(drops, careful)
    assert careful.engine.action(1) == "keep"
    assert log.verdict(1).guards == ()


async def test_a_reader_adopts_a_probation_and_starts_none_of_its_own(start: Start, clock: Clock, log: Log) -> None:
    writer = await start(log, policy(probation=Duration(HOUR)))
    reader = await start(log, policy(probation=Duration(DAY)), "there")
    await writer.judge(1)
    await writer.judge(2)
    await rest(writer, reader)
    ends = (START + HOUR) * 1_000
    assert [reader.engine.decisions[fingerprint(number)].not_before for number in (1, 2)] == [ends, ends]


async def test_what_is_frequent_elsewhere_is_not_rare_here(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log, policy(rare_per_day=24))
    for number, per_day in ((1, 24.0), (2, 23.0)):
        log.append("verdicts", fingerprint(number), encoded(verdict(clock, number, per_day=per_day)))
    await rest(sluice)
    assert (sluice.engine.action(1), sluice.engine.action(2)) == ("drop", "keep")
    await sluice.tick({2: 24})
    assert sluice.engine.action(2) == "drop"
    assert len(log.values) == 2


async def test_two_replicas_that_judge_at_once_come_to_rest_with_the_same_facts(start: Start, log: Log) -> None:
    one, other = await start(log), await start(log, KEEPS, "there")
    await one.judge(1)
    await other.judge(1, Facts("heartbeat", "high"))
    await rest(one, other)
    seen = [sluice.registry.verdict(fingerprint(1)) for sluice in (one, other)]
    assert {found.category for found in seen if found} == {log.verdict(1).category}


async def test_facts_read_before_ours_were_judged_stay(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, source=Source("rule", "there"))))
    sluice.read()
    assert (await sluice.judge(1, Facts("fault", "high"))).category == "health_check"
    assert await sluice.send() == 0


async def test_a_change_of_the_action_is_published_at_most_once_an_hour(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    await rest(sluice)
    for round_ in range(10):
        await sluice.registry.reload(policy(actions={"health_check": action(f"sample {round_ + 1}%")}))
        await sluice.exchange()
    assert len(log.values) == 1
    clock.now += HOUR
    await rest(sluice)
    assert len(log.values) == 2
    assert log.verdict(1).keep_percent == 10
    assert sluice.engine.decisions[fingerprint(1)].keep_percent == 10


async def test_a_turn_to_keep_is_published_at_once(start: Start, log: Log) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    await rest(sluice)
    await sluice.registry.reload(KEEPS)
    await rest(sluice)
    assert log.verdict(1).action == "keep"
    await sluice.registry.reload(policy())
    await rest(sluice)
    assert log.verdict(1).action == "keep"


async def test_a_weaker_mode_is_published_at_once(start: Start, log: Log) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    await rest(sluice)
    await sluice.registry.reload(policy(mode="observe"))
    await rest(sluice)
    assert (log.verdict(1).action, log.verdict(1).mode) == ("drop", "observe")


async def test_another_end_of_probation_is_published_at_once(start: Start, log: Log) -> None:
    writer, reader = await start(log), await start(log, instance="there")
    await writer.judge(1)
    await rest(writer, reader)
    await writer.registry.reload(policy(probation=Duration(HOUR)))
    await rest(writer, reader)
    assert reader.engine.decisions[fingerprint(1)].not_before == (START + HOUR) * 1_000
    await rest(await start(log), reader)
    assert reader.engine.decisions[fingerprint(1)].not_before is None


def test_a_verdict_of_ours_can_be_read_by_others(clock: Clock) -> None:
    value = verdict(clock, 1)
    assert msgspec.json.decode(encoded(value), type=Verdict) == value
