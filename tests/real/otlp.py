"""Both ends of OTLP: a next hop that answers what it is told, a sender, and the messages they exchange."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from real.ports import free_port
from real.waiting import wait_until
from sluice.engine import Signal

SERVICES = {
    Signal.LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
    Signal.METRICS: "opentelemetry.proto.collector.metrics.v1.MetricsService",
    Signal.SPANS: "opentelemetry.proto.collector.trace.v1.TraceService",
}
_NOW = 1_760_000_000_000_000_000


def logs(*bodies: str, service: str = "shop") -> bytes:
    """One request with a log record for each body."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.append(_service_name(service))
    records = group.scope_logs.add().log_records
    for body in bodies:
        record = records.add(time_unix_nano=_NOW, severity_number=9)  # type: ignore[arg-type]
        record.body.string_value = body
    return bytes(request.SerializeToString())


def metrics(name: str, points: int, service: str = "shop") -> bytes:
    """One request with one gauge of so many data points."""
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    group.resource.attributes.append(_service_name(service))
    gauge = group.scope_metrics.add().metrics.add(name=name).gauge
    for value in range(points):
        gauge.data_points.add(time_unix_nano=_NOW, as_int=value)
    return bytes(request.SerializeToString())


def spans(*names: str, service: str = "shop") -> bytes:
    """One request with a span for each name, all of one trace."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.append(_service_name(service))
    scope = group.scope_spans.add()
    for index, name in enumerate(names, start=1):
        scope.spans.add(name=name, trace_id=b"\1" * 16, span_id=index.to_bytes(8, "big"), start_time_unix_nano=_NOW)
    return bytes(request.SerializeToString())


def one_of(signal: Signal) -> bytes:
    """A request of the signal with one item."""
    return {Signal.LOGS: logs("order 17 shipped"), Signal.METRICS: metrics("queue.depth", 1)}.get(
        signal, spans("GET /orders")
    )


def bodies(request: bytes) -> list[str]:
    """The bodies of a request's log records."""
    message = ExportLogsServiceRequest.FromString(request)
    return [
        record.body.string_value
        for group in message.resource_logs
        for scope in group.scope_logs
        for record in scope.log_records
    ]


def _service_name(name: str) -> KeyValue:
    attribute = KeyValue(key="service.name")
    attribute.value.string_value = name
    return attribute


@dataclass(frozen=True)
class Answer:
    """What the next hop says: a response, or a status with details; `after` holds it back until set."""

    response: bytes = b""
    code: grpc.StatusCode = grpc.StatusCode.OK
    message: str = ""
    details: bytes | None = None
    after: threading.Event | None = None


@dataclass(frozen=True)
class Arrival:
    """One request as the next hop saw it. `seconds`: what its deadline left when it arrived."""

    signal: Signal
    request: bytes
    metadata: dict[str, str | bytes]
    seconds: float


@dataclass
class NextHop:
    """A real OTLP/gRPC server. It notes a request before it answers; empty ones (probes) are answered, not noted.

    What it answers to all may be changed while calls are under way: those that are noted keep what they came for.
    `answer_to` goes by the request instead.
    """

    credentials: grpc.ServerCredentials | None = None
    answer: Answer = Answer()
    answer_to: Callable[[bytes], Answer] | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    port: int = 0
    _server: grpc.Server | None = None

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[bytes]:
        return [arrival.request for arrival in self.arrivals]

    @property
    def bodies(self) -> list[str]:
        """Of every log record that arrived."""
        return [body for arrival in list(self.arrivals) for body in bodies(arrival.request)]

    def start(self) -> Self:
        """On the port that it had before, when it is started again: one that no outgoing connection takes meanwhile, as
        those that look for it could."""
        self._pool = ThreadPoolExecutor(64)
        server = grpc.server(self._pool, options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)])
        server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(
                    name, {"Export": grpc.unary_unary_rpc_method_handler(self._exporting(signal))}
                )
                for signal, name in SERVICES.items()
            ]
        )
        address = f"127.0.0.1:{self.port or free_port()}"
        if self.credentials is None:
            self.port = server.add_insecure_port(address)
        else:
            self.port = server.add_secure_port(address, self.credentials)
        server.start()
        self._server = server
        return self

    def kill(self) -> None:
        """At once: calls under way are cut off, answered or not."""
        if self._server is not None:
            if self.answer.after is not None:
                self.answer.after.set()
            self._server.stop(None).wait()
            self._pool.shutdown()
            self._server = None

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.arrivals) >= count, f"{count} requests at the next hop")

    def _exporting(self, signal: Signal) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        def export(request: bytes, context: Any) -> bytes:
            answer = self.answer_to(request) if self.answer_to is not None else self.answer
            if request:
                metadata = {key: value for key, value in context.invocation_metadata()}
                self.arrivals.append(Arrival(signal, request, metadata, context.time_remaining()))
            if answer.after is not None and request:
                answer.after.wait()
            if answer.code is not grpc.StatusCode.OK:
                if answer.details is not None:
                    context.set_trailing_metadata((("grpc-status-details-bin", answer.details),))
                context.abort(answer.code, answer.message)
            return answer.response

        return export


@pytest.fixture
def next_hop() -> Iterator[NextHop]:
    hop = NextHop().start()
    yield hop
    hop.kill()


class Sender:
    """A real OTLP/gRPC client on one channel."""

    def __init__(
        self,
        port: int,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        compression: grpc.Compression | None = None,
    ) -> None:
        target = f"localhost:{port}" if credentials else f"127.0.0.1:{port}"
        # A subchannel of its own: senders must not share a connection, and with it its limit on streams.
        options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        if credentials is None:
            self.channel = grpc.insecure_channel(target, options, compression)
        else:
            self.channel = grpc.secure_channel(target, credentials, options, compression)
        self._calls = {signal: self.channel.unary_unary(f"/{name}/Export") for signal, name in SERVICES.items()}

    def export(self, request: bytes, signal: Signal = Signal.LOGS, timeout: float | None = 30.0) -> bytes:
        """The response's bytes; raises grpc.RpcError."""
        return bytes(self._calls[signal](request, timeout=timeout))

    def begin(self, request: bytes, signal: Signal = Signal.LOGS, timeout: float | None = 30.0) -> grpc.Future:
        """Sends and does not wait."""
        return self._calls[signal].future(request, timeout=timeout)

    def close(self) -> None:
        self.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def details(error: grpc.RpcError) -> bytes | None:
    """The error's `grpc-status-details-bin`."""
    return next((value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"), None)
