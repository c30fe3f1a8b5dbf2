"""The SQLite store: the only folder that knows sqlite3."""

from sluice.verdicts.store.rows import (
    INSTANCE,
    POLICY,
    Gone,
    NoteRow,
    OverrideRow,
    Row,
    ServiceRow,
    SpendingRow,
    VerdictRow,
    VolumeRow,
)
from sluice.verdicts.store.store import Store

__all__ = [
    "INSTANCE",
    "POLICY",
    "Gone",
    "NoteRow",
    "OverrideRow",
    "Row",
    "ServiceRow",
    "SpendingRow",
    "Store",
    "VerdictRow",
    "VolumeRow",
]
