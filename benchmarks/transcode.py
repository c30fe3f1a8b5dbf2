"""OTLP/JSON to protobuf: the core beside protobuf's own `json_format`, on the same documents in the same run.

    python benchmarks/transcode.py

One core, best of several rounds that alternate between the two. The peer takes the hex ids for base64, which costs it
the same and says nothing; it is the only one that Python has.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sluice import _core

RECORDS = 2_000
ROUNDS = 5
TIME = 1_760_000_000_000_000_000


def attributes(**values: str | int) -> list[dict[str, Any]]:
    return [
        {"key": key.replace("_", "."), "value": {"stringValue" if isinstance(value, str) else "intValue": value}}
        for key, value in values.items()
    ]


def log_record(number: int) -> dict[str, Any]:
    return {
        "timeUnixNano": str(TIME + number),
        "observedTimeUnixNano": str(TIME + number),
        "severityNumber": 9,
        "severityText": "INFO",
        "body": {"stringValue": f"order {number} was shipped to warehouse {number % 7} in {number % 90} ms"},
        "attributes": attributes(code_function="ship", thread_id=number % 8),
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
    }


def metric(number: int) -> dict[str, Any]:
    return {
        "name": "http.server.request.duration",
        "unit": "s",
        "histogram": {
            "aggregationTemporality": 2,
            "dataPoints": [
                {
                    "attributes": attributes(http_route=f"/orders/{number % 20}", http_response_status=200),
                    "startTimeUnixNano": str(TIME),
                    "timeUnixNano": str(TIME + number),
                    "count": "12",
                    "sum": 0.1875 * number,
                    "bucketCounts": ["0", "4", "6", "2", "0"],
                    "explicitBounds": [0.005, 0.05, 0.5, 5],
                }
            ],
        },
    }


def span(number: int) -> dict[str, Any]:
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "parentSpanId": f"{number + 1:016x}",
        "name": "GET /orders/{id}",
        "kind": 2,
        "startTimeUnixNano": str(TIME + number),
        "endTimeUnixNano": str(TIME + number + 1_000_000),
        "attributes": attributes(http_request_method="GET", url_path=f"/orders/{number}", http_response_status=200),
        "status": {},
    }


def request(signal: str, scope: str, records: str, make: Callable[[int], dict[str, Any]]) -> bytes:
    resource = {"attributes": attributes(service_name="shop", host_name="shop-1")}
    scopes = [{"scope": {"name": "shop"}, records: [make(number) for number in range(RECORDS)]}]
    return json.dumps({signal: [{"resource": resource, scope: scopes}]}, separators=(",", ":")).encode()


DOCUMENTS: list[tuple[str, type[Message], bytes]] = [
    ("logs", ExportLogsServiceRequest, request("resourceLogs", "scopeLogs", "logRecords", log_record)),
    ("metrics", ExportMetricsServiceRequest, request("resourceMetrics", "scopeMetrics", "metrics", metric)),
    ("spans", ExportTraceServiceRequest, request("resourceSpans", "scopeSpans", "spans", span)),
]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    print(f"{'signal':8} {'bytes a record':>14} {'core':>12} {'core':>12} {'json_format':>14} {'ratio':>7}")
    for signal, (name, message, document) in enumerate(DOCUMENTS):
        core, peer = [], []
        for _ in range(ROUNDS):
            core.append(seconds(lambda: _core.transcode(signal, document)))  # noqa: B023 - called at once
            peer.append(seconds(lambda: json_format.Parse(document, message()).SerializeToString()))  # noqa: B023
        ours, theirs = min(core), min(peer)
        size, rate = len(document) / RECORDS, RECORDS / ours / 1e3
        print(
            f"{name:8} {size:14.0f} {len(document) / ours / 1e6:7.0f} MB/s {rate:8.0f} k/s"
            f" {RECORDS / theirs / 1e3:10.0f} k/s {theirs / ours:6.1f}x"
        )


if __name__ == "__main__":
    main()
