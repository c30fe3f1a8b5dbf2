"""Times: Unix milliseconds inside, RFC 3339 in UTC on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SECOND = 1_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR

NEVER = 1 << 62
"""Later than any time: stands for an absent `expires_at`, so that comparisons need no second case."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def rfc3339(milliseconds: int) -> str:
    """Such as `2026-01-31T12:00:00.250Z`; always three decimals, so that equal times are equal strings."""
    moment = _EPOCH + milliseconds * _MILLISECOND
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1_000:03d}Z"


def milliseconds(text: str) -> int:
    """The inverse of `rfc3339`; any offset is understood. Raises ValueError for anything that names no instant."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without offset from UTC")
    return (moment - _EPOCH) // _MILLISECOND
