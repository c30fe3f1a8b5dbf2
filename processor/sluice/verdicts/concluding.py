"""What follows for a key when the topics have been read to their end."""

from __future__ import annotations

from sluice.verdicts.decisions import Decisions
from sluice.verdicts.entry import OPERATOR, Entry
from sluice.verdicts.shelf import Shelf
from sluice.verdicts.table import Table
from sluice.verdicts.writer import Writer


class Concluding:
    """What we wrote and did not meet is written again; what expired and was not met goes."""

    def __init__(self, table: Table, decisions: Decisions, shelf: Shelf, writer: Writer) -> None:
        self._table = table
        self._decisions = decisions
        self._shelf = shelf
        self._writer = writer

    def conclude(self, key: bytes, entry: Entry, completed: int, now: int) -> None:
        """`completed`: the number of the reading."""
        self._override(key, entry, completed, now)
        absent = entry.met != completed and not entry.ahead
        wanted = entry.live(now) or entry.override is not None
        if entry.own and absent and wanted:
            self._writer.publish(key, entry, now)
        elif absent and not wanted and entry.expires <= now:
            self._writer.remove(key, entry)
            return
        self._writer.settle(key, entry, now)

    def _override(self, key: bytes, entry: Entry, completed: int, now: int) -> None:
        """An override that its topic does not hold.

        1. Seen only in a verdict: as long as somebody else's verdict says it, it stands.
        2. `keep` is told again: either the topic was lost, or keeping a little longer does no harm.
        3. Anything else was withdrawn while we were away, or is to be said again: it ends here.
        """
        if entry.override is None or entry.bound is not None or entry.told or entry.override_met == completed:
            return
        if entry.derived and entry.topic_rank == OPERATOR and not entry.topic_own:
            return
        if not entry.derived and entry.override.action == "keep":
            entry.told = True
            self._shelf.save_override(key, entry, sent=False)
            return
        entry.override, entry.derived = None, False
        self._shelf.save_override(key, entry, sent=True)
        self._decisions.decide(key, entry, now, changed=True)
