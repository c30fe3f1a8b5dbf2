"""Is the verdict right? The judge beside two human annotators, on labelled event types through the real engine.

    python benchmarks/judging.py [--labels FOLDER] [--lines FOLDER]       the embedded rules
    python benchmarks/judging.py --emit DIR                               what a model would be asked, written to DIR
    python benchmarks/judging.py --answers DIR                            the same scored, once the answers are there
    python benchmarks/judging.py --provider anthropic [--model NAME]      asked live, with the key in the environment

Each labelled type's samples go through the engine as OTLP log records; the evidence that comes out is judged; policy
and guards decide as by default, except that rarity, probation and max_drop_share are off and that a type's rate is its
labelled count.
What counts, in this order: types that must be kept and would be dropped, sampled or limited (none may be), the share of
those that may be dropped that is found, the category's agreement with either annotator. Nothing is asserted here.
A question stands in DIR/questions, whose labels are whose in DIR/private; the text that a model answers to
DIR/questions/001.json goes to DIR/answers/001.json. Labels, lines and what is emitted of them are for evaluation only.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import judging_by_model as by_model
import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from rich.console import Console
from rich.table import Table

from sluice.classify.providers.base import Provider
from sluice.classify.providers.rules import Rules as RulesProvider
from sluice.classify.queue import Queue
from sluice.config.model import PolicyConfig
from sluice.config.units import Duration, Share
from sluice.engine import Engine, Evidence, Settings, Signal, evidence
from sluice.telemetry import Telemetry
from sluice.verdicts.guards import Case, Ruling, rule
from sluice.verdicts.model import Facts
from sluice.verdicts.policy import Rules
from sluice.verdicts.protect import Exceptions
from sluice.verdicts.twins import similar

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = Settings(min_records=1)
POLICY = PolicyConfig(mode="drop", rare_per_day=0, probation=Duration(0.0), max_drop_share=Share(1.0))


class Labelled(msgspec.Struct, frozen=True):
    """One labelled event type. `keep` and `category` hold what either annotator said."""

    id: str
    service: str
    level: str
    component: str
    count: int
    samples: list[str]
    keep: tuple[bool, bool]
    category: tuple[str, str]

    @property
    def must_keep(self) -> bool:
        return all(self.keep)

    @property
    def may_drop(self) -> bool:
        return not any(self.keep)


class Scored(msgspec.Struct, frozen=True):
    """A labelled type with the facts of the event types that its samples fall in, and the action that reaches it."""

    label: Labelled
    facts: list[Facts]
    action: str
    reason: str

    @property
    def withheld(self) -> bool:
        return self.action != "keep"

    @property
    def agrees(self) -> bool:
        return any(facts.category in self.label.category for facts in self.facts)


def labelled(folder: Path, lines: Path) -> list[Labelled]:
    """What the labels' own reader prints."""
    reader, labels = folder / "types.py", folder / "labels.json"
    for path in (reader, labels, lines):
        if not path.exists():
            raise SystemExit(f"{path} not found: give the folders with --labels and --lines")
    printed = subprocess.run([sys.executable, "-P", reader, labels, lines], check=True, capture_output=True).stdout
    return [msgspec.json.decode(line, type=Labelled) for line in printed.splitlines()]


def request(label: Labelled) -> bytes:
    """The samples as log records: the logging library's names, as OpenTelemetry's bridges write them."""
    message = ExportLogsServiceRequest()
    resource = message.resource_logs.add()
    service = resource.resource.attributes.add()
    service.key, service.value.string_value = "service.name", label.service
    scope = resource.scope_logs.add()
    scope.scope.name = label.component
    for sample in label.samples:
        record = scope.log_records.add()
        record.severity_text = label.level
        record.body.string_value = sample
    return message.SerializeToString()


def mined(labels: Sequence[Labelled]) -> tuple[dict[str, set[str]], list[Evidence]]:
    """The fingerprints that each labelled type falls in, and the evidence of all, as one process would gather it."""
    telemetry = Telemetry()
    waiting = Queue(max_size=len(labels) * 3, settle=0.0, telemetry=telemetry)
    whole, fingerprints = Engine(SETTINGS), {}
    for label in labels:
        alone = Engine(SETTINGS)  # a known type brings no evidence, so each is recognised by an engine of its own
        fingerprints[label.id] = {entry.fingerprint for entry in _committed(alone, request(label))}
        for entry in _committed(whole, request(label)):
            waiting.add(entry)
    return fingerprints, [taken.evidence for taken in waiting.take(len(waiting))]


def _committed(engine: Engine, body: bytes) -> list[Evidence]:
    return evidence(engine.process(Signal.LOGS, body).commit() or b"[]")


async def judged(provider: Provider, entries: Sequence[Evidence], batch_size: int = 64) -> dict[str, Facts]:
    facts: dict[str, Facts] = {}
    for start in range(0, len(entries), batch_size):
        facts.update((await provider.judge(entries[start : start + batch_size])).facts)
    return facts


def scored(
    labels: Iterable[Labelled],
    fingerprints: Mapping[str, set[str]],
    entries: Sequence[Evidence],
    facts: Mapping[str, Facts],
) -> list[Scored]:
    """A labelled type that falls in several event types is withheld when one of them is."""
    policy = Rules(POLICY, Exceptions())
    known = {entry.fingerprint: entry for entry in entries}
    counts = rates(labels := list(labels), fingerprints)
    rulings = {
        name: rule(
            Case(known[name].identity, known[name].template, said.category, said.confidence, counts[name]), policy
        )
        for name, said in facts.items()
    }
    scores = []
    for label in labels:
        action, reason = "keep", ""
        reached = [name for name in sorted(fingerprints[label.id]) if name in facts]
        for name in reached:
            found = rulings[name].action
            if rulings[name].guards == ("twin",) and vouched(facts[name], counts[name], facts, rulings, counts):
                found = policy.action("duplicate", "logs").kind
            if found != "keep":
                action, reason = found, f"{facts[name].category}, {facts[name].reason or facts[name].description}"
        scores.append(Scored(label, [facts[name] for name in reached], action, reason))
    return scores


def vouched(
    said: Facts, rate: float, facts: Mapping[str, Facts], rulings: Mapping[str, Ruling], counts: Mapping[str, float]
) -> bool:
    """Whether the named twin stands in for a duplicate: kept itself, no duplicate, and seen at a similar rate."""
    twin = said.twin
    if twin is None or twin not in facts or rulings[twin].action != "keep" or facts[twin].category == "duplicate":
        return False
    return similar(rate, counts[twin])


def report(scores: Sequence[Scored], console: Console) -> None:
    by_service: dict[str, list[Scored]] = defaultdict(list)
    for score in scores:
        by_service[score.label.service].append(score)
    table = Table(title="judge against two annotators")
    for heading in (
        "service",
        "types",
        "must keep",
        "of them withheld",
        "may drop",
        "found",
        "of its lines",
        "category",
    ):
        table.add_column(heading, justify="left" if heading == "service" else "right")
    for service in sorted(by_service):
        table.add_row(*_row(service, by_service[service]))
    table.add_section()
    table.add_row(*_row("all", scores))
    console.print(table)
    for score in scores:
        if score.label.must_keep and score.withheld:
            console.print(f"withheld though it must be kept: {score.label.id} ({score.action}: {score.reason})")


def _row(name: str, scores: Sequence[Scored]) -> list[str]:
    must = [score for score in scores if score.label.must_keep]
    may = [score for score in scores if score.label.may_drop]
    found = [score for score in may if score.withheld]
    return [
        name,
        str(len(scores)),
        str(len(must)),
        str(sum(score.withheld for score in must)),
        str(len(may)),
        _share(len(found), len(may)),
        _share(sum(score.label.count for score in found), sum(score.label.count for score in may)),
        _share(sum(score.agrees for score in scores), len(scores)),
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def rates(labels: Sequence[Labelled], fingerprints: Mapping[str, set[str]]) -> dict[str, float]:
    """Records a day of each event type: the counts of the labelled types that fall in it."""
    counted: dict[str, float] = defaultdict(float)
    for label in labels:
        for name in fingerprints[label.id]:
            counted[name] += label.count
    return counted


def main() -> None:
    parser = argparse.ArgumentParser(description="the judge beside two annotators, on labelled event types")
    parser.add_argument("--labels", type=Path, default=ROOT.parent / "shared" / "judging")
    parser.add_argument("--lines", type=Path, default=ROOT.parent / "shared" / "loghub_2k")
    parser.add_argument("--services", metavar="A,B", help="only these sets")
    parser.add_argument("--model", help="with --provider: not the newest but this one")
    parser.add_argument("--every", action="store_true", help="print how each labelled type was judged")
    judge = parser.add_mutually_exclusive_group()
    judge.add_argument("--emit", type=Path, metavar="DIR", help="write what a model would be asked")
    judge.add_argument("--answers", type=Path, metavar="DIR", help="score the answers that were put into DIR/answers")
    judge.add_argument("--provider", choices=sorted(by_model.KEYS), help="ask a live provider")
    arguments = parser.parse_args()
    console = Console()
    labels = labelled(arguments.labels, arguments.lines)
    if arguments.services:
        labels = [label for label in labels if label.service in arguments.services.split(",")]
    fingerprints, entries = mined(labels)
    if arguments.emit:
        count = by_model.emit(arguments.emit, entries, rates(labels, fingerprints))
        console.print(f"{count} questions about {len(entries)} event types in {arguments.emit}")
        return
    if arguments.answers:
        outcome = by_model.answers(arguments.answers)
    elif arguments.provider:
        model = by_model.provider(arguments.provider, arguments.model)
        outcome = asyncio.run(by_model.ask(model, entries, rates(labels, fingerprints)))
    else:
        outcome = by_model.Outcome(facts=asyncio.run(judged(RulesProvider(), entries)))
    scores = scored(labels, fingerprints, entries, outcome.facts)
    report(scores, console)
    if outcome.calls:
        console.print(outcome.told())
    if arguments.every:
        for score in scores:
            gold = "must keep" if score.label.must_keep else "may drop" if score.label.may_drop else "contested"
            said = "; ".join(f"{facts.category}, {facts.confidence}" for facts in score.facts)
            console.print(f"{score.label.id} {gold} ({'/'.join(score.label.category)}): {score.action} ({said})")


if __name__ == "__main__":
    main()
