"""What rules tell of a service by the well-known names in its telemetry."""

from __future__ import annotations

import pytest

from service_patterns import OTEL, SHOP, lines, metrics, patterns_of, spans
from sluice.classify.services.patterns import Patterns
from sluice.classify.services.rules import told
from sluice.engine import Evidence
from sluice.verdicts.services import KINDS


def test_a_web_api_is_told_by_what_it_serves_and_what_it_uses() -> None:
    found = told(patterns_of(*SHOP))
    assert found.kind == "web_api"
    assert found.responsibilities == ("serves GET /products/{sku}", "serves POST /orders")
    assert found.dependencies == ("postgresql", "redis")
    assert found.description == "web API; serves GET /products/{sku}, POST /orders; uses postgresql, redis"


KNOWN: dict[str, tuple[str, str, list[Evidence]]] = {
    "http server metrics": ("web_api", "x", metrics("http.server.active_requests")),
    "an access log": ("web_api", "x", lines('<ip> "GET <path> <http>" <num>')),
    "rpc": ("rpc_api", "x", spans("server shop.Cart/Add", keys=("rpc.system",))),
    "a consumer": ("worker", "x", spans("consumer orders process", keys=("messaging.system",))),
    "its name": ("worker", "email-worker", spans("internal send mail")),
    "a schedule": ("scheduler", "nightly-cron", lines("started")),
    "a function": ("function", "x", spans("server handler", keys=("faas.trigger",))),
    "a browser": ("frontend", "x", spans("internal click", keys=("browser.name",))),
    "postgres exporter": ("database", "x", metrics("pg_stat_activity_count", "pg_up")),
    "postgres receiver": ("database", "x", metrics("postgresql.backends")),
    "postgres by name": ("database", "postgresql", lines("checkpoint complete")),
    "redis exporter": ("cache", "x", metrics("redis_connected_clients")),
    "memcached by name": ("cache", "memcached-0", lines("hit")),
    "kafka exporter": ("broker", "x", metrics("kafka_server_brokertopicmetrics_messagesin_total")),
    "rabbitmq by name": ("broker", "rabbitmq", lines("accepted")),
    "nginx by name": ("proxy", "nginx", lines('<ip> "GET <path> <http>" <num>')),
    "envoy metrics": ("proxy", "x", metrics("envoy_cluster_upstream_rq")),
    "a collector": ("agent", "x", metrics("otelcol_exporter_sent_spans")),
    "node exporter": ("agent", "x", metrics("node_cpu_seconds_total")),
    "nothing known": ("unknown", "x", lines("hello")),
    "a client of redis is no cache": ("worker", "redis-consumer", lines("hello")),
    "a client of kafka is no broker": ("unknown", "x", metrics("kafka.consumer.lag")),
    "a traced client is not what its name says": ("unknown", "my-postgres", spans("internal sync")),
}


@pytest.mark.parametrize("case", KNOWN)
def test_a_kind_is_told_by_well_known_names(case: str) -> None:
    kind, name, seen = KNOWN[case]
    assert told(patterns_of(*seen, name=name)).kind == kind


@pytest.mark.parametrize(
    ("scope", "dependency"),
    [
        (OTEL + "sqlite3", "sqlite"),
        ("io.opentelemetry.kafka-clients-2.6", "kafka"),
        (OTEL + "aio_pika", "rabbitmq"),
        ("github.com/XSAM/otelsql", "a database"),
        (OTEL + "httpx", "other services over http"),
        (OTEL + "botocore", "aws"),
    ],
)
def test_a_dependency_is_told_by_the_library_that_calls_it(scope: str, dependency: str) -> None:
    seen = spans("client call", scope=scope, keys=("db.system",))
    assert told(patterns_of(*seen)).dependencies == (dependency,)


def test_probes_and_bare_methods_are_no_responsibility() -> None:
    seen = spans("server GET /healthz", "server GET", "server GET /cart")
    assert told(patterns_of(*seen)).responsibilities == ("serves GET /cart",)


def test_the_same_patterns_give_the_same_answer_in_any_order() -> None:
    assert told(patterns_of(*SHOP)) == told(patterns_of(*reversed(SHOP)))
    assert patterns_of(*SHOP).hash == patterns_of(*reversed(SHOP)).hash


@pytest.mark.parametrize(
    ("more", "changes"),
    [
        (spans("server GET /cart", scope=OTEL + "fastapi"), False),
        (lines("another line"), False),
        (metrics("http.server.request.size", scope=OTEL + "fastapi"), False),
        (spans("producer orders publish", scope=OTEL + "kafka"), True),
        (metrics("kafka.producer.count"), True),
        (spans("server GET /cart", keys=("messaging.system",)), True),
    ],
)
def test_one_more_name_is_no_change_and_a_new_library_is(more: list[Evidence], changes: bool) -> None:
    assert (patterns_of(*SHOP, *more).hash != patterns_of(*SHOP).hash) == changes


def test_patterns_are_bounded_and_hold_no_value_of_an_attribute() -> None:
    many = [
        entry
        for number in range(3_000)
        for entry in spans(
            f"server GET /{number:x}{'x' * 300}", scope=f"lib{number}", keys=(f"secret{number}", "db.system")
        )
    ]
    patterns: Patterns = patterns_of(*many)
    assert len(patterns.spans) <= 60
    assert max(map(len, patterns.spans)) <= 96
    assert len(patterns.features) <= 128
    assert patterns.keys == ("db.system",)


def test_every_kind_told_is_one_of_the_closed_set() -> None:
    assert {kind for kind, _, _ in KNOWN.values()} <= set(KINDS)
