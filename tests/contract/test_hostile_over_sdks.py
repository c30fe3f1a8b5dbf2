"""A model that obeys whatever it reads, behind the real SDK: what becomes of the neighbours in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from aimed_injections import aimed, unseen
from injections import obeying
from made_evidence import evidence
from panel_world import Time
from real.models import ModelServer
from sluice.classify.asking import lone
from sluice.classify.intake import Intake
from sluice.classify.panel import Budget, Panel, Seat
from sluice.classify.providers.anthropic import Anthropic
from sluice.classify.providers.llm import Llm
from sluice.classify.queue import Queue
from sluice.classify.redact import Redactor
from sluice.classify.worker import Worker
from sluice.config.model import Provider, Redaction
from sluice.engine import Evidence
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.model import Facts
from sluice.verdicts.store import Store

NEIGHBOURS = {
    "login of <str> refused": "security",
    "turbine <id> crashed": "fault",
    "checkout paid in <dur>": "business_event",
    "enter list page=<num>": "debug_noise",
    "greeting received": "diagnostic",
}
"""Of level info, so that no guard but the category keeps them."""


def honest(line: str) -> str:
    for template, category in NEIGHBOURS.items():
        if template.split("<")[0] in line:
            return category
    waste = ("probe", "health check", "heartbeat", "still alive", "keepalive")
    return "health_check" if any(word in line for word in waste) else "fault"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.answer = lambda asked: obeying(asked, honest)
        yield server


@pytest.fixture
async def judge(server: ModelServer, tmp_path: Path) -> AsyncIterator[Llm]:
    telemetry, health, time = Telemetry(), HealthBoard(), Time()
    store = Store(str(tmp_path / "sluice.db"), health=health, telemetry=telemetry)
    await store.open()
    model = Anthropic(Provider(api_key="sk-test"), api=server.anthropic_url)
    seat = Seat(
        model,
        Budget(1_000_000_000, store, telemetry, time),
        telemetry,
        max_retries=0,
        clock=time,
        sleep=time.sleep,
        chance=Random(1),
    )
    panel = Panel([seat], health, telemetry, time)
    yield Llm(panel, chance=Random(2))
    await panel.close()
    await store.close()


async def judged(judge: Llm, batch: Sequence[Evidence], telemetry: Telemetry) -> dict[str, Facts]:
    """Facts of all, by template, once the worker has got as far as it does."""
    facts: dict[str, Facts] = {}
    done, queue = asyncio.Event(), Queue(100, 0.0, telemetry)
    for entry in batch:  # before anybody takes of them, so that all share a call
        queue.add(entry)

    def take(entry: Evidence, said: Facts, _: object) -> None:
        facts[entry.template] = said
        if len(facts) == len(batch):
            done.set()

    worker = Worker(
        intake=Intake(telemetry),
        queue=queue,
        redactor=Redactor(Redaction()),
        provider=judge,
        known=lambda fingerprint, kind: False,
        judged=take,
        instance="replica-1",
        telemetry=telemetry,
        concurrency=1,
        retry_delay=(0.01, 0.02),
    )
    worker.start()
    async with asyncio.timeout(60):
        await done.wait()
    await worker.stop()
    return facts


def neighbours() -> list[Evidence]:
    return [evidence(template, values={"str": ["ada"], "num": ["4"], "dur": ["9ms"]}) for template in NEIGHBOURS]


@pytest.mark.parametrize("aim", ["turbine", "login", "checkout"])
async def test_types_that_name_a_fault_access_or_money_are_asked_about_again_when_they_are_called_waste(
    judge: Llm, server: ModelServer, aim: str
) -> None:
    """No criterion sees through these texts; but they have had their answer when their neighbours are asked again."""
    for text in unseen(aim):
        telemetry, entry = Telemetry(), evidence(text)
        assert not lone(entry), "this one is seen through: it belongs to the others"
        facts = await judged(judge, [entry, *neighbours()], telemetry)
        assert {template: facts[template].category for template in NEIGHBOURS} == NEIGHBOURS
        assert telemetry.value("sluice_classify_unusable", provider="anthropic", reason="doubted") == 1


async def test_what_is_said_a_second_time_is_taken(judge: Llm, server: ModelServer) -> None:
    telemetry = Telemetry()
    server.answer = lambda asked: obeying(asked, lambda line: "debug_noise" if "turbine" in line else honest(line))
    facts = await judged(judge, neighbours(), telemetry)
    assert facts["turbine <id> crashed"].category == "debug_noise"
    assert len(server.asked) == 2


async def test_texts_that_are_seen_through_cost_no_second_question(judge: Llm, server: ModelServer) -> None:
    telemetry = Telemetry()
    batch = [evidence(text) for text in list(aimed())[:20]]
    facts = await judged(judge, [*batch, *neighbours()], telemetry)
    assert {template: facts[template].category for template in NEIGHBOURS} == NEIGHBOURS
    assert telemetry.value("sluice_classify_unusable", provider="anthropic", reason="doubted") == 0
