"""Evidence on its way from other threads to the loop."""

from __future__ import annotations

import asyncio
import threading

import msgspec
import pytest

from made_evidence import evidence
from sluice.classify.intake import Intake
from sluice.telemetry import Telemetry


def committed(*templates: str) -> bytes:
    return msgspec.json.encode([evidence(template) for template in templates])


async def test_what_a_thread_offers_arrives_in_order():
    intake = Intake(Telemetry())
    intake.open()
    offers = [committed(f"a{n}", f"b{n}") for n in range(50)]
    thread = threading.Thread(target=lambda: [intake.offer(offer) for offer in offers])
    thread.start()
    async with asyncio.timeout(60):
        arrived = [await intake.take() for _ in offers]
    thread.join()
    assert [entry.template for entries in arrived for entry in entries] == [
        f"{name}{n}" for n in range(50) for name in "ab"
    ]


async def test_what_came_before_it_was_opened_is_kept():
    intake = Intake(Telemetry())
    assert intake.offer(committed("early"))
    intake.open()
    async with asyncio.timeout(60):
        (entry,) = await intake.take()
    assert entry.template == "early"


def test_beyond_its_bound_it_refuses_and_counts_types():
    telemetry = Telemetry()
    small = committed("a")
    intake = Intake(telemetry, pending_bytes=len(small) + 10)
    assert intake.offer(small)
    tricky = msgspec.json.encode([evidence('a <q> "fingerprint": b', samples=('"fingerprint":',)), evidence("c")])
    assert not intake.offer(tricky)
    assert telemetry.value("sluice_classify_queue_refused") == 2


async def test_once_closed_nothing_is_kept_and_nobody_is_woken():
    intake = Intake(Telemetry())
    intake.open()
    intake.close()
    assert not intake.offer(committed("late"))
    waiting = asyncio.create_task(intake.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_large_hand_over_lets_the_loop_turn():
    intake = Intake(Telemetry())
    intake.open()
    intake.offer(committed(*(f"line {n}" for n in range(500))))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counter = asyncio.create_task(count())
    entries = await intake.take()
    counter.cancel()
    assert len(entries) == 500
    assert turns >= 30
