"""Which decisions the engine takes, and what it does with those that it does not."""

from __future__ import annotations

import msgspec
import pytest

from real.otlp import logs
from sluice.engine import Decision, Engine, Evidence, Policy, Settings, Signal, evidence


@pytest.fixture
def engine() -> Engine:
    engine = Engine(Settings(min_records=1))
    engine.configure(Policy(logs="drop"))
    return engine


def dropping(engine: Engine, seen: Evidence) -> Decision:
    return Decision(seen.fingerprint, seen.identity, seen.skeleton, engine.ruleset, "drop", "debug_noise")


def sent(engine: Engine, body: str) -> tuple[int, list[Evidence]]:
    """How many of one record are dropped, and the evidence that its commit brought."""
    outcome = engine.process(Signal.LOGS, logs(body))
    return outcome.dropped, evidence(outcome.commit() or b"[]")


@pytest.mark.parametrize("known", [True, False], ids=["known type", "unknown type"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"skeleton": "another <*>"},
        {"identity": {"severity": "debug"}},
        {"identity": {"service": "cart"}},
        {"identity": {"outcome": "ok"}},
        {"identity": {"severity": "loud"}},
    ],
    ids=str,
)
def test_a_decision_about_another_identity_than_its_fingerprints_is_refused_and_ends_the_one_before(
    engine: Engine, known: bool, wrong: dict[str, object]
) -> None:
    """Whoever decides guards by the identity: an error that calls itself debug must not be dropped as debug."""
    _, [seen] = sent(engine, "noise 1")
    right = dropping(engine, seen)
    identity = wrong.get("identity")
    changes = {"identity": msgspec.structs.replace(seen.identity, **identity)} if isinstance(identity, dict) else wrong
    target = engine if known else Engine(Settings(min_records=1))
    target.configure(Policy(logs="drop"))
    if known:
        assert target.apply([right]) == 1
        assert sent(target, "noise 2")[0] == 1

    assert target.apply([msgspec.structs.replace(right, **changes)]) == 0
    assert sent(target, "noise 3")[0] == 0

    assert target.apply([right]) == 1
    assert sent(target, "noise 4")[0] == 1


def test_a_type_that_is_reopened_brings_evidence_again_while_its_decision_stays_in_force(engine: Engine) -> None:
    _, [seen] = sent(engine, "noise 1")
    assert engine.apply([dropping(engine, seen)]) == 1
    assert sent(engine, "noise 2") == (1, [])

    assert engine.reopen([seen.fingerprint, "f" * 32]) == 1
    dropped, [again] = sent(engine, "noise 3")
    assert dropped == 1
    assert (again.fingerprint, again.samples) == (seen.fingerprint, ["noise 3"])

    assert engine.apply([dropping(engine, seen)]) == 1
    assert sent(engine, "noise 4") == (1, [])


def test_a_full_table_keeps_a_type_that_is_judged_anew(engine: Engine) -> None:
    small = Engine(Settings(min_records=1, max_event_types=1))
    small.configure(Policy(logs="drop"))
    _, [seen] = sent(small, "noise 1")
    small.apply([dropping(small, seen)])
    small.reopen([seen.fingerprint])
    sent(small, "something else")
    small.drain_volumes()
    assert sent(small, "noise 2")[0] == 1
