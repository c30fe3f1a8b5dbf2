"""Rare event types shown under the nearest larger one, so that a table is not full of oddities that came once.

For display only: each of them is a type of its own, and its records are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from sluice.classify.providers.rules.lexicon import FAULT
from sluice.classify.providers.rules.reading import spell
from sluice.engine import EventType

RARE = 3
"""Types of fewer records are rare: a running Sluice would not list them either."""
_ALIKE = 2
"""So many first words have to be the same."""

_Entries = list[tuple[list[str], EventType]]


class Row(NamedTuple):
    """A type, and how many rare ones like it, of how many records, are shown under it."""

    kind: EventType
    types: int = 0
    records: int = 0


def folded(types: Sequence[EventType]) -> list[Row]:
    """The rows of a table, in the order of the types given, without those that are shown under another.

    A rare type goes under the one of the same identity whose skeleton has most first words in common with its own, at
    least two; the earlier one where several do. What names a fault never goes under what names none, nor the other
    way: the odd line is the one that matters.
    """
    larger: dict[object, tuple[_Entries, _Entries]] = defaultdict(lambda: ([], []))
    for kind in types:
        words = kind.skeleton.split()
        if kind.records >= RARE and len(words) >= _ALIKE:
            larger[_beginning(kind, words)][_names_fault(kind)].append((words, kind))
    under: dict[str, list[EventType]] = defaultdict(list)
    rows = []
    for kind in types:
        words = kind.skeleton.split()
        begin_alike = larger.get(_beginning(kind, words)) if kind.records < RARE else None
        if begin_alike and (alike := begin_alike[_names_fault(kind)]):
            _, nearest = max(alike, key=lambda entry: _in_common(words, entry[0]))
            under[nearest.fingerprint].append(kind)
        else:
            rows.append(kind)
    return [
        Row(kind, len(under[kind.fingerprint]), sum(rare.records for rare in under[kind.fingerprint])) for kind in rows
    ]


def _beginning(kind: EventType, words: list[str]) -> object:
    return (kind.identity, *words[:_ALIKE])


def _names_fault(kind: EventType) -> bool:
    """Whether its constant words do, by the lexicon that the embedded rules judge by."""
    return bool(FAULT.seen(spell(kind.skeleton)))


def _in_common(one: list[str], other: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
