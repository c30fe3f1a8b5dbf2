"""Recorded OTLP: files of JSON lines as the Collector's file exporter writes them, each line one export request.

Plain, gzip and zstd are told apart by their first bytes. The exporter's own `compression` setting writes another form
(frames with a length before each) and is not read: record without it and compress the file.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import zstandard
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from sluice.engine import Signal, transcode
from sluice.errors import Malformed, RecordingError

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Line(msgspec.Struct, frozen=True, rename="camel"):
    """Which signal a line holds; what is in it is the transcoder's to read."""

    resource_logs: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    resource_metrics: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    resource_spans: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_LINE = msgspec.json.Decoder(_Line)
_SIGNALS = {"resource_logs": Signal.LOGS, "resource_metrics": Signal.METRICS, "resource_spans": Signal.SPANS}


class Recording:
    """One file, or stdin for `-`; iterate it once. Every failure to read is a `RecordingError` that names the file."""

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)
        self._source: io.BufferedReader | None = None
        self.position = 0
        """Bytes of the file read so far, as they are on disk: how far the reader has come."""

    def __iter__(self) -> Iterator[tuple[Signal, bytes]]:
        with self._failures(), contextlib.ExitStack() as opened:
            source = self._open(opened)
            for number, line in enumerate(_decompressed(source), start=1):
                if source.seekable():
                    self.position = source.tell()
                text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
                if not text.isspace():
                    yield self._request(number, text)

    def _open(self, opened: contextlib.ExitStack) -> io.BufferedReader:
        if self._path == "-":
            return cast(io.BufferedReader, sys.stdin.buffer)
        return opened.enter_context(open(self._path, "rb"))

    def _request(self, number: int, line: bytes) -> tuple[Signal, bytes]:
        try:
            found = _LINE.decode(line)
        except msgspec.DecodeError:
            raise self._bad_line(
                number, "is no JSON object; was the file cut off or written by something else?"
            ) from None
        signals = [signal for key, signal in _SIGNALS.items() if getattr(found, key) is not msgspec.UNSET]
        if len(signals) != 1:
            raise self._bad_line(number, "needs exactly one of resourceLogs, resourceMetrics and resourceSpans")
        try:
            return signals[0], transcode(signals[0], line)
        except Malformed as error:
            raise self._bad_line(number, f"is no OTLP/JSON of {signals[0].label}: {error}") from None

    def _bad_line(self, number: int, what: str) -> RecordingError:
        return RecordingError(
            f"{self._path}, line {number}: {what} (expected is what the Collector's file exporter writes; "
            "remove the line to go on without it)"
        )

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # Python words a broken gzip file as an OSError without errno.
            raise RecordingError(f"{self._path}: cannot be read: {error.strerror or error}") from None
        except (EOFError, zlib.error, zstandard.ZstdError) as error:
            raise RecordingError(f"{self._path}: is cut off or damaged: {error}; record or copy it again") from None


def read(path: Path | str) -> Iterator[tuple[Signal, bytes]]:
    """Each line's export request as protobuf bytes. Raises `RecordingError` with file, line number and remedy."""
    return iter(Recording(path))


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


def _decompressed(source: io.BufferedReader) -> io.BufferedIOBase:
    head = source.peek(4)
    if head.startswith(_GZIP):
        return gzip.GzipFile(fileobj=source)
    if head.startswith(_ZSTD):
        return io.BufferedReader(cast(io.RawIOBase, _Zstd(source)))
    return source


class _Zstd(io.RawIOBase):
    """A file of zstd frames. zstandard's own reader takes a file that is cut off for one that ends there."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self._frames = zstandard.ZstdDecompressor()
        self._frame = self._frames.decompressobj()
        self._compressed = b""
        self._inside = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            self._compressed = self._compressed or self._source.read1(1 << 17)
            if not self._compressed:
                if self._inside:
                    raise EOFError("the last zstd frame is not complete")
                return 0
            self._ready = memoryview(self._frame.decompress(self._compressed))
            self._compressed, self._inside = b"", True
            if self._frame.eof:
                self._compressed, self._inside = self._frame.unused_data, False
                self._frame = self._frames.decompressobj()
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count
