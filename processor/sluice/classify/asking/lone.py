"""Whose text speaks the judge's language: such a type is asked about alone.

Such a text may be an attempt to be the judge. Alone it reaches its own category at the worst, and guards come after.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sluice.classify.asking.showing import shown
from sluice.classify.asking.text import clean
from sluice.engine import Evidence
from sluice.verdicts.model import CATEGORIES

_NEAR = 4
"""Words from a category's name to a word of judging: three may stand between them."""
_WORD = re.compile(r"[^\W_]+")
_NAMES = re.compile("|".join(category for category in CATEGORIES if "_" in category), re.IGNORECASE)
_SPOKEN = re.compile(r"\b(?:" + "|".join(category.replace("_", r"[\W_]*") for category in CATEGORIES) + r")(?![^\W_])")
_JUDGING = re.compile(r"categor|classif|label|verdict|answer|ignor")


def lone(evidence: Evidence) -> bool:
    """Whether any text of the type holds a category's name with an underscore, or one near a word of judging.

    A label of the call as a token, the third reason, cannot be: labels are drawn so that no text holds one.
    """
    return any(speaks(text) for text in (*texts(evidence), shown(evidence).line))


def texts(evidence: Evidence) -> Iterable[str]:
    """Everything that records have a say in."""
    yield evidence.template
    yield evidence.identity.scope
    yield " ".join(evidence.attribute_keys)
    yield from evidence.samples
    for slot in evidence.slots:
        yield from slot.values


def speaks(text: str) -> bool:
    """Whether a text holds a category's name with an underscore, or any near a word of judging."""
    spelled = unicodedata.normalize("NFKC", clean(text)).casefold()
    if _NAMES.search(spelled):
        return True
    if not _JUDGING.search(spelled):
        return False
    words = _WORD.findall(_SPOKEN.sub(" zqnamed ", spelled))
    named = [place for place, word in enumerate(words) if word == "zqnamed"]
    judging = [place for place, word in enumerate(words) if _JUDGING.match(word)]
    return any(abs(one - other) <= _NEAR for one in named for other in judging)
