"""The tokens of a day: never exceeded, whatever happens in the middle of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
import pytest

from panel_world import CALL, COST, DAY, Scripted, Time, World, reply
from sluice.classify.panel import Call
from sluice.classify.providers.model import Usage
from sluice.errors import OverBudget, ProviderError, RateLimited, Rejected, Unauthorized, Unavailable
from sluice.verdicts.store import NoteRow


@pytest.fixture
def world(tmp_path: Path) -> Callable[..., World]:
    return lambda *models, **settings: World(tmp_path / "sluice.db", *models, **settings)


async def test_a_call_costs_what_the_provider_counted(world):
    async with world(Scripted("first")) as here:
        answer = await here.panel.ask(CALL)
        here.panel.judged(answer.provider, 7)
        assert here.budget.today == COST.total == 1_000
        await here.store.flush()
        (row,) = await here.store.spending()
        assert (row.calls, row.types, row.used, row.reserved) == (1, 7, COST.total, 0)
        assert here.telemetry.value("sluice_classify_tokens", provider="first", kind="cache_read") == COST.cache_read
        assert here.telemetry.value("sluice_classify_tokens_today") == COST.total


async def test_a_call_that_may_cost_more_than_is_left_is_not_made(world):
    async with world(Scripted("first"), tokens_per_day=2_999) as here:
        await here.panel.ask(CALL)
        with pytest.raises(OverBudget, match=r"1,999 of 2,999 tokens are left of this UTC day.*may need 2,000"):
            await here.panel.ask(CALL)
        assert here.asked == [1]


async def test_concurrent_calls_never_exceed_the_day_at_any_moment(world):
    """Every call costs all it was said to cost at the worst, or less: whatever the order, the sum stays below."""
    chance = Random(7)
    spent = 0
    limit = 100_000

    class Counting(Scripted):
        async def ask(self, question):
            nonlocal spent
            self.asked.append(question.content)
            for _ in range(chance.randrange(5)):
                await asyncio.sleep(0)
            cost = chance.choice([question.max_output_tokens, chance.randrange(question.max_output_tokens)])
            spent += cost
            return reply(usage=Usage(output=cost))

    async with world(Counting("first"), tokens_per_day=limit) as here:
        refused = 0

        async def ask() -> None:
            nonlocal refused
            bound = chance.randrange(1, 4_000)
            question = msgspec.structs.replace(CALL.question, max_output_tokens=bound)
            try:
                await here.panel.ask(Call(question, bound))
            except OverBudget:
                refused += 1
            assert spent <= limit

        for _ in range(20):
            await asyncio.gather(*(ask() for _ in range(16)))
        assert refused > 100, "the bound was reached"
        assert limit - 4_000 < spent <= limit, "and used"
        assert here.budget.today == spent
        assert sum(row.bound for row in await here.store.spending()) == spent


async def test_both_providers_share_the_day(world):
    async with world(Scripted("first", Unauthorized("no")), Scripted("second"), tokens_per_day=3_500) as here:
        await here.panel.ask(CALL)
        await here.panel.ask(CALL)
        with pytest.raises(OverBudget):
            await here.panel.ask(CALL)


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("500"),
        Unauthorized("401"),
        RateLimited("429", 1.0),
        Rejected("400"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_call_that_the_provider_did_not_work_on_costs_nothing(world, error):
    async with world(Scripted("first", error, reply()), Scripted("second")) as here:
        await here.panel.ask(CALL)
        assert here.budget.today in (0, COST.total)


async def test_a_call_whose_answer_never_came_keeps_what_it_may_have_cost(world):
    async with world(Scripted("first", Unavailable("no answer in time", unsure=True), reply())) as here:
        await here.panel.ask(CALL)
        assert here.budget.today == CALL.token_bound + COST.total


async def test_a_process_that_dies_in_the_middle_of_a_call_gives_no_tokens_back(world):
    asked = asyncio.Event()

    class Stuck(Scripted):
        async def ask(self, question):
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError

    async with world(Stuck("first"), tokens_per_day=10_000) as here:
        call = asyncio.create_task(here.panel.ask(CALL))
        await asked.wait()
        # what a SIGKILL would leave: the file as another process finds it now
        async with world(Scripted("first"), tokens_per_day=CALL.token_bound + 1_999) as after:
            assert after.budget.today == CALL.token_bound
            with pytest.raises(OverBudget):
                await after.panel.ask(CALL)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert here.budget.today == CALL.token_bound, "nor does one that is stopped"


async def test_a_restart_goes_on_counting(world):
    async with world(Scripted("first")) as here:
        await here.panel.ask(CALL)
    async with world(Scripted("first"), tokens_per_day=2_999) as again:
        assert again.budget.today == COST.total
        with pytest.raises(OverBudget):
            await again.panel.ask(CALL)


async def test_a_new_utc_day_begins_with_nothing_used_and_the_old_one_is_kept(world):
    async with world(Scripted("first"), tokens_per_day=2_000) as here:
        await here.panel.ask(CALL)
        with pytest.raises(OverBudget):
            await here.panel.ask(CALL)
        here.time.now += DAY / 2 - 1
        with pytest.raises(OverBudget):
            await here.panel.ask(CALL)
        here.time.now += 1
        await here.panel.ask(CALL)
        assert [row.used for row in await here.store.spending()] == [COST.total, COST.total]
        assert here.trouble == ""


async def test_a_wait_that_ends_on_another_day_is_paid_on_that_day(world):
    first = Scripted("first", RateLimited("slow down", DAY / 2 + 60), reply())
    async with world(first, tokens_per_day=2_000) as here:
        await here.panel.ask(CALL)
        rows = {row.day: row.bound for row in await here.store.spending()}
        assert sorted(rows.values()) == [0, COST.total]
        assert here.budget.today == COST.total


async def test_a_clock_that_goes_back_finds_what_was_used(world):
    time = Time()
    async with world(Scripted("first"), tokens_per_day=2_500, time=time) as here:
        await here.panel.ask(CALL)
        time.now += DAY
        await here.panel.ask(CALL)
        time.now -= DAY
        with pytest.raises(OverBudget):
            await here.panel.ask(CALL)


async def test_a_call_whose_cost_cannot_be_recorded_is_not_made(tmp_path):
    async with World(tmp_path / "sluice.db", Scripted("first")) as here:
        await here.store.close()
        with pytest.raises(ProviderError, match="the store cannot record"):
            await here.panel.ask(CALL)
        assert here.asked == [0]
        assert here.budget.today == 0
        assert "the store cannot record" in here.trouble


async def test_no_call_is_made_where_the_next_start_would_not_know_what_it_cost(world, tmp_path):
    (tmp_path / "sluice.db").mkdir()
    async with world(Scripted("first")) as here:
        assert here.store.in_memory
        with pytest.raises(ProviderError, match="nor be opened until the next start"):
            await here.panel.ask(CALL)
        assert here.asked == [0]
        assert here.budget.today == 0
        assert "nor be opened until the next start" in here.trouble


async def test_a_row_of_something_else_that_can_never_be_written_holds_up_no_call(world):
    async with world(Scripted("first")) as here:
        here.store.save(NoteRow("a note", "\ud800"))
        await here.panel.ask(CALL)
        assert here.budget.today == COST.total
        assert here.telemetry.value("sluice_store_unwritable") == 1


async def test_no_call_is_made_that_no_row_can_hold(world):
    async with world(Scripted("first"), tokens_per_day=1 << 70) as here:
        with pytest.raises(ProviderError, match="the store cannot record"):
            await here.panel.ask(msgspec.structs.replace(CALL, token_bound=1 << 63))
        assert here.asked == [0]
        assert here.budget.today == 0


async def test_more_than_was_reserved_is_counted_and_said(world, caplog):
    usage = Usage(input=CALL.token_bound, output=1)
    async with world(Scripted("first", reply(usage=usage))) as here:
        await here.panel.ask(CALL)
        assert here.budget.today == usage.total
    assert f"cost {usage.total} tokens, {CALL.token_bound} were reserved" in caplog.text
    assert f"classification.budget.tokens_per_day: {here.budget.tokens_per_day}; lower" in caplog.text
