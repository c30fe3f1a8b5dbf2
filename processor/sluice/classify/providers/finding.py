"""Which model to ask: looked up once, again after a day, and again when the API knows it no more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sluice.errors import ProviderError, UnknownModel

DAY = 86400.0
T = TypeVar("T")
R = TypeVar("R")


class Finding(Generic[T]):
    """`find` asks the API; whatever it raises is the caller's, unless a model was found before: that one stays in use
    for another day."""

    def __init__(self, find: Callable[[], Awaitable[T]], clock: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._clock = clock
        self._looking = asyncio.Lock()
        self._due = 0.0
        self.found: T | None = None

    async def current(self) -> T:
        async with self._looking:
            if self.found is None:
                return await self._look()
            if self._clock() < self._due:
                return self.found
            self._due = self._clock() + DAY
            known = self.found
            try:
                return await self._look()
            except ProviderError:
                return known

    async def use(self, ask: Callable[[T], Awaitable[R]]) -> R:
        """`ask` with the model; once more with another one if there is another now that this one is gone."""
        model = await self.current()
        try:
            return await ask(model)
        except UnknownModel:
            newer = await self._instead_of(model)
            if newer == model:
                raise
            return await ask(newer)

    async def _instead_of(self, gone: T) -> T:
        async with self._looking:
            if self.found is not None and self.found != gone:
                return self.found
            return await self._look()

    async def _look(self) -> T:
        self.found = await self._find()
        self._due = self._clock() + DAY
        return self.found
