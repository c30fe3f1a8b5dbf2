"""Types that became one: the new key is judged once, the old keys say so, and what was decided of them is not lost."""

from __future__ import annotations

import time

import msgspec
import pytest

from golden.fingerprinting import fingerprint
from mined import dropped, engine_with, feed, judge, passed
from registry_world import DAY, HOUR, LLM, RULE, WASTE, Clock, Log, Sluice, Start, action, rest
from sluice.engine import Evidence
from sluice.verdicts.model import Facts, Override, Source, Verdict, identity_of
from sluice.verdicts.times import rfc3339

NAMES = ["alice", "bob", "carol", "dave", "eve", "frank", "grace", "heidi", "ivan", "judy"]
WHOLE = "session of <word> began"
KEPT = Facts("state_change", "high", "a session began")


@pytest.fixture
def clock() -> Clock:
    """An engine looks at the machine's clock: what has expired by that has expired."""
    return Clock(time.time())


def sessions(names: list[str]) -> list[str]:
    """Enough records of each that it may be told."""
    return [f"session of {name} began" for name in names for _ in range(3)]


async def whole(sluice: Sluice, names: list[str] = NAMES) -> Evidence:
    """The evidence of the type that the sessions have become parts of."""
    for _ in range(2):
        found = [entry for entry in feed(sluice, sessions(names)) if entry.skeleton == WHOLE]
        await passed(sluice)
        if found:
            return found[-1]
    raise AssertionError("the sessions have not become one type")


def last(log: Log, key: str, topic: str = "verdicts") -> Verdict:
    values = [value for where, found, value in log.values if (where, found) == (topic, key)]
    assert values[-1:] != [None]
    return msgspec.json.decode(values[-1], type=Verdict)


def keys(log: Log) -> set[str]:
    return {key for topic, key, _ in log.values if topic == "verdicts"}


def overruled(sluice: Sluice, key: str, what: str) -> None:
    verdict = sluice.registry.verdict(key)
    assert verdict is not None
    issued_at = rfc3339(int(sluice.clock() * 1_000))
    sluice.registry.overrule(Override.of(verdict, action(what), issued_at=issued_at, issued_by="me"))


async def test_the_keys_of_parts_have_the_facts_of_the_whole_and_say_so(start: Start, log: Log) -> None:
    sluice = await start(log, engine=engine_with())
    parts = judge(sluice, sessions(NAMES[:2]), KEPT)
    await rest(sluice)
    assert not dropped(sluice, "session of alice began")
    found = await whole(sluice)
    sluice.registry.judged(found, WASTE, LLM)
    await rest(sluice)
    assert keys(log) == {found.fingerprint, *parts.values()}, "what was never published needs no key"
    assert last(log, found.fingerprint).merged_into is None
    for skeleton, key in parts.items():
        value = last(log, key)
        assert (value.merged_into, value.category, value.action) == (found.fingerprint, "health_check", "drop")
        assert (value.fingerprint, value.skeleton, value.template) == (key, skeleton, skeleton)
        assert value.source == last(log, found.fingerprint).source
        assert fingerprint(value.ruleset, identity_of(value), value.skeleton) == key
    assert dropped(sluice, "session of alice began")
    assert dropped(sluice, "session of somebody began")
    assert sluice.unusable("judge", "refused") == 0


@pytest.mark.parametrize("published", [True, False])
async def test_after_a_restart_nothing_of_it_is_asked_or_written_again(start: Start, log: Log, published: bool) -> None:
    topic = log if published else None
    sluice = await start(topic, engine=engine_with())
    parts = judge(sluice, sessions(NAMES[:2]))
    found = await whole(sluice)
    sluice.registry.judged(found, WASTE, LLM)
    await passed(sluice)
    if published:
        await rest(sluice)
    values = list(log.values)
    again = await start(topic, engine=engine_with())
    assert dropped(again, "session of alice began")
    assert feed(again, sessions(NAMES)) == []
    for key in parts.values():
        verdict = again.registry.verdict(key)
        assert verdict is not None
        assert verdict.merged_into == found.fingerprint
    await passed(again)
    if published:
        await rest(again)
    assert log.values == values
    assert again.unusable("store", "refused") == again.unusable("verdicts", "refused") == 0


async def test_a_restart_before_the_whole_is_judged_forgets_no_part(start: Start, log: Log) -> None:
    sluice = await start(log, engine=engine_with())
    parts = judge(sluice, sessions(NAMES[:2]))
    await rest(sluice)
    await whole(sluice)
    again = await start(log, engine=engine_with())
    assert dropped(again, "session of alice began"), "of the new process nothing is known yet"
    found = await whole(again)
    assert not dropped(again, "session of alice began")
    again.registry.judged(found, WASTE, LLM)
    await rest(again)
    assert {last(log, key).merged_into for key in parts.values()} == {found.fingerprint}


async def test_what_one_replica_generalised_another_learns_from_its_verdict(start: Start, log: Log) -> None:
    one = await start(log, engine=engine_with())
    other = await start(log, instance="there", engine=engine_with())
    parts = judge(other, sessions(NAMES[:2]), KEPT)
    await rest(one, other)
    found = await whole(one)
    one.registry.judged(found, WASTE, LLM)
    await rest(one, other)
    assert {last(log, key).merged_into for key in parts.values()} == {found.fingerprint}
    assert {last(log, key).source.instance for key in parts.values()} == {"here"}
    assert dropped(other, "session of zoe began")
    assert feed(other, sessions(NAMES)) == []
    assert other.unusable("verdicts", "refused") == 0


async def test_a_key_that_comes_late_says_so_too(start: Start, log: Log) -> None:
    one = await start(log, engine=engine_with())
    found = await whole(one)
    one.registry.judged(found, WASTE, LLM)
    other = await start(None, instance="there", engine=engine_with())
    (late,) = judge(other, sessions(["late"]), KEPT).values()
    other = await start(log, instance="there", engine=engine_with())
    await rest(one, other)
    assert last(log, late).merged_into == found.fingerprint
    assert last(log, late).category == "health_check"


async def test_facts_of_a_higher_rank_stay_under_the_key_of_a_part(start: Start, log: Log) -> None:
    sluice = await start(log, engine=engine_with())
    (part,) = judge(sluice, sessions(NAMES[:1]), KEPT, LLM).values()
    await rest(sluice)
    before = last(log, part)
    found = await whole(sluice)
    sluice.registry.judged(found, WASTE, RULE)
    await rest(sluice)
    assert last(log, part) == before
    sluice.registry.judged(found, WASTE, LLM)
    await rest(sluice)
    assert last(log, part).merged_into == found.fingerprint


async def test_judged_again_the_whole_tells_its_parts_again(start: Start, log: Log) -> None:
    sluice = await start(log, engine=engine_with())
    (part,) = judge(sluice, sessions(NAMES[:1])).values()
    found = await whole(sluice)
    sluice.registry.judged(found, WASTE, LLM)
    await rest(sluice)
    again = await start(log, engine=engine_with())
    sluice.registry.rejudge(found.fingerprint)
    again.registry.judged(msgspec.structs.replace(found, covers=[]), KEPT, LLM)
    await rest(again)
    assert last(log, part).category == "state_change"


async def test_the_keys_of_parts_go_with_their_lease(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log, engine=engine_with())
    (part,) = judge(sluice, sessions(NAMES[:1])).values()
    found = await whole(sluice)
    sluice.registry.judged(found, WASTE, LLM)
    await rest(sluice)
    version = last(log, part).version
    for _ in range(36 * 6):
        clock.now += 4 * HOUR
        feed(sluice, sessions(NAMES[:2]))
        await passed(sluice)
        await sluice.exchange()
    assert last(log, found.fingerprint).version > 1, "the whole is renewed while it is seen"
    assert last(log, part).version == version
    clock.now += 3 * DAY
    await rest(sluice)
    assert log.values[-1] == ("verdicts", part, None)


@pytest.mark.parametrize("what", ["keep", "sample 50%", "limit 1/m"])
async def test_what_an_operator_wanted_kept_of_a_part_keeps_the_whole(start: Start, log: Log, what: str) -> None:
    sluice = await start(log, engine=engine_with())
    (part,) = judge(sluice, sessions(NAMES[:1])).values()
    overruled(sluice, part, what)
    await rest(sluice)
    found = await whole(sluice)
    sluice.registry.judged(found, WASTE, LLM)
    await rest(sluice)
    assert not dropped(sluice, "session of alice began")
    assert not dropped(sluice, "session of somebody began")
    assert last(log, found.fingerprint).action == "keep"
    kept = sluice.registry.override(found.fingerprint)
    assert kept is not None
    assert (kept.issued_by, part in kept.reason) == ("me", True)
    old = last(log, part)
    assert (old.source.kind, old.action, old.merged_into) == ("operator", action(what).kind, found.fingerprint)
    again = await start(log, engine=engine_with())
    await rest(again)
    assert not dropped(again, "session of alice began")
    again.registry.release(found.fingerprint)
    assert dropped(again, "session of alice began"), "once the operator has decided about the whole"
    await rest(again)


@pytest.mark.parametrize("by_topic", [False, True])
async def test_so_does_what_he_says_of_a_part_of_a_whole_that_is_judged(start: Start, log: Log, by_topic: bool) -> None:
    sluice = await start(log, engine=engine_with())
    (part,) = judge(sluice, sessions(NAMES[:1])).values()
    found = await whole(sluice)
    sluice.registry.judged(found, WASTE, LLM)
    await rest(sluice)
    assert dropped(sluice, "session of alice began")
    at = await start(log, instance="there", engine=engine_with()) if by_topic else sluice
    await rest(*{sluice, at})
    overruled(at, part, "keep")
    await rest(*{sluice, at})
    assert not dropped(sluice, "session of alice began")
    kept = sluice.registry.override(found.fingerprint)
    assert kept is not None
    assert part in kept.reason
    sluice.registry.release(found.fingerprint)
    await rest(*{sluice, at})
    assert dropped(sluice, "session of alice began"), "once the operator has decided about the whole"


async def test_a_word_that_lets_a_part_go_says_nothing_of_the_whole(start: Start, log: Log) -> None:
    sluice = await start(log, engine=engine_with())
    (part,) = judge(sluice, sessions(NAMES[:1]), KEPT).values()
    overruled(sluice, part, "drop")
    await rest(sluice)
    assert dropped(sluice, "session of alice began")
    found = await whole(sluice)
    sluice.registry.judged(found, KEPT, LLM)
    await rest(sluice)
    assert not dropped(sluice, "session of alice began")
    assert sluice.registry.override(found.fingerprint) is None
    assert last(log, part).merged_into == found.fingerprint


async def test_parts_of_parts_become_parts_of_the_widest(start: Start, log: Log) -> None:
    sluice = await start(log, engine=engine_with())
    (part,) = judge(sluice, sessions(NAMES[:1])).values()
    first = await whole(sluice)
    sluice.registry.judged(first, WASTE, LLM)
    await rest(sluice)
    doings = ["rises", "sleeps", "dances", "sings", "walks", "eats", "thinks", "reads"]
    told = []
    for _ in range(3):
        told += feed(sluice, [f"session of {name} {doing}" for name in NAMES for doing in doings])
        await passed(sluice)
    (widest, *_) = (entry for entry in told if entry.skeleton == "session of <word> <word>")
    sluice.registry.judged(widest, WASTE, LLM)
    await rest(sluice)
    assert {last(log, key).merged_into for key in (part, first.fingerprint)} == {widest.fingerprint}


async def test_a_reader_that_mines_the_old_shape_applies_the_old_key(start: Start, log: Log) -> None:
    one = await start(log, engine=engine_with())
    (part,) = judge(one, sessions(NAMES[:1]), KEPT).values()
    found = await whole(one)
    one.registry.judged(found, WASTE, LLM)
    await rest(one)
    log.values = [entry for entry in log.values if entry[1] != found.fingerprint]
    other = await start(log, instance="there", engine=engine_with())
    assert feed(other, sessions(NAMES[:1])) == []
    assert dropped(other, "session of alice began")
    assert not dropped(other, "session of zoe began")
    verdict = other.registry.verdict(part)
    assert verdict is not None
    assert verdict.merged_into == found.fingerprint


async def test_a_forged_key_is_no_part(start: Start, log: Log) -> None:
    sluice = await start(log, engine=engine_with())
    (part,) = judge(sluice, sessions(NAMES[:1])).values()
    await rest(sluice)
    found = await whole(sluice)
    sluice.registry.judged(found, WASTE, LLM)
    await rest(sluice)
    forged = msgspec.structs.replace(last(log, part), fingerprint="a" * 32, source=Source("llm", "there"))
    sluice.registry.read("verdicts", "a" * 32, msgspec.json.encode(forged))
    assert sluice.unusable("verdicts", "refused") == 1
    assert sluice.registry.verdict("a" * 32) is None
