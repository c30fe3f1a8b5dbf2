"""Who is asked, what an error leads to, what is kept: over the real SDKs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from honest import honest
from model_runs import classification, listed, passes, send, trouble
from real.models import Answer, Asked, Drop, Fail, Garbage, ModelServer
from real.otlp import NextHop, bodies
from real.sluice import Sluice
from real.waiting import wait_until
from traffic import PROBE, judged, order


@pytest.mark.usefixtures("one_utc_day")
def test_a_model_judges_and_its_waste_goes(
    start: Callable[..., Sluice], claude: ModelServer, gpt: ModelServer, next_hop: NextHop
) -> None:
    sluice = start()
    send(sluice, PROBE, order(1))
    judged(sluice, 2)
    assert not passes(sluice, next_hop, PROBE)
    assert passes(sluice, next_hop, order(2))
    source = listed(sluice, 2)[PROBE.replace("200", "<num>").replace("/healthz", "<path>")]["source"]
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
    cost = f"tokens: {tokens:,} today (UTC), {tokens:,} in all for 2 event types judged"
    wait_until(lambda: cost in sluice.command("verdicts", "list").stdout, "the cost in the store")


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
    assert {verdict["source"]["provider"] for verdict in listed(sluice, 2).values()} == {"openai"}
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
    verdicts = listed(sluice, 10)
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
    assert listed(sluice, 0) == {}
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


def test_a_duplicate_goes_while_its_twin_is_kept(
    start: Callable[..., Sluice], claude: ModelServer, next_hop: NextHop
) -> None:
    """The model names the twin by a label of its call. An operator lets the twin go: the duplicate is all there is."""
    same, rich = "packet seen again", "packet seen again at the gate"

    def twins(asked: Asked) -> str:
        said = json.loads(honest(asked))
        by_text = {text: label for label, text in re.findall(r'^(e\d{4}) .*?"(.*)"$', asked.content, re.MULTILINE)}
        if {same, rich} <= by_text.keys():
            for entry in said["v"]:
                if entry["l"] in (by_text[same], by_text[rich]):
                    entry["c"] = "duplicate" if entry["l"] == by_text[same] else "diagnostic"
            said["t"] = [{"l": by_text[same], "t": by_text[rich]}]
        return json.dumps(said)

    claude.answer = twins
    sluice = start()
    send(sluice, same, rich, PROBE)
    judged(sluice, 3)
    wait_until(lambda: not passes(sluice, next_hop, same), "the duplicate dropped")
    assert passes(sluice, next_hop, rich)
    verdict = listed(sluice, 3)
    assert verdict[same]["twin"] == verdict[rich]["fingerprint"]
    assert sluice.command("verdicts", "set", verdict[rich]["fingerprint"], "drop").returncode == 0
    wait_until(lambda: passes(sluice, next_hop, same), "the duplicate kept, for its twin goes")
    wait_until(lambda: listed(sluice, 3)[same]["guards"] == ["twin"], "the guard in the store")
    assert "twin" in sluice.command("verdicts", "explain", verdict[same]["fingerprint"]).stdout


def test_records_that_go_through_are_the_same_whatever_the_model_does(
    start: Callable[..., Sluice], claude: ModelServer, next_hop: NextHop
) -> None:
    claude.answer = lambda asked: Garbage()
    sluice = start(fallback="none")
    lines = [order(number) for number in range(20)]
    send(sluice, *lines, times=1)
    assert [line for arrival in next_hop.arrivals for line in bodies(arrival.request)] == lines
