"""Everyone who talks to the shop while it is recorded: customers, probes, scrapers, crawlers, scanners, broken tools.

Not instrumented. Client addresses are from the ranges reserved for documentation (RFC 5737).
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable

import httpx
import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

PROXY = os.environ["PROXY_URL"]
SHOP = os.environ["SHOP_URL"]
PAYMENTS = os.environ["PAYMENTS_URL"]
SHIPPING = os.environ["SHIPPING_URL"]
KAFKA = f"127.0.0.1:{os.environ['KAFKA_PORT']}"
BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "ShopApp/5.2 (Android 15)",
)
CRAWLERS = (
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)
SCANNED = (
    "/wp-login.php", "/.env", "/.git/config", "/phpmyadmin/index.php", "/xmlrpc.php", "/admin/", "/server-status",
    "/cgi-bin/luci", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/actuator/env", "/solr/admin/info/system",
    "/boaform/admin/formLogin", "/config.json", "/backup.zip", "/api/v1/pods", "/owa/auth/logon.aspx",
)  # fmt: skip
WORDS = ("lamp", "kettle", "blue", "wooden", "chair", "zebra", "clock", "x", "garden mug", "submarine")


class Load:
    def __init__(self, seconds: float, seed: int) -> None:
        self._end = time.monotonic() + seconds
        self._chance = random.Random(seed)
        self._client = httpx.AsyncClient(timeout=10)

    async def run(self) -> None:
        async with self._client, asyncio.TaskGroup() as group:
            for number in range(7):
                group.create_task(self._shopper(number))
            for every, job in (
                (1.0, self._probe),
                (2.0, self._balancer),
                (5.0, self._scrape),
                (0.9, self._crawl),
                (12.0, self._scan),
                (3.0, self._guess_passwords),
                (5.0, self._report),
                (7.0, self._garbage),
                (9.0, self._misconfigured_tool),
                (6.0, self._broken_events),
                (8.0, self._analytics),
                (11.0, self._export),
                (13.0, self._lost_browser),
            ):
                group.create_task(self._repeat(every, job))

    async def _repeat(self, every: float, job: Callable[[], Awaitable[None]]) -> None:
        while time.monotonic() < self._end:
            await job()
            await asyncio.sleep(every)

    async def _send(
        self, method: str, url: str, agent: str, address: str = "", **more: object
    ) -> httpx.Response | None:
        """None while the other side is away, as in a deployment."""
        headers = {"User-Agent": agent, **({"X-Forwarded-For": address} if address else {}), **more.pop("headers", {})}
        try:
            return await self._client.request(method, url, headers=headers, **more)
        except httpx.HTTPError:
            return None

    async def _think(self) -> None:
        await asyncio.sleep(self._chance.uniform(0.05, 0.8))

    async def _shopper(self, number: int) -> None:
        while time.monotonic() < self._end:
            address = f"203.0.113.{self._chance.randrange(1, 255)}"
            agent = self._chance.choice(BROWSERS)
            await self._visit(agent, address)
            await self._think()

    async def _visit(self, agent: str, address: str) -> None:
        chance = self._chance

        async def send(method: str, path: str, **more: object) -> httpx.Response | None:
            await self._think()
            return await self._send(method, PROXY + path, agent, address, **more)

        await send("GET", f"/products?page={chance.randrange(1, 10)}")
        await send(
            "GET",
            chance.choice(
                ("/static/app.js", "/static/app.css", "/static/logo.svg", "/favicon.ico", "/static/banner.png")
            ),
        )
        for _ in range(chance.randrange(1, 5)):
            await send("GET", f"/products/SKU-{chance.randrange(1000, 1104)}")
        if chance.random() < 0.5:
            await send("GET", "/search", params={"q": chance.choice(WORDS)})
        if chance.random() < 0.3:
            await send("GET", "/recommendations")
        if chance.random() < 0.15:
            name = chance.randrange(150, 2000)
            await send("POST", "/signup", json={"email": f"customer{name}@example.com", "password": f"pass-{name}"})
        customer = chance.randrange(0, 190)
        password = f"pass-{customer}" if chance.random() > 0.06 else "forgotten"
        answer = await send("POST", "/login", json={"email": f"customer{customer}@example.com", "password": password})
        session = answer.json()["session"] if answer is not None and answer.status_code == 200 else "0" * 32
        headers = {"X-Session": session}
        for _ in range(chance.randrange(1, 4)):
            item = {"sku": f"SKU-{chance.randrange(1000, 1100)}", "quantity": chance.randrange(1, 4)}
            await send("POST", "/cart", json=item, headers=headers)
        if chance.random() < 0.15:
            return
        answer = await send("POST", "/orders", headers=headers)
        if answer is None or answer.status_code != 201:
            return
        order = answer.json()["order"]
        await send("GET", f"/orders/{order}", headers=headers)
        if chance.random() < 0.12:
            await send("GET", f"/orders/{max(1, order - 3)}", headers=headers)
        if chance.random() < 0.12:
            await send("POST", f"/orders/{order}/cancel", headers=headers)

    async def _probe(self) -> None:
        for url in (f"{SHOP}/healthz", f"{SHOP}/readyz", f"{PAYMENTS}/healthz", f"{SHIPPING}/actuator/health"):
            await self._send("GET", url, "kube-probe/1.33")

    async def _balancer(self) -> None:
        await self._send("GET", f"{PROXY}/health", "ELB-HealthChecker/2.0", "198.51.100.7")

    async def _scrape(self) -> None:
        await self._send("GET", f"{SHOP}/metrics", "Prometheus/3.5.0")

    async def _crawl(self) -> None:
        path = self._chance.choice(
            ("/robots.txt", "/products", f"/products/SKU-{self._chance.randrange(1000, 1100)}", "/sitemap.xml")
        )
        await self._send(
            "GET", PROXY + path, self._chance.choice(CRAWLERS), f"198.51.100.{self._chance.randrange(20, 40)}"
        )

    async def _scan(self) -> None:
        """Faster than the proxy's rate limit allows."""
        address = f"192.0.2.{self._chance.randrange(1, 255)}"
        agent = self._chance.choice(("Mozilla/5.0 zgrab/0.x", "python-requests/2.28.1", "Nuclei - Open-source project"))
        await asyncio.gather(*(self._send("GET", PROXY + path, agent, address) for path in SCANNED))

    async def _guess_passwords(self) -> None:
        form = {
            "email": f"customer{190 + self._chance.randrange(6)}@example.com",
            "password": f"guess-{self._chance.random()}",
        }
        await self._send("POST", f"{PROXY}/login", "curl/8.5.0", "192.0.2.66", json=form)

    async def _report(self) -> None:
        await self._send("GET", f"{PROXY}/reports/daily", "curl/8.5.0", "203.0.113.250")

    async def _garbage(self) -> None:
        """Bytes of a TLS handshake, or half a request, on the plain port."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", int(PROXY.rsplit(":", 1)[1]))
        except OSError:
            return
        garbage = (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
            b"GET /products HTTP/1.1\r\nHost",
            b"CONNECT x:443\r\n\r\n",
        )
        writer.write(self._chance.choice(garbage))
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()

    async def _misconfigured_tool(self) -> None:
        """Asks PostgreSQL for a database that is not there, or as a role that is not."""
        dsn = self._chance.choice(("dbname=analytics", "dbname=payments user=reporting"))
        try:
            await psycopg.AsyncConnection.connect(f"{os.environ['PAYMENTS_DSN']} {dsn}")
        except psycopg.OperationalError:
            return
        raise SystemExit("the misconfigured tool was let in")

    async def _broken_events(self) -> None:
        """A tool that puts into the topic of orders what is no order."""
        broken = (b"{'order': 17}", b'{"order": 18', b'{"order_id": 19, "items": 2}', b"<order id='20'/>")
        producer = AIOKafkaProducer(bootstrap_servers=KAFKA, client_id="import-tool")
        try:
            await producer.start()
            await producer.send_and_wait("orders", self._chance.choice(broken), key=b"import")
        except KafkaError:
            return
        finally:
            await producer.stop()

    async def _analytics(self) -> None:
        """A batch job: its consumers join a group, read what is new, and leave."""
        consumers = [
            AIOKafkaConsumer(
                "views", bootstrap_servers=KAFKA, group_id="analytics", client_id=f"analytics-{number}",
                auto_offset_reset="earliest", session_timeout_ms=6000,
            )
            for number in range(self._chance.randrange(1, 3))
        ]  # fmt: skip
        for consumer in consumers:
            try:
                await consumer.start()
                await consumer.getmany(timeout_ms=2000)
            except KafkaError:
                continue
        for consumer in consumers:
            await consumer.stop()

    async def _export(self) -> None:
        """A topic for one export, deleted when it is done."""
        name = f"export-{self._chance.randrange(10_000)}"
        admin = AIOKafkaAdminClient(bootstrap_servers=KAFKA, client_id="export-tool")
        try:
            await admin.start()
            await admin.create_topics([NewTopic(name, 1, 1)])
            await asyncio.sleep(2)
            await admin.delete_topics([name])
        except KafkaError:
            return
        finally:
            await admin.close()

    async def _lost_browser(self) -> None:
        """HTTP on the broker's port."""
        await self._send("GET", f"http://{KAFKA}/", "Mozilla/5.0 zgrab/0.x")


if __name__ == "__main__":
    asyncio.run(Load(float(sys.argv[1]), seed=5).run())
