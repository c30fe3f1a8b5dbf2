"""What the embedded judge says of metrics and spans."""

from __future__ import annotations

import pytest

from made_evidence import evidence
from sluice.classify.providers.rules import Rules
from sluice.config.model import DEFAULT_ACTIONS


@pytest.mark.parametrize(
    "name", ["scrape_duration_seconds", "scrape_samples_scraped", "otel.sdk.span.started", "otel.sdk.log.created"]
)
def test_metrics_of_the_telemetry_itself_are_instrumentation(name):
    facts = Rules().facts(evidence(f"{name} {{s|gauge}}", signal="metrics"))
    assert (facts.category, facts.confidence) == ("instrumentation", "high")


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("up", "diagnostic"),
        ("http.server.request.duration", "performance"),
        ("http.server.active_requests", "performance"),
        ("process.runtime.cpython.memory", "performance"),
        ("otelcol_exporter_send_failed_spans", "fault"),
        ("http_client_errors_total", "fault"),
        ("login_attempts_total", "security"),
        ("orders_created", "business_event"),
        ("app.wombats", "unclassified"),
    ],
)
def test_metrics_that_somebody_may_read_are_kept(name, category):
    facts = Rules().facts(evidence(f"{name} {{1|sum}}", signal="metrics"))
    assert facts.category == category
    assert DEFAULT_ACTIONS[facts.category].kind == "keep"


@pytest.mark.parametrize(
    ("name", "outcome", "purpose", "category"),
    [
        ("GET /healthz", "ok", "probe", "health_check"),
        ("GET /items/{id}", "ok", "", "routine_success"),
        ("GET /items/{id} http send", "", "", "debug_noise"),
        ("middleware - jsonParser", "", "", "debug_noise"),
        ("opentelemetry.proto.collector.trace.v1.TraceService/Export", "", "", "instrumentation"),
        ("POST /v1/metrics", "ok", "", "instrumentation"),
        ("PING", "", "", "heartbeat"),
    ],
)
def test_spans_that_a_trace_would_not_miss_are_found(name, outcome, purpose, category):
    facts = Rules().facts(evidence(f"server {name}", signal="spans", outcome=outcome, purpose=purpose))
    assert (facts.category, facts.confidence) == (category, "high")


@pytest.mark.parametrize(
    ("name", "outcome", "purpose", "category"),
    [
        ("GET /healthz", "error", "probe", "fault"),
        ("GET /items/{id}", "error", "", "fault"),
        ("GET /items/{id}", "client_error", "", "diagnostic"),
        ("GET /items/{id} http send", "error", "", "fault"),
        ("POST /v1/metrics", "error", "", "fault"),
        ("middleware - authenticate", "", "", "security"),
        ("GET /login", "ok", "", "security"),
        ("POST /checkout", "ok", "", "business_event"),
        ("GET /items/{id}", "", "", "unclassified"),
        ("SELECT shop.items", "", "", "unclassified"),
    ],
)
def test_spans_that_explain_something_are_kept(name, outcome, purpose, category):
    facts = Rules().facts(evidence(f"server {name}", signal="spans", outcome=outcome, purpose=purpose))
    assert facts.category == category
    assert DEFAULT_ACTIONS[facts.category].kind == "keep"


def test_the_query_that_asks_for_nothing_keeps_a_connection_alive():
    def span(value):
        return evidence("client SELECT <num>", signal="spans", values={"num": [value]})

    assert Rules().facts(span("1")).category == "heartbeat"
    assert Rules().facts(span("7")).category == "unclassified"
