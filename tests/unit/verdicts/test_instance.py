"""The name under which one process writes: its own, and the same after a restart."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.store import Store


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Store]:
    store = Store(str(path), health=HealthBoard(), telemetry=Telemetry())
    await store.open()
    yield store
    await store.close()


async def name(path: Path, host: str, configured: str | None = None) -> str:
    async with opened(path) as store:
        return await store.instance_id(configured, host)


async def test_the_host_names_it_and_a_restart_keeps_the_name(tmp_path: Path) -> None:
    first = await name(tmp_path / "a.db", "web-1")
    assert first.startswith("web-1-")
    assert await name(tmp_path / "a.db", "web-1") == first
    assert await name(tmp_path / "a.db", "a-pod-of-another-name") == first


async def test_two_stores_on_one_host_have_two_names(tmp_path: Path) -> None:
    assert await name(tmp_path / "a.db", "web-1") != await name(tmp_path / "b.db", "web-1")


@pytest.mark.parametrize("host", ["", "localhost", "LOCALHOST", "localhost.localdomain"])
async def test_a_host_without_a_name_of_its_own_is_no_name(tmp_path: Path, host: str) -> None:
    assert uuid.UUID(await name(tmp_path / "a.db", host)).version == 4


async def test_what_is_configured_counts_and_the_made_name_stays(tmp_path: Path) -> None:
    made = await name(tmp_path / "a.db", "web-1")
    assert await name(tmp_path / "a.db", "web-1", "gateway") == "gateway"
    assert await name(tmp_path / "a.db", "web-1") == made
