"""A topic or a store that was away, or is gone: nothing is published twice, nothing that was decided is lost."""

from __future__ import annotations

from pathlib import Path

from registry_world import (
    DAY,
    KEEPS,
    Clock,
    Log,
    Sluice,
    Start,
    encoded,
    fingerprint,
    rest,
    verdict,
)


async def test_nothing_is_sent_before_the_topic_has_been_read(tmp_path: Path, clock: Clock, log: Log) -> None:
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, version=7, category="fault")))
    sluice = Sluice(tmp_path / "sluice.db", clock, log)
    await sluice.store.open()
    await sluice.registry.load()
    await sluice.judge(1)
    await sluice.judge(2)
    assert await sluice.send() == 0
    sluice.read()
    assert await sluice.send() == 0
    sluice.registry.read_complete()
    await rest(sluice)
    assert [key for _, key, _ in log.values] == [fingerprint(1), fingerprint(2)]
    assert sluice.engine.action(1) == "keep"
    await sluice.stop()


async def test_what_was_judged_without_knowing_the_topic_yields_to_it(start: Start, clock: Clock, log: Log) -> None:
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, version=7, category="fault")))
    sluice = await start()
    await sluice.judge(1)
    again = await start(log)
    assert again.engine.action(1) == "keep"
    await rest(again)
    assert len(log.values) == 1


async def test_what_was_judged_without_a_topic_is_published_to_one(start: Start, log: Log) -> None:
    sluice = await start()
    await sluice.judge(1)
    again = await start(log)
    await rest(again)
    assert log.verdict(1).category == "health_check"


async def test_what_was_judged_here_is_in_force_after_a_restart_whatever_the_room(start: Start) -> None:
    sluice = await start(capacity=3)
    for number in range(5):
        await sluice.judge(number)
    again = await start(capacity=3)
    assert [again.engine.action(number) for number in range(5)] == ["drop"] * 5
    assert all(again.registry.known(fingerprint(number)) for number in range(5)), "nobody is asked again"


async def test_what_was_not_sent_is_sent_after_a_restart(start: Start, log: Log) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    again = await start(log)
    await rest(again)
    assert log.verdict(1).source.instance == "here"
    assert len(log.values) == 1


async def test_a_restart_publishes_nothing_anew(start: Start, log: Log) -> None:
    sluice, other = await start(log), await start(log, KEEPS, "there")
    for number in range(1, 20):
        await (sluice, other)[number % 2].judge(number)
    await rest(sluice, other)
    before = list(log.values)
    sluice, other = await start(log), await start(log, KEEPS, "there")
    await rest(sluice, other)
    assert log.values == before
    log.compact()
    await start(log)
    assert log.values == before


async def test_a_topic_that_was_lost_is_written_again_by_those_whose_facts_they_are(
    start: Start, clock: Clock, log: Log
) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    await sluice.judge(2)
    log.append("verdicts", fingerprint(3), encoded(verdict(clock, 3)))
    await rest(sluice)
    clock.now += 29 * DAY
    await sluice.exchange({1: 1})
    log.values.clear()
    clock.now += 2 * DAY
    again = await start(log)
    await rest(again)
    assert [key for _, key, _ in log.values] == [fingerprint(1)]
    assert again.engine.action(1) == "drop"
    pages = [row.fingerprint async for page in again.store.verdicts() for row in page]
    assert pages == [fingerprint(1)], "what has expired and is not on the topic is gone from the store, too"


async def test_a_store_that_was_lost_is_rebuilt_from_the_topic(start: Start, log: Log) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    await rest(sluice)
    fresh = await start(log, instance="new")
    assert fresh.engine.action(1) == "drop"
    same = await start(log, instance="new")
    assert same.engine.action(1) == "drop"


async def test_a_policy_that_changed_while_we_were_away_reaches_the_topic(start: Start, log: Log) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    await rest(sluice)
    await rest(await start(log, KEEPS))
    assert log.verdict(1).action == "keep"
