"""The wording of every message about the configuration: where, what was given, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

Path = tuple[str | int, ...]
"""Keys and list indices from the root to a value."""


class LocatedError(Exception):
    """Something wrong at one key; `load` puts file and line before it, and finds the line by the path if need be."""

    def __init__(self, path: Path, text: str, line: int | None = None) -> None:
        super().__init__(f"{dotted(path)}: {text}" if path else text)
        self.path = path
        self.line = line


def dotted(path: Path) -> str:
    """`policy.protect[1].min_severity`; a key that is no plain word is quoted: `resource["a.b"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part and all(letter.isalnum() or letter in "_-" for letter in part):
            text += f".{part}" if text else part
        else:
            text += f'["{shorten(part)}"]'
    return text


def show(value: object, *, secret: bool = False) -> str:
    """A value in a message. Content of mappings and lists is left out: it may hold secrets and is long."""
    if secret:
        return "the given value (not shown)"
    match value:
        case None:
            return "no value"
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{shorten(value)}'"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return str(value)


def shorten(text: str, limit: int = 80) -> str:
    """On one line, printable, at most `limit` characters."""
    line = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[: limit + 1])
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def one_of(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None
