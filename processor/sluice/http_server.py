"""One aiohttp application on one address: what the OTLP/HTTP receiver and the admin endpoints have in common."""

from __future__ import annotations

import ssl

from aiohttp import web

from sluice.endpoints import Endpoint

_LINGERING = 2.0
"""Seconds for which the rest of a refused body is read and thrown away, so that its sender sees the answer."""


class HttpServer:
    """Starts and stops idempotently. The bodies' encodings are left alone: a handler that allows one decodes it."""

    def __init__(
        self, app: web.Application, endpoint: Endpoint, *, tls: ssl.SSLContext | None = None, grace: float = 1.0
    ) -> None:
        """`grace`: seconds that requests under way may take once `stop` is called; then they are cancelled."""
        self._app = app
        self._grace = grace
        self.endpoint = endpoint
        self._tls = tls
        self._runner: web.AppRunner | None = None
        self.port = 0
        """The bound port, once started."""

    async def start(self) -> None:
        """Listens and serves; `ConfigError` when the address cannot be bound."""
        if self._runner is not None:
            return
        runner = web.AppRunner(
            self._app,
            access_log=None,
            auto_decompress=False,
            shutdown_timeout=self._grace,
            lingering_time=_LINGERING,
        )
        await runner.setup()
        site = web.TCPSite(runner, self.endpoint.host, self.endpoint.port, ssl_context=self._tls)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise self.endpoint.not_bound() from None
        self.port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Takes no new connections, closes idle ones, and waits for the requests under way."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        await runner.cleanup()
