"""Both providers through their real SDKs against a server that speaks their wire formats: what is sent, what comes of
every answer, and what never leaves."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from real.models import Drip, Drop, Fail, Garbage, Hold, ModelServer, Say, Wire, claude, gpt
from real.waiting import DEADLINE, eventually
from sluice.classify.providers.anthropic import Anthropic
from sluice.classify.providers.model import Model, Question, Usage
from sluice.classify.providers.openai import OpenAI
from sluice.config.model import Provider
from sluice.config.units import PositiveDuration
from sluice.errors import (
    OutOfCredit,
    ProviderError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnknownModel,
)

KEY = "sk-secret-AbCdEf0123456789"
SAMPLE = "customer walrus-7731 paid by zebra card"
QUESTION = Question(
    name="judgement",
    system="Say of every entry what it is. " * 200,
    content=SAMPLE,
    schema={
        "type": "object",
        "properties": {"category": {"type": "string", "enum": ["fault", "heartbeat"]}},
        "required": ["category"],
        "additionalProperties": False,
    },
    max_output_tokens=900,
)
ANSWER = '{"category":"heartbeat"}'


@dataclass(frozen=True)
class Way:
    """One of the ways to ask: a provider, at its own address or at another one."""

    name: str
    make: Callable[..., Model]
    wire: Wire
    elsewhere: bool

    def __call__(self, server: ModelServer, *, clock: Callable[[], float] | None = None, **settings: Any) -> Model:
        url = server.anthropic_url if self.name == "anthropic" else server.openai_url
        if self.elsewhere:
            settings["base_url"] = url
        if "timeout" in settings:
            settings["timeout"] = PositiveDuration(settings["timeout"])
        more: dict[str, Any] = {} if self.elsewhere else {"api": url}
        if clock is not None:
            more["clock"] = clock
        return self.make(Provider(**{"api_key": KEY, **settings}), **more)


WAYS = {
    "anthropic": Way("anthropic", Anthropic, "anthropic", elsewhere=False),
    "anthropic elsewhere": Way("anthropic", Anthropic, "anthropic", elsewhere=True),
    "openai": Way("openai", OpenAI, "responses", elsewhere=False),
    "openai elsewhere": Way("openai", OpenAI, "chat", elsewhere=True),
}


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def way(request: pytest.FixtureRequest) -> Way:
    return request.param  # type: ignore[no-any-return]


@asynccontextmanager
async def asking(way: Way, server: ModelServer, **settings: Any) -> AsyncIterator[Model]:
    model = way(server, **settings)
    try:
        yield model
    finally:
        await model.close()


async def failure(model: Model) -> ProviderError:
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(ProviderError) as caught:
            await model.ask(QUESTION)
    return caught.value


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# What is sent


async def test_claude_is_asked_with_a_cached_prompt_a_schema_little_effort_and_nothing_else(
    models: ModelServer,
) -> None:
    async with asking(WAYS["anthropic"], models) as model:
        await model.ask(QUESTION)
    assert models.asked[0].body == {
        "model": "claude-sonnet-9",
        "max_tokens": 900,
        "system": [{"type": "text", "text": QUESTION.system, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": SAMPLE}],
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": QUESTION.schema}},
        "thinking": {"type": "disabled"},
    }


async def test_gpt_is_asked_with_a_strict_schema_no_effort_and_without_being_stored(models: ModelServer) -> None:
    async with asking(WAYS["openai"], models) as model:
        await model.ask(QUESTION)
    form = {"type": "json_schema", "name": "judgement", "schema": QUESTION.schema, "strict": True}
    assert models.asked[0].body == {
        "model": "gpt-9",
        "store": False,
        "instructions": QUESTION.system,
        "input": SAMPLE,
        "text": {"format": form},
        "max_output_tokens": 900,
        "reasoning": {"effort": "none"},
        "prompt_cache_key": "sluice-judgement",
    }


async def test_another_server_is_asked_by_chat_completions_with_a_strict_schema(models: ModelServer) -> None:
    async with asking(WAYS["openai elsewhere"], models) as model:
        await model.ask(QUESTION)
    assert models.asked[0].body == {
        "model": "gpt-9",
        "messages": [{"role": "system", "content": QUESTION.system}, {"role": "user", "content": SAMPLE}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "judgement", "schema": QUESTION.schema, "strict": True},
        },
        "max_tokens": 900,
    }


@pytest.mark.parametrize(("host", "wire"), [("eu.api.openai.com", "responses"), ("api.openai.com.example.org", "chat")])
async def test_a_region_of_openai_is_asked_as_openai_through_the_proxy_of_the_environment(
    host: str, wire: Wire, models: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", models.anthropic_url)
    model = OpenAI(Provider(api_key=KEY, base_url=f"http://{host}/v1"))
    await model.ask(QUESTION)
    await model.close()
    assert [(asked.wire, asked.headers["host"]) for asked in models.asked] == [(wire, host)]


async def test_the_configuration_alone_says_where_and_with_which_key(
    way: Way, models: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for prefix in ("ANTHROPIC", "OPENAI"):
        monkeypatch.setenv(f"{prefix}_BASE_URL", "http://127.0.0.1:9")
        monkeypatch.setenv(f"{prefix}_API_KEY", "sk-of-the-environment")
    models.key = KEY
    async with asking(way, models) as model:
        await model.ask(QUESTION)
    assert models.asked[0].headers["authorization"] == f"Bearer {KEY}"


async def test_a_model_that_takes_neither_effort_nor_thinking_off_is_asked_without(models: ModelServer) -> None:
    models.claudes.append(claude("claude-haiku-4", line="haiku", created="2025-10-01T00:00:00Z", small=False))
    async with asking(WAYS["anthropic"], models, model="claude-haiku-4") as model:
        await model.ask(QUESTION)
    assert "thinking" not in models.asked[0].body
    assert "effort" not in models.asked[0].body["output_config"]


@pytest.mark.parametrize(
    ("efforts", "settled"),
    [(("minimal", "low"), "minimal"), (("low", "high"), "low"), (("high",), None), ((), None)],
)
async def test_the_lowest_effort_that_a_model_takes_is_found_once(
    efforts: tuple[str, ...], settled: str | None, models: ModelServer
) -> None:
    models.efforts["gpt-9"] = efforts
    async with asking(WAYS["openai"], models) as model:
        await model.ask(QUESTION)
        tried = len(models.asked)
        await model.ask(QUESTION)
    assert models.asked[-1].body.get("reasoning", {}).get("effort") == settled
    assert len(models.asked) == tried + 1


async def test_concurrent_questions_settle_on_the_same_effort(models: ModelServer) -> None:
    models.efforts["gpt-9"] = ("minimal", "low")
    async with asking(WAYS["openai"], models) as model:
        await asyncio.gather(*(model.ask(QUESTION) for _ in range(4)))
        await model.ask(QUESTION)
    assert models.asked[-1].body["reasoning"] == {"effort": "minimal"}


async def test_a_gateway_that_refuses_the_older_name_of_the_limit_gets_the_newer_one(models: ModelServer) -> None:
    models.refused_parameters = ("max_tokens",)
    async with asking(WAYS["openai elsewhere"], models) as model:
        await model.ask(QUESTION)
        await model.ask(QUESTION)
    limits = [(asked.body.get("max_tokens"), asked.body.get("max_completion_tokens")) for asked in models.asked]
    assert limits == [(900, None), (None, 900), (None, 900)]


async def test_a_parameter_that_has_no_other_wording_is_a_rejection(models: ModelServer) -> None:
    models.refused_parameters = ("store",)
    async with asking(WAYS["openai"], models) as model:
        assert isinstance(await failure(model), Rejected)
    assert len(models.asked) == 1


async def test_redirects_are_not_followed(way: Way, models: ModelServer) -> None:
    with ModelServer() as other:
        target = (other.anthropic_url if way.name == "anthropic" else other.openai_url) + "/messages"
        models.play(Fail(307, headers={"Location": target}))
        async with asking(way, models) as model:
            assert isinstance(await failure(model), Unavailable)
    assert other.paths == []


# What comes back


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


async def test_an_answer_that_cost_less_than_nothing_is_none(way: Way, models: ModelServer) -> None:
    models.play(Say(ANSWER, output=-5))
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


# The fate of an error

FATES = {
    Unavailable: (408, 409, 425, 500, 502, 503, 504, 529),
    Unauthorized: (401, 403),
    UnknownModel: (404,),
    OutOfCredit: (402,),
    RateLimited: (429,),
    Rejected: (400, 413, 422),
}


@pytest.mark.parametrize(
    ("status", "error"), [(status, error) for error, statuses in FATES.items() for status in statuses]
)
async def test_every_row_of_the_table_of_fates(
    status: int, error: type[ProviderError], way: Way, models: ModelServer
) -> None:
    models.play(Fail(status))
    async with asking(way, models) as model:
        failed = await failure(model)
    assert type(failed) is error
    assert str(status) in str(failed)
    assert "request req_" in str(failed)
    assert len(models.asked) == 1, "retrying is not the provider's"


OUT_OF_MONEY = {
    "anthropic": [
        Fail(400, message="Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."),
        Fail(400, message="You have reached your specified API usage limits. You will regain access on 2027-01-01."),
        Fail(429, "enforced_spend_limit_reached"),
        Fail(429, "contract_spend_limit_reached"),
        Fail(402, "linked_organization_billing_unavailable"),
        Fail(403, type="billing_error"),
    ],
    "openai": [
        Fail(429, "insufficient_quota", "insufficient_quota"),
        Fail(429, "credit_balance_exhausted", "insufficient_quota"),
        Fail(429, "project_spend_limit_exceeded", "insufficient_quota"),
        Fail(429, "organization_usage_limit_exceeded", "insufficient_quota"),
        Fail(429, "billing_not_active"),
        Fail(400, "billing_hard_limit_reached"),
    ],
}


@pytest.mark.parametrize(
    ("name", "fail"), [(name, fail) for name, fails in OUT_OF_MONEY.items() for fail in fails], ids=str
)
async def test_a_limit_of_money_is_no_rate_limit(name: str, fail: Fail, models: ModelServer) -> None:
    models.play(fail)
    async with asking(WAYS[name], models) as model:
        assert type(await failure(model)) is OutOfCredit


@pytest.mark.parametrize("status", [400, 403])
async def test_a_model_that_the_key_may_not_use_is_unknown_whatever_the_status(
    status: int, models: ModelServer
) -> None:
    models.play(Fail(status, "model_not_found", param="model"))
    async with asking(WAYS["openai"], models) as model:
        assert type(await failure(model)) is UnknownModel


async def test_a_limit_of_growth_is_a_rate_limit(models: ModelServer) -> None:
    models.play(Fail(429, "ramp_limit_exceeded", headers={"Retry-After": "7"}))
    async with asking(WAYS["anthropic"], models) as model:
        failed = await failure(model)
    assert isinstance(failed, RateLimited)
    assert failed.retry_after == 7.0


async def test_a_request_that_no_wait_makes_room_for_is_a_rejection(models: ModelServer) -> None:
    models.play(Fail(429, type="tokens", message="Request too large for gpt-9 on tokens per min (TPM): Limit 30000"))
    async with asking(WAYS["openai"], models) as model:
        assert type(await failure(model)) is Rejected


WAITS: dict[str, tuple[dict[str, str], float | None]] = {
    "nothing said": ({}, None),
    "seconds": ({"Retry-After": "12"}, 12.0),
    "a fraction": ({"Retry-After": "0.5"}, 0.5),
    "milliseconds before seconds": ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
    "a past date": ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    "longer than a day": ({"Retry-After": "999999999"}, 86400.0),
    "below zero": ({"Retry-After": "-5"}, 0.0),
    "no number": ({"Retry-After": "nan"}, None),
    "words": ({"Retry-After": "soon"}, None),
    "seconds before resets": ({"Retry-After": "3", "x-ratelimit-reset-tokens": "6m0s"}, 3.0),
    "words and a reset": ({"Retry-After": "soon", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
    "the exhausted one": (
        {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "850ms",
            "x-ratelimit-remaining-tokens": "4000",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        0.85,
    ),
    "none exhausted": ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "1h2m3.5s"}, 3723.5),
    "a reset in words": ({"x-ratelimit-reset-tokens": "1 hour"}, None),
}


@pytest.mark.parametrize(("headers", "wait"), WAITS.values(), ids=WAITS.keys())
async def test_a_rate_limit_says_how_long_to_wait(
    headers: dict[str, str], wait: float | None, way: Way, models: ModelServer
) -> None:
    models.play(Fail(429, headers=headers))
    async with asking(way, models) as model:
        failed = await failure(model)
    assert isinstance(failed, RateLimited)
    assert failed.retry_after == wait


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("Retry-After", lambda moment: format_datetime(moment, usegmt=True)),
        ("anthropic-ratelimit-input-tokens-reset", datetime.isoformat),
        ("anthropic-ratelimit-tokens-reset", lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")),
    ],
)
async def test_a_moment_is_a_wait_until_then(
    header: str, form: Callable[[datetime], str], way: Way, models: ModelServer
) -> None:
    models.play(Fail(429, headers={header: form(datetime.now(UTC) + timedelta(hours=12))}))
    async with asking(way, models) as model:
        failed = await failure(model)
    assert isinstance(failed, RateLimited)
    assert failed.retry_after == pytest.approx(12 * 3600, abs=600)


# No answer at all


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


# Which model


async def test_the_latest_of_a_line_is_the_newest_active_one_that_keeps_to_a_schema(models: ModelServer) -> None:
    models.claudes = [
        claude("claude-opus-9", line="opus", created="2026-09-09T00:00:00Z"),
        claude("claude-sonnet-7", line="sonnet", created="2026-01-01T00:00:00Z"),
        claude("claude-sonnet-8", line="sonnet", created="2026-02-01T00:00:00Z"),
        claude("claude-sonnet-10", line="sonnet", created="2026-03-01T00:00:00Z", structured=False),
        claude("claude-sonnet-9", line="sonnet", created="2026-04-01T00:00:00Z", lifecycle="deprecated"),
        claude("claude-sonnet-x", line=None, created="2026-05-01T00:00:00Z"),
    ]
    async with asking(WAYS["anthropic"], models, model="latest-sonnet") as model:
        assert model.model == ""
        assert (await model.ask(QUESTION)).model == "claude-sonnet-8"
        assert model.model == "claude-sonnet-8"


async def test_a_listing_that_does_not_say_what_a_model_can_is_trusted(models: ModelServer) -> None:
    bare = {"type": "model", "id": "claude-sonnet-9", "created_at": "2026-09-01T00:00:00Z", "line": "sonnet"}
    listed = {"data": [bare], "has_more": False}
    models.play_listing(Garbage(json.dumps(listed).encode(), content_type="application/json"))
    async with asking(WAYS["anthropic"], models) as model:
        assert (await model.ask(QUESTION)).model == "claude-sonnet-9"
    assert models.asked[0].body["output_config"]["effort"] == "low"
    assert "thinking" not in models.asked[0].body


GENERAL = {
    "the newest": (["gpt-5.4", "gpt-5.5"], "gpt-5.5"),
    "not what is made for something else": (
        [
            *(
                "gpt-5",
                "gpt-5-mini",
                "gpt-5-nano",
                "gpt-5-pro",
                "gpt-5-codex",
                "gpt-5-chat-latest",
                "chatgpt-4o-latest",
            ),
            *("gpt-audio", "gpt-realtime", "gpt-image-2", "gpt-4o-search-preview", "gpt-4o-transcribe"),
            *("o4-mini", "chatgpt-4o-latest"),
        ],
        "gpt-5",
    ),
    "an alias before its snapshot": (["gpt-5.5", "gpt-5.5-2026-04-23"], "gpt-5.5"),
    "a snapshot without an alias": (["gpt-5.4", "gpt-5.5-2026-04-23"], "gpt-5.5-2026-04-23"),
    "of tiers the one that is general": (
        ["gpt-5.6-luna", "gpt-6.1-sol", "gpt-6.1-terra", "gpt-6.2-astra", "gpt-6.2-astra-law"],
        "gpt-6.1-sol",
    ),
    "none from before schemas": (["gpt-4.1", "gpt-4", "gpt-3.5-turbo"], "gpt-4.1"),
    "by number when of one time": (["gpt-10", "gpt-9.5"], "gpt-10"),
    "a server with one model": (["qwen3-8b"], "qwen3-8b"),
}


@pytest.mark.parametrize(("listed", "chosen"), GENERAL.values(), ids=GENERAL.keys())
async def test_the_latest_gpt_is_the_newest_general_one(listed: list[str], chosen: str, models: ModelServer) -> None:
    same_time = chosen == "gpt-10"
    models.gpts = [gpt(name, created=1_790_000_000 + (0 if same_time else place)) for place, name in enumerate(listed)]
    async with asking(WAYS["openai"], models, model="latest") as model:
        assert model.model == ""
        assert (await model.ask(QUESTION)).model == chosen
        assert model.model == chosen


async def test_without_a_model_to_choose_the_key_to_set_is_named(way: Way, models: ModelServer) -> None:
    models.claudes = [claude("claude-opus-9", line="opus", created="2026-09-09T00:00:00Z")]
    models.gpts = [gpt("whisper-1", created=1), gpt("tts-1", created=2)]
    async with asking(way, models) as model:
        failed = await failure(model)
    assert isinstance(failed, Unauthorized)
    assert f"set classification.{way.name}.model" in str(failed)


async def test_a_pinned_model_is_used_as_it_is(way: Way, models: ModelServer) -> None:
    name = "claude-sonnet-8" if way.name == "anthropic" else "gpt-8"
    async with asking(way, models, model=name) as model:
        assert model.model == name
        assert (await model.ask(QUESTION)).model == name
    assert "/v1/models" not in models.paths


async def test_a_pinned_model_that_is_unknown_is_named(way: Way, models: ModelServer) -> None:
    async with asking(way, models, model="no-such-model") as model:
        failed = await failure(model)
    assert isinstance(failed, Unauthorized)
    assert "no-such-model" in str(failed)
    assert f"classification.{way.name}.model" in str(failed)


async def test_the_latest_model_is_found_once_for_concurrent_questions(way: Way, models: ModelServer) -> None:
    async with asking(way, models) as model:
        await asyncio.gather(*(model.ask(QUESTION) for _ in range(8)))
    assert models.paths.count("/v1/models") == 1


async def test_the_latest_model_is_looked_up_again_after_a_day(way: Way, models: ModelServer) -> None:
    clock = Clock()
    async with asking(way, models, clock=clock) as model:
        old = (await model.ask(QUESTION)).model
        models.claudes.append(claude("claude-sonnet-11", line="sonnet", created="2026-11-01T00:00:00Z"))
        models.gpts.append(gpt("gpt-11", created=1_799_000_000))
        clock.now += 86399
        assert (await model.ask(QUESTION)).model == old
        clock.now += 1
        assert (await model.ask(QUESTION)).model == ("claude-sonnet-11" if way.name == "anthropic" else "gpt-11")


async def test_a_listing_that_fails_leaves_the_known_model_in_use(way: Way, models: ModelServer) -> None:
    clock = Clock()
    async with asking(way, models, clock=clock) as model:
        known = (await model.ask(QUESTION)).model
        clock.now += 86400
        models.play_listing(Fail(503))
        assert (await model.ask(QUESTION)).model == known


async def test_a_latest_model_that_is_gone_is_replaced_at_once(way: Way, models: ModelServer) -> None:
    async with asking(way, models) as model:
        await model.ask(QUESTION)
        models.claudes = [claude("claude-sonnet-12", line="sonnet", created="2026-12-01T00:00:00Z")]
        models.gpts = [gpt("gpt-12", created=1_799_000_000)]
        assert (await model.ask(QUESTION)).model in ("claude-sonnet-12", "gpt-12")


async def test_a_listing_that_fails_at_first_is_the_questions_failure(way: Way, models: ModelServer) -> None:
    models.play_listing(Fail(429, headers={"Retry-After": "4"}))
    async with asking(way, models) as model:
        assert isinstance(await failure(model), RateLimited)
        await model.ask(QUESTION)
    assert len(models.asked) == 1


# The key, and what never leaves


@pytest.mark.parametrize("key", [None, ""], ids=["unset", "empty"])
async def test_a_missing_key_says_which_key_of_the_configuration_to_set(
    key: str | None, way: Way, models: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-environment")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    async with asking(way, models, api_key=key) as model:
        failed = await failure(model)
    assert isinstance(failed, Unauthorized)
    assert str(failed).startswith(f"classification.{way.name}.api_key is not set")
    assert models.paths == []


@pytest.mark.parametrize("key", ["sk-a b", "sk-abc\n", "sk-äöü", "sk-\u200b1"], ids=ascii)
async def test_a_key_that_cannot_be_one_is_told_without_a_call(key: str, way: Way, models: ModelServer) -> None:
    async with asking(way, models, api_key=key) as model:
        failed = await failure(model)
    assert isinstance(failed, Unauthorized)
    assert key not in str(failed)
    assert models.paths == []


TELL_TALES = {
    "an error": Fail(400, message=f"bad key {KEY}, bad input {SAMPLE}"),
    "a code": Fail(400, code=SAMPLE, type=f"{KEY}"),
    "a refused key": Fail(401, message=f"Incorrect API key provided: {KEY}"),
    "a rate limit": Fail(429, message=SAMPLE),
    "an id": Fail(500, headers={"request-id": SAMPLE, "x-request-id": SAMPLE}),
    "garbage": Garbage(f"{KEY} {SAMPLE}".encode()),
    "a page of trouble": Garbage(f"{KEY} {SAMPLE}".encode(), status=503),
    "a dropped connection": Drop("within"),
}


@pytest.mark.parametrize("behaviour", TELL_TALES.values(), ids=TELL_TALES.keys())
async def test_no_error_and_no_log_tells_the_key_or_what_was_asked(
    behaviour: Any, way: Way, models: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # What ANTHROPIC_LOG and OPENAI_LOG set to debug do when the SDKs are imported.
    for name in ("anthropic", "openai", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    models.play(behaviour, ANSWER)
    async with asking(way, models) as model:
        failed = await failure(model)
        await model.ask(QUESTION)
    assert failed.__cause__ is None
    assert failed.__context__ is None
    for told in (repr(failed), caplog.text):
        assert KEY not in told
        assert "walrus" not in told


# Connecting


async def test_a_check_names_the_model_that_answered_a_real_question(way: Way, models: ModelServer) -> None:
    models.key = KEY
    async with asking(way, models) as model:
        assert await model.check() in ("claude-sonnet-9", "gpt-9")
    assert len(models.asked) == 1
    assert models.asked[0].body.get("store") in (None, False)


async def test_a_check_with_a_wrong_key_says_which_to_correct(way: Way, models: ModelServer) -> None:
    models.key = "sk-another"
    async with asking(way, models) as model:
        with pytest.raises(Unauthorized, match=rf"correct classification\.{way.name}\.api_key"):
            await model.check()


@pytest.mark.parametrize("text", ["Sure! Yes.", "{}", '{"readable":"yes"}'])
async def test_a_check_refuses_a_model_that_does_not_keep_to_the_form(text: str, way: Way, models: ModelServer) -> None:
    models.play(text)
    async with asking(way, models) as model:
        with pytest.raises(Rejected, match=rf"set classification\.{way.name}\.model"):
            await model.check()


async def test_a_provider_that_was_never_asked_closes_without_one(way: Way, models: ModelServer) -> None:
    await way(models).close()
    assert models.paths == []


def test_a_process_that_asks_no_model_imports_no_sdk() -> None:
    script = """
import sys
import sluice.cli, sluice.service
from sluice.classify.providers.anthropic import Anthropic
from sluice.classify.providers.openai import OpenAI
from sluice.config.model import Provider
Anthropic(Provider(api_key="k")), OpenAI(Provider(api_key="k"))
print(sorted({"anthropic", "openai", "httpx2", "pydantic"} & sys.modules.keys()))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
