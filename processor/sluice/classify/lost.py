"""A second chance for event types whose evidence was lost at a full intake or queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sluice.classify.queue import Queue
from sluice.engine import Engine
from sluice.telemetry import Telemetry

_STEP = 500
"""Types looked at between two turns of the event loop."""


class Lost:
    """The engine hands out evidence of a type twice at most, and a refusal does not say of which types it was. So after
    refusals, once the queue has room, every listed type that is neither known nor waiting is opened anew."""

    def __init__(self, engine: Engine, queue: Queue, known: Callable[[str], bool], telemetry: Telemetry) -> None:
        self._engine = engine
        self._queue = queue
        self._known = known
        self._telemetry = telemetry
        self._refusals = 0.0

    async def look(self) -> None:
        """To be called every second or so; costs nothing while nothing was refused."""
        refusals = self._telemetry.value("sluice_classify_queue_refused")
        room = self._queue.room()
        if refusals == self._refusals or room < len(self._queue):
            return
        self._refusals = refusals
        lost: list[str] = []
        for position, listed in enumerate(await asyncio.to_thread(self._engine.types), 1):
            if not self._known(listed.fingerprint) and listed.fingerprint not in self._queue:
                lost.append(listed.fingerprint)
            if position % _STEP == 0:
                await asyncio.sleep(0)
        await asyncio.to_thread(self._engine.forget, lost[:room])
        if len(lost) > room:
            self._refusals = -1.0  # the rest has its turn when these are judged
