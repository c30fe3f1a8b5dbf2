"""Structured logs: one JSON object a line, or lines for people; never a record's content.

Our own messages hold none by rule. What other libraries raise may quote the bytes they stumbled over, so an exception
is logged by its type and place, without its text.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

import msgspec

from sluice.config.model import Logs

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
_NAMES = {level: name for name, level in _LEVELS.items()} | {logging.CRITICAL: "error"}

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure(settings: Logs) -> None:
    """Directs every logger of the process to standard error, in the configured form."""
    root = logging.getLogger()
    root.handlers[:] = [_handler(settings)]
    root.setLevel(_LEVELS[settings.level])
    # They log the requests that they cannot parse, with their bytes.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


def _handler(settings: Logs) -> logging.Handler:
    if settings.format == "console" and sys.stderr.isatty():
        from rich.console import Console
        from rich.logging import RichHandler

        rich = RichHandler(console=Console(stderr=True), show_path=False, rich_tracebacks=False)
        rich.setFormatter(_Plain("%(message)s"))
        return rich
    stream = logging.StreamHandler(sys.stderr)
    if settings.format == "console":
        stream.setFormatter(_Plain("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    else:
        stream.setFormatter(_JsonLines())
    return stream


class _Plain(logging.Formatter):
    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's name
        return _place(ei)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": _NAMES.get(record.levelno, record.levelname.lower()),
            "logger": record.name,
            "msg": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = _place(record.exc_info)
        return msgspec.json.encode(line).decode()


def _place(exc_info: _ExcInfo) -> str:
    kind, _, stack = exc_info
    frames = traceback.extract_tb(stack)
    name = kind.__name__ if kind is not None else "none"
    return " > ".join([name, *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-5:])])
