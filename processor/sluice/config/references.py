"""`${env:X}`, `${env:X:-default}`, `${file:PATH}`, and `$$` for a dollar sign, as in the Collector.

1. A value that is one reference and nothing else takes the type that its text has in YAML, so `${env:PORT}` works where
   a number is expected; where text is expected it stays the text as it was (`0123` is not 83).
2. A reference inside a longer text is put in as text.
3. What a reference brings in is not searched for further references; a default may hold some.
4. A single `$` before anything but `{` is a dollar sign.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from sluice.config import document
from sluice.config.messages import LocatedError, Path, shorten

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAY_BE_UNSET = frozenset({"api_key"})
"""A missing key of a provider starts the process degraded instead of ending it."""


class Referred(msgspec.Struct, frozen=True):
    """A scalar that came through `source`: its text, and the value that YAML reads in it."""

    text: str
    value: Any
    source: str


class _UnsetError(LocatedError):
    """A variable without value and without default, or a file that is not there."""


class References:
    """Expands the references of one configuration from one environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def expand(self, value: Any, path: Path = ()) -> Any:
        """The same tree with every text expanded; LocatedError where a reference cannot be."""
        match value:
            case dict():
                return {key: self.expand(item, (*path, key)) for key, item in value.items()}
            case list():
                return [self.expand(item, (*path, index)) for index, item in enumerate(value)]
            case str() if "$" in value:
                try:
                    return self._whole(value, path)
                except _UnsetError:
                    if path[-1] in _MAY_BE_UNSET:
                        return None
                    raise
            case _:
                return value

    def _whole(self, text: str, path: Path) -> Any:
        if not text.startswith("${") or _closing(text, 0, path) != len(text) - 1:
            return self._interpolate(text, path)
        found = self._look_up(text[2:-1], path)
        try:
            value = document.parse(found).value
        except LocatedError:
            value = found  # a password need not be YAML
        return value if isinstance(value, dict | list) else Referred(found, value, shorten(text))

    def _interpolate(self, text: str, path: Path) -> str:
        pieces, at = [], 0
        while (dollar := text.find("$", at)) >= 0:
            pieces.append(text[at:dollar])
            if text.startswith("$$", dollar):
                pieces.append("$")
                at = dollar + 2
            elif text.startswith("${", dollar):
                end = _closing(text, dollar, path)
                pieces.append(self._look_up(text[dollar + 2 : end], path))
                at = end + 1
            else:
                pieces.append("$")
                at = dollar + 1
        return "".join([*pieces, text[at:]])

    def _look_up(self, reference: str, path: Path) -> str:
        scheme, colon, rest = reference.partition(":")
        if colon and scheme == "env":
            return self._variable(rest, path)
        if colon and scheme == "file":
            return _file(rest, path)
        example = f"; did you mean ${{env:{reference}}}?" if _VARIABLE.fullmatch(reference) else ""
        raise LocatedError(
            path,
            f"${{{shorten(reference)}}} is no reference: write ${{env:NAME}}, ${{env:NAME:-default}} or "
            f"${{file:PATH}}, or $${{ for the characters themselves{example}",
        )

    def _variable(self, text: str, path: Path) -> str:
        name, has_default, default = text.partition(":-")
        if not _VARIABLE.fullmatch(name):
            raise LocatedError(path, f"'{shorten(name)}' is no name of an environment variable")
        value = self._environ.get(name)
        if value is not None:
            return value
        if has_default:
            return self._interpolate(default, path)
        raise _UnsetError(path, f"environment variable {name} is not set: set it, or write ${{env:{name}:-default}}")


def _closing(text: str, opening: int, path: Path) -> int:
    """The index of the brace that closes the `${` at `opening`."""
    depth = 0
    for index in range(opening, len(text)):
        if text.startswith("${", index):
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    raise LocatedError(path, "a ${ lacks its closing }: close it, or write $${ for the characters themselves")


def _file(name: str, path: Path) -> str:
    """The file's text without the newline at its end, which secrets written by hand have."""
    try:
        with open(name, encoding="utf-8", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        raise _UnsetError(path, f"file '{shorten(name)}' cannot be read: no such file or directory") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it is not UTF-8 text"
        raise LocatedError(path, f"file '{shorten(name)}' cannot be read: {reason}") from None
    return text.removesuffix("\n").removesuffix("\r")
