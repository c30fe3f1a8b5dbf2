"""A broker that dies, hangs or was never there, beside a running process: ingest goes on, nothing judged is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from frames import sharing
from kafka_peers import own_topics
from real.kafka import Kafka, start_kafka
from real.otlp import NextHop, Sender, bodies, logs
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from sluice.config.model import Topics
from sluice.engine import Signal
from traffic import PROBE, order, teach, teach_probe

HEARTBEAT = "heartbeat 1 sent"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kafka]:
    """Ours to kill; each test leaves it running."""
    broker = await start_kafka(tmp_path_factory.mktemp("kafka-beside-a-process"))
    yield broker
    broker.remove()


def publishing(broker: Kafka, topics: Topics, next_hop: NextHop) -> dict[str, Any]:
    return {"exporters": forwarding_to(next_hop.endpoint), **sharing(broker, topics)}


async def categories(broker: Kafka, topics: Topics) -> set[str]:
    """Of the verdicts on the topic."""
    latest = dict(await broker.read(topics.verdicts))
    return {json.loads(value)["category"] for value in latest.values() if value is not None}


def trouble(sluice: Sluice) -> str:
    """What health says of Kafka; that ingest is healthy is asserted each time."""
    health = sluice.health()
    assert health.status == 200
    return health.degraded.get("kafka", {}).get("reason", "")


def still_works(sluice: Sluice, next_hop: NextHop) -> None:
    """An order is forwarded, a probe dropped."""
    before = len(next_hop.arrivals)
    with Sender(sluice.grpc_port) as sender:
        sender.export(logs(order(1), PROBE))
    assert [order(1)] == [body for arrival in next_hop.arrivals[before:] for body in bodies(arrival.request)]


@pytest.mark.parametrize("fault", ["kill", "pause"])
async def test_what_is_judged_while_the_broker_is_away_is_published_when_it_is_back(
    broker: Kafka, next_hop: NextHop, tmp_path: Path, fault: str
) -> None:
    topics = own_topics()
    with Sluice(tmp_path, publishing(broker, topics, next_hop)) as sluice:
        teach_probe(sluice)
        wait_until(lambda: sluice.metrics()("sluice_kafka_published") == 1, "the first verdict published")
        getattr(broker, fault)()
        teach(sluice, (Signal.LOGS, logs(HEARTBEAT)))
        wait_until(lambda: broker.bootstrap in trouble(sluice), "a degraded Kafka")
        still_works(sluice, next_hop)
        if fault == "kill":
            await broker.start()
        else:
            broker.resume()
        wait_until(lambda: not trouble(sluice), "a healthy Kafka")
        wait_until(lambda: sluice.metrics()("sluice_kafka_outbox") == 0, "an empty outbox")
    assert await categories(broker, topics) == {"health_check", "heartbeat"}


async def test_a_broker_that_is_down_at_the_start_is_named_and_all_is_published_when_it_comes(
    broker: Kafka, next_hop: NextHop, tmp_path: Path
) -> None:
    """In between the process is killed: what waits for the broker lies in the store, and is asked about no more."""
    topics = own_topics()
    broker.kill()
    with Sluice(tmp_path, publishing(broker, topics, next_hop)) as sluice:
        wait_until(lambda: broker.bootstrap in trouble(sluice), "a degraded Kafka")
        teach_probe(sluice)
        still_works(sluice, next_hop)
        wait_until(lambda: sluice.metrics()("sluice_kafka_outbox") == 1, "the verdict in the outbox")
        sluice.kill()
        sluice.start()
        still_works(sluice, next_hop)
        await broker.start()
        wait_until(lambda: not trouble(sluice), "a healthy Kafka")
        wait_until(lambda: sluice.metrics()("sluice_kafka_published") >= 1, "the verdict published")
        assert sluice.metrics()("sluice_classify_judged", category="health_check") == 0
    assert "health_check" in await categories(broker, topics)
