"""The panel over the real SDKs: what takes minutes, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random

import pytest

from honest import asked_about, honest
from made_evidence import evidence
from panel_world import Time
from real.models import Fail, ModelServer
from sluice.classify.panel import Budget, Panel, Seat
from sluice.classify.providers.anthropic import Anthropic
from sluice.classify.providers.llm import Llm
from sluice.classify.providers.openai import OpenAI
from sluice.config.model import Provider
from sluice.errors import ProviderError
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.store import Store

BATCH = [evidence(f"entering {name} of <id>", values={"id": ["b-17"]}) for name in ("alpha", "beta", "gamma")]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.answer = honest
        yield server


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def health() -> HealthBoard:
    return HealthBoard()


@pytest.fixture
async def judge(server: ModelServer, time: Time, health: HealthBoard, tmp_path: Path) -> AsyncIterator[Llm]:
    """Anthropic, then OpenAI, both on one server."""
    telemetry = Telemetry()
    store = Store(str(tmp_path / "sluice.db"), health=health, telemetry=telemetry)
    await store.open()
    budget = Budget(10_000_000, store, telemetry, time)
    settings = Provider(api_key="sk-test")
    models = (Anthropic(settings, api=server.anthropic_url), OpenAI(settings, api=server.openai_url))
    panel = Panel(
        [
            Seat(model, budget, telemetry, max_retries=2, clock=time, sleep=time.sleep, chance=Random(1))
            for model in models
        ],
        health,
        telemetry,
        time,
    )
    yield Llm(panel, chance=Random(1))
    await panel.close()
    await store.close()


async def test_a_batch_is_judged(judge: Llm, server: ModelServer) -> None:
    judgement = await judge.judge(BATCH)
    assert {facts.category for facts in judgement.facts.values()} == {"debug_noise"}
    assert set(judgement.facts) == {entry.fingerprint for entry in BATCH}
    assert (judgement.provider, judgement.model) == ("anthropic", "claude-sonnet-9")
    assert set(asked_about(server.asked, "alpha", "beta", "gamma").values()) == {1}


async def test_a_primary_that_returns_is_asked_again(
    judge: Llm, server: ModelServer, time: Time, health: HealthBoard
) -> None:
    server.play(Fail(529), Fail(529), Fail(529))
    assert (await judge.judge(BATCH)).provider == "openai"
    assert [asked.wire for asked in server.asked] == ["anthropic"] * 3 + ["responses"]
    assert (await judge.judge(BATCH)).provider == "openai"
    time.now += 120
    assert (await judge.judge(BATCH)).provider == "anthropic"
    assert health.degraded_parts() == {}


async def test_an_hour_of_rate_limit_is_waited_for(judge: Llm, server: ModelServer, time: Time) -> None:
    began = time.now
    server.play(Fail(429, headers={"retry-after": "3600"}))
    assert (await judge.judge(BATCH)).provider == "anthropic"
    assert time.now - began == pytest.approx(3600)


async def test_a_request_that_no_content_excuses_puts_the_provider_out(
    judge: Llm, server: ModelServer, health: HealthBoard
) -> None:
    server.answer = lambda asked: Fail(413)
    assert (await judge.judge(BATCH)).blame == "rejected"
    with pytest.raises(ProviderError):
        await judge.judge(BATCH[:1])
    assert [asked.wire for asked in server.asked] == ["anthropic"] * 3
    assert not asked_about(server.asked[-1:], "alpha"), "the last one was about canaries alone"
    assert "anthropic rejects every request" in health.degraded_parts()["provider"].reason


async def test_one_type_that_is_rejected_is_known_for_good_after_a_proof(judge: Llm, server: ModelServer) -> None:
    server.answer = lambda asked: Fail(422) if "alpha" in asked.content else honest(asked)
    judgement = await judge.judge(BATCH[:1])
    assert (judgement.blame, judgement.refused) == ("rejected", True)
    assert len(server.asked) == 2


@pytest.mark.parametrize("answer", ["", "no", '{"v": []}'])
async def test_a_reply_that_says_nothing_blames_one_of_the_batch(judge: Llm, server: ModelServer, answer: str) -> None:
    server.answer = lambda asked: answer
    judgement = await judge.judge(BATCH)
    assert judgement.facts == {}
    assert judgement.blame
    assert not judgement.refused


async def test_a_provider_that_says_nothing_usable_of_what_is_known_is_out_and_its_fallback_is_asked(
    judge: Llm, server: ModelServer, time: Time, health: HealthBoard
) -> None:
    server.answer = lambda asked: "" if asked.wire == "anthropic" else honest(asked)
    with pytest.raises(ProviderError):
        await judge.judge(BATCH[:1])
    assert "claude-sonnet-9 gives no usable answer" in health.degraded_parts()["provider"].reason
    assert (await judge.judge(BATCH)).provider == "openai"
    time.now += 120
    server.asked.clear()
    assert (await judge.judge(BATCH)).provider == "openai"
    tried = [asked for asked in server.asked if asked.wire == "anthropic"]
    assert len(tried) == 1
    assert not asked_about(tried, "alpha", "beta", "gamma"), "whether it is back is asked about canaries alone"
    server.answer = honest
    time.now += 900
    assert (await judge.judge(BATCH)).provider == "anthropic"
    assert health.degraded_parts() == {}


async def test_with_nobody_who_says_anything_usable_types_wait(
    judge: Llm, server: ModelServer, health: HealthBoard
) -> None:
    server.answer = lambda asked: "I am no judge."
    with pytest.raises(ProviderError):
        await judge.judge(BATCH[:1])
    tried = len(server.asked)
    with pytest.raises(ProviderError):
        await judge.judge(BATCH)
    assert len(server.asked) == tried
    assert "gpt-9 gives no usable answer" in health.degraded_parts()["provider"].reason


async def test_one_type_about_which_nothing_is_said_leaves_its_provider_in(
    judge: Llm, server: ModelServer, health: HealthBoard
) -> None:
    server.answer = lambda asked: "" if "alpha" in asked.content else honest(asked)
    judgement = await judge.judge(BATCH[:1])
    assert judgement.facts == {}
    assert health.degraded_parts() == {}
    server.asked.clear()
    assert (await judge.judge(BATCH[1:])).provider == "anthropic"
    assert len(server.asked) == 1
