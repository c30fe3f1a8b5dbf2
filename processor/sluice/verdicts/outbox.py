"""What waits to be published: the seam between the store, which keeps it, and Kafka, which takes it."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec


class Outgoing(msgspec.Struct, frozen=True):
    """One value for a compacted topic. `topic`: a field of `config.model.Topics`; `value` None is a tombstone."""

    topic: str
    key: str
    value: bytes | None
    version: int


class Outbox(Protocol):
    """Kept durably before it is sent; a value leaves only after the broker's acknowledgement."""

    changed: asyncio.Event
    """Set when something was added; the publisher clears it before it reads `pending`."""

    async def pending(self, limit: int) -> list[Outgoing]:
        """The oldest values that wait, at most one a key (the newest)."""
        ...

    async def backlog(self) -> int:
        """How many values wait, also those that `pending` holds back."""
        ...

    async def sent(self, batch: list[Outgoing]) -> None:
        """Marks these versions as acknowledged; a newer version of the same key keeps waiting."""
        ...
