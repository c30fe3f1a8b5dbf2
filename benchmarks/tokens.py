"""What does judging cost? Tokens an event type, over the recorded demo corpus, in both wire formats.

    python benchmarks/tokens.py [--recording FILE] [--show]

The recording is mined, redacted and asked about as `sluice run` would do it once all types wait; each call is laid out
as the provider's API takes it, and answered in the form that the schema asks for. What describing the services costs is
counted in, and so are the types that are asked about a second time (`classify/doubt.py`), with the share that
`judging.py` found among labelled ones. The count is an estimate, because
neither provider's tokeniser works without a network: a word costs one token for each six letters begun, digits and runs
of other characters one for each three. That is what byte-pair vocabularies of 100,000 and more do to
common text, with rare words counted as dear as they are; prose comes out some 20 % too high. `sluice run` logs, and
`sluice verdicts` shows, the provider's own count.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from sluice.classify.asking import Composed, compose, grouped
from sluice.classify.providers.model import Question
from sluice.classify.providers.rules import Rules
from sluice.classify.queue import Queue
from sluice.classify.redact import Redactor
from sluice.classify.services.model import asked_of
from sluice.classify.services.patterns import Name, Seen
from sluice.config.model import Redaction
from sluice.engine import Engine, Evidence, Settings, evidence
from sluice.recording import read
from sluice.telemetry import Telemetry

ROOT = Path(__file__).resolve().parents[1]
_PART = re.compile(r"\s?[^\W\d_]+|\d{1,3}|\s?[^\w\s]+|\s+|_")


def approximate(text: str) -> int:
    """An estimate of the tokens of a text; see above."""
    return sum(_cost(found[0].strip()) for found in _PART.finditer(text))


def _cost(part: str) -> int:
    return -(-len(part) // (6 if part.isalpha() else 3)) or 1


def anthropic(question: Question) -> dict[str, Any]:
    """What the Messages API reads as text. The schema is told to the model in the provider's own words."""
    return {"system": question.system, "messages": question.content, "output_config": question.schema}


def openai(question: Question) -> dict[str, Any]:
    """What the Responses API reads as text. The schema is told to the model with its name."""
    return {"instructions": question.system, "input": question.content, "text": [question.name, question.schema]}


FORMATS: dict[str, Callable[[Question], dict[str, Any]]] = {"anthropic": anthropic, "openai": openai}
FRAME = {"anthropic": 100, "openai": 20}
"""What an API adds of its own, as far as it is told: roles, and a few lines on how to keep to a schema."""


DOUBTED = 0.08
"""Of log types, those that a model and the embedded rules honestly disagree about: 12 of 154 labelled ones."""


def spent(question: Question, wire: str) -> tuple[int, int]:
    """Estimated input tokens of a call: those that are the same in each, so that they can be cached, and the others."""
    parts = FORMATS[wire](question)
    texts = [part if isinstance(part, str) else json.dumps(part, separators=(",", ":")) for part in parts.values()]
    changing = approximate(question.content)
    return sum(map(approximate, texts)) - changing + FRAME[wire], changing


def answered(composed: Composed, entries: Sequence[Evidence]) -> str:
    """An answer in the schema's form with the rules' facts, and a description of four words for each."""
    facts, known = Rules(), {entry.fingerprint: entry for entry in entries}
    said = []
    for label in (*composed.asked.fingerprints, composed.asked.must_keep, composed.asked.waste):
        entry = known.get(composed.asked.fingerprints.get(label, ""))
        category = facts.facts(entry).category if entry else "routine_success"
        said.append({"l": label, "d": "product page served quickly", "c": category, "s": "high"})
    return json.dumps({"v": said, "t": []}, separators=(",", ":"))


def mined(recording: Path) -> list[Evidence]:
    """Every event type of a recording with its evidence, redacted."""
    engine, redactor = Engine(Settings()), Redactor(Redaction())
    waiting = Queue(max_size=100_000, settle=0.0, telemetry=Telemetry())
    for signal, request in read(recording):
        for entry in evidence(engine.process(signal, request).commit() or b"[]"):
            waiting.add(entry)
    taken: list[Evidence] = []
    while batch := waiting.take(max(1, len(waiting))):  # types of one service at a time
        taken += [waiting_one.evidence for waiting_one in batch]
    return [redactor.shown(entry) for entry in taken if redactor.listable(entry)]


def described(entries: Sequence[Evidence]) -> list[tuple[Question, str]]:
    """What a model is asked of each service, once, and an answer of ordinary length."""
    redactor, seen = Redactor(Redaction()), dict[Name, Seen]()
    for entry in entries:
        name = Name(entry.identity.namespace, entry.identity.service)
        seen.setdefault(name, Seen(name, 0.0, redactor.clean)).add(entry, 0.0)
    answer = {
        "k": "web_api",
        "d": "sells products to customers and keeps their carts and orders",
        "r": ["serves product pages", "takes orders", "keeps carts", "logs customers in"],
        "n": ["redis", "postgresql", "kafka"],
    }
    text = json.dumps(answer, separators=(",", ":"))
    return [(asked_of(service.patterns(), Random(1)), text) for service in seen.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description="tokens an event type over a recording, estimated")
    parser.add_argument("--recording", type=Path, default=ROOT / "deploy" / "recording" / "shop.jsonl.zst")
    parser.add_argument("--show", action="store_true", help="print what is asked, too")
    arguments = parser.parse_args()
    console = Console()
    entries = mined(arguments.recording)
    calls = [compose(group, Random(number)) for number, group in enumerate(grouped(entries))]
    table = Table(title=f"{len(entries)} event types in {len(calls)} calls: estimated tokens a type")
    for heading in ("wire format", "constant input", "the types", "output", "again", "services", "all in", "bound"):
        table.add_column(heading, justify="left" if heading == "wire format" else "right")
    output = sum(approximate(answered(composed, entries)) for composed in calls)
    logs = sum(entry.identity.signal == "logs" for entry in entries)
    bound = sum(composed.token_bound for composed in calls)
    for wire in FORMATS:
        counts = [spent(composed.question, wire) for composed in calls]
        constant, changing = sum(count[0] for count in counts), sum(count[1] for count in counts)
        services = sum(sum(spent(question, wire)) + approximate(answer) for question, answer in described(entries))
        again = DOUBTED * logs / len(entries) * (constant + changing + output)
        sums = (constant, changing, output, again, services, constant + changing + output + again + services, bound)
        table.add_row(wire, *(f"{total / len(entries):.1f}" for total in sums))
    console.print(table)
    if arguments.show:
        for composed in calls:
            console.print(composed.question.content, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
