"""Which answers about types in company are asked for a second time.

No criterion sees through every text that speaks for its neighbours. But whoever has a type called waste whose own words
name a fault, access or money is contradicted by the embedded rules; and the text that may have caused it has got its
answer in that call, and is not in the next one, unless it is of that kind itself and called waste as well. Models and
rules differ honestly, too, about one log type in thirteen, which costs some four tokens a type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sluice.classify.asking.answers import WASTE
from sluice.classify.providers.rules import Rules
from sluice.engine import Evidence
from sluice.verdicts.model import Facts

_KEPT = frozenset({"fault", "security", "business_event"})
"""What the rules know by words. The other categories that are kept are matters of opinion."""
_WITH_TWIN = "duplicate"
"""Lets nothing go but what its twin tells, too, which is kept."""


def doubted(batch: Iterable[Evidence], facts: Mapping[str, Facts]) -> frozenset[str]:
    """Fingerprints of log types that were called waste although their own words name what is needed; some 100 µs for
    each that was called so."""
    rules = Rules()
    return frozenset(
        entry.fingerprint
        for entry in batch
        if entry.identity.signal == "logs"
        and _is_waste(facts.get(entry.fingerprint))
        and rules.facts(entry).category in _KEPT
    )


def _is_waste(facts: Facts | None) -> bool:
    return facts is not None and facts.category in WASTE and facts.category != _WITH_TWIN
