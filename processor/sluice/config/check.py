"""What no single key can tell: keys that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sluice.config.messages import LocatedError, Path, dotted, nearest, one_of
from sluice.config.model import DEFAULT_ACTIONS, Classification, ClientTls, Config, Exporters, Protect


def check(config: Config) -> None:
    """Raises LocatedError at the first contradiction."""
    _exporters(config.exporters)
    _listeners(config)
    _sizes(config)
    _fallback(config.classification)
    _categories(config)
    _masks(config)
    if exporter := config.exporters.otlp_grpc:
        _client_tls(exporter.tls, ("exporters", "otlp_grpc", "tls"))
    if kafka := config.verdicts.kafka:
        if kafka.tls:
            _client_tls(kafka.tls, ("verdicts", "kafka", "tls"))
        topics = msgspec.structs.asdict(kafka.topics).items()
        paths = ((("verdicts", "kafka", "topics", name), topic) for name, topic in topics)
        _distinct(paths, "each kind of value needs its own topic")


def _exporters(exporters: Exporters) -> None:
    kinds = [field for field, value in msgspec.structs.asdict(exporters).items() if value is not None]
    if len(kinds) != 1:
        given = f"{' and '.join(kinds)} are given" if kinds else "none is given"
        raise LocatedError(("exporters",), f"{given}: exactly one of {one_of(exporters.__struct_fields__)} is needed")


def _listeners(config: Config) -> None:
    protocols = config.receivers.otlp.protocols
    at: Path = ("receivers", "otlp", "protocols")
    if protocols.grpc is None and protocols.http is None:
        raise LocatedError(at, "none is given: name grpc, http or both")
    endpoints: list[tuple[Path, str]] = [
        (("service", "health", "endpoint"), config.service.health.endpoint),
        (("service", "telemetry", "metrics", "endpoint"), config.service.telemetry.metrics.endpoint),
    ]
    if protocols.http:
        endpoints.insert(0, ((*at, "http", "endpoint"), protocols.http.endpoint))
    if protocols.grpc:
        endpoints.insert(0, ((*at, "grpc", "endpoint"), protocols.grpc.endpoint))
    _distinct(
        ((path, endpoint) for path, endpoint in endpoints if not endpoint.endswith(":0")), "give it a port of its own"
    )


def _sizes(config: Config) -> None:
    """A request that could never be admitted would be sent again for ever."""
    protocols, limits = config.receivers.otlp.protocols, config.receivers.otlp.limits
    in_flight = limits.bytes_in_flight_mib << 20
    largest: dict[str, int] = {}
    if protocols.grpc:
        largest["grpc.max_recv_msg_size_mib"] = protocols.grpc.max_recv_msg_size_mib << 20
    if protocols.http:
        largest["http.max_request_body_size"] = protocols.http.max_request_body_size
    for key, size in largest.items():
        if size > in_flight:
            raise LocatedError(
                ("receivers", "otlp", "limits", "bytes_in_flight_mib"),
                f"{limits.bytes_in_flight_mib} MiB are less than one request may have: raise it to "
                f"{-(-size >> 20)}, or lower receivers.otlp.protocols.{key}",
            )


def _fallback(classification: Classification) -> None:
    provider, fallback = classification.provider, classification.fallback
    if fallback == "none":
        return
    path: Path = ("classification", "fallback")
    if provider == "rules":
        raise LocatedError(path, f"'{fallback}' would never be asked, for rules do not fail: name it as the provider")
    if fallback == provider:
        other = "openai" if provider == "anthropic" else "anthropic"
        raise LocatedError(path, f"'{fallback}' is the provider itself: use {other} or none")


def _categories(config: Config) -> None:
    for category in config.policy.actions:
        _category(category, ("policy", "actions", category))
    for index, rule in enumerate(config.policy.protect):
        path: Path = ("policy", "protect", index)
        if rule == Protect():
            raise LocatedError(path, f"holds no condition: give at least one of {one_of(Protect.__struct_fields__)}")
        if rule.category is not None:
            _category(rule.category, (*path, "category"))


def _category(category: str, path: Path) -> None:
    if category not in DEFAULT_ACTIONS:
        meant = nearest(category, DEFAULT_ACTIONS)
        hint = f": did you mean {meant}?" if meant else ""
        raise LocatedError(path, f"'{category}' is no category of {one_of(DEFAULT_ACTIONS)}{hint}")


def _masks(config: Config) -> None:
    _distinct(
        ((("mining", "masks", index, "name"), mask.name) for index, mask in enumerate(config.mining.masks)),
        "give each mask its own name",
    )


def _client_tls(tls: ClientTls, path: Path) -> None:
    if tls.insecure and (tls.ca_file or tls.cert_file or tls.key_file):
        raise LocatedError((*path, "insecure"), "true means no TLS, yet files for it are given: remove either")
    for name, value, other, partner in (
        ("cert_file", tls.cert_file, "key_file", tls.key_file),
        ("key_file", tls.key_file, "cert_file", tls.cert_file),
    ):
        if value and not partner:
            raise LocatedError((*path, other), f"is missing: {name} '{value}' needs it")


def _distinct(values: Iterator[tuple[Path, str]], remedy: str) -> None:
    seen: dict[str, Path] = {}
    for path, value in values:
        if other := seen.get(value):
            raise LocatedError(path, f"'{value}' is taken by {dotted(other)}: {remedy}")
        seen[value] = path
