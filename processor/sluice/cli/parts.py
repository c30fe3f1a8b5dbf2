"""What a configuration's parts alone can tell of it: whether expressions compile and certificates hold together.

Each check builds what `run` would build and opens nothing. Raises ConfigError with key, value and remedy.
"""

from __future__ import annotations

from sluice.config.model import Config, Redaction
from sluice.errors import ConfigError


def check_parts(config: Config) -> None:
    """In the order in which `run` builds them; only what the configuration asks for is imported."""
    _mining_masks(config)
    _redaction(config.classification.redaction)
    _certificates(config)
    _circle(config)


def _mining_masks(config: Config) -> None:
    if not config.mining.masks:
        return
    from sluice.engine import Engine, Mask, Settings

    for index, mask in enumerate(config.mining.masks):
        try:
            Engine(Settings(masks=(Mask(mask.name, mask.pattern),)))
        except ValueError as error:
            raise ConfigError(f"mining.masks[{index}].pattern: {error}") from None


def _redaction(redaction: Redaction) -> None:
    if redaction.masks:
        from sluice.classify.redact import Redactor

        Redactor(redaction)


def _certificates(config: Config) -> None:
    protocols = config.receivers.otlp.protocols
    for name, server in (("grpc", protocols.grpc), ("http", protocols.http)):
        if server and server.tls:
            from sluice.tls import server_context

            server_context(server.tls, f"receivers.otlp.protocols.{name}.tls")
    exporter = config.exporters.otlp_grpc
    if exporter and not exporter.tls.insecure:
        from sluice.tls import client_material

        client_material(exporter.tls, "exporters.otlp_grpc.tls")
    kafka = config.verdicts.kafka
    if kafka and kafka.tls:
        from sluice.verdicts.kafka.access import Access

        Access(kafka)


def _circle(config: Config) -> None:
    """Whether the next hop is this Sluice, to which every record would come back for ever."""
    exporter = config.exporters.otlp_grpc
    if exporter is None:
        return
    from sluice.endpoints import Endpoint
    from sluice.own_address import refuse_circle

    protocols = config.receivers.otlp.protocols
    servers = (
        ("receivers.otlp.protocols.grpc.endpoint", protocols.grpc),
        ("receivers.otlp.protocols.http.endpoint", protocols.http),
        ("service.health.endpoint", config.service.health),
        ("service.telemetry.metrics.endpoint", config.service.telemetry.metrics),
    )
    listening = [Endpoint.parse(key, server.endpoint) for key, server in servers if server is not None]
    refuse_circle("exporters.otlp_grpc.endpoint", exporter.endpoint, listening)
