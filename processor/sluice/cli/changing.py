"""What would change what happens to an event type: the keys, the records or the command that it hangs on."""

from __future__ import annotations

from collections.abc import Iterator

from sluice.cli.decided import Decided
from sluice.cli.verdict_sources import Known
from sluice.config.model import PolicyConfig

_ALWAYS = ("severity", "outcome", "category")
"""Guards that no key of the policy lifts."""


def what_would_change(known: Known, decided: Decided, policy: PolicyConfig | None) -> Iterator[str]:
    """A sentence or two, where it hangs on a policy that is known; the operator's word is explained elsewhere."""
    verdict, guards = known.judged, decided.ruling.guards
    if policy is None or verdict is None or decided.by != "policy":
        return
    short, key = known.fingerprint[:12], f"policy.actions.{verdict.category}"
    overrule = f"`sluice verdicts set {short} drop`"
    if decided.ruling.action != "keep":
        yield f"to keep it: `sluice verdicts revoke {short}`, {key}: keep or a rule of policy.protect"
        if policy.rare_per_day:
            yield f"it is kept, too, once it has fewer than {policy.rare_per_day} records in 24 hours"
    elif "protect" in guards:
        yield "to let it go: no rule of policy.protect may cover it, for not even an operator goes before one"
    elif any(guard in _ALWAYS for guard in guards):
        yield f"to let it go: no key of the policy does; {overrule} goes before all guards but policy.protect"
    elif guards:
        lifts = "; and ".join(_lift(guard, verdict.confidence, decided, policy) for guard in guards)
        yield f"to let it go: {lifts}; or {overrule}, which goes before all guards but policy.protect"
    elif decided.wanted is not None and decided.wanted.kind == "keep":
        yield f"to let it go: another action in {key}, or {overrule}"
    if verdict.category == "unclassified":
        yield f"to have it judged again: `sluice verdicts rejudge {short}`"


def _lift(guard: str, confidence: str, decided: Decided, policy: PolicyConfig) -> str:
    match guard:
        case "confidence":
            return f"policy.min_confidence: {confidence} (it is {policy.min_confidence})"
        case "rarity":
            enough = f"{policy.rare_per_day} records in 24 hours (it has {decided.per_day:.0f})"
            return f"{enough} or a lower policy.rare_per_day"
        case "twin":
            return "a twin of the same service that is kept and seen about as often"
        case "max_drop_share":
            share = f"{float(policy.max_drop_share) * 100:g}%"
            return f"less waste in its service, or a policy.max_drop_share above {share}"
        case _:
            return f"an end of what the guard {guard} tells"
