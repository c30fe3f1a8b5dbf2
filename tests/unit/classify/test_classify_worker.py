"""From bytes that a pipeline thread hands over to facts: what a judge may do wrong, and what happens then."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
import pytest

from made_evidence import evidence
from sluice.classify.intake import Intake
from sluice.classify.providers.rules import VERSION, Rules
from sluice.classify.queue import Queue
from sluice.classify.redact import Redactor
from sluice.classify.worker import Worker
from sluice.config.model import Redaction
from sluice.engine import Evidence
from sluice.errors import ProviderError
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.model import Facts

FACTS = Facts(category="heartbeat", confidence="high")


class Judge:
    """A provider whose answers the test scripts; `asked` holds each batch as it was shown."""

    name = "scripted"
    model = "model-1"
    prompt_version = "prompt-1"

    def __init__(
        self, answer: Callable[[Sequence[Evidence]], Mapping[str, Facts]], kind: Literal["rule", "llm"] = "llm"
    ):
        self.kind = kind
        self.asked: list[list[Evidence]] = []
        self._answer = answer

    async def judge(self, batch: Sequence[Evidence]) -> Mapping[str, Facts]:
        self.asked.append(list(batch))
        await asyncio.sleep(0)
        return self._answer(batch)


def all_known(batch: Sequence[Evidence]) -> Mapping[str, Facts]:
    return {entry.fingerprint: FACTS for entry in batch}


class Bench:
    """A worker with its real parts around it; `facts` is what the registry would have been told."""

    def __init__(self, provider, *, max_size: int = 100, batch_size: int = 64, known: set[str] | None = None) -> None:
        self.telemetry = Telemetry()
        self.health = HealthBoard()
        self.intake = Intake(self.telemetry)
        self.queue = Queue(max_size, 0.0, self.telemetry)
        self.known = set() if known is None else known
        self.facts = []
        self.breaks_on: set[str] = set()
        self.changed = asyncio.Event()
        self.worker = Worker(
            intake=self.intake,
            queue=self.queue,
            redactor=Redactor(Redaction()),
            provider=provider,
            known=lambda fingerprint, kind: kind == provider.kind and fingerprint in self.known,
            judged=self.judged,
            instance="replica-1",
            telemetry=self.telemetry,
            health=self.health,
            batch_size=batch_size,
            retry_delay=(0.01, 0.02),
        )

    def judged(self, entry, facts, source) -> None:
        if entry.template in self.breaks_on:
            raise ValueError("cannot take it")
        self.known.add(entry.fingerprint)
        self.facts.append((entry, facts, source))

    def offer(self, *entries: Evidence) -> None:
        self.intake.offer(msgspec.json.encode(list(entries)))

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0.001)

    async def __aenter__(self):
        self.worker.start()
        return self

    async def __aexit__(self, *_) -> None:
        await self.worker.stop()


async def test_facts_reach_the_registry_with_their_source():
    async with Bench(Rules()) as bench:
        bench.offer(evidence("keep-alive from <ip>"), evidence("disk failure on <id>"))
        await bench.until(lambda: len(bench.facts) == 2)
    categories = {entry.template: facts.category for entry, facts, _ in bench.facts}
    assert categories == {"keep-alive from <ip>": "heartbeat", "disk failure on <id>": "fault"}
    source = bench.facts[0][2]
    assert (source.kind, source.instance, source.provider, source.prompt_version) == (
        "rule",
        "replica-1",
        "rules",
        VERSION,
    )
    assert bench.telemetry.value("sluice_classify_judged", kind="rule", category="fault") == 1


async def test_a_type_already_known_is_not_asked_about():
    seen, new = evidence("seen <id>"), evidence("new <id>")
    judge = Judge(all_known)
    async with Bench(judge, known={seen.fingerprint}) as bench:
        bench.offer(seen, new)
        await bench.until(lambda: bench.facts)
    assert [entry.template for batch in judge.asked for entry in batch] == ["new <id>"]


async def test_a_type_is_asked_about_once_however_often_it_is_offered():
    judge = Judge(all_known)
    async with Bench(judge) as bench:
        for _ in range(5):
            bench.offer(evidence("same <id>"))
            await asyncio.sleep(0)
        await bench.until(lambda: bench.facts and not len(bench.queue))
        bench.offer(evidence("same <id>"), evidence("last <id>"))
        await bench.until(lambda: len(bench.facts) == 2)
    assert Counter(entry.template for batch in judge.asked for entry in batch) == {"same <id>": 1, "last <id>": 1}


async def test_a_type_whose_words_hold_a_secret_is_never_asked_about_and_counted():
    judge = Judge(all_known)
    async with Bench(judge) as bench:
        bench.offer(evidence("login password=hunter2 of <id>"), evidence("login of <id>"))
        await bench.until(lambda: bench.facts)
    assert [entry.template for batch in judge.asked for entry in batch] == ["login of <id>"]
    assert [entry.template for entry, _, _ in bench.facts] == ["login of <id>"]
    assert bench.telemetry.value("sluice_classify_unlisted") == 1


@pytest.mark.parametrize(("kind", "shown"), [("llm", "mail to <email>"), ("rule", "mail to jane.doe@example.com")])
async def test_samples_are_redacted_before_they_leave_the_process(kind, shown):
    judge = Judge(all_known, kind=kind)
    async with Bench(judge) as bench:
        bench.offer(evidence("mail to <str>", samples=("mail to jane.doe@example.com",)))
        await bench.until(lambda: bench.facts)
    assert judge.asked[0][0].samples == [shown]


async def test_while_the_provider_is_out_types_wait_and_health_says_so():
    out = True

    def answer(batch):
        if out:
            raise ProviderError("no answer from the model")
        return all_known(batch)

    async with Bench(Judge(answer)) as bench:
        bench.offer(evidence("a <id>"), evidence("b <id>"))
        await bench.until(
            lambda: bench.telemetry.value("sluice_classify_failed", provider="scripted", reason="unavailable") > 5
        )
        assert bench.health.degraded_parts()["provider"].reason == "scripted: no answer from the model"
        assert not bench.facts
        out = False
        await bench.until(lambda: len(bench.facts) == 2)
        assert bench.health.degraded_parts() == {}


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        ("rejected", Facts(category="waste", confidence="high")),
        ("rejected", Facts(category="heartbeat", confidence="certain")),
        ("unanswered", None),
    ],
)
async def test_an_answer_that_cannot_be_used_is_asked_for_again_then_the_type_is_parked(reason, wrong):
    bad = evidence("bad <id>", count=5)

    def answer(batch):
        answers = dict(all_known(batch))
        if wrong is None:
            answers.pop(bad.fingerprint, None)
        elif bad.fingerprint in answers:
            answers[bad.fingerprint] = wrong
        return answers

    judge = Judge(answer)
    async with Bench(judge) as bench:
        bench.offer(bad, evidence("good <id>"))
        await bench.until(
            lambda: bench.telemetry.value("sluice_classify_unusable", provider="scripted", reason="parked")
        )
        assert bench.telemetry.value("sluice_classify_unusable", provider="scripted", reason=reason) == 3
        assert [entry.template for entry, _, _ in bench.facts] == ["good <id>"]
        assert [entry.template for entry in judge.asked[-1]] == ["bad <id>"]
        assert len(judge.asked) == 3


async def test_facts_that_nobody_asked_for_are_ignored():
    def answer(batch):
        return {**all_known(batch), "f" * 32: FACTS}

    async with Bench(Judge(answer)) as bench:
        bench.offer(evidence("a <id>"))
        await bench.until(lambda: bench.facts)
    assert [entry.template for entry, _, _ in bench.facts] == ["a <id>"]


async def test_a_judge_that_breaks_is_counted_and_its_neighbours_are_judged_in_the_end(caplog):
    def answer(batch):
        if any(entry.template == "poison <id>" for entry in batch):
            raise KeyError("a sample's content")
        return all_known(batch)

    async with Bench(Judge(answer)) as bench:
        bench.offer(evidence("poison <id>", count=50), evidence("good <id>"))
        await bench.until(lambda: bench.facts)
        await bench.until(
            lambda: bench.telemetry.value("sluice_classify_unusable", provider="scripted", reason="parked")
        )
    assert [entry.template for entry, _, _ in bench.facts] == ["good <id>"]
    assert bench.telemetry.value("sluice_tasks_failed", task="classify_judge") == 3
    assert "a sample's content" not in caplog.text


async def test_a_registry_that_breaks_on_one_type_loses_no_other():
    async with Bench(Rules()) as bench:
        bench.breaks_on.add("poison <id>")
        bench.offer(evidence("poison <id>", count=50), *(evidence(f"good {name} <id>") for name in ("a", "b", "c")))
        await bench.until(lambda: len(bench.facts) == 3)


async def test_stopping_cancels_a_call_under_way_and_the_types_go_back():
    called = asyncio.Event()

    class Stuck(Judge):
        async def judge(self, batch):
            called.set()
            await asyncio.Event().wait()
            raise AssertionError

    bench = Bench(Stuck(all_known))
    bench.worker.start()
    bench.offer(evidence("a <id>"))
    async with asyncio.timeout(10):
        await called.wait()
        await bench.worker.stop()
        await bench.worker.stop()
    assert len(bench.queue) == 1
    assert not bench.facts
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("classify")] == []


async def test_stopped_it_takes_nothing_more_and_started_again_it_goes_on():
    bench = Bench(Rules())
    bench.worker.start()
    await bench.worker.stop()
    assert not bench.intake.offer(b"[]")
    async with bench:
        bench.offer(evidence("a <id>"))
        await bench.until(lambda: bench.facts)


async def test_many_types_are_asked_about_in_batches_largest_first():
    judge = Judge(all_known)
    bench = Bench(judge, batch_size=10)
    for count in range(35):
        bench.queue.add(evidence(f"t{count} <id>", count=count + 3))
    async with bench:
        await bench.until(lambda: len(bench.facts) == 35)
    assert sorted(map(len, judge.asked)) == [5, 10, 10, 10]
    assert max(entry.count for entry in judge.asked[0]) == 37
    assert min(entry.count for entry in judge.asked[0]) == 28


async def test_judging_a_large_batch_lets_the_loop_turn():
    bench = Bench(Rules(), max_size=1000)
    for number in range(400):
        bench.queue.add(evidence(f"Served object {'x' * number} <id> to <ip>"))
    turns = 0
    async with bench:
        while len(bench.facts) < 400:
            turns += 1
            await asyncio.sleep(0)
    assert turns >= 100
