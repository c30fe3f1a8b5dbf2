"""Recorded OTLP: files of JSON lines as the Collector's file exporter writes them, each line one export request.

The exporter's own `compression` setting writes another form (frames with a length before each) and is not read: record
without it and compress the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from sluice.content import Content
from sluice.engine import Signal, transcode
from sluice.errors import Malformed, RecordingError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BEGINNING = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"resource(?:Logs|Metrics|Spans)"\s*:')
_ENOUGH = 4096


class _Line(msgspec.Struct, frozen=True, rename="camel"):
    """Which signal a line holds; what is in it is the transcoder's to read."""

    resource_logs: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    resource_metrics: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    resource_spans: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_LINE = msgspec.json.Decoder(_Line)
_SIGNALS = {"resource_logs": Signal.LOGS, "resource_metrics": Signal.METRICS, "resource_spans": Signal.SPANS}


def requests(content: Content) -> Iterator[tuple[Signal, bytes]]:
    """Each line's export request as protobuf bytes. Raises `RecordingError` with file, line number and remedy."""
    for number, line in enumerate(content.lines(), start=1):
        text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        if not text.isspace():
            yield _request(f"{content.name}, line {number}", text)


def is_recorded(content: Content) -> bool:
    """Whether it begins as OTLP/JSON does; any other JSON is text. To be asked before anything is read."""
    return _BEGINNING.match(content.beginning(_ENOUGH)) is not None


def read(path: Path | str) -> Iterator[tuple[Signal, bytes]]:
    """The requests of one file, or of stdin for `-`."""
    with Content(path) as content:
        yield from requests(content)


def _request(place: str, line: bytes) -> tuple[Signal, bytes]:
    try:
        found = _LINE.decode(line)
    except msgspec.DecodeError:
        raise _bad(place, "is no JSON object; was the file cut off or written by something else?") from None
    signals = [signal for key, signal in _SIGNALS.items() if getattr(found, key) is not msgspec.UNSET]
    if len(signals) != 1:
        raise _bad(place, "needs exactly one of resourceLogs, resourceMetrics and resourceSpans")
    try:
        return signals[0], transcode(signals[0], line)
    except Malformed as error:
        raise _bad(place, f"is no OTLP/JSON of {signals[0].label}: {error}") from None


def _bad(place: str, what: str) -> RecordingError:
    return RecordingError(
        f"{place}: {what} (expected is what the Collector's file exporter writes; remove the line to go on without it)"
    )


def records(signal: Signal, request: bytes) -> int:
    """How many log records, metrics or spans a request holds."""
    if signal is Signal.LOGS:
        return sum(
            len(scope.log_records) for one in LogsData.FromString(request).resource_logs for scope in one.scope_logs
        )
    if signal is Signal.METRICS:
        found = MetricsData.FromString(request).resource_metrics
        return sum(len(scope.metrics) for one in found for scope in one.scope_metrics)
    return sum(len(scope.spans) for one in TracesData.FromString(request).resource_spans for scope in one.scope_spans)
