"""Text of strangers, made fit to stand in a request: one line of visible characters, of bounded length."""

from __future__ import annotations

import re
import unicodedata

import msgspec

_PLAIN = re.compile(r"[\x20-\x7e]*")
_SPACES = re.compile(r"\s+")
_GONE = frozenset({"Cf", "Co", "Cs", "Cn"})
"""Format characters (bidi overrides and zero-width ones among them), private, surrogate and unassigned ones."""
_BLANK = frozenset({"Cc", "Zl", "Zp"})
"""Controls and the other ends of a line."""
_CUT = "…"


def clean(text: str) -> str:
    """One line of visible characters; runs of white space become one blank."""
    if not _PLAIN.fullmatch(text):
        text = "".join(_visible(character) for character in text)
    return _SPACES.sub(" ", text).strip()


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    return "" if category in _GONE else " " if category in _BLANK else character


def cut(text: str, length: int) -> str:
    """At most `length` characters, the cut marked."""
    return text if len(text) <= length else text[: length - 1] + _CUT


def cut_middle(text: str, length: int) -> str:
    """At most `length` characters: what a line is about stands at its beginning, what came of it at its end."""
    if len(text) <= length:
        return text
    tail = length // 3
    return text[: length - tail - 1] + _CUT + text[-tail:]


def quoted(text: str) -> str:
    """A JSON string, the non-ASCII characters as they are: an escape costs six tokens."""
    return msgspec.json.encode(text).decode()
