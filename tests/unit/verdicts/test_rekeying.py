"""Other masks, and so other fingerprints: what was judged and decided before holds where a skeleton says the same."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from memory_of import bytes_of
from mined import dropped, engine_with, feed, judge, passed
from registry_world import DAY, HOUR, KEEPS, LLM, RULE, WASTE, Clock, Log, Sluice, Start, action, rest
from sluice.verdicts.model import Facts, Override, ServiceName, Verdict
from sluice.verdicts.times import rfc3339

PLAIN = [f"polled the queue in {number} ms" for number in range(3)]
ORDERS = [f"placed order shop.{word} again" for word in ("alpha", "beta", "gamma")]
"""Constant words for the built-in masks; `MASK` takes them."""
MASK = r"shop\.\w+"
TEMPLATE = "polled the queue in <num> ms"


@pytest.fixture
def clock() -> Clock:
    """An engine looks at the machine's clock: what has expired by that has expired."""
    return Clock(time.time())


def overruled(sluice: Sluice, fingerprint: str, what: str = "keep") -> Override:
    verdict = sluice.registry.verdict(fingerprint)
    assert verdict is not None
    issued_at = rfc3339(int(sluice.clock() * 1_000))
    return Override.of(verdict, action(what), issued_at=issued_at, issued_by="me")


async def kept_by_an_operator(start: Start, log: Log, instance: str = "here") -> str:
    """A probe that a Sluice without masks would drop; its key."""
    before = await start(log, instance=instance, engine=engine_with())
    (old,) = judge(before, PLAIN).values()
    before.registry.overrule(overruled(before, old))
    await rest(before)
    return old


def named(log: Log) -> set[str]:
    """The keys of the topic `verdicts`."""
    return {key for topic, key, _ in log.values if topic == "verdicts"}


@pytest.mark.parametrize("published", [True, False])
async def test_new_masks_ask_about_nothing_that_says_the_same(start: Start, log: Log, published: bool) -> None:
    topic = log if published else None
    before = await start(topic, engine=engine_with())
    old = judge(before, [*PLAIN, *ORDERS[:1] * 3])
    if published:
        await rest(before)
    after = await start(topic, engine=engine_with(MASK))
    assert dropped(after, PLAIN[0]), "from the first record on"
    asked = feed(after, [*PLAIN, *ORDERS])
    assert [entry.skeleton for entry in asked] == ["placed order <*> again"]
    (verdict,) = after.registry.verdicts()
    assert (verdict.ruleset, verdict.category, verdict.source.kind) == (after.engine.ruleset, "health_check", "llm")
    assert verdict.fingerprint not in old.values()
    await passed(after)
    assert after.telemetry.value("sluice_verdicts_rekeyed") == 1
    assert after.unusable("store", "ruleset") == 1
    again = await start(topic, engine=engine_with(MASK))
    assert dropped(again, PLAIN[0])
    assert again.registry.verdict(verdict.fingerprint) == verdict


async def test_a_topic_alone_is_enough(start: Start, log: Log) -> None:
    writer = await start(log, engine=engine_with())
    judge(writer, PLAIN)
    await rest(writer)
    reader = await start(log, instance="there", engine=engine_with(MASK))
    assert dropped(reader, PLAIN[0])
    assert feed(reader, PLAIN) == []
    away = await start(None, instance="there", engine=engine_with(MASK))
    assert dropped(away, PLAIN[0]), "as it was read before the broker went away"


async def test_masks_that_change_twice_lose_nothing(start: Start, log: Log) -> None:
    writer = await start(log, instance="there", engine=engine_with())
    judge(writer, PLAIN)
    await rest(writer)
    await start(log, engine=engine_with(MASK))
    for masks in ([MASK, "another"], ["a third"]):
        sluice = await start(None, engine=engine_with(*masks))
        assert dropped(sluice, PLAIN[0])
        assert len(list(sluice.registry.verdicts())) == 1
    back = await start(log, engine=engine_with())
    assert dropped(back, PLAIN[0])
    (verdict,) = back.registry.verdicts()
    assert {verdict.fingerprint} == named(log)


async def test_replicas_with_different_masks_come_to_rest(start: Start, clock: Clock, log: Log) -> None:
    one = await start(log, engine=engine_with())
    other = await start(log, KEEPS, "there", engine=engine_with(MASK))
    judge(one, PLAIN)
    judge(other, ORDERS)
    await rest(one, other)
    keys = named(log)
    assert len(keys) == 2
    for _ in range(40):
        clock.now += DAY
        for sluice, lines in ((one, PLAIN), (other, PLAIN), (other, ORDERS)):
            assert feed(sluice, lines) == []
            await passed(sluice)
        await rest(one, other)
    assert named(log) == keys, "each leaves the other's keys alone, while they are renewed"
    assert dropped(one, PLAIN[0])


async def test_a_key_is_taken_over_at_the_end_of_a_lease_that_nobody_renews(
    start: Start, clock: Clock, log: Log
) -> None:
    gone = await start(log, instance="there", engine=engine_with())
    judge(gone, [*PLAIN, *("pruned the cache",) * 3])
    await rest(gone)
    await gone.stop()
    keys = named(log)
    sluice = await start(log, engine=engine_with(MASK))
    (polled,) = (verdict for verdict in sluice.registry.verdicts() if "polled" in verdict.skeleton)
    for hour in range(30 * 24):
        clock.now += HOUR
        if hour % 4 == 0:
            feed(sluice, PLAIN)
            await passed(sluice)
        await sluice.exchange()
        if hour < 0.94 * 30 * 24:
            assert named(log) == keys
    assert named(log) - keys == {polled.fingerprint}, "only what was seen"
    taken = sluice.registry.verdict(polled.fingerprint)
    assert taken is not None
    assert (taken.source.kind, taken.source.instance) == ("llm", "here")
    assert dropped(sluice, PLAIN[0])
    await passed(sluice)
    assert sluice.telemetry.value("sluice_verdicts_rekeyed") == 0


async def test_a_verdict_of_the_ruleset_in_force_goes_before_one_of_another(
    start: Start, clock: Clock, log: Log
) -> None:
    one = await start(log, instance="there", engine=engine_with())
    judge(one, PLAIN)
    await rest(one)
    sluice = await start(log, engine=engine_with(MASK))
    (verdict,) = sluice.registry.verdicts()

    def read(kind: str, category: str) -> None:
        source = msgspec.structs.replace(verdict.source, kind=kind, instance="a third")
        value = msgspec.structs.replace(verdict, source=source, category=category, version=1)
        sluice.registry.read("verdicts", verdict.fingerprint, msgspec.json.encode(value))

    read("rule", "fault")
    assert dropped(sluice, PLAIN[0]), "a lower rank does not replace what is read under the other key"
    read("llm", "fault")
    assert not dropped(sluice, PLAIN[0])
    sluice.offset = 0
    sluice.read()
    assert not dropped(sluice, PLAIN[0])


@pytest.mark.parametrize("value", [None, b"{}"])
async def test_what_is_withdrawn_there_is_withdrawn_here(start: Start, log: Log, value: bytes | None) -> None:
    one = await start(log, instance="there", engine=engine_with())
    (old,) = judge(one, PLAIN).values()
    await rest(one)
    sluice = await start(log, engine=engine_with(MASK))
    assert dropped(sluice, PLAIN[0])
    log.append("verdicts", old, value)
    sluice.read()
    assert not dropped(sluice, PLAIN[0])
    assert list(sluice.registry.verdicts()) == []
    again = await start(log, engine=engine_with(MASK))
    assert not dropped(again, PLAIN[0])


async def test_a_duplicate_goes_on_when_its_twin_is_known_by_its_new_name(start: Start, clock: Clock, log: Log) -> None:
    one = await start(log, engine=engine_with())
    said = [f"request {number} was answered" for number in range(3)]
    (twin,) = judge(one, PLAIN, Facts("state_change", "high")).values()
    judge(one, said, Facts("duplicate", "high", twin=twin))
    await passed(one)
    clock.now += 60
    await rest(one)
    assert dropped(one, said[0])
    again = await start(log, engine=engine_with(MASK))
    feed(again, [*PLAIN, *said])
    await passed(again)
    clock.now += 60
    await rest(again)
    assert dropped(again, said[0])
    assert not dropped(again, PLAIN[0])


async def test_a_duplicate_that_names_ever_other_twins_does_not_fill_the_memory(start: Start, log: Log) -> None:
    one = await start(log, engine=engine_with())
    (old,) = judge(one, PLAIN, Facts("duplicate", "high", twin="f" * 32)).values()
    await rest(one)
    again = await start(log, engine=engine_with(MASK))
    told = msgspec.json.decode(log.last_of("verdicts", old) or b"", type=Verdict)

    async def reads(versions: range) -> int:
        for version in versions:
            value = msgspec.structs.replace(told, version=version, twin=f"{version:032x}")
            again.registry.read("verdicts", old, msgspec.json.encode(value))
        await again.tick()
        return bytes_of(again.registry)

    before = await reads(range(100, 200))
    assert await reads(range(200, 2_000)) < before + 20_000


@pytest.mark.parametrize("published", [True, False])
async def test_the_operators_word_holds_under_new_masks(start: Start, log: Log, published: bool) -> None:
    topic = log if published else None
    before = await start(topic, engine=engine_with())
    (old,) = judge(before, PLAIN).values()
    before.registry.overrule(overruled(before, old))
    if published:
        await rest(before)
    values = list(log.values)
    after = await start(topic, engine=engine_with(MASK))
    assert not dropped(after, PLAIN[0])
    (verdict,) = after.registry.verdicts()
    assert (verdict.source.kind, verdict.action) == ("operator", "keep")
    assert feed(after, PLAIN) == []
    if published:
        await rest(after)
        assert log.values == values, "its own key tells it"
    after.registry.release(verdict.fingerprint)
    assert dropped(after, PLAIN[0])
    if published:
        await rest(after)
        withdrawn = {key for topic, key, value in log.values if topic == "overrides" and value is None}
        assert withdrawn == {old, verdict.fingerprint}
    for masks in ((MASK,), ()):
        again = await start(topic, engine=engine_with(*masks))
        assert dropped(again, PLAIN[0]), "what is withdrawn stays so"


async def test_a_release_that_was_not_sent_yet_outlives_a_restart(start: Start, log: Log) -> None:
    await kept_by_an_operator(start, log)
    after = await start(log, engine=engine_with(MASK))
    (verdict,) = after.registry.verdicts()
    after.registry.release(verdict.fingerprint)
    again = await start(log, engine=engine_with(MASK))
    await rest(again)
    assert dropped(again, PLAIN[0])
    assert log.values[-1][2] is None


async def test_a_word_that_was_not_sent_yet_is_not_lost_to_an_older_one(
    start: Start, clock: Clock, log: Log, tmp_path: Path
) -> None:
    old = await kept_by_an_operator(start, log)
    said = msgspec.json.decode(log.last_of("overrides", old) or b"", type=Override)
    elsewhere = Sluice(tmp_path / "here.db", clock)
    await elsewhere.store.open()
    await elsewhere.store.overrule(old, msgspec.json.encode(msgspec.structs.replace(said, action="drop")))
    await elsewhere.store.close()
    after = await start(log, engine=engine_with(MASK))
    assert dropped(after, PLAIN[0])
    await rest(after)
    assert msgspec.json.decode(log.last_of("overrides", old) or b"", type=Override).action == "drop"
    assert dropped(after, PLAIN[0])


async def test_an_operators_word_on_the_new_key_goes_before_the_one_on_the_old(start: Start, log: Log) -> None:
    before = await start(log, engine=engine_with())
    (old,) = judge(before, PLAIN, Facts("state_change", "high")).values()
    before.registry.overrule(overruled(before, old))
    await rest(before)
    after = await start(log, engine=engine_with(MASK))
    (verdict,) = after.registry.verdicts()
    after.registry.overrule(overruled(after, verdict.fingerprint, "drop"))
    await rest(after)
    assert dropped(after, PLAIN[0])
    again = await start(log, engine=engine_with(MASK))
    await rest(again)
    assert dropped(again, PLAIN[0])


async def test_when_the_new_keys_override_is_withdrawn_the_old_keys_holds_again(start: Start, log: Log) -> None:
    await kept_by_an_operator(start, log)
    after = await start(log, engine=engine_with(MASK))
    (verdict,) = after.registry.verdicts()
    after.registry.overrule(overruled(after, verdict.fingerprint, "drop"))
    await rest(after)
    assert dropped(after, PLAIN[0])
    log.append("overrides", verdict.fingerprint, None)
    await rest(after)
    assert not dropped(after, PLAIN[0])
    for _ in range(2):
        after = await start(log, engine=engine_with(MASK))
        await rest(after)
        assert not dropped(after, PLAIN[0])
    assert log.last_of("overrides", verdict.fingerprint) is None


async def test_an_override_whose_skeleton_says_nothing_here_is_bound_by_service_and_template(
    start: Start, log: Log
) -> None:
    before = await start(log, engine=engine_with(MASK))
    (old,) = judge(before, ORDERS).values()
    override = msgspec.structs.replace(overruled(before, old), skeleton="placed the order", template=TEMPLATE)
    for key, service in (("1" * 32, "shop"), ("2" * 32, "elsewhere")):
        value = msgspec.structs.replace(override, fingerprint=key, service=ServiceName(name=service))
        log.append("overrides", key, msgspec.json.encode(value))
    after = await start(log, engine=engine_with())
    assert feed(after, PLAIN) == [], "an operator has decided it"
    assert not dropped(after, PLAIN[0])
    (bound,) = [verdict for verdict in after.registry.verdicts() if verdict.template == TEMPLATE]
    assert (bound.skeleton, bound.action, bound.source.kind) == ("polled the queue in <*> ms", "keep", "operator")
    log.append("overrides", "1" * 32, None)
    after.read()
    assert after.registry.override(bound.fingerprint) is None


async def test_an_override_is_bound_to_what_was_judged_before_it_came(start: Start, log: Log) -> None:
    sluice = await start(log, engine=engine_with())
    (known,) = judge(sluice, PLAIN).values()
    assert dropped(sluice, PLAIN[0])
    foreign = msgspec.structs.replace(
        overruled(sluice, known), skeleton="polled", ruleset="0", fingerprint="1" * 32, template=TEMPLATE
    )
    log.append("overrides", "1" * 32, msgspec.json.encode(foreign))
    sluice.read()
    await passed(sluice)
    assert not dropped(sluice, PLAIN[0])
    log.append("overrides", "1" * 32, b"{}")
    sluice.read()
    assert not dropped(sluice, PLAIN[0]), "what the operator wants is unknown"
    log.append("overrides", "1" * 32, None)
    sluice.read()
    assert dropped(sluice, PLAIN[0])


async def test_an_override_that_comes_while_a_type_waits_for_the_judge_is_bound_to_it(start: Start, log: Log) -> None:
    old = await kept_by_an_operator(start, log)
    said = msgspec.json.decode(log.last_of("overrides", old) or b"", type=Override)
    waits = await start(None, instance="there", engine=engine_with("polled"))
    (entry,) = feed(waits, PLAIN)
    said = msgspec.structs.replace(said, template=entry.template)
    waits.registry.read("overrides", old, msgspec.json.encode(said))
    waits.registry.judged(entry, WASTE, LLM)
    assert not dropped(waits, PLAIN[0])


async def test_an_operators_verdict_alone_binds_too(start: Start, clock: Clock, log: Log) -> None:
    await kept_by_an_operator(start, log, "there")
    log.values = [entry for entry in log.values if entry[0] == "verdicts"]
    sluice = await start(log, engine=engine_with(MASK))
    assert not dropped(sluice, PLAIN[0])
    assert feed(sluice, PLAIN) == []
    await rest(sluice)


async def test_facts_by_rule_of_another_ruleset_are_asked_about_when_a_model_is_there(start: Start, log: Log) -> None:
    before = await start(log, engine=engine_with())
    judge(before, PLAIN, WASTE, RULE)
    after = await start(log, engine=engine_with(MASK))
    assert len(feed(after, PLAIN)) == 0, "the engine tells of no type that is decided, unless it is asked to"
    (wanted,) = await after.registry.outranked("llm")
    after.engine.reopen([wanted])
    (entry,) = feed(after, PLAIN)
    after.registry.judged(entry, WASTE, LLM)
    await rest(after)
    assert wanted in named(log)
