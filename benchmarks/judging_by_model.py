"""The labelled event types before a model: questions written out and answers read back, or asked of a live provider.

EMITTED/questions/001.json    what the model may see: system, content, schema, max_output_tokens
EMITTED/private/001.json      whose label is whose: for the scorer alone
EMITTED/answers/001.json      what the model wrote, put there by whoever asked it
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import SystemRandom

import msgspec
from tokens import approximate

from sluice.classify.asking import Composed, compose, grouped
from sluice.classify.asking.answers import Asked, Read, read
from sluice.classify.providers.model import Model
from sluice.classify.redact import Redactor
from sluice.config.model import Provider, Redaction
from sluice.engine import Evidence
from sluice.verdicts.model import Facts

ROUNDS = 3
"""How often a live provider is asked about a type without a usable answer."""


class Outcome(msgspec.Struct):
    """What came of the questions. `input`, `output`: tokens; `counted`: by the provider, else estimated."""

    facts: dict[str, Facts] = {}
    asked: int = 0
    calls: int = 0
    voids: list[str] = []
    unanswered: int = 0
    input: int = 0
    output: int = 0
    counted: bool = False

    def told(self) -> str:
        tokens = (self.input + self.output) / max(1, self.asked)
        how = "by the provider's count" if self.counted else "estimated"
        voids = f", void: {', '.join(self.voids)}" if self.voids else ""
        return (
            f"{self.asked} event types in {self.calls} calls, {self.unanswered} unanswered{voids}; "
            f"{tokens:.0f} tokens a type {how} ({self.input} in, {self.output} out)"
        )


def composed(entries: Sequence[Evidence], rates: Mapping[str, float]) -> list[Composed]:
    """The calls that a provider would be asked, redaction included."""
    redactor = Redactor(Redaction())
    shown = [redactor.shown(entry) for entry in entries if redactor.listable(entry)]
    return [compose(group, SystemRandom(), rates=rates) for group in grouped(shown)]


def emit(folder: Path, entries: Sequence[Evidence], rates: Mapping[str, float]) -> int:
    for part in ("questions", "private", "answers"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    calls = composed(entries, rates)
    for number, call in enumerate(calls, 1):
        (folder / "questions" / f"{number:03}.json").write_bytes(_indented(call.question))
        (folder / "private" / f"{number:03}.json").write_bytes(_indented(call.asked))
    return len(calls)


def _indented(value: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value)) + b"\n"


def answers(folder: Path) -> Outcome:
    """A question without an answer, and what is void, counts as unanswered: kept."""
    outcome = Outcome()
    for private in sorted((folder / "private").glob("*.json")):
        asked = msgspec.json.decode(private.read_bytes(), type=Asked)
        question = msgspec.json.decode((folder / "questions" / private.name).read_bytes())
        answer = folder / "answers" / private.name
        text = answer.read_text() if answer.exists() else ""
        _add(outcome, read(asked, text, complete=bool(text)), len(asked.fingerprints))
        whole = question["system"] + question["content"] + msgspec.json.encode(question["schema"]).decode()
        outcome.input += approximate(whole)
        outcome.output += approximate(text)
    if not outcome.calls:
        raise SystemExit(f"{folder} holds no questions: write them with --emit {folder}")
    return outcome


def _add(outcome: Outcome, seen: Read, asked: int) -> None:
    outcome.calls += 1
    outcome.asked += asked
    outcome.facts.update(seen.facts)
    outcome.unanswered += len(seen.unanswered)
    if seen.void:
        outcome.voids.append(seen.void)


KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
_CLASSES = {"anthropic": "Anthropic", "openai": "OpenAI"}


def provider(name: str, model: str | None) -> Model:
    """The provider that `sluice run` would ask, with the key from the environment."""
    key = os.environ.get(KEYS[name])
    if not key:
        raise SystemExit(f"{KEYS[name]} is not set: it holds the key for --provider {name}")
    module = importlib.import_module(f"sluice.classify.providers.{name}")
    asked: Model = getattr(module, _CLASSES[name])(Provider(api_key=key, model=model))
    return asked


async def ask(model: Model, entries: Sequence[Evidence], rates: Mapping[str, float]) -> Outcome:
    """Asks about all, and again about those without a usable answer; a call that was void is halved."""
    outcome, waiting = Outcome(counted=True), [list(entries)]
    for _ in range(ROUNDS):
        again: list[list[Evidence]] = []
        for batch in waiting:
            for call in composed(batch, rates):
                reply = await model.ask(call.question)
                seen = call.read(reply)
                _add(outcome, seen, 0)
                outcome.input += reply.usage.total - reply.usage.output
                outcome.output += reply.usage.output
                left = [entry for entry in batch if entry.fingerprint in seen.unanswered]
                middle = (len(left) + 1) // 2 if seen.void else len(left)
                again += [part for part in (left[:middle], left[middle:]) if part]
        waiting = again
    outcome.asked = len(entries)
    outcome.unanswered = len(entries) - len(outcome.facts)
    return outcome
