"""The operator's word among several Sluices: it stands over facts until it is taken back."""

from __future__ import annotations

from registry_world import (
    HOUR,
    KEEPS,
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
