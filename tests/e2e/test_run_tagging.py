"""Tag mode in front of a stock Collector: its `filter` processor drops what Sluice found, and nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from real.collector import Collector
from real.otlp import Sender, logs, metrics, spans
from real.ports import free_port
from real.sluice import Sluice, forwarding_to
from sluice.engine import Signal
from traffic import PROBE, WASTE_METRIC, messages, order, records, tags, teach, untag, waste_of_each_signal

FILES = {Signal.LOGS: "logs", Signal.METRICS: "metrics", Signal.SPANS: "traces"}


def filtering(port: int, directory: Path) -> dict[str, Any]:
    """The stock filter, by the tag alone: on log records an attribute, on metrics an entry of the metadata."""
    exporters = {f"file/{name}": {"path": str(directory / name), "format": "proto"} for name in FILES.values()}
    pipelines = {
        name: {"receivers": ["otlp"], "processors": ["filter"], "exporters": [f"file/{name}"]}
        for name in FILES.values()
    }
    return {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{port}"}}}},
        "processors": {
            "filter": {
                "error_mode": "propagate",
                "logs": {"log_record": ['attributes["sluice.verdict"] == "drop"']},
                "metrics": {"metric": ['metadata["sluice.verdict"] == "drop"']},
            }
        },
        "exporters": exporters,
        "service": {"pipelines": pipelines},
    }


def written(path: Path) -> list[bytes]:
    """The requests in a file of the file exporter: each after its length, four bytes, the highest first."""
    content, position, found = path.read_bytes(), 0, []
    while position < len(content):
        begin = position + 4
        position = begin + int.from_bytes(content[position:begin], "big")
        found.append(content[begin:position])
    return found


def with_status(request: bytes) -> bytes:
    """A span without a status has an empty one once the Collector has passed it on."""
    message = ExportTraceServiceRequest.FromString(request)
    for group in message.resource_spans:
        for span in group.scope_spans[0].spans:
            span.status.SetInParent()
    return bytes(message.SerializeToString())


def test_a_stock_filter_drops_what_is_tagged_and_every_span_arrives(otelcol: Path, tmp_path: Path) -> None:
    port = free_port()
    kept = {
        Signal.LOGS: [logs(order(n), "disk full: device sda1", order(n, "b")) for n in range(20)],
        Signal.METRICS: [metrics("queue.depth", n) for n in range(1, 20)],
        Signal.SPANS: [spans("GET /orders", PROBE, "POST /orders") for _ in range(20)],
    }
    waste = {
        Signal.LOGS: [logs(PROBE, PROBE), logs("GET /healthz 204")],
        Signal.METRICS: [metrics(WASTE_METRIC, 3)],
        Signal.SPANS: [spans(PROBE)],
    }
    taught = waste_of_each_signal()
    config = {"exporters": forwarding_to(f"127.0.0.1:{port}"), "policy": {"mode": "tag"}}
    with Collector(filtering(port, tmp_path), otelcol), Sluice(tmp_path, config) as sluice:
        teach(sluice, *taught)
        with Sender(sluice.grpc_port) as sender:
            for signal in Signal:
                for request in (*kept[signal], *waste[signal]):
                    sender.export(request, signal)
            sender.export(logs(order(77), PROBE, order(78), PROBE))
        tagged = sluice.metrics()
    arrived = {signal: written(tmp_path / name) for signal, name in FILES.items()}
    before = {signal: [request for one, request in taught if one is signal] * 3 for signal in Signal}

    for signal in (Signal.LOGS, Signal.METRICS):
        mixed = [logs(order(77), order(78))] if signal is Signal.LOGS else []
        expected = records(signal, *before[signal], *kept[signal], *mixed)
        assert Counter(records(signal, *arrived[signal])) == Counter(expected)
    all_spans = [*before[Signal.SPANS], *kept[Signal.SPANS], *waste[Signal.SPANS]]
    untagged = [untag(Signal.SPANS, request) for request in arrived[Signal.SPANS]]
    assert Counter(records(Signal.SPANS, *untagged)) == Counter(records(Signal.SPANS, *map(with_status, all_spans)))
    verdicts = [tags(Signal.SPANS, span).get("verdict") for span in messages(Signal.SPANS, *arrived[Signal.SPANS])]
    assert Counter(verdicts) == {"drop": 21, None: 43}
    assert [tagged("sluice_processor_tagged_records", signal=signal.label) for signal in Signal] == [5, 1, 21]
    assert tagged("sluice_processor_dropped_log_records") == 0
