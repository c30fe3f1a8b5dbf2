"""A verdict in plain words: what the event type is, what happens to it, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sluice.cli.verdict_sources import Known
from sluice.config.model import PolicyConfig
from sluice.verdicts.model import Override, Verdict

_CATEGORIES = {
    "health_check": "a probe that succeeded",
    "heartbeat": "a sign of life at intervals",
    "debug_noise": "traces of execution for developers",
    "bot_traffic": "crawlers and scanners",
    "duplicate": "says again what another event type of the service says",
    "instrumentation": "the telemetry pipeline on itself",
    "routine_success": "one more request or job that went as it should",
    "malformed": "fragments and garbled lines",
    "state_change": "something started, stopped, was deployed or reloaded",
    "business_event": "what the company counts",
    "security": "authentication, authorisation, audit, secrets",
    "performance": "slowness or saturation",
    "fault": "an error, a retry, a rejection",
    "diagnostic": "context that helps to explain a fault later",
    "unclassified": "not judged, or not with enough confidence",
}
_GUARDS = {
    "severity": "its severity is ERROR or above",
    "outcome": "its records tell of a failure",
    "category": "this category is always kept",
    "confidence": "the judgement is less sure than policy.min_confidence",
    "rarity": "it has fewer records a day than policy.rare_per_day",
    "twin": "nothing vouches for the event type that says the same",
    "protect": "a rule of policy.protect covers it",
    "max_drop_share": "too much of its service would go: policy.max_drop_share",
}
_MODES = {
    "observe": "the mode is observe: nothing is touched",
    "tag": "the mode is tag: what would go is marked and passed on",
    "drop": "the mode is drop: what is waste is removed",
}


def explain(known: Known, policy: PolicyConfig | None, now: datetime | None = None) -> Iterator[str]:
    """Sentences, the event type first. `policy`: of the Sluice that asks, where it is known."""
    yield _event_type(known.event_type)
    verdict, override = known.verdict, known.override
    if verdict is None:
        yield "there is no verdict on it: its records are kept"
    else:
        yield _judgement(verdict)
    if override is not None:
        yield _override(override)
    if verdict is not None:
        yield _action(verdict, policy)
        yield from _validity(verdict, now or datetime.now(UTC))


def action_of(decided: Verdict | Override) -> str:
    """As it is configured: `keep`, `sample 10%`, `limit 1/m`."""
    match decided.action:
        case "sample":
            return f"sample {decided.keep_percent:g}%"
        case "limit":
            return f"limit {decided.keep_rate}"
        case action:
            return action


def service_of(event_type: Verdict | Override) -> str:
    service = event_type.service
    return f"{service.namespace}/{service.name}" if service.namespace else service.name


def _event_type(event_type: Verdict | Override) -> str:
    traits = [event_type.signal, f"of {service_of(event_type) or 'a service without name'}"]
    traits += [f"severity {event_type.severity}"] if event_type.severity else []
    traits += [f"outcome {event_type.outcome}"] if event_type.outcome else []
    traits += [f"purpose {event_type.purpose}"] if event_type.purpose else []
    return f"{event_type.template or '(no text)'} ({', '.join(traits).replace(', of', ' of')})"


def _judgement(verdict: Verdict) -> str:
    source = verdict.source
    what = f"{verdict.category}: {_CATEGORIES[verdict.category]}"
    if verdict.description:
        what += f" ({verdict.description})"
    match source.kind:
        case "operator":
            return f"{what}; an operator decides what happens to it, by {source.instance}"
        case "llm":
            judge = f"by {source.model or 'a model'} of {source.provider or 'its provider'}, asked by {source.instance}"
        case _:
            judge = f"by rule, by {source.instance}"
    because = f": {verdict.reason}" if verdict.reason else ""
    return f"{what}; judged with {verdict.confidence} confidence {judge}, at {verdict.issued_at}{because}"


def _override(override: Override) -> str:
    who = f" ({override.issued_by})" if override.issued_by else ""
    because = f": {override.reason}" if override.reason else ""
    scope = "whatever was judged; only policy.protect goes before it"
    return f"an operator{who} decided {action_of(override)} at {override.issued_at}, {scope}{because}"


def _action(verdict: Verdict, policy: PolicyConfig | None) -> str:
    if verdict.guards:
        reasons = " and ".join(_GUARDS.get(guard, guard) for guard in verdict.guards)
        wanted = f" although policy.actions.{verdict.category} is {policy.actions[verdict.category]}" if policy else ""
        return f"it is kept{wanted}, because {reasons}"
    line = f"policy.actions.{verdict.category}"
    origin = "the operator's word" if verdict.source.kind == "operator" else f"{line} of {verdict.source.instance}"
    text = f"action {action_of(verdict)}, by {origin}"
    if policy and verdict.source.kind != "operator" and policy.actions[verdict.category] != action_of(verdict):
        text += f"; {line} here is {policy.actions[verdict.category]}, which is what counts here"
    return text


def _validity(verdict: Verdict, now: datetime) -> Iterator[str]:
    if verdict.action != "keep":
        yield _MODES[verdict.mode]
        if verdict.not_before and datetime.fromisoformat(verdict.not_before) > now:
            yield f"it is new and in probation: kept until {verdict.not_before}"
    if verdict.merged_into:
        yield f"it has become part of {verdict.merged_into}"
    if verdict.expires_at is None:
        yield "it holds until it is withdrawn"
    elif datetime.fromisoformat(verdict.expires_at) <= now:
        yield f"it has expired at {verdict.expires_at}: its records are kept"
    else:
        yield f"it holds until {verdict.expires_at}, and is renewed while the event type is seen"
