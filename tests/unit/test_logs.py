"""Structured logs, as the process that writes them is seen from outside."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging
from sluice.config.model import Logs
from sluice.logs import configure

configure(Logs(level={level!r}, format={format!r}))
log = logging.getLogger("sluice.example")
log.debug("too fine")
log.info("listening on %s", "127.0.0.1:4317")
try:
    int("order 17 shipped")
except ValueError:
    log.exception("a task failed")
logging.getLogger("aiohttp.server").error("cannot parse b'order 17 shipped'")
"""


def written(level: str, form: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(level=level, format=form)], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_is_one_object_a_line_with_time_level_and_logger() -> None:
    first, second = (json.loads(line) for line in written("info", "json"))
    assert (first["level"], first["logger"], first["msg"]) == ("info", "sluice.example", "listening on 127.0.0.1:4317")
    assert first["ts"].endswith("Z")
    assert (second["level"], second["msg"]) == ("error", "a task failed")
    assert second["error"].startswith("ValueError > ")


def test_an_exceptions_text_is_never_written() -> None:
    for form in ("json", "console"):
        text = "\n".join(written("debug", form))
        assert "ValueError" in text
        assert "order 17" not in text


def test_the_level_holds_for_the_console_too() -> None:
    lines = written("error", "console")
    assert [line for line in lines if "listening" in line] == []
    assert any("a task failed" in line for line in lines)
