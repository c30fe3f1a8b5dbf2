"""A type whose records are no longer what was judged is asked about again; others renew their lease without a call."""

from __future__ import annotations

import msgspec
import pytest

from registry_world import DAY, HOUR, LLM, QUIET, START, WASTE, Clock, Log, Sluice, Start, fingerprint, override, rest
from registry_world import evidence as plain
from sluice.engine import Key, Kinds, Look
from sluice.verdicts.drift import may_be
from sluice.verdicts.evidence_hash import evidence_hash
from sluice.verdicts.model import Source, Verdict

KINDS, KEYS = ["num"], ["user.id", "host.name"]
LEASE = 30 * DAY


def source(kinds: list[str] = KINDS, keys: list[str] = KEYS) -> Source:
    return msgspec.structs.replace(LLM, evidence_hash=evidence_hash(kinds, keys))


def look(number: int = 1, kinds: list[str] = KINDS, keys: list[str] = KEYS, **rare: int) -> Look:
    """32 records, all with these kinds and keys, some with those that are rare."""
    counts = [Key(key, 32) for key in keys] + [Key(key, count) for key, count in rare.items()]
    return Look(fingerprint(number), 32, [Kinds(kinds, 32)], counts)


SAME, OTHER = look(), look(keys=[*KEYS, "tenant"])


async def judge(sluice: Sluice, number: int = 1) -> Verdict:
    verdict = sluice.registry.judged(plain(number), WASTE, source())
    assert verdict is not None
    return verdict


async def looked(sluice: Sluice, *looks: Look) -> None:
    await sluice.registry.tick(msgspec.structs.replace(QUIET, looks=list(looks)))


def is_asked(sluice: Sluice, number: int = 1) -> bool:
    return not sluice.registry.known(fingerprint(number), "llm")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (look(), True),
        (look(keys=list(reversed(KEYS))), True),
        (look(keys=[*KEYS, "tenant"]), False),
        (look(keys=KEYS[:1]), False),
        (look(kinds=["num", "num"]), False),
        (look(kinds=["dur"]), False),
        (look(kinds=[]), False),
        (look(tenant=3), True),
        (look(tenant=28), True),
        (look(tenant=29), False),
        (look(keys=KEYS[:1], **{KEYS[1]: 1}), True),
        (look(a=9, b=9, c=9, d=9, e=9, f=9, g=9), True),
        (msgspec.structs.replace(look(kinds=["dur"]), slots=[Kinds(["dur"], 31), Kinds(KINDS, 1)]), True),
    ],
)
def test_only_what_every_record_has_or_none_tells_a_change(other: Look, same: bool) -> None:
    assert may_be(source().evidence_hash, other) is same


async def test_each_type_of_ours_is_looked_at_once_an_hour(start: Start, clock: Clock, log: Log) -> None:
    sluice, reader = await start(log), await start(log, instance="there")
    prints = [f"{number:02x}" * 16 for number in range(0, 250, 5)]
    for position, name in enumerate(prints):
        entry = msgspec.structs.replace(plain(position), fingerprint=name)
        sluice.registry.judged(entry, WASTE, source())
    await rest(sluice, reader)
    busiest = 0
    for _ in range(60):
        before = len(sluice.engine.looked)
        clock.now += 60
        await sluice.tick()
        await reader.tick()
        busiest = max(busiest, len(sluice.engine.looked) - before)
    assert sorted(sluice.engine.looked) == prints
    assert busiest < 5
    assert reader.engine.looked == []


async def test_a_change_that_lasts_an_hour_asks_again(start: Start, clock: Clock) -> None:
    sluice = await start()
    await judge(sluice)
    await looked(sluice, OTHER)
    clock.now += HOUR - 1
    await looked(sluice, OTHER)
    assert not is_asked(sluice)
    clock.now += 1
    wishes = sluice.registry.wishes
    await looked(sluice, OTHER)
    assert is_asked(sluice)
    assert sluice.registry.wishes > wishes
    assert await sluice.registry.outranked("llm") == [fingerprint(1)]
    assert sluice.telemetry.value("sluice_verdicts_drifted") == 1
    assert sluice.engine.action() == "drop", "what was decided holds until there are new facts"


async def test_a_change_that_passes_asks_nobody(start: Start, clock: Clock) -> None:
    sluice = await start()
    await judge(sluice)
    for _ in range(5):
        await looked(sluice, OTHER)
        clock.now += HOUR / 2
        await looked(sluice, SAME)
        clock.now += HOUR / 2
    assert not is_asked(sluice)


async def test_new_facts_end_it_and_the_same_again_is_asked_once_a_day(start: Start, clock: Clock) -> None:
    sluice = await start()
    await judge(sluice)
    await looked(sluice, OTHER)
    clock.now += HOUR
    await looked(sluice, OTHER)
    assert is_asked(sluice)
    await judge(sluice)
    assert not is_asked(sluice)
    asked = 0
    for _ in range(24):
        await looked(sluice, OTHER)
        asked += is_asked(sluice)
        clock.now += HOUR
    assert asked == 0
    await looked(sluice, OTHER)
    assert is_asked(sluice)


@pytest.mark.parametrize("recorded", ["", evidence_hash(KINDS, KEYS)])
async def test_a_type_that_is_what_was_judged_renews_its_lease_without_a_call(
    start: Start, clock: Clock, recorded: str
) -> None:
    sluice = await start()
    sluice.registry.judged(plain(), WASTE, msgspec.structs.replace(LLM, evidence_hash=recorded))
    while clock.now < START + 2 * LEASE:
        clock.now += 12 * HOUR
        await sluice.tick({1: 10})
        await looked(sluice, SAME)
        assert not is_asked(sluice)
    assert sluice.engine.action() == "drop"


async def test_a_type_that_has_changed_does_not_renew_its_lease(start: Start, clock: Clock) -> None:
    sluice = await start()
    await judge(sluice)
    clock.now += 0.79 * LEASE
    await looked(sluice, OTHER)
    while clock.now < START + LEASE - 8 * HOUR:
        clock.now += 6 * HOUR
        await sluice.tick({1: 10})
    found = sluice.registry.verdict(fingerprint(1))
    assert found is not None
    assert found.version == 1
    await looked(sluice, SAME)
    await sluice.tick({1: 10})
    renewed = sluice.registry.verdict(fingerprint(1))
    assert renewed is not None
    assert renewed.version == 2


async def test_what_an_operator_decided_is_not_asked_about(start: Start, clock: Clock) -> None:
    sluice = await start()
    await judge(sluice)
    sluice.registry.overrule(override(clock, 1, "drop"))
    for _ in range(3):
        await looked(sluice, OTHER)
        clock.now += HOUR
    assert await sluice.registry.outranked("llm") == []


async def test_facts_of_others_are_theirs_to_watch(start: Start, clock: Clock, log: Log) -> None:
    writer, reader = await start(log), await start(log, instance="there")
    await judge(writer)
    await rest(writer, reader)
    for _ in range(3):
        await looked(reader, OTHER)
        clock.now += HOUR
    assert not is_asked(reader)
