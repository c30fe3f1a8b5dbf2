"""Questions and replies for tests: reads a question as a model would, and answers it as the test says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping

from real.models import Asked
from sluice.classify.asking import Composed
from sluice.classify.providers.model import Question, Reply, Usage

_LINE = re.compile(r"^(e\d{4}) (.*)$", re.MULTILINE)
FAULT = {"d": "something failed", "c": "fault", "s": "high", "t": None}
PROBE = {"d": "probe answered", "c": "health_check", "s": "high", "t": None}

Answer = Mapping[str, object]


def lines(question: Question | Asked) -> dict[str, str]:
    """What stands behind each label."""
    return dict(_LINE.findall(question.content))


def wire(entries: Iterable[Answer]) -> dict[str, object]:
    """Entries with a twin (`t`) each, in the form of the schema."""
    told = list(entries)
    twins = [{"l": entry["l"], "t": entry["t"]} for entry in told if entry.get("t") is not None]
    return {"v": [{key: said for key, said in entry.items() if key != "t"} for entry in told], "t": twins}


def reply(entries: str | Iterable[Answer], *, complete: bool = True) -> Reply:
    text = entries if isinstance(entries, str) else json.dumps(wire(entries))
    return Reply(text, "model-1", Usage(), complete)


def answered(composed: Composed, answer: Callable[[str, str], Answer] | None = None) -> list[dict[str, object]]:
    """An honest model's entries, in the order asked: `answer` gets label and line of what is no canary."""
    entries = []
    for label, line in lines(composed.question).items():
        if label == composed.asked.must_keep:
            entry: Answer = FAULT
        elif label == composed.asked.waste:
            entry = PROBE
        else:
            entry = PROBE if answer is None else answer(label, line)
        entries.append({"l": label, **entry})
    return entries
