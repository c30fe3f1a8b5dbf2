"""What `sluice validate --connect` tries: each part that a configuration names, once and in bounded time."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Iterator

from sluice.cli import store_file
from sluice.config.model import Classification, Config, KafkaConfig, OtlpGrpcExporter
from sluice.health import HealthBoard

Probe = Callable[[], None]
"""Returns when the part answers; raises SluiceError with the reason when it does not."""


def probes(config: Config) -> Iterator[tuple[str, Probe]]:
    """Name and probe, in the order in which `run` starts them."""
    path = config.verdicts.store.path
    yield f"store {path}", lambda: _store(path)
    if kafka := config.verdicts.kafka:
        yield f"kafka {', '.join(kafka.brokers)}", lambda: _kafka(kafka, config.classification)
    for provider in _providers(config.classification):
        yield f"provider {provider}", functools.partial(_provider, config.classification, provider)
    if exporter := config.exporters.otlp_grpc:
        yield f"next hop {exporter.endpoint}", lambda: _next_hop(exporter)


def _store(path: str) -> None:
    if not os.path.exists(path):
        store_file.require_place(path)
        return

    async def open_and_close() -> None:
        async with store_file.opened(path):
            pass

    asyncio.run(open_and_close())


def _kafka(kafka: KafkaConfig, classification: Classification) -> None:
    from sluice.verdicts.kafka.oneshot import probe

    asyncio.run(probe(kafka, claims=classification.provider != "rules"))


def _providers(settings: Classification) -> list[str]:
    if settings.provider == "rules":
        return []
    from sluice.classify.panel.seating import providers

    return providers(settings)


def _provider(settings: Classification, name: str) -> None:
    """A real, small call: is the key good, is the model there?"""
    from sluice.classify.panel.seating import model

    async def check() -> None:
        provider = model(settings, name)
        try:
            await provider.check()
        finally:
            await provider.close()

    asyncio.run(check())


def _next_hop(settings: OtlpGrpcExporter) -> None:
    from sluice.exporters.otlp_grpc import OtlpGrpcExporter as Exporter

    exporter = Exporter(settings, HealthBoard())
    exporter.start()
    try:
        exporter.check()
    finally:
        exporter.stop()
