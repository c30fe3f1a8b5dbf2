"""Whether a provider may be asked: closed, open, half-open."""

from __future__ import annotations

import math
from collections.abc import Callable

FIRST, LONGEST = 120.0, 900.0
"""Seconds that a breaker stays open: the first time, and at most; it doubles with each probe that fails."""


class Breaker:
    """Closed: calls go. Open: none goes until its time is over. Then half-open: one call goes, and what becomes of it
    decides. `reason`: why it is not closed, empty when it is.

    On the event loop. `clock`: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float], *, first: float = FIRST, longest: float = LONGEST) -> None:
        self.reason = ""
        self._clock = clock
        self._first = first
        self._longest = longest
        self._lasts = first
        self._until = 0.0
        self._probed = False

    @property
    def closed(self) -> bool:
        return not self.reason

    def admits(self) -> bool:
        """Whether a call may go now."""
        return self.closed or (not self._probed and self._clock() >= self._until)

    def enter(self) -> bool:
        """A call goes, if it may: half-open, it is the probe, until `shut`, `open` or `leave`."""
        if not self.admits():
            return False
        self._probed = not self.closed
        return True

    def leave(self) -> None:
        """The probe ended without telling anything (it was cancelled, say): another one may go."""
        self._probed = False

    def shut(self) -> None:
        """The provider answers."""
        self.reason, self._lasts, self._probed = "", self._first, False

    def open(self, reason: str) -> None:
        """The provider is out. Calls that were under way when it opened do not make it last longer."""
        if self.closed:
            self._until = self._clock() + self._lasts
        elif self._probed:
            self._lasts = min(2 * self._lasts, self._longest)
            self._until = self._clock() + self._lasts
        self.reason, self._probed = reason, False

    def lock(self, reason: str) -> None:
        """Open for good."""
        self.reason, self._until = reason, math.inf
