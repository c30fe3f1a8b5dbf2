"""The SQLite store: the only folder that knows sqlite3."""

from sluice.verdicts.store.rows import Gone, OverrideRow, Row, SpendingRow, VerdictRow, VolumeRow
from sluice.verdicts.store.store import Store

__all__ = ["Gone", "OverrideRow", "Row", "SpendingRow", "Store", "VerdictRow", "VolumeRow"]
