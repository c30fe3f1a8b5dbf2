"""What both providers are sent."""

from __future__ import annotations

import asyncio

import pytest

from provider_ways import KEY, QUESTION, SAMPLE, WAYS, Way, asking, failure
from real.models import Fail, ModelServer, Wire, claude
from sluice.classify.providers.openai import OpenAI
from sluice.config.model import Provider
from sluice.errors import (
    Rejected,
    Unavailable,
)


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
