"""What `sluice validate --connect` tries: each part that a configuration names, once and in bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from sluice.config.model import Config, KafkaConfig, OtlpGrpcExporter

Probe = Callable[[], None]
"""Returns when the part answers; raises SluiceError with the reason when it does not."""


def probes(config: Config) -> Iterator[tuple[str, Probe]]:
    """Name and probe, in the order in which `run` starts them."""
    yield f"store {config.verdicts.store.path}", lambda: _store(config)
    if kafka := config.verdicts.kafka:
        yield f"kafka {', '.join(kafka.brokers)}", lambda: _kafka(kafka)
    if exporter := config.exporters.otlp_grpc:
        yield f"next hop {exporter.endpoint}", lambda: _next_hop(exporter)


def _kafka(kafka: KafkaConfig) -> None:
    from sluice.verdicts.kafka.oneshot import probe

    asyncio.run(probe(kafka))


def _next_hop(settings: OtlpGrpcExporter) -> None:
    from sluice.exporters.otlp_grpc import OtlpGrpcExporter as Exporter
    from sluice.health import HealthBoard

    exporter = Exporter(settings, HealthBoard())
    exporter.start()
    try:
        exporter.check()
    finally:
        exporter.stop()
