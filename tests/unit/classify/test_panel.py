"""The fate of every error: what is tried again, what falls back, what waits, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from panel_world import CALL, DAY, PROOF, Scripted, World, reply
from sluice.classify.panel import Budget, Call, seating
from sluice.config.model import Classification
from sluice.errors import (
    ConfigError,
    OutOfCredit,
    OverBudget,
    ProviderError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.store import Store

OUT = Unavailable("first is in trouble (529)")
MINUTES = 120.0


@pytest.fixture
def world(tmp_path: Path) -> Callable[..., World]:
    return lambda *models, **settings: World(tmp_path / "sluice.db", *models, **settings)


async def test_a_provider_in_trouble_is_asked_again_later_each_time_then_its_fallback(world):
    first, second = Scripted("first", OUT), Scripted("second")
    async with world(first, second) as here:
        answer = await here.panel.ask(CALL)
        assert (answer.provider, answer.model) == ("second", "second-model")
        assert here.asked == [4, 1]
        waits = here.time.slept
        assert len(waits) == 3
        assert all(0.5 * 2**n / 2 <= wait <= 0.5 * 2**n for n, wait in enumerate(waits)), waits
        assert here.trouble == "first is in trouble (529); second is asked meanwhile"
        assert here.telemetry.value("sluice_classify_failed", provider="first", reason="unavailable") == 4


async def test_trouble_that_passes_is_no_reason_to_fall_back(world):
    async with world(Scripted("first", OUT, OUT, OUT, reply()), Scripted("second")) as here:
        assert (await here.panel.ask(CALL)).provider == "first"
        assert here.asked == [4, 0]
        assert here.trouble == ""


@pytest.mark.parametrize("error", [Unauthorized("first refuses the key"), OutOfCredit("first wants money")])
async def test_a_key_or_credit_that_is_no_good_falls_back_at_once(world, error):
    async with world(Scripted("first", error), Scripted("second")) as here:
        assert (await here.panel.ask(CALL)).provider == "second"
        assert here.asked == [1, 1]
        assert here.time.slept == []
        assert here.trouble == f"{error}; second is asked meanwhile"


async def test_a_rate_limit_never_triggers_fallback_and_waits_as_long_as_it_is_asked_to(world):
    limits = [RateLimited("first: too many requests", seconds) for seconds in (2.0, 3600.0, 0.0, 30.0)]
    async with world(Scripted("first", *limits, reply()), Scripted("second")) as here:
        assert (await here.panel.ask(CALL)).provider == "first"
        assert here.asked == [5, 0]
        assert here.time.slept == pytest.approx([2.0, 3600.0, 0.1, 30.0])


async def test_a_rate_limit_without_a_time_is_waited_for_longer_each_time(world):
    async with world(Scripted("first", *[RateLimited("slow down", None)] * 8, reply()), Scripted("second")) as here:
        assert (await here.panel.ask(CALL)).provider == "first"
        assert here.asked == [9, 0]
        assert here.time.slept == pytest.approx(sorted(here.time.slept), rel=1)
        assert here.time.slept[-1] > 10 * here.time.slept[0]


async def test_all_calls_heed_a_rate_limit_that_one_met(world):
    first = Scripted("first", RateLimited("slow down", 60.0), reply())
    async with world(first) as here:
        began = here.time.now
        await asyncio.gather(here.panel.ask(CALL), here.panel.ask(CALL))
        assert here.time.now - began == 60.0


async def test_a_long_wait_for_a_rate_limit_is_said_while_it_lasts(world):
    said = []
    first = Scripted("first", RateLimited("first: too many requests", 30.0), reply())
    async with world(first) as here:
        here.time.on_sleep = lambda: said.append(here.trouble)
        await here.panel.ask(CALL)
        assert said == ["first: too many requests; event types wait for the judge, their records are kept"]
        assert here.trouble == ""


async def test_a_provider_that_is_out_is_left_alone_for_minutes_then_tried_by_one_call(world):
    first, second = Scripted("first", OUT), Scripted("second")
    async with world(first, second) as here:
        await here.panel.ask(CALL)
        await here.panel.ask(CALL)
        assert here.asked == [4, 2]
        here.time.now += MINUTES
        answers = await asyncio.gather(*(here.panel.ask(CALL) for _ in range(3)))
        assert {answer.provider for answer in answers} == {"second"}
        assert here.asked == [5, 5], "one probe, not tried again, and nobody waits for it"
        here.time.now += MINUTES
        await here.panel.ask(CALL)
        assert here.asked == [5, 6], "after a probe that failed it takes longer"
        here.time.now += MINUTES
        first.answers = [reply()]
        assert (await here.panel.ask(CALL)).provider == "first"
        assert here.trouble == ""
        assert (await here.panel.ask(CALL)).provider == "first"
        assert here.asked == [7, 6]


async def test_a_probe_that_is_cancelled_leaves_room_for_another(world):
    first = Scripted("first", Unauthorized("no key"))
    async with world(first) as here:
        with pytest.raises(ProviderError):
            await here.panel.ask(CALL)
        here.time.now += MINUTES
        stuck = asyncio.Event()

        async def never(question):
            stuck.set()
            await asyncio.Event().wait()

        answer, first.ask = first.ask, never
        probe = asyncio.create_task(here.panel.ask(CALL))
        await stuck.wait()
        with pytest.raises(Unavailable):
            await here.panel.ask(CALL)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        first.ask, first.answers = answer, [reply()]
        assert (await here.panel.ask(CALL)).provider == "first"


async def test_with_both_out_the_call_fails_and_health_names_both(world):
    first, second = Scripted("first", OUT), Scripted("second", Unauthorized("second refuses the key"))
    async with world(first, second) as here:
        for _ in range(2):
            with pytest.raises(ProviderError, match=r"first is in trouble.*second refuses the key"):
                await here.panel.ask(CALL)
        assert here.asked == [4, 1]
        assert here.panel.standing.provider == ""
        assert here.trouble == (
            "first is in trouble (529); second refuses the key; event types wait for the judge, their records are kept"
        )
        assert here.telemetry.value("sluice_classify_provider_in_use", provider="first") == 0


async def test_a_rejected_question_is_the_callers_matter_and_never_falls_back(world):
    async with world(Scripted("first", Rejected("first refuses the request (400)")), Scripted("second")) as here:
        assert (await here.panel.ask(CALL)).reply is None
        assert here.asked == [1, 0]
        assert here.trouble == ""


async def test_a_question_rejected_where_a_good_one_is_taken_is_its_contents_fault(world):
    first = Scripted("first", Rejected("first refuses the request (400)"), reply())
    async with world(first, Scripted("second")) as here:
        assert (await here.panel.ask(CALL, PROOF)).reply is None
        assert first.asked == ["content", "proof"]
        assert here.trouble == ""


async def test_when_a_good_question_is_rejected_too_the_provider_is_out_and_its_fallback_is_not_asked(world):
    first = Scripted("first", Rejected("first refuses the request (400)"))
    async with world(first, Scripted("second")) as here:
        with pytest.raises(ProviderError):
            await here.panel.ask(CALL, PROOF)
        with pytest.raises(ProviderError):
            await here.panel.ask(CALL)
        assert first.asked == ["content", "proof"]
        assert here.asked == [2, 0]
        assert "first rejects every request (first refuses the request (400))" in here.trouble
        here.time.now += MINUTES
        first.answers = [reply()]
        assert (await here.panel.ask(CALL)).provider == "first"
        assert here.trouble == ""


async def test_a_provider_without_a_key_is_never_asked(world):
    first, second = Scripted("first"), Scripted("second")
    async with world(first, second) as here:
        here.seats[0].breaker.lock("classification.first.api_key is not set")
        here.time.now += 1e9
        assert (await here.panel.ask(CALL)).provider == "second"
        assert here.asked == [0, 1]


async def test_calls_under_way_learn_that_the_provider_is_out(world):
    """Four calls retry at once: the first that gives up speaks for all."""
    first = Scripted("first", OUT)
    async with world(first, Scripted("second")) as here:
        answers = await asyncio.gather(*(here.panel.ask(CALL) for _ in range(4)))
        assert {answer.provider for answer in answers} == {"second"}
        assert 4 <= len(first.asked) <= 16
        here.time.now += MINUTES
        first.answers = [reply()]
        assert (await here.panel.ask(CALL)).provider == "first", "and none of them made it last longer"


async def test_each_change_is_logged_once(world, caplog):
    caplog.set_level("INFO")
    refusals = [Unauthorized(f"first refuses the key{request}") for request in ("", ", request 2", ", request 3")]
    first = Scripted("first", *refusals)
    async with world(first, Scripted("second")) as here:
        here.panel.beside = lambda: "1,000 tokens today, none waits"
        for _ in range(5):
            await here.panel.ask(CALL)
            here.time.now += 2 * MINUTES
        here.time.now += 60 * MINUTES
        first.answers = [reply()]
        for _ in range(5):
            await here.panel.ask(CALL)
    assert [record.getMessage() for record in caplog.records if record.name != "sluice.verdicts.store.database"] == [
        "first is asked",
        "provider degraded: first refuses the key; second is asked meanwhile",
        "second is asked; 1,000 tokens today, none waits",
        "provider recovered",
        "first is asked; 1,000 tokens today, none waits",
    ]


async def test_since_when_a_provider_is_asked_and_why_is_known(world):
    first = Scripted("first", Unauthorized("first refuses the key"))
    async with world(first, Scripted("second")) as here:
        began = here.panel.since
        here.time.now += 10
        await here.panel.ask(CALL)
        assert (here.panel.standing.provider, here.panel.standing.why) == ("second", "first refuses the key")
        assert here.panel.since == began + 10
        assert here.panel.model == "second-model"


async def test_the_budget_is_no_reason_to_fall_back(world):
    async with world(Scripted("first"), Scripted("second"), tokens_per_day=CALL.token_bound - 1) as here:
        with pytest.raises(OverBudget):
            await here.panel.ask(CALL)
        assert here.asked == [0, 0]
        assert "classification.budget.tokens_per_day" in here.trouble
        assert "records are kept" in here.trouble


async def test_a_budget_at_its_bound_is_said_once_a_day_though_smaller_calls_go_on(world, caplog):
    caplog.set_level("INFO")
    smaller = Call(CALL.question, 1_000)
    async with world(Scripted("first"), tokens_per_day=4_500) as here:
        await here.panel.ask(CALL)  # 1,000 tokens by the provider's count
        for size in (4_000, 3_900, 3_800):
            with pytest.raises(OverBudget):
                await here.panel.ask(Call(CALL.question, size))
            here.time.now += 60
        reported, since = here.trouble, here.panel.since
        await here.panel.ask(smaller)
        with pytest.raises(OverBudget):
            await here.panel.ask(Call(CALL.question, 3_700))
        assert (here.trouble, here.panel.since) == (reported, since)
        here.time.now += DAY
        await here.panel.ask(CALL)
        assert here.trouble == ""
    assert [record.getMessage().split(":")[0] for record in caplog.records if record.name.startswith("sluice.")] == [
        "first is asked",
        "provider degraded",
        "provider recovered",
    ]


async def test_closing_closes_every_client(world):
    first, second = Scripted("first"), Scripted("second")
    async with world(first, second):
        pass
    assert first.closed
    assert second.closed


def test_there_is_no_panel_of_rules_and_the_message_says_who_can_sit_on_one(tmp_path):
    telemetry, health = Telemetry(), HealthBoard()
    budget = Budget(1, Store(str(tmp_path / "sluice.db"), health=health, telemetry=telemetry), telemetry)
    with pytest.raises(ConfigError, match=r"classification\.provider: rules: .* give anthropic or openai"):
        seating.panel(Classification(), budget, health, telemetry)
