"""Sends recorded OTLP as an OTLP client sends it: in order, at a rate, again when it is told to try again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, Self

import msgspec
from google.rpc import code_pb2

from sluice.config.model import ClientTls
from sluice.config.model import OtlpGrpcExporter as Settings
from sluice.config.units import Duration
from sluice.content import Content
from sluice.engine import Signal
from sluice.errors import ExportFailed, RecordingError, ReplayError
from sluice.exporters.otlp_grpc import OtlpGrpcExporter
from sluice.health import HealthBoard
from sluice.partial_success import rejected
from sluice.recording import records, requests
from sluice.rpc_status import retry_delay

_TIMEOUT = Duration(10.0)
"""Seconds an answer may take; the OTLP exporter specification's default."""
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH, _SPREAD = 0.5, 30.0, 1.5, 0.5
"""Seconds, seconds, factor, share: the Collector's exponential backoff, begun earlier as someone is watching."""
_ENOUGH = 1 << 62


class Summary(msgspec.Struct, frozen=True):
    """What was sent. `rejected`: log records, data points and spans that partial successes named."""

    requests: int
    logs: int
    metrics: int
    spans: int
    bytes: int
    rejected: int
    retries: int
    seconds: float
    interrupted: bool

    @property
    def records(self) -> int:
        return self.logs + self.metrics + self.spans


class Progress(Protocol):
    """Is told how the replay goes, on its thread."""

    def sent(self, records: int, share: float | None) -> None:
        """`records` were taken so far; `share` of this round's files are read, None when their size is unknown."""

    def waiting(self, reason: str, seconds: float) -> None:
        """The endpoint is asked again after so many seconds."""


def replay_files(
    files: Sequence[Path | str],
    endpoint: str,
    *,
    rate: float | None = None,
    loop: bool = False,
    progress: Progress | None = None,
    max_elapsed_time: float = 60.0,
    stop: threading.Event | None = None,
    tls: ClientTls | None = None,
) -> Summary:
    """Sends every request of `files` to `endpoint` (host:port, or with https:// before it), and blocks until done.

    `tls`: whom to trust and who we are, spoken also where `endpoint` has no scheme; None for what the scheme says.

    `rate`: records a second, whole requests at a time. `loop`: from the start again, until `stop` is set or Ctrl-C;
    both end it between two requests, or in the middle of one, with `interrupted`. `max_elapsed_time`: seconds that
    one request is tried. Raises `RecordingError`, `ConfigError` for the endpoint, and `ReplayError`.
    """
    settings = Settings(endpoint=endpoint, tls=tls or ClientTls(insecure=True), compression="none", timeout=_TIMEOUT)
    exporter = OtlpGrpcExporter(settings, HealthBoard())
    with _Replay(exporter, endpoint, rate, progress, max_elapsed_time, stop or threading.Event()) as replay:
        return replay.run(files, loop=loop)


class _Stopped(Exception):  # noqa: N818 - no error
    """`stop` was set."""


class _Replay:
    def __init__(
        self,
        exporter: OtlpGrpcExporter,
        endpoint: str,
        rate: float | None,
        progress: Progress | None,
        max_elapsed_time: float,
        stop: threading.Event,
    ) -> None:
        self._exporter = exporter
        self._endpoint = endpoint
        self._rate = rate
        self._progress = progress
        self._max_elapsed_time = max_elapsed_time
        self._stop = stop
        self._sent = dict.fromkeys(Signal, 0)
        self._requests = self._bytes = self._rejected = self._retries = 0
        self._due = 0.0

    def __enter__(self) -> Self:
        self._exporter.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._exporter.stop()

    def run(self, files: Sequence[Path | str], *, loop: bool) -> Summary:
        started = time.monotonic()
        interrupted = False
        try:
            self._round(files)
            while loop:
                self._round(files)
        except (KeyboardInterrupt, _Stopped):
            interrupted = True
        return Summary(
            requests=self._requests,
            logs=self._sent[Signal.LOGS],
            metrics=self._sent[Signal.METRICS],
            spans=self._sent[Signal.SPANS],
            bytes=self._bytes,
            rejected=self._rejected,
            retries=self._retries,
            seconds=time.monotonic() - started,
            interrupted=interrupted,
        )

    def _round(self, files: Sequence[Path | str]) -> None:
        before = self._requests
        for signal, request, share in _requests(files):
            count = records(signal, request)
            self._pace(count)
            response = self._deliver(signal, request, count)
            self._requests += 1
            self._bytes += len(request)
            self._sent[signal] += count
            self._rejected += rejected(signal, response, at_most=_ENOUGH).items
            if self._progress is not None:
                self._progress.sent(sum(self._sent.values()), share)
        if self._requests == before:
            raise RecordingError(f"{', '.join(map(str, files))}: holds no telemetry")

    def _pace(self, count: int) -> None:
        """Waits until it is this request's turn. After a pause of the endpoint, lost time is not made up for."""
        self._sleep(max(0.0, self._due - time.monotonic()))
        if self._rate is not None:
            self._due = max(self._due, time.monotonic()) + count / self._rate

    def _deliver(self, signal: Signal, request: bytes, count: int) -> bytes:
        """The response of the endpoint.

        1. Taken: done. 2. Refused for good: `ReplayError`. 3. Refused for now: again, after the time that the answer
        names, else after a growing pause. 4. Refused for now for longer than `max_elapsed_time`: `ReplayError`.
        """
        give_up = time.monotonic() + self._max_elapsed_time
        pause = _FIRST_PAUSE
        while True:
            try:
                return self._exporter.export(signal, request, None)
            except ExportFailed as error:
                what = f"request {self._requests + 1} ({count} records of {signal.label})"
                answer = f"{code_pb2.Code.Name(error.code)}: {error}"
                if not error.retryable:
                    raise ReplayError(f"{self._endpoint} refused {what} for good: {answer}") from None
                asked = retry_delay(error.details)
                delay = random.uniform(1 - _SPREAD, 1 + _SPREAD) * pause if asked is None else asked
                if time.monotonic() + delay > give_up:
                    raise ReplayError(
                        f"{self._endpoint} did not take {what} within {self._max_elapsed_time:g} s: {answer}; "
                        "check that it serves OTLP over gRPC"
                    ) from None
            self._retries += 1
            if self._progress is not None:
                self._progress.waiting(f"{self._endpoint}: {answer}", delay)
            self._sleep(delay)
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _Stopped


def _requests(files: Sequence[Path | str]) -> Iterator[tuple[Signal, bytes, float | None]]:
    """Each request with the share of all files that is read by then."""
    sizes = [None if str(path) == "-" else _size(Path(path)) for path in files]
    total = None if None in sizes else sum(filter(None, sizes))
    passed = 0
    for path, size in zip(files, sizes, strict=True):
        with Content(path) as content:
            for signal, request in requests(content):
                yield signal, request, (passed + content.position) / total if total else None
        passed += size or 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None
