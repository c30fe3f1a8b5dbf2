"""OTLP over gRPC as the specification has it, spoken by a real client to the whole data plane."""

from __future__ import annotations

import gc
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from real.certs import Certificates
from real.dataplane import DataPlane
from real.otlp import Answer, NextHop, Sender, details, logs, one_of
from real.waiting import wait_until
from sluice import rpc_status
from sluice.config.model import GrpcServer, Limits, ServerTls
from sluice.engine import Signal
from sluice.errors import ConfigError

MIB = 1 << 20
Code = grpc.StatusCode


def refused(sender: Sender, request: bytes, **kwargs: float) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        sender.export(request, **kwargs)
    return caught.value


@pytest.mark.parametrize("signal", Signal)
def test_every_signal_reaches_the_next_hop_byte_for_byte(signal: Signal, next_hop: NextHop, sender: Sender) -> None:
    request = one_of(signal) + b"\x9a\x7d\x03new"  # a field of a later version of OTLP
    assert sender.export(request, signal) == b""
    (arrival,) = next_hop.arrivals
    assert (arrival.signal, arrival.request) == (signal, request)


def test_gzip_is_taken(next_hop: NextHop, plane: DataPlane) -> None:
    request = logs(*(f"order {number} shipped" for number in range(1000)))
    with Sender(plane.grpc.port, compression=grpc.Compression.Gzip) as sender:
        sender.export(request)
    assert next_hop.requests == [request]


def test_an_empty_request_succeeds_and_goes_nowhere(next_hop: NextHop, sender: Sender) -> None:
    assert sender.export(b"") == b""
    assert sender.export(logs()) == b""
    assert next_hop.arrivals == []


def test_full_success_leaves_partial_success_unset(next_hop: NextHop, sender: Sender) -> None:
    response = ExportLogsServiceResponse()
    response.partial_success.SetInParent()  # as the Collector answers
    next_hop.answer = Answer(response.SerializeToString())
    assert sender.export(logs("order 17 shipped")) == b""


@pytest.mark.parametrize("request_bytes", [b"\xff\xff", logs("order 17 shipped")[:-3]], ids=["random", "truncated"])
def test_malformed_data_is_an_invalid_argument(
    request_bytes: bytes, next_hop: NextHop, plane: DataPlane, sender: Sender
) -> None:
    assert refused(sender, request_bytes).code() is Code.INVALID_ARGUMENT
    assert next_hop.arrivals == []
    assert plane.refused_requests("malformed") == 1


@pytest.mark.parametrize("cause", ["next hop", "malformed", "too large", "no place"])
def test_refusals_hold_no_streams_of_their_connection(cause: str, next_hop: NextHop) -> None:
    settings = GrpcServer(endpoint="127.0.0.1:0", max_recv_msg_size_mib=1)
    limits = Limits(requests_in_flight=0 if cause == "no place" else 64)
    plane = DataPlane(next_hop, grpc=settings, limits=limits).start()
    next_hop.answer = Answer(code=Code.ABORTED)
    request = {"malformed": b"\xff\xff", "too large": logs("a" * 2 * MIB)}.get(cause, logs("order 17 shipped"))
    code = {
        "next hop": Code.ABORTED,
        "malformed": Code.INVALID_ARGUMENT,
        "too large": Code.RESOURCE_EXHAUSTED,
        "no place": Code.UNAVAILABLE,
    }[cause]
    gc.disable()  # what a cycle holds is held for good
    try:
        with Sender(plane.grpc.port, compression=grpc.Compression.Gzip) as sender:
            for _ in range(600):  # more than the 512 streams of a connection
                error = refused(sender, request)
                assert (error.code(), "RST_STREAM" in error.details()) == (code, False)
    finally:
        gc.enable()
    plane.stop()


@pytest.mark.parametrize("connections", [1, 16])
@pytest.mark.parametrize("calls", [64, 128])
def test_calls_at_once_are_answered_or_told_when_to_try_again(calls: int, connections: int, next_hop: NextHop) -> None:
    places = 64
    plane = DataPlane(next_hop, limits=Limits(requests_in_flight=places)).start()
    request = logs("order 17 shipped")

    def answer(sender: Sender) -> str:
        try:
            sender.export(request)
        except grpc.RpcError as error:
            pause = rpc_status.retry_delay(details(error)) if details(error) else None
            return f"{error.code().name}, again after {pause}"
        return "success"

    def answers(sender: Sender) -> list[str]:
        return [answer(sender) for _ in range(30)]

    with ExitStack() as stack, ThreadPoolExecutor(calls) as threads:
        senders = [stack.enter_context(plane.sender()) for _ in range(connections)]
        given = Counter(answer for some in threads.map(answers, senders * (calls // connections)) for answer in some)
    busy = given.pop("UNAVAILABLE, again after 1.0", 0)
    assert given == {"success": calls * 30 - busy}
    assert busy == plane.refused_requests("busy")
    assert busy == 0 or calls > places
    plane.stop()


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip], ids=["plain", "bomb"])
def test_a_message_beyond_the_limit_is_refused_for_good(
    compression: grpc.Compression | None, next_hop: NextHop
) -> None:
    plane = DataPlane(next_hop, grpc=GrpcServer(endpoint="127.0.0.1:0", max_recv_msg_size_mib=1)).start()
    with Sender(plane.grpc.port, compression=compression) as sender:
        error = refused(sender, logs("a" * 20 * MIB))
        assert error.code() is Code.RESOURCE_EXHAUSTED
        assert details(error) is None  # no RetryInfo: sending it again cannot help
        wait_until(lambda: plane.refused_requests("unread") == 1, "the refusal's count")
        assert sender.export(logs("order 17 shipped")) == b""
    plane.stop()


def test_a_message_of_the_whole_limit_passes(next_hop: NextHop) -> None:
    limits = Limits(bytes_in_flight_mib=16)  # smaller than the message: let in because nothing else is in flight
    plane = DataPlane(next_hop, limits=limits).start()
    frame = len(logs(""))
    request = logs("a" * (64 * MIB - frame - 64))
    with plane.sender() as sender:
        assert sender.export(request) == b""
    assert next_hop.requests == [request]
    plane.stop()


def test_back_pressure_on_requests_says_when_to_try_again(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, limits=Limits(requests_in_flight=1)).start()
    next_hop.answer = Answer(after=threading.Event())
    with plane.sender() as sender, plane.sender() as other:
        first = sender.begin(logs("order 17 shipped"))
        next_hop.wait_for(1)
        error = refused(other, logs("order 18 shipped"))
        assert error.code() is Code.UNAVAILABLE
        assert rpc_status.retry_delay(details(error)) == 1.0
        assert plane.refused_requests("busy") == 1
        next_hop.answer.after.set()
        assert first.result() == b""
        assert other.export(logs("order 18 shipped")) == b""
    plane.stop()


def test_back_pressure_on_bytes_says_when_to_try_again(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, limits=Limits(bytes_in_flight_mib=1)).start()
    next_hop.answer = Answer(after=threading.Event())
    with plane.sender() as sender:
        first = sender.begin(logs("a" * (MIB - 200)))
        next_hop.wait_for(1)
        error = refused(sender, logs("b" * 300))
        assert error.code() is Code.UNAVAILABLE
        assert rpc_status.retry_delay(details(error)) == 1.0
        next_hop.answer.after.set()
        assert first.result() == b""
        assert sender.export(logs("b" * 300)) == b""
    plane.stop()


def test_a_sender_that_is_slow_to_send_keeps_no_one_out(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, limits=Limits(requests_in_flight=1)).start()
    may_send = threading.Event()

    def slowly() -> object:
        may_send.wait()
        yield logs("order 17 shipped")

    with plane.sender() as sender:
        # Calls on one connection arrive in their order: the slow one is let in before the other begins.
        upload = sender.channel.stream_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export")
        pending = upload.future(slowly())
        assert sender.export(logs("order 18 shipped")) == b""
        may_send.set()
        assert pending.result() == b""
    assert next_hop.bodies == ["order 18 shipped", "order 17 shipped"]
    plane.stop()


EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
READ_AT_ONCE = 17
"""With one place for requests in flight: 16 more calls are read."""


class Uploads:
    """Calls on one connection, in this order, whose messages are sent when the test says so."""

    def __init__(self, sender: Sender, count: int) -> None:
        self._may_send = [threading.Event() for _ in range(count)]
        grpc.channel_ready_future(sender.channel).result(30)  # what waits for a connection may leave in any order
        begin = sender.channel.stream_unary(EXPORT).future
        self.calls = [begin(self._body(number)) for number in range(count)]

    def _body(self, number: int) -> Iterator[bytes]:
        self._may_send[number].wait()
        yield logs(f"order {number} shipped")

    def send(self, number: int) -> None:
        self._may_send[number].set()

    def send_all(self) -> None:
        for event in self._may_send:
            event.set()


def under_way(plane: DataPlane, calls: int) -> None:
    """Waits until the receiver has so many, unread ones included: of these no metric tells."""
    state = plane.grpc._server._state
    wait_until(lambda: len(state.rpc_states) == calls, f"{calls} calls under way")


def test_calls_wait_unread_while_others_are_read_and_a_gone_one_takes_no_turn(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, limits=Limits(requests_in_flight=1)).start()
    with plane.sender() as sender:
        uploads = Uploads(sender, READ_AT_ONCE)
        under_way(plane, READ_AT_ONCE)
        gone = sender.begin(logs("order 18 shipped"))
        under_way(plane, READ_AT_ONCE + 1)
        waiting = sender.begin(logs("order 19 shipped"))
        under_way(plane, READ_AT_ONCE + 2)
        gone.cancel()
        under_way(plane, READ_AT_ONCE + 1)
        for number, call in enumerate(uploads.calls):
            uploads.send(number)
            assert call.result() == b""
            assert waiting.result() == b""
    assert next_hop.bodies[0] == "order 0 shipped"
    assert "order 18 shipped" not in next_hop.bodies
    assert plane.refused_requests("unread") == 1
    assert plane.count("accepted") == plane.count("sent") == READ_AT_ONCE + 1
    plane.stop()


def test_a_stop_does_not_wait_for_messages_that_do_not_come(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, limits=Limits(requests_in_flight=1), grace=0.1).start()
    with plane.sender() as sender:
        uploads = Uploads(sender, READ_AT_ONCE + 1)  # the last one waits unread
        under_way(plane, READ_AT_ONCE + 1)
        plane.stop()
        codes = {call.exception().code() for call in uploads.calls}
        uploads.send_all()
    assert codes <= {Code.UNAVAILABLE, Code.CANCELLED}
    assert next_hop.arrivals == []


def test_what_a_gone_sender_sent_is_forwarded_and_counted(next_hop: NextHop, plane: DataPlane, sender: Sender) -> None:
    next_hop.answer = Answer(after=threading.Event())
    call = sender.begin(logs("order 17 shipped"))
    next_hop.wait_for(1)
    call.cancel()
    next_hop.answer.after.set()
    wait_until(lambda: plane.count("sent") == 1, "the forward's count")
    wait_until(lambda: plane.evidence, "the commit")
    assert plane.count("accepted") == 1


def test_the_forward_has_nine_tenths_of_the_senders_time(next_hop: NextHop, sender: Sender) -> None:
    sender.export(logs("order 17 shipped"), timeout=10.0)
    assert next_hop.arrivals[0].seconds < 9.5  # gRPC rounds a deadline a little up


def test_the_forward_has_no_more_than_the_exporters_timeout(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, timeout=10.0).start()
    with plane.sender() as sender:
        sender.export(logs("order 17 shipped"), timeout=60.0)
        sender.export(logs("order 18 shipped"), timeout=None)
    assert all(arrival.seconds < 10.5 for arrival in next_hop.arrivals)
    plane.stop()


@pytest.mark.parametrize("code", [Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED, Code.PERMISSION_DENIED, Code.INTERNAL])
@pytest.mark.parametrize("status", [None, rpc_status.with_retry_info(8, "quota", 7.5), b"\xff not a status"])
def test_the_next_hops_answer_is_the_senders_answer(
    code: grpc.StatusCode, status: bytes | None, next_hop: NextHop, sender: Sender
) -> None:
    next_hop.answer = Answer(code=code, message="über quota", details=status)
    error = refused(sender, logs("order 17 shipped"))
    assert (error.code(), error.details(), details(error)) == (code, "über quota", status)


def test_partial_success_is_passed_on(next_hop: NextHop, sender: Sender) -> None:
    response = ExportLogsServiceResponse()
    response.partial_success.rejected_log_records = 2
    response.partial_success.error_message = "too old"
    next_hop.answer = Answer(response.SerializeToString())
    assert sender.export(logs("a 1", "a 2", "a 3")) == response.SerializeToString()


def test_health_says_serving_and_a_watch_does_not_hold_up_the_stop(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop).start()
    with plane.sender() as sender:
        check = sender.channel.unary_unary("/grpc.health.v1.Health/Check")
        watch = sender.channel.unary_stream("/grpc.health.v1.Health/Watch")
        asked = HealthCheckRequest().SerializeToString()
        assert HealthCheckResponse.FromString(check(asked)).status == HealthCheckResponse.SERVING
        told = watch(asked)
        assert HealthCheckResponse.FromString(next(told)).status == HealthCheckResponse.SERVING
        plane.stop()  # its grace is 20 s: within it the watch would not end by itself
        assert HealthCheckResponse.FromString(next(told)).status == HealthCheckResponse.NOT_SERVING
        with pytest.raises(StopIteration):
            next(told)


def test_start_and_stop_may_be_called_again(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop).start()
    plane.start()
    plane.stop()
    plane.stop()
    plane.start()
    with plane.sender() as sender:
        assert sender.export(logs("order 17 shipped")) == b""
    plane.stop()


def test_a_port_in_use_is_named(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, grpc=GrpcServer(endpoint=next_hop.endpoint))
    with pytest.raises(ConfigError) as caught:
        plane.grpc.start()
    message = str(caught.value)
    assert "receivers.otlp.protocols.grpc.endpoint" in message
    assert next_hop.endpoint in message
    assert "address already in use" in message


@pytest.mark.parametrize("endpoint", ["4317", "localhost", "localhost:grpc", "localhost:70000", "::1:4317"])
def test_an_endpoint_that_is_none_is_named(endpoint: str, next_hop: NextHop) -> None:
    with pytest.raises(ConfigError, match=r"receivers\.otlp\.protocols\.grpc\.endpoint: .*" + endpoint):
        DataPlane(next_hop, grpc=GrpcServer(endpoint=endpoint))


def test_tls_serves_those_who_trust_it(next_hop: NextHop, certs: Certificates) -> None:
    tls = ServerTls(cert_file=certs.server_cert, key_file=certs.server_key)
    plane = DataPlane(next_hop, grpc=GrpcServer(endpoint="127.0.0.1:0", tls=tls)).start()
    with Sender(plane.grpc.port, credentials=credentials(certs.ca)) as sender:
        assert sender.export(logs("order 17 shipped")) == b""
    with Sender(plane.grpc.port, credentials=credentials(certs.stranger_ca)) as sender:
        assert refused(sender, logs("order 18 shipped")).code() is Code.UNAVAILABLE
    with plane.sender() as plain:
        assert refused(plain, logs("order 19 shipped")).code() is Code.UNAVAILABLE
    assert next_hop.bodies == ["order 17 shipped"]
    plane.stop()


def test_mtls_refuses_a_client_without_its_certificate(next_hop: NextHop, certs: Certificates) -> None:
    tls = ServerTls(cert_file=certs.server_cert, key_file=certs.server_key, client_ca_file=certs.ca)
    plane = DataPlane(next_hop, grpc=GrpcServer(endpoint="127.0.0.1:0", tls=tls)).start()
    with Sender(plane.grpc.port, credentials=credentials(certs.ca, certs.client_cert, certs.client_key)) as sender:
        assert sender.export(logs("order 17 shipped")) == b""
    for nobody in (credentials(certs.ca), credentials(certs.ca, certs.stranger_cert, certs.stranger_key)):
        with Sender(plane.grpc.port, credentials=nobody) as sender:
            assert refused(sender, logs("order 18 shipped")).code() is Code.UNAVAILABLE
    assert next_hop.bodies == ["order 17 shipped"]
    plane.stop()


def test_certificates_that_cannot_be_used_are_named(next_hop: NextHop, certs: Certificates) -> None:
    def section(**files: str) -> GrpcServer:
        files = {"cert_file": certs.server_cert, "key_file": certs.server_key, **files}
        return GrpcServer(endpoint="127.0.0.1:0", tls=ServerTls(**files))

    for files, named in (
        ({"cert_file": "/nowhere.pem"}, "cert_file: /nowhere.pem cannot be read: no such file"),
        ({"key_file": "/nowhere.key"}, "key_file: /nowhere.key cannot be read: no such file"),
        ({"key_file": certs.client_key}, f"cert_file: {certs.server_cert} and key_file {certs.client_key}"),
        ({"client_ca_file": certs.client_key}, f"client_ca_file: {certs.client_key} holds no PEM certificate"),
    ):
        with pytest.raises(ConfigError) as caught:
            DataPlane(next_hop, grpc=section(**files))
        assert named in str(caught.value)


def test_a_body_nested_a_hundred_deep_passes(next_hop: NextHop, sender: Sender) -> None:
    value = field(1, b"deep")
    for _ in range(100):
        value = field(5, field(1, value))  # an AnyValue's array of one AnyValue
    request = field(1, field(2, field(2, field(5, value))))
    assert sender.export(request) == b""
    assert next_hop.requests == [request]


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    length, size = b"", len(content)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def credentials(ca: str, cert: str | None = None, key: str | None = None) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(*(Path(path).read_bytes() if path else None for path in (ca, key, cert)))
