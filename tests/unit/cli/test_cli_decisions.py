"""What `sluice verdicts` says happens is what the Sluice that is asked about does: facts shared, decisions local."""

import json

import msgspec
import pytest

from sluice.cli.decided import Deciding
from sluice.cli.explain import Told, explain, notes
from sluice.cli.verdict_sources import Here, Table
from sluice.config.units import Action
from sluice.verdicts.model import Override, Source
from sluice.verdicts.times import milliseconds
from stored import noted, row_of, row_of_override, save_rows, volumes
from verdict_values import HEALTH, ORDERS, at, verdict

DROPPED = verdict(HEALTH, per_day=85.0)
"""Judged and published by sluice-1, which drops it."""


def override(fingerprint, action, **fields):
    facts = verdict(fingerprint, **fields)
    return Override.of(facts, Action.parse(action), issued_at=at(minutes=-1), issued_by="me@desk", reason="an audit")


def operators(fingerprint, action, **fields):
    """The operator's word as the processor tells it."""
    source = Source("operator", "sluice-1")
    return verdict(fingerprint, action=action, source=source, expires_at=None, not_before=None, **fields)


@pytest.fixture
def told(run, tmp_path):
    """Everything that is said of one event type of a store with these rows."""

    def tell(*rows, options=("--store", "sluice.db"), fingerprint=HEALTH):
        save_rows(tmp_path / "sluice.db", *rows)
        [listed] = json.loads(run("verdicts", "list", "--json", *options).out)
        shown = json.loads(run("verdicts", "show", fingerprint, "--json", *options).out)
        assert shown == listed
        assert shown["verdict"]["action"] == shown["action"].split()[0]
        assert tuple(shown["verdict"]["guards"]) == tuple(shown["decided"]["kept_by"])
        explained = run("verdicts", "explain", fingerprint, *options).out
        assert explained in run("verdicts", "show", fingerprint, *options).out
        [line] = [line for line in run("verdicts", "list", *options).out.splitlines() if fingerprint[:12] in line]
        assert f"  {shown['action']}  " in line
        return shown, explained

    return tell


def test_an_override_counts_before_the_processor_has_seen_it(told):
    shown, explained = told(
        row_of(DROPPED), row_of_override(override(HEALTH, "keep")), *noted("{mode: drop}", "sluice-1")
    )
    assert (shown["action"], shown["decided"]["by"], shown["override"]["action"]) == ("keep", "operator", "keep")
    assert "an operator (me@desk) decided keep at" in explained
    assert "action keep, by the operator's word\n" in explained
    assert "it holds until `sluice verdicts set FP auto` withdraws it" in explained
    assert "policy.actions" not in explained
    assert "the mode is" not in explained


def test_a_withdrawn_override_counts_no_more_before_the_processor_has_seen_it(told):
    shown, explained = told(row_of(operators(HEALTH, "keep"), DROPPED), *noted("{rare_per_day: 0}", "sluice-1"))
    assert (shown["action"], shown["decided"]["by"], shown["override"]) == ("drop", "policy", None)
    assert "judged with high confidence by rule, by sluice-1" in explained
    assert "action drop, by policy.actions.health_check of sluice-1\n" in explained


def test_protect_goes_before_the_operator_and_both_are_named(told):
    facts = {"category": "business_event", "per_day": 85.0}
    shown, explained = told(
        row_of(operators(ORDERS, "keep", guards=("protect",), **facts), verdict(ORDERS, **facts)),
        row_of_override(override(ORDERS, "drop", **facts)),
        *noted("{mode: drop, protect: [{service: web}]}", "sluice-1"),
        fingerprint=ORDERS,
    )
    assert (shown["action"], shown["decided"]) == (
        "keep",
        {"by": "operator", "kept_by": ["protect"], "published_by": ""},
    )
    assert "it is kept although an operator decided drop, because a rule of policy.protect covers it\n" in explained
    assert "policy.actions" not in explained


def test_anothers_facts_are_decided_by_the_policy_of_the_store(told):
    """The store of `two`, which keeps what the writer of the facts drops."""
    policy = "{mode: tag, actions: {health_check: keep}}"
    shown, explained = told(row_of(verdict(HEALTH, action="keep", mode="tag")), *noted(policy, "two"))
    assert (shown["action"], shown["verdict"]["mode"]) == ("keep", "tag")
    assert "judged with high confidence by rule, by sluice-1" in explained
    assert "action keep, by policy.actions.health_check of two\n" in explained
    assert "the mode is" not in explained


def test_a_configuration_decides_and_a_difference_to_the_processor_is_said(told, tmp_path):
    (tmp_path / "a.yaml").write_text("exporters: {nop: }\npolicy: {mode: tag, actions: {health_check: sample 5%}}\n")
    shown, explained = told(
        row_of(DROPPED), *volumes({HEALTH: 468}), *noted("{mode: drop}", "sluice-1"), options=("-c", "a.yaml")
    )
    assert (shown["action"], shown["verdict"]["mode"], shown["per_day"]) == ("sample 5%", "tag", 468)
    assert "action sample 5%, by policy.actions.health_check of a.yaml\n" in explained
    assert "the mode is tag: what would go is marked and passed on\n" in explained
    assert "sluice-1 applies another policy than a.yaml has: SIGHUP or a restart puts that in force\n" in explained


def test_a_store_whose_policy_is_not_known_tells_what_its_process_decided(told):
    shown, explained = told(row_of(verdict(HEALTH, action="keep", guards=("rarity",))))
    assert (shown["action"], shown["decided"]["kept_by"]) == ("keep", ["rarity"])
    assert "it is kept, because it has fewer records a day than policy.rare_per_day\n" in explained


def test_what_was_counted_has_a_say_in_rarity(told):
    rows = (row_of(verdict(HEALTH, action="keep", guards=("rarity",), per_day=3.0)), *noted("{mode: drop}", "sluice-1"))
    assert told(*rows)[0]["decided"]["kept_by"] == ["rarity"]
    assert told(*rows, *volumes({HEALTH: 24}))[0]["action"] == "drop"


def test_metrics_are_not_thinned_and_that_is_said(told):
    metric = verdict(HEALTH, signal="metrics", severity="", outcome="", purpose="", category="routine_success")
    shown, explained = told(row_of(metric), *noted("{mode: drop, rare_per_day: 0}", "sluice-1"))
    assert shown["action"] == "keep"
    assert "although policy.actions.routine_success of sluice-1 is sample 10%: metrics go whole or not" in explained


def test_set_names_what_was_in_force(run, tmp_path):
    save_rows(tmp_path / "sluice.db", row_of(DROPPED), *noted("{mode: tag, actions: {health_check: keep}}", "sluice-1"))
    ended = run("verdicts", "set", HEALTH, "drop", "--store", "sluice.db")
    assert ended.out == f"{HEALTH}: drop (was keep)\n"


def published(*verdicts, override=None):
    """What is said of the one event type on the topics by a reader without any policy."""
    table = Table()
    for value in verdicts:
        table.take_verdict(HEALTH, msgspec.json.encode(value))
    if override is not None:
        table.take_override(HEALTH, msgspec.json.encode(override), blocks=True)
    told = Told("nobody", Deciding(Here(), None, milliseconds(at()), {}, shared=True))
    known = table.find(HEALTH)
    return "\n".join((*explain(known, told.deciding.decide(known), told), *notes(told)))


def test_without_a_policy_it_is_said_whose_decision_it_is():
    said = published(DROPPED)
    assert "action drop, by policy.actions.health_check of sluice-1\n" in said
    assert "the mode is drop" in said
    assert said.endswith("\nactions are those of the Sluices that published them: -c FILE shows what one of them does")
    assert "sluice-1 keeps it, because it has fewer" in published(verdict(action="keep", guards=("rarity",)))


def test_without_a_policy_an_operators_word_may_meet_a_protection_and_any_mode():
    said = published(DROPPED, override=override(HEALTH, "sample 5%"))
    assert "action sample 5%, by the operator's word, unless policy.protect of a Sluice keeps it there\n" in said
    assert "is a matter of each Sluice's policy.mode\n" in said


@pytest.mark.parametrize(
    ("twin", "counted", "policy", "action", "said"),
    [
        ({}, 500, "{mode: drop}", "drop", "is kept in its place"),
        ({}, 100, "{mode: drop}", "keep", "is not seen about as often"),
        ({}, 500, "{mode: drop, actions: {business_event: drop}}", "keep", "is not kept for its own sake"),
        ({"category": "duplicate"}, 500, "{mode: drop}", "keep", "is a duplicate itself"),
        ({"expires_at": at(days=-1)}, 500, "{mode: drop}", "keep", "is not known"),
    ],
)
def test_a_duplicate_is_told_with_its_twin(run, tmp_path, twin, counted, policy, action, said):
    rich = {"category": "business_event", "per_day": 1.0, **twin}
    poor = verdict(HEALTH, category="duplicate", twin=ORDERS, per_day=1.0)
    save_rows(
        tmp_path / "sluice.db",
        row_of(verdict(ORDERS, **rich)),
        row_of(poor),
        *volumes({HEALTH: 468, ORDERS: counted}),
        *noted(policy, "sluice-1"),
    )
    options = ("--store", "sluice.db")
    assert json.loads(run("verdicts", "show", HEALTH, "--json", *options).out)["action"] == action
    explained = run("verdicts", "explain", HEALTH, *options).out
    assert f"its twin {ORDERS} {said}\n" in explained
    to_change = "to keep it: " if action == "drop" else "to let it go: a twin of the same service that is kept"
    assert to_change in explained


def test_what_the_process_keeps_for_the_share_of_its_service_is_told_so(told):
    kept = verdict(HEALTH, action="keep", guards=("max_drop_share",), per_day=900.0)
    shown, explained = told(row_of(kept), *volumes({HEALTH: 900}), *noted("{mode: drop}", "sluice-1"))
    assert (shown["action"], shown["decided"]["kept_by"]) == ("keep", ["max_drop_share"])
    assert "because too much of its service would go: policy.max_drop_share\n" in explained
    assert "to let it go: less waste in its service, or a policy.max_drop_share above 90%" in explained


@pytest.mark.parametrize(
    ("facts", "policy", "said"),
    [
        ({}, "{mode: drop}", f"to keep it: `sluice verdicts revoke {HEALTH[:12]}`, policy.actions.health_check: keep"),
        ({"severity": "error"}, "{}", "to let it go: no key of the policy does; `sluice verdicts set"),
        ({"confidence": "medium"}, "{}", "to let it go: policy.min_confidence: medium (it is high)"),
        ({"per_day": 3.0}, "{}", "to let it go: 24 records in 24 hours (it has 3) or a lower policy.rare_per_day"),
        ({}, "{protect: [{service: web}]}", "to let it go: no rule of policy.protect may cover it"),
        ({"category": "diagnostic"}, "{}", "to let it go: another action in policy.actions.diagnostic, or"),
        ({"category": "unclassified"}, "{}", "to have it judged again: `sluice verdicts rejudge "),
    ],
)
def test_what_would_change_a_decision_is_told(run, tmp_path, facts, policy, said):
    one = verdict(HEALTH, **{"per_day": 85.0, **facts})
    count = int(one.per_day)
    save_rows(tmp_path / "sluice.db", row_of(one), *volumes({HEALTH: count}), *noted(policy, "sluice-1"))
    assert said in run("verdicts", "explain", HEALTH, "--store", "sluice.db").out
