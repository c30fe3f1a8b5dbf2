"""The health endpoint: whether Sluice serves, and what of it is degraded meanwhile."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec
from aiohttp import web

from sluice.config.model import Health
from sluice.endpoints import Endpoint
from sluice.health import HealthBoard, Status
from sluice.http_server import HttpServer

KEY = "service.health.endpoint"


class HealthEndpoint(HttpServer):
    """`/` and `/health`, in the words of the Collector's health check.

    200 while requests are taken, degraded or not: a balancer that took a degraded Sluice out would stop ingest for
    trouble that ingest does not have. 503 before and after.
    """

    def __init__(self, settings: Health, board: HealthBoard) -> None:
        self._board = board
        self._started = time.time()
        app = web.Application()
        app.add_routes([web.get("/", self._answer), web.get("/health", self._answer)])
        super().__init__(app, Endpoint.parse(KEY, settings.endpoint))

    async def _answer(self, _request: web.Request) -> web.Response:
        serving = self._board.serving
        state = {
            "status": "Server available" if serving else "Server not available",
            "upSince": _rfc3339(self._started),
            "uptime": f"{time.time() - self._started:.3f}s",
            "degraded": {part: _described(status) for part, status in self._board.degraded_parts().items()},
            "notes": self._board.notes(),
            **self._board.descriptions(),
        }
        return web.Response(
            status=200 if serving else 503, body=msgspec.json.encode(state), content_type="application/json"
        )


def _described(status: Status) -> dict[str, str]:
    return {"reason": status.reason, "since": _rfc3339(status.since)}


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
