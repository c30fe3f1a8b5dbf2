"""An outbox in memory: what the store does, without a disk."""

from __future__ import annotations

import asyncio

from sluice.verdicts.outbox import Outgoing


class MemoryOutbox:
    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._waiting: dict[tuple[str, str], Outgoing] = {}

    def put(self, topic: str, key: str, value: bytes | None, version: int = 1) -> None:
        self._waiting.pop((topic, key), None)
        self._waiting[topic, key] = Outgoing(topic, key, value, version)
        self.changed.set()

    @property
    def empty(self) -> bool:
        return not self._waiting

    async def pending(self, limit: int) -> list[Outgoing]:
        return list(self._waiting.values())[:limit]

    async def backlog(self) -> int:
        return len(self._waiting)

    async def sent(self, batch: list[Outgoing]) -> None:
        for sent in batch:
            waiting = self._waiting.get((sent.topic, sent.key))
            if waiting is not None and waiting.version <= sent.version:
                del self._waiting[sent.topic, sent.key]
