"""What a recording's reader promises, on files written here; what a real Collector writes is in e2e."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from sluice.content import Content
from sluice.engine import Signal
from sluice.errors import RecordingError
from sluice.recording import read, records, requests


def logs(*bodies: str) -> bytes:
    entries = [{"timeUnixNano": "17", "body": {"stringValue": body}} for body in bodies]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": entries}]}]}).encode()


METRICS = b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"up","gauge":{"dataPoints":[{"asInt":"1"}]}}]}]}]}'
SPANS = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":"00000000000000ff","name":"GET /"}]}]}]}'


def bodies(found: list[tuple[Signal, bytes]]) -> list[str]:
    return [
        record.body.string_value
        for _, request in found
        for resource in LogsData.FromString(request).resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "recorded"
        path.write_bytes(content)
        return path

    return write


Write = Callable[[bytes], Path]


def test_each_line_is_one_request_of_its_signal(write: Write) -> None:
    found = list(read(write(b"\n".join((logs("a", "b"), METRICS, SPANS)) + b"\n")))

    assert [signal for signal, _ in found] == [Signal.LOGS, Signal.METRICS, Signal.SPANS]
    assert bodies(found[:1]) == ["a", "b"]
    assert MetricsData.FromString(found[1][1]).resource_metrics[0].scope_metrics[0].metrics[0].name == "up"
    span = TracesData.FromString(found[2][1]).resource_spans[0].scope_spans[0].spans[0]
    assert (span.span_id, span.name) == (b"\0" * 7 + b"\xff", "GET /")


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_compression_is_told_by_the_content(write: Write, compress: Callable[[bytes], bytes]) -> None:
    lines = [logs(f"line {number}") for number in range(3000)]

    found = list(read(write(compress(b"\n".join(lines)))))

    assert bodies(found) == [f"line {number}" for number in range(3000)]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_parts_compressed_apart_are_one_recording(write: Write, compress: Callable[[bytes], bytes]) -> None:
    found = list(read(write(compress(logs("a") + b"\n") + compress(logs("b") + b"\n"))))

    assert bodies(found) == ["a", "b"]


def test_blank_lines_and_a_byte_order_mark_are_nothing(write: Write) -> None:
    found = list(read(write(b"\xef\xbb\xbf" + logs("a") + b"\r\n\r\n  \n" + logs("b"))))

    assert bodies(found) == ["a", "b"]


def test_stdin_is_a_recording_too(monkeypatch: pytest.MonkeyPatch) -> None:
    compressed = io.BufferedReader(io.BytesIO(zstandard.compress(logs("a"))))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(compressed))

    assert bodies(list(read("-"))) == ["a"]


def test_the_position_ends_at_the_files_size(write: Write) -> None:
    path = write(zstandard.compress(b"\n".join(logs(f"line {number}") for number in range(3000))))
    with Content(path) as content:
        positions = [content.position for _ in requests(content)]

    assert positions == sorted(positions)
    assert positions[-1] == path.stat().st_size


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"resourceLogs":[{"scopeLogs', "no JSON object"),
        (b"GET /orders/secret 200", "no JSON object"),
        (b"[]", "no JSON object"),
        (b'{"level":"info","msg":"secret"}', "exactly one of resourceLogs"),
        (b'{"resourceLogs":[],"resourceSpans":[]}', "exactly one of resourceLogs"),
        (b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"secret"}]}]}]}', "no OTLP/JSON of logs"),
        (b'{"resourceMetrics":7}', "no OTLP/JSON of metrics"),
        (b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"\xff"}}]}]}]}', "no "),
    ],
)
def test_a_bad_line_is_named_with_a_remedy_and_without_its_content(write: Write, line: bytes, says: str) -> None:
    path = write(logs("a") + b"\n\n" + line + b"\n" + logs("b"))
    lines = read(path)

    assert bodies([next(lines)]) == ["a"]
    with pytest.raises(RecordingError) as failed:
        next(lines)

    assert str(failed.value).startswith(f"{path}, line 3: ")
    assert says in str(failed.value)
    assert "remove the line" in str(failed.value)
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_compressed_file_that_is_cut_off_is_an_error_and_not_its_end(
    write: Write, compress: Callable[[bytes], bytes]
) -> None:
    whole = compress(b"\n".join(logs(f"line {number}") for number in range(3000)))
    path = write(whole[: len(whole) // 2])

    with pytest.raises(RecordingError, match="cut off or damaged") as failed:
        list(read(path))

    assert str(path) in str(failed.value)


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_damaged_file_is_an_error_that_names_it(write: Write, compress: Callable[[bytes], bytes]) -> None:
    path = write(compress(logs("a"))[:4] + b"\xff" * 40)

    with pytest.raises(RecordingError) as failed:
        list(read(path))

    assert str(path) in str(failed.value)


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be read: no such file or directory") as failed:
        list(read(tmp_path / "nothing.jsonl"))

    assert "nothing.jsonl" in str(failed.value)


def test_a_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be read: is a directory"):
        list(read(tmp_path))


def test_an_empty_file_holds_nothing(write: Write) -> None:
    assert list(read(write(b""))) == []


@pytest.mark.parametrize(("line", "count"), [(logs("a", "b", "c"), 3), (METRICS, 1), (SPANS, 1)])
def test_records_are_log_records_metrics_and_spans(write: Write, line: bytes, count: int) -> None:
    [(signal, request)] = read(write(line))

    assert records(signal, request) == count
