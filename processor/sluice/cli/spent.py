"""What judging has cost so far, in one line."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sluice.verdicts.store import SpendingRow


def spent(rows: Sequence[SpendingRow], now: float | None = None) -> str:
    """Empty when nobody was ever asked. `now`: Unix seconds."""
    if not rows:
        return ""
    day = time.strftime("%Y-%m-%d", time.gmtime(now))
    today = sum(row.bound for row in rows if row.day == day)
    types, total = sum(row.types for row in rows), sum(row.used for row in rows)
    each = f", {total / types:.0f} a type" if types else ""
    return f"tokens: {today:,} today (UTC), {total:,} in all for {types:,} event types judged{each}"
