"""Whose text may be an attempt to be the judge: such a type is asked about alone.

Alone it reaches its own category at the worst, and guards come after. Looked for is what every such attempt has to say,
and a record of ordinary software hardly ever says: which others it means, and what they are worth or to be taken for.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import functools
import re
import unicodedata

from sluice.classify.asking import vocabulary
from sluice.classify.asking.showing import shown
from sluice.classify.asking.text import clean
from sluice.classify.asking.vocabulary import Says
from sluice.engine import Evidence
from sluice.verdicts.model import CATEGORIES

_NEAR = 4
"""Words from a category's name to a word of judging: three may stand between them."""
_MANY_WORDS = 3
"""A service's name of more words than this may be an order."""
_LONGEST = 2048
"""Characters of a text that are read; of what a model is shown, all."""
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:[\W_]{1,5}[^\W\d_]){3,}(?![^\W_])")
"""A word with something between its letters."""
_SPELLED_OUT = 10
"""Letters with something between them from which on a text hides what it says."""
_GAPS = re.compile(r"[\W_]+")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_HIDDEN = 4
"""Letters from which on a word is read in other ways, too: in shorter ones every word is found."""
_NOT_HIDDEN = re.compile(r"\w*maps?$")
_LEET = str.maketrans("013457@$!|", "oieastasil")
_TOKEN = re.compile(r"[\w@$!|]+")
_MAY_BE_LEET = re.compile(r"[a-z][013457@$!|]|[013457@$!|][a-z]")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_GARBAGE = re.compile(r"garbage[\W_]?(?!collect)\w|garbage$")
"""What a runtime collects is none of a judge's words."""

_NAMES = re.compile("|".join(category for category in CATEGORIES if "_" in category))
_SPELLED = "|".join(category.replace("_", r"[\W_]*") for category in CATEGORIES)
_SPOKEN = re.compile(rf"\b(?:{_SPELLED})s?(?![^\W_])")
_JUDGING = re.compile(r"categor|classif|label|verdict|answer|ignor")
_MAY_JUDGE = re.compile(f"_(?:{'|'.join(name.split('_')[1] for name in CATEGORIES if '_' in name)})|{_JUDGING.pattern}")
_NAMED = "zqnamed"
"""Stands for a category's name while words are counted."""
_UNREAD = re.compile(r"[\u0370-\u03ff\u0530-\u08ff\u0900-\u10ff\u1200-\u1dff\ua000-\uabff]{2,}")
"""Scripts of which no word is known here: Greek, Hebrew, Arabic, those of India and others."""
_SCRIPTS = (re.compile(r"[a-z]"), re.compile(r"[\u0370-\u052f]"))

_ALONE = Says.WORTH | Says.UNREAD
_TOGETHER = (
    (Says.MANY, Says.RECORDS | Says.ACTS | Says.MUST | Says.READER | Says.JUDGES | Says.WEIGHS | Says.NAMES),
    (Says.RECORDS, Says.MUST | Says.READER | Says.WEIGHS),
    (Says.MUST, Says.JUDGES),
    (Says.READER, Says.ACTS | Says.TAKES | Says.JUDGES | Says.NAMES),
    (Says.TAKES, Says.MANY | Says.RECORDS | Says.WEIGHS | Says.NAMES),
)
"""What no text says together that is a record's own."""


def lone(evidence: Evidence) -> bool:
    """Whether any text of the type, or what is shown of it, speaks to its judge. Some 200 µs a type.

    A label of the call as a token, which would be a reason, too, cannot be: labels are drawn so that no text holds one.
    """
    show = shown(evidence)
    texts = [*_texts(evidence), f"{show.scope} {show.line}"]
    return any(speaks(text) for text in dict.fromkeys(texts))


def speaks(text: str) -> bool:
    """Whether a text may speak of other records to their judge; disguises are taken off as far as they are known."""
    text = text[:_LONGEST]
    spelled = _spelled(text)
    if judges(text) or _spells_out(text) or _says(spelled):
        return True
    return any(_says(_spelled(decoded)) for decoded in _decoded(text))


def orders(name: str) -> bool:
    """Whether a name, which may be of such a word alone, is none but an order."""
    return judges(name) or (len(_WORD.findall(name)) > _MANY_WORDS and speaks(name))


def judges(text: str) -> bool:
    """Whether a text holds a category's name with an underscore, or any near a word of judging."""
    spelled = _plain(text)
    if not _MAY_JUDGE.search(spelled):
        return False
    if _NAMES.search(spelled):
        return True
    words = _WORD.findall(_SPOKEN.sub(f" {_NAMED} ", spelled))
    named = [place for place, word in enumerate(words) if word == _NAMED]
    judging = [place for place, word in enumerate(words) if _JUDGING.match(word)]
    return any(abs(one - other) <= _NEAR for one in named for other in judging)


def _spells_out(text: str) -> bool:
    return any(len(_GAPS.sub("", found[0])) >= _SPELLED_OUT for found in _SPACED.finditer(text))


def _says(spelled: str) -> bool:
    words = _WORD.findall(spelled)
    said = Says.NOTHING
    for word in set(words):
        if found := _word(word):
            said |= found
    for token in _TOKEN.findall(spelled):
        if _MAY_BE_LEET.search(token):
            said |= _word(token.translate(_LEET)) & Says.WORTH
    if not spelled.isascii():
        for meaning, form in _UNSPACED.items():
            said |= meaning if form.search(spelled) else Says.NOTHING
    if _SPOKEN.search(spelled):
        said |= Says.NAMES
    if said and (said & _ALONE or any(said & one and said & others for one, others in _TOGETHER)):
        return True
    return bool(vocabulary.PHRASES.search(" ".join(words)) or _GARBAGE.search(spelled))


@functools.lru_cache(maxsize=20_000)
def _word(word: str) -> Says:
    """What a word says as it stands; of worth, also read backwards and by the old cipher of thirteen places."""
    if _UNREAD.search(word) or all(script.search(word) for script in _SCRIPTS):
        return Says.UNREAD
    said = vocabulary.word(word)
    if len(word) >= _HIDDEN and not _NOT_HIDDEN.match(word):
        said |= (vocabulary.word(word[::-1]) | vocabulary.word(codecs.encode(word, "rot13"))) & Says.WORTH
    return said


_UNSPACED = {meaning: re.compile(form) for meaning, form in vocabulary.UNSPACED.items()}


def _plain(text: str) -> str:
    """In small letters of the plainest form."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", clean(text)).casefold()


def _spelled(text: str) -> str:
    """In small letters without accents, words apart, the letters of a word together."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", clean(text))))
    text = _CAMEL.sub(" ", text).casefold()
    return _SPACED.sub(lambda found: _GAPS.sub("", found[0]), text)


def _decoded(text: str) -> list[str]:
    """What words of base64 hold, when that is text."""
    found = []
    for token in _ENCODED.findall(text):
        padded = token.rstrip("=") + "=" * (-len(token.rstrip("=")) % 4)
        try:
            decoded = base64.b64decode(padded, altchars=b"-_" if "-" in token or "_" in token else None).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):  # no text
            continue
        if decoded.isprintable():
            found.append(decoded)
    return found


def _texts(evidence: Evidence) -> list[str]:
    """Everything that records have a say in."""
    values = [value for slot in evidence.slots for value in slot.values]
    keys = " ".join(evidence.attribute_keys)
    return [evidence.template, evidence.identity.scope, keys, *evidence.samples, *values]
