"""What a service does, by the well-known names in its telemetry: the same answer for the same patterns."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from sluice.classify.services.patterns import Patterns
from sluice.classify.services.telling import Told

VERSION = "services-2"
"""Recorded with each description; raised with every change of what follows."""
_ROUTES = 3
_LONGEST = 160
_LONGEST_NAME = 48


class _Product(NamedTuple):
    """Ready-made software: what services of it are called, and how the metrics about it begin."""

    kind: str
    named: re.Pattern[str]
    measured: re.Pattern[str]


def _product(kind: str, names: str, metrics: str) -> _Product:
    named = re.compile(rf"(?:^|[\W_])(?:{names})(?:$|[\W_\d])", re.IGNORECASE)
    return _Product(kind, named, re.compile(rf"metric (?:{metrics})(?:$|[._])"))


_PRODUCTS = (
    _product(
        "agent",
        r"otelcol\w*|opentelemetry-collector|fluent-?bit|fluentd|vector|telegraf|promtail|alloy|datadog-agent|"
        r"node[_-]exporter|filebeat|metricbeat|logstash",
        r"otelcol\w*|fluentbit|fluentd|vector|node|telegraf",
    ),
    _product(
        "proxy", r"nginx|envoy|haproxy|traefik|istio-proxy|caddy|kong|apache|httpd", r"nginx|envoy|haproxy|traefik"
    ),
    _product("cache", r"redis|valkey|memcached|varnish|hazelcast", r"redis|memcached|varnish"),
    _product(
        "broker",
        r"kafka|rabbitmq|nats|pulsar|activemq|mosquitto|redpanda",
        r"kafka\.(?:broker|request|partition)|"
        r"kafka_server|rabbitmq|nats|pulsar|activemq",
    ),
    _product(
        "database",
        r"postgres(?:ql)?|mysql|mariadb|mongo(?:db|d)?|cassandra|clickhouse|elasticsearch|opensearch|etcd|"
        r"cockroach(?:db)?|oracle|mssql|sqlserver|neo4j|influxdb",
        r"postgresql|pg|mysql|mongodb|cassandra|clickhouse|"
        r"elasticsearch|sqlserver|etcd",
    ),
)
"""Ready-made software, told by its own metrics or by what the service is called."""

_PEERS = (
    ("postgresql", r"psycopg\w*|asyncpg|pgx|postgres\w*|npgsql|\bpg\b"),
    ("mysql", r"mysql\w*|pymysql|mariadb"),
    ("sqlite", r"sqlite\w*"),
    ("mongodb", r"mongo\w*"),
    ("redis", r"redis\w*|valkey|jedis|lettuce|ioredis"),
    ("memcached", r"memcache\w*"),
    ("elasticsearch", r"elasticsearch\w*|opensearch\w*"),
    ("cassandra", r"cassandra\w*"),
    ("kafka", r"kafka\w*"),
    ("rabbitmq", r"rabbit\w*|pika|aio_pika|amqp\w*"),
    ("nats", r"nats"),
    ("aws", r"boto\w*|aws\w*"),
    ("a language model", r"openai\w*|anthropic\w*|gen_ai|langchain"),
    ("other services over grpc", r"grpc_client|grpc\.client"),
    (
        "other services over http",
        r"httpx|requests|urllib\d?|aiohttp[_-]client|okhttp|http-client|axios|undici|restclient",
    ),
)
_PEER_FORMS = tuple((name, re.compile(rf"(?:^|[\W_])(?:{form})(?:$|[\W_])", re.I)) for name, form in _PEERS)

_PEER_NAMES = {
    "grpc": "other services over grpc",
    "other_sql": "a database",
    **dict.fromkeys(("openai", "anthropic", "azure.ai.openai", "gcp.gemini", "aws.bedrock"), "a language model"),
}
"""What some of the semantic conventions' names are called here."""

_WORDS = {
    "web_api": "web API",
    "rpc_api": "RPC service",
    "frontend": "web front end",
    "worker": "worker",
    "scheduler": "scheduler",
    "function": "function",
    "database": "database",
    "cache": "cache",
    "broker": "message broker",
    "proxy": "proxy",
    "agent": "telemetry agent",
    "unknown": "service",
}
_DOES = {
    "database": "stores and queries data",
    "cache": "keeps data in memory",
    "broker": "passes messages on",
    "proxy": "passes requests on",
    "agent": "collects telemetry",
}
_REQUEST = re.compile(r"server (?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\b")
_SAYS_NOTHING = re.compile(r"^[A-Z]*$|/(?:healthz?|livez?|readyz?|metrics|ping)$")
"""A method alone, and probes."""
_ACCESS_LOG = re.compile(r'"?(?:GET|HEAD|POST|PUT|PATCH|DELETE) <path>')
_NAMED = (
    ("scheduler", re.compile(r"(?:^|[\W_])(?:cron|scheduler|beat)(?:$|[\W_])", re.I)),
    ("worker", re.compile(r"(?:^|[\W_])(?:worker|consumer|jobs?|processor|sidekiq|celery)(?:$|[\W_])", re.I)),
    ("frontend", re.compile(r"(?:^|[\W_])(?:frontend|front-end|webapp|spa)(?:$|[\W_])", re.I)),
)


class RuleTeller:
    """A `Teller` that asks nobody."""

    kind: Literal["rule", "llm"] = "rule"

    async def tell(self, patterns: Patterns) -> Told | None:
        return told(patterns)


def told(patterns: Patterns) -> Told:
    kind = _kind(patterns)
    does = _responsibilities(kind, patterns)
    needs = _dependencies(kind, patterns)
    parts = [_WORDS[kind], _joined(does), f"uses {', '.join(needs)}" if needs else ""]
    description = "; ".join(part for part in parts if part)
    return Told(kind, description[:_LONGEST], does, needs, "rules", prompt_version=VERSION)


def _joined(does: tuple[str, ...]) -> str:
    """The verb, which all have in common, once."""
    return ", ".join((*does[:1], *(each.split(" ", 1)[1] for each in does[1:])))


def _kind(patterns: Patterns) -> str:
    """1. The metrics of ready-made software, or its name where nothing is traced. 2. What it serves. 3. What it
    consumes. 4. Its name."""
    features = set(patterns.features)
    serves = any(_REQUEST.match(span) for span in patterns.spans) or "metric http.server" in features
    named = next((kind for kind, form in _NAMED if form.search(patterns.service.name)), "")
    untraced = not patterns.spans and not named
    if "span server" not in features:
        for product in _PRODUCTS:
            if any(map(product.measured.match, features)) or (untraced and product.named.search(patterns.service.name)):
                return product.kind
    if "key faas.trigger" in features or "key faas.name" in features:
        return "function"
    if "key browser.name" in features:
        return "frontend"
    if serves:
        return "web_api"
    if "span server" in features:
        return "rpc_api"
    if "span consumer" in features:
        return "worker"
    if named:
        return named
    return "web_api" if any(_ACCESS_LOG.search(line) for line in patterns.logs) else "unknown"


def _responsibilities(kind: str, patterns: Patterns) -> tuple[str, ...]:
    if kind in _DOES:
        return (_DOES[kind],)
    for verb, span_kind in (("serves", "server"), ("consumes", "consumer"), ("runs", "internal")):
        names = [span.removeprefix(f"{span_kind} ") for span in patterns.spans if span.startswith(f"{span_kind} ")]
        names = list(dict.fromkeys(name[:_LONGEST_NAME] for name in names if not _SAYS_NOTHING.search(name)))
        if names:
            return tuple(f"{verb} {name}" for name in names[:_ROUTES])
    return ()


def _dependencies(kind: str, patterns: Patterns) -> tuple[str, ...]:
    """Whom its client libraries talk to; a database has none."""
    if kind in _DOES and kind != "proxy":
        return ()
    features = patterns.features
    scopes = [feature.removeprefix("scope ") for feature in features if feature.startswith("scope ")]
    found = [name for name, form in _PEER_FORMS if any(form.search(scope) for scope in scopes)]
    named = [_PEER_NAMES.get(peer, peer) for peer in patterns.peers]
    found = list(dict.fromkeys([*found, *named]))
    keys = set(patterns.keys)
    if not found and keys.intersection({"db.system", "db.system.name"}):
        found.append("a database")
    if "span producer" in features and not {"kafka", "rabbitmq", "nats"}.intersection(found):
        found.append("a message broker")
    return tuple(found)
