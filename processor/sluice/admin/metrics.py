"""The metrics endpoint: every metric of `telemetry` in the Prometheus text format."""

from __future__ import annotations

from aiohttp import web

from sluice.config.model import MetricsEndpoint as Settings
from sluice.endpoints import Endpoint
from sluice.http_server import HttpServer
from sluice.telemetry import CONTENT_TYPE, Telemetry

KEY = "service.telemetry.metrics.endpoint"


class MetricsEndpoint(HttpServer):
    """`/metrics`."""

    def __init__(self, settings: Settings, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        app = web.Application()
        app.add_routes([web.get("/metrics", self._answer)])
        super().__init__(app, Endpoint.parse(KEY, settings.endpoint))

    async def _answer(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._telemetry.render(), headers={"Content-Type": CONTENT_TYPE})
