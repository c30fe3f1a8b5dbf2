"""The metrics endpoint: every metric of `telemetry` in the Prometheus text format."""

from __future__ import annotations

from aiohttp import web

from sluice.config.model import MetricsEndpoint as Settings
from sluice.endpoints import Endpoint
from sluice.http_server import HttpServer
from sluice.telemetry import CONTENT_TYPE, Telemetry

KEY = "service.telemetry.metrics.endpoint"


class MetricsEndpoint:
    """`/metrics`."""

    def __init__(self, settings: Settings, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        app = web.Application()
        app.add_routes([web.get("/metrics", self._answer)])
        self._server = HttpServer(app, Endpoint.parse(KEY, settings.endpoint))

    @property
    def endpoint(self) -> Endpoint:
        return self._server.endpoint

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    async def _answer(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._telemetry.render(), headers={"Content-Type": CONTENT_TYPE})
