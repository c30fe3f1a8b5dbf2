"""OTLP over HTTP: bodies are read on the loop, everything else of a request happens on a thread."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from aiohttp import web

from sluice import partial_success, rpc_status
from sluice.admission import Admission, Ticket
from sluice.config.model import HttpServer as Settings
from sluice.config.model import Limits
from sluice.endpoints import Endpoint
from sluice.engine import Signal, transcode
from sluice.errors import Busy, ExportFailed, Malformed, Refused, TooLarge, Unread
from sluice.http_server import HttpServer
from sluice.pipeline import Pipeline
from sluice.receivers import GRACE
from sluice.receivers.gunzip import gunzip
from sluice.receivers.refusals import Refusal, Refusals
from sluice.telemetry import Telemetry
from sluice.tls import server_context

KEY = "receivers.otlp.protocols.http"
PATHS = {"/v1/logs": Signal.LOGS, "/v1/metrics": Signal.METRICS, "/v1/traces": Signal.SPANS}
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
_PERMANENT = {3: 400, 16: 401, 7: 403, 12: 404, 8: 400}
"""gRPC code to HTTP status, as the Collector translates; RESOURCE_EXHAUSTED is here only without RetryInfo."""
_IDLE = 30.0
"""Seconds that a sender may pause within a body: it holds bytes of the limit meanwhile."""


class _Answer(NamedTuple):
    status: int
    body: bytes
    retry_after: float | None = None


class OtlpHttpReceiver:
    """Serves /v1/logs, /v1/metrics and /v1/traces in protobuf and JSON. `start` and `stop` are idempotent."""

    def __init__(
        self,
        settings: Settings,
        limits: Limits,
        admission: Admission,
        pipeline: Pipeline,
        telemetry: Telemetry,
        *,
        grace: float = GRACE,
    ) -> None:
        self._max_size = settings.max_request_body_size
        self._threads = limits.requests_in_flight
        self._admission = admission
        self._pipeline = pipeline
        self._refusals = Refusals(telemetry, "http")
        app = web.Application()
        app.add_routes([web.post(path, self._serving(signal)) for path, signal in PATHS.items()])
        tls = server_context(settings.tls, f"{KEY}.tls") if settings.tls is not None else None
        self._server = HttpServer(app, Endpoint.parse(f"{KEY}.endpoint", settings.endpoint), tls=tls, grace=grace)
        self._pool: ThreadPoolExecutor | None = None

    @property
    def endpoint(self) -> Endpoint:
        return self._server.endpoint

    @property
    def port(self) -> int:
        """The bound port, once started."""
        return self._server.port

    async def start(self) -> None:
        """Listens and serves; `ConfigError` when the address cannot be bound."""
        if self._pool is None:
            # As many threads as there are places: who holds a place never waits for a thread.
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="otlp-http")
        await self._server.start()

    async def stop(self) -> None:
        """Drains; returns when no request is being handled any more (see `OtlpGrpcReceiver.stop`)."""
        await self._server.stop()
        if self._pool is not None:
            await asyncio.to_thread(self._pool.shutdown, wait=True)
            self._pool = None

    def _serving(self, signal: Signal) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            kind = request.content_type if "Content-Type" in request.headers else ""
            if kind not in (PROTOBUF, JSON):
                self._refusals.refusal(Malformed("content type"))
                return web.Response(status=415, text=f"415 unsupported media type, supported: [{JSON}, {PROTOBUF}]")
            answer = await self._receive(signal, request, as_json=kind == JSON)
            headers = {} if answer.retry_after is None else {"Retry-After": str(max(1, math.ceil(answer.retry_after)))}
            return web.Response(status=answer.status, body=answer.body, content_type=kind, headers=headers)

        return serve

    async def _receive(self, signal: Signal, request: web.Request, *, as_json: bool) -> _Answer:
        try:
            ticket = self._admission.open()
        except Busy as error:
            return self._refused(error, as_json=as_json)
        try:
            gzipped = _gzipped(request)
            chunks = await self._read(request, ticket)
            ticket.enter()
        except Refused as error:
            ticket.close()
            return self._refused(error, as_json=as_json)
        except BaseException:
            ticket.close()
            raise
        assert self._pool is not None
        handling = asyncio.get_running_loop().run_in_executor(
            self._pool, self._handle, signal, chunks, ticket, gzipped, as_json
        )
        # From here the thread owns the ticket: it ends its work also when the sender, or this task, has gone.
        return await asyncio.shield(handling)

    async def _read(self, request: web.Request, ticket: Ticket) -> list[bytes]:
        if (request.content_length or 0) > self._max_size:
            raise TooLarge(f"a body of {request.content_length} bytes exceeds the limit of {self._max_size}")
        chunks: list[bytes] = []
        size = 0
        while True:
            try:
                async with asyncio.timeout(_IDLE):
                    chunk = await request.content.readany()
            except TimeoutError:
                raise Unread(f"no further byte of the body came within {_IDLE:g} s") from None
            except (web.RequestPayloadError, ConnectionError):
                raise Unread("the body did not come to its end") from None
            if not chunk:
                return chunks
            size += len(chunk)
            if size > self._max_size:
                raise TooLarge(f"the body exceeds the limit of {self._max_size} bytes")
            ticket.grow(len(chunk))
            chunks.append(chunk)

    def _handle(self, signal: Signal, chunks: list[bytes], ticket: Ticket, gzipped: bool, as_json: bool) -> _Answer:
        """On a thread; never raises."""
        try:
            with ticket:
                body = gunzip(chunks, self._max_size, ticket.grow) if gzipped else b"".join(chunks)
                message = transcode(signal, body) if as_json else body
                response = self._pipeline.handle(signal, message, transport="http", timeout=None)
                return _Answer(200, _success(signal, response) if as_json else response)
        except Refused as error:
            return self._refused(error, as_json=as_json)
        except Exception as error:  # noqa: BLE001 - the outermost loop of a request's thread
            return _answer(self._refusals.unexpected(error), 500, as_json=as_json)

    def _refused(self, error: Refused, *, as_json: bool) -> _Answer:
        return _answer(self._refusals.refusal(error), _http_status(error), as_json=as_json)


def _answer(refusal: Refusal, http_status: int, *, as_json: bool) -> _Answer:
    status = rpc_status.body(refusal.code, refusal.message, refusal.details)
    body = rpc_status.as_json(status) if as_json else status.SerializeToString()
    return _Answer(http_status, body, rpc_status.retry_delay(refusal.details))


def _gzipped(request: web.Request) -> bool:
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return False
    if encoding == "gzip":
        return True
    raise Malformed(f"Content-Encoding {encoding} is not supported; use gzip or none")


def _success(signal: Signal, response: bytes) -> bytes:
    return partial_success.as_json(signal, response) if response else b"{}"


def _http_status(error: Refused) -> int:
    match error:
        case Busy():
            return 503
        case Unread():
            return 408
        case TooLarge():
            return 413
        case ExportFailed() if error.retryable:
            return 503
        case _:
            return _PERMANENT.get(error.code, 500)
