"""The shop's SQLite database: products, customers, orders. Shared by the web service and the worker."""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from pathlib import Path

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT, price INTEGER, stock INTEGER, discount INTEGER);
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT UNIQUE, password TEXT, failures INTEGER DEFAULT 0);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, total INTEGER, state TEXT, created REAL);
CREATE TABLE order_items (order_id INTEGER, sku TEXT, quantity INTEGER);
"""
_NOUNS = ("kettle", "lamp", "chair", "notebook", "bottle", "backpack", "blanket", "clock", "mug", "shelf")
_ADJECTIVES = ("small", "blue", "folding", "wooden", "heavy", "quiet", "travel", "garden", "vintage", "plain")


class Database:
    """One connection. `timeout` is what it waits for another writer, in seconds."""

    def __init__(self, path: Path, timeout: float = 0.15) -> None:
        self._path = path
        self._connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)

    def create(self, seed: int) -> None:
        """Fills a new database; leaves an existing one alone."""
        cursor = self._connection.cursor()
        if cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            log.info("database schema is up to date, nothing to migrate")
            return
        log.info("applying migration 0001_initial to %s", self._path.name)
        for statement in filter(None, map(str.strip, _SCHEMA.split(";"))):
            cursor.execute(statement)
        chance = random.Random(seed)
        names = [f"{adjective} {noun}" for adjective in _ADJECTIVES for noun in _NOUNS]
        cursor.execute("BEGIN")
        cursor.executemany(
            "INSERT INTO products VALUES (?, ?, ?, ?, ?)",
            [
                (
                    f"SKU-{1000 + i}",
                    name,
                    chance.randrange(300, 20_000),
                    chance.randrange(0, 60),
                    chance.choice((0, 10)),
                )
                for i, name in enumerate(names)
            ],
        )
        cursor.executemany(
            "INSERT INTO customers (email, password) VALUES (?, ?)",
            [(f"customer{i}@example.com", f"pass-{i}") for i in range(200)],
        )
        cursor.execute("COMMIT")
        log.info("migration 0001_initial applied: %d products, %d customers", len(names), 200)

    def query(self, statement: str, *values: object) -> list[tuple]:
        started = time.perf_counter()
        rows = self._connection.cursor().execute(statement, values).fetchall()
        took = (time.perf_counter() - started) * 1000
        log.debug("sql: %s -> %d rows in %.2fms", statement.split(" WHERE ")[0], len(rows), took)
        if took > 30:
            log.warning("slow query: %.0fms for %s", took, statement)
        return rows

    def execute(self, statement: str, *values: object) -> int:
        """Answers the id of the inserted row; raises sqlite3.OperationalError while another writer is at work."""
        return self._connection.cursor().execute(statement, values).lastrowid or 0

    def ping(self) -> None:
        self._connection.cursor().execute("SELECT 1").fetchone()

    def close(self) -> None:
        self._connection.close()
