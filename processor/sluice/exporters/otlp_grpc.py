"""OTLP over gRPC to the next hop: one channel, raw bytes, and its answer handed back as it came."""

from __future__ import annotations

import re
from collections.abc import Callable

import grpc

from sluice.config.model import OtlpGrpcExporter as Settings
from sluice.engine import Signal
from sluice.errors import ConfigError, ExportFailed
from sluice.exporters.next_hop import NextHop
from sluice.health import HealthBoard
from sluice.rpc_status import retry_delay
from sluice.tls import client_material
from sluice.version import user_agent

KEY = "exporters.otlp_grpc"
METHODS = {
    Signal.LOGS: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    Signal.METRICS: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    Signal.SPANS: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
}
_RETRYABLE = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""The OTLP specification's table; RESOURCE_EXHAUSTED joins it when the answer carries a RetryInfo."""
_CANCELLED = grpc.StatusCode.CANCELLED.value[0]
_UNUSABLE = frozenset({grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED})
_UNREACHED = re.compile(
    r"(?:failed to connect to all addresses; last error: \w+: ipv[46]:\S+: |errors resolving .+: )(?P<cause>.+?)\]?",
    re.DOTALL,
)
"""gRPC's own words. A name has addresses that are tried in turn: which one was the last is no news."""
_STATUS_DETAILS = "grpc-status-details-bin"
_HEADER = re.compile(r"[0-9a-z_.-]+")
_CHANNEL = (
    ("grpc.enable_retries", 0),  # the sender retries; a second retry below it would only multiply the load
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5000),  # the default of two minutes outlasts what senders hold back
)


class OtlpGrpcExporter:
    """Blocks the calling thread until the next hop has answered; the call goes on when the sender has gone.

    The constructor checks everything that the configuration alone can tell and raises `ConfigError`.
    """

    name = "otlp_grpc"

    def __init__(self, settings: Settings, health: HealthBoard, *, probe_interval: float = 5.0) -> None:
        self._timeout = float(settings.timeout)
        self._metadata = _metadata(settings.headers)
        self._compression = grpc.Compression.Gzip if settings.compression == "gzip" else None
        scheme, separator, rest = settings.endpoint.partition("://")
        with_scheme = bool(separator) and scheme in ("http", "https")
        self._target = (rest if with_scheme else settings.endpoint).rstrip("/")
        if not re.search(r".:\d+$", self._target):
            raise ConfigError(f"{KEY}.endpoint: {settings.endpoint} is not host:port; write for example localhost:4317")
        insecure = scheme == "http" if with_scheme else settings.tls.insecure
        self._credentials: grpc.ChannelCredentials | None = None
        self._options: list[tuple[str, int | str]] = [*_CHANNEL, ("grpc.primary_user_agent", user_agent())]
        if not insecure:
            ca, certificate, key = client_material(settings.tls, f"{KEY}.tls")
            self._credentials = grpc.ssl_channel_credentials(ca, key, certificate)
            if settings.tls.server_name_override is not None:
                self._options.append(("grpc.ssl_target_name_override", settings.tls.server_name_override))
        self._channel: grpc.Channel | None = None
        self._calls: dict[Signal, Callable[..., bytes]] = {}
        self._next_hop = NextHop(health, self.check, probe_interval)

    def start(self) -> None:
        """Opens the channel and finds out in the background whether the next hop is there; never waits for it."""
        if self._channel is not None:
            return
        if self._credentials is None:
            self._channel = grpc.insecure_channel(self._target, self._options, self._compression)
        else:
            self._channel = grpc.secure_channel(self._target, self._credentials, self._options, self._compression)
        self._calls = {signal: self._channel.unary_unary(method) for signal, method in METHODS.items()}
        self._next_hop.start()

    def stop(self) -> None:
        """Cancels what is still under way: stop the receivers first."""
        if self._channel is None:
            return
        self._next_hop.stopping()
        self._channel.close()
        self._next_hop.join()
        self._channel = None

    def export(self, signal: Signal, payload: bytes, timeout: float | None) -> bytes:
        """See `Exporter.export`. A tenth of the sender's time is left for the answer to reach it."""
        deadline = self._timeout if timeout is None else min(self._timeout, timeout * 0.9)
        try:
            response = self._calls[signal](payload, timeout=deadline, metadata=self._metadata)
        except grpc.RpcError as error:
            if (reason := self._unusable(error, deadline)) is not None:
                self._next_hop.failed(reason)
            raise _export_failed(error) from None
        self._next_hop.answered()
        return response

    def check(self) -> None:
        """Sends an empty request, which the specification lets succeed; raises `ExportFailed` when it cannot be used.

        Any answer but a refusal of our credentials shows a next hop that is there, also one that takes no logs.
        """
        try:
            self._calls[Signal.LOGS](b"", timeout=self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            if (reason := self._unusable(error, self._timeout)) is not None:
                self._next_hop.failed(reason, latest=True)
                raise _export_failed(error) from None
        except ValueError:  # grpc's word for a channel that `stop` has closed
            raise ExportFailed("stopped", code=_CANCELLED, details=None, retryable=True) from None
        self._next_hop.answered()

    def _unusable(self, error: grpc.RpcError, deadline: float) -> str | None:
        """Why the next hop cannot be used, when the error says so; None when it is about the request alone.

        An answer's text is the next hop's and may quote a record; only what gRPC itself says is repeated.
        """
        code, text = error.code(), error.details() or ""
        if code is grpc.StatusCode.UNAVAILABLE:
            unreached = _UNREACHED.fullmatch(text)
            return f"{self._target} " + (f"cannot be reached: {unreached['cause']}" if unreached else "is unavailable")
        if code is grpc.StatusCode.DEADLINE_EXCEEDED and deadline >= self._timeout:
            return f"{self._target} does not answer within {self._timeout:g} s"
        if code in _UNUSABLE:
            return f"{self._target} answers {code.name}; check {KEY}.headers and {KEY}.tls"
        return None


def _export_failed(error: grpc.RpcError) -> ExportFailed:
    details: bytes | None = None
    for key, value in error.trailing_metadata() or ():
        if key == _STATUS_DETAILS:
            details = value
    code = error.code()
    exhausted_for_now = code is grpc.StatusCode.RESOURCE_EXHAUSTED and retry_delay(details) is not None
    return ExportFailed(
        error.details() or "",
        code=code.value[0],
        details=details,
        retryable=code in _RETRYABLE or exhausted_for_now,
    )


def _metadata(headers: dict[str, str]) -> tuple[tuple[str, str], ...]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name.lower()) or name.lower().endswith("-bin"):
            raise ConfigError(f"{KEY}.headers: {name} is no header name; use letters, digits, - _ and .")
        if not (value.isascii() and value.isprintable()):
            raise ConfigError(f"{KEY}.headers.{name}: the value has characters that a header cannot carry")
    return tuple((name.lower(), value) for name, value in headers.items())
