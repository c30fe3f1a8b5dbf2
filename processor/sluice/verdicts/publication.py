"""Who writes a key of the topic, and when. Pure functions of one entry and the time, in Unix milliseconds.

The writer of a key is the instance that obtained its facts. Everybody else waits: for the end of the lease, or for a
time in which the writer would have put right what the topic shows. Waiting times are spread by fingerprint, and by
instance where several wait for the same thing, so that one acts and the others see it.
"""

from __future__ import annotations

from hashlib import blake2b

from sluice.verdicts.entry import OPERATOR, Entry
from sluice.verdicts.guards import Ruling
from sluice.verdicts.model import MODES
from sluice.verdicts.times import DAY, HOUR, NEVER, SECOND

BETWEEN_CHANGES = HOUR
"""A key's decision changes on the topic at most this often, unless it turns to keep."""
AFTER_EXPIRY = 7 * DAY
"""When an expired key is cleaned from the topic."""
_MEND_FROM, _MEND_TO = 10 * SECOND, 60 * SECOND


def spread(fingerprint: bytes, instance: str = "") -> float:
    """A number from 0 to below 1, the same at every time and place."""
    if not instance:
        return int.from_bytes(fingerprint[:4], "little") / (1 << 32)
    digest = blake2b(instance.encode(), digest_size=4, key=fingerprint).digest()
    return int.from_bytes(digest, "little") / (1 << 32)


def renewal(entry: Entry, fingerprint: bytes, lease: int) -> int:
    """When the writer renews its lease: at 80 to 95 % of it."""
    if entry.expires == NEVER:
        return NEVER
    return entry.expires - int(lease * (0.20 - 0.15 * spread(fingerprint)))


def takeover(entry: Entry, fingerprint: bytes, instance: str) -> int:
    """When somebody else takes the key over: in the last 5 % of the lease that its writer gave it."""
    if entry.expires == NEVER:
        return NEVER
    lease = entry.expires - entry.issued
    return entry.expires - int(lease * 0.05 * (1.0 - spread(fingerprint, instance)))


def burial(expires: int, fingerprint: bytes, instance: str, *, own: bool) -> int:
    """When an expired key gets its tombstone: the writer's first, others' in the course of the day after."""
    if expires == NEVER:
        return NEVER
    return expires + AFTER_EXPIRY + (0 if own else int(DAY * (0.1 + 0.9 * spread(fingerprint, instance))))


def mending(now: int, fingerprint: bytes, instance: str) -> int:
    """When somebody who is not the writer of a key puts right what the topic shows for it."""
    return now + _MEND_FROM + int((_MEND_TO - _MEND_FROM) * spread(fingerprint, instance))


def differs(shown: Ruling | None, ruling: Ruling) -> bool:
    """Whether a consumer would act differently."""
    return shown is None or acts(shown) != acts(ruling) or shown.mode != ruling.mode


def at_once(shown: Ruling | None, ruling: Ruling) -> bool:
    """A turn to keep, or to a weaker mode, does not wait: it is a consumer's reason to stop dropping."""
    if shown is None or MODES.index(ruling.mode) < MODES.index(shown.mode):
        return True
    return ruling.action == "keep" and shown.action != "keep"


def acts(ruling: Ruling) -> tuple[str, float | None, str | None]:
    return ruling.action, ruling.keep_percent, ruling.keep_rate


def shows_operator(entry: Entry) -> bool:
    """Whether the topic's last value is the operator's word as it stands: his action, or the keep that a guard or
    the signal made of it."""
    if entry.override is None or entry.topic_rank != OPERATOR or entry.shown is None:
        return False
    override = entry.override
    return entry.shown.action == "keep" or acts(entry.shown) == (
        override.action,
        override.keep_percent,
        override.keep_rate,
    )
