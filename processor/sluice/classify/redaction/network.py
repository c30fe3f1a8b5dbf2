"""IP addresses, as the standard library reads them."""

from __future__ import annotations

import ipaddress
import re

from sluice.classify.redaction.form import Form, word_after, word_before

_VERSION = re.compile(rb"(?i)(?:\bv(?:er(?:sion)?)?\.?[ =:]{0,3}|~)$")
_COLONS = 7
_BEFORE = 12
"""Bytes before a candidate that tell a version number."""


def _ipv4(text: bytes, start: int, end: int) -> int:
    """An address of a host: no four-part version, and no `x.0.0.0`, which browsers call themselves by."""
    value = text[start:end]
    if word_before(text, start) or word_after(text, end) or value.endswith(b".0.0.0"):
        return start
    if _VERSION.search(text[max(0, start - _BEFORE) : start]):
        return start
    return end if _parses(value) else start


def _ipv6(text: bytes, start: int, end: int) -> int:
    """Eight groups, or `::` once, and a digit: no time, no MAC address, no name of C++."""
    value = text[start:end]
    if value.endswith(b":") and not value.endswith(b"::"):  # of the sentence
        end -= 1
        value = value[:-1]
    if word_before(text, start) or word_after(text, end) or value.count(b"::") > 1:
        return start
    if b"::" not in value and value.count(b":") != _COLONS and b"." not in value:
        return start
    return end if any(byte in b"0123456789" for byte in value) and _parses(value) else start


def _parses(value: bytes) -> bool:
    try:
        ipaddress.ip_address(value.decode())
    except ValueError:
        return False
    return True


_GROUP = "[0-9A-Fa-f]{1,4}"
_DOTTED = r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"

NETWORK = (
    Form("ip", rf"::(?:{_GROUP}:){{0,6}}(?:{_DOTTED}|{_GROUP})", _ipv6, inside=True),
    Form("ip", rf"\b{_GROUP}(?::[0-9A-Fa-f]{{0,4}}){{2,7}}(?:\.\d{{1,3}}){{0,3}}", _ipv6, inside=True),
    Form("ip", _DOTTED, _ipv4),
    Form("ip", r"\bip-(\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})\b"),
)
