"""A second chance for event types that a judge should be asked about and whose evidence is gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from sluice.classify.queue import Queue
from sluice.engine import Engine
from sluice.telemetry import Telemetry

EVERY = 60.0
"""Seconds between two looks at what was judged by a lesser judge."""
_STEP = 500
"""Types looked at between two turns of the event loop."""


class Judged(Protocol):
    """What is known of event types: the registry."""

    wishes: int
    """Grows whenever an operator wants a type judged again."""

    def known(self, fingerprint: str, kind: str) -> bool: ...

    async def outranked(self, kind: str) -> Sequence[str]:
        """Fingerprints with facts that a judge of this kind is to replace, the largest event types first."""
        ...


class Reopening:
    """The engine hands out evidence of a type twice at most, until it is opened anew. That happens to

    1. types that were refused at a full intake or queue: a refusal does not say which they were, so once the queue has
       room it is every listed type that is neither known nor waiting;
    2. types judged by rule when a model is connected, and those that an operator wants judged again. They stay
       decided as they are until new facts come.
    """

    def __init__(
        self,
        engine: Engine,
        queue: Queue,
        judged: Judged,
        kind: str,
        telemetry: Telemetry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`kind`: of the judge that is asked, `rule` or `llm`; `clock`: seconds that only grow."""
        self._engine = engine
        self._queue = queue
        self._judged = judged
        self._kind = kind
        self._telemetry = telemetry
        self._clock = clock
        self._refusals = 0.0
        self._wishes = 0
        self._looked = -EVERY

    async def look(self) -> None:
        """To be called every second or so; costs nothing while there is nothing to do."""
        if self._queue.room() < len(self._queue):
            return
        refusals = self._telemetry.value("sluice_classify_queue_refused")
        if refusals != self._refusals:
            self._refusals = refusals
            if await self._reopen(await self._lost()):
                self._refusals = -1.0  # the rest has its turn when these are judged
        wishes, now = self._judged.wishes, self._clock()
        if wishes != self._wishes or now - self._looked >= EVERY:
            self._wishes, self._looked = wishes, now
            await self._reopen(await self._judged.outranked(self._kind))

    async def _lost(self) -> list[str]:
        lost: list[str] = []
        for position, listed in enumerate(await asyncio.to_thread(self._engine.types), 1):
            if not self._judged.known(listed.fingerprint, self._kind):
                lost.append(listed.fingerprint)
            if position % _STEP == 0:
                await asyncio.sleep(0)
        return lost

    async def _reopen(self, fingerprints: Sequence[str]) -> bool:
        """As many as the queue has room for; answers whether some are left."""
        wanted = [fingerprint for fingerprint in fingerprints if fingerprint not in self._queue]
        room = self._queue.room()
        if wanted:
            await asyncio.to_thread(self._engine.reopen, wanted[:room])
        return len(wanted) > room
