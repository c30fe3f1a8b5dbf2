"""Kafka for a command: one connection, bounded time, BrokerError with what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sluice.config.model import KafkaConfig
from sluice.verdicts.kafka.access import Access
from sluice.verdicts.kafka.cluster import OK, Cluster, partition_of, refusal
from sluice.verdicts.kafka.preparing import prepare, rehearse, require
from sluice.verdicts.kafka.reading import Reading
from sluice.verdicts.kafka.records import Record, pack


async def probe(config: KafkaConfig, *, claims: bool = True) -> None:
    """Raises what would keep `run` from using this broker and its topics; creates nothing. `claims`: whether a model is
    asked, and so that topic used."""
    async with await Cluster.connect(Access(config)) as cluster:
        await rehearse(cluster, config, claims=claims)


async def read_all(config: KafkaConfig, topic: str) -> AsyncIterator[tuple[str, bytes | None]]:
    """Key and value up to the end as it was at the start, in log order of each partition; the last of a key counts.

    `topic`: a field of `config.model.Topics`.
    """
    name: str = getattr(config.topics, topic)
    reading = Reading([name])
    async with await Cluster.connect(Access(config)) as cluster:
        layout = await cluster.layout([name])
        require(layout, name)
        await reading.resume(cluster, layout)
        while not reading.complete:
            for _, record in await reading.poll(cluster):
                if record.key is not None:
                    yield record.key.decode(errors="replace"), record.value


async def follow(config: KafkaConfig, topic: str) -> AsyncIterator[tuple[str, bytes | None]]:
    """What is written from now on, until the caller stops or BrokerError is raised."""
    name: str = getattr(config.topics, topic)
    reading = Reading([name])
    async with await Cluster.connect(Access(config)) as cluster:
        layout = await cluster.layout([name])
        require(layout, name)
        await reading.skip_to_end(cluster, layout)
        while True:
            for _, record in await reading.poll(cluster):
                if record.key is not None:
                    yield record.key.decode(errors="replace"), record.value


async def publish(config: KafkaConfig, topic: str, key: str, value: bytes | None) -> None:
    """Returns when all replicas in sync have it; None is a tombstone. Creates the topics where missing and allowed."""
    name: str = getattr(config.topics, topic)
    record = Record(key.encode(), value)
    async with await Cluster.connect(Access(config)) as cluster:
        layout = await prepare(cluster, config)
        require(layout, name)
        partition = partition_of(key.encode(), layout.of(name))
        code = (await cluster.produce(layout, {partition: pack([record])}))[partition]
        if code != OK:
            raise refusal(f"topic {name} does not take the value", code)
