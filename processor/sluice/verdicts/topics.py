"""The compacted topics as one running part: publishes what the outbox holds, hands on what is read.

Two workers, each with a cluster of its own, so that neither a fetch that waits nor a right that is missing stands in
the other's way. A worker that fails loses its cluster and gets a new one, at most one attempt a second in all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator

import msgspec

from sluice.config.model import KafkaConfig
from sluice.errors import BrokerError, StoreError
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.kafka.access import Access, Deadlines
from sluice.verdicts.kafka.cluster import Cluster, Layout
from sluice.verdicts.kafka.preparing import prepare, uncompacted
from sluice.verdicts.kafka.reading import Reading
from sluice.verdicts.kafka.records import Record
from sluice.verdicts.kafka.sending import send
from sluice.verdicts.outbox import Outbox, Outgoing

log = logging.getLogger(__name__)

PART = "kafka"
_READER, _PUBLISHER = "reader", "publisher"
_READ = ("verdicts", "overrides", "services")
_PENDING = 1000
_SLICE = 0.0005


class Timing(msgspec.Struct, frozen=True):
    """Seconds. `retry`: between attempts to get a cluster, growing to `last_retry`; `look`: how often topics,
    partitions and a quiet connection are looked at; `linger`: how long a first value waits for others; `flush`: how
    long `stop` waits for what the outbox still holds."""

    deadlines: Deadlines = Deadlines()
    retry: float = 1.0
    last_retry: float = 5.0
    look: float = 10.0
    linger: float = 0.005
    flush: float = 3.0


class KafkaLink:
    """Transport between the outbox, the topics and `on_value`.

    `on_value(topic, key, value)`: called on the loop with the field name of `config.model.Topics`, in log order of
    each partition; value None is a tombstone. A value is handed out at least once; one that made `on_value` raise is
    not handed out again. `on_complete()`: everything that the topics held when the read began has been handed out; at
    start, and again after a read had to begin anew.

    ConfigError when a certificate of `config.tls` cannot be used.
    """

    def __init__(
        self,
        config: KafkaConfig,
        outbox: Outbox,
        on_value: Callable[[str, str, bytes | None], None],
        on_complete: Callable[[], None],
        telemetry: Telemetry,
        health: HealthBoard,
        timing: Timing | None = None,
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._on_value = on_value
        self._on_complete = on_complete
        self._telemetry = telemetry
        self._health = health
        self._timing = timing or Timing()
        self._access = Access(config, self._timing.deadlines)
        self._fields = {getattr(config.topics, field): field for field in _READ}
        self._reading = Reading(tuple(self._fields))
        self._read_values = {topic: telemetry.counter("sluice_kafka_read", topic=topic) for topic in self._fields}
        self._problems: dict[str, str] = {}
        self._attempt = asyncio.Lock()
        self._next_attempt = 0.0
        self._delay = self._timing.retry
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._publishing = False
        self._stopping = False

    async def start(self) -> None:
        """Returns at once; a broker that is away is a matter of health."""
        if not self._tasks:
            for client, work in ((_READER, self._read), (_PUBLISHER, self._publish)):
                self._telemetry.set("sluice_kafka_connected", 0, client=client)
                self._tasks[client] = asyncio.create_task(self._keep(client, work), name=f"kafka-{client}")

    async def stop(self) -> None:
        """Publishes what still waits, as far as `Timing.flush` lasts and the broker answers; the rest stays in the
        outbox. Then nothing of Kafka runs or is open any more."""
        if not self._tasks:
            return
        self._stopping = True
        try:
            if self._publishing:
                self._outbox.changed.set()
                await asyncio.wait([self._tasks[_PUBLISHER]], timeout=self._timing.flush)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.wait(self._tasks.values())
            for client in self._tasks:
                self._telemetry.set("sluice_kafka_connected", 0, client=client)

    async def _keep(self, client: str, work: Callable[[Cluster, Layout], Awaitable[None]]) -> None:
        while not self._stopping:
            try:
                await self._turn()  # before the store is asked, too: while it is in trouble, it fails at once
                if client == _PUBLISHER:  # what waits is to be seen while there is no broker, above all
                    self._telemetry.set("sluice_kafka_outbox", await self._outbox.backlog())
                cluster, layout = await self._connect()
                async with cluster:
                    await work(cluster, layout)
            except BrokerError as error:
                self._failed(client, error.reason, str(error))
            except StoreError:  # the store tells its own trouble
                self._failed(client, "outbox", "")
            except Exception:
                log.exception("kafka %s failed unexpectedly", client)
                self._telemetry.add("sluice_tasks_failed", task=f"kafka_{client}")
                self._failed(client, "unexpected", f"the {client} failed unexpectedly; see the log")

    async def _connect(self) -> tuple[Cluster, Layout]:
        """A cluster whose topics are as they should be. Both workers take turns, so that attempts keep their distance
        however many of them fail."""
        async with self._attempt:
            await self._turn()
            cluster = await Cluster.connect(self._access)
            try:
                layout = await prepare(cluster, self._config)
            except BaseException:
                await cluster.close()
                raise
            return cluster, layout

    async def _turn(self) -> None:
        """Until the next attempt may be made."""
        await asyncio.sleep(max(0.0, self._next_attempt - asyncio.get_running_loop().time()))

    def _failed(self, client: str, reason: str, problem: str) -> None:
        """Each failure counts; its message is logged when it changes. No one tries again before `_delay` has passed."""
        self._next_attempt = asyncio.get_running_loop().time() + self._delay
        self._delay = min(self._delay * 2, self._timing.last_retry)
        self._telemetry.add("sluice_kafka_failures", client=client, reason=reason)
        self._telemetry.set("sluice_kafka_connected", 0, client=client)
        self._tell(client, problem)
        if client == _PUBLISHER:
            self._publishing = False

    def _works(self, client: str) -> None:
        self._delay = self._timing.retry
        self._telemetry.set("sluice_kafka_connected", 1, client=client)
        self._tell(client, "")

    def _tell(self, what: str, problem: str) -> None:
        self._problems[what] = problem
        told = dict.fromkeys(problem for problem in self._problems.values() if problem)
        if told:
            self._health.degraded(PART, "; ".join(told))
        else:
            self._health.healthy(PART)

    async def _read(self, cluster: Cluster, layout: Layout) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._tell("topics", await uncompacted(cluster, self._config, layout))
            await self._reading.resume(cluster, layout)
            look_again = loop.time() + self._timing.look
            while loop.time() < look_again:
                if self._reading.arrived():
                    self._on_complete()
                records = await self._reading.poll(cluster)
                self._works(_READER)
                await self._hand_out(records)
            layout = await prepare(cluster, self._config)

    async def _hand_out(self, records: Iterator[tuple[str, Record]]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for topic, (key, value) in records:
            self._read_values[topic].inc()
            if key is None:  # not one of ours, and nothing that a compacted topic could keep
                continue
            self._on_value(self._fields[topic], key.decode(errors="replace"), value)
            if loop.time() - began > _SLICE:
                await asyncio.sleep(0)
                began = loop.time()

    async def _publish(self, cluster: Cluster, layout: Layout) -> None:
        self._publishing = True
        answered = True
        while True:
            self._outbox.changed.clear()
            waiting = await self._outbox.pending(_PENDING)
            self._telemetry.set("sluice_kafka_outbox", await self._outbox.backlog())
            if waiting:
                await self._send(cluster, layout, waiting)
                self._works(_PUBLISHER)
                continue
            if answered:  # an empty outbox alone says nothing of the broker
                self._works(_PUBLISHER)
            if self._stopping:
                return
            try:
                async with asyncio.timeout(self._timing.look):
                    await self._outbox.changed.wait()
            except TimeoutError:
                layout = await prepare(cluster, self._config)
                answered = True
            else:
                answered = False
                await asyncio.sleep(self._timing.linger)

    async def _send(self, cluster: Cluster, layout: Layout, waiting: list[Outgoing]) -> None:
        while waiting:
            sent = await send(cluster, layout, self._config.topics, waiting)
            for value in sent.refused:
                log.warning("topic %s: the value of %s is larger than the broker takes", value.topic, value.key)
                self._telemetry.add("sluice_kafka_failures", client=_PUBLISHER, reason="too_large")
            for value in sent.acknowledged:
                self._telemetry.add("sluice_kafka_published", topic=getattr(self._config.topics, value.topic))
            # What is refused would be refused for ever: it stays in the store but leaves the queue.
            done = sent.acknowledged + sent.refused
            await self._outbox.sent(done)
            if sent.problem is not None:
                raise sent.problem
            gone = {(value.topic, value.key) for value in done}
            waiting = [value for value in waiting if (value.topic, value.key) not in gone]
