"""Rows of the store: what others put in and get out."""

from __future__ import annotations

import msgspec

INSTANCE, POLICY = "instance", "policy"
"""Notes: under which name the process writes, and the policy that it applies, as its configuration spells it."""


class VerdictRow(msgspec.Struct, frozen=True):
    """One key of `sluice.verdicts`. `value`: the JSON that is on the topic or waits to go there, None a tombstone.

    `facts`: the JSON of the judged facts where `value` holds an operator's verdict over them. `origin`: the fingerprint
    that another ruleset gave the event type, where the facts were read under that one; the topic has no such key.
    """

    fingerprint: str
    version: int
    value: bytes | None
    facts: bytes | None
    sent: bool
    origin: str | None = None


class OverrideRow(msgspec.Struct, frozen=True):
    """One key of `sluice.overrides`; `value` None is a tombstone. `derived`: seen in an operator's verdict only."""

    fingerprint: str
    value: bytes | None
    derived: bool
    sent: bool


class ServiceRow(msgspec.Struct, frozen=True):
    """One key of `sluice.services` with its JSON. `patterns`: what the description was based on, where it is ours."""

    key: str
    version: int
    value: bytes
    patterns: tuple[str, ...]
    sent: bool


class VolumeRow(msgspec.Struct, frozen=True):
    """One row of `volumes.VolumeTable`, packed by it."""

    fingerprint: bytes
    hours: bytes


class NoteRow(msgspec.Struct, frozen=True):
    """What the process tells those who read its store."""

    key: str
    value: str


class SpendingRow(msgspec.Struct, frozen=True):
    """What one provider was asked on one UTC day (`YYYY-MM-DD`); tokens by the provider's own count.

    `types`: event types judged. `reserved`: what calls under way may cost at the worst, and what those may have cost
    whose answer never came.
    """

    day: str
    provider: str
    calls: int = 0
    types: int = 0
    input: int = 0
    cache_write: int = 0
    cache_read: int = 0
    output: int = 0
    reserved: int = 0

    @property
    def used(self) -> int:
        return self.input + self.cache_write + self.cache_read + self.output

    @property
    def bound(self) -> int:
        """The most that it can have cost."""
        return self.used + self.reserved


class Gone(msgspec.Struct, frozen=True):
    """A row to be deleted."""

    table: str
    fingerprint: str


Row = VerdictRow | OverrideRow | ServiceRow | VolumeRow | NoteRow | SpendingRow | Gone


def key_of(row: Row) -> tuple[str, str | bytes]:
    """The table and the key: of two rows with the same, the newer one counts."""
    match row:
        case VerdictRow():
            return "verdicts", row.fingerprint
        case OverrideRow():
            return "overrides", row.fingerprint
        case ServiceRow():
            return "services", row.key
        case VolumeRow():
            return "volumes", row.fingerprint
        case NoteRow():
            return "meta", row.key
        case SpendingRow():
            return "spending", f"{row.day} {row.provider}"
        case Gone():
            return row.table, row.fingerprint
