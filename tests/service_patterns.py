"""What is seen of made services."""

from __future__ import annotations

from made_evidence import evidence
from sluice.classify.services.patterns import Name, Patterns, Seen
from sluice.engine import Evidence

OTEL = "opentelemetry.instrumentation."


def spans(*names: str, scope: str = "", keys: tuple[str, ...] = (), service: str = "web") -> list[Evidence]:
    return [evidence(name, signal="spans", scope=scope, attribute_keys=keys, service=service) for name in names]


def metrics(*names: str, scope: str = "", service: str = "web") -> list[Evidence]:
    return [evidence(f"{name} {{1|gauge}}", signal="metrics", scope=scope, service=service) for name in names]


def lines(*texts: str, service: str = "web") -> list[Evidence]:
    return [evidence(text, service=service) for text in texts]


SHOP = [
    *spans("server GET /products/{sku}", "server POST /orders", scope=OTEL + "fastapi", keys=("http.route",)),
    *spans("client SELECT", scope=OTEL + "psycopg", keys=("db.system", "db.statement")),
    *spans("client GET", scope=OTEL + "redis", keys=("db.system",)),
    *metrics("http.server.request.duration", scope=OTEL + "fastapi"),
    *lines("order <num> shipped"),
]


def patterns_of(*seen: Evidence, name: str = "web", namespace: str = "shop") -> Patterns:
    service = Seen(Name(namespace, name), 0.0, lambda _: True)
    for entry in seen:
        service.add(entry, 0.0)
    return service.patterns()
