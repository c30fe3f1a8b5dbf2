"""Which facts win when a value is read: rank before version, and the log's order between equals."""

from __future__ import annotations

import enum

from sluice.verdicts.entry import Entry


class Fate(enum.Enum):
    """What becomes of a value that was read."""

    TAKEN = "taken"
    """It holds from now on."""
    PASSED = "passed"
    """It does not hold, and the topic will not end with it: what holds comes later in the log, or is not ours."""
    OVERWROTE = "overwrote"
    """It does not hold, and yet it took the place of our own live facts on the topic: they are published again."""


def fate(entry: Entry, rank: int, version: int, *, own: bool, now: int) -> Fate:
    """The fate of judged facts (`own`: written by this instance) that were read under the key of `entry`.

    1. Nothing live is held: taken.
    2. A higher rank: taken, whatever its version.
    3. The same rank and a newer version: taken.
    4. The same rank and version: the later offset wins. That is the value, unless ours is still on its way, for what
       is on its way comes later than anything read.
    5. Everything else loses. Where ours was met in the log before it, ours has been overwritten: by a lower rank, or
       by an older version that was sent without knowing the newer one. An older version of our own is its echo.
    """
    if not entry.live(now) or rank > entry.rank:
        return Fate.TAKEN
    if rank == entry.rank and version > entry.version:
        return Fate.TAKEN
    if rank == entry.rank and version == entry.version:
        ours_comes_later = entry.own and entry.ahead and not own
        return Fate.PASSED if ours_comes_later else Fate.TAKEN
    if entry.own and not own and entry.met and not entry.ahead:
        return Fate.OVERWROTE
    return Fate.PASSED
