"""A rule: what it looks for, and the facts that follow when it finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sluice.classify.providers.rules.reading import Reading
from sluice.verdicts.model import Facts


class Rule(NamedTuple):
    """`sees` answers what it saw, in the rule's own words, or the empty string; the first rule of a table wins."""

    name: str
    category: str
    confidence: str
    description: str
    sees: Callable[[Reading], str]


def judge(table: tuple[Rule, ...], reading: Reading) -> Facts:
    """The facts of the first rule that sees something; unclassified when none does."""
    for rule in table:
        if seen := rule.sees(reading):
            return Facts(
                category=rule.category,
                confidence=rule.confidence,
                description=rule.description,
                reason=f"{rule.name}: {seen}",
            )
    return Facts(category="unclassified", confidence="low", description="not recognised", reason="no rule saw anything")
