"""Facts that services share: only where two were judged alike, and nobody says otherwise."""

from __future__ import annotations

import msgspec

from registry_world import LLM, RULE, WASTE, Clock, Log, Sluice, Start, fingerprint, verdict
from registry_world import evidence as plain
from sluice.classify.sharing import guarded
from sluice.engine import Evidence, Slot
from sluice.verdicts import wire
from sluice.verdicts.alike import SHARED
from sluice.verdicts.model import Facts, ServiceName, Source

LIBRARY = "http.client"


def evidence(number: int, service: str, scope: str = LIBRARY, **identity: str) -> Evidence:
    """One text, of whichever service."""
    entry = plain(number, service=service, scope=scope, **identity)
    return msgspec.structs.replace(entry, skeleton="connection <*> opened", template="connection <num> opened")


def judge(
    sluice: Sluice, number: int, service: str, facts: Facts = WASTE, source: Source = LLM, **identity: str
) -> None:
    assert sluice.registry.judged(evidence(number, service, **identity), facts, source) is not None


async def test_two_services_judged_alike_speak_for_a_third(start: Start) -> None:
    sluice = await start()
    judge(sluice, 1, "cart")
    assert sluice.registry.alike(evidence(9, "web")) is None
    judge(sluice, 2, "shop")
    shared = sluice.registry.alike(evidence(9, "web"))
    assert shared is not None
    facts, source = shared
    assert (facts.category, facts.confidence) == (WASTE.category, "high")
    assert facts.reason == "judged alike in cart and shop"
    assert (source.kind, source.provider, source.model) == ("llm", "shared", LLM.model)


async def test_it_takes_the_same_library_text_and_traits(start: Start) -> None:
    sluice = await start()
    for number, service in enumerate(("cart", "shop", "mail"), 1):
        judge(sluice, number, service)
        judge(sluice, 10 + number, service, scope="")
    assert sluice.registry.alike(evidence(9, "web", scope="")) is None, "nobody's library"
    assert sluice.registry.alike(evidence(9, "web", scope="grpc")) is None
    assert sluice.registry.alike(evidence(9, "web", severity="error")) is None
    assert sluice.registry.alike(evidence(9, "web", outcome="error")) is None
    assert sluice.registry.alike(plain(9, service="web", scope=LIBRARY)) is None


async def test_one_service_of_another_opinion_ends_it(start: Start) -> None:
    sluice = await start()
    judge(sluice, 1, "cart")
    judge(sluice, 2, "shop")
    judge(sluice, 3, "mail", Facts("diagnostic", "high"))
    assert sluice.registry.alike(evidence(9, "web")) is None


async def test_doubt_duplicates_and_rules_are_not_shared(start: Start) -> None:
    sluice = await start()
    for number, facts, source in (
        (1, Facts("health_check", "medium"), LLM),
        (3, Facts("duplicate", "high", twin=fingerprint(8)), LLM),
        (5, WASTE, RULE),
    ):
        for service, which in (("cart", number), ("shop", number + 1)):
            entry = evidence(which, service, scope=f"library-{number}")
            assert sluice.registry.judged(entry, facts, source) is not None
        assert sluice.registry.alike(evidence(9, "web", scope=f"library-{number}")) is None


async def test_what_is_to_be_judged_again_is_asked_about(start: Start) -> None:
    sluice = await start()
    for number, service in enumerate(("cart", "shop", "web"), 1):
        judge(sluice, number, service)
    assert sluice.registry.alike(evidence(3, "web")) is not None
    sluice.registry.rejudge(fingerprint(3))
    assert sluice.registry.alike(evidence(3, "web")) is None


async def test_a_restart_and_other_instances_facts_count(start: Start, clock: Clock, log: Log) -> None:
    sluice = await start(log)
    judge(sluice, 1, "cart")
    theirs = msgspec.structs.replace(
        verdict(clock, 2, service=ServiceName(name="shop"), scope=LIBRARY), skeleton="connection <*> opened"
    )
    sluice.registry.read("verdicts", fingerprint(2), wire.encode(theirs))
    assert sluice.registry.alike(evidence(9, "web")) is not None
    sluice = await start(log)
    assert sluice.registry.alike(evidence(9, "web")) is not None


async def test_what_was_taken_over_is_no_second_judgement(start: Start) -> None:
    sluice = await start()
    judge(sluice, 1, "cart")
    judge(sluice, 2, "shop", source=msgspec.structs.replace(LLM, provider=SHARED))
    assert sluice.registry.alike(evidence(9, "web")) is None


async def test_a_guard_word_in_a_text_a_value_or_a_variable_that_may_hold_one_shares_nothing(start: Start) -> None:
    sluice = await start()
    judge(sluice, 1, "cart")
    judge(sluice, 2, "shop")
    shared = guarded(sluice.registry.alike)
    third = evidence(9, "web")
    assert shared(third) is not None
    for values in (["17", "timeout"], ["denied"]):
        assert shared(msgspec.structs.replace(third, slots=[Slot("str", values)])) is None
    for template in ("connection <num> lost", "connection <num> opened status=<num>"):
        assert shared(msgspec.structs.replace(third, template=template, slots=[Slot("num", [])] * 2)) is None
