"""How long to wait before the next call: after a failure, and when the provider asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

_FIRST, _LONGEST = 0.5, 30.0
"""Seconds before the first retry, and at most; it doubles with each."""

Sleep = Callable[[float], Awaitable[None]]


def backoff(failures: int, chance: Random) -> float:
    """Seconds to wait after so many failures in a row, spread so that callers do not come back together."""
    return min(_FIRST * 2.0 ** min(failures - 1, 16), _LONGEST) * (0.5 + 0.5 * chance.random())


class Pause:
    """A provider's wish for fewer calls, which all callers heed. `clock`: seconds that only grow."""

    def __init__(self, clock: Callable[[], float], sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._until = 0.0

    def extend(self, seconds: float) -> None:
        self._until = max(self._until, self._clock() + seconds)

    async def over(self) -> None:
        """Returns when the provider may be asked again."""
        while (left := self._until - self._clock()) > 0:
            await self._sleep(left)
