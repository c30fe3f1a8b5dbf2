"""Every metric of Sluice, declared in one table and named as the Collector names its own.

The Collector exposes counters under their bare names (`otelcol_receiver_accepted_log_records`, no `_total`) with the
labels `receiver`, `transport`, `exporter` and `processor`; so does this, and its dashboards need a prefix changed.

`Telemetry` holds the values of one process. Parts that run once a request bind their series once (`counter`, `gauge`,
`histogram`) and then only add; nothing here runs per record.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import Metric as PrometheusMetric

__all__ = ["CONTENT_TYPE", "METRICS", "Counter", "Gauge", "Histogram", "Metric", "Telemetry", "items"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


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
    *_per_signal(
        "sluice_receiver_accepted", "{items} whose request was answered with success", ("receiver", "transport")
    ),
    *_per_signal(
        "sluice_receiver_refused",
        "{items} that were refused: by the next hop or its partial success",
        ("receiver", "transport"),
    ),
    Metric(
        "sluice_receiver_refused_requests",
        "counter",
        "requests refused before their records were counted; unread: too large for gRPC, or the sender gone",
        ("receiver", "transport", "reason"),
    ),
    Metric("sluice_receiver_requests_in_flight", "gauge", "requests being handled"),
    Metric("sluice_receiver_bytes_in_flight", "gauge", "bytes of requests being handled"),
    *_per_signal("sluice_exporter_sent", "{items} that the next hop took", ("exporter",)),
    *_per_signal("sluice_exporter_send_failed", "{items} that the next hop did not take", ("exporter",)),
    Metric(
        "sluice_exporter_joined_requests",
        "counter",
        "requests that went to the next hop in one call with others that waited at the same moment",
        ("exporter",),
    ),
    Metric(
        "sluice_exporter_waiting_requests",
        "gauge",
        "requests that wait, while a call to the next hop is under way, to go together",
    ),
    *_per_signal("sluice_processor_dropped", "{items} removed by a verdict", ("processor",)),
    Metric(
        "sluice_processor_tagged_records",
        "counter",
        "log records, metrics or spans tagged as waste, survivor or canary",
        ("processor", "signal"),
    ),
    Metric("sluice_engine_seconds", "histogram", "time of one request in the engine", ("signal",)),
    Metric("sluice_engine_event_types", "gauge", "event types in memory"),
    Metric(
        "sluice_engine_overflowed_records",
        "gauge",
        "records kept because the table of event types was full or their service had minted its share",
    ),
    Metric("sluice_engine_masked_texts", "gauge", "texts in which the configured masks were looked for"),
    Metric("sluice_engine_mask_seconds", "gauge", "time that looking for the configured masks took"),
    Metric("sluice_engine_failed_requests", "gauge", "requests that passed unread because the core failed: a bug"),
    Metric("sluice_engine_evidence_bytes", "gauge", "bytes of evidence in memory"),
    Metric("sluice_classify_queue_length", "gauge", "event types that wait for the judge"),
    Metric("sluice_classify_queue_refused", "counter", "event types not queued because the queue was full"),
    Metric(
        "sluice_classify_queue_oldest_seconds", "gauge", "how long the event type that waits longest for the judge has"
    ),
    Metric("sluice_classify_judged", "counter", "event types judged", ("kind", "category")),
    Metric(
        "sluice_classify_shared", "counter", "event types that are as in other services, without asking", ("category",)
    ),
    Metric(
        "sluice_classify_unlisted", "counter", "event types not judged because redaction would change their skeleton"
    ),
    Metric(
        "sluice_classify_claims",
        "counter",
        "what a model was to be asked: ours to ask, asked elsewhere, or asked unclaimed while the broker is away",
        ("outcome",),
    ),
    Metric("sluice_classify_provider_in_use", "gauge", "1 for the provider that is asked", ("provider",)),
    Metric("sluice_classify_calls", "counter", "calls that a provider answered", ("provider",)),
    Metric("sluice_classify_failed", "counter", "calls to a provider that failed", ("provider", "reason")),
    Metric(
        "sluice_classify_tokens",
        "counter",
        "tokens by the provider's own count: input, cache_write, cache_read, output",
        ("provider", "kind"),
    ),
    Metric("sluice_classify_tokens_today", "gauge", "tokens of this UTC day, with what calls under way may yet cost"),
    Metric("sluice_classify_tokens_per_day", "gauge", "tokens that a UTC day may cost: classification.budget"),
    Metric(
        "sluice_classify_unusable",
        "counter",
        "event types left without a usable answer, or with a doubted one: asked about again, in the end parked",
        ("provider", "reason"),
    ),
    Metric("sluice_services", "gauge", "services described", ("kind",)),
    Metric("sluice_services_described", "counter", "descriptions of services obtained here, by llm or rule", ("kind",)),
    Metric("sluice_services_unusable", "counter", "services of which a model gave no usable description"),
    Metric("sluice_services_unlisted", "counter", "services not described because redaction would change their name"),
    Metric("sluice_verdicts", "gauge", "verdicts in memory", ("action",)),
    Metric("sluice_verdicts_guarded", "gauge", "verdicts whose action a guard turned to keep", ("guard",)),
    Metric("sluice_verdicts_rekeyed", "gauge", "event types decided by what was judged under another ruleset"),
    Metric(
        "sluice_verdicts_drifted",
        "counter",
        "event types asked about again because their records have other variables or attributes than those judged",
    ),
    Metric(
        "sluice_verdicts_unusable",
        "counter",
        "values read from a topic or the store that could not be used",
        ("origin", "reason"),
    ),
    Metric("sluice_store_writes", "counter", "rows written to the store"),
    Metric("sluice_store_unwritable", "counter", "rows set aside because they can never be written: a bug"),
    Metric("sluice_store_failures", "counter", "operations of the store that failed", ("operation",)),
    Metric("sluice_kafka_connected", "gauge", "1 while the broker answers", ("client",)),
    Metric("sluice_kafka_published", "counter", "values acknowledged by the broker", ("topic",)),
    Metric("sluice_kafka_read", "counter", "values read from a topic", ("topic",)),
    Metric("sluice_kafka_failures", "counter", "attempts that failed", ("client", "reason")),
    Metric("sluice_kafka_outbox", "gauge", "values that wait to be published, counted up to 1,000"),
    Metric("sluice_tasks_failed", "counter", "background rounds that ended in an unexpected error", ("task",)),
    Metric("sluice_process_uptime", "counter", "seconds since the start"),
    Metric("sluice_process_cpu_seconds", "counter", "CPU time of the process, user and system, in seconds"),
    Metric("sluice_process_memory_rss", "gauge", "resident memory in bytes"),
)

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Telemetry:
    """The values of every metric in the table. Thread-safe."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._series: dict[str, Counter | Gauge | Histogram] = {}
        started = time.monotonic()
        counted = {
            "sluice_process_uptime": lambda: time.monotonic() - started,
            "sluice_process_cpu_seconds": time.process_time,
        }
        for name, kind, help_, labels in METRICS:
            match kind:
                case "counter" if name in counted:
                    self._series[name] = _CountedElsewhere(name, help_, counted[name], self._registry)
                case "counter":
                    self._series[name] = Counter(name, help_, labels, registry=self._registry)
                case "gauge":
                    self._series[name] = Gauge(name, help_, labels, registry=self._registry)
                case "histogram":
                    self._series[name] = Histogram(name, help_, labels, registry=self._registry, buckets=_BUCKETS)
        self.watch("sluice_process_memory_rss", _resident_bytes)

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

    def watch(self, name: str, read: Callable[[], float]) -> None:
        """Binds a gauge without labels to what `read` answers when the metrics are rendered."""
        self.gauge(name).set_function(read)

    def clear(self, name: str) -> None:
        """Drops a gauge's series, where its label values change over time."""
        self._series[name].clear()

    def value(self, name: str, **labels: str) -> float:
        """The current value of a counter or gauge; 0.0 when the series was never touched."""
        wanted = name + "_total" if isinstance(self._series[name], Counter) else name
        for family in self._series[name].collect():
            for sample in family.samples:
                if sample.name == wanted and sample.labels == labels:
                    return sample.value
        return 0.0

    def render(self) -> bytes:
        """The Prometheus text format, counters under their bare names."""
        lines: list[str] = []
        for family in self._registry.collect():
            lines.append(f"# HELP {family.name} {family.documentation}")
            lines.append(f"# TYPE {family.name} {family.type}")
            for sample in family.samples:
                if sample.name.endswith("_created"):
                    continue
                name = family.name if family.type == "counter" else sample.name
                labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in sample.labels.items())
                series = f"{name}{{{labels}}}" if labels else name
                lines.append(f"{series} {sample.value!r}")
        return "\n".join((*lines, "")).encode()

    def _bound(self, name: str, labels: dict[str, str]) -> Counter | Gauge | Histogram:
        series = self._series[name]
        return series.labels(**labels) if labels else series


class _CountedElsewhere(Counter):
    """A counter without labels of what the system counts: caught up with whenever it is read."""

    def __init__(self, name: str, help_: str, read: Callable[[], float], registry: CollectorRegistry) -> None:
        self._read = read
        self._counted = 0.0
        self._catching_up = threading.Lock()
        super().__init__(name, help_, registry=registry)

    def collect(self) -> Iterable[PrometheusMetric]:
        with self._catching_up:
            passed = self._read() - self._counted
            self._counted += passed
            self.inc(passed)
        return super().collect()


def _resident_bytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def items(signal: str) -> str:
    """OTLP's unit of a signal as the Collector spells it in metric names: `log_records`, `metric_points`, `spans`."""
    return _ITEMS[signal]
