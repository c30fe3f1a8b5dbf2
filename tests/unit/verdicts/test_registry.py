"""One Sluice without a topic: facts in force, leases, probation, rarity, the operator, restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from registry_world import (
    DAY,
    HOUR,
    LLM,
    RULE,
    START,
    WASTE,
    Clock,
    Sluice,
    Start,
    action,
    evidence,
    fingerprint,
    override,
    policy,
)
from sluice.config.model import Protect
from sluice.config.units import Duration
from sluice.verdicts.model import Facts

MS = 1_000


async def test_facts_are_in_force_when_judged_returns(start: Start) -> None:
    sluice = await start()
    assert not sluice.registry.known(fingerprint(1))
    verdict = await sluice.judge(1)
    assert (verdict.action, verdict.mode, verdict.version, verdict.guards) == ("drop", "drop", 1, ())
    assert (verdict.source.kind, verdict.source.instance) == ("rule", "here")
    assert sluice.engine.action(1) == "drop"
    assert sluice.registry.known(fingerprint(1))
    assert sluice.registry.verdict(fingerprint(1)) == verdict
    assert list(sluice.registry.verdicts()) == [verdict]


async def test_a_guarded_type_is_kept_and_says_why(start: Start) -> None:
    sluice = await start()
    verdict = await sluice.judge(1, severity="error")
    assert (verdict.action, verdict.guards) == ("keep", ("severity",))
    assert sluice.engine.action(1) == "keep"
    await sluice.tick()
    assert sluice.telemetry.value("sluice_verdicts", action="keep") == 1
    assert sluice.telemetry.value("sluice_verdicts_guarded", guard="severity") == 1


async def test_better_judges_are_heard_and_worse_ones_are_not(start: Start) -> None:
    sluice = await start()
    await sluice.judge(1)
    assert not sluice.registry.known(fingerprint(1), "llm")
    better = await sluice.judge(1, Facts("business_event", "high"), LLM)
    assert (better.action, better.version) == ("keep", 2)
    assert sluice.registry.known(fingerprint(1), "llm")
    assert await sluice.judge(1) == better


async def test_what_a_newer_judge_calls_by_an_unknown_word_is_kept(start: Start) -> None:
    sluice = await start()
    assert (await sluice.judge(1, Facts("noise_of_tomorrow", "high"))).category == "unclassified"
    assert (await sluice.judge(2, Facts("health_check", "certain"))).guards == ("confidence",)


async def test_forgetting_asks_for_new_evidence_and_keeps_the_version(start: Start) -> None:
    sluice = await start()
    await sluice.judge(1)
    sluice.registry.forget(fingerprint(1))
    assert sluice.engine.action(1) == "keep"
    assert sluice.engine.forgotten[-1] == fingerprint(1)
    assert not sluice.registry.known(fingerprint(1))
    assert (await sluice.judge(1)).version == 2


async def test_a_fingerprint_that_the_engine_does_not_recognise_is_withdrawn(start: Start) -> None:
    sluice = await start()
    sluice.engine.refuses.add(fingerprint(1))
    assert sluice.registry.judged(evidence(1), WASTE, RULE) is None
    assert not sluice.registry.known(fingerprint(1))
    assert sluice.unusable("judge", "refused") == 1


# Probation, rarity, lease


async def test_probation_begins_when_the_type_was_first_seen(start: Start, clock: Clock) -> None:
    sluice = await start(rules=policy(probation=Duration(HOUR)))
    await sluice.tick({1: 5})
    clock.now += 600
    await sluice.judge(1)
    assert sluice.engine.decisions[fingerprint(1)].not_before == (START + HOUR) * MS


async def test_a_rare_type_is_kept_until_it_is_rare_no_more(start: Start, clock: Clock) -> None:
    sluice = await start(rules=policy(rare_per_day=24))
    await sluice.tick({1: 5})
    assert (await sluice.judge(1)).guards == ("rarity",)
    await sluice.tick({1: 18})
    assert sluice.engine.action(1) == "keep"
    await sluice.tick({1: 1})
    assert sluice.engine.action(1) == "drop"
    verdict = sluice.registry.verdict(fingerprint(1))
    assert verdict is not None
    assert verdict.per_day == 24


async def test_a_type_that_becomes_rare_is_kept_again(start: Start, clock: Clock) -> None:
    sluice = await start(rules=policy(rare_per_day=24))
    await sluice.tick({1: 23})
    await sluice.judge(1)
    clock.now += 2 * HOUR
    await sluice.tick({1: 20})
    assert sluice.engine.action(1) == "drop"
    # What the verdict says counts as much as what is counted here: 43 a day, until its lease is renewed.
    for _ in range(30):
        clock.now += HOUR
        await sluice.tick()
    assert sluice.engine.action(1) == "drop"
    clock.now = START + 27 * DAY
    await sluice.tick({1: 1})
    for _ in range(3):
        clock.now += HOUR
        await sluice.tick({1: 1})
    clock.now = START + 29 * DAY
    await sluice.tick({1: 1})
    assert sluice.engine.action(1) == "keep"


async def test_a_lease_ends_and_the_type_is_kept_and_asked_about(start: Start, clock: Clock) -> None:
    sluice = await start(rules=policy(lease=Duration(DAY)))
    await sluice.judge(1)
    assert sluice.engine.decisions[fingerprint(1)].expires_at == (START + DAY) * MS
    clock.now += DAY
    assert not sluice.registry.known(fingerprint(1))
    await sluice.tick()
    assert sluice.engine.action(1) == "keep"
    assert sluice.engine.forgotten == [fingerprint(1)]
    assert sluice.registry.verdict(fingerprint(1)) is None


async def test_a_type_still_seen_renews_its_lease_between_80_and_95_percent(start: Start, clock: Clock) -> None:
    sluice = await start(rules=policy(lease=Duration(1_000 * HOUR)))
    judged = range(1, 30)
    for number in judged:
        await sluice.judge(number << 96)
    renewed: dict[int, float] = {}
    while clock.now < START + 1_000 * HOUR:
        clock.now += HOUR
        await sluice.tick(dict.fromkeys((number << 96 for number in judged), 1))
        for number in judged:
            verdict = sluice.registry.verdict(fingerprint(number << 96))
            assert verdict is not None
            if verdict.version == 2 and number not in renewed:
                renewed[number] = (clock.now - START) / HOUR
    assert set(renewed) == set(judged)
    assert min(renewed.values()) >= 799
    assert max(renewed.values()) <= 951


async def test_leases_are_spread_by_fingerprint(start: Start, clock: Clock) -> None:
    sluice = await start(rules=policy(lease=Duration(1_000 * HOUR)))
    numbers = [number * 0x9E3779B97F4A7C15 << 64 for number in range(1, 17)]
    numbers = [number % (1 << 128) for number in numbers]
    for number in numbers:
        await sluice.judge(number)
    renewals = 0
    clock.now += 870 * HOUR
    await sluice.tick(dict.fromkeys(numbers, 1))
    for number in numbers:
        verdict = sluice.registry.verdict(fingerprint(number))
        assert verdict is not None
        renewals += verdict.version == 2
    assert 0 < renewals < len(numbers)


async def test_a_type_not_seen_since_keeps_its_end(start: Start, clock: Clock) -> None:
    sluice = await start(rules=policy(lease=Duration(DAY)))
    await sluice.tick({1: 1})
    await sluice.judge(1)
    clock.now += 0.99 * DAY
    await sluice.tick()
    assert sluice.engine.decisions[fingerprint(1)].expires_at == (START + DAY) * MS
    clock.now += 1
    await sluice.tick({1: 1})
    assert sluice.engine.decisions[fingerprint(1)].expires_at == (clock.now + DAY) * MS


@pytest.mark.parametrize("shift", [-HOUR, HOUR])
async def test_a_clock_that_jumps_an_hour_ends_no_lease_beyond_that(start: Start, clock: Clock, shift: float) -> None:
    sluice = await start(rules=policy(lease=Duration(DAY), rare_per_day=24))
    await sluice.tick({1: 100})
    await sluice.judge(1)
    await sluice.tick({2: 10})
    await sluice.judge(2)
    clock.now += shift
    await sluice.tick({1: 1, 2: 1})
    decision = sluice.engine.decisions[fingerprint(1)]
    assert decision.expires_at is not None
    assert abs(decision.expires_at / MS - (START + DAY)) <= HOUR
    assert sluice.registry.known(fingerprint(1))
    assert sluice.engine.action(1) == "drop"
    assert sluice.engine.action(2) == "keep"
    clock.now -= shift
    await sluice.tick({1: 1})
    assert sluice.engine.action(1) == "drop"


# The policy


async def test_a_reload_decides_everything_anew_without_asking(start: Start) -> None:
    sluice = await start()
    for number in range(1, 301):
        await sluice.judge(number)
    await sluice.registry.reload(policy(actions={"health_check": action("keep")}))
    assert {sluice.engine.action(number) for number in range(1, 301)} == {"keep"}
    await sluice.registry.reload(policy())
    assert {sluice.engine.action(number) for number in range(1, 301)} == {"drop"}
    assert sluice.engine.forgotten == []


async def test_during_a_reload_the_weaker_mode_holds(start: Start) -> None:
    sluice = await start(rules=policy(mode="observe"))
    await sluice.judge(1)
    await sluice.registry.reload(policy(mode="drop", protect=(Protect(service="shop"),)))
    assert [one.logs for one in sluice.engine.policies] == ["observe", "observe", "drop"]
    assert sluice.engine.action(1) == "keep"


async def test_a_longer_probation_holds_at_reload(start: Start) -> None:
    sluice = await start()
    await sluice.judge(1)
    await sluice.registry.reload(policy(probation=Duration(DAY)))
    assert sluice.engine.decisions[fingerprint(1)].not_before == (START + DAY) * MS


# The operator


async def test_the_operators_word_overrules_until_it_is_taken_back(start: Start, clock: Clock) -> None:
    sluice = await start()
    await sluice.judge(1)
    sluice.registry.overrule(override(clock, 1, "keep"))
    assert sluice.engine.action(1) == "keep"
    clock.now += 100 * DAY
    await sluice.tick({1: 1})
    assert sluice.registry.known(fingerprint(1))
    verdict = sluice.registry.verdict(fingerprint(1))
    assert verdict is not None
    assert (verdict.source.kind, verdict.expires_at) == ("operator", None)
    sluice.registry.overrule(override(clock, 1, "limit 5/m"))
    assert sluice.engine.decisions[fingerprint(1)].keep_rate == "5/m"
    sluice.registry.release(fingerprint(1))
    assert not sluice.registry.known(fingerprint(1))


async def test_taking_it_back_returns_to_the_facts(start: Start, clock: Clock) -> None:
    sluice = await start()
    await sluice.judge(1)
    sluice.registry.overrule(override(clock, 1, "keep"))
    sluice.registry.release(fingerprint(1))
    assert sluice.engine.action(1) == "drop"


async def test_an_operator_can_decide_what_nobody_judged(start: Start, clock: Clock) -> None:
    sluice = await start()
    sluice.registry.overrule(override(clock, 1, "drop"))
    assert sluice.engine.action(1) == "drop"
    assert sluice.registry.known(fingerprint(1), "llm")


async def test_protect_holds_against_the_operator_and_says_so(start: Start, clock: Clock) -> None:
    sluice = await start(rules=policy(protect=(Protect(service="shop"),)))
    sluice.registry.overrule(override(clock, 1, "drop"))
    verdict = sluice.registry.verdict(fingerprint(1))
    assert verdict is not None
    assert (verdict.action, verdict.guards) == ("keep", ("protect",))


# Restart


async def test_a_restart_remembers_facts_operators_and_volumes(start: Start, clock: Clock) -> None:
    sluice = await start(rules=policy(rare_per_day=24, probation=Duration(HOUR)))
    await sluice.tick({1: 100, 2: 100, 3: 3})
    for number in (1, 2, 3):
        await sluice.judge(number)
    sluice.registry.overrule(override(clock, 2, "sample 5%"))
    sluice.registry.overrule(override(clock, 9, "drop"))
    before = {verdict.fingerprint: verdict for verdict in sluice.registry.verdicts()}
    decisions = sluice.engine.decisions

    again = await start(rules=policy(rare_per_day=24, probation=Duration(HOUR)))
    assert {verdict.fingerprint: verdict for verdict in again.registry.verdicts()} == before
    assert again.engine.decisions == decisions
    assert all(again.registry.known(fingerprint(number)) for number in (1, 2, 3, 9))
    assert again.registry.override(fingerprint(2)) == sluice.registry.override(fingerprint(2))
    await again.tick({3: 21})
    assert again.engine.action(3) == "drop"


async def test_a_restart_by_another_policy_decides_by_that(start: Start) -> None:
    sluice = await start()
    await sluice.judge(1)
    again = await start(rules=policy(actions={"health_check": action("keep")}))
    assert again.engine.action(1) == "keep"
    assert again.engine.forgotten == []


async def test_what_expired_while_we_were_away_is_not_in_force(start: Start, clock: Clock) -> None:
    sluice = await start()
    await sluice.judge(1)
    clock.now += 31 * DAY
    again = await start()
    assert again.engine.decisions == {}
    assert not again.registry.known(fingerprint(1))


async def test_what_another_ruleset_says_that_is_nothing_here_is_of_no_effect(start: Start, clock: Clock) -> None:
    sluice = await start()
    await sluice.judge(1)
    sluice.registry.overrule(override(clock, 2, "drop"))
    again = await start(ruleset="2")
    assert again.engine.decisions == {}
    assert again.unusable("store", "ruleset") == 1


async def test_the_command_line_overrules_through_the_store(start: Start, clock: Clock, tmp_path: Path) -> None:
    sluice = await start()
    await sluice.judge(1)
    other = Sluice(tmp_path / "here.db", clock)
    await other.store.open()
    await other.store.overrule(fingerprint(1), msgspec.json.encode(override(clock, 1, "keep")))
    await _until(lambda: sluice.engine.action(1) == "keep")
    await other.store.overrule(fingerprint(1), None)
    await _until(lambda: sluice.engine.action(1) == "drop")
    await other.store.close()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)
