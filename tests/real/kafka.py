"""A real Kafka for the tests: the shared broker of the run, and brokers of one's own that may be killed.

The functions that look at topics use aiokafka's own producer, consumer and admin client, which nothing in Sluice
does: they see what any other Kafka client would see.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.new_partitions import NewPartitions
from aiokafka.errors import KafkaError

from real.kafka_server import Server, choose
from real.ports import free_port

READY_WITHIN = 180.0
"""Seconds; a cold broker on a busy machine takes 20."""


class Kafka:
    """One broker. `bootstrap` is its plain listener; `listeners` has the others (`SASL`, `TLS`) as host:port."""

    def __init__(self, server: Server | None, bootstrap: str, listeners: Mapping[str, str] | None = None) -> None:
        self._server = server
        self.bootstrap = bootstrap
        self.listeners = dict(listeners or {})

    async def start(self) -> None:
        """Starts it, again on the same ports with the same data; returns when it answers."""
        await asyncio.to_thread(self._own.start)
        async with asyncio.timeout(READY_WITHIN):
            while not await self._answers():
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """An orderly shutdown."""
        await asyncio.to_thread(self._own.stop)

    def kill(self) -> None:
        """SIGKILL: no goodbye to anyone."""
        self._own.kill()

    def pause(self) -> None:
        """SIGSTOP: connections stay open, nothing is answered."""
        self._own.pause()

    def resume(self) -> None:
        self._own.resume()

    def remove(self) -> None:
        self._own.remove()

    async def create(self, topic: str, *, partitions: int = 1, **config: str) -> None:
        """`config`: the topic's settings with `_` for `.`."""
        settings = {key.replace("_", "."): value for key, value in config.items()}
        async with _Admin(self.bootstrap) as admin:
            answer = await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=settings)])
        failures = [(name, code, message) for name, code, message in answer.topic_errors if code]
        assert not failures, failures

    async def add_partitions(self, topic: str, total: int) -> None:
        async with _Admin(self.bootstrap) as admin:
            await admin.create_partitions({topic: NewPartitions(total)})

    async def delete(self, topic: str) -> None:
        async with _Admin(self.bootstrap) as admin:
            await admin.delete_topics([topic])

    async def topics(self) -> set[str]:
        async with _Admin(self.bootstrap) as admin:
            return set(await admin.list_topics())

    async def config(self, topic: str) -> dict[str, str]:
        """Every setting of a topic, defaults included."""
        async with _Admin(self.bootstrap) as admin:
            [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        [(code, message, _, _, entries)] = answer.resources
        assert code == 0, message
        return {entry[0]: entry[1] for entry in entries}

    async def produce(self, topic: str, values: Iterable[tuple[str, bytes | None]]) -> None:
        """Raw values in this order, each acknowledged; small ones share batches of up to 1 MiB."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", linger_ms=5, max_batch_size=1 << 20)
        await producer.start()
        try:
            waiting = [await producer.send(topic, value, key=key.encode()) for key, value in values]
            await asyncio.gather(*waiting)
        finally:
            await producer.stop()

    async def read(self, topic: str) -> list[tuple[str, bytes | None]]:
        """All values up to the end, in log order of each partition."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            ends = await self._ends(consumer, topic)
            consumer.assign(list(ends))
            await consumer.seek_to_beginning()
            values: list[tuple[str, bytes | None]] = []
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    values += [(record.key.decode(), record.value) for record in records]
            return values
        finally:
            await consumer.stop()

    async def end_offsets(self, topic: str) -> dict[int, int]:
        """Partition to end offset: it stands still once a topic is at rest."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await consumer.start()
        try:
            return {partition.partition: end for partition, end in (await self._ends(consumer, topic)).items()}
        finally:
            # Its task must have begun, or aiokafka's stop raises CancelledError (aio-libs/aiokafka#647).
            await asyncio.sleep(0)
            await consumer.stop()

    @staticmethod
    async def _ends(consumer: AIOKafkaConsumer, topic: str) -> dict[TopicPartition, int]:
        await consumer.topics()
        partitions = [TopicPartition(topic, number) for number in await _partitions(consumer, topic)]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        return ends

    async def _answers(self) -> bool:
        host, port = self.bootstrap.rsplit(":", 1)
        try:
            _, writer = await asyncio.open_connection(host, int(port))  # aiokafka would log every vain attempt
            writer.close()
            await writer.wait_closed()
            async with _Admin(self.bootstrap) as admin:
                cluster = await admin.describe_cluster()
        except (KafkaError, OSError):
            return False
        return bool(cluster["brokers"])

    @property
    def _own(self) -> Server:
        assert self._server is not None, "the broker of TEST_KAFKA_BOOTSTRAP is not ours to stop"
        return self._server


class _Admin:
    """aiokafka's admin client, closed on every way out."""

    def __init__(self, bootstrap: str) -> None:
        self._client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=20_000)

    async def __aenter__(self) -> AIOKafkaAdminClient:
        await self._client.start()
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    consumer.subscribe([topic])
    async with asyncio.timeout(READY_WITHIN):
        while not (found := consumer.partitions_for_topic(topic)):
            await asyncio.sleep(0.05)
    consumer.unsubscribe()
    return set(found)


async def start_kafka(
    directory: Path, settings: Mapping[str, str] | None = None, users: Mapping[str, str] | None = None
) -> Kafka:
    """A broker of one's own, ready. `settings`: lines of server.properties; one that configures `listener.name.sasl`
    or `listener.name.tls` opens that listener. `users`: SCRAM users to passwords. The caller removes it."""
    settings = dict(settings or {})
    names = ["PLAINTEXT", "CONTROLLER"]
    names += [name for name in ("SASL", "TLS") if any(f"listener.name.{name.lower()}." in key for key in settings)]
    ports = {name: free_port() for name in names}
    server = choose(directory, settings, ports, users or {})
    listeners = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    broker = Kafka(server, listeners["PLAINTEXT"], listeners)
    try:
        await broker.start()
    except BaseException:
        broker.remove()
        raise
    return broker


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kafka]:
    """The broker of the run; it is never stopped, and topics need names of their own. Tests that stop or kill a
    broker use `start_kafka`."""
    given: str | None = os.environ.get("TEST_KAFKA_BOOTSTRAP")
    if given:
        yield Kafka(None, given)
        return
    broker = await start_kafka(tmp_path_factory.mktemp("kafka"))
    yield broker
    broker.remove()


@pytest.fixture
def nothing_left_open(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No task and no connection was forgotten: asyncio complains of those when they are collected."""
    yield
    gc.collect()
    complaints = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert [record.message for record in complaints if record.name == "asyncio"] == []


def compact(**more: str) -> dict[str, Any]:
    """Settings of a compacted topic, for `Kafka.create`."""
    return {"cleanup_policy": "compact", **more}
