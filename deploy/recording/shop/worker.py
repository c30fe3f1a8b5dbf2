"""The worker: confirmations from a Redis queue, and jobs on a schedule. It logs logfmt."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import redis
from opentelemetry import metrics, trace
from redis.exceptions import RedisError

from shop.database import Database

log = logging.getLogger("worker")
tracer = trace.get_tracer("worker")
meter = metrics.get_meter("worker")
jobs_done = meter.create_counter("worker.jobs", "{job}", "jobs by kind and result")
queue_depth = meter.create_gauge("worker.queue.depth", "{job}", "jobs that wait")


class Worker:
    def __init__(self, home: Path, redis_port: int, payments: str, seed: int) -> None:
        self._database = Database(home / "shop.db", timeout=2)
        self._queue = redis.Redis(port=redis_port, decode_responses=True)
        self._payments = httpx.Client(base_url=payments, timeout=2)
        self._chance = random.Random(seed)
        self._done = 0
        self._stopping = False
        self._schedule: list[tuple[float, str, Callable[[], None]]] = [
            (2.0, "heartbeat", self._heartbeat),
            (7.0, "inventory_sync", self._sync_inventory),
            (11.0, "session_cleanup", self._clean_sessions),
            (13.0, "settlement", self._settle),
            (17.0, "reindex", self._reindex),
            (29.0, "backup", self._backup),
        ]

    def stop(self, *_: object) -> None:
        log.info('msg="stop requested" signal=SIGTERM jobs_done=%d', self._done)
        self._stopping = True

    def run(self) -> None:
        log.info('msg="worker started" version=2.14.0 pid=%d jobs=%d', os.getpid(), len(self._schedule))
        due = {name: time.monotonic() + every for every, name, _ in self._schedule}
        while not self._stopping:
            self._take_job()
            for every, name, job in self._schedule:
                if time.monotonic() >= due[name]:
                    due[name] += every
                    self._run(name, job)
        log.info('msg="worker stopped" jobs_done=%d', self._done)

    def _run(self, name: str, job: Callable[[], None]) -> None:
        with tracer.start_as_current_span(f"job {name}") as span:
            started = time.perf_counter()
            log.debug('msg="job starting" job=%s', name)
            try:
                job()
            except (sqlite3.Error, RedisError, httpx.HTTPError) as error:
                span.record_exception(error)
                span.set_status(trace.StatusCode.ERROR, str(error))
                jobs_done.add(1, {"kind": name, "result": "failed"})
                log.exception('msg="job failed" job=%s error="%s"', name, error)
                return
            jobs_done.add(1, {"kind": name, "result": "ok"})
            if name != "heartbeat":
                took = (time.perf_counter() - started) * 1000
                log.info('msg="job finished" job=%s duration=%.1fms status=ok', name, took)

    def _take_job(self) -> None:
        try:
            entry = self._queue.brpop("jobs", timeout=1)
            queue_depth.set(self._queue.llen("jobs"))
        except RedisError as error:
            log.error('msg="queue unavailable" error="%s" retry_in=1s', error)
            time.sleep(1)
            return
        if entry is None:
            log.debug('msg="poll returned no jobs" queue=jobs wait=1s')
            return
        self._confirm(json.loads(entry[1]))

    def _confirm(self, job: dict[str, int]) -> None:
        with tracer.start_as_current_span("send confirmation", attributes={"shop.order": job["order"]}):
            for attempt in range(1, 4):
                time.sleep(self._chance.uniform(0.002, 0.02))
                if self._chance.random() > 0.08:
                    break
                log.warning('msg="smtp greeting timed out" order=%d attempt=%d max=3', job["order"], attempt)
            else:
                jobs_done.add(1, {"kind": "confirmation", "result": "failed"})
                log.error('msg="confirmation not sent" order=%d error="smtp: 421 service not available"', job["order"])
                return
            self._done += 1
            jobs_done.add(1, {"kind": "confirmation", "result": "ok"})
            log.info('msg="confirmation sent" order=%d items=%d smtp_status=250', job["order"], job["items"])

    def _heartbeat(self) -> None:
        log.info('msg="heartbeat" status=alive jobs_done=%d', self._done)

    def _sync_inventory(self) -> None:
        """Holds SQLite's write lock for a while, as an import does; the web service's writers get in its way."""
        self._database.execute("BEGIN IMMEDIATE")
        low = self._database.query("SELECT sku, stock FROM products WHERE stock < 5 LIMIT 6")
        for sku, stock in low:
            log.warning('msg="stock is low" sku=%s stock=%d reorder=40', sku, stock)
            self._database.execute("UPDATE products SET stock = stock + 40 WHERE sku = ?", sku)
            time.sleep(self._chance.uniform(0.01, 0.09))
        self._database.execute("COMMIT")
        log.info('msg="inventory synchronised" supplier=acme restocked=%d', len(low))

    def _clean_sessions(self) -> None:
        sessions = list(self._queue.scan_iter("session:*", count=200))
        log.info('msg="sessions scanned" live=%d expired=%d', len(sessions), self._chance.randrange(9))

    def _settle(self) -> None:
        self._payments.post("/settlements?trigger=worker").raise_for_status()

    def _reindex(self) -> None:
        rows = self._database.query("SELECT sku, name FROM products ORDER BY name")
        for start in range(0, len(rows), 25):
            log.debug('msg="indexing batch" from=%d to=%d', start, start + 25)
        log.info('msg="search index rebuilt" documents=%d', len(rows))

    def _backup(self) -> None:
        log.info('msg="backup started" target=s3://shop-backups/nightly')
        size = self._database.query("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")[0][0]
        if self._chance.random() < 0.3:
            log.error('msg="backup upload failed" error="connection reset by peer" bytes=%d', size)
            return
        log.info('msg="backup completed" bytes=%d', size)


def main() -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    worker = Worker(Path(os.environ["SHOP_HOME"]), int(os.environ["REDIS_PORT"]), os.environ["PAYMENTS_URL"], seed=13)
    signal.signal(signal.SIGTERM, worker.stop)
    worker.run()


if __name__ == "__main__":
    main()
