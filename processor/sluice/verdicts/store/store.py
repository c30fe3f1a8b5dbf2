"""The SQLite store: what survives a restart.

One thread owns the connection. Writes are collected under a lock, at most one a row, and go out in transactions;
nobody waits for them. Reads are jobs for the same thread, run after the writes that were asked for before them.

What can happen to the file, and what is done:
1. It cannot be opened (directory not writable, locked, written by a newer Sluice): everything goes on in a store in
   memory; the part `store` is degraded until the next start.
2. It is corrupt, at the start or later: it is set aside under a name with the time, a new one is begun, and the
   registry is asked to write all that it has in memory.
3. A write fails (disk full, locked by another process): the rows stay queued and are tried again; degraded until one
   succeeds. A full queue refuses rows, and whoever holds them in memory offers them again.
4. It is corrupt and cannot be set aside: as in 1, with all that is in memory.
5. A row can never be written: it alone is set aside, counted and named in the log, and those around it are written.
   Degraded, and whoever waits for that very row gets an error, until a newer one of its key is written.
6. Anything else breaks here: the rows stay queued as in 3, and whoever waits for an answer gets an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from sluice.errors import StoreError
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts import instance
from sluice.verdicts.outbox import Outgoing
from sluice.verdicts.store import database
from sluice.verdicts.store.rows import OverrideRow, Row, ServiceRow, SpendingRow, VerdictRow, VolumeRow, key_of
from sluice.verdicts.store.unwritable import Unwritable

log = logging.getLogger(__name__)

_PAGE = 1_000
_POLL = 0.25
_PAUSES = (0.5, 1.0, 2.0, 5.0)

_Answer = TypeVar("_Answer")


class Store:
    """The rows of one process, and the outbox (`verdicts.outbox.Outbox`) over them.

    `capacity` bounds the rows that wait to be written. Made on the event loop by `open`; every public coroutine is
    to be awaited there.
    """

    def __init__(
        self,
        path: str,
        *,
        health: HealthBoard,
        telemetry: Telemetry,
        capacity: int = 20_000,
        configure: Callable[[sqlite3.Connection], None] = lambda _: None,
    ) -> None:
        """`configure` sees each new connection before it is used, for pragmas beyond our own."""
        self.changed = asyncio.Event()
        self._path = path
        self._health = health
        self._telemetry = telemetry
        self._capacity = capacity
        self._configure = configure
        self._rows: dict[tuple[str, str | bytes], Row] = {}
        self._being_written = 0
        self._unwritable = Unwritable(telemetry, capacity)
        self._jobs: deque[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._abandoned = False
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection
        self._gate_open = False
        self._on_reset: list[Callable[[], None]] = []
        self._on_override: Callable[[str, bytes | None], None] | None = None
        self._on_rejudge: Callable[[str], None] | None = None
        self._version = -1
        self._stand_in = False

    async def open(self) -> None:
        """Opens the file, or memory in its stead; never fails for the file's sake."""
        self._loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="sluice-store", daemon=True)
        self._thread.start()
        await ready

    async def close(self, within: float = 10.0) -> None:
        """Writes what waits and closes; gives up on rows that cannot be written `within` these seconds."""
        thread = self._thread
        if thread is None:
            return
        self._thread = None
        with self._wake:
            self._stopping = True
            self._wake.notify()
        await asyncio.to_thread(thread.join, within)
        if thread.is_alive():
            log.error(
                "the store %s did not finish within %.0f s: %d rows are not written", self._path, within, self.waiting
            )
            with self._wake:
                self._abandoned = True
                self._wake.notify()
            await asyncio.to_thread(thread.join, database.BUSY + 1.0)

    # Writing

    def save(self, row: Row) -> bool:
        """Queues a row; a newer one of the same key replaces it. False when the queue is full: offer it again."""
        key = key_of(row)
        with self._wake:
            if self.waiting >= self._capacity and key not in self._rows:
                return False
            self._rows[key] = row
            if len(self._rows) == 1:
                self._wake.notify()
        return True

    @property
    def in_memory(self) -> bool:
        """True when the file could not be opened, so that nothing outlives this process."""
        return self._stand_in

    @property
    def waiting(self) -> int:
        """Rows that are not written yet, those of a transaction that has not ended included."""
        with self._wake:  # else rows on their way into a transaction could be missed, or be seen twice
            return len(self._rows) + self._being_written

    async def flush(self, rows: Iterable[Row] = ()) -> None:
        """Returns when everything saved so far is written. Raises StoreError when it cannot be; of what can never be
        written only when it is among `rows`, which the caller has saved."""
        keys = set(map(key_of, rows))

        def check(_: sqlite3.Connection) -> None:
            if self._unwritable.has(keys):
                raise StoreError(f"{self._path}: {self._unwritable.reason}")

        await self._ask(check)

    # Reading

    async def verdicts(self) -> AsyncIterator[list[VerdictRow]]:
        """All rows, in pages; ends early when the file turns out to be corrupt."""
        async for page in self._pages("SELECT fingerprint, version, value, facts, sent, origin FROM verdicts", ""):
            yield [
                VerdictRow(key, version, value, facts, bool(sent), origin)
                for key, version, value, facts, sent, origin in page
            ]

    async def overrides(self) -> AsyncIterator[list[OverrideRow]]:
        async for page in self._pages("SELECT fingerprint, value, derived, sent FROM overrides", ""):
            yield [OverrideRow(key, value, bool(derived), bool(sent)) for key, value, derived, sent in page]

    async def services(self) -> AsyncIterator[list[ServiceRow]]:
        async for page in self._pages("SELECT key, version, value, patterns, sent FROM services", "", key="key"):
            decode = msgspec.json.Decoder(tuple[str, ...]).decode
            yield [
                ServiceRow(key, version, value, decode(seen), bool(sent)) for key, version, value, seen, sent in page
            ]

    async def volumes(self) -> AsyncIterator[list[VolumeRow]]:
        async for page in self._pages("SELECT fingerprint, hours FROM volumes", b""):
            yield [VolumeRow(key, hours) for key, hours in page]

    async def notes(self) -> dict[str, str]:
        """What `NoteRow`s left. Raises StoreError when it cannot be read."""
        return dict(await self._ask(lambda connection: connection.execute("SELECT key, value FROM meta").fetchall()))

    async def spending(self) -> list[SpendingRow]:
        """All rows, in the order of days. Raises StoreError."""

        def read(connection: sqlite3.Connection) -> list[SpendingRow]:
            columns = ", ".join(SpendingRow.__struct_fields__)
            found = connection.execute(f"SELECT {columns} FROM spending ORDER BY day, provider")
            return [SpendingRow(*row) for row in found]

        return await self._ask(read)

    async def instance_id(self, configured: str | None, host: str) -> str:
        """The configured id, else one that is made of the host's name once and kept."""
        if configured:
            return configured
        made = instance.named(host)

        def read_or_keep(connection: sqlite3.Connection) -> str:
            with database.Transaction(connection):
                connection.execute("INSERT OR IGNORE INTO meta VALUES ('instance_id', ?)", (made,))
            row = connection.execute("SELECT value FROM meta WHERE key = 'instance_id'").fetchone()
            return str(row[0])

        try:
            return await self._ask(read_or_keep)
        except StoreError:
            return made

    # What others tell us

    def on_reset(self, listener: Callable[[], None]) -> None:
        """`listener` is called on the loop when a corrupt file was replaced: everything is to be saved again."""
        self._on_reset.append(listener)

    def listen(self, *, on_override: Callable[[str, bytes | None], None], on_rejudge: Callable[[str], None]) -> None:
        """The listeners are called on the loop within a second, for what another process wrote: each override, and
        each event type that is to be judged again, those included that wait for it since an earlier start."""
        self._on_override, self._on_rejudge = on_override, on_rejudge

    async def rejudge(self, fingerprints: Sequence[str]) -> None:
        """For another process: event types that the processor is to have judged anew. Raises StoreError."""
        self._require_file("nothing is asked again")

        def write(connection: sqlite3.Connection) -> None:
            with database.Transaction(connection):
                connection.executemany(
                    "INSERT OR REPLACE INTO rejudge VALUES (?, 0)", [(fingerprint,) for fingerprint in fingerprints]
                )

        await self._ask(write)

    async def overrule(self, fingerprint: str, value: bytes | None) -> None:
        """For another process, such as the command line: an override (None withdraws it) that the processor notices.

        Raises StoreError when it cannot be written.
        """
        self._require_file("the override is not recorded")

        def write(connection: sqlite3.Connection) -> None:
            now = time.time_ns()
            with database.Transaction(connection):
                connection.execute(
                    "INSERT OR REPLACE INTO overrides VALUES (?, ?, ?, 0, 0, ?, 0)", (fingerprint, now, value, now)
                )

        await self._ask(write)

    def _require_file(self, otherwise: str) -> None:
        if self._stand_in:
            raise StoreError(f"{self._path} cannot be opened: {otherwise}")

    # The outbox

    def open_gate(self) -> None:
        """From now on `pending` answers: before, what the topic holds was not known, nor which version comes next."""
        self._gate_open = True
        self.changed.set()

    async def pending(self, limit: int) -> list[Outgoing]:
        """The oldest values that wait. Raises StoreError while the store cannot be written or read."""
        if not self._gate_open:
            return []

        def read(connection: sqlite3.Connection) -> list[Outgoing]:
            rows = connection.execute(
                "SELECT * FROM (SELECT 'overrides', fingerprint, value, version, queued FROM overrides"
                " WHERE sent = 0 ORDER BY queued LIMIT ?1)"
                " UNION ALL SELECT * FROM (SELECT 'verdicts', fingerprint, value, version, queued FROM verdicts"
                " WHERE sent = 0 ORDER BY queued LIMIT ?1)"
                " UNION ALL SELECT * FROM (SELECT 'services', key, value, version, queued FROM services"
                " WHERE sent = 0 ORDER BY queued LIMIT ?1) ORDER BY 5 LIMIT ?1",
                (limit,),
            )
            return [Outgoing(topic, key, value, version) for topic, key, value, version, _ in rows]

        return await self._ask(read)

    async def backlog(self) -> int:
        """Values that wait, whatever the gate says. Raises StoreError like `pending`."""

        def count(connection: sqlite3.Connection) -> int:
            tables = ("verdicts", "overrides", "services")
            counts = [connection.execute(f"SELECT count(*) FROM {table} WHERE sent = 0").fetchone() for table in tables]
            return sum(found for (found,) in counts)

        return await self._ask(count)

    async def sent(self, batch: list[Outgoing]) -> None:
        """Marks these versions. Raises StoreError: they are then sent once more, which changes nothing."""

        def mark(connection: sqlite3.Connection) -> None:
            with database.Transaction(connection):
                for table in ("verdicts", "overrides"):
                    keys = [(value.key, value.version) for value in batch if value.topic == table]
                    connection.executemany(
                        f"DELETE FROM {table} WHERE fingerprint = ? AND version = ? AND value IS NULL", keys
                    )
                    connection.executemany(f"UPDATE {table} SET sent = 1 WHERE fingerprint = ? AND version = ?", keys)
                services = [(value.key, value.version) for value in batch if value.topic == "services"]
                connection.executemany("UPDATE services SET sent = 1 WHERE key = ? AND version = ?", services)

        await self._ask(mark)

    # The thread

    async def _ask(self, job: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        answer: asyncio.Future[_Answer] = self._loop.create_future()
        with self._wake:
            if self._stopping:
                raise StoreError(f"the store {self._path} is closed")
            self._jobs.append((job, answer))
            self._wake.notify()
        return await answer

    async def _pages(self, select: str, after: str | bytes, key: str = "fingerprint") -> AsyncIterator[list[Any]]:
        while True:
            query = f"{select} WHERE {key} > ? ORDER BY {key} LIMIT {_PAGE}"
            position = after

            def read(connection: sqlite3.Connection, query: str = query, position: str | bytes = position) -> list[Any]:
                return connection.execute(query, (position,)).fetchall()

            try:
                page = await self._ask(read)
            except StoreError:
                return
            if page:
                yield page
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def _run(self, ready: asyncio.Future[None]) -> None:
        self._connection = self._open_or_stand_in()
        self._tell(_resolve, ready, None)
        failures = 0
        while True:
            try:
                written, finished = self._round(failures)
            except Exception as error:
                self._telemetry.add("sluice_tasks_failed", task="store")
                if not self._stand_in:
                    self._health.degraded("store", f"{self._path}: {type(error).__name__}; writes are tried again")
                log.exception("the store's thread met an unexpected error and goes on")
                written, finished = False, self._abandoned
            failures = 0 if written else failures + 1
            if finished:
                break
        self._connection.close()

    def _round(self, failures: int) -> tuple[bool, bool]:
        """Waits for work, does it; answers whether all rows could be written and whether this was the last round."""
        with self._wake:
            if failures and not (self._jobs or self._abandoned):
                self._wake.wait(_PAUSES[min(failures, len(_PAUSES)) - 1])
            elif not (self._jobs or self._rows or self._stopping):
                self._wake.wait(_POLL)
            jobs, self._jobs = self._jobs, deque()
            stopping, abandoned = self._stopping, self._abandoned
        try:
            failure = self._write()
            while jobs:
                self._answer(*jobs[0], failure)
                jobs.popleft()
        finally:
            for _, answer in jobs:  # after an unexpected error
                self._tell(_reject, answer, StoreError(f"{self._path}: the store met an unexpected error"))
        self._notice()
        return failure is None, stopping and (abandoned or not (self._rows or self._jobs))

    def _write(self) -> StoreError | None:
        """Writes what waits, a batch a transaction."""
        while self._rows:
            try:
                with self._batch() as batch:
                    published = database.write(self._connection, batch)
                    self._telemetry.add("sluice_store_writes", len(batch))
                    self._unwritable.written(batch)
                    self._report()
            except database.FAULTS_OF_ROWS as error:
                self._set_aside(self._unwritable.among(batch, error))
                continue
            except sqlite3.Error as error:
                return self._failed("write", error)
            if published and self._gate_open:
                self._tell(self.changed.set)
        return None

    @contextlib.contextmanager
    def _batch(self) -> Iterator[list[Row]]:
        """The next rows to be written. Whatever error ends this, they wait on, unless there are newer ones."""
        with self._wake:
            keys = list(itertools.islice(self._rows, self._unwritable.at_once))
            unwritten = {key: self._rows.pop(key) for key in keys}
            self._being_written = len(unwritten)
        try:
            yield list(unwritten.values())
            unwritten = {}
        finally:
            with self._wake:
                self._rows = {**unwritten, **self._rows}
                self._being_written = 0

    def _set_aside(self, row: Row | None) -> None:
        if row is None:
            return
        with self._wake:
            if self._rows.get(key_of(row)) is row:  # else there is a newer one, which may be better
                del self._rows[key_of(row)]
        self._report()

    def _report(self) -> None:
        """How the file stands after a write: healthy, but for rows that no file could hold."""
        if self._stand_in:
            return
        if self._unwritable.reason:
            self._health.degraded("store", f"{self._path}: {self._unwritable.reason}")
        else:
            self._health.healthy("store")

    def _answer(
        self, job: Callable[[sqlite3.Connection], Any], answer: asyncio.Future[Any], unwritten: StoreError | None
    ) -> None:
        if unwritten is not None:
            self._tell(_reject, answer, unwritten)
            return
        try:
            found = job(self._connection)
        except sqlite3.Error as error:
            self._tell(_reject, answer, self._failed("read", error))
        except Exception as error:  # noqa: BLE001 - it is the asker's, who awaits the answer
            self._tell(_reject, answer, error)
        else:
            self._tell(_resolve, answer, found)

    def _notice(self) -> None:
        """What another process wrote. `data_version` changes with the commits of others only."""
        if self._on_override is None or self._on_rejudge is None:
            return
        try:
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version == self._version:
                return
            # At the first look, those of earlier starts too: they are still to be judged.
            which = "" if self._version == -1 else " WHERE noticed = 0"
            rejudge = self._connection.execute(f"SELECT fingerprint FROM rejudge{which}").fetchall()
            found = self._connection.execute("SELECT fingerprint, value, version FROM overrides WHERE noticed = 0")
            overrides = found.fetchall()
            if overrides or rejudge:
                with database.Transaction(self._connection):
                    self._connection.executemany(
                        "UPDATE overrides SET noticed = 1 WHERE fingerprint = ? AND version = ?",
                        [(fingerprint, written) for fingerprint, _, written in overrides],
                    )
                    self._connection.executemany("UPDATE rejudge SET noticed = 1 WHERE fingerprint = ?", rejudge)
        except sqlite3.Error as error:
            self._failed("read", error)
            return
        self._version = version
        for fingerprint, value, _ in overrides:
            self._tell(self._on_override, fingerprint, value)
        for (fingerprint,) in rejudge:
            self._tell(self._on_rejudge, fingerprint)
        if overrides and self._gate_open:
            self._tell(self.changed.set)

    def _failed(self, operation: str, error: sqlite3.Error) -> StoreError:
        self._telemetry.add("sluice_store_failures", operation=operation)
        if database.is_corrupt(error):
            self._connection.close()
            self._connection = self._open_or_stand_in(corrupt=error)
            for listener in self._on_reset:
                self._tell(listener)
        elif not self._stand_in:
            self._health.degraded("store", f"{self._path}: {error}; writes are tried again")
        return StoreError(f"{self._path}: {error}")

    def _open_or_stand_in(self, corrupt: sqlite3.Error | None = None) -> sqlite3.Connection:
        """`corrupt`: what is wrong with the file, which is set aside."""
        self._stand_in = False
        try:
            if corrupt is not None:
                database.set_aside(self._path, corrupt)
            try:
                connection = database.connect(self._path, self._configure)
            except sqlite3.DatabaseError as error:
                if not database.is_corrupt(error):
                    raise
                database.set_aside(self._path, error)
                connection = database.connect(self._path, self._configure)
        except (sqlite3.Error, OSError, StoreError) as error:
            self._telemetry.add("sluice_store_failures", operation="open")
            self._health.degraded(
                "store", f"{self._path} cannot be opened ({error}): verdicts are kept in memory until the next start"
            )
            self._stand_in = True
            connection = database.connect(":memory:", lambda _: None)
        self._version = -1
        return connection

    def _tell(self, callback: Callable[..., None], *arguments: Any) -> None:
        """Calls on the loop; a loop that is gone has nobody left to tell."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *arguments)


def _resolve(answer: asyncio.Future[Any], value: Any) -> None:
    if not answer.done():
        answer.set_result(value)


def _reject(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
