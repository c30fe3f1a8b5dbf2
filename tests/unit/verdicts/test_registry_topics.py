"""Several Sluices and one log: who writes a key, which facts win, what is read is never trusted blindly."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import pytest

from conftest import Start
from registry_world import (
    DAY,
    HOUR,
    LLM,
    START,
    WASTE,
    Clock,
    Log,
    Sluice,
    action,
    fingerprint,
    override,
    policy,
    rest,
    verdict,
)
from sluice.config.model import Protect
from sluice.config.units import Duration
from sluice.verdicts.model import Facts, Source, Verdict
from sluice.verdicts.times import rfc3339

KEEPS = policy(actions={"health_check": action("keep")})


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value)


# Who writes a key


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


# Rank and version


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


# Values that cannot be used


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


# Leases on the topic


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


# Start, restart, loss


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


# The operator


async def test_the_operators_word_is_folded_in_by_the_writer_of_the_key(start: Start, clock: Clock, log: Log) -> None:
    one, other = await start(log), await start(log, instance="there")
    await one.judge(1)
    await rest(one, other)
    log.append("overrides", fingerprint(1), encoded(override(clock, 1, "keep")))
    await rest(one, other)
    assert (one.engine.action(1), other.engine.action(1)) == ("keep", "keep")
    told = log.verdict(1)
    assert (told.source.kind, told.source.instance, told.action, told.expires_at) == ("operator", "here", "keep", None)
    assert told.category == "health_check"
    log.append("overrides", fingerprint(1), None)
    await rest(one, other)
    assert (one.engine.action(1), other.engine.action(1)) == ("drop", "drop")
    assert (log.verdict(1).source.kind, log.verdict(1).version) == ("rule", 3)


async def test_facts_never_replace_the_operators_word(start: Start, clock: Clock, log: Log) -> None:
    one, other = await start(log), await start(log, instance="there")
    log.append("overrides", fingerprint(1), encoded(override(clock, 1, "keep")))
    await rest(one, other)
    await one.judge(1, WASTE, LLM)
    await rest(one, other)
    assert (one.engine.action(1), other.engine.action(1)) == ("keep", "keep")
    assert log.verdict(1).source.kind == "operator"


async def test_an_operators_verdict_holds_where_the_override_was_not_read(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    await rest(sluice)
    told = verdict(clock, 1, source=Source("operator", "there"), action="keep", version=5, expires_at=None)
    log.append("verdicts", fingerprint(1), encoded(told))
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, version=6, source=Source("llm", "else"))))
    sluice.read()
    assert sluice.engine.action(1) == "keep"
    log.append("overrides", fingerprint(1), None)
    await rest(sluice)
    assert sluice.engine.action(1) == "drop"


async def test_a_writer_takes_its_operators_verdict_back(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    told = verdict(clock, 1, source=Source("operator", "there"), action="keep", version=5, expires_at=None)
    log.append("verdicts", fingerprint(1), encoded(told))
    sluice.read()
    assert sluice.engine.action(1) == "keep"
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, version=6)))
    sluice.read()
    assert sluice.engine.action(1) == "drop"


async def test_an_override_of_an_unjudged_type_is_told_by_one(start: Start, clock: Clock, log: Log) -> None:
    sluices = [await start(log, instance=name) for name in ("one", "two", "three")]
    log.append("overrides", fingerprint(1), encoded(override(clock, 1, "drop")))
    for _ in range(70):
        clock.now += 1
        for sluice in sluices:
            await sluice.exchange()
    await rest(*sluices)
    assert [topic for topic, _, _ in log.values] == ["overrides", "verdicts"]
    assert log.verdict(1).action == "drop"
    log.append("overrides", fingerprint(1), None)
    await rest(*sluices)
    assert log.last(1) is None
    assert {sluice.engine.action(1) for sluice in sluices} == {"keep"}


async def test_a_writer_that_is_gone_does_not_keep_the_operators_word_from_the_topic(
    start: Start, clock: Clock, log: Log
) -> None:
    reader = await start(log)
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1)))
    log.append("overrides", fingerprint(1), encoded(override(clock, 1, "keep")))
    await rest(reader)
    assert log.verdict(1).action == "drop"
    clock.now += 60
    await rest(reader)
    assert (log.verdict(1).action, log.verdict(1).source.kind) == ("keep", "operator")


async def test_an_override_given_here_is_published(start: Start, clock: Clock, log: Log) -> None:
    one, other = await start(log), await start(log, instance="there")
    one.registry.overrule(override(clock, 1, "drop"))
    await rest(one, other)
    assert other.engine.action(1) == "drop"
    one.registry.release(fingerprint(1))
    await rest(one, other)
    assert other.engine.action(1) == "keep"
    assert log.last(1, "overrides") is None


async def test_an_override_that_is_still_on_its_way_outlives_what_is_read(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    log.append("overrides", fingerprint(1), encoded(override(clock, 1, "drop")))
    sluice.registry.overrule(override(clock, 1, "keep"))
    sluice.read()
    assert sluice.engine.action(1) == "keep"
    await rest(sluice)
    assert sluice.engine.action(1) == "keep"
    again = await start(log)
    assert again.engine.action(1) == "keep"


async def test_an_operators_verdict_holds_after_a_restart(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    told = verdict(clock, 1, source=Source("operator", "there"), action="drop", expires_at=None)
    log.append("verdicts", fingerprint(1), encoded(told))
    await rest(sluice)
    assert (await start(log)).engine.action(1) == "drop"
    log.append("verdicts", fingerprint(1), encoded(verdict(clock, 1, version=2, source=Source("llm", "elsewhere"))))
    log.compact()
    again = await start(log, KEEPS)
    assert again.engine.action(1) == "keep", "nobody says so any more"


async def test_an_unusable_override_keeps_the_type_until_it_is_put_right(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    await sluice.judge(1)
    await rest(sluice)
    log.append("overrides", fingerprint(1), b"garbage")
    await rest(sluice)
    assert sluice.engine.action(1) == "keep"
    assert sluice.unusable("overrides", "json") == 1
    log.append("overrides", fingerprint(1), None)
    clock.now += HOUR
    await rest(sluice)
    assert sluice.engine.action(1) == "drop"
    assert log.verdict(1).action == "drop"


async def test_a_keep_that_the_topic_lost_is_told_again_and_a_drop_is_not(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    sluice.registry.overrule(override(clock, 1, "keep"))
    sluice.registry.overrule(override(clock, 2, "drop"))
    await rest(sluice)
    log.values.clear()
    again = await start(log)
    await rest(again)
    assert log.last(1, "overrides") is not None
    assert log.last(2, "overrides") is None
    assert again.engine.action(2) == "keep"


async def test_the_operators_word_survives_a_restart_on_a_compacted_topic(start: Start, clock: Clock, log: Log) -> None:
    one, other = await start(log), await start(log, instance="there")
    await one.judge(1)
    await rest(one, other)
    log.append("overrides", fingerprint(1), encoded(override(clock, 1, "keep")))
    await rest(one, other)
    log.compact()
    before = list(log.values)
    one, other, third = await start(log), await start(log, instance="there"), await start(log, instance="new")
    await rest(one, other, third)
    assert {sluice.engine.action(1) for sluice in (one, other, third)} == {"keep"}
    assert log.values == before
    log.append("overrides", fingerprint(1), None)
    await rest(one, other, third)
    assert {sluice.engine.action(1) for sluice in (one, other, third)} == {"drop"}


def test_a_verdict_of_ours_can_be_read_by_others(clock: Clock) -> None:
    value = verdict(clock, 1)
    assert msgspec.json.decode(encoded(value), type=Verdict) == value
