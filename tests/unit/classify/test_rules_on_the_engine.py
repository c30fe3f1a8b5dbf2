"""The judge on what the real engine writes: what it reads of templates is what the engine puts there."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sluice.classify.providers.rules import Rules
from sluice.engine import Engine, Settings, Signal, evidence


def judged(signal: Signal, body: bytes) -> list[tuple[str, str]]:
    """Category and confidence of each event type in a request, in its order."""
    entries = evidence(Engine(Settings(min_records=1)).process(signal, body).commit() or b"[]")
    facts = [Rules().facts(entry) for entry in entries]
    return [(said.category, said.confidence) for said in facts]


def log(body: str, severity: str = "INFO") -> bytes:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.severity_text = severity
    record.body.string_value = body
    return request.SerializeToString()


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        ('10.0.0.9 - - [03/Feb/2026:10:00:00 +0000] "GET /shop/7 HTTP/1.1" 200 512', ("routine_success", "high")),
        ('10.0.0.9 - - [03/Feb/2026:10:00:00 +0000] "GET /healthz HTTP/1.1" 200 2', ("health_check", "high")),
        ('10.0.0.9 - - [03/Feb/2026:10:00:00 +0000] "GET /healthz HTTP/1.1" 503 2', ("fault", "high")),
        ('10.0.0.9 - - [03/Feb/2026:10:00:00 +0000] "GET /shop/7 HTTP/1.1" 503 2', ("fault", "high")),
        ('10.0.0.9 - - [03/Feb/2026:10:00:00 +0000] "GET /shop/7 HTTP/1.1" 404 2', ("diagnostic", "medium")),
        ('10.0.0.9 - - [03/Feb/2026:10:00:00 +0000] "POST /shop/7 HTTP/1.1" 200 2', ("routine_success", "medium")),
        ('{"level":"info","msg":"served request 17","path":"/a"}', ("routine_success", "high")),
        ('{"level":"info","msg":"served request 17","result":"x"}', ("diagnostic", "low")),
        ('{"level":"info","msg":"served request 17","ok":true}', ("routine_success", "high")),
        ('{"level":"info","msg":"served request 17","ok":false}', ("fault", "high")),
        ('{"level":"info","msg":"served request 17","ready":false}', ("diagnostic", "low")),
        ('{"level":"info","msg":"served request 17","status":"refused"}', ("fault", "high")),
        ('{"level":"info","msg":"payment of 17 EUR","ok":true}', ("business_event", "medium")),
        ('{"level":"info","msg":"payment of 17 EUR","ok":false}', ("fault", "high")),
        ('{"version":"1.1","short_message":"served request 17","level":3}', ("fault", "high")),
        ('{"msg":"served request 17","player":{"level":10}}', ("routine_success", "high")),
        ('level=info msg="served request 17" err=<nil>', ("routine_success", "high")),
        ("import progress 45%", ("heartbeat", "high")),
        ("===========", ("malformed", "high")),
        ("4711", ("unclassified", "low")),
        ("job 7 finished, exit code 1", ("fault", "high")),
    ],
)
def test_a_log_line_is_judged_as_the_engine_shows_it(body, facts):
    assert judged(Signal.LOGS, log(body)) == [facts]


def test_metrics_are_judged_by_name():
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    for name in ("scrape_duration_seconds", "up", "http.server.request.duration", "http_client_errors_total"):
        metric = scope.metrics.add()
        metric.name, metric.unit = name, "s"
        metric.gauge.data_points.add().as_int = 1
    assert judged(Signal.METRICS, request.SerializeToString()) == [
        ("instrumentation", "high"),
        ("diagnostic", "high"),
        ("performance", "high"),
        ("fault", "high"),
    ]


def test_spans_are_judged_by_name_and_outcome():
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number, (name, status) in enumerate(
        [("GET /items/42", 200), ("GET /items/42", 500), ("GET /livez", 200), ("SELECT 1", 0), ("GET /x http send", 0)]
    ):
        span = scope.spans.add()
        span.name, span.kind = name, 2
        span.trace_id, span.span_id = bytes([number + 1]) * 16, bytes([number + 1]) * 8
        if status:
            code = span.attributes.add()
            code.key, code.value.int_value = "http.response.status_code", status
    assert judged(Signal.SPANS, request.SerializeToString()) == [
        ("routine_success", "high"),
        ("fault", "high"),
        ("health_check", "high"),
        ("heartbeat", "high"),
        ("debug_noise", "high"),
    ]


def test_an_export_of_telemetry_is_told_from_every_other_request():
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for name, status in (
        ("POST /v1/traces", 0),
        ("POST /v1/metrics", 0),
        ("opentelemetry.proto.collector.logs.v1.LogsService/Export", 0),
        ("POST /v1/traces", 2),
        ("POST /v1/orders", 0),
        ("shop.v1.Orders/Export", 0),
    ):
        span = scope.spans.add()
        span.name, span.kind, span.status.code = name, 3, status
    assert judged(Signal.SPANS, request.SerializeToString()) == [
        ("instrumentation", "high"),
        ("instrumentation", "high"),
        ("instrumentation", "high"),
        ("fault", "high"),
        ("business_event", "medium"),
        ("business_event", "medium"),
    ]
