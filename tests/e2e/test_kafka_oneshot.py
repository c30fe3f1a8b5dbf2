"""What commands do with Kafka: look, read, follow, write, once and in bounded time."""

from __future__ import annotations

import asyncio

import pytest

from kafka_peers import own_topics, running, until
from real.kafka import Kafka, compact
from real.ports import free_port
from sluice.config.model import KafkaConfig
from sluice.errors import BrokerError
from sluice.verdicts.kafka.oneshot import follow, probe, publish, read_all

pytestmark = pytest.mark.usefixtures("nothing_left_open")


@pytest.fixture
def config(kafka: Kafka) -> KafkaConfig:
    return KafkaConfig(brokers=(kafka.bootstrap,), topics=own_topics())


@pytest.fixture
def nowhere() -> KafkaConfig:
    return KafkaConfig(brokers=(f"127.0.0.1:{free_port()}",))


async def test_everything_on_a_topic_is_read_once(kafka: Kafka, config: KafkaConfig) -> None:
    await kafka.create(config.topics.verdicts, partitions=3, **compact())
    values = [(f"k{number}", b"%d" % number) for number in range(300)] + [("k7", None)]
    await kafka.produce(config.topics.verdicts, values)
    read = [pair async for pair in read_all(config, "verdicts")]
    assert len(read) == 301
    assert dict(read) == dict(values)


async def test_reading_an_empty_topic_ends(kafka: Kafka, config: KafkaConfig) -> None:
    await kafka.create(config.topics.verdicts, **compact())
    assert [pair async for pair in read_all(config, "verdicts")] == []


async def test_reading_a_topic_that_is_missing_names_it_and_does_not_create_it(
    kafka: Kafka, config: KafkaConfig
) -> None:
    with pytest.raises(BrokerError, match=config.topics.verdicts):
        [pair async for pair in read_all(config, "verdicts")]
    assert config.topics.verdicts not in await kafka.topics()


async def test_an_override_that_is_published_reaches_a_running_sluice(config: KafkaConfig) -> None:
    await publish(config, "overrides", "before", b"1")
    async with running(config) as peer:
        await publish(config, "overrides", "meanwhile", b"2")
        await publish(config, "overrides", "before", None)
        await until(lambda: peer.table == {("overrides", "before"): None, ("overrides", "meanwhile"): b"2"})


async def test_following_begins_with_what_comes_next(kafka: Kafka, config: KafkaConfig) -> None:
    await publish(config, "verdicts", "old", b"1")
    seen: list[tuple[str, bytes | None]] = []

    async def watch() -> None:
        async for key, value in follow(config, "verdicts"):
            seen.append((key, value))

    watching = asyncio.create_task(watch())
    async with asyncio.timeout(60):
        while not seen:  # until it follows, each of these may have come too early
            await kafka.produce(config.topics.verdicts, [("new", b"2")])
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert ("old", b"1") not in seen
    assert set(seen) == {("new", b"2")}


async def test_a_probe_accepts_missing_topics_that_it_could_create_and_leaves_them(
    kafka: Kafka, config: KafkaConfig
) -> None:
    await probe(config)
    assert config.topics.verdicts not in await kafka.topics()


async def test_a_probe_names_missing_topics_that_it_may_not_create(kafka: Kafka) -> None:
    config = KafkaConfig(brokers=(kafka.bootstrap,), topics=own_topics(), create_topics=False)
    with pytest.raises(BrokerError, match=f"{config.topics.verdicts}.*create_topics"):
        await probe(config)


async def test_a_probe_looks_at_the_claims_where_a_model_is_asked(kafka: Kafka) -> None:
    topics = own_topics()
    config = KafkaConfig(brokers=(kafka.bootstrap,), topics=topics, create_topics=False)
    for topic in (topics.verdicts, topics.overrides):
        await kafka.create(topic)
    await probe(config, claims=False)  # services may be created by who first writes to it
    with pytest.raises(BrokerError, match=f"{topics.claims} does not exist.*cleanup.policy=delete"):
        await probe(config, claims=True)


async def test_a_broker_that_is_away_is_named_by_every_command(nowhere: KafkaConfig) -> None:
    with pytest.raises(BrokerError, match=f"{nowhere.brokers[0]} cannot be reached: connection refused"):
        await probe(nowhere)
    with pytest.raises(BrokerError, match=nowhere.brokers[0]):
        await publish(nowhere, "overrides", "a", b"1")
    with pytest.raises(BrokerError, match=nowhere.brokers[0]):
        [pair async for pair in read_all(nowhere, "verdicts")]
    with pytest.raises(BrokerError, match=nowhere.brokers[0]):
        [pair async for pair in follow(nowhere, "verdicts")]
