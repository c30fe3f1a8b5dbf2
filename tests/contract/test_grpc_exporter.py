"""The OTLP/gRPC exporter against a real next hop: what it sends, and what it makes of the answers."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from real.certs import Certificates, server_credentials
from real.otlp import Answer, NextHop, logs
from real.ports import free_port
from real.waiting import wait_until
from sluice import rpc_status
from sluice.config.model import ClientTls, OtlpGrpcExporter
from sluice.engine import Signal
from sluice.errors import ConfigError, ExportFailed
from sluice.exporters.otlp_grpc import OtlpGrpcExporter as Exporter
from sluice.health import HealthBoard

ORDER = logs("order 17 shipped")
Code = grpc.StatusCode


@contextmanager
def exporting(endpoint: str, health: HealthBoard | None = None, **settings: Any) -> Iterator[Exporter]:
    settings = {"tls": ClientTls(insecure=True), "timeout": 20.0, **settings}
    exporter = Exporter(OtlpGrpcExporter(endpoint=endpoint, **settings), health or HealthBoard(), probe_interval=0.05)
    exporter.start()
    try:
        yield exporter
    finally:
        exporter.stop()


def export(exporter: Exporter) -> bytes:
    return exporter.export(Signal.LOGS, ORDER, None)


RETRYABLE = {
    Code.CANCELLED,
    Code.DEADLINE_EXCEEDED,
    Code.ABORTED,
    Code.OUT_OF_RANGE,
    Code.UNAVAILABLE,
    Code.DATA_LOSS,
}


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.OK])
@pytest.mark.parametrize("details", [None, rpc_status.with_retry_info(8, "", 3.0)], ids=["bare", "RetryInfo"])
def test_retryable_are_the_codes_of_the_specification(
    code: grpc.StatusCode, details: bytes | None, next_hop: NextHop
) -> None:
    next_hop.answer = Answer(code=code, message="no", details=details)
    with exporting(next_hop.endpoint) as exporter, pytest.raises(ExportFailed) as caught:
        export(exporter)
    error = caught.value
    assert (error.code, str(error), error.details) == (code.value[0], "no", details)
    expected = details is not None if code is Code.RESOURCE_EXHAUSTED else code in RETRYABLE
    assert error.retryable is expected


def test_headers_go_with_every_request(next_hop: NextHop) -> None:
    with exporting(next_hop.endpoint, headers={"Authorization": "Bearer xyz", "x-tenant": "a"}) as exporter:
        export(exporter)
    metadata = next_hop.arrivals[0].metadata
    assert (metadata["authorization"], metadata["x-tenant"]) == ("Bearer xyz", "a")


def test_the_exporter_names_itself(next_hop: NextHop) -> None:
    with exporting(next_hop.endpoint) as exporter:
        export(exporter)
    agent = next_hop.arrivals[0].metadata["user-agent"]
    assert re.match(r"sluice/\S+ grpc-python/", str(agent))


@pytest.mark.parametrize(
    ("headers", "named"),
    [({"x tenant": "a"}, "x tenant"), ({"x-tenant": "a\nb"}, "x-tenant"), ({"x-bin": "a"}, "x-bin")],
)
def test_a_header_that_cannot_be_sent_is_named_without_its_value(headers: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=r"exporters\.otlp_grpc\.headers.*" + named) as caught:
        Exporter(OtlpGrpcExporter(endpoint="localhost:4317", headers=headers), HealthBoard())
    assert "a\nb" not in str(caught.value)


@pytest.mark.parametrize(("compression", "compresses"), [("gzip", True), ("none", False)])
def test_gzip_or_none_is_sent(compression: str, compresses: bool, next_hop: NextHop) -> None:
    body = logs("a" * 1_000_000)
    with relay(next_hop.port) as (port, passed), exporting(f"127.0.0.1:{port}", compression=compression) as exporter:
        exporter.export(Signal.LOGS, body, None)
        assert next_hop.requests == [body]
        assert (sum(passed) < 100_000) is compresses


def test_the_next_hop_away_at_the_start_is_degraded_and_its_return_is_noticed_without_traffic() -> None:
    health = HealthBoard()
    hop = NextHop(port=free_port())
    with exporting(hop.endpoint, health):
        wait_until(health.degraded_parts, "degraded")
        reason = health.degraded_parts()["next_hop"].reason
        assert hop.endpoint in reason
        assert "cannot be reached" in reason
        hop.start()
        wait_until(lambda: not health.degraded_parts(), "recovered")
    hop.kill()


def test_an_unreachable_next_hop_is_said_once_and_not_by_the_address_that_was_tried_last(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Which one that is changes from attempt to attempt, as gRPC likes."""
    endpoint = f"ipv4:127.0.0.1:{free_port()},127.0.0.2:{free_port()}"
    tried = set()
    with exporting(endpoint) as exporter:
        for _ in range(5):
            with pytest.raises(ExportFailed) as caught:
                exporter.check()
            tried.add(str(caught.value))
    said = [record.message for record in caplog.records if "degraded" in record.message]
    cause = "Failed to connect to remote host: Connection refused"
    assert said == [f"next_hop degraded: {endpoint} cannot be reached: {cause}"]
    assert all("ipv4:127.0.0." in attempt for attempt in tried), "or gRPC names no address, and nothing is left out"


def test_a_name_that_does_not_resolve_is_said(next_hop: NextHop) -> None:
    health = HealthBoard()
    with exporting("nowhere.invalid:4317", health):
        wait_until(health.degraded_parts, "degraded")
        reason = health.degraded_parts()["next_hop"].reason
    # Then the cause, in the words of whoever resolves it here.
    assert reason.startswith("nowhere.invalid:4317 cannot be reached: ")


def test_a_failing_request_degrades_and_says_why_in_no_words_of_the_answer(next_hop: NextHop) -> None:
    health = HealthBoard()
    with exporting(next_hop.endpoint, health) as exporter:
        export(exporter)
        for code in (Code.UNAUTHENTICATED, Code.PERMISSION_DENIED, Code.UNAVAILABLE):
            next_hop.answer = Answer(code=code, message="order 17 shipped is not for you")
            with pytest.raises(ExportFailed):
                export(exporter)
            wait_until(health.degraded_parts, f"degraded by {code.name}")
            reason = health.degraded_parts()["next_hop"].reason
            assert code.name.lower() in reason.lower()
            assert "order 17" not in reason
            next_hop.answer = Answer()
            wait_until(lambda: not health.degraded_parts(), "recovered")


def test_a_refused_request_says_nothing_of_the_next_hops_health(next_hop: NextHop) -> None:
    health = HealthBoard()
    with exporting(next_hop.endpoint, health) as exporter:
        for code in (Code.INVALID_ARGUMENT, Code.RESOURCE_EXHAUSTED, Code.UNIMPLEMENTED, Code.INTERNAL):
            next_hop.answer = Answer(code=code)
            with pytest.raises(ExportFailed):
                export(exporter)
        assert health.degraded_parts() == {}


def test_a_next_hop_that_does_not_answer_in_time_is_a_retryable_failure(next_hop: NextHop) -> None:
    health = HealthBoard()
    next_hop.answer = Answer(after=threading.Event())
    with exporting(next_hop.endpoint, health, timeout=0.2) as exporter:
        with pytest.raises(ExportFailed) as caught:
            export(exporter)
        assert caught.value.code == Code.DEADLINE_EXCEEDED.value[0]
        assert caught.value.retryable
        wait_until(health.degraded_parts, "degraded")


def test_a_sender_in_a_hurry_says_nothing_of_the_next_hops_health(next_hop: NextHop) -> None:
    health = HealthBoard()
    next_hop.answer = Answer(after=threading.Event())
    with exporting(next_hop.endpoint, health) as exporter:
        with pytest.raises(ExportFailed) as caught:
            exporter.export(Signal.LOGS, ORDER, 0.05)
        assert caught.value.code == Code.DEADLINE_EXCEEDED.value[0]
        assert health.degraded_parts() == {}


def test_a_check_tells_whether_the_next_hop_can_be_used(next_hop: NextHop) -> None:
    with exporting(next_hop.endpoint) as exporter:
        exporter.check()
    with exporting(f"127.0.0.1:{free_port()}") as exporter, pytest.raises(ExportFailed, match="Connection refused"):
        exporter.check()


def test_start_and_stop_may_be_called_again(next_hop: NextHop) -> None:
    with exporting(next_hop.endpoint) as exporter:
        exporter.start()
        export(exporter)
        exporter.stop()
        exporter.stop()
        exporter.start()
        export(exporter)
    assert next_hop.requests == [ORDER, ORDER]


@pytest.mark.parametrize("scheme", ["", "https://"])
def test_tls_trusts_the_configured_authority(scheme: str, certs: Certificates) -> None:
    hop = NextHop(server_credentials(certs)).start()
    with exporting(f"{scheme}localhost:{hop.port}", tls=ClientTls(ca_file=certs.ca)) as exporter:
        assert export(exporter) == b""
    health = HealthBoard()
    with exporting(hop.endpoint, health, tls=ClientTls(ca_file=certs.stranger_ca)) as exporter:
        with pytest.raises(ExportFailed):
            export(exporter)
        wait_until(health.degraded_parts, "degraded")
    hop.kill()


def test_the_servers_name_can_be_overridden(certs: Certificates) -> None:
    hop = NextHop(server_credentials(certs)).start()
    with (
        exporting(hop.endpoint, tls=ClientTls(ca_file=certs.ca, server_name_override="other.example")) as exporter,
        pytest.raises(ExportFailed),
    ):
        export(exporter)
    with exporting(hop.endpoint, tls=ClientTls(ca_file=certs.ca, server_name_override="localhost")) as exporter:
        assert export(exporter) == b""
    hop.kill()


def test_mtls_shows_the_client_certificate(certs: Certificates) -> None:
    hop = NextHop(server_credentials(certs, mutual=True)).start()
    with exporting(hop.endpoint, tls=ClientTls(ca_file=certs.ca)) as exporter, pytest.raises(ExportFailed):
        export(exporter)
    mine = ClientTls(ca_file=certs.ca, cert_file=certs.client_cert, key_file=certs.client_key)
    with exporting(hop.endpoint, tls=mine) as exporter:
        assert export(exporter) == b""
    hop.kill()


def test_what_the_configuration_cannot_mean_is_named(certs: Certificates) -> None:
    for settings, named in (
        (OtlpGrpcExporter(endpoint="localhost"), "exporters.otlp_grpc.endpoint: localhost is not host:port"),
        (
            OtlpGrpcExporter(endpoint="localhost:4317", tls=ClientTls(ca_file="/nowhere.pem")),
            "exporters.otlp_grpc.tls.ca_file: /nowhere.pem cannot be read: no such file",
        ),
        (
            OtlpGrpcExporter(endpoint="localhost:4317", tls=ClientTls(ca_file=certs.client_key)),
            f"exporters.otlp_grpc.tls.ca_file: {certs.client_key} holds no PEM certificate",
        ),
        (
            OtlpGrpcExporter(endpoint="localhost:4317", tls=ClientTls(cert_file=certs.client_cert)),
            "exporters.otlp_grpc.tls.key_file: missing",
        ),
    ):
        with pytest.raises(ConfigError) as caught:
            Exporter(settings, HealthBoard())
        assert named in str(caught.value)


@contextmanager
def relay(port: int) -> Iterator[tuple[int, list[int]]]:
    """A TCP relay to the port; its own port, and the sizes of what it passed towards it."""
    passed: list[int] = []
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def pump(source: socket.socket, target: socket.socket, note: list[int]) -> None:
        with contextlib.suppress(OSError):  # at the end either side may be the first to close
            while chunk := source.recv(65536):
                note.append(len(chunk))
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as upstream:
            back = threading.Thread(target=pump, args=(upstream, client, []))
            back.start()
            pump(client, upstream, passed)
            back.join()

    threads.append(threading.Thread(target=serve))
    threads[0].start()
    try:
        yield listener.getsockname()[1], passed
    finally:
        threads[0].join()
        listener.close()
