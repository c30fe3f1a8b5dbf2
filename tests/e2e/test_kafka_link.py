"""Publishing to and reading from a broker that is well."""

from __future__ import annotations

import asyncio
import itertools
import os

import pytest

from kafka_peers import Peer, own_topics, running, until
from real.kafka import Kafka, compact
from sluice.config.model import KafkaConfig

pytestmark = pytest.mark.usefixtures("nothing_left_open")


@pytest.fixture
def config(kafka: Kafka) -> KafkaConfig:
    return KafkaConfig(brokers=(kafka.bootstrap,), topics=own_topics())


async def test_what_one_sluice_publishes_another_reads(config: KafkaConfig) -> None:
    async with running(config) as writer, running(config) as reader:
        writer.outbox.put("verdicts", "a", b"one")
        writer.outbox.put("overrides", "b", b"two")
        await until(lambda: len(reader.values) == 2)
        assert reader.table == {("verdicts", "a"): b"one", ("overrides", "b"): b"two"}
        await until(lambda: writer.outbox.empty)
        assert writer.telemetry.value("sluice_kafka_published", topic=config.topics.verdicts) == 1
        assert reader.telemetry.value("sluice_kafka_read", topic=config.topics.overrides) == 1
        assert writer.telemetry.value("sluice_kafka_outbox") == 0
        await until(writer.works)


async def test_values_of_a_key_arrive_in_the_order_of_their_versions(kafka: Kafka, config: KafkaConfig) -> None:
    await kafka.create(config.topics.verdicts, partitions=3, **compact())
    async with running(config) as peer:
        for version in range(1, 40):
            for key in ("a", "b", "c", "d"):
                peer.outbox.put("verdicts", key, b"%d" % version, version)
            await asyncio.sleep(0)
        await until(lambda: peer.outbox.empty)
        await until(lambda: len(peer.table) == 4 and set(peer.table.values()) == {b"39"})
    for key in ("a", "b", "c", "d"):
        versions = [int(value or 0) for _, name, value in peer.values if name == key]
        assert versions == sorted(versions)


async def test_keys_live_in_the_partitions_where_every_other_client_puts_them(
    kafka: Kafka, config: KafkaConfig
) -> None:
    await kafka.create(config.topics.verdicts, partitions=5, **compact())
    keys = [f"{number:032x}" for number in range(100)]
    async with running(config) as peer:
        for key in keys:
            peer.outbox.put("verdicts", key, b"ours")
        await until(lambda: peer.outbox.empty)
    ours = await kafka.end_offsets(config.topics.verdicts)
    await kafka.produce(config.topics.verdicts, [(key, b"theirs") for key in keys])
    assert await kafka.end_offsets(config.topics.verdicts) == {number: 2 * end for number, end in ours.items()}


async def test_a_tombstone_is_published_and_read_as_none(kafka: Kafka, config: KafkaConfig) -> None:
    async with running(config) as peer:
        peer.outbox.put("verdicts", "a", b"one")
        await until(lambda: peer.outbox.empty)
        peer.outbox.put("verdicts", "a", None, 2)
        await until(lambda: peer.table.get(("verdicts", "a"), b"") is None)
    assert await kafka.read(config.topics.verdicts) == [("a", b"one"), ("a", None)]


async def test_a_read_is_complete_after_everything_that_was_there_was_handed_out(
    kafka: Kafka, config: KafkaConfig
) -> None:
    await kafka.create(config.topics.verdicts, partitions=3, **compact())
    await kafka.produce(config.topics.verdicts, [(f"k{number}", b"x" * 500) for number in range(5000)])
    async with running(config) as peer:
        await until(lambda: peer.complete_reads)
        assert len(peer.table) == 5000
        await kafka.produce(config.topics.verdicts, [("later", b"1")])
        await until(lambda: len(peer.table) == 5001)
        assert peer.complete_reads == 1


async def test_empty_topics_are_read_completely(config: KafkaConfig) -> None:
    async with running(config) as peer:
        await until(lambda: peer.complete_reads == 1)
        assert peer.values == []


async def test_a_long_read_leaves_the_loop_to_others(kafka: Kafka, config: KafkaConfig) -> None:
    await kafka.create(config.topics.verdicts, **compact())
    await kafka.produce(config.topics.verdicts, [(f"k{number}", b"") for number in range(20_000)])
    seen: list[int] = []

    async def other(peer: Peer) -> None:
        while True:
            await asyncio.sleep(0)
            seen.append(len(peer.values))

    async with running(config) as peer, asyncio.TaskGroup() as group:
        others = group.create_task(other(peer))
        await until(lambda: peer.complete_reads)
        others.cancel()
    longest = max(after - before for before, after in itertools.pairwise(seen))
    assert longest < 10_000, "they arrive as one batch, but not in one step"


async def test_reading_goes_on_across_the_holes_that_compaction_leaves(kafka: Kafka, config: KafkaConfig) -> None:
    """The first batch fills a fetch, and loses its last record."""
    topic = config.topics.verdicts
    quick = {"min_cleanable_dirty_ratio": "0.01", "max_compaction_lag_ms": "100", "segment_ms": "100"}
    await kafka.create(topic, **compact(segment_bytes=str(1 << 20), **quick))
    await kafka.produce(topic, [("large", os.urandom(1_000_000)), ("small", b"first")])
    produced = 2
    async with asyncio.timeout(60):
        while produced < 8 or len(await kafka.read(topic)) > produced / 2:
            await kafka.produce(topic, [("small", os.urandom(200_000))])
            produced += 1
    left = await kafka.read(topic)
    async with running(config) as peer:
        await until(lambda: peer.complete_reads)
        assert [(key, value) for _, key, value in peer.values] == left


async def test_missing_topics_are_created_compacted(kafka: Kafka, config: KafkaConfig) -> None:
    async with running(config) as peer:
        await until(peer.works)
    for topic in (config.topics.verdicts, config.topics.overrides, config.topics.services):
        assert (await kafka.config(topic))["cleanup.policy"] == "compact"


async def test_topics_that_may_not_be_created_are_named_and_used_once_they_exist(kafka: Kafka) -> None:
    config = KafkaConfig(brokers=(kafka.bootstrap,), topics=own_topics(), create_topics=False)
    async with running(config) as peer:
        peer.outbox.put("verdicts", "a", b"one")
        await until(lambda: config.topics.overrides in peer.trouble or config.topics.verdicts in peer.trouble)
        assert "verdicts.kafka.create_topics" in peer.trouble
        assert not {config.topics.verdicts, config.topics.overrides} & await kafka.topics()
        assert not peer.outbox.empty
        await kafka.create(config.topics.verdicts, **compact())
        await kafka.create(config.topics.overrides, **compact())
        await until(lambda: peer.outbox.empty and peer.works())
        assert await kafka.read(config.topics.verdicts) == [("a", b"one")]


async def test_a_topic_that_is_not_compacted_is_used_and_named(kafka: Kafka, config: KafkaConfig) -> None:
    await kafka.create(config.topics.verdicts)
    async with running(config) as peer:
        peer.outbox.put("verdicts", "a", b"one")
        await until(lambda: ("verdicts", "a") in peer.table)
        assert config.topics.verdicts in peer.trouble
        assert "cleanup.policy" in peer.trouble


async def test_partitions_that_are_added_later_are_read(kafka: Kafka, config: KafkaConfig) -> None:
    await kafka.create(config.topics.verdicts, partitions=1, **compact())
    async with running(config) as peer:
        await until(lambda: peer.complete_reads)
        await kafka.add_partitions(config.topics.verdicts, 4)
        await kafka.produce(config.topics.verdicts, [(f"k{number}", b"1") for number in range(40)])
        await until(lambda: len(peer.table) == 40)


async def test_a_topic_that_was_created_anew_is_read_from_its_beginning(kafka: Kafka, config: KafkaConfig) -> None:
    await kafka.create(config.topics.verdicts, partitions=3, **compact())
    async with running(config) as peer:
        for number in range(20):
            peer.outbox.put("verdicts", f"k{number}", b"old")
        await until(lambda: len(peer.table) == 20)
        await kafka.delete(config.topics.verdicts)
        await until(lambda: peer.complete_reads == 2 and peer.works())
        assert set(await kafka.end_offsets(config.topics.verdicts)) == {0}
        peer.outbox.put("verdicts", "k1", b"new", 2)
        await until(lambda: peer.table["verdicts", "k1"] == b"new")


async def test_a_value_larger_than_the_broker_takes_does_not_hold_up_the_others(
    kafka: Kafka, config: KafkaConfig
) -> None:
    await kafka.create(config.topics.verdicts, **compact(max_message_bytes="2000"))
    incompressible = bytes(hash((number, "x")) % 256 for number in range(5000))
    async with running(config) as peer:
        peer.outbox.put("verdicts", "small", b"one")
        peer.outbox.put("verdicts", "large", incompressible)
        peer.outbox.put("verdicts", "also-small", b"two")
        await until(lambda: peer.outbox.empty)
        assert peer.telemetry.value("sluice_kafka_failures", client="publisher", reason="too_large") == 1
    assert {key for key, _ in await kafka.read(config.topics.verdicts)} == {"small", "also-small"}


async def test_a_value_that_its_receiver_cannot_take_does_not_hold_up_the_next_ones(
    kafka: Kafka, config: KafkaConfig
) -> None:
    await kafka.create(config.topics.verdicts, **compact())
    await kafka.produce(config.topics.verdicts, [("a", b"1"), ("bad", b"2"), ("c", b"3")])
    async with running(config, chokes_on="bad") as peer:
        await until(lambda: ("verdicts", "c") in peer.table)
        await until(peer.works)
        assert peer.telemetry.value("sluice_tasks_failed", task="kafka_reader") == 1


async def test_stop_publishes_what_still_waits(kafka: Kafka, config: KafkaConfig) -> None:
    async with running(config) as peer:
        await until(peer.works)
        for number in range(3000):
            peer.outbox.put("verdicts", f"k{number}", b"x" * 300)
    assert peer.outbox.empty
    assert len(await kafka.read(config.topics.verdicts)) == 3000
    assert asyncio.all_tasks() == {asyncio.current_task()}
