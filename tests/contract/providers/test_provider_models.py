"""Which model is asked."""

from __future__ import annotations

import asyncio
import json

import pytest

from provider_ways import QUESTION, WAYS, Clock, Way, asking, failure
from real.models import Fail, Garbage, ModelServer, claude, gpt
from sluice.errors import (
    RateLimited,
    Unauthorized,
)


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
