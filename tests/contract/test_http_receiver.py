"""OTLP over HTTP as the specification has it, spoken by a real client to the whole data plane."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import json
import ssl
import threading
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import aiohttp
import grpc
import pytest
from google.protobuf.json_format import MessageToJson
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from real.certs import Certificates
from real.dataplane import DataPlane
from real.otlp import Answer, NextHop, logs, one_of
from real.waiting import eventually
from sluice import rpc_status
from sluice.config.model import HttpServer, Limits, ServerTls
from sluice.engine import Signal
from sluice.errors import ConfigError

MIB = 1 << 20
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
ORDER = logs("order 17 shipped")
ORDER_JSON = json.dumps(
    {
        "resourceLogs": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
                "scopeLogs": [
                    {
                        "logRecords": [
                            {
                                "timeUnixNano": "1760000000000000000",
                                "severityNumber": 9,
                                "body": {"stringValue": "order 17 shipped"},
                                "aFieldOfTomorrow": {"ignored": True},
                            }
                        ]
                    }
                ],
            }
        ]
    }
).encode()
Code = grpc.StatusCode


class Response(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> Status:
        """The Status of the body, in whichever type it came."""
        if self.headers["Content-Type"].startswith(JSON):
            told = json.loads(self.body)
            return Status(code=told["code"], message=told["message"])
        assert self.headers["Content-Type"] == PROTOBUF
        return Status.FromString(self.body)


async def post(
    base: str,
    body: Any,
    kind: str | None = PROTOBUF,
    path: str = "/v1/logs",
    tls: ssl.SSLContext | None = None,
    **headers: str,
) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if kind is not None:
        named["Content-Type"] = kind
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            base + path,
            data=io.BytesIO(body) if isinstance(body, bytes) else body,
            headers=named,
            ssl=tls or True,
            skip_auto_headers={"Content-Type"},
        ) as response,
    ):
        return Response(response.status, dict(response.headers), await response.read())


@pytest.mark.parametrize(
    ("signal", "path"), [(Signal.LOGS, "/v1/logs"), (Signal.METRICS, "/v1/metrics"), (Signal.SPANS, "/v1/traces")]
)
async def test_every_signal_reaches_the_next_hop_byte_for_byte(
    signal: Signal, path: str, http: str, next_hop: NextHop
) -> None:
    response = await post(http, one_of(signal), path=path)
    assert (response.status, response.body, response.headers["Content-Type"]) == (200, b"", PROTOBUF)
    (arrival,) = next_hop.arrivals
    assert (arrival.signal, arrival.request) == (signal, one_of(signal))


@pytest.mark.parametrize("kind", [JSON, JSON + "; charset=utf-8"])
async def test_json_is_taken_and_answered_in_json(kind: str, http: str, next_hop: NextHop) -> None:
    response = await post(http, ORDER_JSON, kind)
    assert (response.status, response.body) == (200, b"{}")
    assert response.headers["Content-Type"].startswith(JSON)
    (request,) = next_hop.requests
    assert ExportLogsServiceRequest.FromString(request) == ExportLogsServiceRequest.FromString(ORDER)


async def test_an_empty_request_succeeds_and_goes_nowhere(http: str, next_hop: NextHop) -> None:
    assert (await post(http, b"")).status == 200
    assert (await post(http, b"{}", JSON)).status == 200
    assert next_hop.arrivals == []


@pytest.mark.parametrize(("kind", "body"), [(PROTOBUF, ORDER), (JSON, ORDER_JSON)])
async def test_gzip_is_taken(kind: str, body: bytes, http: str, next_hop: NextHop) -> None:
    two_members = gzip.compress(body[:50]) + gzip.compress(body[50:])
    for compressed in (gzip.compress(body), two_members):
        assert (await post(http, compressed, kind, Content_Encoding="gzip")).status == 200
    assert next_hop.bodies == ["order 17 shipped"] * 2


async def test_a_body_without_a_length_is_taken(http: str, next_hop: NextHop) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield ORDER[:20]
        yield ORDER[20:]

    assert (await post(http, chunks())).status == 200
    assert next_hop.requests == [ORDER]


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
async def test_malformed_data_is_a_bad_request_in_the_requests_type(
    kind: str, http: str, plane: DataPlane, next_hop: NextHop
) -> None:
    cases: list[tuple[bytes, dict[str, str]]] = [
        (b"\xff\xff", {}),
        (ORDER, {"Content_Encoding": "gzip"}),
        (gzip.compress(ORDER)[:-9], {"Content_Encoding": "gzip"}),
        (b"", {"Content_Encoding": "gzip"}),
        (ORDER, {"Content_Encoding": "br"}),
    ]
    for body, headers in cases:
        response = await post(http, body, kind, **headers)
        assert response.status == 400
        assert response.headers["Content-Type"].split(";")[0] == kind
        assert response.error.code == Code.INVALID_ARGUMENT.value[0]
        assert response.error.message
    assert plane.refused_requests("malformed", "http") == len(cases)
    assert next_hop.arrivals == []


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", None])
async def test_another_content_type_is_unsupported(kind: str | None, http: str, next_hop: NextHop) -> None:
    response = await post(http, ORDER, kind)
    assert response.status == 415
    assert b"application/json" in response.body
    assert next_hop.arrivals == []


async def test_other_methods_and_paths_are_refused(http: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(http + "/v1/logs") as response:
            assert (response.status, response.headers["Allow"]) == (405, "POST")
        async with session.post(http + "/v1/profiles", data=b"") as response:
            assert response.status == 404


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param((b"0" * (MIB + 1), {}), id="with a length"),
        pytest.param((gzip.compress(b"0" * 64 * MIB), {"Content_Encoding": "gzip"}), id="bomb"),
    ],
)
async def test_the_size_limit_holds_after_decompression(
    kind: str, body: tuple[bytes, dict[str, str]], next_hop: NextHop
) -> None:
    plane = DataPlane(next_hop, http=HttpServer(endpoint="127.0.0.1:0", max_request_body_size=MIB)).start()
    await plane.http.start()
    base = f"http://127.0.0.1:{plane.http.port}"
    response = await post(base, body[0], kind, **body[1])
    assert response.status == 413
    assert response.error.code == Code.RESOURCE_EXHAUSTED.value[0]
    assert "Retry-After" not in response.headers
    assert plane.refused_requests("too_large", "http") == 1
    assert (await post(base, ORDER)).status == 200
    assert plane.telemetry.value("sluice_receiver_bytes_in_flight") == 0
    await plane.http.stop()
    plane.stop()


async def test_a_body_that_grows_beyond_the_limit_is_cut_off(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, http=HttpServer(endpoint="127.0.0.1:0", max_request_body_size=MIB)).start()
    await plane.http.start()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"0" * 65536

    # Whether the sender reads the answer or finds its connection closed while it writes is its own affair.
    with contextlib.suppress(aiohttp.ClientError):
        assert (await post(f"http://127.0.0.1:{plane.http.port}", endless())).status == 413
    assert plane.refused_requests("too_large", "http") == 1
    await plane.http.stop()
    plane.stop()


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
async def test_back_pressure_says_when_to_try_again(kind: str, next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, limits=Limits(requests_in_flight=1)).start()
    await plane.http.start()
    base = f"http://127.0.0.1:{plane.http.port}"
    next_hop.answer = Answer(after=threading.Event())
    first = asyncio.create_task(post(base, ORDER))
    await eventually(lambda: next_hop.arrivals, "the request at the next hop")
    response = await post(base, ORDER if kind == PROTOBUF else ORDER_JSON, kind)
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert response.error.code == Code.UNAVAILABLE.value[0]
    next_hop.answer.after.set()
    assert (await first).status == 200
    assert plane.refused_requests("busy", "http") == 1
    await plane.http.stop()
    plane.stop()


async def test_a_body_being_read_counts_among_the_bytes_in_flight(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, limits=Limits(bytes_in_flight_mib=1)).start()
    await plane.http.start()
    base = f"http://127.0.0.1:{plane.http.port}"
    goes_on = asyncio.Event()

    large = logs("a" * MIB)

    async def slowly() -> AsyncIterator[bytes]:
        yield large[: MIB - 100]
        await goes_on.wait()
        yield large[MIB - 100 :]

    slow = asyncio.create_task(post(base, slowly()))
    await eventually(
        lambda: plane.telemetry.value("sluice_receiver_bytes_in_flight") == MIB - 100, "the bytes that came so far"
    )
    response = await post(base, logs("a" * 200))
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    goes_on.set()
    assert (await slow).status == 200
    assert (await post(base, logs("a" * 200))).status == 200
    await plane.http.stop()
    plane.stop()


async def test_a_sender_that_goes_away_within_its_body_holds_nothing(http: str, plane: DataPlane) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", plane.http.port)
    head = b"POST /v1/logs HTTP/1.1\r\nHost: sluice\r\nContent-Type: application/x-protobuf\r\nContent-Length: 99\r\n"
    writer.write(head + b"\r\n0123")
    await writer.drain()
    await eventually(lambda: plane.telemetry.value("sluice_receiver_bytes_in_flight") == 4, "the bytes that came")
    writer.close()
    await writer.wait_closed()
    await eventually(lambda: plane.telemetry.value("sluice_receiver_bytes_in_flight") == 0, "nothing held")


async def test_what_a_gone_sender_sent_is_forwarded_and_counted(http: str, plane: DataPlane, next_hop: NextHop) -> None:
    next_hop.answer = Answer(after=threading.Event())
    sending = asyncio.create_task(post(http, ORDER))
    await eventually(lambda: next_hop.arrivals, "the request at the next hop")
    sending.cancel()
    await asyncio.wait([sending])
    next_hop.answer.after.set()
    await eventually(lambda: plane.count("sent") == 1, "the forward's count")
    await eventually(lambda: plane.evidence, "the commit")


@pytest.mark.parametrize(
    ("code", "details", "status", "retry_after"),
    [
        (Code.UNAVAILABLE, None, 503, None),
        (Code.UNAVAILABLE, rpc_status.with_retry_info(14, "busy", 6.2), 503, "7"),
        (Code.DEADLINE_EXCEEDED, None, 503, None),
        (Code.CANCELLED, None, 503, None),
        (Code.ABORTED, None, 503, None),
        (Code.OUT_OF_RANGE, None, 503, None),
        (Code.DATA_LOSS, None, 503, None),
        (Code.RESOURCE_EXHAUSTED, rpc_status.with_retry_info(8, "quota", 0.2), 503, "1"),
        (Code.RESOURCE_EXHAUSTED, None, 400, None),
        (Code.INVALID_ARGUMENT, None, 400, None),
        (Code.UNAUTHENTICATED, None, 401, None),
        (Code.PERMISSION_DENIED, None, 403, None),
        (Code.UNIMPLEMENTED, None, 404, None),
        (Code.INTERNAL, None, 500, None),
        (Code.UNKNOWN, None, 500, None),
    ],
)
@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
async def test_the_next_hops_answer_is_translated(
    kind: str,
    code: grpc.StatusCode,
    details: bytes | None,
    status: int,
    retry_after: str | None,
    http: str,
    next_hop: NextHop,
) -> None:
    next_hop.answer = Answer(code=code, message="über quota", details=details)
    response = await post(http, ORDER if kind == PROTOBUF else ORDER_JSON, kind)
    assert (response.status, response.headers.get("Retry-After")) == (status, retry_after)
    assert response.error.code == code.value[0]
    if details is None:
        assert response.error.message == "über quota"
    elif kind == PROTOBUF:
        assert response.body == details
    else:
        assert json.loads(response.body)["details"][0]["@type"] == "type.googleapis.com/google.rpc.RetryInfo"


@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
async def test_partial_success_is_passed_on(kind: str, http: str, next_hop: NextHop) -> None:
    message = ExportLogsServiceResponse()
    message.partial_success.rejected_log_records = 1
    message.partial_success.error_message = "too old"
    next_hop.answer = Answer(message.SerializeToString())
    response = await post(http, ORDER if kind == PROTOBUF else ORDER_JSON, kind)
    assert response.status == 200
    if kind == PROTOBUF:
        assert response.body == message.SerializeToString()
    else:
        assert (
            json.loads(response.body)
            == {"partialSuccess": {"rejectedLogRecords": "1", "errorMessage": "too old"}}
            == json.loads(MessageToJson(message))
        )


async def test_a_port_in_use_is_named(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop, http=HttpServer(endpoint=next_hop.endpoint))
    with pytest.raises(ConfigError) as caught:
        await plane.http.start()
    message = str(caught.value)
    assert "receivers.otlp.protocols.http.endpoint" in message
    assert next_hop.endpoint in message
    assert "address already in use" in message
    await plane.http.stop()


async def test_start_and_stop_may_be_called_again(plane: DataPlane, next_hop: NextHop) -> None:
    await plane.http.start()
    await plane.http.start()
    await plane.http.stop()
    await plane.http.stop()
    await plane.http.start()
    assert (await post(f"http://127.0.0.1:{plane.http.port}", ORDER)).status == 200
    await plane.http.stop()


async def test_mtls_refuses_a_client_without_its_certificate(next_hop: NextHop, certs: Certificates) -> None:
    tls = ServerTls(cert_file=certs.server_cert, key_file=certs.server_key, client_ca_file=certs.ca)
    plane = DataPlane(next_hop, http=HttpServer(endpoint="127.0.0.1:0", tls=tls)).start()
    await plane.http.start()
    base = f"https://127.0.0.1:{plane.http.port}"
    stranger, nobody, client = (ssl.create_default_context(cafile=certs.ca) for _ in range(3))
    stranger.load_cert_chain(certs.stranger_cert, certs.stranger_key)
    client.load_cert_chain(certs.client_cert, certs.client_key)
    for refused in (nobody, stranger):
        with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
            await post(base, ORDER, tls=refused)
    assert next_hop.arrivals == []
    assert (await post(base, ORDER, tls=client)).status == 200
    await plane.http.stop()
    plane.stop()
