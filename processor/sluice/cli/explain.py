"""A verdict in plain words: what the event type is, what happens to it, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sluice.cli.changing import what_would_change
from sluice.cli.decided import Decided, Deciding
from sluice.cli.verdict_sources import Known
from sluice.verdicts.alike import SHARED
from sluice.verdicts.guards import Ruling
from sluice.verdicts.model import Override, Verdict
from sluice.verdicts.times import rfc3339

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
    "twin": "no other event type stands in for it",
    "protect": "a rule of policy.protect covers it",
    "override": "an operator's override is there that cannot be used: set it again",
    "max_drop_share": "too much of its service would go: policy.max_drop_share",
}
_MODES = {
    "observe": "the mode is observe: nothing is touched",
    "tag": "the mode is tag: what would go is marked and passed on",
    "drop": "the mode is drop: what is waste is removed",
    "": "whether it is touched, marked or removed is a matter of each Sluice's policy.mode",
}


class Told(NamedTuple):
    """How the explanation names what it speaks of. `policy_of`: whose policy decides, such as a file."""

    policy_of: str
    deciding: Deciding


def explain(known: Known, decided: Decided, told: Told) -> Iterator[str]:
    """Sentences, the event type first."""
    yield _event_type(known.event_type)
    verdict = known.judged or known.verdict
    if verdict is None:
        yield "nothing was judged of it"
    else:
        yield _judgement(verdict)
    if known.origin:
        yield f"that was as {known.origin}, when mining.masks or the rules of mining were others"
    if decided.word is not None:
        yield _override(decided.word)
    yield _action(known, decided, told)
    if decided.ruling.exceptions:
        yield "single records that policy.protect names by their resource or duration are kept all the same"
    yield from _twin(known, decided)
    yield from _published(known, decided, told)
    yield from _validity(verdict, decided, told.deciding.now)
    yield from what_would_change(known, decided, told.deciding.policy)


def notes(told: Told) -> Iterator[str]:
    """What a reader has to know of all that is shown."""
    here, policy = told.deciding.here, told.deciding.policy
    if policy is None and told.deciding.shared:
        yield "actions are those of the Sluices that published them: -c FILE shows what one of them does"
    elif here.policy not in (None, policy):
        who = here.instance or "the processor"
        yield f"{who} applies another policy than {told.policy_of} has: SIGHUP or a restart puts that in force"


def action_of(decided: Verdict | Override | Ruling) -> str:
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
    described = verdict.description.strip().rstrip(".")
    if described and described.casefold() != _CATEGORIES[verdict.category].casefold():
        what += f" ({described})"
    match source.kind:
        case "operator":
            return f"{what}; what was judged of it is not known here, {source.instance} has told the operator's word"
        case "llm" if source.provider == SHARED:
            judge = f"as {source.model or 'a model'} judged it in other services, taken over by {source.instance}"
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


def _action(known: Known, decided: Decided, told: Told) -> str:
    if decided.by == "nobody":
        return f"it is kept, because {_why_nobody(known, decided)}"
    ruling = decided.ruling
    if decided.by == "operator":
        wanted, origin = f"an operator decided {decided.wanted}", "the operator's word"
    else:
        key = f"policy.actions.{known.event_type.category}"
        wanted, origin = (
            f"{key} of {told.policy_of} is {decided.wanted}",
            f"{key} of {decided.writer or told.policy_of}",
        )
    although = f" although {wanted}" if decided.wanted else ""
    if ruling.guards:
        who = f"{decided.writer} keeps it" if decided.writer else "it is kept"
        return f"{who}{although}, because {' and '.join(_GUARDS.get(guard, guard) for guard in ruling.guards)}"
    if decided.wanted and decided.wanted.kind != ruling.action:
        return f"it is kept{although}: metrics go whole or not at all, for thinning falsifies them"
    text = f"action {action_of(ruling)}, by {origin}"
    if told.deciding.policy is not None:
        return text
    if decided.by == "operator":
        return text if ruling.action == "keep" else f"{text}, unless policy.protect of a Sluice keeps it there"
    return text


def _why_nobody(known: Known, decided: Decided) -> str:
    if known.blocked:
        return _GUARDS["override"]
    if decided.expired and known.judged is not None:
        return f"the verdict has expired at {known.judged.expires_at}"
    return "there is no verdict on it"


def _twin(known: Known, decided: Decided) -> Iterator[str]:
    if decided.by == "policy" and known.event_type.category == "duplicate" and decided.wanted is not None:
        twin = decided.twin or "that says the same"
        yield f"its twin {twin} {decided.objection or 'is kept in its place'}"


def _published(known: Known, decided: Decided, told: Told) -> Iterator[str]:
    """What those do who have no policy of their own, where it is something else."""
    verdict = known.verdict
    if not told.deciding.shared or verdict is None or decided.writer:
        return
    if (verdict.action, verdict.keep_percent, verdict.keep_rate) != (
        decided.ruling.action,
        decided.ruling.keep_percent,
        decided.ruling.keep_rate,
    ):
        who = f"{verdict.source.instance} published {action_of(verdict)}"
        yield f"{who}, for consumers that have no policy of their own"


def _validity(verdict: Verdict | None, decided: Decided, now: int) -> Iterator[str]:
    if decided.ruling.action != "keep":
        yield _MODES[decided.ruling.mode]
        if decided.not_before is not None and decided.not_before > now:
            yield f"it is new and in probation: kept until {rfc3339(decided.not_before)}"
    if verdict is not None and verdict.merged_into:
        yield f"it has become part of {verdict.merged_into}, whose facts these are: its records are counted there"
    if decided.word is not None:
        yield "it holds until `sluice verdicts set FP auto` withdraws it"
    elif verdict is None or decided.by == "nobody":
        return
    elif verdict.expires_at is None:
        yield "it holds until it is withdrawn"
    elif verdict.merged_into:
        yield f"it holds until {verdict.expires_at}"
    else:
        yield f"it holds until {verdict.expires_at}, and is renewed while the event type is seen"
