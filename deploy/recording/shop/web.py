"""The shop: catalogue, log-in, cart, orders.

FastAPI on uvicorn, SQLite for data, Redis for cache and sessions, Kafka for what others want to know.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import redis.asyncio as redis
import uvicorn
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from fastapi import FastAPI, HTTPException, Request, Response
from opentelemetry import metrics
from redis.exceptions import RedisError

from shop.database import Database

log = logging.getLogger("shop.web")
cart_log = logging.getLogger("shop.cart")
auth_log = logging.getLogger("shop.auth")
order_log = logging.getLogger("shop.orders")
cache_log = logging.getLogger("shop.cache")
event_log = logging.getLogger("shop.events")

HOME = Path(os.environ["SHOP_HOME"])
PAYMENTS = os.environ["PAYMENTS_URL"]
SHIPPING = os.environ["SHIPPING_URL"]

meter = metrics.get_meter("shop")
orders_placed = meter.create_counter("shop.orders.placed", "{order}", "orders that were paid")
order_value = meter.create_histogram("shop.order.value", "EUR", "what one order is worth")
cache_reads = meter.create_counter("shop.cache.reads", "{read}", "reads from the product cache")
logins = meter.create_counter("shop.logins", "{login}", "attempts to log in")
carts_open = meter.create_up_down_counter("shop.carts.open", "{cart}", "carts that are neither paid nor abandoned")

requests_served: Counter[str] = Counter()


def load_settings(reason: str) -> dict[str, Any]:
    settings = json.loads((HOME / "shop.json").read_text())
    log.info(
        "configuration loaded from shop.json (%s): %d keys, feature flags: %s",
        reason,
        len(settings),
        ",".join(settings["features"]),
    )
    return settings


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    log.info("starting shop version 2.14.0")
    app.state.settings = load_settings("start")
    app.state.database = Database(HOME / "shop.db")
    app.state.database.create(seed=7)
    app.state.cache = redis.Redis(port=int(os.environ["REDIS_PORT"]), decode_responses=True, socket_timeout=1)
    app.state.payments = httpx.AsyncClient(base_url=PAYMENTS, timeout=0.8)
    app.state.shipping = httpx.AsyncClient(base_url=SHIPPING, timeout=0.8)
    app.state.events = AIOKafkaProducer(
        bootstrap_servers=f"127.0.0.1:{os.environ['KAFKA_PORT']}",
        client_id="shop-1",
        acks="all",
        linger_ms=20,
        request_timeout_ms=4000,
    )
    await app.state.events.start()

    def reload() -> None:
        log.warning("received SIGHUP, reloading configuration")
        app.state.settings = load_settings("reload")

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
    log.info("connected to redis, kafka and sqlite, ready to serve")
    yield
    log.info("shutting down: draining %d open carts", len(await _quiet(app.state.cache.keys("cart:*"), [])))
    await app.state.events.stop()
    await app.state.shipping.aclose()
    await app.state.payments.aclose()
    await app.state.cache.aclose()
    app.state.database.close()
    log.info("shop stopped")


app = FastAPI(lifespan=lifespan, title="shop")


async def _quiet(answer: Awaitable[Any], default: Any) -> Any:
    """What Redis answers; the default while it is away."""
    try:
        return await answer
    except RedisError:
        return default


async def _tell(topic: str, key: str, event: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(2):
            sent = await app.state.events.send_and_wait(topic, json.dumps(event).encode(), key=key.encode())
    except (KafkaError, TimeoutError) as error:
        event_log.error("event for topic %s not published, key %s: %r", topic, key, error)
        return
    event_log.debug("published to %s partition %d offset %d", topic, sent.partition, sent.offset)


@app.middleware("http")
async def count(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    started = time.perf_counter()
    response = await call_next(request)
    took = (time.perf_counter() - started) * 1000
    requests_served[f"{request.method} {response.status_code}"] += 1
    if took > 400 and not request.url.path.startswith("/reports"):
        log.warning("slow request: %s %s took %.0fms (threshold 400ms)", request.method, request.url.path, took)
    return response


@app.exception_handler(sqlite3.OperationalError)
async def database_busy(request: Request, error: sqlite3.OperationalError) -> Response:
    log.error("%s %s failed: %s", request.method, request.url.path, error)
    return Response("busy, try again", status_code=503, headers={"Retry-After": "1"})


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    log.debug("health check ok")
    return {"status": "ok"}


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    app.state.database.ping()
    try:
        await app.state.cache.ping()
    except RedisError as error:
        log.error("readiness probe failed: redis: %s", error)
        raise HTTPException(503, "redis is away") from None
    log.debug("readiness probe ok: database=up cache=up")
    return {"status": "ready"}


@app.get("/metrics")
async def prometheus() -> Response:
    lines = [f'shop_requests_total{{outcome="{outcome}"}} {number}' for outcome, number in requests_served.items()]
    log.debug("served %d series to the metrics scraper", len(lines))
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


@app.get("/products")
async def products(page: int = 1, per_page: int = 12) -> list[dict[str, object]]:
    cart_log.debug("enter list_products page=%d per_page=%d", page, per_page)
    rows = app.state.database.query(
        "SELECT sku, name, price FROM products WHERE stock > 0 ORDER BY name LIMIT ? OFFSET ?",
        per_page,
        (page - 1) * per_page,
    )
    log.info("listed %d products on page %d", len(rows), page)
    cart_log.debug("exit list_products")
    return [{"sku": sku, "name": name, "price": price} for sku, name, price in rows]


@app.get("/products/{sku}")
async def product(sku: str) -> dict[str, object]:
    started = time.perf_counter()
    try:
        cached = await app.state.cache.get(f"product:{sku}")
    except RedisError as error:
        cache_log.warning("cache unavailable, falling back to the database: %s", error)
        cached = None
    if cached:
        cache_reads.add(1, {"result": "hit"})
        cache_log.debug("cache hit for product:%s", sku)
        return json.loads(cached)
    cache_reads.add(1, {"result": "miss"})
    cache_log.info("cache miss for product:%s, loading from the database", sku)
    rows = app.state.database.query("SELECT name, price, stock, discount FROM products WHERE sku = ?", sku)
    if not rows:
        log.warning("product %s not found", sku)
        raise HTTPException(404, "no such product")
    name, price, stock, discount = rows[0]
    entry = {"sku": sku, "name": name, "price": price - price * discount // 100, "stock": stock}
    await _quiet(app.state.cache.set(f"product:{sku}", json.dumps(entry), ex=20), None)
    log.info("product %s rendered in %.1fms", sku, (time.perf_counter() - started) * 1000)
    await _tell("views", sku, {"sku": sku, "stock": stock, "cached": False})
    return entry


@app.get("/search")
async def search(q: str = "") -> list[str]:
    if len(q) < 2:
        log.info("search rejected: query of %d characters is too short", len(q))
        raise HTTPException(400, "query too short")
    rows = app.state.database.query("SELECT sku FROM products WHERE name LIKE ?", f"%{q}%")
    if not rows:
        log.info("search for '%s' found nothing", q)
    else:
        log.info("search for '%s' returned %d results", q, len(rows))
    return [sku for (sku,) in rows]


@app.get("/recommendations")
async def recommendations(request: Request) -> list[str]:
    if "recommendations" not in app.state.settings["features"]:
        log.debug("feature recommendations is off")
        return []
    rows = app.state.database.query(
        "SELECT i.sku, count(*) FROM order_items i JOIN orders o ON o.id = i.order_id "
        "GROUP BY i.sku ORDER BY 2 DESC LIMIT 5"
    )
    await asyncio.sleep(0.02 + 0.0004 * len(rows) * (int(time.time()) % 280))
    log.info("computed %d recommendations from %d sellers", len(rows), len(rows))
    return [sku for sku, _ in rows]


@app.post("/signup", status_code=201)
async def signup(request: Request) -> dict[str, int]:
    form = await request.json()
    try:
        customer = app.state.database.execute(
            "INSERT INTO customers (email, password) VALUES (?, ?)", form["email"], form["password"]
        )
    except sqlite3.IntegrityError:
        auth_log.warning("sign-up refused: the address is already registered")
        raise HTTPException(409, "already registered") from None
    auth_log.info("customer %d signed up", customer)
    return {"customer": customer}


@app.post("/login")
async def login(request: Request) -> dict[str, str]:
    form = await request.json()
    address = request.headers.get("x-forwarded-for", "unknown")
    rows = app.state.database.query("SELECT id, password, failures FROM customers WHERE email = ?", form["email"])
    if not rows:
        logins.add(1, {"result": "unknown"})
        auth_log.warning("login failed: unknown user from %s", address)
        raise HTTPException(401, "unknown user")
    customer, password, failures = rows[0]
    if failures >= 5:
        logins.add(1, {"result": "locked"})
        auth_log.error("account %d is locked after %d failed attempts from %s", customer, failures, address)
        raise HTTPException(423, "locked")
    if password != form["password"]:
        app.state.database.execute("UPDATE customers SET failures = failures + 1 WHERE id = ?", customer)
        logins.add(1, {"result": "refused"})
        auth_log.warning(
            "login failed for customer %d from %s: wrong password (attempt %d)", customer, address, failures + 1
        )
        raise HTTPException(401, "wrong password")
    session = secrets.token_hex(16)
    await app.state.cache.set(f"session:{session}", customer, ex=600)
    logins.add(1, {"result": "ok"})
    auth_log.info("customer %d logged in from %s", customer, address)
    return {"session": session}


async def _customer(request: Request) -> int:
    session = request.headers.get("x-session", "")
    customer = await app.state.cache.get(f"session:{session}")
    if customer is None:
        auth_log.warning("rejected request to %s: session expired or unknown", request.url.path)
        raise HTTPException(401, "log in first")
    auth_log.debug("session validated for customer %s", customer)
    return int(customer)


@app.post("/cart")
async def add_to_cart(request: Request) -> dict[str, object]:
    customer = await _customer(request)
    item = await request.json()
    cart_log.debug("enter add_item(customer=%d, sku=%s, quantity=%d)", customer, item["sku"], item["quantity"])
    if await app.state.cache.hincrby(f"cart:{customer}", item["sku"], item["quantity"]) == item["quantity"]:
        carts_open.add(1)
    cart = await app.state.cache.hgetall(f"cart:{customer}")
    cart_log.info("added %d x %s to cart of customer %d", item["quantity"], item["sku"], customer)
    cart_log.debug("cart state: %s", json.dumps(cart))
    return cart


@app.post("/orders", status_code=201)
async def place_order(request: Request) -> dict[str, object]:
    customer = await _customer(request)
    cart = await app.state.cache.hgetall(f"cart:{customer}")
    if not cart:
        order_log.info("checkout of customer %d refused: the cart is empty", customer)
        raise HTTPException(422, "empty cart")
    database: Database = app.state.database
    total = 0
    for sku, quantity in cart.items():
        price, stock = database.query("SELECT price, stock FROM products WHERE sku = ?", sku)[0]
        if stock < int(quantity):
            order_log.warning("insufficient stock for %s: wanted %s, have %d", sku, quantity, stock)
            await app.state.cache.delete(f"cart:{customer}")
            raise HTTPException(409, "out of stock")
        total += price * int(quantity)
    order = database.execute(
        "INSERT INTO orders (customer, total, state, created) VALUES (?, ?, 'pending', ?)", customer, total, time.time()
    )
    order_log.info(
        "order %d created for customer %d: %d items, total %.2f EUR", order, customer, len(cart), total / 100
    )
    charge = await _charge(order, total)
    for sku, quantity in cart.items():
        database.execute("UPDATE products SET stock = stock - ? WHERE sku = ?", int(quantity), sku)
        database.execute("INSERT INTO order_items VALUES (?, ?, ?)", order, sku, int(quantity))
        order_log.debug("reserved %s x %s for order %d", quantity, sku, order)
    database.execute("UPDATE orders SET state = 'paid' WHERE id = ?", order)
    await app.state.cache.delete(f"cart:{customer}")
    await app.state.cache.lpush("jobs", json.dumps({"kind": "confirmation", "order": order, "items": len(cart)}))
    orders_placed.add(1)
    order_value.record(total / 100)
    carts_open.add(-1)
    order_log.info("order %d paid with charge %s, confirmation queued", order, charge)
    await _tell("orders", str(order), {"order": order, "items": len(cart), "total": total})
    return {"order": order, "charge": charge}


async def _charge(order: int, total: int) -> str:
    """Three attempts, as the payments service may be restarting or slow."""
    for attempt in range(1, 4):
        try:
            answer = await app.state.payments.post("/charges", json={"order": order, "amount": total})
        except httpx.HTTPError as error:
            order_log.warning("payment for order %d failed on attempt %d: %r, retrying", order, attempt, error)
            await asyncio.sleep(0.1 * attempt)
            continue
        if answer.status_code == 402:
            order_log.warning("order %d declined by the payment provider: %s", order, answer.json()["reason"])
            app.state.database.execute("UPDATE orders SET state = 'declined' WHERE id = ?", order)
            raise HTTPException(402, "declined")
        if answer.status_code == 201:
            return answer.json()["charge"]
        order_log.warning("payments answered %d for order %d on attempt %d", answer.status_code, order, attempt)
        await asyncio.sleep(0.1 * attempt)
    order_log.error("giving up on payment for order %d after 3 attempts", order)
    app.state.database.execute("UPDATE orders SET state = 'failed' WHERE id = ?", order)
    raise HTTPException(502, "payment failed")


@app.get("/orders/{order}")
async def show_order(order: int, request: Request) -> dict[str, object]:
    customer = await _customer(request)
    rows = app.state.database.query("SELECT customer, total, state FROM orders WHERE id = ?", order)
    if not rows:
        order_log.info("order %d not found", order)
        raise HTTPException(404, "no such order")
    if rows[0][0] != customer:
        auth_log.error("access denied: customer %d tried to read order %d of another customer", customer, order)
        raise HTTPException(403, "not yours")
    order_log.info("order %d shown to customer %d: state %s", order, customer, rows[0][2])
    return {"order": order, "total": rows[0][1], "state": rows[0][2], "shipment": await _shipment(order)}


async def _shipment(order: int) -> str:
    try:
        answer = await app.state.shipping.get(f"/shipments/{order}")
    except httpx.HTTPError as error:
        order_log.warning("shipping does not answer for order %d: %r", order, error)
        return "unknown"
    if answer.status_code != 200:
        order_log.debug("no shipment for order %d yet: status %d", order, answer.status_code)
        return "waiting"
    return answer.json()["state"]


@app.post("/orders/{order}/cancel")
async def cancel_order(order: int, request: Request) -> dict[str, object]:
    customer = await _customer(request)
    rows = app.state.database.query(
        "SELECT total FROM orders WHERE id = ? AND customer = ? AND state = 'paid'", order, customer
    )
    if not rows:
        raise HTTPException(404, "nothing to cancel")
    answer = await app.state.payments.post("/refunds", json={"order": order, "amount": rows[0][0]})
    answer.raise_for_status()
    app.state.database.execute("UPDATE orders SET state = 'refunded' WHERE id = ?", order)
    order_log.info("order %d cancelled by customer %d, %.2f EUR refunded", order, customer, rows[0][0] / 100)
    return {"order": order, "state": "refunded"}


@app.get("/reports/daily")
async def daily_report() -> dict[str, object]:
    """Divides by the number of orders, and so fails before the first one: a bug that the recording wants."""
    rows = app.state.database.query("SELECT state, count(*), sum(total) FROM orders GROUP BY state")
    paid = sum(total for state, _, total in rows if state == "refunded")
    await asyncio.sleep(0.15)
    average = sum(total for _, _, total in rows) / sum(count for _, count, _ in rows)
    refund_rate = 1 / (paid // 100_000)
    log.info("daily report: %d states, average %.2f, refund index %.3f", len(rows), average, refund_rate)
    return {"average": average}


def main() -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    for chatty in ("opentelemetry", "aiokafka"):
        logging.getLogger(chatty).setLevel(logging.INFO)
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["SHOP_PORT"]), log_config=None)


if __name__ == "__main__":
    main()
