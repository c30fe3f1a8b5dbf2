"""Waiting for the thing itself, with a deadline that only a failure reaches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

DEADLINE = 120.0
_DAY = 86_400
_SHORTLY = 120
"""Seconds; no test takes so long."""


def wait_until(holds: Callable[[], object], what: str, within: float = DEADLINE) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, f"waited {within:g} s in vain: {what}"
        time.sleep(0.005)


@pytest.fixture
def one_utc_day() -> None:
    """For tests of what is counted by day: shortly before midnight they begin with the next day."""
    left = _DAY - time.time() % _DAY
    if left < _SHORTLY:
        time.sleep(left)


async def eventually(holds: Callable[[], object], what: str) -> None:
    """`wait_until` for tests on the event loop."""
    await asyncio.to_thread(wait_until, holds, what)
