"""Every configuration key with its default. Where the Collector has a name for it, that name.

Units: durations in seconds, shares from 0 to 1 (see `units`). A missing required key is found at load.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sluice.config.formats import (
    DialEndpoint,
    HeaderName,
    HeaderValue,
    ListenEndpoint,
    MaskName,
    NextHopEndpoint,
    Pattern,
    ReadableFile,
    Secret,
    Text,
    TopicName,
    Url,
)
from sluice.config.units import Action, Duration, PositiveDuration, Share

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Unknown keys are errors everywhere."""


class ServerTls(_Section, frozen=True):
    """`client_ca_file` asks clients for a certificate and checks it (mTLS)."""

    cert_file: ReadableFile
    key_file: ReadableFile
    client_ca_file: ReadableFile | None = None


class ClientTls(_Section, frozen=True):
    insecure: bool = False
    ca_file: ReadableFile | None = None
    cert_file: ReadableFile | None = None
    key_file: ReadableFile | None = None
    server_name_override: Text | None = None


class GrpcServer(_Section, frozen=True):
    endpoint: ListenEndpoint = "127.0.0.1:4317"
    max_recv_msg_size_mib: Annotated[int, Meta(ge=1, le=2047)] = 64
    tls: ServerTls | None = None


class HttpServer(_Section, frozen=True):
    endpoint: ListenEndpoint = "127.0.0.1:4318"
    max_request_body_size: Annotated[int, Meta(ge=1, le=2047 << 20)] = 64 << 20
    tls: ServerTls | None = None


class Protocols(_Section, frozen=True):
    """A protocol that is named is served; the default serves both."""

    grpc: GrpcServer | None = None
    http: HttpServer | None = None


class Limits(_Section, frozen=True):
    requests_in_flight: Annotated[int, Meta(ge=1, le=100_000)] = 64
    bytes_in_flight_mib: Annotated[int, Meta(ge=1, le=1 << 20)] = 256


class OtlpReceiver(_Section, frozen=True):
    protocols: Protocols = Protocols(grpc=GrpcServer(), http=HttpServer())
    limits: Limits = Limits()


class Receivers(_Section, frozen=True):
    otlp: OtlpReceiver = OtlpReceiver()


class MaskConfig(_Section, frozen=True):
    """A masked value is shown as `<name>`."""

    name: MaskName
    pattern: Pattern


class Mining(_Section, frozen=True):
    max_event_types: Annotated[int, Meta(ge=1, le=10_000_000)] = 100_000
    min_records: Count = 3
    settle: Duration = Duration(5.0)
    masks: tuple[MaskConfig, ...] = ()


class Queue(_Section, frozen=True):
    max_size: Annotated[int, Meta(ge=1, le=10_000_000)] = 50_000
    concurrency: Annotated[int, Meta(ge=1, le=64)] = 2
    batch_size: Annotated[int, Meta(ge=1, le=64)] = 64


class Redaction(_Section, frozen=True):
    enabled: bool = True
    masks: tuple[MaskConfig, ...] = ()


class Provider(_Section, frozen=True):
    """An unset `api_key` is a missing key, not an error: the process starts degraded and says so.

    `model` unset: the latest. `max_retries`: of one call, before the provider counts as out.
    """

    api_key: Secret | None = None
    model: Text | None = None
    base_url: Url | None = None
    timeout: PositiveDuration = Duration(60.0)
    max_retries: Annotated[int, Meta(ge=0, le=100)] = 3


class Budget(_Section, frozen=True):
    tokens_per_day: Annotated[int, Meta(ge=0)] = 5_000_000


class Classification(_Section, frozen=True):
    provider: Literal["anthropic", "openai", "rules"] = "rules"
    fallback: Literal["anthropic", "openai", "none"] = "none"
    anthropic: Provider | None = None
    openai: Provider | None = None
    queue: Queue = Queue()
    budget: Budget = Budget()
    redaction: Redaction = Redaction()

    def section(self, provider: str) -> Provider:
        """Of `anthropic` or `openai`; one that is not given has the defaults."""
        given = self.anthropic if provider == "anthropic" else self.openai
        return given or Provider()


Mode = Literal["observe", "tag", "drop"]


class Protect(_Section, frozen=True):
    """Every named condition must hold for a record to be protected. `template`: a glob (`*` and `?`)."""

    signal: Literal["logs", "metrics", "spans"] | None = None
    service: Text | None = None
    namespace: Text | None = None
    min_severity: Literal["trace", "debug", "info", "warn", "error", "fatal"] | None = None
    outcome: Literal["ok", "client_error", "error"] | None = None
    category: Text | None = None
    scope: Text | None = None
    template: Text | None = None
    min_duration: Duration | None = None
    resource: dict[Text, str] = {}


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
"""Category to action. `load` lays a configured `policy.actions` over it, key by key."""

ALWAYS_KEPT = ("security", "fault")
"""Categories that are kept whatever their action."""


class PolicyConfig(_Section, frozen=True):
    mode: Mode = "observe"
    spans: Mode = "tag"
    metrics: Mode = "tag"
    tag_all: bool = False
    actions: dict[str, Action] = msgspec.field(default_factory=DEFAULT_ACTIONS.copy)
    min_confidence: Literal["low", "medium", "high"] = "high"
    protect: tuple[Protect, ...] = ()
    rare_per_day: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 24
    probation: Duration = Duration(3600.0)
    max_drop_share: Share = Share(0.9)
    canary: Share = Share(0.001)
    lease: PositiveDuration = Duration(30 * 86400.0)


class StoreConfig(_Section, frozen=True):
    path: Text = "sluice.db"


class Topics(_Section, frozen=True):
    verdicts: TopicName = "sluice.verdicts"
    overrides: TopicName = "sluice.overrides"
    services: TopicName = "sluice.services"
    stats: TopicName = "sluice.stats"
    claims: TopicName = "sluice.claims"


class Sasl(_Section, frozen=True):
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    username: Text
    password: Secret


class KafkaConfig(_Section, frozen=True):
    brokers: Annotated[tuple[DialEndpoint, ...], Meta(min_length=1)]
    topics: Topics = Topics()
    create_topics: bool = True
    tls: ClientTls | None = None
    sasl: Sasl | None = None


class Verdicts(_Section, frozen=True):
    store: StoreConfig = StoreConfig()
    kafka: KafkaConfig | None = None


class OtlpGrpcExporter(_Section, frozen=True):
    endpoint: NextHopEndpoint
    tls: ClientTls = ClientTls()
    compression: Literal["gzip", "none"] = "gzip"
    timeout: PositiveDuration = Duration(5.0)
    headers: dict[HeaderName, HeaderValue] = {}


class NopExporter(_Section, frozen=True):
    """A tap: records are judged and counted, not forwarded."""


class Exporters(_Section, frozen=True):
    """Exactly one is required."""

    otlp_grpc: OtlpGrpcExporter | None = None
    nop: NopExporter | None = None


class Health(_Section, frozen=True):
    endpoint: ListenEndpoint = "127.0.0.1:13133"


class MetricsEndpoint(_Section, frozen=True):
    endpoint: ListenEndpoint = "127.0.0.1:8888"


class Logs(_Section, frozen=True):
    level: Literal["debug", "info", "warn", "error"] = "info"
    format: Literal["json", "console"] = "json"


class TelemetryConfig(_Section, frozen=True):
    metrics: MetricsEndpoint = MetricsEndpoint()
    logs: Logs = Logs()


class Service(_Section, frozen=True):
    instance_id: Text | None = None
    health: Health = Health()
    telemetry: TelemetryConfig = TelemetryConfig()


class Config(_Section, frozen=True, kw_only=True):
    receivers: Receivers = Receivers()
    mining: Mining = Mining()
    classification: Classification = Classification()
    policy: PolicyConfig = PolicyConfig()
    verdicts: Verdicts = Verdicts()
    exporters: Exporters
    service: Service = Service()
