"""From a batch of event types to one call, and what has to be remembered to read its reply."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

import msgspec

from sluice.classify.asking import canaries
from sluice.classify.asking.answers import MISSING, Asked, Read, read
from sluice.classify.asking.grouping import BATCH, service_of
from sluice.classify.asking.lone import lone, orders, speaks
from sluice.classify.asking.prompt import SCHEMA, SCHEMA_NAME, SYSTEM
from sluice.classify.asking.showing import shown
from sluice.classify.asking.text import clean, cut, quoted
from sluice.classify.providers.model import Question, Reply
from sluice.engine import Evidence

_LABELS = 10_000
_LABEL_LIKE = re.compile(r"e\d{4}")
_FENCE = "bcdfghjkmnpqrstvwxz23456789"
_LONGEST_SERVICE = 64
_LONGEST_DESCRIPTION = 160

_REASONING = 512
_ENTRY = 64
"""Output tokens: what a model at its lowest effort may think, and one entry (about 30 of an answer as asked for)."""
_FRAME = 1024
"""Input tokens that a provider may add around a request: roles, and how it explains the schema."""
_CONSTANT = (len(SYSTEM.encode()) + len(msgspec.json.encode(SCHEMA))) // 2 + _FRAME

Item = TypeVar("Item")
Services = Mapping[tuple[str, str], str]
"""What a service does, by namespace and name."""


class Composed(msgspec.Struct, frozen=True):
    """One call. `asked` never leaves this process. `input_bound`: input tokens that it cannot exceed.

    The bound: byte-level tokenisers, as both providers use, make no more tokens of a text than it has bytes; so the
    content counts with all its bytes, and what is always the same, English prose of four bytes a token, with half.
    """

    question: Question
    asked: Asked
    input_bound: int

    @property
    def token_bound(self) -> int:
        """What the call may cost at the worst, to be reserved before it is made."""
        return self.input_bound + self.question.max_output_tokens

    def read(self, reply: Reply) -> Read:
        return read(self.asked, reply.text, complete=reply.complete)

    def is_answered(self, reply: Reply) -> bool:
        """Whether the reply speaks of the canaries at all, right or wrong."""
        return self.read(reply).void != MISSING


def compose(
    batch: Sequence[Evidence],
    chance: Random,
    *,
    services: Services | None = None,
    rates: Mapping[str, float] | None = None,
) -> Composed:
    """The call that asks about `batch`: redacted evidence of at most `BATCH` types; none at all asks about the
    canaries alone, which tells whether the provider takes any request of this kind.

    `services`, `rates`: what is known of the services, and the types' records a day by fingerprint; `chance`: what
    labels, order, canaries and fence are drawn with, nobody else's to guess (`random.SystemRandom`). 64 types
    take some 2 ms. Raises `ValueError` for a batch that `grouped` would not have made.
    """
    _check(batch)
    rates = rates or {}
    kept, wasted = canaries.must_keep(chance, batch), canaries.waste(chance, batch)
    listed = [*batch, kept, wasted]
    told = [rates[entry.fingerprint] for entry in batch if entry.fingerprint in rates]
    shows = [shown(entry, rates.get(entry.fingerprint)) for entry in batch]
    shows += [shown(entry, chance.choice(told) if told else None) for entry in (kept, wasted)]
    services_of = list(map(service_of, listed))
    heads = {name: _head(name, services or {}) for name in services_of}
    text = "\n".join([*heads.values(), *(f"{show.scope} {show.line}" for show in shows)])
    labels, fence = _labels(chance, len(listed), text), _fence(chance, text)
    lines: list[str] = []
    for name in _shuffled(chance, list(heads)):
        lines.append(heads[name])
        mine = [place for place, its in enumerate(services_of) if its == name]
        lines += _under_scopes(chance, [(shows[place].scope, f"{labels[place]} {shows[place].line}") for place in mine])
    content = "\n".join([f"{len(listed)} event types between the fences {fence}.", fence, *lines, fence])
    return Composed(
        Question(SCHEMA_NAME, SYSTEM, content, SCHEMA, _REASONING + _ENTRY * len(listed)),
        Asked(
            fingerprints={label: entry.fingerprint for label, entry in zip(labels, batch, strict=False)},
            services={label: service_of(entry) for label, entry in zip(labels, batch, strict=False)},
            told={label: show.told for label, show in zip(labels, shows, strict=True)},
            must_keep=labels[-2],
            waste=labels[-1],
        ),
        _CONSTANT + len(content.encode()),
    )


def _check(batch: Sequence[Evidence]) -> None:
    if len(batch) > BATCH:
        raise ValueError(f"{len(batch)} event types in one call: at most {BATCH}")
    if len({entry.fingerprint for entry in batch}) < len(batch):
        raise ValueError("an event type twice in one call")
    if len(batch) > 1 and any(lone(entry) for entry in batch):
        raise ValueError("an event type in company that is to be asked about alone")


def _under_scopes(chance: Random, lines: Sequence[tuple[str, str]]) -> list[str]:
    """The lines of one service in shuffled order, those of a scope below its name, which is told once."""
    scopes: dict[str, list[str]] = {}
    for scope, line in _shuffled(chance, list(lines)):
        scopes.setdefault(scope, []).append(line)
    unnamed = scopes.pop("", [])
    return [*unnamed, *(part for scope, below in scopes.items() for part in (f"@{scope}", *below))]


def _head(name: tuple[str, str], services: Services) -> str:
    """The line above the types of one service."""
    called, does = cut(clean(name[1]), _LONGEST_SERVICE), cut(clean(services.get(name, "")), _LONGEST_DESCRIPTION)
    told = ("" if orders(called) else called, "" if speaks(does) else does)
    return f"Service {quoted(': '.join(filter(None, told)))}"


def _shuffled(chance: Random, items: list[Item]) -> list[Item]:
    return chance.sample(items, len(items))


def _labels(chance: Random, count: int, text: str) -> list[str]:
    """Labels that no text of the call holds, so that none can speak of its neighbours. There is room: the text of a
    call has some 26,000 characters at most."""
    taken = set(_LABEL_LIKE.findall(text.casefold()))
    drawn = chance.sample(range(_LABELS), min(_LABELS, count + len(taken)))
    return [label for number in drawn if (label := f"e{number:04}") not in taken][:count]


def _fence(chance: Random, text: str) -> str:
    while True:
        fence = "".join(chance.choice(_FENCE) for _ in range(6))
        if fence not in text:
            return fence
