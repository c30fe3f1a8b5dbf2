"""What of a reply is believed, and what has to be asked again.

1. Entries are found in the text one by one, so that a reply that was cut off gives what it held.
2. A label that was not asked about is passed over; one that is there twice, or with a category or a confidence that is
   none, counts as unanswered, and so does one that is missing.
3. The canaries: when the one that must be kept is called waste or is missing, or the one that is waste is kept, then
   somebody else than the model has judged, and nothing of the reply is used.
4. A twin is a label of the same call and service; an unknown one, a canary's and the entry's own are dropped. Twins
   come last: a duplicate without one in a reply that was cut off counts as unanswered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from sluice.classify.asking.text import clean, cut
from sluice.config.model import DEFAULT_ACTIONS
from sluice.verdicts.model import CATEGORIES, CONFIDENCES, Facts

WASTE = frozenset(category for category, action in DEFAULT_ACTIONS.items() if action.kind != "keep")
_LONGEST_REPLY = 1 << 18
"""Characters of a reply that are read; one of 66 entries has 8,000."""
_WORDS = 8
_LONGEST_DESCRIPTION = 80
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|$)|[{}]', re.DOTALL)
_TERM = re.compile(r"[^\W_]+")


MISSING = "canary missing"
"""Nothing is said of what is known: a reply that is none, or one that was cut off."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a reply, as the schema has it."""

    l: str  # noqa: E741 - the schema's keys are short: each is paid for
    d: str
    c: str
    s: str


class Twin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a duplicate repeats, as the schema has it: labels."""

    l: str  # noqa: E741 - as above
    t: str


Said = TypeVar("Said", Entry, Twin)


class Read(msgspec.Struct, frozen=True):
    """What a reply is worth. `unanswered`: fingerprints to be asked about again; `void`: why nothing of it is believed,
    in two words, else empty."""

    facts: Mapping[str, Facts]
    unanswered: tuple[str, ...]
    void: str = ""


class Asked(msgspec.Struct, frozen=True):
    """What was hidden from the model: whose label is whose, and of which service. `told`: values that it saw."""

    fingerprints: Mapping[str, str]
    services: Mapping[str, tuple[str, str]]
    told: Mapping[str, tuple[str, ...]]
    must_keep: str
    waste: str


def read(asked: Asked, text: str, *, complete: bool) -> Read:
    said = list(entries(text))
    found = _by_label(entry for entry in said if isinstance(entry, Entry))
    twins = _twins(twin for twin in said if isinstance(twin, Twin))
    if void := _void(asked, found, complete=complete):
        return Read({}, tuple(asked.fingerprints.values()), void)
    shown = (value for told in asked.told.values() for value in told)
    values = frozenset(term.casefold() for value in shown for term in _TERM.findall(value))
    facts = {
        fingerprint: _facts(asked, entry, twins.get(label), values)
        for label, fingerprint in asked.fingerprints.items()
        if (entry := found.get(label)) is not None and (complete or entry.c != "duplicate" or label in twins)
    }
    return Read(facts, tuple(name for name in asked.fingerprints.values() if name not in facts))


def _twins(said: Iterable[Twin]) -> dict[str, str | None]:
    """By label; None for one of which several are told."""
    twins: dict[str, str | None] = {}
    for twin in said:
        twins[twin.l] = twin.t if twins.get(twin.l, twin.t) == twin.t else None
    return twins


def _by_label(said: Iterable[Entry]) -> dict[str, Entry | None]:
    """Entries by label; None stands for one that is there twice or says what is not in the closed sets."""
    found: dict[str, Entry | None] = {}
    for entry in said:
        usable = entry.l not in found and entry.c in CATEGORIES and entry.s in CONFIDENCES
        found[entry.l] = entry if usable else None
    return found


def entries(text: str) -> Iterator[Entry | Twin]:
    """Each innermost object of the text that is an entry or a twin, whatever stands around it; linear in the text's
    length."""
    begin = -1
    text = text[:_LONGEST_REPLY]
    for found in _TOKEN.finditer(text):
        if found[0] == "{":
            begin = found.start()
        elif found[0] == "}" and begin >= 0:
            told = text[begin : found.end()].encode("utf-8", "replace")
            begin = -1
            if (read := _decoded(told, Entry) or _decoded(told, Twin)) is not None:
                yield read


def _decoded(told: bytes, kind: type[Said]) -> Said | None:
    try:
        return msgspec.json.decode(told, type=kind)
    except msgspec.DecodeError:  # another kind, or none: its label will be missing
        return None


def _void(asked: Asked, found: Mapping[str, Entry | None], *, complete: bool) -> str:
    kept, wasted = found.get(asked.must_keep), found.get(asked.waste)
    if kept is None:
        return MISSING
    if kept.c in WASTE:
        return "canary wasted"
    if wasted is None:
        return MISSING if complete else ""
    return "canary kept" if wasted.c not in WASTE or wasted.s == "low" else ""


def _facts(asked: Asked, entry: Entry, twin: str | None, values: frozenset[str]) -> Facts:
    return Facts(entry.c, entry.s, _description(entry.d, values), _twin(asked, entry, twin))


def _twin(asked: Asked, entry: Entry, twin: str | None) -> str | None:
    if entry.c != "duplicate" or twin is None or twin == entry.l:
        return None
    return asked.fingerprints[twin] if asked.services.get(twin) == asked.services[entry.l] else None


def _description(text: str, values: frozenset[str]) -> str:
    """At most eight words, none of a value that any type of the call showed: descriptions are stored and published,
    values are not, and what one type showed may be told of another."""
    words = [word for word in clean(text).split() if not values.intersection(_TERM.findall(word.casefold()))]
    return cut(" ".join(words[:_WORDS]), _LONGEST_DESCRIPTION)
