"""From bytes that a pipeline thread hands over to facts: what a judge may do wrong, and what happens then."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec
import pytest

from made_evidence import evidence
from sluice.classify.intake import Intake
from sluice.classify.providers.base import Judgement
from sluice.classify.providers.rules import VERSION, Rules
from sluice.classify.queue import Queue
from sluice.classify.redact import Redactor
from sluice.classify.sharing import Shared, guarded, nothing_shared
from sluice.classify.worker import Worker
from sluice.config.model import Redaction
from sluice.engine import Evidence
from sluice.errors import OverBudget, ProviderError
from sluice.telemetry import Telemetry
from sluice.verdicts.claims import Taken
from sluice.verdicts.evidence_hash import evidence_hash
from sluice.verdicts.model import Facts, Source

FACTS = Facts(category="heartbeat", confidence="high")


class Judge:
    """A provider whose answers the test scripts; `asked` holds each batch as it was shown. An answer is facts, or why
    there are none: who is to `blame`."""

    name = "scripted"

    def __init__(
        self,
        answer: Callable[[Sequence[Evidence]], Mapping[str, Facts] | str],
        kind: Literal["rule", "llm"] = "llm",
        alone: Callable[[Evidence], bool] = lambda _: False,
    ):
        self.kind = kind
        self.alone = alone
        self.asked: list[list[Evidence]] = []
        self._answer = answer

    async def judge(self, batch: Sequence[Evidence]) -> Judgement:
        self.asked.append(list(batch))
        await asyncio.sleep(0)
        answer = self._answer(batch)
        if isinstance(answer, str):
            return Judgement({}, "scripted-2", "model-1", "prompt-1", blame=answer, refused=answer == "rejected")
        return Judgement(answer, "scripted-2", "model-1", "prompt-1")

    @property
    def batches(self) -> list[list[str]]:
        return [[entry.template for entry in batch] for batch in self.asked]


def all_known(batch: Sequence[Evidence]) -> dict[str, Facts]:
    return {entry.fingerprint: FACTS for entry in batch}


class Bench:
    """A worker with its real parts around it; `facts` is what the registry would have been told."""

    def __init__(
        self,
        provider,
        *,
        max_size: int = 100,
        batch_size: int = 64,
        known: set[str] | None = None,
        shared: Shared = nothing_shared,
        claims=None,
        settle: float = 0.0,
        company: int = 1,
        seen: Callable[[Evidence], None] = lambda _: None,
    ) -> None:
        self.telemetry = Telemetry()
        self.intake = Intake(self.telemetry)
        self.queue = Queue(max_size, settle, self.telemetry, company=company)
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
            shared=shared,
            batch_size=batch_size,
            claims=claims,
            seen=(seen,),
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
        async with asyncio.timeout(60):
            while not holds():
                await asyncio.sleep(0.001)

    async def __aenter__(self):
        self.worker.start()
        return self

    async def __aexit__(self, *_) -> None:
        await self.worker.stop()


class Rivals:
    """Claims of which some are lost to another instance, for `seconds`. `held` is what was taken and not given back."""

    shared = True

    def __init__(self, *lost: Evidence, seconds: float = 1000.0) -> None:
        self.lost = {entry.fingerprint: seconds for entry in lost}
        self.held: list[str] = []
        self.released: list[str] = []

    async def take(self, fingerprints: Sequence[str]) -> Taken:
        elsewhere = {fingerprint: self.lost[fingerprint] for fingerprint in fingerprints if fingerprint in self.lost}
        ours = frozenset(fingerprints).difference(elsewhere)
        self.held += ours
        return Taken(ours, elsewhere)

    def done(self, fingerprints: Iterable[str]) -> None:
        self.held = [fingerprint for fingerprint in self.held if fingerprint not in set(fingerprints)]

    def release(self, fingerprints: Iterable[str]) -> None:
        self.released += fingerprints


async def test_a_type_that_is_asked_about_elsewhere_waits_for_its_verdict():
    theirs, ours = evidence("theirs <id>"), evidence("ours <id>")
    judge, claims = Judge(all_known), Rivals(theirs)
    async with Bench(judge, claims=claims) as bench:
        bench.offer(theirs, ours)
        await bench.until(lambda: bench.facts)
        await bench.until(lambda: not claims.held)
        assert bench.queue.postponed() == [theirs.fingerprint]
        bench.known.add(theirs.fingerprint)
        await bench.until(lambda: not len(bench.queue))
    assert judge.batches == [["ours <id>"]]
    assert claims.released == []


async def test_a_type_whose_claimant_has_gone_is_asked_about():
    theirs = evidence("theirs <id>")
    judge, claims = Judge(all_known), Rivals(theirs, seconds=0.05)
    async with Bench(judge, claims=claims) as bench:
        bench.offer(theirs)
        await bench.until(lambda: bench.telemetry.value("sluice_classify_queue_length"))
        claims.lost.clear()
        await bench.until(lambda: bench.facts)
    assert judge.batches == [["theirs <id>"]]


async def test_claims_are_given_back_while_the_provider_is_out():
    def out(_: Sequence[Evidence]):
        raise ProviderError("out")

    entry, claims = evidence("a <id>"), Rivals()
    async with Bench(Judge(out), claims=claims) as bench:
        bench.offer(entry)
        await bench.until(lambda: entry.fingerprint in claims.released)


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


@pytest.mark.parametrize(
    "text", ["connection <id> opened", "connection <id> failed", "payment <id> sent", "login <id>"]
)
async def test_a_type_known_from_other_services_is_not_asked_about_unless_a_word_forbids_it(text):
    elsewhere = (FACTS, Source("llm", "replica-2", "somebody", "model-0", "prompt-0"))
    judge = Judge(all_known)
    async with Bench(judge, shared=guarded(lambda _: elsewhere)) as bench:
        bench.offer(evidence(text))
        await bench.until(lambda: bench.facts)
    shared = text == "connection <id> opened"
    assert len(judge.asked) == (0 if shared else 1)
    assert bench.telemetry.value("sluice_classify_shared", category="heartbeat") == shared
    source = bench.facts[0][2]
    assert source.model == ("model-0" if shared else "model-1")
    assert source.evidence_hash


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


async def test_while_the_provider_is_out_types_wait():
    out = True

    def answer(batch):
        if out:
            raise ProviderError("no answer from the model")
        return all_known(batch)

    judge = Judge(answer)
    async with Bench(judge) as bench:
        bench.offer(evidence("a <id>"), evidence("b <id>"))
        await bench.until(lambda: len(judge.asked) > 5)
        assert not bench.facts
        out = False
        await bench.until(lambda: len(bench.facts) == 2)


async def test_facts_carry_the_source_that_judged_them_and_the_hash_of_what_it_saw():
    entry = evidence("order <id> took <dur>", attribute_keys=("b", "a"))
    async with Bench(Judge(all_known)) as bench:
        bench.offer(entry)
        await bench.until(lambda: bench.facts)
    source = bench.facts[0][2]
    assert (source.provider, source.model, source.prompt_version) == ("scripted-2", "model-1", "prompt-1")
    assert source.evidence_hash == evidence_hash(["dur", "id"], ["a", "b"])


async def test_types_that_must_be_alone_are_asked_about_alone():
    judge = Judge(all_known, alone=lambda entry: entry.template.startswith("lone"))
    bench = Bench(judge)
    for template, count in (("a <id>", 9), ("lone 1 <id>", 8), ("b <id>", 7), ("lone 2 <id>", 6)):
        bench.queue.add(evidence(template, count=count))
    async with bench:
        await bench.until(lambda: len(bench.facts) == 4)
    assert judge.batches == [["a <id>", "b <id>"], ["lone 1 <id>"], ["lone 2 <id>"]]


@pytest.mark.parametrize("blame", ["rejected", "canary wasted"])
async def test_the_one_type_that_spoils_a_batch_is_found_and_parked_with_keep(blame):
    def answer(batch):
        return blame if any(entry.template == "bad <id>" for entry in batch) else all_known(batch)

    judge = Judge(answer)
    bench = Bench(judge)
    for number in range(15):
        bench.queue.add(evidence(f"good {'x' * number} <id>", count=100 - number))
    bench.queue.add(evidence("bad <id>", count=90))
    async with bench:
        await bench.until(lambda: len(bench.facts) == 16)
    verdicts = {entry.template: facts for entry, facts, _ in bench.facts}
    bad = verdicts.pop("bad <id>")
    assert set(verdicts.values()) == {FACTS}
    assert (bad.category, bad.confidence) == ("unclassified", "low")
    assert blame == "rejected" or judge.batches.count(["bad <id>"]) == 3
    asked = Counter(template for batch in judge.batches for template in batch)
    assert max(asked[template] for template in verdicts) <= 5, "each halving leaves the innocent half answered"


async def test_when_the_days_tokens_do_not_suffice_for_a_batch_a_smaller_one_is_asked_about():
    left = 5

    def answer(batch):
        nonlocal left
        if len(batch) > left:
            raise OverBudget("not enough left")
        left -= len(batch)
        return all_known(batch)

    judge = Judge(answer)
    bench = Bench(judge)
    for number in range(16):
        bench.queue.add(evidence(f"t{'x' * number} <id>", count=100 - number))
    async with bench:
        await bench.until(lambda: left == 0 and len(bench.queue) == 11)
        assert {facts for _, facts, _ in bench.facts} == {FACTS}
        assert sorted(entry.count for entry, _, _ in bench.facts) == [96, 97, 98, 99, 100], "the largest go first"


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        ("rejected", Facts(category="waste", confidence="high")),
        ("rejected", Facts(category="heartbeat", confidence="certain")),
        ("unanswered", None),
    ],
)
async def test_an_answer_that_cannot_be_used_is_asked_for_again_then_the_type_is_parked(reason, wrong, caplog):
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
        await bench.until(lambda: len(bench.facts) == 2)
        assert bench.telemetry.value("sluice_classify_unusable", provider="scripted-2", reason=reason) == 3
        assert bench.telemetry.value("sluice_classify_unusable", provider="scripted-2", reason="parked") == 1
    facts = {entry.template: facts.category for entry, facts, _ in bench.facts}
    assert facts == {"good <id>": "heartbeat", "bad <id>": "unclassified"}
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert line == (
        f"scripted-2: no usable answer about event type {bad.fingerprint} of shop ({reason}): "
        "it is kept, and not asked about again unless told to"
    )
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

    judge = Judge(answer)
    async with Bench(judge) as bench:
        bench.offer(evidence("poison <id>", count=50), evidence("good <id>"))
        await bench.until(lambda: bench.facts)
        await bench.until(
            lambda: bench.telemetry.value("sluice_classify_unusable", provider="scripted", reason="parked")
        )
        assert bench.telemetry.value("sluice_tasks_failed", task="classify_judge") == 3
        asked = len(judge.asked)
        bench.offer(evidence("poison <id>", count=51), evidence("late <id>"))
        await bench.until(lambda: len(bench.facts) == 2)
        assert judge.batches[asked:] == [["late <id>"]], "what broke something here is not touched again"
    assert "a sample's content" not in caplog.text


async def test_who_breaks_on_a_type_that_he_is_shown_loses_neither_it_nor_those_that_came_with_it():
    def shown(entry: Evidence) -> None:
        if entry.template == "poison <id>":
            raise KeyError("cannot take it")

    async with Bench(Judge(all_known), seen=shown) as bench:
        bench.offer(evidence("first <id>"), evidence("poison <id>"), evidence("last <id>"))
        await bench.until(lambda: len(bench.facts) == 3)
        assert bench.telemetry.value("sluice_tasks_failed", task="classify_intake") == 1


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
    async with asyncio.timeout(60):
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


async def test_a_batch_that_is_full_is_asked_about_although_its_first_type_would_have_waited_long_for_company():
    async with Bench(Judge(all_known), settle=0.5, company=64) as bench:
        bench.offer(evidence("lone <id>"))
        await bench.until(lambda: 1.0 < (bench.queue.due_in() or 0.0) < 31.3)  # 63 times `settle`, and judges sleep
        bench.offer(*(evidence(f"t{'x' * number} <id>") for number in range(63)))
        await bench.until(lambda: len(bench.facts) >= 32)


async def test_a_new_type_is_asked_about_while_others_wait_for_an_answer_from_elsewhere():
    elsewhere, here = evidence("elsewhere <id>"), evidence("here <id>")
    judge = Judge(all_known)
    async with Bench(judge, claims=Rivals(elsewhere)) as bench:
        bench.offer(elsewhere)
        await bench.until(bench.queue.postponed)
        bench.offer(here)
        await bench.until(lambda: bench.facts)
    assert judge.batches == [["here <id>"]]


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
