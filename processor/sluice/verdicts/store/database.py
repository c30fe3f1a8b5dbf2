"""The SQLite file: its tables, its transactions, and what to do with it when it is corrupt.

No sample ever comes here: the columns are the values of the topics, counters, and what the operator decided.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable

import msgspec

from sluice.errors import StoreError
from sluice.verdicts.store.rows import (
    Gone,
    NoteRow,
    OverrideRow,
    Row,
    ServiceRow,
    SpendingRow,
    VerdictRow,
    VolumeRow,
)

log = logging.getLogger(__name__)

BUSY = 2.0
"""Seconds to wait for a lock of another process."""

FAULTS_OF_ROWS = (ValueError, TypeError, OverflowError, sqlite3.DataError, sqlite3.IntegrityError)
"""Errors of `write` that no further try and no other file would spare: a number or a text that no column holds, a value
that is too large or breaks a constraint."""

_STEPS = (
    """
CREATE TABLE verdicts (
    fingerprint TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB, facts BLOB,
    sent INTEGER NOT NULL, queued INTEGER NOT NULL);
CREATE TABLE overrides (
    fingerprint TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB, derived INTEGER NOT NULL,
    sent INTEGER NOT NULL, queued INTEGER NOT NULL, noticed INTEGER NOT NULL);
CREATE TABLE volumes (fingerprint BLOB PRIMARY KEY, hours BLOB NOT NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE INDEX verdicts_waiting ON verdicts (queued) WHERE sent = 0;
CREATE INDEX overrides_waiting ON overrides (queued) WHERE sent = 0;
CREATE INDEX overrides_new ON overrides (fingerprint) WHERE noticed = 0;
""",
    """
CREATE TABLE spending (
    day TEXT NOT NULL, provider TEXT NOT NULL, calls INTEGER NOT NULL, types INTEGER NOT NULL,
    input INTEGER NOT NULL, cache_write INTEGER NOT NULL, cache_read INTEGER NOT NULL, output INTEGER NOT NULL,
    reserved INTEGER NOT NULL, PRIMARY KEY (day, provider));
CREATE TABLE rejudge (fingerprint TEXT PRIMARY KEY, noticed INTEGER NOT NULL);
CREATE INDEX rejudge_new ON rejudge (fingerprint) WHERE noticed = 0;
""",
    """
CREATE TABLE services (
    key TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL, patterns BLOB NOT NULL,
    sent INTEGER NOT NULL, queued INTEGER NOT NULL);
CREATE INDEX services_waiting ON services (queued) WHERE sent = 0;
""",
    """
ALTER TABLE verdicts ADD COLUMN origin TEXT;
""",
)
"""What makes a file of each schema from one of the schema before; the first begins with nothing."""
SCHEMA = len(_STEPS)


class Transaction:
    """BEGIN IMMEDIATE, so that a lock is met at the beginning; COMMIT, or ROLLBACK after an error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is None:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back()
                raise
        else:
            self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def connect(path: str, configure: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    """A connection with our tables. Raises sqlite3.Error, or StoreError for a file of a newer Sluice."""
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        configure(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA:
            raise StoreError(f"it was written by a newer version of Sluice (schema {found}, this one knows {SCHEMA})")
        with Transaction(connection):
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            for step in _STEPS[found:]:
                for statement in step.strip().removesuffix(";").split(";"):
                    connection.execute(statement)
            if found < SCHEMA:
                connection.execute(f"PRAGMA user_version = {SCHEMA}")
            # A file may be readable and not writable: that is known now or at the first verdict.
            connection.execute("DELETE FROM meta WHERE key = ''")
    except BaseException:
        connection.close()
        raise
    return connection


def write(connection: sqlite3.Connection, rows: list[Row]) -> bool:
    """Answers whether any of them waits to be published."""
    verdicts: list[tuple[object, ...]] = []
    overrides: list[tuple[object, ...]] = []
    services: list[tuple[object, ...]] = []
    volumes: list[tuple[object, ...]] = []
    notes: list[tuple[object, ...]] = []
    spending: list[tuple[object, ...]] = []
    gone: dict[str, list[tuple[str]]] = {}
    now = time.time_ns()
    for position, row in enumerate(rows):
        match row:
            case VerdictRow():
                queued = now + position
                verdicts.append((row.fingerprint, row.version, row.value, row.facts, row.sent, queued, row.origin))
            case OverrideRow():
                written = now + position
                overrides.append((row.fingerprint, written, row.value, row.derived, row.sent, written))
            case ServiceRow():
                patterns = msgspec.json.encode(row.patterns)
                services.append((row.key, row.version, row.value, patterns, row.sent, now + position))
            case VolumeRow():
                volumes.append((row.fingerprint, row.hours))
            case NoteRow():
                notes.append((row.key, row.value))
            case SpendingRow():
                spending.append(msgspec.structs.astuple(row))
            case Gone():
                gone.setdefault(row.table, []).append((row.fingerprint,))
    with Transaction(connection):
        connection.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?)", verdicts)
        connection.executemany(
            # What another process has written since and nobody has noticed yet is the operator's newer word.
            "INSERT INTO overrides VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT (fingerprint) DO UPDATE SET"
            " version = excluded.version, value = excluded.value, derived = excluded.derived, sent = excluded.sent,"
            " queued = excluded.queued WHERE noticed = 1",
            overrides,
        )
        connection.executemany("INSERT OR REPLACE INTO services VALUES (?, ?, ?, ?, ?, ?)", services)
        connection.executemany("INSERT OR REPLACE INTO volumes VALUES (?, ?)", volumes)
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", notes)
        connection.executemany("INSERT OR REPLACE INTO spending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", spending)
        for table, keys in gone.items():
            unless_newer = " AND noticed = 1" if table in ("overrides", "rejudge") else ""
            connection.executemany(f"DELETE FROM {table} WHERE fingerprint = ?{unless_newer}", keys)
    return any(isinstance(row, VerdictRow | OverrideRow | ServiceRow) and not row.sent for row in rows)


def is_corrupt(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def set_aside(path: str, error: sqlite3.Error) -> None:
    """Renames the file and what belongs to it; nothing is deleted. Raises StoreError when it cannot be renamed."""
    aside = f"{path}.corrupt-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    try:
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(path + suffix):
                os.replace(path + suffix, aside + suffix)
    except OSError as refused:
        raise StoreError(f"it is corrupt ({error}) and cannot be renamed to {aside}: {refused.strerror}") from None
    log.error("the store %s is corrupt (%s): set aside as %s and begun anew", path, error, aside)
