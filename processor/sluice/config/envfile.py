"""The env file beside a configuration: `sluice.env` for `sluice.yaml`, for what is not to stand in the file itself.

Lines of `NAME=value`, as Docker and systemd read them; empty ones and those that begin with `#` say nothing. A pair of
quotes around a value is taken off; nothing in it is expanded. It is read when a variable is referred to that the
environment does not have, so that the environment comes first and nobody needs a right to read keys without need.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from sluice.errors import ConfigError

_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_QUOTED = re.compile(r"""(["'])(.*)\1""")


def beside(config_file: str | os.PathLike[str]) -> Path:
    """Where the env file of a configuration is, or would be."""
    return Path(config_file).with_suffix(".env")


def parse(text: str, name: str) -> dict[str, str]:
    """Raises ConfigError for a line that is no assignment; it is not shown, for it may hold a secret."""
    variables = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if (found := _ASSIGNMENT.fullmatch(line)) is None:
            raise ConfigError(f"{name}:{number}: the line is not NAME=value: correct it, or begin it with #")
        value = found[2].strip()
        quoted = _QUOTED.fullmatch(value)
        variables[found[1]] = quoted[2] if quoted else value
    return variables


def with_variable(text: str, variable: str, value: str) -> str:
    """The same lines with this variable set: in its place if it has one, else at the end."""
    lines, line, is_set = [], f"{variable}={value}", False
    for given in text.splitlines(keepends=True):
        found = _ASSIGNMENT.match(given)
        if found and found[1] == variable:
            lines.append(line + ("\r\n" if given.endswith("\r\n") else "\n"))
            is_set = True
        else:
            lines.append(given)
    if not is_set:
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines.append("\n")
        lines.append(f"{line}\n")
    return "".join(lines)


class Environment(Mapping[str, str]):
    """What a configuration's references may name: the environment, and what only the env file has."""

    def __init__(self, environ: Mapping[str, str], env_file: Path) -> None:
        self._environ = environ
        self._env_file = env_file

    def __getitem__(self, name: str) -> str:
        if (value := self._environ.get(name)) is not None:
            return value
        return self._filed[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._filed, **self._environ})

    def __len__(self) -> int:
        return len({**self._filed, **self._environ})

    @cached_property
    def _filed(self) -> dict[str, str]:
        try:
            text = self._env_file.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConfigError(f"{self._env_file}: cannot be read: {(error.strerror or '').lower()}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{self._env_file}: is not UTF-8 text") from None
        return parse(text, str(self._env_file))
