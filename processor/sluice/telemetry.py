"""Every metric of Sluice, declared in one table and named as the Collector names its own.

`Telemetry` holds the values of one process. Parts that run once a request bind their series once (`bind`) and then
only add; nothing here runs per record.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metric(NamedTuple):
    """One row: its labels are the only ones it ever has."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


_ITEMS = {"logs": "log_records", "metrics": "metric_points", "spans": "spans"}


def _per_signal(name: str, help_: str, labels: tuple[str, ...] = ()) -> tuple[Metric, ...]:
    return tuple(
        Metric(f"{name}_{items}", "counter", help_.format(items=items.replace("_", " ")), labels)
        for items in _ITEMS.values()
    )


METRICS: tuple[Metric, ...] = (
    *_per_signal("sluice_receiver_accepted", "{items} whose request was answered with success", ("transport",)),
    *_per_signal(
        "sluice_receiver_refused", "{items} that were refused: by the next hop or its partial success", ("transport",)
    ),
    Metric(
        "sluice_receiver_refused_requests",
        "counter",
        "requests refused before their records were counted, by reason",
        ("transport", "reason"),
    ),
    Metric("sluice_receiver_requests_in_flight", "gauge", "requests being handled"),
    Metric("sluice_receiver_bytes_in_flight", "gauge", "bytes of requests being handled"),
    *_per_signal("sluice_exporter_sent", "{items} that the next hop took"),
    *_per_signal("sluice_exporter_send_failed", "{items} that the next hop did not take"),
    *_per_signal("sluice_processor_dropped", "{items} removed by a verdict"),
    *_per_signal("sluice_processor_tagged", "{items} whose record was tagged as waste, survivor or canary"),
    Metric("sluice_engine_seconds", "histogram", "time of one request in the engine", ("signal",)),
    Metric("sluice_engine_event_types", "gauge", "event types in memory"),
    Metric("sluice_engine_overflowed_records", "gauge", "records kept because the table of event types was full"),
    Metric("sluice_engine_evidence_bytes", "gauge", "bytes of evidence in memory"),
    Metric("sluice_classify_queue_length", "gauge", "event types that wait for the judge"),
    Metric("sluice_classify_queue_refused", "counter", "event types not queued because the queue was full"),
    Metric("sluice_classify_judged", "counter", "event types judged", ("kind", "category")),
    Metric(
        "sluice_classify_unlisted", "counter", "event types not judged because redaction would change their skeleton"
    ),
    Metric("sluice_classify_failed", "counter", "calls to the judge that failed", ("provider", "reason")),
    Metric("sluice_verdicts", "gauge", "verdicts in memory", ("action",)),
    Metric("sluice_verdicts_guarded", "gauge", "verdicts whose action a guard turned to keep", ("guard",)),
    Metric(
        "sluice_verdicts_unusable",
        "counter",
        "values read from a topic or the store that could not be used",
        ("origin", "reason"),
    ),
    Metric("sluice_store_writes", "counter", "rows written to the store"),
    Metric("sluice_store_failures", "counter", "operations of the store that failed", ("operation",)),
    Metric("sluice_kafka_connected", "gauge", "1 while the broker answers", ("client",)),
    Metric("sluice_kafka_published", "counter", "values acknowledged by the broker", ("topic",)),
    Metric("sluice_kafka_read", "counter", "values read from a topic", ("topic",)),
    Metric("sluice_kafka_failures", "counter", "attempts that failed", ("client", "reason")),
    Metric("sluice_kafka_outbox", "gauge", "values that wait to be published, counted up to 1,000"),
    Metric("sluice_tasks_failed", "counter", "background rounds that ended in an unexpected error", ("task",)),
)

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Telemetry:
    """The values of every metric in the table. Thread-safe."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._series: dict[str, Counter | Gauge | Histogram] = {}
        for name, kind, help_, labels in METRICS:
            match kind:
                case "counter":
                    self._series[name] = Counter(name, help_, labels, registry=self._registry)
                case "gauge":
                    self._series[name] = Gauge(name, help_, labels, registry=self._registry)
                case "histogram":
                    self._series[name] = Histogram(name, help_, labels, registry=self._registry, buckets=_BUCKETS)

    def counter(self, name: str, **labels: str) -> Counter:
        """One series of a counter, to be bound once where it is used often."""
        series = self._bound(name, labels)
        assert isinstance(series, Counter)
        return series

    def gauge(self, name: str, **labels: str) -> Gauge:
        series = self._bound(name, labels)
        assert isinstance(series, Gauge)
        return series

    def histogram(self, name: str, **labels: str) -> Histogram:
        series = self._bound(name, labels)
        assert isinstance(series, Histogram)
        return series

    def add(self, name: str, amount: float = 1.0, **labels: str) -> None:
        self.counter(name, **labels).inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        self.gauge(name, **labels).set(value)

    def clear(self, name: str) -> None:
        """Drops a gauge's series, where its label values change over time."""
        self._series[name].clear()

    def value(self, name: str, **labels: str) -> float:
        """The current value of a counter or gauge; 0.0 when the series was never touched."""
        suffix = "_total" if isinstance(self._series[name], Counter) else ""
        return self._registry.get_sample_value(name + suffix, labels) or 0.0

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self._registry)

    def _bound(self, name: str, labels: dict[str, str]) -> Counter | Gauge | Histogram:
        series = self._series[name]
        return series.labels(**labels) if labels else series


def items(signal: str) -> str:
    """OTLP's unit of a signal as the Collector spells it in metric names: `log_records`, `metric_points`, `spans`."""
    return _ITEMS[signal]
