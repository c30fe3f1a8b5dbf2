"""Stores as a processor leaves them, for commands that read them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sluice.config.effective import policy_alone
from sluice.config.load import loads
from sluice.engine import Volume
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.model import Override, Verdict
from sluice.verdicts.store import INSTANCE, POLICY, NoteRow, OverrideRow, Store, VerdictRow, VolumeRow
from sluice.verdicts.store.rows import Row
from sluice.verdicts.volumes import VolumeTable

_Answer = TypeVar("_Answer")


def with_store(path: Path, job: Callable[[Store], Awaitable[_Answer]]) -> _Answer:
    async def work() -> _Answer:
        store = Store(str(path), health=HealthBoard(), telemetry=Telemetry())
        await store.open()
        try:
            return await job(store)
        finally:
            await store.close()

    return asyncio.run(work())


def save_rows(path: Path, *rows: Row) -> None:
    async def save_all(store: Store) -> None:
        for row in rows:
            assert store.save(row)
        await store.flush()

    with_store(path, save_all)


def save(path: Path, *verdicts: Verdict) -> None:
    save_rows(path, *(row_of(verdict) for verdict in verdicts))


def row_of(verdict: Verdict, facts: Verdict | None = None) -> VerdictRow:
    """`facts`: what was judged, where `verdict` tells an operator's word."""
    beneath = None if facts is None else msgspec.json.encode(facts)
    return VerdictRow(verdict.fingerprint, verdict.version, msgspec.json.encode(verdict), beneath, sent=True)


def row_of_override(override: Override) -> OverrideRow:
    return OverrideRow(override.fingerprint, msgspec.json.encode(override), derived=False, sent=True)


def volumes(counts: Mapping[str, int]) -> list[VolumeRow]:
    """Rows of a process that has just counted so many records of each type."""
    table = VolumeTable()
    table.add([Volume(key, count, count, 0, 0) for key, count in counts.items()], int(time.time() * 1000))
    packed = {key: table.packed(bytes.fromhex(key)) for key in counts}
    return [VolumeRow(bytes.fromhex(key), row) for key, row in packed.items() if row is not None]


def noted(policy: str, instance: str) -> tuple[NoteRow, NoteRow]:
    """What a process that applies this policy leaves in its store."""
    given = loads(f"{{exporters: {{nop: }}, policy: {policy}}}".encode(), "policy", {}).policy
    return NoteRow(INSTANCE, instance), NoteRow(POLICY, policy_alone(given))


def overrides(path: Path) -> dict[str, Any]:
    """The overrides in a store by fingerprint; None for one that was withdrawn."""

    async def read(store: Store) -> dict[str, Any]:
        return {
            row.fingerprint: row.value and json.loads(row.value) async for page in store.overrides() for row in page
        }

    return with_store(path, read)
