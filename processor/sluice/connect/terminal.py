"""The questions that are asked in a terminal, and what is said there.

Ctrl-C raises KeyboardInterrupt and Ctrl-D EOFError, wherever it waits. Needs prompt_toolkit: imported by who asks.
"""

from __future__ import annotations

import getpass
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from prompt_toolkit import prompt
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.shortcuts import choice
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import is_dumb_terminal
from rich.console import Console

T = TypeVar("T")

_STYLE = Style.from_dict({"selected-option": "bold"})


class Terminal:
    """Stdin and stdout, both a terminal. NO_COLOR and the width are seen to by the libraries."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False)
        self._keys = KeyBindings()
        self._keys.add("c-d")(_leave)

    def say(self, text: str = "", style: str = "") -> None:
        self._console.print(text, style=style)

    def choose(self, question: str, options: Sequence[tuple[T, str]]) -> T:
        """By arrows or number, and Enter; the first is the default. An option has to fit into 32 columns."""
        return choice(question, options=options, style=_STYLE, key_bindings=self._keys)

    def ask(self, question: str, *, hidden: bool = False) -> str:
        """A text that is not empty, without white space around it; `hidden` shows a star for each character."""
        while not (text := (_hidden(question) if hidden else prompt(question)).strip()):
            pass
        return text

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        with self._console.status(text):
            yield


@contextmanager
def unseen() -> Iterator[None]:
    """Shows nothing of what is typed or pasted while no question is asked: it may be the key."""
    before = termios.tcgetattr(sys.stdin)
    silent = termios.tcgetattr(sys.stdin)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def _hidden(question: str) -> str:
    """In a terminal that can only print, prompt_toolkit would print a password as well: there nothing is shown."""
    return getpass.getpass(question) if is_dumb_terminal() else prompt(question, is_password=True)


def _leave(event: KeyPressEvent) -> None:
    event.app.exit(exception=EOFError())
