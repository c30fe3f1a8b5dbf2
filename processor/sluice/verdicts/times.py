"""Times: Unix milliseconds inside, RFC 3339 in UTC on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

NEVER = 1 << 62
"""Later than any time: stands for an absent `expires_at`, so that comparisons need no second case."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def rfc3339(milliseconds: int) -> str:
    """Such as `2026-01-31T12:00:00Z` or `2026-01-31T12:00:00.250Z`: as protobuf's JSON has it, so that equal times are
    equal strings."""
    moment = (_EPOCH + milliseconds * _MILLISECOND).replace(tzinfo=None)
    return moment.isoformat(timespec="milliseconds" if milliseconds % 1_000 else "seconds") + "Z"


@lru_cache(1_024)  # a verdict's times are checked and then used
def milliseconds(text: str) -> int:
    """The inverse of `rfc3339`; any offset is understood. Raises ValueError for what is no instant since 1970."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without offset from UTC")
    if moment < _EPOCH:
        raise ValueError("a time before 1970")
    return (moment - _EPOCH) // _MILLISECOND
