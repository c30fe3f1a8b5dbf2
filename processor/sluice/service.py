"""One process: every part built, started in the order in which the data needs them, and stopped backwards.

What can be wrong with the configuration is found while the parts are built and the ports are bound; after that nothing
but a signal ends the process. A store, broker or next hop in trouble is a matter of health.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import socket
import time
from collections.abc import Awaitable, Callable

from sluice.admin.health import HealthEndpoint
from sluice.admin.metrics import MetricsEndpoint
from sluice.admission import Admission
from sluice.classify.claims import Claims, Unshared
from sluice.classify.intake import Intake
from sluice.classify.panel import Budget, seating
from sluice.classify.providers.base import Provider
from sluice.classify.providers.llm import Llm
from sluice.classify.providers.rules import Rules
from sluice.classify.queue import Queue
from sluice.classify.redact import Redactor
from sluice.classify.reopening import Reopening
from sluice.classify.services.describing import Describer
from sluice.classify.services.model import ModelTeller
from sluice.classify.services.rules import RuleTeller
from sluice.classify.services.telling import Teller
from sluice.classify.sharing import guarded, nothing_shared
from sluice.classify.standing import beside, describe
from sluice.classify.worker import Worker
from sluice.config.model import Config, PolicyConfig
from sluice.endpoints import require_free
from sluice.engine import Engine, Mask, Settings
from sluice.errors import ConfigError
from sluice.exporters import Exporter
from sluice.exporters.joining import Joining
from sluice.exporters.nop import NopExporter
from sluice.exporters.otlp_grpc import OtlpGrpcExporter
from sluice.health import HealthBoard
from sluice.memory import Allocator
from sluice.pipeline import Pipeline
from sluice.receivers.otlp_grpc import OtlpGrpcReceiver
from sluice.receivers.otlp_http import OtlpHttpReceiver
from sluice.telemetry import Telemetry
from sluice.verdicts.registry import Registry
from sluice.verdicts.services import Services
from sluice.verdicts.store import Store
from sluice.verdicts.volumes import VolumeTable

log = logging.getLogger(__name__)

ROUND = 1.0
"""Seconds between two rounds of the control plane, or longer, so that they never take more than a share of the time."""
SHARE_OF_TIME = 0.1
GIVE_BACK = 15.0
"""Seconds between two times that free memory is given back to the system."""

_Stop = Callable[[], Awaitable[None]]


class Service:
    """`start`, then `reload` as often as wanted, then `stop`; on one event loop.

    The constructor raises `ConfigError` for what the configuration alone can tell; `start` for a port that is taken.
    """

    def __init__(self, config: Config) -> None:
        self._allocator = Allocator()
        self._config = config
        self.telemetry = Telemetry()
        self.health = HealthBoard()
        self.engine = _engine(config)
        self.volumes = VolumeTable(config.mining.max_event_types)
        self._intake = Intake(self.telemetry)
        settings = config.classification
        self._queue = Queue(
            settings.queue.max_size,
            config.mining.settle,
            self.telemetry,
            company=settings.queue.batch_size if seating.providers(settings) else 1,
        )
        self._redactor = Redactor(config.classification.redaction)
        self._exporter = _exporter(config, self.health)
        pipeline = Pipeline(self.engine, Joining(self._exporter, self.telemetry), self._intake.offer, self.telemetry)
        otlp = config.receivers.otlp
        admission = Admission(otlp.limits, self.telemetry)
        shared = (otlp.limits, admission, pipeline, self.telemetry)
        self.grpc = OtlpGrpcReceiver(otlp.protocols.grpc, *shared) if otlp.protocols.grpc else None
        self.http = OtlpHttpReceiver(otlp.protocols.http, *shared) if otlp.protocols.http else None
        self.health_endpoint = HealthEndpoint(config.service.health, self.health)
        self.metrics_endpoint = MetricsEndpoint(config.service.telemetry.metrics, self.telemetry)
        self._store = Store(config.verdicts.store.path, health=self.health, telemetry=self.telemetry)
        self._claims: Claims = Unshared()
        self._caught_up = asyncio.Event()
        self.registry: Registry
        self._counted = asyncio.Condition()
        self._counted_until = -math.inf
        self.services: Services
        self._quiet = asyncio.Event()
        self._quiet_since = math.inf
        self._started: list[tuple[str, _Stop]] = []

    async def start(self) -> None:
        """Returns when requests are taken, with every verdict of the store in force."""
        began = time.monotonic()
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        self._allocator.settle()
        self.health.serving = True
        log.info("serving after %.2f s: %s", time.monotonic() - began, self._ports())

    async def _start(self) -> None:
        servers = (self.health_endpoint, self.metrics_endpoint, self.grpc, self.http)
        require_free(server.endpoint for server in servers if server is not None)
        await self._begin("health", self.health_endpoint.start, self.health_endpoint.stop)
        await self._begin("metrics", self.metrics_endpoint.start, self.metrics_endpoint.stop)
        await self._begin("store", self._store.open, self._store.close)
        instance = await self._store.instance_id(self._config.service.instance_id, socket.gethostname())
        kafka = self._config.verdicts.kafka
        self.registry = Registry(
            self.engine,
            self._store,
            self.volumes,
            self._config.policy,
            instance=instance,
            ruleset=self.engine.ruleset,
            publishing=kafka is not None,
            telemetry=self.telemetry,
            clock=time.time,
            capacity=self._config.mining.max_event_types,
        )
        await self._begin("registry", self.registry.load, self.registry.save)
        self.services = Services(
            self._store, self.telemetry, instance=instance, publishing=kafka is not None, clock=time.time
        )
        await self._begin("services", self.services.load, self.services.save_again)
        if kafka is not None:
            from sluice.verdicts.topics import KafkaLink

            link = KafkaLink(kafka, self._store, self._read, self._read_complete, self.telemetry, self.health)
            await self._begin("kafka", link.start, link.stop)
        provider, teller = await self._judge()
        if kafka is not None and provider.kind == "llm":
            from sluice.verdicts.kafka.claiming import ClaimTopic

            self._claims = claims = ClaimTopic(kafka, instance, self._caught_up, self.telemetry, self.health)
            await self._begin("claims", claims.start, claims.stop)
        describer = Describer(
            teller,
            self.services,
            self._redactor,
            self.telemetry,
            settle=self._config.mining.settle,
            claims=self._claims,
        )
        await self._begin("describer", describer.start, describer.stop)
        reopening = Reopening(self.engine, self._queue, self.registry, provider.kind, self.telemetry)
        rounds = asyncio.create_task(self._rounds(reopening), name="rounds")
        self._started.append(("rounds", lambda: self._finish(rounds)))
        worker = Worker(
            intake=self._intake,
            queue=self._queue,
            redactor=self._redactor,
            provider=provider,
            known=self.registry.known,
            judged=self.registry.judged,
            instance=instance,
            telemetry=self.telemetry,
            shared=guarded(self.registry.alike) if provider.kind == "llm" else nothing_shared,
            batch_size=self._config.classification.queue.batch_size,
            concurrency=self._config.classification.queue.concurrency,
            claims=self._claims,
            seen=(self.registry.meet, describer.see),
        )
        worker.start()
        self._started.append(("worker", worker.stop))
        self._exporter.start()
        self._started.append(("exporter", lambda: asyncio.to_thread(self._exporter.stop)))
        if self.grpc is not None:
            grpc = self.grpc
            grpc.start()
            self._started.append(("otlp grpc", lambda: asyncio.to_thread(grpc.stop)))
        if self.http is not None:
            await self._begin("otlp http", self.http.start, self.http.stop)

    async def stop(self) -> None:
        """Requests under way are answered, verdicts that wait are written and, if Kafka answers, published."""
        self.health.serving = False
        while self._started:
            name, stop = self._started.pop()
            try:
                await stop()
            except Exception:
                self.telemetry.add("sluice_tasks_failed", task=f"stop {name}")
                log.exception("%s did not stop as it should", name)

    async def reload(self, policy: PolicyConfig) -> None:
        """Decides everything anew; nobody is asked."""
        await self.registry.reload(policy)
        log.info("policy reloaded")

    async def counted(self) -> None:
        """Returns once `volumes` holds every record that was answered before the call: a round later."""
        called = time.monotonic()
        async with self._counted:
            await self._counted.wait_for(lambda: self._counted_until >= called)

    async def _begin(self, name: str, start: Callable[[], Awaitable[None]], stop: _Stop) -> None:
        await start()
        self._started.append((name, stop))

    def _read(self, topic: str, key: str, value: bytes | None) -> None:
        if topic == "services":
            self.services.read(key, value)
        else:
            self.registry.read(topic, key, value)

    def _read_complete(self) -> None:
        self.registry.read_complete()
        self.services.read_complete()
        self._caught_up.set()

    async def _judge(self) -> tuple[Provider, Teller]:
        """Of event types and of services: rules, or the models that the configuration names. Whether they can be asked
        is a matter of health."""
        settings = self._config.classification
        if not seating.providers(settings):
            return Rules(), RuleTeller()
        budget = Budget(settings.budget.tokens_per_day, self._store, self.telemetry)
        await budget.load()
        panel = seating.panel(settings, budget, self.health, self.telemetry)
        self._started.append(("providers", panel.close))
        panel.beside = lambda: beside(budget, self._queue)
        self.health.describe("classification", lambda: describe(panel, budget, self._queue))
        judge = Llm(
            panel,
            per_day=lambda fingerprint: self._per_day(bytes.fromhex(fingerprint)),
            services=lambda: self.services.descriptions,
        )
        return judge, ModelTeller(panel, self._redactor)

    def _per_day(self, fingerprint: bytes) -> float | None:
        return self.volumes.per_day(fingerprint, int(time.time() * 1000)) or None

    async def _rounds(self, reopening: Reopening) -> None:
        """What the engine has counted reaches the registry and the queue."""
        given_back = time.monotonic()
        while True:
            began = time.monotonic()
            try:
                drained = await asyncio.to_thread(self.engine.drain_volumes)
                self._queue.weigh(drained.volumes)
                await self.registry.tick(drained)
                await self.services.save_again()
                async with self._counted:
                    self._counted_until = began
                    self._counted.notify_all()
                await reopening.look()
                if began - given_back > GIVE_BACK:
                    await asyncio.to_thread(self._allocator.give_back)
                    given_back = began
            except Exception:
                self.telemetry.add("sluice_tasks_failed", task="rounds")
                log.exception("a round of the control plane failed; the next one follows")
            took = time.monotonic() - began
            if began >= self._quiet_since:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(ROUND, took / SHARE_OF_TIME)):
                    await self._quiet.wait()

    async def _finish(self, rounds: asyncio.Task[None]) -> None:
        """No request comes any more: the last round takes in what they have counted."""
        self._quiet_since = time.monotonic()
        self._quiet.set()
        await rounds

    def _ports(self) -> str:
        ports = [
            ("otlp/grpc", self.grpc.port if self.grpc else None),
            ("otlp/http", self.http.port if self.http else None),
            ("health", self.health_endpoint.port),
            ("metrics", self.metrics_endpoint.port),
        ]
        return ", ".join(f"{name} on port {port}" for name, port in ports if port is not None)


def _engine(config: Config) -> Engine:
    mining = config.mining
    masks = tuple(Mask(mask.name, mask.pattern) for mask in mining.masks)
    settings = Settings(max_event_types=mining.max_event_types, min_records=mining.min_records, masks=masks)
    try:
        return Engine(settings)
    except ValueError as error:
        raise ConfigError(f"mining: {error}") from None


def _exporter(config: Config, health: HealthBoard) -> Exporter:
    if config.exporters.otlp_grpc is not None:
        return OtlpGrpcExporter(config.exporters.otlp_grpc, health)
    return NopExporter(health)
