"""`grpc.health.v1`, whose watches end when the server stops instead of holding it up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from grpc_health.v1.health import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

_Send = Callable[[HealthCheckResponse | None], None]


class GrpcHealth(HealthServicer):  # type: ignore[misc]
    """The overall status (service ""): SERVING from the start, NOT_SERVING once `stop` was called."""

    def __init__(self) -> None:
        self._watching: set[_Send] = set()
        super().__init__()

    def Watch(self, request: HealthCheckRequest, context: Any, send_response_callback: _Send) -> None:  # noqa: N802
        """On no thread of its own: the server calls it with a callback (see `HealthServicer`)."""
        with self._lock:
            self._watching.add(send_response_callback)
        context.add_callback(lambda: self._watching.discard(send_response_callback))
        super().Watch(request, context, send_response_callback)

    def stop(self) -> None:
        self.enter_graceful_shutdown()
        with self._lock:
            watching = list(self._watching)
        for end in watching:
            end(None)

    def handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            "grpc.health.v1.Health",
            {
                "Check": grpc.unary_unary_rpc_method_handler(
                    self.Check, HealthCheckRequest.FromString, HealthCheckResponse.SerializeToString
                ),
                "Watch": grpc.unary_stream_rpc_method_handler(
                    self.Watch, HealthCheckRequest.FromString, HealthCheckResponse.SerializeToString
                ),
            },
        )
