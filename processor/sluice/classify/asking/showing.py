"""One event type as a model is shown it: a few fields and one JSON string. Every character is paid for.

    @shop.web
    info 12k/d "slow request: GET </cart|/orders> took <405ms|2060ms> (threshold <400ms>)"

The template stands once, the values seen stand in the variables' places; what says nothing of the category is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from sluice.classify.asking.text import clean, cut, cut_middle, quoted
from sluice.engine import Evidence, Slot

_VALUES = {"num": 2, "dur": 2, "size": 2, "path": 2, "id": 1, "bool": 2, "str": 3, "word": 3}
"""How many values of a slot are shown, by its kind. Those of other kinds (addresses, UUIDs, times) are sent as masks.
An `id` is a name with digits in it: it tells `node-17` from `tmp-file-3`."""
_LONGEST_VALUE = 28
_FEW_SLOTS = 4
"""Slots up to which more than one value of each is shown."""
_ALL_VALUES = 64
"""Characters of all values of one type together."""
_LONGEST_TEXT = 150
_LONGEST_DESCRIPTION = 48
_LONGEST_SAMPLE = 160
_LONGEST_SCOPE = 32
_ENOUGH_WORDS = 4
"""Constant words from which on a text speaks for itself, and attribute keys add nothing."""
_KEYS = 4
_LONGEST_KEYS = 48
_SEEN = 3
_MANY = 0.8
"""An attribute of which at least so many values were looked at, and of these that share differ, has many."""

_MASK = re.compile(r"<([A-Za-z][\w-]*(?::[a-z+]+)?)>")
"""Of a word also with what it tells: `<word:fail>`."""
_TIMES = re.compile(r"^(?:[\[(]?<(?:date|time)>[\])]?(?: ?(?:UTC|GMT|Z)\b)?[\s,|-]*)+")
"""When it was written, at the head of a line."""
_TEMPORALITY = re.compile(r"(?:\|sum)?(?:\|(?:cumulative|delta))(\|monotonic)?\}$")
"""Of a metric: whether it counts up tells something, the way it is exported does not."""
_STRUCTURE = re.compile(r"^\{([^\s]*)\}")
"""The key paths of a structured body, which the engine writes before its message."""
_TYPE = re.compile(r":[sbnax0*]$")
"""What a key's value is, by a letter."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_SCOPE = re.compile(r"[\w.:/$-]+")
_KEY = re.compile(r"[A-Za-z][\w.-]{0,31}")
_CONTEXT = re.compile(
    r"(?:asgi|aws|client|cloud|code|container|db|event|faas|host|http|k8s|log|net|network|otel|process|rpc|server|service|"
    r"otelcol|resource|source|telemetry|thread|url|user_agent)\.|"
    r"(?:severity|time|timestamp|ts|level|logger|caller|component|msg|message|service|host|pid|trace_?id|span_?id)$"
)
"""Attribute keys that say where a record was made, or again what its name and outcome say."""
_SIGNALS = {"metrics": "metric", "spans": "span"}


class Shown(msgspec.Struct, frozen=True):
    """`line` and above it `scope`: all that the model sees but the label. `told`: the values in it, which no answer may
    repeat."""

    scope: str
    line: str
    told: tuple[str, ...]


def shown(evidence: Evidence, per_day: float | None = None) -> Shown:
    """`per_day`: its records a day, when known; else those counted so far are told. Some 400 characters at most, before
    they are quoted."""
    identity = evidence.identity
    text, told = _text(evidence)
    wordy = len(_WORD.findall(_MASK.sub("", text))) >= _ENOUGH_WORDS
    fields = (
        _SIGNALS.get(identity.signal, ""),
        identity.severity,
        identity.outcome,
        identity.purpose,
        f"x{_round(evidence.count)}" if per_day is None else f"{_round(per_day)}/d",
        _keys(evidence, wordy),
        quoted(text),
    )
    return Shown(_scope(identity.scope), " ".join(field for field in fields if field), told)


def _text(evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    template, told = _filled(clean(evidence.template), evidence.slots)
    template = _TIMES.sub("", template) or template
    structure = _STRUCTURE.match(template) if evidence.identity.signal == "logs" else None
    says = structure is not None and _WORD.search(template, structure.end()) is not None
    if structure and says:
        template = f"{_telling(structure[1])} {template[structure.end() :].lstrip()}".lstrip()
    text = cut_middle(template, _LONGEST_TEXT)
    if not evidence.samples:
        return text, told
    sample = clean(evidence.samples[0])
    if evidence.identity.signal == "metrics":
        text = _TEMPORALITY.sub(lambda found: "|counter}" if found[1] else "}", text)
        return (f"{text} {cut(sample, _LONGEST_DESCRIPTION)}" if sample else text), told
    if structure and not evidence.slots and not says:
        # nothing but keys: what they hold decides
        sample = cut(sample, _LONGEST_SAMPLE)
        return f"{text} {sample}", (*told, sample)
    return text, told


def _telling(paths: str) -> str:
    """The keys of a structured body that say more than where it was written; the message says the rest."""
    keys = [_TYPE.sub("", path) for path in paths.split(",")]
    telling = [key for key in keys if _KEY.fullmatch(key) and not _CONTEXT.match(key)][:_KEYS]
    return f"{{{','.join(telling)}}}" if telling else ""


def _filled(template: str, slots: Sequence[Slot]) -> tuple[str, tuple[str, ...]]:
    """The template with values in the places of its variables.

    A line may hold `<num>` of its own; where masks and slots do not match one to one the template stands alone.
    """
    kinds = {slot.kind for slot in slots}
    masks = [found for found in _MASK.finditer(template) if found[1] in kinds]
    if [found[1] for found in masks] != [slot.kind for slot in slots]:
        return template, ()
    values = _affordable(slots)
    parts, end = [], 0
    for found, seen in zip(masks, values, strict=True):
        parts += [template[end : found.start()], f"<{'|'.join(seen)}>" if seen else found[0]]
        end = found.end()
    return "".join([*parts, template[end:]]), tuple(value for seen in values for value in seen)


def _affordable(slots: Sequence[Slot]) -> list[list[str]]:
    """The values that are shown of each slot: the first of each, then the second, while there is room."""
    taken: list[list[str]] = [[] for _ in slots]
    room = _ALL_VALUES
    for turn in range(max(_VALUES.values()) if len(slots) <= _FEW_SLOTS else 1):
        for slot, values in zip(slots, taken, strict=True):
            if turn >= min(_VALUES.get(slot.kind.partition(":")[0], 0), len(slot.values)):
                continue
            value = cut(clean(slot.values[turn]), _LONGEST_VALUE)
            if value and value not in values and len(value) <= room:
                values.append(value)
                room -= len(value)
    return taken


def _scope(scope: str) -> str:
    """The library or logger: its own name, without the path of packages before it."""
    name = clean(scope).rstrip("./")
    name = name.removeprefix("opentelemetry.instrumentation.")
    if "/" in name:
        name = name.rsplit("/", 1)[1]
    elif name.count(".") > 1:
        name = ".".join(name.split(".")[-2:])
    name = "".join(_SCOPE.findall(name))
    return cut(name, _LONGEST_SCOPE)


def _keys(evidence: Evidence, wordy: bool) -> str:
    """Where the text says little, what the attributes are named; those of a metric only when each point has its own."""
    many = {key for key, (values, seen) in evidence.cardinality.items() if seen >= _SEEN and values >= _MANY * seen}
    told = () if wordy else evidence.attribute_keys
    if evidence.identity.signal == "metrics":
        told = [key for key in evidence.attribute_keys if key in many]
    telling = [key for key in told if _KEY.fullmatch(key) and not _CONTEXT.match(key)][:_KEYS]
    while telling and len(",".join(telling)) > _LONGEST_KEYS:
        telling.pop()
    marked = [f"{key}~many" if key in many else key for key in telling]
    return f"+{','.join(marked)}" if marked else ""


def _round(amount: float) -> str:
    """Two digits tell as much as ten: 37, 1.2k, 40k, 3M."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if amount >= limit:
            scaled = amount / limit
            return f"{scaled:.1f}".removesuffix(".0") + unit if scaled < 10 else f"{scaled:.0f}{unit}"
    return f"{amount:.0f}"
