"""The words of a verdict: categories, facts, and the value that travels on `sluice.verdicts`.

Described in `proto/sluice/v1/verdict.proto`; a test holds the JSON to it. Closed sets are strings, because a reader
must survive a value that a newer writer knows: an unknown one means keep.
"""

from __future__ import annotations

from typing import TypedDict

import msgspec

from sluice.config.units import Action
from sluice.engine import Identity

SCHEMA = 1
"""Version of the JSON values; a reader ignores fields it does not know and withdraws on a schema it cannot read."""

CATEGORIES = (
    "health_check",
    "heartbeat",
    "debug_noise",
    "bot_traffic",
    "duplicate",
    "instrumentation",
    "routine_success",
    "malformed",
    "state_change",
    "business_event",
    "security",
    "performance",
    "fault",
    "diagnostic",
    "unclassified",
)
SIGNALS = ("logs", "metrics", "spans")
CONFIDENCES = ("low", "medium", "high")
ACTIONS = ("keep", "drop", "sample", "limit")
MODES = ("observe", "tag", "drop")
"""From the weakest to the strongest."""
SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")
RANKS = {"rule": 1, "llm": 2, "operator": 3}
"""Kind of source to rank: facts of a higher rank are never replaced by lower ones."""


class Facts(msgspec.Struct, frozen=True):
    """What the judge says of one event type: no action, no policy."""

    category: str
    confidence: str
    description: str = ""
    twin: str | None = None
    reason: str = ""


class ServiceName(msgspec.Struct, frozen=True):
    namespace: str = ""
    name: str = ""


class Source(msgspec.Struct, frozen=True):
    """Where the facts come from. `kind`: llm, rule or operator; `instance`: the Sluice that obtained them."""

    kind: str
    instance: str
    provider: str = ""
    model: str = ""
    prompt_version: str = ""
    evidence_hash: str = ""


class Spelled(TypedDict):
    """An identity as the values spell it out."""

    signal: str
    service: ServiceName
    scope: str
    severity: str
    outcome: str
    purpose: str


class Subject(Spelled):
    """The event type that a verdict or an override is about: the fields that both spell out.

    No base of theirs: the order of a value's fields is the one of its description, where `merged_into` stands between
    these, and a base's fields come first.
    """

    fingerprint: str
    skeleton: str
    ruleset: str
    template: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Facts plus the decision of the instance that published it. Times: RFC 3339 in UTC."""

    schema: int = SCHEMA
    fingerprint: str
    skeleton: str
    ruleset: str
    merged_into: str | None = None
    signal: str
    service: ServiceName
    scope: str = ""
    severity: str = ""
    outcome: str = ""
    purpose: str = ""
    template: str
    matcher: None = None
    category: str
    description: str = ""
    confidence: str
    twin: str | None = None
    reason: str = ""
    action: str
    keep_percent: float | None = None
    keep_rate: str | None = None
    guards: tuple[str, ...] = ()
    mode: str
    first_seen: str
    per_day: float = 0.0
    not_before: str | None = None
    source: Source
    version: int
    issued_at: str
    expires_at: str | None = None


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator decided for one event type; the value that travels on `sluice.overrides`.

    It stands until a tombstone withdraws it. The identity and the template are there so that it can be bound again
    when a new ruleset gives the same event type another fingerprint. `category` is what was known when it was made.
    """

    schema: int = SCHEMA
    fingerprint: str
    skeleton: str
    ruleset: str
    signal: str
    service: ServiceName
    scope: str = ""
    severity: str = ""
    outcome: str = ""
    purpose: str = ""
    template: str
    category: str = "unclassified"
    action: str
    keep_percent: float | None = None
    keep_rate: str | None = None
    reason: str = ""
    issued_by: str = ""
    issued_at: str

    @classmethod
    def of(cls, verdict: Verdict, action: Action, *, issued_at: str, issued_by: str = "", reason: str = "") -> Override:
        """`action` for the event type of `verdict`, whatever its facts say; `revoke` is the action `keep`."""
        return cls(
            **about(verdict),
            category=verdict.category,
            action=action.kind,
            keep_percent=action.keep_percent,
            keep_rate=action.keep_rate,
            reason=reason,
            issued_by=issued_by,
            issued_at=issued_at,
        )


def about(value: Verdict | Override) -> Subject:
    return Subject(
        fingerprint=value.fingerprint,
        skeleton=value.skeleton,
        ruleset=value.ruleset,
        signal=value.signal,
        service=value.service,
        scope=value.scope,
        severity=value.severity,
        outcome=value.outcome,
        purpose=value.purpose,
        template=value.template,
    )


def spelled(identity: Identity) -> Spelled:
    """The inverse of `identity_of`."""
    return Spelled(
        signal=identity.signal,
        service=ServiceName(identity.namespace, identity.service),
        scope=identity.scope,
        severity=identity.severity,
        outcome=identity.outcome,
        purpose=identity.purpose,
    )


def identity_of(value: Verdict | Override) -> Identity:
    return Identity(
        signal=value.signal,
        scope=value.scope,
        namespace=value.service.namespace,
        service=value.service.name,
        severity=value.severity,
        outcome=value.outcome,
        purpose=value.purpose,
    )
