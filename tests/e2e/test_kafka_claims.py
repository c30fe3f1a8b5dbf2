"""Claims on a real broker: instances that want the same, one that dies, and a broker that is away."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from kafka_peers import own_topics, until
from real.kafka import Kafka, start_kafka
from sluice.config.model import KafkaConfig
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.claims import LIFETIME
from sluice.verdicts.kafka.claiming import ClaimTopic

pytestmark = pytest.mark.usefixtures("nothing_left_open")
TYPES = [f"{number:032x}" for number in range(200)]
SLOWLY = 60.0
"""Seconds that claiming may take here: a broker on a busy machine is not one that is away."""


@pytest.fixture
def config(kafka: Kafka) -> KafkaConfig:
    return KafkaConfig(brokers=(kafka.bootstrap,), topics=own_topics())


class Claimant:
    def __init__(self, config: KafkaConfig, name: str, lifetime: float, *, caught_up: bool = True) -> None:
        self.telemetry, self.health, self.caught_up = Telemetry(), HealthBoard(), asyncio.Event()
        if caught_up:
            self.caught_up.set()
        self.topic = ClaimTopic(
            config, name, self.caught_up, self.telemetry, self.health, lifetime=lifetime, within=SLOWLY
        )

    def count(self, outcome: str) -> float:
        return self.telemetry.value("sluice_classify_claims", outcome=outcome)

    @property
    def trouble(self) -> str:
        status = self.health.degraded_parts().get("claims")
        return status.reason if status else ""


@asynccontextmanager
async def claimant(
    config: KafkaConfig, name: str, lifetime: float = LIFETIME, *, caught_up: bool = True
) -> AsyncIterator[Claimant]:
    one = Claimant(config, name, lifetime, caught_up=caught_up)
    await one.topic.start()
    try:
        yield one
    finally:
        await one.topic.stop()


async def test_of_all_that_want_a_type_one_gets_it(kafka: Kafka, config: KafkaConfig) -> None:
    await kafka.create(config.topics.claims, partitions=3)
    async with claimant(config, "one") as one, claimant(config, "two") as two, claimant(config, "three") as three:
        taken = await asyncio.gather(*(each.topic.take(TYPES) for each in (one, two, three)))
        assert sorted(key for each in taken for key in each.ours) == TYPES
        for each in taken:
            assert each.ours.isdisjoint(each.elsewhere)
            assert each.ours | set(each.elsewhere) == set(TYPES)
            assert all(0 < seconds <= LIFETIME for seconds in each.elsewhere.values())
        assert one.count("ours") == len(taken[0].ours)
        assert one.count("elsewhere") == len(taken[0].elsewhere)
        again = await two.topic.take(TYPES)
        assert again.ours == taken[1].ours, "what is ours stays ours"


async def test_the_topic_is_created_to_forget(kafka: Kafka, config: KafkaConfig) -> None:
    async with claimant(config, "one") as one:
        await one.topic.take(TYPES[:1])
    settings = await kafka.config(config.topics.claims)
    assert (settings["cleanup.policy"], settings["retention.ms"]) == ("delete", "3600000")


async def test_a_claim_is_renewed_while_it_is_in_use_and_ends_when_it_is_not(config: KafkaConfig) -> None:
    async with claimant(config, "one", 6.0) as one, claimant(config, "two", 6.0) as two:
        assert (await one.topic.take(TYPES[:1])).ours
        for _ in range(2):
            taken = await two.topic.take(TYPES[:1])
            assert not taken.ours
            await asyncio.sleep(taken.elsewhere[TYPES[0]])
        one.topic.done(TYPES[:1])
        async with asyncio.timeout(60):
            while (taken := await two.topic.take(TYPES[:1])).elsewhere:
                await asyncio.sleep(taken.elsewhere[TYPES[0]])


async def test_what_is_given_back_is_there_for_others(kafka: Kafka, config: KafkaConfig) -> None:
    async with claimant(config, "one") as one:
        assert (await one.topic.take(TYPES[:1])).ours
        one.topic.release(TYPES[:1])
        async with asyncio.timeout(60):
            while len(await kafka.read(config.topics.claims)) < 2:
                await asyncio.sleep(0.01)
        async with claimant(config, "two") as two:
            assert (await two.topic.take(TYPES[:1])).ours


async def test_what_is_given_back_while_other_claims_are_written_is_there_for_others(config: KafkaConfig) -> None:
    async with claimant(config, "one", 1000.0) as one, claimant(config, "two", 1000.0) as two:
        assert (await one.topic.take(TYPES)).ours == set(TYPES)
        for fingerprint in TYPES:
            one.topic.release([fingerprint])
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            while (await two.topic.take(TYPES)).elsewhere:
                await asyncio.sleep(0.01)


async def test_an_end_in_the_midst_of_renewals_gives_back_what_is_held(kafka: Kafka, config: KafkaConfig) -> None:
    few, written = TYPES[:5], 0
    for name in "abcde":
        async with claimant(config, name, 0.003) as one:  # renewed with hardly a pause
            assert (await one.topic.take(few)).ours == set(few)
            async with asyncio.timeout(30):
                while (now := len(await kafka.read(config.topics.claims))) <= written + len(few):
                    await asyncio.sleep(0)
            written = now
    newest = dict(await kafka.read(config.topics.claims))
    assert set(newest) == set(few)
    assert all(value is not None and json.loads(value)["until"].startswith("1970") for value in newest.values())


async def test_an_orderly_end_gives_back_what_is_held(config: KafkaConfig) -> None:
    async with claimant(config, "one") as one:
        assert (await one.topic.take(TYPES)).ours == set(TYPES)
    async with claimant(config, "two") as two:
        assert (await two.topic.take(TYPES)).ours == set(TYPES)


def claim_and_hang(config: KafkaConfig, lifetime: float, told: Connection) -> None:
    async def run() -> None:
        async with claimant(config, "dies", lifetime) as one:
            told.send(sorted((await one.topic.take(TYPES)).ours))
            await asyncio.Event().wait()

    asyncio.run(run())


async def test_who_is_killed_is_replaced_when_its_claims_end(config: KafkaConfig) -> None:
    lifetime = 10.0
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=claim_and_hang, args=(config, lifetime, theirs))
    process.start()
    try:
        assert await asyncio.to_thread(ours.poll, 60)
        assert ours.recv() == TYPES
        async with claimant(config, "lives", lifetime) as other:
            assert not (await other.topic.take(TYPES)).ours
            process.kill()
            async with asyncio.timeout(60):
                while (taken := await other.topic.take(TYPES)).elsewhere:
                    await asyncio.sleep(max(taken.elsewhere.values()))
            assert taken.ours == set(TYPES)
    finally:
        process.kill()
        process.join()
        ours.close()
        theirs.close()


async def test_who_has_just_started_waits_for_the_verdicts_that_are_there(config: KafkaConfig) -> None:
    async with claimant(config, "new", caught_up=False) as new:
        taking = asyncio.create_task(new.topic.take(TYPES))
        await until(lambda: new.telemetry.value("sluice_kafka_connected", client="claims") == 1)
        await asyncio.sleep(0)
        assert not taking.done()
        new.caught_up.set()
        assert (await taking).ours == set(TYPES)


async def test_with_the_broker_away_everything_is_asked_unclaimed(tmp_path: Path) -> None:
    broker = await start_kafka(tmp_path)
    config = KafkaConfig(brokers=(broker.bootstrap,), topics=own_topics())
    try:
        async with claimant(config, "one", 600.0) as one, claimant(config, "two", 600.0) as two:
            assert (await one.topic.take(TYPES[:100])).ours == set(TYPES[:100])
            broker.kill()
            assert (await two.topic.take(TYPES)).ours == set(TYPES)
            assert two.count("unclaimed") == len(TYPES)
            assert two.trouble.endswith("meanwhile each Sluice asks about all event types that it sees")
            await broker.start()
            async with asyncio.timeout(60):
                while not (await two.topic.take(TYPES[:100])).elsewhere:
                    assert two.count("unclaimed")
                    await asyncio.sleep(0.1)
            assert two.trouble == ""
    finally:
        broker.remove()


async def test_without_the_topic_and_the_right_to_create_it_health_says_so(kafka: Kafka) -> None:
    config = KafkaConfig(brokers=(kafka.bootstrap,), topics=own_topics(), create_topics=False)
    async with claimant(config, "one") as one:
        assert (await one.topic.take(TYPES)).ours == set(TYPES)
        assert f"topic {config.topics.claims} does not exist; create it with cleanup.policy=delete" in one.trouble
    assert config.topics.claims not in await kafka.topics()


async def test_what_strangers_write_to_the_topic_claims_nothing(kafka: Kafka, config: KafkaConfig) -> None:
    async with claimant(config, "one") as one:
        await one.topic.take(TYPES[:1])
        await kafka.produce(config.topics.claims, [(TYPES[1], b"{poison"), (TYPES[2], None), ("x", b"1")])
        assert (await one.topic.take(TYPES)).ours == set(TYPES)
        assert one.telemetry.value("sluice_verdicts_unusable", origin="claims", reason="claim") == 2
