"""What is read from a topic is never trusted blindly: a value that cannot be used withdraws its key's verdict."""

from __future__ import annotations

import logging

import msgspec
import pytest

from memory_of import bytes_of
from registry_world import (
    DAY,
    LLM,
    WASTE,
    Clock,
    Log,
    Start,
    encoded,
    fingerprint,
    override,
    rest,
    verdict,
)
from sluice.verdicts.model import Source


def poisoned(clock: Clock) -> dict[str, tuple[str, bytes]]:
    plain = verdict(clock, 1, version=2)
    changed: dict[str, dict[str, object]] = {
        "schema": {"schema": 2},
        "action": {"action": "burn"},
        "category": {"category": "noise"},
        "confidence": {"confidence": "total"},
        "mode": {"mode": "destroy"},
        "kind": {"source": Source("oracle", "there")},
        "version": {"version": 0},
        "a version beyond all others": {"version": 2**32 - 1},
        "fingerprint": {"fingerprint": fingerprint(2)},
        "time": {"expires_at": "tomorrow"},
        "a time without zone": {"first_seen": "2026-01-01T00:00:00"},
        "identity": {"severity": "loud"},
        "a sample of nothing": {"action": "sample"},
        "a sample of everything": {"action": "sample", "keep_percent": 100.0},
        "a limit of nothing": {"action": "limit", "keep_rate": "0/m"},
        "per_day": {"per_day": -1.0},
        "size": {"description": "x" * 70_000},
    }
    reasons = {
        "a version beyond all others": "version",
        "a time without zone": "time",
        "a sample of nothing": "action",
        "a sample of everything": "action",
        "a limit of nothing": "action",
    }
    values = {
        name: (reasons.get(name, name), encoded(msgspec.structs.replace(plain, **changes)))
        for name, changes in changed.items()
    }
    values["no JSON"] = ("json", b"{")
    values["not UTF-8"] = ("json", b'{"schema": "\xff"}')
    values["nothing"] = ("json", b"")
    values["an array"] = ("json", b"[]")
    values["no fields"] = ("json", b'{"schema": 1}')
    values["of tomorrow"] = ("schema", b'{"schema": 2, "verdict": 1}')
    return values


@pytest.mark.parametrize("name", sorted(poisoned(Clock())))
async def test_a_value_that_cannot_be_used_withdraws_its_keys_verdict(
    start: Start, clock: Clock, log: Log, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1)))
    sluice.read()
    assert sluice.engine.action(1) == "drop"
    reason, value = poisoned(clock)[name]
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            log.append("verdicts", fingerprint(1), value)
        sluice.read()
    assert sluice.engine.action(1) == "keep"
    assert not sluice.registry.known(fingerprint(1))
    assert sluice.unusable("verdicts", reason) == 2
    assert len([one for one in caplog.records if fingerprint(1) in one.getMessage()]) == 1


async def test_what_comes_before_our_value_in_the_log_is_no_reason_to_write_again(
    start: Start, clock: Clock, log: Log
) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, source=Source("rule", "there"))))
    await sluice.judge(1, WASTE, LLM)
    await rest(sluice)
    assert len(log.values) == 2
    assert (log.verdict(1).version, log.verdict(1).source.instance) == (1, "here")


async def test_facts_that_won_over_ours_on_its_way_are_withdrawn_like_any(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, version=2)))
    log.append("verdicts", fingerprint(1), b"garbage")
    sluice.read()
    assert sluice.engine.action(1) == "keep"


@pytest.mark.parametrize("value", [b"garbage", None])
async def test_our_own_value_that_is_still_on_its_way_outlives_what_is_read(
    start: Start, log: Log, value: bytes | None
) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), value)
    await sluice.judge(1)
    sluice.read()
    assert sluice.engine.action(1) == "drop"
    await rest(sluice)
    assert log.verdict(1).action == "drop"


async def test_a_withdrawn_key_can_be_judged_again_by_all(start: Start, log: Log) -> None:
    one, other = await start(log), await start(log, instance="there")
    await one.judge(1)
    await rest(one, other)
    log.append("verdicts", fingerprint(1), b"garbage")
    await rest(one, other)
    assert (one.engine.action(1), other.engine.action(1)) == ("keep", "keep")
    await one.judge(1)
    await rest(one, other)
    assert (one.engine.action(1), other.engine.action(1)) == ("drop", "drop")


async def test_a_verdict_that_the_engine_does_not_recognise_is_withdrawn(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    sluice.engine.refuses.add(fingerprint(1))
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1)))
    sluice.read()
    assert not sluice.registry.known(fingerprint(1))
    assert sluice.unusable("verdicts", "refused") == 1


@pytest.mark.parametrize("key", ["", "x", fingerprint(1).upper().replace("0", "A"), "f" * 33, "é" * 32])
async def test_a_key_that_is_no_fingerprint_is_counted(start: Start, clock: Clock, log: Log, key: str) -> None:
    sluice = await start(log)
    for topic in ("verdicts", "overrides"):
        sluice.registry.read(topic, key, encoded(verdict(clock, 1)))
        assert sluice.unusable(topic, "fingerprint") == 1
    assert list(sluice.registry.verdicts()) == []


async def test_a_verdict_of_another_ruleset_is_ignored_and_stays_on_the_topic(
    start: Start, clock: Clock, log: Log
) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, ruleset="0")))
    await rest(sluice)
    assert not sluice.registry.known(fingerprint(1))
    assert sluice.unusable("verdicts", "ruleset") == 1
    assert len(log.values) == 1
    clock.now += 45 * DAY
    await rest(sluice)
    assert log.last(1) is None, "until it is long expired"


async def test_a_topic_without_end_does_not_fill_the_memory(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log, capacity=10)
    for number in range(30):
        log.append("verdicts", fingerprint(number), encoded(verdict(clock, number, ruleset=str(number % 2))))
        log.append("overrides", fingerprint(100 + number), encoded(override(clock, 100 + number)))
    sluice.read()
    assert len(list(sluice.registry.verdicts())) <= 10
    assert sluice.unusable("verdicts", "full") > 0
    assert sluice.unusable("overrides", "full") > 0
    assert await sluice.judge(1000), "what passes here is bounded elsewhere"


async def test_a_key_that_names_ever_other_wholes_does_not_fill_the_memory(
    start: Start, clock: Clock, log: Log
) -> None:
    sluice = await start(log, capacity=10)

    async def reads(numbers: range) -> int:
        for number in numbers:
            value = encoded(verdict(clock, 1, version=number, merged_into=fingerprint(number)))
            sluice.registry.read("verdicts", fingerprint(1), value)
        await sluice.tick()
        sluice.engine.applied.clear()
        return bytes_of(sluice.registry)

    before = await reads(range(100, 200))
    assert await reads(range(200, 2_000)) < before + 20_000


async def test_that_there_is_no_room_is_said_once_with_the_bound_and_what_to_raise(
    start: Start, clock: Clock, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    sluice = await start(log, capacity=10)
    for number in range(30):
        log.append("verdicts", fingerprint(number), encoded(verdict(clock, number)))
    sluice.read()
    said = [message for message in caplog.messages if "mining.max_event_types is 10" in message]
    assert len(said) == 1
    assert "raise it" in said[0]


async def test_unknown_fields_are_no_reason_to_refuse(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    value = msgspec.json.decode(encoded(verdict(clock, 1)))
    log.append("verdicts", fingerprint(1), encoded({**value, "of_tomorrow": 1}))
    sluice.read()
    assert sluice.engine.action(1) == "drop"


async def test_a_tombstone_withdraws(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1)))
    log.append("verdicts", fingerprint(1), None)
    sluice.read()
    assert sluice.engine.action(1) == "keep"
    assert list(sluice.registry.verdicts()) == []
