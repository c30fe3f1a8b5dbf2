"""The SQLite store: the only folder that knows sqlite3."""

from sluice.verdicts.store.rows import Gone, OverrideRow, Row, VerdictRow, VolumeRow
from sluice.verdicts.store.store import Store

__all__ = ["Gone", "OverrideRow", "Row", "Store", "VerdictRow", "VolumeRow"]
