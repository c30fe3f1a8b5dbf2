"""The processor's store as a command sees it: a file that must not be made, moved or taken from the processor."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from sluice.errors import StoreError
from sluice.health import HealthBoard

if TYPE_CHECKING:
    from sluice.verdicts.store import Store

_SQLITE = b"SQLite format 3\0"


def require_database(path: str) -> None:
    """Raises StoreError where the store would begin a new file or set this one aside."""
    try:
        with open(path, "rb") as file:
            head = file.read(len(_SQLITE))
    except OSError as error:
        raise StoreError(f"it cannot be read: {(error.strerror or '').lower()}") from None
    if head not in (b"", _SQLITE):
        raise StoreError("it is no database of Sluice")


@contextlib.asynccontextmanager
async def opened(path: str) -> AsyncIterator[Store]:
    """The store of an existing file; StoreError with the reason when it cannot be used."""
    from sluice.telemetry import Telemetry
    from sluice.verdicts.store import Store

    require_database(path)
    health = HealthBoard()
    store = Store(path, health=health, telemetry=Telemetry())
    await store.open()
    try:
        if degraded := health.degraded_parts().get("store"):
            raise StoreError(degraded.reason)
        yield store
    finally:
        await store.close()


def require_place(path: str) -> None:
    """Raises StoreError where a file that is not there yet could not be made."""
    directory = os.path.dirname(path) or "."
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StoreError(f"it cannot be created: directory {directory} is missing or not writable")
