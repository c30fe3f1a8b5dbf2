"""A key whose facts run out: who renews it, who takes it over, when it is cleaned."""

from __future__ import annotations

import pytest

from registry_world import (
    DAY,
    HOUR,
    START,
    Clock,
    Log,
    Start,
    encoded,
    fingerprint,
    policy,
    rest,
    verdict,
)
from sluice.config.units import Duration


async def test_a_reader_takes_a_key_over_only_at_the_end_of_its_lease(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1)))
    while clock.now < START + 0.95 * 30 * DAY - HOUR:
        clock.now += 12 * HOUR
        await sluice.exchange({1: 10})
    assert len(log.values) == 1
    while clock.now < START + 30 * DAY - HOUR:
        clock.now += HOUR
        await sluice.exchange({1: 10})
    assert len(log.values) == 2
    taken = log.verdict(1)
    assert (taken.source.instance, taken.source.kind, taken.version) == ("here", "llm", 2)
    assert sluice.engine.action(1) == "drop"


async def test_a_reader_that_does_not_see_the_type_takes_nothing_over(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1)))
    for _ in range(31 * 24):
        clock.now += HOUR
        await sluice.exchange()
    assert len(log.values) == 1
    assert not sluice.registry.known(fingerprint(1))


async def test_a_renewed_lease_reaches_the_readers(start: Start, clock: Clock, log: Log) -> None:
    writer, reader = await start(log), await start(log, instance="there")
    await writer.judge(1)
    await rest(writer, reader)
    while clock.now < START + 40 * DAY:
        clock.now += 6 * HOUR
        await writer.exchange({1: 10})
        await reader.exchange({1: 10})
    assert [log.verdict(1).source.instance, log.verdict(1).version] == ["here", 2]
    assert (writer.engine.action(1), reader.engine.action(1)) == ("drop", "drop")


@pytest.mark.parametrize("writer_is_gone", [False, True])
async def test_a_key_that_expired_a_week_ago_is_cleaned(
    start: Start, clock: Clock, log: Log, writer_is_gone: bool
) -> None:
    writer, reader = await start(log), await start(log, instance="there")
    await writer.judge(1)
    await rest(writer, reader)
    clock.now += 37 * DAY - HOUR
    await rest(*([reader] if writer_is_gone else [writer, reader]))
    assert log.last(1) is not None
    for _ in range(26):
        clock.now += HOUR
        await rest(*([reader] if writer_is_gone else [writer, reader]))
    assert log.last(1) is None
    assert len(log.values) == 2


@pytest.mark.parametrize("shift", [-HOUR, HOUR])
async def test_clocks_an_hour_apart_drop_nothing_that_has_expired_for_more_than_that(
    start: Start, clock: Clock, log: Log, shift: float
) -> None:
    ahead = Clock(START + shift)
    writer = await start(log, policy(lease=Duration(DAY)))
    reader = await start(log, policy(lease=Duration(DAY)), "there", own_clock=ahead)
    await writer.judge(1)
    await rest(writer, reader)
    assert reader.engine.action(1) == "drop"
    clock.now += DAY + HOUR
    ahead.now += DAY + HOUR
    await rest(writer, reader)
    assert (writer.engine.action(1), reader.engine.action(1)) == ("keep", "keep")
