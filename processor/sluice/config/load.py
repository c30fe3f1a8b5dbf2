"""A configuration file to a `Config`, or one line that says what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sluice.config import document
from sluice.config.check import check
from sluice.config.convert import convert
from sluice.config.document import Document
from sluice.config.envfile import Environment, beside
from sluice.config.keys import homes
from sluice.config.messages import LocatedError
from sluice.config.messages import Path as KeyPath
from sluice.config.model import Config
from sluice.config.notyet import refuse_not_yet
from sluice.config.references import References
from sluice.errors import ConfigError

_MAX_BYTES = 1 << 20


def load(path: str | os.PathLike[str], environ: Mapping[str, str] = os.environ) -> Config:
    """Reads files only: the configuration, the env file beside it for variables that `environ` does not have, what
    `${file:…}` names, and whether certificates are readable.

    Raises ConfigError: one line with file, line, key, value and remedy; secrets are not shown.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else error
        raise ConfigError(f"{os.fspath(path)}: cannot be read: {reason}") from None
    return loads(content, str(path), Environment(environ, beside(path)))


def loads(content: bytes, name: str, environ: Mapping[str, str] = os.environ) -> Config:
    """The same from the content of a file; `name` stands before every message."""
    parsed = Document(None, {})
    try:
        parsed = document.parse(_decode(content))
        if not isinstance(parsed.value, dict):
            found = "is empty" if parsed.value is None else "is not a mapping of keys to values"
            raise LocatedError((), f"{found}: it needs at least exporters")
        given = References(environ).expand(parsed.value)
        config = convert(given, homes())
        refuse_not_yet(given)
        check(config)
    except LocatedError as error:
        line = error.line or _line(parsed.lines, error.path)
        raise ConfigError(f"{name}:{line}: {error}" if line else f"{name}: {error}") from None
    return config


def _decode(content: bytes) -> str:
    if len(content) > _MAX_BYTES:
        raise LocatedError((), f"is larger than {_MAX_BYTES >> 20} MiB: no configuration is")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LocatedError((), f"is not UTF-8 text: byte 0x{content[error.start]:02x} in line {line}") from None


def _line(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Where the key is, or the nearest section around it that is in the file."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None
