"""Values of the topics, decoded and checked: what comes out of here can be relied upon.

A reader must survive anything: bad JSON, a newer schema, words it does not know, a value under a foreign key. Each
is `Unusable` with a short reason that becomes a metric's label; the value itself is never shown.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TypeVar

import msgspec

from sluice.config.units import Action
from sluice.verdicts.model import (
    ACTIONS,
    CATEGORIES,
    CONFIDENCES,
    MODES,
    RANKS,
    SCHEMA,
    SEVERITIES,
    SIGNALS,
    Override,
    Verdict,
)
from sluice.verdicts.times import milliseconds

MAX_VALUE_BYTES = 64 << 10
"""No value of ours comes near; a larger one would only cost memory."""

MAX_VERSION = (1 << 31) - 1
"""Half of uint32: nobody can push a key's version to where the next one no longer fits."""

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_OUTCOMES = ("", "ok", "client_error", "error")
_PURPOSES = ("", "probe")


_Value = TypeVar("_Value", Verdict, Override)


class Unusable(Exception):  # noqa: N818 - the state of a value, handled where it is read; never leaves `verdicts`
    """A value that cannot be used: its key's verdict is withdrawn. `reason`: a label."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Envelope(msgspec.Struct):
    schema: int


_verdicts = msgspec.json.Decoder(Verdict)
_overrides = msgspec.json.Decoder(Override)
encode = msgspec.json.Encoder().encode


def is_fingerprint(key: str) -> bool:
    return _FINGERPRINT.fullmatch(key) is not None


def verdict(key: str, value: bytes) -> Verdict:
    """The verdict under `key`, which is a fingerprint. Raises Unusable."""
    found = _decode(_verdicts, value)
    _check_type(key, found)
    if found.confidence not in CONFIDENCES:
        raise Unusable("confidence")
    if found.mode not in MODES:
        raise Unusable("mode")
    if found.source.kind not in RANKS:
        raise Unusable("kind")
    if not 1 <= found.version <= MAX_VERSION:
        raise Unusable("version")
    if not (math.isfinite(found.per_day) and found.per_day >= 0):
        raise Unusable("per_day")
    for time in (found.first_seen, found.issued_at, found.not_before, found.expires_at):
        if time is not None:
            _check_time(time)
    return found


def override(key: str, value: bytes) -> Override:
    """The override under `key`, which is a fingerprint. Raises Unusable."""
    found = _decode(_overrides, value)
    _check_type(key, found)
    _check_time(found.issued_at)
    return found


def _decode(decoder: msgspec.json.Decoder[_Value], value: bytes) -> _Value:
    if len(value) > MAX_VALUE_BYTES:
        raise Unusable("size")
    try:
        found = decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unusable(_why_undecodable(value)) from None
    if found.schema != SCHEMA:
        raise Unusable("schema")
    return found


def _why_undecodable(value: bytes) -> str:
    """A newer schema may differ in its fields, too: the schema is then the reason worth naming."""
    try:
        return "json" if msgspec.json.decode(value, type=_Envelope).schema == SCHEMA else "schema"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "json"


def _check_type(key: str, value: Verdict | Override) -> None:
    """What verdict and override have in common: whose key it is, the event type, the action."""
    if value.fingerprint != key:
        raise Unusable("fingerprint")
    if value.category not in CATEGORIES:
        raise Unusable("category")
    known = (
        value.signal in SIGNALS
        and (value.severity in SEVERITIES or not value.severity)
        and value.outcome in _OUTCOMES
        and value.purpose in _PURPOSES
    )
    if not known:
        raise Unusable("identity")
    if not _is_action(value.action, value.keep_percent, value.keep_rate):
        raise Unusable("action")


@lru_cache(256)
def _is_action(action: str, keep_percent: float | None, keep_rate: str | None) -> bool:
    """Whether it is one, with the amount that it needs. There are few, and many verdicts."""
    amount = {"sample": f" {keep_percent}%", "limit": f" {keep_rate}"}.get(action, "")
    try:
        return Action.parse(action + amount).kind in ACTIONS
    except ValueError:
        return False


def _check_time(time: str) -> None:
    try:
        milliseconds(time)
    except (ValueError, OverflowError):
        raise Unusable("time") from None
