"""Facts become an action by the policy, and a guard turns it back to keep."""

from __future__ import annotations

import pytest

from registry_world import action, policy
from sluice.config.model import PolicyConfig, Protect
from sluice.config.units import Duration, Share
from sluice.engine import Exception_, Identity
from sluice.verdicts.guards import Case, Ruling, rule
from sluice.verdicts.policy import Rules, between
from sluice.verdicts.protect import Exceptions


def case(category: str = "health_check", *, confidence: str = "high", per_day: float = 1e6, **identity: str) -> Case:
    return Case(
        Identity(**{"signal": "logs", "service": "shop", **identity}), "GET [a] <num>", category, confidence, per_day
    )


def decided(of: Case, rules: PolicyConfig | None = None, operator: str | None = None) -> Ruling:
    return rule(of, Rules(rules or policy(), Exceptions()), None if operator is None else action(operator))


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("health_check", ("drop", None, None)),
        ("heartbeat", ("limit", None, "1/m")),
        ("routine_success", ("sample", 10.0, None)),
        ("state_change", ("keep", None, None)),
        ("unclassified", ("keep", None, None)),
    ],
)
def test_a_category_leads_to_its_default_action(category: str, expected: tuple[str, float | None, str | None]) -> None:
    ruling = decided(case(category))
    assert (ruling.action, ruling.keep_percent, ruling.keep_rate) == expected
    assert ruling.guards == ()


def test_a_configured_action_replaces_only_its_own_category() -> None:
    rules = policy(actions={"routine_success": action("drop")})
    assert decided(case("routine_success"), rules).action == "drop"
    assert decided(case("heartbeat"), rules).action == "limit"


@pytest.mark.parametrize("category", ["routine_success", "heartbeat"])
def test_metrics_are_never_thinned(category: str) -> None:
    assert decided(case(category, signal="metrics")) == Ruling("keep", "drop")
    assert decided(case("health_check", signal="metrics")).action == "drop"


@pytest.mark.parametrize(
    ("mode", "own", "expected"),
    [("drop", "tag", "tag"), ("observe", "drop", "observe"), ("tag", "drop", "tag"), ("drop", "drop", "drop")],
)
def test_the_mode_of_a_signal_is_the_weaker_of_two(mode: str, own: str, expected: str) -> None:
    rules = Rules(policy(mode=mode, spans=own), Exceptions())
    assert rules.modes["spans"] == expected
    assert rules.for_engine().spans == expected
    assert rules.for_engine().logs == mode


def test_the_engine_gets_the_canary_in_percent() -> None:
    assert Rules(PolicyConfig(canary=Share(0.001)), Exceptions()).for_engine().canary_percent == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("of", "guard"),
    [
        (case(severity="error"), "severity"),
        (case(severity="fatal"), "severity"),
        (case(outcome="error"), "outcome"),
        (case(outcome="client_error"), "outcome"),
        (case(confidence="medium"), "confidence"),
        (case(confidence="low"), "confidence"),
        (case(per_day=23), "rarity"),
        (case("duplicate"), "twin"),
        (case(signal="spans", outcome="error"), "outcome"),
    ],
)
def test_each_guard_keeps_and_is_named(of: Case, guard: str) -> None:
    assert decided(of, policy(rare_per_day=24)) == Ruling("keep", "drop", guards=(guard,))


@pytest.mark.parametrize(
    "of",
    [
        case(severity="warn"),
        case(severity=""),
        case(outcome="ok"),
        case("bot_traffic", outcome="client_error"),
        case(per_day=24),
    ],
)
def test_a_guard_keeps_no_more_than_it_says(of: Case) -> None:
    ruling = decided(of, policy(rare_per_day=24))
    assert ruling.action != "keep"
    assert ruling.guards == ()


@pytest.mark.parametrize("category", ["security", "fault"])
def test_protected_categories_are_kept_whatever_the_policy_says(category: str) -> None:
    assert decided(case(category), policy(actions={category: action("drop")})).guards == ("category",)


def test_all_guards_that_apply_are_named() -> None:
    of = case(severity="error", outcome="error", confidence="low", per_day=0)
    rules = policy(rare_per_day=24, protect=(Protect(service="shop"),))
    assert decided(of, rules).guards == ("severity", "outcome", "confidence", "rarity", "protect")


def test_a_guard_is_not_named_when_the_policy_keeps_anyway() -> None:
    assert decided(case("state_change", severity="error", confidence="low")).guards == ()


def test_min_confidence_can_be_lowered() -> None:
    assert decided(case(confidence="medium"), policy(min_confidence="medium")).action == "drop"
    assert decided(case(confidence="low"), policy(min_confidence="low")).action == "drop"


def test_rarity_zero_turns_the_guard_off() -> None:
    assert decided(case(per_day=0), policy(rare_per_day=0)).action == "drop"


@pytest.mark.parametrize(
    "protect",
    [
        Protect(signal="logs"),
        Protect(service="shop"),
        Protect(namespace="eu"),
        Protect(scope="lib"),
        Protect(outcome="ok"),
        Protect(category="health_check"),
        Protect(min_severity="info"),
        Protect(template="GET [a]*"),
        Protect(template="GET ?a? <num>"),
        Protect(service="shop", template="*<num>", category="health_check"),
    ],
)
def test_a_rule_protects_what_meets_all_its_conditions(protect: Protect) -> None:
    of = case(namespace="eu", scope="lib", outcome="ok", severity="warn")
    assert decided(of, policy(protect=(protect,))) == Ruling("keep", "drop", guards=("protect",))


@pytest.mark.parametrize(
    "protect",
    [
        Protect(signal="spans"),
        Protect(service="shop", namespace="eu"),
        Protect(min_severity="info"),
        Protect(outcome="ok"),
        Protect(template="GET [a]"),
        Protect(template="get *"),
        Protect(category="heartbeat"),
    ],
)
def test_a_rule_leaves_what_misses_one_condition(protect: Protect) -> None:
    assert decided(case(), policy(protect=(protect,))).action == "drop"


def test_what_only_the_record_knows_becomes_an_exception_of_the_types_that_meet_the_rest() -> None:
    slow = Protect(service="shop", min_duration=Duration(1.5))
    production = Protect(resource={"env": "production"}, category="routine_success")
    rules = Rules(policy(protect=(slow, production)), Exceptions())
    assert rules.for_engine().exceptions == (
        Exception_(min_duration_ms=1_500.0),
        Exception_(resource={"env": "production"}),
    )
    assert rule(case(), rules).exceptions == (0,)
    assert rule(case("routine_success"), rules).exceptions == (0, 1)
    assert rule(case("routine_success", service="other"), rules).exceptions == (1,)
    assert rule(case("state_change"), rules).exceptions == ()


def test_the_number_of_an_exception_means_the_same_under_every_policy() -> None:
    exceptions = Exceptions()
    old = Rules(policy(protect=(Protect(resource={"env": "production"}),)), exceptions)
    new = Rules(policy(protect=(Protect(resource={"tier": "1"}), Protect(resource={"env": "production"}))), exceptions)
    assert rule(case(), old).exceptions == (0,)
    assert set(rule(case(), new).exceptions) == {0, 1}
    assert new.for_engine().exceptions[0] == Exception_(resource={"env": "production"})


def test_between_two_policies_each_signal_has_the_weaker_mode() -> None:
    old = Rules(policy(mode="drop", spans="observe"), Exceptions()).for_engine()
    new = Rules(policy(mode="tag", spans="drop"), Exceptions()).for_engine()
    both = between(old, new)
    assert (both.logs, both.spans) == ("tag", "observe")


def test_the_operators_word_skips_every_guard_but_protect() -> None:
    worst = case("security", severity="fatal", outcome="error", confidence="low", per_day=0)
    rules = policy(rare_per_day=24)
    assert decided(worst, rules, operator="drop") == Ruling("drop", "drop")
    protected = policy(rare_per_day=24, protect=(Protect(category="security"),))
    assert decided(worst, protected, operator="drop") == Ruling("keep", "drop", guards=("protect",))


def test_the_operators_word_respects_exceptions_and_metrics() -> None:
    rules = policy(protect=(Protect(resource={"env": "production"}),))
    assert decided(case(), rules, operator="sample 5%").exceptions == (0,)
    assert decided(case(signal="metrics"), rules, operator="sample 5%").action == "keep"
