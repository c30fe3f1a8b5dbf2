"""What comes of every answer, and of none."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest

from provider_ways import ANSWER, KEY, QUESTION, SAMPLE, WAYS, Way, asking, failure
from real.models import Drip, Drop, Garbage, Hold, ModelServer, Say, Wire
from real.waiting import eventually
from sluice.classify.providers.model import Usage
from sluice.config.model import Provider
from sluice.errors import (
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)


async def test_an_answer_carries_text_model_and_every_class_of_tokens(way: Way, models: ModelServer) -> None:
    models.play(Say(ANSWER, input=70, cache_write=0, cache_read=1500, output=40, reasoning=25))
    async with asking(way, models) as model:
        reply = await model.ask(QUESTION)
    assert (reply.text, reply.complete, reply.model) == (ANSWER, True, model.model)
    assert reply.usage == Usage(input=70, cache_write=0, cache_read=1500, output=40)
    assert reply.usage.total == 1610


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_what_is_written_to_a_cache_is_counted_apart(name: str, models: ModelServer) -> None:
    models.play(Say(ANSWER, input=70, cache_write=1500, cache_read=0, output=9))
    async with asking(WAYS[name], models) as model:
        assert (await model.ask(QUESTION)).usage == Usage(input=70, cache_write=1500, cache_read=0, output=9)


async def test_a_constant_prompt_is_read_from_the_cache_the_second_time(way: Way, models: ModelServer) -> None:
    async with asking(way, models) as model:
        first, second = [await model.ask(QUESTION) for _ in range(2)]
    assert first.usage.cache_read == 0
    assert second.usage.cache_read > 1024
    assert first.usage.total == second.usage.total


@pytest.mark.parametrize(
    "said",
    [Say('{"category":"heart', cut=True), Say("", cut=True), Say("", refused=True), Say(ANSWER, refused=True)],
    ids=["cut within", "cut before", "refused", "refused after"],
)
async def test_an_answer_that_was_cut_or_refused_is_incomplete_with_what_text_there_is(
    said: Say, way: Way, models: ModelServer
) -> None:
    models.play(said)
    async with asking(way, models) as model:
        reply = await model.ask(QUESTION)
    assert (reply.text, reply.complete) == (said.text, False)
    assert reply.usage.input > 0


NO_ANSWERS = {
    "a page": Garbage(),
    "nothing": Garbage(b"", content_type="application/json"),
    "a cut body": Garbage(b'{"id":"msg_1","content":[{"ty', content_type="application/json"),
    "another shape": Garbage(
        b'{"model":"m","content":"text","usage":{},"output":7,"choices":[]}', 200, "application/json"
    ),
    "a list": Garbage(b"[]", content_type="application/json"),
    "no UTF-8": Garbage(b'{"model":"\xff\xfe"}', content_type="application/json"),
    "a bad encoding": Garbage(b"plain", content_type="application/json", headers={"Content-Encoding": "gzip"}),
    "a cut encoding": Garbage(
        gzip.compress(b"{}" * 999)[:20], content_type="application/json", headers={"Content-Encoding": "gzip"}
    ),
    "a page of trouble": Garbage(status=502),
}


@pytest.mark.parametrize("garbage", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
async def test_what_is_no_answer_of_the_api_is_trouble_at_the_provider(
    garbage: Garbage, way: Way, models: ModelServer
) -> None:
    models.play(garbage)
    async with asking(way, models) as model:
        assert type(await failure(model)) is Unavailable


@pytest.mark.parametrize("output", [-5, 10**12, 10**30])
async def test_an_answer_that_cost_less_than_nothing_or_more_than_can_be_is_none(
    output: int, way: Way, models: ModelServer
) -> None:
    models.play(Say(ANSWER, output=output))
    async with asking(way, models) as model:
        assert type(await failure(model)) is Unavailable


async def test_an_answer_that_does_not_say_its_tokens_is_none(way: Way, models: ModelServer) -> None:
    bodies: dict[Wire, Any] = {
        "anthropic": {"model": "m", "content": [{"type": "text", "text": ANSWER}], "stop_reason": "end_turn"},
        "responses": {"model": "m", "status": "completed", "output": [], "usage": None},
        "chat": {"model": "m", "choices": [{"message": {"content": ANSWER}, "finish_reason": "stop"}]},
    }
    models.play(Garbage(json.dumps(bodies[way.wire]).encode(), content_type="application/json"))
    async with asking(way, models) as model:
        assert type(await failure(model)) is Unavailable


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        ("failed", "server_error", Unavailable),
        ("failed", "rate_limit_exceeded", RateLimited),
        ("failed", "invalid_prompt", Rejected),
        ("cancelled", None, Unavailable),
        ("queued", None, Unavailable),
    ],
)
async def test_a_response_that_failed_under_a_good_status_line_is_a_failure(
    status: str, code: str | None, error: type[ProviderError], models: ModelServer
) -> None:
    told = {"code": code, "message": f"because of {SAMPLE}"} if code else None
    body: dict[str, Any] = {"model": "gpt-9", "status": status, "output": [], "usage": None, "error": told}
    models.play(Garbage(json.dumps(body).encode(), content_type="application/json"))
    async with asking(WAYS["openai"], models) as model:
        failed = await failure(model)
    assert type(failed) is error
    assert SAMPLE not in str(failed)


@pytest.mark.parametrize("when", ["at once", "within"])
async def test_a_dropped_connection_is_trouble_and_the_next_question_is_answered(
    when: Any, way: Way, models: ModelServer
) -> None:
    models.play(Drop(when), ANSWER)
    async with asking(way, models) as model:
        assert type(await failure(model)) is Unavailable
        assert (await model.ask(QUESTION)).text == ANSWER
    assert len(models.asked) == 2


@pytest.mark.parametrize("slow", [Hold(), Drip()], ids=["silent", "dripping"])
async def test_an_answer_that_does_not_come_in_time_is_trouble(slow: Any, way: Way, models: ModelServer) -> None:
    models.play(slow)
    async with asking(way, models, timeout=0.5) as model:
        failed = await failure(model)
    assert type(failed) is Unavailable
    assert str(failed) == f"{way.name} did not answer within 0.5 s"


@pytest.mark.parametrize("way", [WAYS["anthropic elsewhere"], WAYS["openai elsewhere"]], ids=["anthropic", "openai"])
async def test_a_server_without_tls_where_it_is_expected_is_named_with_the_reason(
    way: Way, models: ModelServer
) -> None:
    model = way.make(Provider(api_key=KEY, base_url=f"https://127.0.0.1:{models.port}"))
    failed = await failure(model)
    await model.close()
    assert type(failed) is Unavailable
    assert f"https://127.0.0.1:{models.port}: no TLS, " in str(failed)


async def test_a_server_that_is_away_is_named_with_the_reason_and_found_again(way: Way, models: ModelServer) -> None:
    models.stop()
    async with asking(way, models) as model:
        failed = await failure(model)
        models.start()
        await model.ask(QUESTION)
    assert type(failed) is Unavailable
    assert f"127.0.0.1:{models.port}" in str(failed)
    assert "connection refused" in str(failed)


async def test_a_cancelled_question_is_given_up_and_the_next_one_answered(way: Way, models: ModelServer) -> None:
    hold = Hold()
    models.play(hold, ANSWER)
    async with asking(way, models) as model:
        asked = asyncio.create_task(model.ask(QUESTION))
        await eventually(hold.begun.is_set, "the question at the server")
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert (await model.ask(QUESTION)).text == ANSWER
