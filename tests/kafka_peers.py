"""A KafkaLink under test with everything around it: outbox, what it handed out, health, metrics."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from memory_outbox import MemoryOutbox
from sluice.config.model import KafkaConfig, Topics
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.kafka.access import Deadlines
from sluice.verdicts.topics import KafkaLink, Timing

WITHIN = 120.0
BRISK = Timing(deadlines=Deadlines(dial=2.0, request=2.0, fetch=0.2), retry=0.2, last_retry=0.5, look=0.5, flush=2.0)
"""For brokers that hang, so that it is noticed sooner; what holds is the same."""
PATIENT = msgspec.structs.replace(BRISK, deadlines=Deadlines(dial=30.0, request=30.0, fetch=0.2), flush=60.0)
"""For the others: of a broker that is well, but slow on a busy machine, no answer is given up, and no value sent twice
for that."""


def own_topics() -> Topics:
    """Names that no other test uses."""
    prefix = uuid.uuid4().hex[:12]
    return Topics(
        verdicts=f"{prefix}.verdicts",
        overrides=f"{prefix}.overrides",
        services=f"{prefix}.services",
        stats=f"{prefix}.stats",
        claims=f"{prefix}.claims",
    )


class Peer:
    """One Sluice as its broker sees it."""

    def __init__(self, config: KafkaConfig, timing: Timing = PATIENT, *, chokes_on: str = "") -> None:
        self.config = config
        self._chokes_on = chokes_on
        self.outbox = MemoryOutbox()
        self.telemetry = Telemetry()
        self.health = HealthBoard()
        self.values: list[tuple[str, str, bytes | None]] = []
        self.complete_reads = 0
        self.link = KafkaLink(config, self.outbox, self.take, self.complete, self.telemetry, self.health, timing)

    def take(self, topic: str, key: str, value: bytes | None) -> None:
        if key == self._chokes_on:
            raise ZeroDivisionError(key)
        self.values.append((topic, key, value))

    def complete(self) -> None:
        self.complete_reads += 1

    @property
    def table(self) -> dict[tuple[str, str], bytes | None]:
        """The last value of each key."""
        return {(topic, key): value for topic, key, value in self.values}

    @property
    def trouble(self) -> str:
        """What health says of Kafka; empty when all is well."""
        status = self.health.degraded_parts().get("kafka")
        return status.reason if status else ""

    def failures(self, client: str, reason: str) -> float:
        return self.telemetry.value("sluice_kafka_failures", client=client, reason=reason)

    def connected(self, client: str) -> bool:
        return self.telemetry.value("sluice_kafka_connected", client=client) == 1

    def works(self) -> bool:
        return self.connected("reader") and self.connected("publisher") and not self.trouble


@asynccontextmanager
async def running(config: KafkaConfig, timing: Timing = PATIENT, *, chokes_on: str = "") -> AsyncIterator[Peer]:
    """`chokes_on`: a key whose value makes the receiver raise."""
    peer = Peer(config, timing, chokes_on=chokes_on)
    await peer.link.start()
    try:
        yield peer
    finally:
        await peer.link.stop()


async def until(holds: Callable[[], object]) -> None:
    """Waits for the thing itself."""
    async with asyncio.timeout(WITHIN):
        while not holds():
            await asyncio.sleep(0.01)
