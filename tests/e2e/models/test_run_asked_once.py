"""What is asked once and what again; what it may cost, and what a stop in the middle costs."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable

import pytest

from honest import asked_about, honest, is_of_a_service
from model_runs import listed, passes, send, trouble
from real.models import Answer, Asked, Fail, Hold, ModelServer, Say
from real.otlp import NextHop
from real.sluice import Sluice
from real.waiting import DEADLINE, wait_until
from traffic import PROBE, judged, order


def test_nothing_is_asked_twice_across_requests_calls_and_restarts(
    start: Callable[..., Sluice], claude: ModelServer
) -> None:
    hold = Hold(then=Fail(500))
    words = [f"entering-{letter * 3}" for letter in "abcdefghijkl"]
    answers: list[Asked] = []

    def slow(asked: Asked) -> Answer:
        answers.append(asked)
        return hold if len(answers) == 1 else honest(asked)

    claude.answer = slow
    sluice = start(queue={"concurrency": 4}, fallback="none")
    lines = [f"{word} {number} 4" for number, word in enumerate(words)]
    senders = [threading.Thread(target=send, args=(sluice, *lines), kwargs={"times": 5}) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert hold.begun.wait(DEADLINE)
    held = asked_about(answers[:1], *words)
    judged(sluice, len(words) - len(held))
    send(sluice, *lines, times=5)
    assert set(asked_about(claude.asked, *words).values()) == {1}, "not while it is asked about, either"
    hold.until.set()
    sluice.stop()

    claude.answer = honest
    claude.asked.clear()
    sluice.start()
    send(sluice, *lines, times=5)
    judged(sluice, len(held))
    send(sluice, *lines, times=5)
    assert asked_about(claude.asked, *words) == held
    sluice.stop()
    claude.asked.clear()
    sluice.start()
    send(sluice, *lines, "entering-zzz 1", times=5)
    judged(sluice, 1)
    assert asked_about(claude.asked, *words, "entering-zzz") == {"entering-zzz": 1}


@pytest.mark.usefixtures("one_utc_day")
def test_the_budget_is_never_exceeded_and_what_waits_is_kept(
    start: Callable[..., Sluice], claude: ModelServer, next_hop: NextHop
) -> None:
    """Each call costs all that it may: what it is asked with, and every token of an answer."""
    spent: list[int] = []
    of_types: list[Asked] = []

    def dear(asked: Asked) -> Say:
        tokens = 1_000 + asked.body["max_tokens"]
        spent.append(tokens)
        if not is_of_a_service(asked):
            of_types.append(asked)
        return Say(honest(asked), input=1_000, cache_write=0, cache_read=0, output=asked.body["max_tokens"])

    claude.answer = dear
    limit = 20_000
    sluice = start(budget={"tokens_per_day": limit}, fallback="none", queue={"batch_size": 1, "concurrency": 8})
    words = [f"entering {first}{second}{first}{second}" for first in "abcdef" for second in "ghijkl"]
    send(sluice, *(f"{word} 4" for word in words))

    def reached() -> bool:
        needed = re.search(r"classification.budget.tokens_per_day: .* may need ([\d,]+)", trouble(sluice))
        return needed is not None and limit - sum(spent) < int(needed[1].replace(",", ""))

    wait_until(reached, "the budget in health, with less left than a call may need")
    assert len(of_types) < len(words)
    wait_until(lambda: sluice.metrics()("sluice_classify_judged") == len(of_types), "what was asked about judged")
    wait_until(
        lambda: sluice.metrics()("sluice_classify_queue_length") == len(words) - len(of_types),
        "the others in the queue",
    )

    def counted() -> bool:
        """What is left may suffice to ask about the service, whenever that comes."""
        metrics = sluice.metrics()
        return metrics("sluice_classify_tokens_today") == metrics("sluice_classify_tokens") == sum(spent)

    wait_until(counted, "every token counted")
    kept = [word for word in words if passes(sluice, next_hop, f"{word} 5")]
    assert len(kept) == len(words) - len(of_types), "what waits is kept"
    sluice.stop()
    used = sum(spent)
    assert used <= limit

    sluice.write({"classification": {"budget": {"tokens_per_day": used + 100}}})
    sluice.start()
    assert sluice.metrics()("sluice_classify_tokens_today") == used
    send(sluice, *(f"{word} 4" for word in words))
    wait_until(lambda: "tokens are left of this UTC day" in trouble(sluice), "the budget in health")
    assert sum(spent) == used


@pytest.mark.usefixtures("one_utc_day")
def test_a_kill_in_the_middle_of_a_call_gives_no_tokens_back(start: Callable[..., Sluice], claude: ModelServer) -> None:
    hold = Hold()
    claude.play(hold)
    sluice = start(fallback="none")
    send(sluice, PROBE)
    assert hold.begun.wait(DEADLINE)
    reserved = sluice.metrics()("sluice_classify_tokens_today")
    assert reserved > claude.asked[0].body["max_tokens"]
    sluice.kill()
    hold.until.set()
    sluice.start()
    assert sluice.metrics()("sluice_classify_tokens_today") == reserved
    send(sluice, PROBE)
    judged(sluice, 1)
    assert sluice.metrics()("sluice_classify_tokens_today") == reserved + sluice.metrics()("sluice_classify_tokens")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_the_middle_of_a_call(
    start: Callable[..., Sluice], claude: ModelServer, how: signal.Signals
) -> None:
    hold = Hold()
    claude.play(hold)
    sluice = start()
    send(sluice, PROBE)
    assert hold.begun.wait(DEADLINE)
    sluice.stop(how)
    assert not hold.until.is_set(), "nobody answered"


def test_types_judged_by_rule_are_asked_about_when_a_model_is_connected_and_stay_decided_meanwhile(
    start: Callable[..., Sluice], claude: ModelServer, next_hop: NextHop
) -> None:
    hold = Hold(then=Fail(500))
    sluice = start(provider="rules", fallback="none")
    send(sluice, PROBE, order(1))
    judged(sluice, 2)
    assert {verdict["source"]["kind"] for verdict in listed(sluice, 2).values()} == {"rule"}
    sluice.stop()

    claude.play(hold)
    sluice.write({"classification": {"provider": "anthropic"}})
    sluice.start()
    wait_until(lambda: not passes(sluice, next_hop, PROBE) and hold.begun.is_set(), "the probe asked about")
    assert not passes(sluice, next_hop, PROBE), "the rule's decision is in force while the model thinks"
    hold.until.set()
    sluice.stop()
    sluice.start()

    def by_model() -> bool:
        send(sluice, PROBE, order(2))
        return {verdict["source"]["kind"] for verdict in listed(sluice, 2).values()} == {"llm"}

    wait_until(by_model, "both judged by the model")
    assert not passes(sluice, next_hop, PROBE)


def test_rejudge_asks_again_and_what_was_decided_stays_until_then(
    start: Callable[..., Sluice], claude: ModelServer, next_hop: NextHop
) -> None:
    sluice = start()
    send(sluice, PROBE, order(1))
    judged(sluice, 2)
    [probe] = [verdict for verdict in listed(sluice, 2).values() if verdict["category"] == "health_check"]
    claude.answer = lambda asked: honest(asked).replace("health_check", "diagnostic", 1)

    said = sluice.command("verdicts", "rejudge", probe["fingerprint"][:10])
    assert said.stdout.startswith("1 event type is asked about again when seen next: about 1,300 tokens")
    assert not passes(sluice, next_hop, PROBE)
    wait_until(lambda: passes(sluice, next_hop, PROBE), "the probe judged again, and kept")
    wait_until(lambda: listed(sluice, 2)[probe["template"]]["category"] == "diagnostic", "the new word in the store")
    assert asked_about(claude.asked, "/healthz", "shipped")["shipped"] == 1, "nothing else is asked about"

    sluice.stop()
    claude.answer = honest
    said = sluice.command("verdicts", "rejudge", "--all")
    assert said.stdout.startswith("2 event types are asked about again")
    sluice.start()
    before = sluice.metrics()("sluice_classify_judged")

    def again() -> bool:
        send(sluice, PROBE, order(2))
        return sluice.metrics()("sluice_classify_judged") == before + 2

    wait_until(again, "both judged again after the restart")
    sluice.stop()
    claude.asked.clear()
    sluice.start()
    send(sluice, PROBE, order(3), "entering-zzz 1")
    judged(sluice, 1)
    assert asked_about(claude.asked, "shipped", "entering-zzz") == {"entering-zzz": 1}, "once is enough"
