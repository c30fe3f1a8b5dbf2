"""OTLP over gRPC: grpcio's server with raw bytes, one thread a request from its last byte to its answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import grpc

from sluice.admission import Admission, Ticket
from sluice.config.model import GrpcServer, Limits
from sluice.endpoints import Endpoint
from sluice.engine import Signal
from sluice.errors import Refused, Unread
from sluice.pipeline import Pipeline
from sluice.receivers import GRACE
from sluice.receivers.export_calls import Answer, ExportCalls
from sluice.receivers.health_grpc import GrpcHealth
from sluice.receivers.refusals import Refusal, Refusals
from sluice.telemetry import Telemetry
from sluice.tls import server_material

KEY = "receivers.otlp.protocols.grpc"
SERVICES = {
    Signal.LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
    Signal.METRICS: "opentelemetry.proto.collector.metrics.v1.MetricsService",
    Signal.SPANS: "opentelemetry.proto.collector.trace.v1.TraceService",
}
_UNKNOWN = grpc.StatusCode.UNKNOWN.value[0]
_CODES = frozenset(code.value[0] for code in grpc.StatusCode) - {grpc.StatusCode.OK.value[0]}
"""What a refusal can be answered with; the next hop may have said something else."""
_READERS = 16
"""Calls that are read beyond the requests in flight, and threads for them, created when first needed: these are what
answers `Busy` while every place is taken. Each call that is read may hold one message that no limit counts yet."""

_STREAMS = 512
"""Streams that a connection may have: far more than a sender has calls at once, which needs up to two for each.

gRPC counts a stream until its call is freed, some time after the sender has its answer, and resets what comes beyond
the limit, uncounted and without RetryInfo: of 128 calls at once a limit of 8 reset one in six, 100 every second, 256
none. The limit is there for senders that open calls only to reset them, at 20 KiB a stream; without gRPC's "overload
protection" honest calls would wait for a place, and those others have no bound at all. Requests are bounded by
`Admission`, unread bytes by flow control: `_WINDOW` a connection.
"""
_WINDOW = 256 << 10
"""Unread bytes that a sender may have on its way, and the largest frame; HTTP/2's defaults are 64 and 16 KiB.

Messages of 170 KB cost an eighth less, of 1.4 MB a fourteenth. 1 MiB spares hardly more, but then 200 unread calls on
as many connections took 39 MiB instead of 22 (with 64 KiB: 11).
"""


class OtlpGrpcReceiver:
    """Serves the three Export methods and `grpc.health.v1`. `start` and `stop` are idempotent."""

    def __init__(
        self,
        settings: GrpcServer,
        limits: Limits,
        admission: Admission,
        pipeline: Pipeline,
        telemetry: Telemetry,
        *,
        grace: float = GRACE,
    ) -> None:
        self.endpoint = Endpoint.parse(f"{KEY}.endpoint", settings.endpoint)
        self._tls = server_material(settings.tls, f"{KEY}.tls") if settings.tls is not None else None
        self._max_size = settings.max_recv_msg_size_mib << 20
        self._threads = limits.requests_in_flight + _READERS
        self._grace = grace
        self._admission = admission
        self._pipeline = pipeline
        self._refusals = Refusals(telemetry, "grpc")
        self._server: grpc.Server | None = None
        self.port = 0
        """The bound port, once started."""

    def start(self) -> None:
        """Listens and serves; `ConfigError` when the address cannot be bound."""
        if self._server is not None:
            return
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="otlp-grpc")
        self._health = GrpcHealth()
        server = grpc.server(
            self._pool,
            options=[
                ("grpc.max_receive_message_length", self._max_size),
                ("grpc.so_reuseport", 0),  # a second process on the port must fail, not take half of the connections
                ("grpc.max_concurrent_streams", max(_STREAMS, 2 * self._threads)),
                ("grpc.http2.bdp_probe", 0),  # it widens every stream's window: 200 unread 4 MiB calls took 380 MB more
                ("grpc.http2.lookahead_bytes", _WINDOW),
                ("grpc.http2.max_frame_size", _WINDOW),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
                ("grpc.keepalive_time_ms", 60_000),  # a sender that vanished within a message frees its thread
                ("grpc.keepalive_timeout_ms", 20_000),
            ],
        )
        server.add_generic_rpc_handlers([self._health.handlers()])
        calls = ExportCalls(
            server,
            {f"/{service}/Export": signal for signal, service in SERVICES.items()},
            self._admission,
            self._pool,
            at_once=self._threads,
            handle=self._handle,
            refuse=self._refused,
        )
        try:
            self.port = self._bind(server)
        except RuntimeError:
            self._pool.shutdown()
            raise self.endpoint.not_bound() from None
        server.start()
        calls.start()
        self._server = server

    def stop(self) -> None:
        """Drains: NOT_SERVING, no new requests, `grace` seconds for those under way; then they are cancelled.

        Returns when no request is being handled any more. One that was cancelled is still forwarded and counted, and
        its sender, who got no answer, sends it again.
        """
        if self._server is None:
            return
        self._health.stop()
        self._server.stop(self._grace).wait()
        self._pool.shutdown(wait=True)
        self._server = None

    def _bind(self, server: grpc.Server) -> int:
        if self._tls is None:
            return int(server.add_insecure_port(str(self.endpoint)))
        ca, certificate, key = self._tls
        credentials = grpc.ssl_server_credentials(
            [(key, certificate)], root_certificates=ca, require_client_auth=ca is not None
        )
        return int(server.add_secure_port(str(self.endpoint), credentials))

    def _handle(self, signal: Signal, message: bytes | None, ticket: Ticket, timeout: float) -> Answer:
        try:
            with ticket:
                if message is None:
                    raise Unread(f"the message exceeds {KEY}.max_recv_msg_size_mib ({self._max_size >> 20} MiB)")
                ticket.grow(len(message))
                ticket.enter()
                return Answer(self._pipeline.handle(signal, message, transport="grpc", timeout=timeout))
        except Refused as error:
            return self._refused(error)
        except Exception as error:  # noqa: BLE001 - the outermost loop of a request's thread
            return _answer(self._refusals.unexpected(error))

    def _refused(self, error: Refused) -> Answer:
        return _answer(self._refusals.refusal(error))


def _answer(refusal: Refusal) -> Answer:
    code = refusal.code if refusal.code in _CODES else _UNKNOWN
    return Answer(None, code, refusal.message, refusal.details)
