"""Whose text speaks the judge's language: such a type is asked about alone.

Such a text may be an attempt to be the judge. Alone it reaches its own category at the worst, and guards come after.
"""

from __future__ import annotations

import re
import unicodedata

from sluice.classify.asking.showing import shown
from sluice.classify.asking.text import clean
from sluice.engine import Evidence
from sluice.verdicts.model import CATEGORIES

_NEAR = 4
"""Words from a category's name to a word of judging: three may stand between them."""
_WORD = re.compile(r"[^\W_]+")
_NAMES = re.compile("|".join(category for category in CATEGORIES if "_" in category))
_SPOKEN = re.compile(r"\b(?:" + "|".join(category.replace("_", r"[\W_]*") for category in CATEGORIES) + r")(?![^\W_])")
_JUDGING = re.compile(r"categor|classif|label|verdict|answer|ignor")
_MAY_SPEAK = re.compile(f"_(?:{'|'.join(name.split('_')[1] for name in CATEGORIES if '_' in name)})|{_JUDGING.pattern}")
_NAMED = "zqnamed"
"""Stands for a category's name while words are counted."""


def lone(evidence: Evidence) -> bool:
    """Whether any text of the type holds a category's name with an underscore, or one near a word of judging.

    A label of the call as a token, the third reason, cannot be: labels are drawn so that no text holds one.
    """
    texts = _texts(evidence)
    if not _MAY_SPEAK.search(_spelled("\n".join(texts))):
        return False
    return any(speaks(text) for text in (*texts, shown(evidence).line))


def speaks(text: str) -> bool:
    """Whether a text holds a category's name with an underscore, or any near a word of judging."""
    spelled = _spelled(text)
    if _NAMES.search(spelled):
        return True
    words = _WORD.findall(_SPOKEN.sub(f" {_NAMED} ", spelled))
    named = [place for place, word in enumerate(words) if word == _NAMED]
    judging = [place for place, word in enumerate(words) if _JUDGING.match(word)]
    return any(abs(one - other) <= _NEAR for one in named for other in judging)


def _spelled(text: str) -> str:
    """In small letters of the plainest form, so that no disguise helps."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", clean(text)).casefold()


def _texts(evidence: Evidence) -> list[str]:
    """Everything that records have a say in."""
    values = [value for slot in evidence.slots for value in slot.values]
    keys = " ".join(evidence.attribute_keys)
    return [evidence.template, evidence.identity.scope, keys, *evidence.samples, *values]
