"""`sluice run` with providers on loopback, over their real SDKs: who is asked, what an error leads to, what is kept."""

from __future__ import annotations

import json
import re
import signal
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from frames import sharing
from honest import asked_about, honest, is_of_a_service
from kafka_peers import own_topics
from real.kafka import Kafka
from real.models import Answer, Asked, Drop, Fail, Garbage, Hold, ModelServer, Say
from real.otlp import NextHop, Sender, bodies, logs
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from traffic import PROBE, judged, order

KEYS = {"anthropic": "sk-ant-canary-of-the-key", "openai": "sk-canary-of-the-other-key"}
CHATTER = [f"entering {name} of <desk>" for name in ("hall", "lobby", "attic")]
NEVER = "600s"
"""A time-out that no test waits for."""


@pytest.fixture
def claude() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.answer = honest
        yield server


@pytest.fixture
def gpt() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.answer = honest
        yield server


@pytest.fixture
def config(claude: ModelServer, gpt: ModelServer, next_hop: NextHop) -> dict[str, Any]:
    """Anthropic, with OpenAI as its fallback; nothing is tried again."""
    settings = {"timeout": NEVER, "max_retries": 0}
    return {
        "exporters": forwarding_to(next_hop.endpoint),
        "classification": {
            "provider": "anthropic",
            "fallback": "openai",
            "anthropic": {"api_key": KEYS["anthropic"], "base_url": claude.anthropic_url, **settings},
            "openai": {"api_key": KEYS["openai"], "base_url": gpt.openai_url, **settings},
        },
    }


@pytest.fixture
def start(tmp_path: Path, config: dict[str, Any]) -> Iterator[Callable[..., Sluice]]:
    """Starts a process, with changes to `classification`; stopped at the end, when it still runs."""
    started: list[Sluice] = []

    def make(**changes: Any) -> Sluice:
        config["classification"].update(changes)
        started.append(Sluice(tmp_path, config).start())
        return started[-1]

    yield make
    for sluice in started:
        sluice.stop()


def send(sluice: Sluice, *lines: str, times: int = 3, service: str = "shop") -> None:
    """Each line so many times, in one request a round."""
    with Sender(sluice.grpc_port) as sender:
        for _ in range(times):
            sender.export(logs(*lines, service=service))


def files(directory: Path) -> dict[str, bytes]:
    """Everything that lies there, by name."""
    return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def classification(sluice: Sluice) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{sluice.health_port}/health") as answer:
        state: dict[str, Any] = json.load(answer)["classification"]
    return state


def trouble(sluice: Sluice) -> str:
    health = sluice.health()
    assert health.status == 200, "in trouble or not, it serves"
    return health.degraded.get("provider", {}).get("reason", "")


def listed(sluice: Sluice) -> dict[str, dict[str, Any]]:
    """The verdicts by template."""
    rows = json.loads(sluice.command("verdicts", "list", "--json").stdout)
    return {row["verdict"]["template"]: row["verdict"] for row in rows}


def passes(sluice: Sluice, next_hop: NextHop, line: str) -> bool:
    before = len(next_hop.arrivals)
    send(sluice, line, times=1)
    return len(next_hop.arrivals) > before


def test_a_model_judges_and_its_waste_goes(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer, next_hop: NextHop
) -> None:
    sluice = start()
    send(sluice, PROBE, order(1))
    judged(sluice, 2)
    assert not passes(sluice, next_hop, PROBE)
    assert passes(sluice, next_hop, order(2))
    source = listed(sluice)[PROBE.replace("200", "<num>").replace("/healthz", "<path>")]["source"]
    assert (source["kind"], source["provider"], source["model"]) == ("llm", "anthropic", "claude-sonnet-9")
    assert source["prompt_version"]
    assert len(source["evidence_hash"]) == 32
    assert gpt.asked == []
    assert trouble(sluice) == ""
    state = classification(sluice)
    assert (state["provider"], state["model"], state["why"]) == ("anthropic", "claude-sonnet-9", "")
    assert (state["queue_length"], state["oldest_seconds"]) == (0, 0.0)
    metrics = sluice.metrics()
    tokens = metrics("sluice_classify_tokens")
    assert tokens > 0
    assert state["tokens_today"] == metrics("sluice_classify_tokens_today") == tokens
    assert metrics("sluice_classify_provider_in_use", provider="anthropic") == 1
    [line] = [line["msg"] for line in sluice.messages() if "tokens" in line["msg"]]
    assert line.startswith("anthropic (claude-sonnet-9) judged ")
    shown = sluice.command("verdicts", "list").stdout.splitlines()[-1]
    assert shown.startswith(f"tokens: {tokens:,} today (UTC), {tokens:,} in all for 2 event types judged")


FALLBACKS: dict[str, tuple[Answer, str]] = {
    "overloaded": (Fail(529), "in trouble (529"),
    "internal": (Fail(500), "in trouble (500"),
    "unavailable": (Fail(503), "in trouble (503"),
    "request timeout": (Fail(408), "in trouble (408"),
    "conflict": (Fail(409), "in trouble (409"),
    "connection": (Drop(), "cannot be reached"),
    "half an answer": (Drop("within"), "cannot be reached"),
    "garbage": (Garbage(), "no answer of its API"),
    "wrong key": (Fail(401), "correct classification.anthropic.api_key"),
    "forbidden": (Fail(403), "check classification.anthropic.api_key and its rights"),
    "unknown model": (Fail(404), "check classification.anthropic.model"),
    "payment": (Fail(402), "credit or spend limit"),
    "no credit": (Fail(400, message="Your credit balance is too low to access the API."), "credit or spend limit"),
    "spend limit": (Fail(429, "spend_limit_reached"), "credit or spend limit"),
}


@pytest.mark.parametrize("case", FALLBACKS)
def test_what_leads_to_the_fallback(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer, next_hop: NextHop, case: str
) -> None:
    failure, reason = FALLBACKS[case]
    claude.answer = lambda asked: failure
    sluice = start()
    send(sluice, PROBE, order(1))
    judged(sluice, 2)
    assert not passes(sluice, next_hop, PROBE)
    assert {verdict["source"]["provider"] for verdict in listed(sluice).values()} == {"openai"}
    assert reason in trouble(sluice)
    assert trouble(sluice).endswith("openai is asked meanwhile")
    state = classification(sluice)
    assert (state["provider"], state["model"]) == ("openai", "gpt-9")
    assert reason in state["why"]
    assert sluice.metrics()("sluice_classify_provider_in_use", provider="openai") == 1
    said = [line["msg"] for line in sluice.messages() if line["msg"].startswith("provider degraded")]
    assert len(said) == 1


def test_an_openai_quota_leads_to_the_fallback_too(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer
) -> None:
    gpt.answer = lambda asked: Fail(429, "insufficient_quota")
    sluice = start(provider="openai", fallback="anthropic")
    send(sluice, PROBE)
    judged(sluice, 1)
    assert len(claude.asked) == 1
    assert "credit or spend limit" in trouble(sluice)


def test_a_rate_limit_waits_and_never_falls_back(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer
) -> None:
    claude.play(*[Fail(429, headers={"retry-after": "0.2"})] * 3)
    sluice = start()
    send(sluice, PROBE, order(1))
    judged(sluice, 2)
    assert gpt.asked == []
    assert sluice.metrics()("sluice_classify_failed", provider="anthropic", reason="rate_limited") == 3
    assert trouble(sluice) == ""


def test_a_long_rate_limit_is_said_and_still_does_not_fall_back(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer, next_hop: NextHop
) -> None:
    claude.answer = lambda asked: Fail(429, headers={"retry-after": "3600"})
    sluice = start()
    send(sluice, PROBE)
    wait_until(lambda: "too many requests" in trouble(sluice), "the rate limit in health")
    assert passes(sluice, next_hop, PROBE)
    assert gpt.asked == []


def test_the_one_type_that_a_provider_rejects_is_kept_and_the_others_are_judged(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer, next_hop: NextHop
) -> None:
    claude.answer = lambda asked: Fail(400) if "poison" in asked.content else honest(asked)
    sluice = start()
    send(sluice, PROBE, order(1), "poison of 17 entering", *(f"entering {name} 4" for name in "abcdefg"))
    judged(sluice, 10)
    verdicts = listed(sluice)
    [poison] = [verdict for template, verdict in verdicts.items() if "poison" in template]
    assert (poison["category"], poison["action"]) == ("unclassified", "keep")
    assert "refused" in poison["reason"]
    assert sum(verdict["category"] == "debug_noise" for verdict in verdicts.values()) == 7
    assert passes(sluice, next_hop, "poison of 18 entering")
    assert gpt.asked == []
    assert trouble(sluice) == ""


def test_a_provider_that_rejects_everything_is_out_nothing_is_parked_and_nobody_else_is_asked(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer, next_hop: NextHop
) -> None:
    claude.answer = lambda asked: Fail(400)
    sluice = start()
    send(sluice, PROBE, order(1), "entering 4")
    wait_until(lambda: "anthropic rejects every request" in trouble(sluice), "the rejection in health")
    assert passes(sluice, next_hop, PROBE)
    assert listed(sluice) == {}
    assert gpt.asked == []
    assert sluice.metrics()("sluice_classify_queue_length") == 3


def test_with_both_out_everything_is_kept_and_judged_when_one_returns(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer, next_hop: NextHop
) -> None:
    claude.answer = lambda asked: Fail(401)
    gpt.answer = lambda asked: Fail(500)
    sluice = start()
    send(sluice, PROBE, order(1))
    wait_until(lambda: "are kept" in trouble(sluice), "both in health")
    assert "anthropic refuses the key" in trouble(sluice)
    assert "openai is in trouble" in trouble(sluice)
    assert classification(sluice)["provider"] == ""
    assert passes(sluice, next_hop, PROBE)
    claude.answer = gpt.answer = honest
    sluice.stop()
    sluice.start()
    send(sluice, PROBE, order(1))
    judged(sluice, 2)
    assert trouble(sluice) == ""


@pytest.mark.parametrize("given", [None, "", "sk-ant with a space"])
def test_without_a_key_it_runs_degraded_and_says_what_to_set(
    start: Callable[..., Sluice], claude: ModelServer, next_hop: NextHop, config: dict[str, Any], given: str | None
) -> None:
    section = dict(config["classification"]["anthropic"])
    section.pop("api_key")
    sluice = start(fallback="none", anthropic=section if given is None else {**section, "api_key": given})
    assert "classification.anthropic.api_key" in trouble(sluice)
    send(sluice, PROBE)
    assert passes(sluice, next_hop, PROBE)
    assert claude.paths == []
    valid = sluice.command("validate")
    assert valid.returncode == 0
    assert "run would start degraded: classification.anthropic.api_key" in valid.stdout


def test_a_fallback_with_a_key_serves_a_provider_without_one(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer
) -> None:
    sluice = start(anthropic=None)
    send(sluice, PROBE)
    judged(sluice, 1)
    assert claude.paths == []
    assert "classification.anthropic.api_key is not set" in trouble(sluice)


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
    assert hold.begun.wait(30)
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
    used = sum(spent)
    assert used <= limit
    assert len(of_types) < len(words)
    wait_until(
        lambda: sluice.metrics()("sluice_classify_queue_length") == len(words) - len(of_types),
        "the others in the queue",
    )
    assert sluice.metrics()("sluice_classify_tokens_today") == sluice.metrics()("sluice_classify_tokens") == used
    kept = [word for word in words if passes(sluice, next_hop, f"{word} 5")]
    assert len(kept) == len(words) - len(of_types), "what waits is kept"
    sluice.stop()

    sluice.write({"classification": {"budget": {"tokens_per_day": used + 100}}})
    sluice.start()
    assert sluice.metrics()("sluice_classify_tokens_today") == used
    send(sluice, *(f"{word} 4" for word in words))
    wait_until(lambda: "tokens are left of this UTC day" in trouble(sluice), "the budget in health")
    assert sum(spent) == used


def test_a_kill_in_the_middle_of_a_call_gives_no_tokens_back(start: Callable[..., Sluice], claude: ModelServer) -> None:
    hold = Hold()
    claude.play(hold)
    sluice = start(fallback="none")
    send(sluice, PROBE)
    assert hold.begun.wait(30)
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
    assert hold.begun.wait(30)
    sluice.stop(how)
    assert not hold.until.is_set(), "nobody answered"


def test_types_judged_by_rule_are_asked_about_when_a_model_is_connected_and_stay_decided_meanwhile(
    start: Callable[..., Sluice], claude: ModelServer, next_hop: NextHop
) -> None:
    hold = Hold(then=Fail(500))
    sluice = start(provider="rules", fallback="none")
    send(sluice, PROBE, order(1))
    judged(sluice, 2)
    assert {verdict["source"]["kind"] for verdict in listed(sluice).values()} == {"rule"}
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
        return {verdict["source"]["kind"] for verdict in listed(sluice).values()} == {"llm"}

    wait_until(by_model, "both judged by the model")
    assert not passes(sluice, next_hop, PROBE)


def test_rejudge_asks_again_and_what_was_decided_stays_until_then(
    start: Callable[..., Sluice], claude: ModelServer, next_hop: NextHop
) -> None:
    sluice = start()
    send(sluice, PROBE, order(1))
    judged(sluice, 2)
    [probe] = [verdict for verdict in listed(sluice).values() if verdict["category"] == "health_check"]
    claude.answer = lambda asked: honest(asked).replace("health_check", "diagnostic", 1)

    said = sluice.command("verdicts", "rejudge", probe["fingerprint"][:10])
    assert said.stdout.startswith("1 event type is asked about again when seen next: about 100 tokens")
    assert not passes(sluice, next_hop, PROBE)
    wait_until(lambda: passes(sluice, next_hop, PROBE), "the probe judged again, and kept")
    assert listed(sluice)[probe["template"]]["category"] == "diagnostic"
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


async def test_no_value_of_a_record_and_no_key_is_kept_anywhere(
    start: Callable[..., Sluice], claude: ModelServer, kafka: Kafka, tmp_path: Path, config: dict[str, Any]
) -> None:
    """What varies is shown to the judge, who passes it on wherever he can; the provider quotes it in an error."""
    canaries = ["quokkazanzibar-4711", "wombatkathmandu-8899", "dingotimbuktu-3344"]

    def gossip(asked: Asked) -> Answer:
        named = [canary for canary in canaries if canary in asked.content]
        told.update(named)
        said = honest(asked).replace("as it says", f"about {' '.join(named)}")
        return said.replace("order desk", " ".join(named) or "order desk")

    told: set[str] = set()
    claude.answer = gossip
    claude.play(Fail(429, headers={"retry-after": "0.1"}, message=canaries[0]), Fail(529, message=canaries[0]))
    topics = own_topics()
    config |= sharing(kafka, topics)
    config["service"] = {"telemetry": {"logs": {"level": "debug"}}}
    config["classification"]["anthropic"]["max_retries"] = 1
    sluice = start()
    for canary in canaries:
        send(sluice, f"entering page of user={canary}", PROBE, order(1), *CHATTER, times=1)
    judged(sluice, 3 + len(CHATTER))
    wait_until(lambda: sluice.metrics()("sluice_services_described", kind="llm") == 1, "the service described")
    wait_until(
        lambda: sluice.metrics()("sluice_kafka_published", topic=topics.services) == 1,
        "the service published",
    )
    wait_until(
        lambda: sluice.metrics()("sluice_kafka_published", topic=topics.verdicts) == 3 + len(CHATTER), "all verdicts"
    )
    shown = [sluice.metrics_text(), json.dumps(classification(sluice)), sluice.command("verdicts", "list").stdout]
    sluice.stop()
    published = {
        topic.split(".")[-1]: b"\n".join(key.encode() + b" " + (value or b"") for key, value in await kafka.read(topic))
        for topic in (topics.verdicts, topics.overrides, topics.services, topics.claims)
    }
    traces = {**published, "answers": "\n".join(shown).encode(), **files(tmp_path)}
    del traces[sluice.file.name]

    assert told, "or the search is blind"
    found = {where for where, trace in traces.items() if b"entering page of" in trace}
    assert found == {"verdicts", "answers", "sluice.db"}
    assert {where for where, trace in traces.items() if b"sells things to people" in trace} == {"services", "sluice.db"}
    assert published["claims"], "claimed before it was asked"
    words = {part for canary in canaries for part in canary.split("-")} | set(KEYS.values())
    assert {(word, where) for word in words for where, trace in traces.items() if word.encode() in trace} == set()


def test_records_that_go_through_are_the_same_whatever_the_model_does(
    start: Callable[..., Sluice], claude: ModelServer, next_hop: NextHop
) -> None:
    claude.answer = lambda asked: Garbage()
    sluice = start(fallback="none")
    lines = [order(number) for number in range(20)]
    send(sluice, *lines, times=1)
    assert [line for arrival in next_hop.arrivals for line in bodies(arrival.request)] == lines
