"""The store's file in trouble: ingest and memory go on, it is said, and what can be written later is."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import msgspec
import pytest
import pytest_asyncio

from registry_world import LLM, START, Clock, Log, Sluice, fingerprint, override
from sluice.errors import StoreError
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.model import ServiceName
from sluice.verdicts.services import Service, Services
from sluice.verdicts.store import SpendingRow, Store, VerdictRow, database

Open = Callable[..., Awaitable[Sluice]]


@pytest_asyncio.fixture
async def run(tmp_path: Path) -> AsyncIterator[Open]:
    running: list[Sluice] = []

    async def run_one(path: Path | None = None, log: Log | None = None) -> Sluice:
        sluice = Sluice(path or tmp_path / "sluice.db", Clock(START), log)
        running.append(sluice)
        await sluice.start()
        return sluice

    yield run_one
    for sluice in running:
        await sluice.stop()


async def rows(sluice: Sluice) -> list[str]:
    return [row.fingerprint async for page in sluice.store.verdicts() for row in page]


def set_aside(directory: Path) -> list[Path]:
    return list(directory.glob("sluice.db.corrupt-*"))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no database at all " * 500),
        lambda path: path.write_bytes(path.read_bytes()[:4_096] + os.urandom(len(path.read_bytes()) - 4_096)),
    ],
    ids=["another file", "random pages"],
)
async def test_a_corrupt_file_is_set_aside_loudly_and_begun_anew(
    run: Open, tmp_path: Path, damage: Callable[[Path], int], caplog: pytest.LogCaptureFixture
) -> None:
    before = await run()
    for number in range(50):
        await before.judge(number)
    await before.stop()
    damage(tmp_path / "sluice.db")

    after = await run()
    await until(lambda: any("set aside" in one.getMessage() for one in caplog.records))
    assert [one.levelno for one in caplog.records if "set aside" in one.getMessage()] == [logging.ERROR]
    assert set_aside(tmp_path)
    await after.judge(99)
    assert fingerprint(99) in await rows(after)
    assert not after.store.in_memory
    await after.stop()
    assert (await run()).registry.known(fingerprint(99))


async def test_a_file_that_becomes_corrupt_is_rebuilt_from_memory(run: Open, tmp_path: Path) -> None:
    sluice = await run()
    for number in range(50):
        await sluice.judge(number)
    sluice.registry.overrule(override(sluice.clock, 50))
    await sluice.tick({7: 24})
    await sluice.registry.save()
    await sluice.store.flush()
    other = sqlite3.connect(tmp_path / "sluice.db")  # its commit makes the store read pages anew
    other.execute("INSERT INTO meta VALUES ('another', 'process')")
    other.commit()
    other.close()
    for path in (tmp_path / "sluice.db", tmp_path / "sluice.db-wal"):
        with path.open("r+b") as file:
            file.write(os.urandom(path.stat().st_size))
    judged = 50
    async with asyncio.timeout(60):
        while not set_aside(tmp_path):
            await sluice.judge(judged)
            await asyncio.sleep(0.001)
            judged += 1
    await sluice.store.flush()
    await sluice.tick()
    await sluice.registry.save()
    await sluice.store.flush()
    await sluice.stop()
    after = await run()
    assert all(after.registry.known(fingerprint(number)) for number in range(judged))
    assert after.registry.override(fingerprint(50)) is not None
    assert after.volumes.per_day(bytes.fromhex(fingerprint(7)), int(START * 1_000)) == 24


@pytest.mark.parametrize("path", ["/proc/sluice.db", "missing/sluice.db", "."])
async def test_a_file_that_cannot_be_opened_is_named_and_memory_serves(run: Open, tmp_path: Path, path: str) -> None:
    sluice = await run(tmp_path / path, Log())
    assert sluice.store.in_memory
    assert path.removeprefix(".") in sluice.health.degraded_parts()["store"].reason
    await sluice.judge(1)
    assert sluice.engine.action(1) == "drop"
    await sluice.exchange()
    assert sluice.log is not None
    assert sluice.log.verdict(1).action == "drop"
    with pytest.raises(StoreError):
        await sluice.store.overrule(fingerprint(1), None)


async def test_a_file_of_a_newer_version_is_left_alone(run: Open, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "sluice.db")
    connection.execute("PRAGMA user_version = 1000")
    connection.close()
    sluice = await run()
    assert sluice.store.in_memory
    assert "newer version" in sluice.health.degraded_parts()["store"].reason
    assert not set_aside(tmp_path)


async def test_a_file_of_an_older_version_is_taken_over_with_all_that_it_holds(run: Open, tmp_path: Path) -> None:
    before = await run()
    await before.judge(1)
    await before.stop()
    connection = sqlite3.connect(tmp_path / "sluice.db")
    connection.executescript(
        "DROP TABLE spending; DROP TABLE rejudge; DROP TABLE services;"
        " ALTER TABLE verdicts DROP COLUMN origin; PRAGMA user_version = 1"
    )
    connection.close()
    sluice = await run()
    assert not sluice.store.in_memory
    assert sluice.registry.known(fingerprint(1))
    row = SpendingRow("2026-01-01", "somebody", calls=1, input=5)
    assert sluice.store.save(row)
    await sluice.store.flush()
    assert await sluice.store.spending() == [row]


async def test_while_another_process_locks_the_file_everything_goes_on_and_is_written_afterwards(
    run: Open, tmp_path: Path
) -> None:
    sluice = await run()
    other = sqlite3.connect(tmp_path / "sluice.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    await sluice.judge(1)
    assert sluice.engine.action(1) == "drop"
    await until(lambda: "store" in sluice.health.degraded_parts())
    assert "locked" in sluice.health.degraded_parts()["store"].reason
    assert sluice.telemetry.value("sluice_store_failures", operation="write") >= 1
    with pytest.raises(StoreError):
        await sluice.store.flush()
    other.execute("ROLLBACK")
    other.close()
    await until(lambda: "store" not in sluice.health.degraded_parts())
    assert await rows(sluice) == [fingerprint(1)]


async def test_the_operators_newer_word_is_not_overwritten_by_an_older_row_of_ours(run: Open, tmp_path: Path) -> None:
    sluice = await run()
    await sluice.judge(1)
    await sluice.store.flush()
    other = sqlite3.connect(tmp_path / "sluice.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sluice.registry.overrule(override(sluice.clock, 1, "drop"))
    value = msgspec.json.encode(override(sluice.clock, 1, "keep"))
    other.execute("INSERT INTO overrides VALUES (?, 1, ?, 0, 0, 1, 0)", (fingerprint(1), value))
    other.execute("COMMIT")
    other.close()
    await until(lambda: sluice.engine.action(1) == "keep")
    await sluice.store.flush()
    await sluice.stop()
    assert (await run()).engine.action(1) == "keep"


async def test_a_full_disk_stops_nothing_and_is_caught_up_with(tmp_path: Path) -> None:
    connections: list[sqlite3.Connection] = []

    def small(connection: sqlite3.Connection) -> None:
        connections.append(connection)
        connection.execute("PRAGMA max_page_count = 20")

    health, telemetry = HealthBoard(), Telemetry()
    store = Store(str(tmp_path / "sluice.db"), health=health, telemetry=telemetry, configure=small)
    await store.open()
    for number in range(200):
        assert store.save(VerdictRow(fingerprint(number), 1, b"x" * 1_000, None, True))
    await until(lambda: "full" in health.degraded_parts()["store"].reason if health.degraded_parts() else False)
    await asyncio.to_thread(connections[0].execute, "PRAGMA max_page_count = 2000")
    await until(lambda: store.waiting == 0)
    assert health.degraded_parts() == {}
    assert sum([len(page) async for page in store.verdicts()]) == 200
    await store.close()


async def test_rows_wait_until_the_transaction_that_writes_them_has_ended(tmp_path: Path) -> None:
    health = HealthBoard()
    store = Store(str(tmp_path / "sluice.db"), health=health, telemetry=Telemetry())
    await store.open()
    other = sqlite3.connect(tmp_path / "sluice.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert all(store.save(VerdictRow(fingerprint(number), 1, b"x", None, True)) for number in range(5))
    while "store" not in health.degraded_parts():
        assert store.waiting == 5
        await asyncio.sleep(0.001)
    other.execute("ROLLBACK")
    other.close()
    await until(lambda: store.waiting == 0)
    assert health.degraded_parts() == {}
    await store.close()


async def test_an_error_that_nobody_expected_loses_no_row_and_leaves_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError("nobody expected it")

    health, telemetry = HealthBoard(), Telemetry()
    store = Store(str(tmp_path / "sluice.db"), health=health, telemetry=telemetry)
    await store.open()
    with monkeypatch.context() as patch:
        patch.setattr(database, "write", broken)
        store.save(VerdictRow(fingerprint(1), 1, b"x", None, True))
        async with asyncio.timeout(20):
            with pytest.raises(StoreError):
                await store.flush()
        assert store.waiting == 1
        await until(lambda: telemetry.value("sluice_tasks_failed", task="store") >= 1)
        await until(lambda: "store" in health.degraded_parts())
        assert "RuntimeError" in health.degraded_parts()["store"].reason
    await until(lambda: store.waiting == 0)
    assert health.degraded_parts() == {}
    assert [row.fingerprint async for page in store.verdicts() for row in page] == [fingerprint(1)]

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", broken)
        store.save(VerdictRow(fingerprint(2), 1, b"x", None, True))
        await store.close(within=0.1)
    assert f"{tmp_path / 'sluice.db'} did not finish within 0 s: 1 rows are not written" in caplog.text


UNWRITABLE = {
    "a number": SpendingRow("2026-01-01", "somebody", input=1 << 63),
    "a text": SpendingRow("2026-01-01", "\ud800"),
    "nothing where something must be": SpendingRow("2026-01-01", cast(str, None)),
}


@pytest.mark.parametrize("case", UNWRITABLE)
@pytest.mark.parametrize("before", [0, 1, 300])
async def test_a_row_that_can_never_be_written_is_set_aside_alone_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, case: str, before: int
) -> None:
    health, telemetry = HealthBoard(), Telemetry()
    store = Store(str(tmp_path / "sluice.db"), health=health, telemetry=telemetry)
    await store.open()
    other = sqlite3.connect(tmp_path / "sluice.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")  # so that all of them wait together
    bad = UNWRITABLE[case]
    rows_around = [VerdictRow(fingerprint(number), 1, b"x", None, True) for number in range(before + 400)]
    assert all(store.save(row) for row in [*rows_around[:before], bad, *rows_around[before:]])
    other.execute("ROLLBACK")
    other.close()
    await until(lambda: store.waiting == 0)
    assert sum([len(page) async for page in store.verdicts()]) == before + 400
    assert await store.spending() == []
    assert telemetry.value("sluice_store_unwritable") == 1
    assert telemetry.value("sluice_store_writes") == before + 400
    [said] = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert said.startswith("a row of spending, '2026-01-01 ")
    assert "1 rows can never be written" in health.degraded_parts()["store"].reason
    await store.flush(rows_around)
    with pytest.raises(StoreError):
        await store.flush([bad])

    assert store.save(bad)
    await until(lambda: telemetry.value("sluice_store_unwritable") == 2)
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1
    await store.close()


async def test_a_newer_row_heals_the_key_whose_row_could_not_be_written(tmp_path: Path) -> None:
    health, telemetry = HealthBoard(), Telemetry()
    store = Store(str(tmp_path / "sluice.db"), health=health, telemetry=telemetry)
    await store.open()
    store.save(SpendingRow("2026-01-01", "somebody", input=1 << 63))
    await until(lambda: "store" in health.degraded_parts())
    better = SpendingRow("2026-01-01", "somebody", input=1)
    store.save(better)
    await store.flush([better])
    assert health.degraded_parts() == {}
    assert await store.spending() == [better]
    await store.close()


async def test_a_corrupt_file_that_cannot_be_renamed_is_named_and_memory_takes_everything(
    run: Open, tmp_path: Path
) -> None:
    file = tmp_path / f"{'s' * 240}.db"  # the name with the time is too long
    sluice = await run(file)
    await sluice.judge(1)
    await sluice.store.flush()
    other = sqlite3.connect(file)  # its commit makes the store read pages anew
    other.execute("INSERT INTO meta VALUES ('another', 'process')")
    other.commit()
    other.close()
    for path in (file, Path(f"{file}-wal")):
        with path.open("r+b") as opened:
            opened.write(os.urandom(path.stat().st_size))
    judged = 2
    async with asyncio.timeout(20):
        while not sluice.store.in_memory:
            await sluice.judge(judged)
            await asyncio.sleep(0.001)
            judged += 1
    async with asyncio.timeout(20):
        while await rows(sluice) != [fingerprint(number) for number in range(1, judged)]:
            await sluice.tick()
    reason = sluice.health.degraded_parts()["store"].reason
    assert str(file) in reason
    assert "cannot be renamed" in reason
    assert "in memory" in reason


_FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from registry_world import Clock, Sluice

async def main():
    sluice = Sluice(Path(sys.argv[1]), Clock())
    await sluice.start()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, unlimited[1]))
    for number in range(500):
        await sluice.judge(number)
    while not sluice.health.degraded_parts():
        await asyncio.sleep(0.02)
    assert len(sluice.engine.decisions) == 500
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    while sluice.health.degraded_parts():
        await asyncio.sleep(0.02)
    await sluice.stop()

asyncio.run(asyncio.wait_for(main(), 120))
"""


async def test_a_file_that_may_not_grow_loses_nothing_from_memory(run: Open, tmp_path: Path) -> None:
    child = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _FULL, str(tmp_path / "sluice.db")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    assert len((await run()).engine.decisions) == 500


async def test_a_full_queue_refuses_rows_and_they_are_offered_again(tmp_path: Path) -> None:
    sluice = Sluice(tmp_path / "sluice.db", Clock(START), capacity=10)
    await sluice.start()
    other = sqlite3.connect(tmp_path / "sluice.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for number in range(100):
        await sluice.judge(number)
    assert sluice.store.waiting <= 10
    other.execute("ROLLBACK")
    other.close()
    for _ in range(100):
        await until(lambda: sluice.store.waiting == 0)
        await sluice.tick()
    assert len(await rows(sluice)) == 100
    await sluice.stop()


async def test_a_wish_that_was_met_while_the_queue_was_full_is_not_met_again_after_a_restart(tmp_path: Path) -> None:
    sluice = Sluice(tmp_path / "sluice.db", Clock(START), capacity=10)
    await sluice.start()
    await sluice.judge(1, source=LLM)
    await sluice.store.flush()
    other = sqlite3.connect(tmp_path / "sluice.db", isolation_level=None)
    other.execute("INSERT INTO rejudge VALUES (?, 0)", (fingerprint(1),))
    await until(lambda: sluice.registry.wishes == 1)
    other.execute("BEGIN EXCLUSIVE")
    for number in range(2, 100):
        await sluice.judge(number)
    await sluice.judge(1, source=LLM)
    other.execute("ROLLBACK")
    for _ in range(100):
        await until(lambda: sluice.store.waiting == 0)
        await sluice.tick()
    await sluice.stop()
    assert other.execute("SELECT * FROM rejudge").fetchall() == []
    other.close()


async def test_services_that_a_full_queue_refused_are_offered_again(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "sluice.db"), health=HealthBoard(), telemetry=Telemetry(), capacity=2)
    await store.open()
    services = Services(store, Telemetry(), instance="here", publishing=False, clock=Clock(START))
    other = sqlite3.connect(tmp_path / "sluice.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for number in range(5):
        name = ServiceName("shop", str(number))
        found = Service(
            service=name, kind="worker", description="", recognised_by="rule", instance="", version=1, issued_at=""
        )
        assert services.put(found, ())
    assert store.waiting == 2
    other.execute("ROLLBACK")
    other.close()
    for _ in range(5):
        await until(lambda: store.waiting == 0)
        await services.save_again()
    await store.flush()
    assert sum([len(page) async for page in store.services()]) == 5
    await store.close()
