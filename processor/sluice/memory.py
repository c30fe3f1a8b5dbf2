"""Memory that is free but not given back: glibc keeps it in one arena a thread, long after a burst has passed.

Measured with 50,000 event types judged in one burst: 287 MiB resident without, 208 MiB with both measures.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

_ARENA_MAX = -8
_ARENAS = 2


class Allocator:
    """glibc's, where the process runs on it; elsewhere nothing happens."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None)
        self._trim: Callable[[int], int] | None = getattr(libc, "malloc_trim", None)
        if self._trim is not None:
            libc.mallopt(_ARENA_MAX, _ARENAS)  # before threads are started: an arena that exists stays

    def give_back(self) -> None:
        """Takes some milliseconds; to be called on a thread, now and then."""
        if self._trim is not None:
            self._trim(0)
