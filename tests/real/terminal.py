"""`sluice` in a terminal: a real pseudo-terminal, driven as a user does, with all that was ever on the screen.

with Terminal("connect", cwd=directory, environ=environ) as terminal:
    terminal.expect("Which provider judges?")
    terminal.type(ENTER)
    ...
    assert terminal.ended() == 0
"""

from __future__ import annotations

import io
import re
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect

ENTER, DOWN, CTRL_C, CTRL_D = "\r", "\x1b[B", "\x03", "\x04"

_WITHIN = 120.0
"""Seconds, on a busy machine; only a failure reaches them."""
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]|[\x00-\x09\x0b-\x1f]")


class Terminal:
    """Inside `with` the command runs; afterwards it has ended, by itself or not."""

    def __init__(self, *arguments: str, cwd: Path, environ: Mapping[str, str], columns: int = 80, **more: str) -> None:
        self._seen = io.StringIO()
        # It cannot answer where its cursor is, and says so as a terminal would that knows not how.
        env = {**environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", **more}
        with warnings.catch_warnings():
            # The child of the fork does nothing but become the command.
            warnings.filterwarnings("ignore", r".*forkpty\(\) may lead to deadlocks", DeprecationWarning)
            self._child = pexpect.spawn(
                sys.executable,
                ["-m", "sluice", *arguments],
                cwd=str(cwd),
                env=env,
                dimensions=(30, columns),
                encoding="utf-8",
                timeout=_WITHIN,
            )
        self._child.logfile_read = self._seen

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close(force=True)

    def expect(self, *texts: str) -> None:
        """Waits for each in turn, from where the last one ended. How the screen breaks lines is of no matter."""
        for text in texts:
            gap = r"(?:\s|\x1b\[[0-?]*[ -/]*[@-~])+"
            self._child.expect(gap.join(map(re.escape, text.split())))

    def type(self, *keys: str) -> None:
        self._child.send("".join(keys))

    def paste(self, text: str) -> None:
        """As terminals do it, and Enter."""
        self._child.send(f"\x1b[200~{text}\x1b[201~{ENTER}")

    def ended(self) -> int | None:
        """Waits for its end; answers its exit status."""
        self._child.expect(pexpect.EOF)
        self._child.close()
        status: int | None = self._child.exitstatus
        return status

    @property
    def raw(self) -> str:
        """All that was written to the screen."""
        return self._seen.getvalue()

    @property
    def text(self) -> str:
        """The same without colours and movements."""
        return _CONTROL.sub("", self.raw)
