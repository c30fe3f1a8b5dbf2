"""The parts are those of `sluice run`; only the report is made here, from the registry in memory."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Set
from pathlib import Path

import msgspec
from report import found, report
from rich.console import Console

from sluice import logs
from sluice.classify.redact import Redactor
from sluice.cli.replay import progress_for
from sluice.config.formats import dialled
from sluice.config.load import load
from sluice.config.model import Config, KafkaConfig
from sluice.endpoints import require_free
from sluice.errors import BrokerError, ConfigError, SluiceError
from sluice.replay import Summary, replay_files
from sluice.service import Service
from sluice.verdicts.kafka import oneshot

DEPLOY = Path(__file__).parents[1]
CONFIG = DEPLOY / "demo.yaml"
RECORDING = DEPLOY / "recording" / "shop.jsonl.zst"
SLUICE = Path(sys.executable).with_name("sluice")
WIDTH = 120
PUBLISHED_WITHIN = 30.0
"""Seconds that the topic may take to hold every verdict of the report."""


async def show(*, once: bool, kafka: str | None) -> None:
    """Replays and reports, then serves until SIGINT or SIGTERM unless `once`. Cancelled, it stops all that it started.

    Raises `ConfigError` and `BrokerError` before the replay for what would keep it from its end.
    """
    config = load(CONFIG)
    if kafka is not None:
        config = _publishing(config, kafka)
    logs.configure(config.service.telemetry.logs)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    if config.verdicts.kafka is not None:
        await _reached(config.verdicts.kafka)
    service = Service(config)
    _forget(service, Path(config.verdicts.store.path))
    try:
        await service.start()
        assert service.grpc is not None
        assert service.http is not None
        endpoint = f"127.0.0.1:{service.grpc.port}"
        console.print(f"sluice takes OTLP at {endpoint}; replaying {_shortest(RECORDING)} to it")
        summary = await _replayed(endpoint, console)
        console.print(f"{summary.records:,} records sent; every event type is judged by the embedded rules\n")
        await service.counted()
        await _judged(service, Redactor(config.classification.redaction))
        rows = found(service)
        report(rows, console)
        listed = f"{_shortest(SLUICE)} verdicts list"
        console.print(f"\nAll verdicts, until the next run: {listed} -c {_shortest(CONFIG)}", soft_wrap=True)
        if config.verdicts.kafka is not None:
            await _published(config.verdicts.kafka, {row.verdict.fingerprint for row in rows})
            brokers = ",".join(config.verdicts.kafka.brokers)
            console.print(f"The same {len(rows)} are on Kafka: {listed} --brokers {brokers}", soft_wrap=True)
        if not once:
            ended = _asked_to_end()
            console.print(
                f"\nPoint your own exporter here: OTLP/gRPC {endpoint}, OTLP/HTTP http://127.0.0.1:{service.http.port}"
                f"\nHealth http://127.0.0.1:{service.health_endpoint.port}, "
                f"metrics http://127.0.0.1:{service.metrics_endpoint.port}/metrics. Ctrl-C ends."
            )
            await ended.wait()
            console.print("ended")
    finally:
        await service.stop()


def _publishing(config: Config, kafka: str) -> Config:
    brokers = tuple(kafka.split(","))
    for broker in brokers:
        try:
            dialled(broker)
        except ValueError as expected:
            raise ConfigError(f"KAFKA: '{broker}' is not {expected}") from None
    given = config.verdicts.kafka
    link = KafkaConfig(brokers=brokers) if given is None else msgspec.structs.replace(given, brokers=brokers)
    return msgspec.structs.replace(config, verdicts=msgspec.structs.replace(config.verdicts, kafka=link))


async def _reached(kafka: KafkaConfig) -> None:
    try:
        await oneshot.probe(kafka)
    except BrokerError as error:
        raise BrokerError(
            f"KAFKA={','.join(kafka.brokers)}: {error}; name a broker that answers, or leave KAFKA out",
            reason=error.reason,
        ) from None


def _forget(service: Service, store: Path) -> None:
    """The report is of the recording alone: verdicts of an earlier run go, unless that run still serves."""
    servers = (service.health_endpoint, service.metrics_endpoint, service.grpc, service.http)
    require_free(server.endpoint for server in servers if server is not None)
    store.parent.mkdir(exist_ok=True)
    for file in (store, Path(f"{store}-wal"), Path(f"{store}-shm")):
        file.unlink(missing_ok=True)


async def _replayed(endpoint: str, console: Console) -> Summary:
    stop = threading.Event()
    with progress_for(console) as progress:
        replaying = asyncio.create_task(
            asyncio.to_thread(replay_files, [RECORDING], endpoint, progress=progress, stop=stop)
        )
        try:
            return await asyncio.shield(replaying)
        finally:
            # A thread is not cancelled with the task that waits for it, and must end before what it sends to.
            stop.set()
            await asyncio.wait([replaying])


async def _judged(service: Service, redactor: Redactor) -> None:
    """Until every event type of which there is evidence has been judged, but for those that may not be listed."""
    while True:
        told = [known for known in await asyncio.to_thread(service.engine.types) if known.told]
        waiting = [known for known in told if not service.registry.known(known.fingerprint)]
        if not await asyncio.to_thread(lambda found: any(map(redactor.listable, found)), waiting):
            return
        await asyncio.sleep(0.2)


async def _published(kafka: KafkaConfig, fingerprints: Set[str]) -> None:
    """Until the topic holds them all: another Sluice may have published some before."""
    deadline = time.monotonic() + PUBLISHED_WITHIN
    while missing := fingerprints - {
        key async for key, value in oneshot.read_all(kafka, "verdicts") if value is not None
    }:
        if time.monotonic() > deadline:
            raise SluiceError(
                f"KAFKA={','.join(kafka.brokers)}: {len(missing)} of {len(fingerprints)} verdicts are not on topic "
                f"{kafka.topics.verdicts} after {PUBLISHED_WITHIN:g} s; look at the broker and run again"
            )
        await asyncio.sleep(0.5)


def _asked_to_end() -> asyncio.Event:
    """What SIGINT and SIGTERM set from now on, instead of cancelling."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    return ended


def _shortest(path: Path) -> str:
    """As one would type it here."""
    return min(os.path.relpath(path), str(path), key=len)
