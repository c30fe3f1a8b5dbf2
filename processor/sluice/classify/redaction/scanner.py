"""Finds all forms in a text, in time linear in its length whatever the text is.

google-re2, because texts are hostile and configured masks are anybody's: RE2 never backtracks, and its `Set` tells in
one pass which of all forms occur at all, which for most texts is none. The kept detectors of secrets for Python are
made for source code and are no substitute: they try each expression at each position, and some take a second for 16 KiB
of the wrong text. The tests hold these forms against detect-secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import re2

from sluice.classify.redaction.form import Check, Form

_MEMORY = 8 << 20
"""Bytes that RE2 may take for the automaton of all forms at once; at the bound it forgets states and goes on."""
_MEMORY_OF_ONE = 2 << 20
"""The same of one form; at the bound it goes on without an automaton, slower."""


class Finding(NamedTuple):
    """What was found, and where in the text's UTF-8 bytes."""

    kind: str
    start: int
    end: int


class _Compiled(NamedTuple):
    kind: str
    expression: re2._Regexp
    groups: range
    check: Check
    inside: bool


class Scanner:
    """Finds `forms`, in the order of the table where two begin at the same place. Any thread may use it.

    Raises `ValueError` with RE2's own words for a pattern that it does not take.
    """

    def __init__(self, forms: Iterable[Form]) -> None:
        self._forms = [_compiled(form) for form in forms]
        self._present = re2.Set.SearchSet(_options(_MEMORY))
        for form in self._forms:
            self._present.Add(form.expression.pattern)
        self._always = self._present.Add("")
        self._present.Compile()

    def find(self, text: bytes) -> list[Finding]:
        """All findings in order, none inside another: where two overlap they are one, of the kind that begins first."""
        merged: list[Finding] = []
        for finding in sorted(self._matches(text), key=_start):
            if merged and finding.start < merged[-1].end:
                last = merged[-1]
                merged[-1] = Finding(last.kind, last.start, max(last.end, finding.end))
            else:
                merged.append(finding)
        return merged

    def any(self, text: bytes) -> bool:
        return next(self._matches(text), None) is not None

    def _matches(self, text: bytes) -> Iterator[Finding]:
        for form in self._candidates(text):
            position = 0
            while position < len(text) and (found := form.expression.search(text, position)):
                start, end = _secret(found, form.groups)
                stop = form.check(text, start, end) if start < end else start
                if stop > start:
                    yield Finding(form.kind, start, stop)
                    position = stop
                elif form.inside:
                    position = max(start, found.start() + 1)
                else:
                    position = max(found.end(), found.start() + 1)

    def _candidates(self, text: bytes) -> Iterator[_Compiled]:
        """The forms that occur, in the table's order. RE2 says nothing when it gives up: then all are tried."""
        present = self._present.Match(text) or []
        if self._always not in present:
            return iter(self._forms)
        return (self._forms[index] for index in sorted(present) if index != self._always)


def _options(memory: int) -> re2.Options:
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False  # to stderr, and it would quote the pattern
    return options


def _compiled(form: Form) -> _Compiled:
    try:
        expression = re2.compile(form.pattern, _options(_MEMORY_OF_ONE))
    except re2.error as error:
        raise ValueError(_words(error)) from None
    return _Compiled(form.kind, expression, range(1, expression.groups + 1), form.check, form.inside)


def _secret(found: re2._Match, groups: range) -> tuple[int, int]:
    for group in groups:
        start, end = found.start(group), found.end(group)
        if start >= 0:
            return start, end
    return found.start(), found.end()


def _start(finding: Finding) -> int:
    return finding.start


def _words(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
