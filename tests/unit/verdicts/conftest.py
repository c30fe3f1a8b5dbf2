"""Sluices that are stopped after the test, however it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from registry_world import Clock, Log, Sluice, Start
from sluice.config.model import PolicyConfig


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest_asyncio.fixture
async def start(tmp_path: Path, clock: Clock) -> AsyncIterator[Start]:
    """Starts a Sluice whose store is named after its instance; starting it again is a restart."""
    running: dict[str, Sluice] = {}

    async def start_one(
        log: Log | None = None,
        rules: PolicyConfig | None = None,
        instance: str = "here",
        ruleset: str = "1",
        own_clock: Clock | None = None,
        capacity: int = 100_000,
        engine: Any = None,
    ) -> Sluice:
        before = running.pop(instance, None)
        if before is not None:
            await before.stop()
        sluice = Sluice(
            tmp_path / f"{instance}.db",
            own_clock or clock,
            log,
            rules,
            instance,
            ruleset,
            types=capacity,
            engine=engine,
        )
        running[instance] = sluice
        await sluice.start()
        return sluice

    yield start_one
    for sluice in running.values():
        await sluice.stop()
