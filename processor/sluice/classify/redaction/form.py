"""One form of secret: how it is written, and what must hold of a text written so."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Check = Callable[[bytes, int, int], int]
"""Takes a text (UTF-8) and where a candidate starts and ends in it; answers where the secret ends: `start` for none."""


def all_of_it(text: bytes, start: int, end: int) -> int:
    """The check of forms that nothing else resembles."""
    return end


class Form(NamedTuple):
    """What is found stands as `<kind>` afterwards.

    `pattern` is in RE2's syntax, which has no look-around: what is around the secret is matched, and the first group
    that took part is the secret; without groups it is the whole match. `inside`: a true one may begin within one that
    the check refused, which must be bounded in length then.
    """

    kind: str
    pattern: str
    check: Check = all_of_it
    inside: bool = False


def word_before(text: bytes, start: int) -> bool:
    """The candidate continues a word, a number or a dotted name."""
    return start > 0 and (text[start - 1 : start].isalnum() or text[start - 1] in b"_." or text[start - 1] >= 0x80)


def word_after(text: bytes, end: int) -> bool:
    """The candidate goes on as a word, or as a number behind a dot."""
    after = text[end : end + 2]
    return after[:1].isalnum() or after[:1] == b"_" or (after[:1] == b"." and after[1:].isdigit())
