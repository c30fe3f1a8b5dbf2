"""What an export response says: nothing on full success, else how many items were rejected and why."""

from __future__ import annotations

from typing import Any, NamedTuple

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from sluice.engine import Signal

_RESPONSES: dict[Signal, tuple[Any, str]] = {
    Signal.LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    Signal.METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
    Signal.SPANS: (ExportTraceServiceResponse, "rejected_spans"),
}


class Rejected(NamedTuple):
    """How many items were rejected, and the response to pass on: b"" where there is nothing to say."""

    items: int
    response: bytes


def rejected(signal: Signal, response: bytes, *, at_most: int) -> Rejected:
    """Reads a response whose status was OK; `at_most`: the items that were sent.

    Many servers (the Collector is one) set an empty partial_success on full success; the specification wants it unset,
    so it is not passed on. A response that cannot be read came with the status OK: the records were taken.
    """
    if not response:
        return Rejected(0, b"")
    kind, field = _RESPONSES[signal]
    try:
        partial = kind.FromString(response).partial_success
    except DecodeError:
        return Rejected(0, b"")
    count: int = getattr(partial, field)
    if not count and not partial.error_message:
        return Rejected(0, b"")
    return Rejected(min(max(count, 0), at_most), response)


def shares(signal: Signal, said: Rejected, sent: list[int]) -> list[bytes]:
    """One response for each of several requests that were sent as one, in their order; `sent`: the items of each.

    What was rejected is shared out from the first on, each at most what it had sent: whose it was is not known. Without
    rejected items the response is a warning, and everybody's.
    """
    if not said.items:
        return [said.response] * len(sent)
    kind, field = _RESPONSES[signal]
    response = kind.FromString(said.response)
    answers: list[bytes] = []
    left = said.items
    for items in sent:
        setattr(response.partial_success, field, min(left, items))
        left -= min(left, items)
        answers.append(response.SerializeToString() if getattr(response.partial_success, field) else b"")
    return answers


def as_json(signal: Signal, response: bytes) -> bytes:
    """The response in OTLP/JSON."""
    kind, _ = _RESPONSES[signal]
    text: str = json_format.MessageToJson(kind.FromString(response), indent=None)
    return text.encode()
