"""Waiting for the thing itself, with a deadline that only a failure reaches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

DEADLINE = 30.0


def wait_until(holds: Callable[[], object], what: str, within: float = DEADLINE) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, f"waited {within:g} s in vain: {what}"
        time.sleep(0.005)


async def eventually(holds: Callable[[], object], what: str) -> None:
    """`wait_until` for tests on the event loop."""
    await asyncio.to_thread(wait_until, holds, what)
