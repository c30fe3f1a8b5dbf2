"""Which facts win when a value is read: rank before version, and the log's order between equals."""

from __future__ import annotations

from sluice.verdicts.entry import Entry


def wins(entry: Entry, rank: int, version: int, *, own: bool, now: int) -> bool:
    """Whether judged facts that were read under the key of `entry` hold from now on; `own`: this instance wrote them.

    1. Nothing live is held: they do. So they do over facts of the same rank that were read under another ruleset.
    2. A higher rank does, whatever its version.
    3. The same rank and a newer version does.
    4. The same rank and version: the later offset wins. That is the value, unless ours is still on its way, for what
       is on its way comes later than anything read.
    5. Everything else loses: a lower rank, and an older version, which was sent without knowing the newer one. Where
       the losing value took the place of ours on the topic, `Writer.settle` publishes ours again.
    """
    if not entry.live(now) or rank > entry.rank or (rank == entry.rank and entry.origin is not None):
        return True
    if rank == entry.rank and version == entry.version:
        return own or not (entry.own and entry.ahead)
    return rank == entry.rank and version > entry.version
