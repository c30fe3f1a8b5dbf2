"""A second chance for event types whose evidence is gone, on a real engine."""

from __future__ import annotations

import pytest

from panel_world import Time
from real.otlp import logs
from sluice.classify.queue import Queue
from sluice.classify.reopening import EVERY, Reopening
from sluice.engine import Decision, Engine, Evidence, Policy, Settings, Signal, evidence
from sluice.telemetry import Telemetry


class Judged:
    """What a registry would know."""

    def __init__(self) -> None:
        self.wishes = 0
        self.facts: dict[str, str] = {}

    def known(self, fingerprint: str, kind: str) -> bool:
        return self.facts.get(fingerprint) in (kind, "llm")

    async def outranked(self, kind: str) -> list[str]:
        return [fingerprint for fingerprint in self.facts if not self.known(fingerprint, kind)]


class World:
    def __init__(self, kind: str, max_size: int = 4) -> None:
        self.telemetry = Telemetry()
        self.engine = Engine(Settings(min_records=1))
        self.engine.configure(Policy(logs="drop"))
        self.queue = Queue(max_size, 0.0, self.telemetry)
        self.judged = Judged()
        self.time = Time()
        self.reopening = Reopening(self.engine, self.queue, self.judged, kind, self.telemetry, self.time)

    def sent(self, *lines: str) -> tuple[int, list[Evidence]]:
        """How many are dropped, and the evidence that they bring."""
        outcome = self.engine.process(Signal.LOGS, logs(*lines))
        return outcome.dropped, evidence(outcome.commit() or b"[]")

    def decide(self, seen: Evidence, kind: str) -> None:
        """Waste, by a judge of this kind."""
        self.judged.facts[seen.fingerprint] = kind
        self.engine.apply(
            [Decision(seen.fingerprint, seen.identity, seen.skeleton, self.engine.ruleset, "drop", "debug_noise")]
        )


async def test_types_judged_by_rule_bring_evidence_to_a_model_while_they_are_dropped() -> None:
    world = World("llm")
    _, [noise] = world.sent("noise 1")
    world.decide(noise, "rule")
    await world.reopening.look()
    dropped, [again] = world.sent("noise 2")
    assert (dropped, again.fingerprint) == (1, noise.fingerprint)


async def test_types_judged_by_a_model_bring_none() -> None:
    world = World("llm")
    _, [noise] = world.sent("noise 1")
    world.decide(noise, "llm")
    await world.reopening.look()
    assert world.sent("noise 2") == (1, [])


@pytest.mark.parametrize("kind", ["rule", "llm"])
async def test_a_wish_is_met_at_the_next_look(kind: str) -> None:
    world = World(kind)
    _, [noise] = world.sent("noise 1")
    world.decide(noise, kind)
    await world.reopening.look()
    world.judged.facts[noise.fingerprint] = "stale"
    await world.reopening.look()
    assert world.sent("noise 2") == (1, []), "nobody has wished for it"
    world.judged.wishes += 1
    await world.reopening.look()
    dropped, [again] = world.sent("noise 3")
    assert (dropped, again.fingerprint) == (1, noise.fingerprint)


async def test_one_whose_evidence_was_closed_by_a_new_decision_is_opened_again_after_a_while() -> None:
    world = World("llm")
    _, [noise] = world.sent("noise 1")
    world.decide(noise, "rule")
    await world.reopening.look()
    world.decide(noise, "rule")
    await world.reopening.look()
    assert world.sent("noise 2") == (1, [])
    world.time.now += EVERY
    await world.reopening.look()
    assert len(world.sent("noise 3")[1]) == 1


async def test_what_waits_or_is_asked_about_is_left_alone() -> None:
    world = World("llm")
    _, [noise] = world.sent("noise 1")
    world.decide(noise, "rule")
    world.queue.add(noise)
    await world.reopening.look()
    assert world.sent("noise 2") == (1, [])
    world.queue.take(1)
    world.time.now += EVERY
    await world.reopening.look()
    assert world.sent("noise 3") == (1, [])


async def test_types_refused_by_a_full_queue_come_again_when_there_is_room() -> None:
    world = World("rule", max_size=2)
    _, found = world.sent("alpha 1", "beta 1", "gamma 1", "delta 1")
    assert [world.queue.add(entry) for entry in found] == [True, True, False, False]
    await world.reopening.look()
    assert world.sent("gamma 2")[1] == [], "no room yet"
    for waiting in world.queue.take(2):
        world.decide(waiting.evidence, "rule")
        world.queue.done(waiting)
    await world.reopening.look()
    _, again = world.sent("alpha 2", "beta 2", "gamma 3", "delta 3")
    assert {entry.fingerprint for entry in again} == {entry.fingerprint for entry in found[2:]}
