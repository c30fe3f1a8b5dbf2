"""Judged again on purpose, or by a better judge: what is decided stays until there are new facts."""

from __future__ import annotations

import asyncio

from registry_world import LLM, RULE, Clock, Log, Sluice, Start, fingerprint, override, verdict
from sluice.verdicts import wire
from sluice.verdicts.model import Facts
from sluice.verdicts.store import Store

BUSINESS = Facts("business_event", "high")


async def wished(sluice: Sluice, *numbers: int) -> None:
    """Another process writes to the store that these are to be judged again; returns when it is noticed."""
    other = Store(str(sluice.path), health=sluice.health, telemetry=sluice.telemetry)
    await other.open()
    before = sluice.registry.wishes
    await other.rejudge([fingerprint(number) for number in numbers])
    await other.close()
    async with asyncio.timeout(60):
        while sluice.registry.wishes < before + len(numbers):
            await asyncio.sleep(0.01)


async def test_a_better_judge_is_to_replace_rules_largest_types_first(start: Start) -> None:
    sluice = await start()
    for number in (1, 2, 3):
        await sluice.judge(number)
    await sluice.judge(4, source=LLM)
    await sluice.tick({1: 5, 2: 500, 3: 50, 4: 5_000})
    assert await sluice.registry.outranked("llm") == [fingerprint(number) for number in (2, 3, 1)]
    assert await sluice.registry.outranked("rule") == []


async def test_what_an_operator_decided_is_not_asked_about(start: Start, clock: Clock) -> None:
    sluice = await start()
    await sluice.judge(1)
    sluice.registry.overrule(override(clock))
    sluice.registry.rejudge(fingerprint(1))
    assert await sluice.registry.outranked("llm") == []


async def test_a_wish_of_another_process_is_noticed_and_what_is_decided_stays_until_it_is_met(start: Start) -> None:
    sluice = await start()
    for number in (1, 2):
        await sluice.judge(number, source=LLM)
    await wished(sluice, 1)
    assert not sluice.registry.known(fingerprint(1), "llm")
    assert not sluice.registry.known(fingerprint(1), "rule")
    assert sluice.registry.known(fingerprint(2), "llm")
    assert await sluice.registry.outranked("llm") == [fingerprint(1)]
    assert sluice.engine.action(1) == "drop"

    assert (await sluice.judge(1, BUSINESS, LLM)).action == "keep"
    assert sluice.registry.known(fingerprint(1), "llm")
    assert await sluice.registry.outranked("llm") == []


async def test_a_wish_outlives_a_restart_until_it_is_met_and_no_longer(start: Start) -> None:
    sluice = await start()
    await sluice.judge(1, source=LLM)
    await wished(sluice, 1)
    sluice = await start()
    async with asyncio.timeout(60):
        while sluice.registry.known(fingerprint(1), "llm"):
            await asyncio.sleep(0.01)
    await sluice.judge(1, BUSINESS, LLM)
    sluice = await start()
    await sluice.judge(2, source=LLM)
    await wished(sluice, 2)
    assert sluice.registry.known(fingerprint(1), "llm"), "it would have been noticed before"


async def test_facts_of_another_instance_are_replaced_by_those_that_were_wished_for(
    start: Start, clock: Clock, log: Log
) -> None:
    sluice = await start(log)
    sluice.registry.read("verdicts", fingerprint(1), wire.encode(verdict(clock, version=7)))
    await sluice.judge(1, BUSINESS, LLM)
    found = sluice.registry.verdict(fingerprint(1))
    assert found is not None
    assert found.source.instance == "there", "without a wish they stay"

    sluice.registry.rejudge(fingerprint(1))
    judged = await sluice.judge(1, BUSINESS, LLM)
    assert (judged.category, judged.source.instance, judged.version) == ("business_event", "here", 8)
    await sluice.exchange()
    assert log.verdict(1).category == "business_event"


async def test_a_wish_that_a_lesser_judge_answers_changes_nothing_and_is_over(start: Start) -> None:
    sluice = await start()
    await sluice.judge(1, source=LLM)
    sluice.registry.rejudge(fingerprint(1))
    assert (await sluice.judge(1, BUSINESS, RULE)).category == "health_check"
    assert sluice.registry.known(fingerprint(1), "llm")


async def test_a_wish_for_a_type_that_is_not_judged_is_of_no_effect(start: Start) -> None:
    sluice = await start()
    sluice.registry.rejudge(fingerprint(1))
    assert sluice.registry.wishes == 0
    assert not sluice.registry.known(fingerprint(1))
