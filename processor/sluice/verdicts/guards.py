"""The guards: rules that turn an action back to keep, whatever the judge said.

Each is a pure function of one event type and the policy. All that apply are named, in the order of the table below.
What the rest of the service does is looked at last: `max_drop_share` keeps a type that all others would let go.
Probation is none of them: it changes when an action begins (`not_before`), not the action.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sluice.config.model import ALWAYS_KEPT
from sluice.config.units import Action
from sluice.engine import Identity
from sluice.verdicts.model import CONFIDENCES
from sluice.verdicts.policy import Rules, possible
from sluice.verdicts.protect import at_least


class Case(msgspec.Struct, frozen=True):
    """What the guards look at. `per_day`: records in the last 24 hours, counted and never extrapolated. `vouched`: the
    twin that a duplicate names stands in for it.

    Because it is a count, a type younger than an hour is rare until it has had `rare_per_day` records.
    """

    identity: Identity
    template: str
    category: str
    confidence: str
    per_day: float
    vouched: bool = False


class Ruling(msgspec.Struct, frozen=True):
    """What is done with one event type here. `guards`: those that turned the action to keep; `exceptions`: numbers
    of `engine.Policy.exceptions`, each a reason to keep a single record."""

    action: str
    mode: str
    keep_percent: float | None = None
    keep_rate: str | None = None
    guards: tuple[str, ...] = ()
    exceptions: tuple[int, ...] = ()

    @property
    def told(self) -> Ruling:
        """What a verdict tells of it: exceptions are between us and the engine."""
        return msgspec.structs.replace(self, exceptions=()) if self.exceptions else self


def severity(case: Case, rules: Rules) -> bool:
    """ERROR and above."""
    return at_least(case.identity.severity, "error")


def outcome(case: Case, rules: Rules) -> bool:
    """An error; a client's error, too, unless it is the noise of bots, which consists of them."""
    if case.identity.outcome == "client_error":
        return case.category != "bot_traffic"
    return case.identity.outcome == "error"


def category(case: Case, rules: Rules) -> bool:
    """Protected whatever `policy.actions` says."""
    return case.category in ALWAYS_KEPT


def confidence(case: Case, rules: Rules) -> bool:
    return CONFIDENCES.index(case.confidence) < CONFIDENCES.index(rules.config.min_confidence)


def rarity(case: Case, rules: Rules) -> bool:
    """Rare types cost nothing and explain incidents. `rare_per_day` 0 turns the guard off."""
    return case.per_day < rules.config.rare_per_day


def twin(case: Case, rules: Rules) -> bool:
    """A duplicate may only go while the twin that it names stands in for it."""
    return case.category == "duplicate" and not case.vouched


GUARDS: tuple[tuple[str, Callable[[Case, Rules], bool]], ...] = (
    ("severity", severity),
    ("outcome", outcome),
    ("category", category),
    ("confidence", confidence),
    ("rarity", rarity),
    ("twin", twin),
)
MAX_DROP_SHARE = "max_drop_share"
"""The guard that is none of a type alone: `shares` names the types that it keeps."""
NAMES = (*(name for name, _ in GUARDS), "protect", MAX_DROP_SHARE, "override")
"""All that a verdict may name; `override`: the operator's word cannot be used."""


def rule(case: Case, rules: Rules, operator: Action | None = None) -> Ruling:
    """The policy's action for the case, or the operator's, unless a guard keeps it.

    The operator's word skips every guard but `protect`.
    """
    signal = case.identity.signal
    mode = rules.modes[signal]
    action = rules.action(case.category, signal) if operator is None else possible(operator, signal)
    if action.kind == "keep":
        return Ruling("keep", mode)
    protected, exceptions = rules.protection.covers(case.identity, case.category, case.template)
    named = () if operator is not None else tuple([name for name, guards in GUARDS if guards(case, rules)])
    if protected:
        named = (*named, "protect")
    if named:
        return Ruling("keep", mode, guards=named)
    return Ruling(action.kind, mode, action.keep_percent, action.keep_rate, exceptions=exceptions)
