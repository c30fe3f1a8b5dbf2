"""Every configuration key with its default. Where the Collector has a name for it, that name.

Units: durations in seconds, shares from 0 to 1 (see `units`). A missing required key is found at load.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sluice.config.units import Action, Duration, Share


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Unknown keys are errors everywhere."""


class ServerTls(_Section, frozen=True):
    cert_file: str
    key_file: str
    client_ca_file: str | None = None


class ClientTls(_Section, frozen=True):
    insecure: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name_override: str | None = None


class GrpcServer(_Section, frozen=True):
    endpoint: str = "127.0.0.1:4317"
    max_recv_msg_size_mib: int = 64
    tls: ServerTls | None = None


class HttpServer(_Section, frozen=True):
    endpoint: str = "127.0.0.1:4318"
    max_request_body_size: int = 64 << 20
    tls: ServerTls | None = None


class Protocols(_Section, frozen=True):
    """A protocol that is named is served; the default serves both."""

    grpc: GrpcServer | None = None
    http: HttpServer | None = None


class Limits(_Section, frozen=True):
    requests_in_flight: int = 64
    bytes_in_flight_mib: int = 256


class OtlpReceiver(_Section, frozen=True):
    protocols: Protocols = Protocols(grpc=GrpcServer(), http=HttpServer())
    limits: Limits = Limits()


class Receivers(_Section, frozen=True):
    otlp: OtlpReceiver = OtlpReceiver()


class MaskConfig(_Section, frozen=True):
    name: str
    pattern: str


class Mining(_Section, frozen=True):
    max_event_types: int = 100_000
    min_records: int = 3
    settle: Duration = Duration(5.0)
    masks: tuple[MaskConfig, ...] = ()


class Queue(_Section, frozen=True):
    max_size: int = 50_000
    concurrency: int = 2
    batch_size: int = 64


class Redaction(_Section, frozen=True):
    enabled: bool = True
    masks: tuple[MaskConfig, ...] = ()


class Provider(_Section, frozen=True):
    api_key: str | None = None
    model: str | None = None
    base_url: str | None = None
    timeout: Duration = Duration(60.0)
    max_retries: int = 3


class Budget(_Section, frozen=True):
    tokens_per_day: int = 5_000_000


class Classification(_Section, frozen=True):
    provider: Literal["anthropic", "openai", "rules"] = "rules"
    fallback: Literal["anthropic", "openai", "none"] = "none"
    anthropic: Provider | None = None
    openai: Provider | None = None
    queue: Queue = Queue()
    budget: Budget | None = None
    redaction: Redaction = Redaction()


Mode = Literal["observe", "tag", "drop"]


class Protect(_Section, frozen=True):
    """Every named condition must hold for a record to be protected. `template`: a glob (`*` and `?`)."""

    signal: Literal["logs", "metrics", "spans"] | None = None
    service: str | None = None
    namespace: str | None = None
    min_severity: Literal["trace", "debug", "info", "warn", "error", "fatal"] | None = None
    outcome: Literal["ok", "client_error", "error"] | None = None
    category: str | None = None
    scope: str | None = None
    template: str | None = None
    min_duration: Duration | None = None
    resource: dict[str, str] = {}


DEFAULT_ACTIONS: dict[str, Action] = {
    category: Action.parse(action)
    for category, action in {
        "health_check": "drop",
        "heartbeat": "limit 1/m",
        "debug_noise": "drop",
        "bot_traffic": "sample 10%",
        "duplicate": "drop",
        "instrumentation": "drop",
        "routine_success": "sample 10%",
        "malformed": "drop",
        "state_change": "keep",
        "business_event": "keep",
        "security": "keep",
        "performance": "keep",
        "fault": "keep",
        "diagnostic": "keep",
        "unclassified": "keep",
    }.items()
}
"""Category to action; a configured `policy.actions` is merged over it, key by key."""


class PolicyConfig(_Section, frozen=True):
    mode: Mode = "observe"
    spans: Mode = "tag"
    metrics: Mode = "tag"
    tag_all: bool = False
    actions: dict[str, Action] = {}
    min_confidence: Literal["low", "medium", "high"] = "high"
    protect: tuple[Protect, ...] = ()
    rare_per_day: int = 24
    probation: Duration = Duration(3600.0)
    max_drop_share: Share = Share(0.9)
    canary: Share = Share(0.001)
    lease: Duration = Duration(30 * 86400.0)


class StoreConfig(_Section, frozen=True):
    path: str = "sluice.db"


class Topics(_Section, frozen=True):
    verdicts: str = "sluice.verdicts"
    overrides: str = "sluice.overrides"
    services: str = "sluice.services"
    stats: str = "sluice.stats"
    claims: str = "sluice.claims"


class Sasl(_Section, frozen=True):
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    username: str
    password: str


class KafkaConfig(_Section, frozen=True):
    brokers: tuple[str, ...]
    topics: Topics = Topics()
    create_topics: bool = True
    tls: ClientTls | None = None
    sasl: Sasl | None = None


class Verdicts(_Section, frozen=True):
    store: StoreConfig = StoreConfig()
    kafka: KafkaConfig | None = None


class OtlpGrpcExporter(_Section, frozen=True):
    endpoint: str
    tls: ClientTls = ClientTls()
    compression: Literal["gzip", "none"] = "gzip"
    timeout: Duration = Duration(5.0)
    headers: dict[str, str] = {}


class NopExporter(_Section, frozen=True):
    """A tap: records are judged and counted, not forwarded."""


class Exporters(_Section, frozen=True):
    """Exactly one is required."""

    otlp_grpc: OtlpGrpcExporter | None = None
    nop: NopExporter | None = None


class Health(_Section, frozen=True):
    endpoint: str = "127.0.0.1:13133"


class MetricsEndpoint(_Section, frozen=True):
    endpoint: str = "127.0.0.1:8888"


class Logs(_Section, frozen=True):
    level: Literal["debug", "info", "warn", "error"] = "info"
    format: Literal["json", "console"] = "json"


class TelemetryConfig(_Section, frozen=True):
    metrics: MetricsEndpoint = MetricsEndpoint()
    logs: Logs = Logs()


class Service(_Section, frozen=True):
    instance_id: str | None = None
    health: Health = Health()
    telemetry: TelemetryConfig = TelemetryConfig()


class Config(_Section, frozen=True):
    exporters: Exporters
    receivers: Receivers = Receivers()
    mining: Mining = Mining()
    classification: Classification = Classification()
    policy: PolicyConfig = PolicyConfig()
    verdicts: Verdicts = Verdicts()
    service: Service = Service()
