"""The payments service: aiohttp in front of PostgreSQL. It logs JSON, one object a line, as many services do."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import uuid

import psycopg
from aiohttp import web
from opentelemetry import metrics

log = logging.getLogger("payments")
meter = metrics.get_meter("payments")
charges = meter.create_counter("payments.charges", "{charge}", "charges by result")
provider_seconds = meter.create_histogram("payments.provider.duration", "s", "time the card provider takes")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (id uuid PRIMARY KEY, order_id bigint UNIQUE, amount bigint, state text,
                                    created timestamptz DEFAULT now());
CREATE TABLE IF NOT EXISTS ledger (account text PRIMARY KEY, balance bigint);
INSERT INTO ledger VALUES ('customers', 0), ('shop', 0) ON CONFLICT DO NOTHING
"""


def say(level: int, message: str, **fields: object) -> None:
    log.log(level, json.dumps({"level": logging.getLevelName(level).lower(), "msg": message, **fields}))


class CardProvider:
    """A stand-in for the company that moves the money: usually quick, sometimes slow, now and then it says no."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    async def authorize(self, amount: int) -> str | None:
        """The reason of a refusal, None when the money moves."""
        dice = self._chance.random()
        seconds = 0.01 + self._chance.expovariate(40) + (1.2 if dice > 0.985 else 0.0)
        await asyncio.sleep(seconds)
        provider_seconds.record(seconds)
        if seconds > 0.5:
            say(logging.WARNING, "card provider is slow", duration_ms=round(seconds * 1000), threshold_ms=500)
        if amount > 120_000:
            return "limit exceeded"
        return self._chance.choice(("insufficient funds", "card expired", "suspected fraud")) if dice < 0.06 else None


class Payments:
    def __init__(self, dsn: str, seed: int) -> None:
        self._dsn = dsn
        self._provider = CardProvider(seed)
        self._connection: psycopg.AsyncConnection | None = None

    async def _database(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)
            say(logging.INFO, "database connection established", pool_size=1)
        return self._connection

    async def migrate(self, app: web.Application) -> None:
        say(logging.INFO, "payments starting", version="1.9.2", provider="cards-sandbox")
        database = await self._database()
        for statement in _SCHEMA.split(";"):
            await database.execute(statement)
        say(logging.INFO, "schema verified", tables=["charges", "ledger"])

    async def close(self, app: web.Application) -> None:
        if self._connection is not None:
            await self._connection.close()
        say(logging.INFO, "payments stopped", reason="signal")

    async def health(self, request: web.Request) -> web.Response:
        say(logging.DEBUG, "liveness probe", path=request.path, status=200)
        return web.json_response({"status": "ok"})

    async def charge(self, request: web.Request) -> web.Response:
        order = await request.json()
        say(logging.DEBUG, "charge request received", order=order["order"], content_length=request.content_length)
        reason = await self._provider.authorize(order["amount"])
        if reason == "suspected fraud":
            say(logging.ERROR, "fraud check rejected charge", order=order["order"], score=97)
        if reason:
            charges.add(1, {"result": "declined"})
            say(logging.WARNING, "charge declined", order=order["order"], reason=reason)
            return web.json_response({"reason": reason}, status=402)
        charge = str(uuid.uuid4())
        database = await self._database()
        try:
            async with database.transaction():
                await database.execute(
                    "INSERT INTO charges (id, order_id, amount, state) VALUES (%s, %s, %s, 'captured')",
                    (charge, order["order"], order["amount"]),
                )
                await database.execute(
                    "UPDATE ledger SET balance = balance + %s WHERE account = 'shop'", (order["amount"],)
                )
        except psycopg.errors.UniqueViolation:
            charges.add(1, {"result": "duplicate"})
            say(logging.WARNING, "duplicate charge ignored", order=order["order"])
            return web.json_response({"charge": charge}, status=201)
        charges.add(1, {"result": "captured"})
        say(
            logging.INFO, "charge captured", charge=charge, order=order["order"], amount=order["amount"], currency="EUR"
        )
        return web.json_response({"charge": charge}, status=201)

    async def refund(self, request: web.Request) -> web.Response:
        order = await request.json()
        database = await self._database()
        await database.execute("UPDATE charges SET state = 'refunded' WHERE order_id = %s", (order["order"],))
        charges.add(1, {"result": "refunded"})
        say(logging.INFO, "refund issued", order=order["order"], amount=order["amount"], currency="EUR")
        return web.json_response({"state": "refunded"})

    async def settle(self, request: web.Request) -> web.Response:
        """The nightly settlement, run by the worker; its statement is slow and sometimes hits the time-out."""
        database = await self._database()
        say(logging.INFO, "settlement started", trigger=request.query.get("trigger", "schedule"))
        try:
            async with database.transaction():
                await database.execute("SET LOCAL statement_timeout = 120")
                await database.execute("SELECT count(*), pg_sleep(%s) FROM charges", (random.uniform(0.02, 0.15),))
        except psycopg.errors.QueryCanceled:
            say(logging.ERROR, "settlement aborted", error="canceling statement due to statement timeout")
            return web.json_response({"state": "aborted"}, status=500)
        say(logging.INFO, "settlement finished", accounts=2)
        return web.json_response({"state": "settled"})


def main() -> None:
    payments = Payments(os.environ["PAYMENTS_DSN"], seed=11)
    app = web.Application()
    app.add_routes(
        [
            web.get("/healthz", payments.health),
            web.post("/charges", payments.charge),
            web.post("/refunds", payments.refund),
            web.post("/settlements", payments.settle),
        ]
    )
    app.on_startup.append(payments.migrate)
    app.on_cleanup.append(payments.close)
    logging.getLogger().setLevel(logging.DEBUG)
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PAYMENTS_PORT"]), print=None)


if __name__ == "__main__":
    main()
