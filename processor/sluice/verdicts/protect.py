"""`policy.protect`: what is never dropped, as far as an event type can tell, and the rest left to the engine.

A rule's conditions on signal, service, namespace, scope, severity, outcome, category and template are decided here,
once a type. Those on the resource and the duration only the record knows: they become exceptions, by index, in the
decision of each type that meets the rest of the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from sluice.config.model import Protect
from sluice.engine import Exception_, Identity
from sluice.verdicts.model import SEVERITIES


class Exceptions:
    """The numbered exceptions of one engine. A number never changes its meaning while the process lives.

    The decisions in the engine name exceptions by number and are replaced one by one at a reload; a number given to
    another exception would, for that moment, let a protected record go.
    """

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._exceptions: list[Exception_] = []

    def number(self, exception: Exception_) -> int:
        key = msgspec.json.encode(exception, order="deterministic")
        if key not in self._numbers:
            self._numbers[key] = len(self._exceptions)
            self._exceptions.append(exception)
        return self._numbers[key]

    @property
    def listed(self) -> tuple[Exception_, ...]:
        return tuple(self._exceptions)


class Protection:
    """The rules of one policy, ready to be asked about many types."""

    def __init__(self, rules: Iterable[Protect], exceptions: Exceptions) -> None:
        self._rules: list[tuple[Protect, re.Pattern[str] | None, int | None]] = []
        for rule in rules:
            template = glob(rule.template) if rule.template is not None else None
            self._rules.append((rule, template, _exception(rule, exceptions)))

    def covers(self, identity: Identity, category: str, template: str) -> tuple[bool, tuple[int, ...]]:
        """Whether every record of the type is protected, and else the exceptions that apply to it."""
        numbers: list[int] = []
        for rule, pattern, number in self._rules:
            if not _meets(rule, pattern, identity, category, template):
                continue
            if number is None:
                return True, ()
            numbers.append(number)
        return False, tuple(numbers)


def glob(pattern: str) -> re.Pattern[str]:
    """`*` is any text, `?` one character; everything else is itself, brackets included, for templates hold them."""
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(character) or re.escape(character) for character in pattern), re.DOTALL)


def _exception(rule: Protect, exceptions: Exceptions) -> int | None:
    if not rule.resource and rule.min_duration is None:
        return None
    shortest = None if rule.min_duration is None else rule.min_duration * 1_000
    return exceptions.number(Exception_(resource=rule.resource, min_duration_ms=shortest))


def _meets(rule: Protect, pattern: re.Pattern[str] | None, identity: Identity, category: str, template: str) -> bool:
    return (
        rule.signal in (None, identity.signal)
        and rule.service in (None, identity.service)
        and rule.namespace in (None, identity.namespace)
        and rule.scope in (None, identity.scope)
        and rule.outcome in (None, identity.outcome)
        and rule.category in (None, category)
        and (rule.min_severity is None or at_least(identity.severity, rule.min_severity))
        and (pattern is None or pattern.fullmatch(template) is not None)
    )


def at_least(severity: str, lowest: str) -> bool:
    """An unset severity is not at least anything."""
    return severity in SEVERITIES and SEVERITIES.index(severity) >= SEVERITIES.index(lowest)
