"""Files that are there whole or not at all, and secret ones that nobody else can read even for a moment."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from sluice.errors import ConfigError, SluiceError

_OF_THE_OWNER = 0o600


class Written(NamedTuple):
    """What a file shall hold. `secret`: mode 0600 whatever it had; else it keeps its mode."""

    path: Path
    text: str
    secret: bool


def read(path: Path) -> str | None:
    """None when there is no such file. Raises ConfigError where it could not be read, or not be written later."""
    try:
        if not path.exists():
            _require_directory(path)
            return None
        if not path.is_file():
            raise ConfigError(f"{path}: is no file: name one that can be written")
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    _require_directory(path.resolve())
    return text


def write(files: Sequence[Written]) -> None:
    """All of them or none: every one is written beside its place before the first takes it. Ctrl-C waits meanwhile.

    A link stays a link, and an existing file its owner's. Raises SluiceError.
    """
    prepared: list[tuple[Path, Path]] = []
    with _undisturbed():
        try:
            for file in files:
                target = file.path.resolve()
                prepared.append((target.with_name(f".{target.name}.{secrets.token_hex(4)}"), target))
                _prepare(*prepared[-1], file)
            for temporary, target in prepared:
                temporary.replace(target)
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise SluiceError(f"{target}: cannot be written: {reason}; make it possible and try again") from None
        finally:
            for temporary, _ in prepared:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)


def _prepare(temporary: Path, target: Path, file: Written) -> None:
    before = target.stat() if target.exists() else None
    mode = _OF_THE_OWNER if file.secret or before else 0o666  # less the umask
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8", newline="") as out:
        if before and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(out.fileno(), before.st_uid, before.st_gid)
        if before and not file.secret:
            os.fchmod(out.fileno(), before.st_mode & 0o7777)
        out.write(file.text)
        out.flush()
        os.fsync(out.fileno())


def _require_directory(path: Path) -> None:
    directory = path.parent
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ConfigError(f"{path}: cannot be written: directory {directory} is missing or not writable")


@contextmanager
def _undisturbed() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
