"""When a reader goes on where it was, and when it must begin anew."""

from __future__ import annotations

import asyncio

from kafka_peers import own_topics
from real.kafka import Kafka, compact
from sluice.config.model import KafkaConfig
from sluice.verdicts.kafka.access import Access
from sluice.verdicts.kafka.cluster import Cluster
from sluice.verdicts.kafka.reading import Reading


class Clock:
    """Seconds, by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def read_to_the_end(kafka: Kafka, reading: Reading, topic: str) -> tuple[list[bytes | None], bool]:
    """The keys that were handed out by a new cluster, and whether that completed a read."""
    keys: list[bytes | None] = []
    arrived = False
    async with await Cluster.connect(Access(KafkaConfig(brokers=(kafka.bootstrap,)))) as cluster:
        await reading.resume(cluster, await cluster.layout([topic]))
        async with asyncio.timeout(60):
            while True:
                records = list(await reading.poll(cluster))
                keys += [record.key for _, record in records]
                arrived = reading.arrived() or arrived
                if not records:
                    return keys, arrived


async def test_a_reader_goes_on_where_it_was(kafka: Kafka) -> None:
    topic = own_topics().verdicts
    await kafka.create(topic, **compact())
    await kafka.produce(topic, [("a", b"1"), ("b", b"2")])
    reading = Reading([topic])
    assert await read_to_the_end(kafka, reading, topic) == ([b"a", b"b"], True)
    await kafka.produce(topic, [("c", b"3")])
    assert await read_to_the_end(kafka, reading, topic) == ([b"c"], False)


async def test_a_reader_that_was_away_for_long_reads_everything_again(kafka: Kafka) -> None:
    topic = own_topics().verdicts
    await kafka.create(topic, **compact())
    await kafka.produce(topic, [("a", b"1"), ("b", b"2")])
    clock = Clock()
    reading = Reading([topic], clock)
    assert await read_to_the_end(kafka, reading, topic) == ([b"a", b"b"], True)
    clock.now += 2 * 3600
    assert await read_to_the_end(kafka, reading, topic) == ([b"a", b"b"], True)
