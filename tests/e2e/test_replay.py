"""`sluice replay` against real OTLP/gRPC servers and a real Collector."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from click.testing import CliRunner, Result
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from rich.console import Console

from real.certs import Certificates, server_credentials
from real.collector import Collector
from real.otlp import Answer, NextHop
from real.ports import free_port
from sluice.cli.replay import progress_for, replay
from sluice.errors import ConfigError, RecordingError, ReplayError
from sluice.recording import read
from sluice.replay import replay_files
from sluice.rpc_status import with_retry_info

RECORDING = Path(__file__).parents[2] / "deploy" / "recording" / "shop.jsonl.zst"
SIGNALS = ("logs", "metrics", "traces")
LINES = (
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}},{"body":{"stringValue":"b"}}]}]}]}',
    '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"up","gauge":{"dataPoints":[{"asInt":"1"}]}}]}]}]}',
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":"00000000000000ff","name":"GET /"}]}]}]}',
)
NOT_NOW = Answer(code=grpc.StatusCode.UNAVAILABLE, message="restarting")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "recorded.jsonl"
    path.write_text("\n".join(LINES))
    return path


@dataclass
class Watcher:
    """Notes what it is told; once the replay waits, the next hop recovers."""

    next_hop: NextHop
    shares: list[float | None] = field(default_factory=list)
    waits: list[tuple[str, float]] = field(default_factory=list)

    def sent(self, records: int, share: float | None) -> None:
        self.shares.append(share)

    def waiting(self, reason: str, seconds: float) -> None:
        self.waits.append((reason, seconds))
        self.next_hop.answer = Answer()


def command(*arguments: object) -> Result:
    return CliRunner().invoke(replay, [str(argument) for argument in arguments])


def test_every_request_arrives_unchanged_and_in_order(next_hop: NextHop, recorded: Path) -> None:
    summary = replay_files([recorded, recorded], next_hop.endpoint)

    assert [(arrival.signal, arrival.request) for arrival in next_hop.arrivals] == list(read(recorded)) * 2
    assert (summary.requests, summary.logs, summary.metrics, summary.spans) == (6, 4, 2, 2)
    assert summary.bytes == sum(map(len, next_hop.requests))
    assert (summary.retries, summary.rejected, summary.interrupted) == (0, 0, False)


def test_a_retryable_answer_is_tried_again_until_it_is_taken(next_hop: NextHop, recorded: Path) -> None:
    next_hop.answer = NOT_NOW
    watcher = Watcher(next_hop)

    summary = replay_files([recorded], next_hop.endpoint, progress=watcher)

    first, again, *others = next_hop.requests
    assert first == again
    assert len(others) == 2
    assert (summary.requests, summary.retries) == (3, 1)
    [(reason, _)] = watcher.waits
    assert "UNAVAILABLE: restarting" in reason


def test_the_time_that_the_answer_names_is_waited(next_hop: NextHop, recorded: Path) -> None:
    details = with_retry_info(8, "busy", 0.07)
    next_hop.answer = Answer(code=grpc.StatusCode.RESOURCE_EXHAUSTED, message="busy", details=details)
    watcher = Watcher(next_hop)

    assert replay_files([recorded], next_hop.endpoint, progress=watcher).retries == 1

    assert [seconds for _, seconds in watcher.waits] == [0.07]


def test_exhausted_without_a_time_is_permanent(next_hop: NextHop, recorded: Path) -> None:
    next_hop.answer = Answer(code=grpc.StatusCode.RESOURCE_EXHAUSTED, message="too large")

    with pytest.raises(ReplayError, match=r"refused request 1 \(2 records of logs\) for good: RESOURCE_EXHAUSTED"):
        replay_files([recorded], next_hop.endpoint)

    assert len(next_hop.requests) == 1


def test_a_permanent_answer_ends_the_command_with_its_name(next_hop: NextHop, recorded: Path) -> None:
    next_hop.answer = Answer(code=grpc.StatusCode.INVALID_ARGUMENT, message="not today")

    result = command(recorded, "--endpoint", next_hop.endpoint)

    assert isinstance(result.exception, ReplayError)
    assert "for good: INVALID_ARGUMENT: not today" in str(result.exception)
    assert len(next_hop.requests) == 1


def test_an_endpoint_where_nothing_listens_is_named_after_the_time_for_retries(recorded: Path) -> None:
    endpoint = f"127.0.0.1:{free_port()}"

    result = command(recorded, "--endpoint", endpoint, "--max-elapsed-time", "500ms")

    assert isinstance(result.exception, ReplayError)
    assert f"{endpoint} did not take request 1 (2 records of logs) within 0.5 s: UNAVAILABLE" in str(result.exception)


def test_what_a_partial_success_rejects_is_counted_and_not_sent_again(next_hop: NextHop, recorded: Path) -> None:
    response = ExportLogsServiceResponse()
    response.partial_success.rejected_log_records = 2
    next_hop.answer = Answer(response=response.SerializeToString())
    logs_only = recorded.with_name("logs.jsonl")
    logs_only.write_text(LINES[0])

    summary = replay_files([logs_only], next_hop.endpoint)

    assert (summary.rejected, summary.logs, len(next_hop.requests)) == (2, 2, 1)


def test_a_loop_goes_on_until_it_is_stopped(next_hop: NextHop, recorded: Path) -> None:
    stop = threading.Event()
    outcome = []
    looping = threading.Thread(
        target=lambda: outcome.append(replay_files([recorded], next_hop.endpoint, loop=True, stop=stop))
    )
    looping.start()
    next_hop.wait_for(7)
    stop.set()
    looping.join()

    [summary] = outcome
    assert summary.interrupted
    assert summary.requests == len(next_hop.requests) >= 7


def test_a_rate_holds_records_back(next_hop: NextHop, recorded: Path) -> None:
    """At one record an hour the first request goes at once, and the second is not due."""
    stop = threading.Event()

    @dataclass
    class StopAtFirst(Watcher):
        def sent(self, records: int, share: float | None) -> None:
            stop.set()

    summary = replay_files([recorded], next_hop.endpoint, rate=1 / 3600, progress=StopAtFirst(next_hop), stop=stop)

    assert (summary.requests, len(next_hop.requests), summary.interrupted) == (1, 1, True)


def test_progress_ends_with_all_of_the_files_read(next_hop: NextHop, recorded: Path) -> None:
    watcher = Watcher(next_hop)

    replay_files([recorded, recorded], next_hop.endpoint, progress=watcher)

    assert watcher.shares == sorted(watcher.shares, key=lambda share: share or 0)
    assert watcher.shares[-1] == 1.0


def test_a_file_without_telemetry_is_an_error_also_in_a_loop(next_hop: NextHop, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()

    with pytest.raises(RecordingError, match="holds no telemetry"):
        replay_files([empty], next_hop.endpoint, loop=True)


def test_the_summary_is_a_sentence_or_json(next_hop: NextHop, recorded: Path) -> None:
    sentence = command(recorded, "--endpoint", next_hop.endpoint)
    as_json = command(recorded, "--endpoint", next_hop.endpoint, "--json")

    assert (sentence.exit_code, as_json.exit_code) == (0, 0)
    assert sentence.stdout.startswith("4 records (2 logs, 1 metrics, 1 spans) in 3 requests sent to 127.0.0.1:")
    assert sentence.stderr == as_json.stderr == ""
    summary = json.loads(as_json.stdout)
    assert (summary["logs"], summary["metrics"], summary["spans"], summary["requests"]) == (2, 1, 1, 3)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing argument 'FILE...'"),
        (["f", "--endpoint", "localhost"], "localhost is not HOST:PORT"),
        (["f", "--endpoint", "localhost:99999"], "localhost:99999 is not HOST:PORT"),
        (["f", "--rate", "0"], "0.0 is not in the range x>0"),
        (["f", "--max-elapsed-time", "soon"], "soon is not a duration"),
        (["-", "--loop"], "stdin can be read once only"),
    ],
)
def test_wrong_usage_has_status_2_and_names_the_value(arguments: list[str], says: str) -> None:
    result = command(*arguments)

    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize("scheme", ["", "https://"])
def test_a_receiver_that_asks_for_a_client_certificate_is_fed(scheme: str, certs: Certificates, recorded: Path) -> None:
    hop = NextHop(server_credentials(certs, mutual=True)).start()
    mine = ("--cert-file", certs.client_cert, "--key-file", certs.client_key)

    fed = command(recorded, "--endpoint", f"{scheme}{hop.endpoint}", "--ca-file", certs.ca, *mine)
    stranger = command(
        recorded, "--endpoint", f"{scheme}{hop.endpoint}", "--ca-file", certs.ca, "--max-elapsed-time", "0"
    )
    hop.kill()

    assert (fed.exit_code, len(hop.arrivals)) == (0, len(LINES))
    assert isinstance(stranger.exception, ReplayError)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--cert-file", "CLIENT"], "--key-file: missing"),
        (["--ca-file", "none.pem"], "--ca-file: none.pem cannot be read: no such file or directory"),
        (["--ca-file", "RECORDED"], "holds no PEM certificate"),
        (["--cert-file", "CLIENT", "--key-file", "STRANGER"], "are no pair of PEM certificate and unencrypted key"),
    ],
)
def test_files_for_tls_that_cannot_be_used_are_named_by_their_option(
    certs: Certificates, recorded: Path, options: list[str], says: str
) -> None:
    files = {"CLIENT": certs.client_cert, "STRANGER": certs.stranger_key, "RECORDED": str(recorded)}
    given = [files.get(option, option) for option in options]

    result = command(recorded, "--endpoint", "https://localhost:1", *given)

    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith("--")
    assert says in str(result.exception)


def test_files_for_tls_contradict_an_endpoint_without_it(certs: Certificates, recorded: Path) -> None:
    result = command(recorded, "--endpoint", "http://localhost:1", "--ca-file", certs.ca)

    assert result.exit_code == 2
    assert "--endpoint http://localhost:1 means no TLS" in result.stderr


@pytest.mark.parametrize(("more", "status"), [([], 130), (["--loop"], 0)], ids=["once", "loop"])
def test_ctrl_c_ends_it_with_the_summary(next_hop: NextHop, recorded: Path, more: list[str], status: int) -> None:
    """A loop has no other end, so it is done by then; a single round is not."""
    run = "from sluice.cli.replay import replay; replay()"
    arguments = [str(recorded), "--endpoint", next_hop.endpoint, "--rate", "0.001", "--json", *more]
    with subprocess.Popen(
        [sys.executable, "-c", run, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        next_hop.wait_for(1)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)

    assert (process.returncode, stderr) == (status, b"")
    assert json.loads(stdout)["interrupted"]


def test_a_terminal_shows_a_bar_and_why_it_waits(next_hop: NextHop, recorded: Path) -> None:
    screen = io.StringIO()
    next_hop.answer = NOT_NOW

    with progress_for(Console(file=screen, force_terminal=True, width=120)) as bar:

        class Shown(Watcher):
            def sent(self, records: int, share: float | None) -> None:
                bar.sent(records, share)

            def waiting(self, reason: str, seconds: float) -> None:
                bar.waiting(reason, seconds)
                super().waiting(reason, seconds)

        replay_files([recorded], next_hop.endpoint, progress=Shown(next_hop))

    assert "UNAVAILABLE: restarting; trying again" in screen.getvalue()
    assert "100%" in screen.getvalue()
    assert "4 records" in screen.getvalue()


def otlp_to_file(port: int, path: Path) -> dict[str, object]:
    pipeline = {"receivers": ["otlp"], "exporters": ["file"]}
    return {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{port}"}}}},
        "exporters": {"file": {"path": str(path)}},
        "service": {"pipelines": dict.fromkeys(SIGNALS, pipeline)},
    }


def test_what_a_collector_records_of_a_replay_is_the_recording(otelcol: Path, tmp_path: Path) -> None:
    port, again = free_port(), tmp_path / "again.jsonl"
    with Collector(otlp_to_file(port, again), otelcol):
        summary = replay_files([RECORDING], f"127.0.0.1:{port}")

    assert list(read(again)) == list(read(RECORDING))
    assert (summary.rejected, summary.retries) == (0, 0)


class Outage:
    """Stops the Collector in the middle, and starts it again when the replay has noticed."""

    def __init__(self, collector: Collector, recorded: Path) -> None:
        self._collector = collector
        self._recorded = recorded
        self._over = False
        self.first_part: Path | None = None

    def sent(self, records: int, share: float | None) -> None:
        if self.first_part is None and records > 15_000:
            self._collector.stop()
            self.first_part = self._recorded.rename(self._recorded.with_name("first.jsonl"))

    def waiting(self, reason: str, seconds: float) -> None:
        """Once; the channel may need another try to notice."""
        if not self._over:
            self._over = True
            self._collector.start()


def test_an_outage_of_the_collector_costs_the_replay_nothing(otelcol: Path, tmp_path: Path) -> None:
    port, recorded = free_port(), tmp_path / "recorded.jsonl"
    with Collector(otlp_to_file(port, recorded), otelcol) as collector:
        outage = Outage(collector, recorded)
        summary = replay_files([RECORDING], f"127.0.0.1:{port}", progress=outage)

    assert summary.retries >= 1
    assert outage.first_part is not None
    assert Counter((*read(outage.first_part), *read(recorded))) == Counter(read(RECORDING))
