"""A broker that dies, hangs or was never there: nothing is lost, nothing blocks, and all is well again with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kafka_peers import BRISK, own_topics, running, until
from memory_outbox import MemoryOutbox
from real.kafka import Kafka, start_kafka
from real.ports import free_port
from sluice.config.model import KafkaConfig
from sluice.errors import StoreError
from sluice.verdicts.kafka.access import Deadlines
from sluice.verdicts.topics import Timing

SOON = 30.0
"""Seconds, on a busy machine; a broker that is waited for does not come at all."""

pytestmark = pytest.mark.usefixtures("nothing_left_open")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kafka]:
    """Ours to kill; each test leaves it running."""
    broker = await start_kafka(tmp_path_factory.mktemp("kafka-to-kill"))
    yield broker
    broker.remove()


def to(broker: Kafka) -> KafkaConfig:
    return KafkaConfig(brokers=(broker.bootstrap,), topics=own_topics())


async def test_a_broker_that_is_away_at_the_start_is_named_and_used_when_it_comes(broker: Kafka) -> None:
    broker.kill()
    async with running(to(broker)) as peer:
        peer.outbox.put("verdicts", "a", b"one")
        await until(lambda: peer.trouble)
        assert broker.bootstrap in peer.trouble
        assert "connection refused" in peer.trouble
        assert not peer.connected("reader")
        await until(lambda: peer.telemetry.value("sluice_kafka_outbox") == 1)
        await broker.start()
        await until(lambda: peer.outbox.empty and peer.works())
        await until(lambda: peer.table == {("verdicts", "a"): b"one"})


async def test_no_value_is_lost_however_often_the_broker_is_killed(broker: Kafka) -> None:
    written = 0

    async with running(to(broker)) as peer:

        async def write() -> None:
            nonlocal written
            while True:
                peer.outbox.put("verdicts", f"k{written}", b"%d" % written)
                written += 1
                await asyncio.sleep(0.005)

        async with asyncio.TaskGroup() as group:
            writer = group.create_task(write())
            for _ in range(5):
                goal = written + 50
                await until(lambda goal=goal: written > goal and len(peer.table) > goal / 2)
                broker.kill()
                await until(lambda: peer.trouble)
                await broker.start()
                await until(peer.works)
            writer.cancel()
        await until(lambda: peer.outbox.empty and len(peer.table) == written)
        expected = {f"k{number}": b"%d" % number for number in range(written)}
        assert dict(await broker.read(peer.config.topics.verdicts)) == expected
        assert {key: value for (_, key), value in peer.table.items()} == expected
        assert peer.complete_reads == 1, "each time it went on where it was"


async def test_a_reader_goes_on_after_a_restart_with_what_came_meanwhile(broker: Kafka) -> None:
    config = to(broker)
    async with running(config) as peer:
        peer.outbox.put("verdicts", "before", b"1")
        await until(lambda: ("verdicts", "before") in peer.table)
        await broker.stop()
        await until(lambda: peer.trouble)
        await broker.start()
        await broker.produce(config.topics.verdicts, [("after", b"2")])
        await until(lambda: ("verdicts", "after") in peer.table and peer.works())
        assert [key for _, key, _ in peer.values] == ["before", "after"]


async def test_a_broker_that_hangs_blocks_nothing_and_loses_nothing(broker: Kafka) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    async with running(to(broker), BRISK) as peer, asyncio.TaskGroup() as group:
        await until(peer.works)
        others = group.create_task(other())
        broker.pause()
        turns = 0
        peer.outbox.put("verdicts", "a", b"one")
        await until(lambda: "did not answer" in peer.trouble)
        assert turns > 20, "the loop turned while nobody answered"
        assert not peer.outbox.empty
        broker.resume()
        await until(lambda: peer.outbox.empty and peer.works())
        await until(lambda: ("verdicts", "a") in peer.table)
        others.cancel()


@pytest.mark.parametrize("fault", ["kill", "pause"])
async def test_stop_ends_soon_and_clean_without_an_answer(broker: Kafka, fault: str) -> None:
    for moment in ("while values wait", "after it was noticed"):
        async with running(to(broker), BRISK) as peer:
            await until(peer.works)
            getattr(broker, fault)()
            peer.outbox.put("verdicts", "a", b"one")
            if moment == "after it was noticed":
                await until(lambda: peer.trouble)
            async with asyncio.timeout(SOON):
                await peer.link.stop()
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert not peer.outbox.empty
        if fault == "kill":
            await broker.start()
        else:
            broker.resume()


async def test_stop_while_a_broker_accepts_and_says_nothing_is_clean() -> None:
    connected = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, running(KafkaConfig(brokers=(f"127.0.0.1:{port}",)), Timing(deadlines=Deadlines(dial=60))):
        await connected.wait()


async def test_a_broker_that_refuses_is_tried_at_most_once_a_second() -> None:
    """The two workers together; Timing's defaults."""
    loop = asyncio.get_running_loop()
    attempts: list[float] = []

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attempts.append(loop.time())
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, running(KafkaConfig(brokers=(f"127.0.0.1:{port}",)), Timing()) as peer:
        await until(lambda: len(attempts) == 4)
        assert "broke the handshake off" in peer.trouble
    assert attempts[-1] - attempts[0] > 2.0, "three seconds but for what a busy machine takes to notice the first"


async def test_a_store_in_trouble_is_asked_what_waits_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time it would try to write as well, on its full disk."""
    loop = asyncio.get_running_loop()
    asked: list[float] = []

    async def full(_: MemoryOutbox) -> int:
        asked.append(loop.time())
        await asyncio.sleep(0)
        raise StoreError("database or disk is full")

    monkeypatch.setattr(MemoryOutbox, "backlog", full)
    async with running(KafkaConfig(brokers=(f"127.0.0.1:{free_port()}",)), Timing()):
        await until(lambda: len(asked) >= 3)
    assert asked[2] - asked[0] > 2.0, "three seconds but for what a busy machine takes to notice the first"


async def test_every_broker_is_tried_and_each_is_named_when_none_answers(broker: Kafka) -> None:
    dead = f"127.0.0.1:{free_port()}"
    topics = own_topics()
    async with running(
        KafkaConfig(brokers=(dead, broker.bootstrap, "no-such-host.invalid:9092"), topics=topics)
    ) as peer:
        await until(peer.works)
        broker.kill()
        await until(lambda: dead in peer.trouble)
        assert broker.bootstrap in peer.trouble
        assert "no-such-host.invalid:9092" in peer.trouble
    await broker.start()
