"""Replicas that share a topic and a model: each event type is asked about once in all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from frames import asking, sharing
from honest import asked_about, honest
from real.kafka import Kafka
from real.models import Hold, ModelServer, Say
from real.otlp import Sender, logs
from real.sluice import Sluice
from real.waiting import wait_until
from replicas import can_claim
from sluice.config.model import Topics
from sluice.verdicts.claims import LIFETIME

WORDS = [f"{first}{second}" for first in "abcdefgh" for second in ("lpha", "ravo", "harlie", "elta", "cho")]
LINES = [f"{word} shipped the order to {word[::-1]}" for word in WORDS]
"""Two words differ at a time: one alone, or one said twice, would turn out to be data and make them all one type."""


@pytest.fixture
def replica(kafka: Kafka, topics: Topics, model: ModelServer, tmp_path: Path) -> Iterator[Callable[[str], Sluice]]:
    made: list[Sluice] = []

    def make(name: str) -> Sluice:
        config: dict[str, Any] = {
            "exporters": {"nop": {}},
            **asking(model),
            **sharing(kafka, topics),
            "service": {"instance_id": name},
        }
        config["classification"]["queue"] = {"batch_size": 8}
        made.append(Sluice(tmp_path, config, name=name))
        return made[-1]

    yield make
    for sluice in made:
        sluice.kill()


def send_to(sluice: Sluice, *lines: str) -> None:
    with Sender(sluice.grpc_port) as sender:
        for _ in range(3):
            sender.export(logs(*lines))


def verdicts(sluice: Sluice) -> int:
    return sluice.metrics()("sluice_verdicts")


def claimed_elsewhere(sluice: Sluice) -> int:
    return sluice.metrics()("sluice_classify_claims", outcome="elsewhere")


async def test_replicas_ask_about_each_event_type_once_in_all(
    kafka: Kafka, topics: Topics, replica: Callable[[str], Sluice], model: ModelServer
) -> None:
    """The model answers when a type is wanted by two: there are more calls at once than batches."""
    contended = Event()
    model.answer = lambda asked: Hold(until=contended, then=Say(honest(asked)))
    await kafka.create(topics.claims)
    replicas = [replica(name) for name in ("one", "two", "three")]
    for sluice in replicas:
        sluice.start()
    can_claim(*replicas)
    senders = [Thread(target=send_to, args=(sluice, *LINES)) for sluice in replicas]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    wait_until(lambda: sum(claimed_elsewhere(sluice) for sluice in replicas), "types that another one asks about")
    contended.set()
    for sluice in replicas:
        wait_until(lambda sluice=sluice: verdicts(sluice) == len(LINES), "every verdict everywhere")
        wait_until(lambda sluice=sluice: not sluice.metrics()("sluice_classify_queue_length"), "nothing waits")
    assert asked_about(model.asked, *WORDS) == dict.fromkeys(WORDS, 1)
    assert sum(sluice.metrics()("sluice_classify_judged") for sluice in replicas) == len(LINES)
    for sluice in replicas:
        sluice.stop()


async def test_what_a_killed_replica_was_asking_about_is_asked_by_another(
    kafka: Kafka, topics: Topics, replica: Callable[[str], Sluice], model: ModelServer
) -> None:
    model.answer = lambda asked: Hold() if asked_about([asked], "alpha") else honest(asked)
    await kafka.create(topics.claims)
    dies, lives = replica("dies"), replica("lives")
    dies.start()
    can_claim(dies)
    send_to(dies, LINES[0])
    wait_until(lambda: asked_about(model.asked, "alpha")["alpha"] == 1, "it has asked")
    lives.start()
    can_claim(lives)
    send_to(lives, LINES[0])
    wait_until(lambda: claimed_elsewhere(lives), "the other one waits for it")
    dies.kill()
    model.answer = honest
    wait_until(lambda: verdicts(lives) == 1, "taken over", within=3 * LIFETIME)
    assert asked_about(model.asked, "alpha") == {"alpha": 2}
    lives.stop()
