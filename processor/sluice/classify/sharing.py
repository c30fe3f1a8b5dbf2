"""Facts that hold for an event type without asking: the same words of the same library, judged alike in other services.

That is our decision, never an answer's; a text with a word of a fault, of security, of business or of performance is
judged for itself, whatever it is elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

from sluice.classify.providers.rules.lexicon import BUSINESS, FAULT, PERFORMANCE, SECURITY
from sluice.classify.providers.rules.reading import Reading
from sluice.engine import Evidence
from sluice.verdicts.model import Facts, Source

Shared = Callable[[Evidence], tuple[Facts, Source] | None]
"""Facts and where they come from, or None."""

_GUARD_WORDS = (FAULT, SECURITY, BUSINESS, PERFORMANCE)


def nothing_shared(_: Evidence) -> None:
    """`Shared` where there is nothing to share: rules cost nothing."""


def guarded(shared: Shared) -> Shared:
    """`shared` for texts without a guard word; the others share nothing. Nor do those whose values hold one, or may:
    values differ from service to service where the words are the same."""

    def facts(evidence: Evidence) -> tuple[Facts, Source] | None:
        found = shared(evidence)
        if found is None:
            return None
        reading = Reading(evidence)
        if reading.guarded_scope or reading.hides:
            return None
        return None if any(words.seen(reading.text) for words in _GUARD_WORDS) else found

    return facts
