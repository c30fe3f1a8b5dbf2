"""What `sluice validate --connect` tries: each part that a configuration names, once and in bounded time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator

from sluice.config.model import Config, KafkaConfig, OtlpGrpcExporter
from sluice.errors import StoreError
from sluice.health import HealthBoard

_SQLITE = b"SQLite format 3\0"

Probe = Callable[[], None]
"""Returns when the part answers; raises SluiceError with the reason when it does not."""


def probes(config: Config) -> Iterator[tuple[str, Probe]]:
    """Name and probe, in the order in which `run` starts them."""
    yield f"store {config.verdicts.store.path}", lambda: _store(config.verdicts.store.path)
    if kafka := config.verdicts.kafka:
        yield f"kafka {', '.join(kafka.brokers)}", lambda: _kafka(kafka)
    if exporter := config.exporters.otlp_grpc:
        yield f"next hop {exporter.endpoint}", lambda: _next_hop(exporter)


def _store(path: str) -> None:
    """A file that is not there yet is not made: its directory has to take it. One that is no database is not moved."""
    if not os.path.exists(path):
        directory = os.path.dirname(path) or "."
        if not os.access(directory, os.W_OK | os.X_OK):
            raise StoreError(f"it cannot be created: directory {directory} is missing or not writable")
        return
    try:
        with open(path, "rb") as file:
            head = file.read(len(_SQLITE))
    except OSError as error:
        raise StoreError(f"it cannot be read: {error.strerror}") from None
    if head and head != _SQLITE:
        raise StoreError("it is no database of Sluice: run would set it aside and begin a new one")
    asyncio.run(_open_store(path))


async def _open_store(path: str) -> None:
    from sluice.telemetry import Telemetry
    from sluice.verdicts.store import Store

    health = HealthBoard()
    store = Store(path, health=health, telemetry=Telemetry())
    await store.open()
    await store.close()
    if degraded := health.degraded_parts().get("store"):
        raise StoreError(degraded.reason)


def _kafka(kafka: KafkaConfig) -> None:
    from sluice.verdicts.kafka.oneshot import probe

    asyncio.run(probe(kafka))


def _next_hop(settings: OtlpGrpcExporter) -> None:
    from sluice.exporters.otlp_grpc import OtlpGrpcExporter as Exporter

    exporter = Exporter(settings, HealthBoard())
    exporter.start()
    try:
        exporter.check()
    finally:
        exporter.stop()
