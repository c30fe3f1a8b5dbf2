"""Claims on a topic: written before a judge is asked, and read back to see who was first."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

from sluice.config.model import KafkaConfig
from sluice.errors import BrokerError
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.claims import LIFETIME, Ledger, Taken, encoded
from sluice.verdicts.kafka.access import Access
from sluice.verdicts.kafka.cluster import OK, Cluster, Layout, Partition, partition_of, refusal
from sluice.verdicts.kafka.preparing import prepare_claims
from sluice.verdicts.kafka.reading import Reading
from sluice.verdicts.kafka.records import Record, pack

log = logging.getLogger(__name__)

PART = "claims"
_CLIENT = "claims"
_WITHIN = 5.0
"""Seconds that claiming may take; a broker that is slower is away."""
_CATCH_UP = 15.0
"""Seconds to wait, once, for the verdicts that the topics hold already."""
_LOOK = 10.0
"""Seconds after which partitions are looked at anew."""
_RETRY, _LAST_RETRY = 1.0, 15.0
_PAUSE = 0.05
_BATCH = 500
"""Claims packed at once: about 1 ms."""
_SLICE = 0.0005


class ClaimTopic:
    """`classify.claims.Claims` for the Sluices that share `config.topics.claims`. On the event loop.

    Nothing is followed: the topic is read when there is something to claim. A claim in use is renewed when a third of
    its life is over. While the broker is away, or takes no claims, everything is ours, and health says so.
    """

    shared = True

    def __init__(
        self,
        config: KafkaConfig,
        instance: str,
        caught_up: asyncio.Event,
        telemetry: Telemetry,
        health: HealthBoard,
        *,
        lifetime: float = LIFETIME,
        within: float = _WITHIN,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`caught_up`: the verdicts published before have been read, so that what is not known is not judged.
        `lifetime`: of a claim, `within`: what claiming may take, in seconds; `clock`: Unix seconds. ConfigError as
        `Access` raises it."""
        self._config = config
        self._topic = config.topics.claims
        self._instance = instance
        self._telemetry = telemetry
        self._health = health
        self._lifetime = lifetime
        self._within = within
        self._clock = clock
        self._access = Access(config)
        self._ledger = Ledger(lifetime)
        self._reading = Reading((self._topic,))
        self._cluster: Cluster | None = None
        self._layout = Layout({})
        self._looked = -math.inf
        self._delay = _RETRY
        self._next_attempt = 0.0
        self._turn = asyncio.Lock()
        self._caught_up = caught_up
        self._held: dict[str, None] = {}
        self._given_back: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._sound = True
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns at once; a broker that is away is a matter of health."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name="claims")

    async def stop(self) -> None:
        """Gives back what is held, if the broker answers; then nothing runs or is open any more. Idempotent."""
        task, self._task = self._task, None
        if task is None:
            return
        self.release(list(self._held))
        self._stopping = True
        self._wake.set()
        await asyncio.wait([task])
        await self._disconnect()

    async def take(self, fingerprints: Sequence[str]) -> Taken:
        await self._until_caught_up()
        async with self._turn:
            for fingerprint in fingerprints:
                self._given_back.pop(fingerprint, None)
            claimed = await self._attempt(lambda cluster: self._claim(cluster, fingerprints))
            now = self._clock()
            first = {fingerprint: self._ledger.first(fingerprint, now) for fingerprint in fingerprints if claimed}
        elsewhere = {key: left for key, (instance, left) in first.items() if instance not in ("", self._instance)}
        ours = frozenset(fingerprints).difference(elsewhere)
        if claimed:
            self._held.update(dict.fromkeys(ours))
        self._telemetry.add("sluice_classify_claims", len(ours), outcome="ours" if claimed else "unclaimed")
        self._telemetry.add("sluice_classify_claims", len(elsewhere), outcome="elsewhere")
        return Taken(ours, elsewhere)

    def done(self, fingerprints: Iterable[str]) -> None:
        for fingerprint in fingerprints:
            self._held.pop(fingerprint, None)

    def release(self, fingerprints: Iterable[str]) -> None:
        for fingerprint in fingerprints:
            if fingerprint in self._held:
                del self._held[fingerprint]
                self._given_back[fingerprint] = None
        if self._given_back:
            self._wake.set()

    async def _keep(self) -> None:
        """Renews what is held, withdraws what is given back, and tries a broker that is away."""
        while True:
            # What is asked for while a round is under way, the stop included, is done in one more.
            self._wake.clear()
            stopping = self._stopping
            try:
                async with self._turn:
                    await self._attempt(self._maintain)
            except Exception as error:  # the outermost loop: counted, and the task lives on
                self._telemetry.add("sluice_tasks_failed", task="claims")
                log.exception("a round of claims ended in %s", type(error).__name__)
            if stopping:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._lifetime / 3):
                    await self._wake.wait()

    async def _maintain(self, cluster: Cluster) -> None:
        if given_back := list(self._given_back):
            await self._write(cluster, given_back, 0.0)
            for fingerprint in given_back:
                del self._given_back[fingerprint]
        if self._held:
            await self._write(cluster, list(self._held), self._clock() + self._lifetime)

    async def _until_caught_up(self) -> None:
        """Who has just started may not know what was judged long ago, when nobody claims it any more."""
        if self._caught_up.is_set():
            return
        async with self._turn:
            connected = await self._attempt(_nothing)
        if connected:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CATCH_UP):
                    await self._caught_up.wait()
            self._caught_up.set()

    async def _claim(self, cluster: Cluster, fingerprints: Sequence[str]) -> None:
        """Writes what nobody else is known to claim, and reads all that is there then: others may have renewed."""
        now = self._clock()
        first = [(fingerprint, *self._ledger.first(fingerprint, now)) for fingerprint in fingerprints]
        enough = self._lifetime / 2
        wanted = [
            key for key, instance, left in first if not instance or (instance == self._instance and left < enough)
        ]
        await self._write(cluster, wanted, now + self._lifetime)
        await self._reading.aim(cluster)
        while not self._reading.complete:
            await self._take_in(await self._reading.poll(cluster))

    async def _write(self, cluster: Cluster, fingerprints: Sequence[str], until: float) -> None:
        """`until` 0 withdraws. Raises BrokerError when they are not on the topic."""
        partitions = self._layout.of(self._topic)
        for start in range(0, len(fingerprints), _BATCH):
            batches: dict[Partition, list[Record]] = {}
            for fingerprint in fingerprints[start : start + _BATCH]:
                key = fingerprint.encode()
                record = Record(key, encoded(fingerprint, self._instance, until))
                batches.setdefault(partition_of(key, partitions), []).append(record)
            packed = {partition: pack(records) for partition, records in batches.items()}
            for partition, code in (await cluster.produce(self._layout, packed)).items():
                if code != OK:
                    raise refusal(f"topic {partition.topic} does not take claims", code)

    async def _take_in(self, records: Iterator[tuple[str, Record]]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for topic, (key, value) in records:
            if not self._ledger.read((key or b"").decode(errors="replace"), value, self._clock()):
                self._telemetry.add("sluice_verdicts_unusable", origin="claims", reason="claim")
            self._telemetry.add("sluice_kafka_read", topic=topic)
            if loop.time() - began > _SLICE:
                await asyncio.sleep(0)
                began = loop.time()

    async def _attempt(self, work: Callable[[Cluster], Awaitable[None]]) -> bool:
        """Whether it could be done."""
        if asyncio.get_running_loop().time() < self._next_attempt:
            return False
        try:
            async with asyncio.timeout(self._within):
                await self._insist(work)
        except TimeoutError:
            self._failed(BrokerError(f"topic {self._topic}: no claim within {self._within:g} s", reason="timeout"))
        except BrokerError as error:
            self._failed(error)
        else:
            self._delay, self._next_attempt = _RETRY, 0.0
            self._telemetry.set("sluice_kafka_connected", 1, client=_CLIENT)
            self._health.healthy(PART)
            return True
        finally:
            if not self._sound:
                await self._disconnect()
        return False

    async def _insist(self, work: Callable[[Cluster], Awaitable[None]]) -> None:
        """Tries again when a connection has broken since it was used last, and while a leader is being chosen, which
        takes moments."""
        while True:
            used = self._cluster is not None
            try:
                await self._with_cluster(work)
            except BrokerError as error:
                await self._disconnect()
                if not used and error.reason != "no_leader":
                    raise
                await asyncio.sleep(_PAUSE)
            else:
                return

    async def _with_cluster(self, work: Callable[[Cluster], Awaitable[None]]) -> None:
        self._sound = False
        loop = asyncio.get_running_loop()
        if self._cluster is None:
            self._cluster, self._looked = await Cluster.connect(self._access), -math.inf
        if loop.time() - self._looked > _LOOK:
            self._layout = await prepare_claims(self._cluster, self._config)
            await self._reading.resume(self._cluster, self._layout)
            self._looked = loop.time()
        await work(self._cluster)
        self._sound = True

    async def _disconnect(self) -> None:
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            await cluster.close()

    def _failed(self, error: BrokerError) -> None:
        self._next_attempt = asyncio.get_running_loop().time() + self._delay
        self._delay = min(2 * self._delay, _LAST_RETRY)
        self._telemetry.add("sluice_kafka_failures", client=_CLIENT, reason=error.reason)
        self._telemetry.set("sluice_kafka_connected", 0, client=_CLIENT)
        self._health.degraded(PART, f"{error}; meanwhile each Sluice asks about all event types that it sees")


async def _nothing(_: Cluster) -> None:
    """To see whether there is a cluster."""
