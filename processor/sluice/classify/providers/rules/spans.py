"""The rules for spans: by name and outcome. A span is waste only where its trace would not miss it."""

from __future__ import annotations

import re
from collections.abc import Callable

from sluice.classify.providers.rules import waste
from sluice.classify.providers.rules.reading import Reading
from sluice.classify.providers.rules.rule import Rule

_EXPORT = re.compile(
    r"^(?:POST )?(?:/v1/(?:traces|metrics|logs)|/?opentelemetry\.proto\.collector\.\w+\.v1\.\w+/Export)$"
)
_MESSAGE = re.compile(r"^(?:.* )?http (?:send|receive)$")
"""One ASGI message: the request has a span of its own around it."""
_PLUMBING = re.compile(r"^(?:middleware - \S+|fs \w+)$")
"""What Node.js instrumentations write of every step inside a request."""
_ALIVE = re.compile(r"(?i)^(?:ping|redis ping|select (?:1|\*)|heartbeat)$")


def _outcome(outcome: str) -> Callable[[Reading], str]:
    return lambda r: f"outcome {outcome}" if r.outcome == outcome else ""


def _named(form: re.Pattern[str], seen: str) -> Callable[[Reading], str]:
    return lambda r: seen if not (r.security or r.fault) and form.match(r.template) else ""


def _probe(r: Reading) -> str:
    return "purpose probe" if r.probe else ""


SPANS: tuple[Rule, ...] = (
    Rule("outcome", "fault", "high", "ended in an error", _outcome("error")),
    Rule("outcome", "diagnostic", "medium", "refused as the client's error", _outcome("client_error")),
    Rule("probe", "health_check", "high", "a probe that succeeded", _probe),
    Rule("telemetry on itself", "instrumentation", "high", "an export of telemetry", _named(_EXPORT, "an OTLP export")),
    Rule("inner span", "debug_noise", "high", "one message of a request", _named(_MESSAGE, "an ASGI message")),
    Rule("inner span", "debug_noise", "high", "plumbing inside a request", _named(_PLUMBING, "a step of a framework")),
    Rule("keep-alive", "heartbeat", "high", "a connection kept alive", _named(_ALIVE, "a ping")),
    Rule("security words", "security", "high", "access, identity or audit", lambda r: r.security),
    Rule("fault words", "fault", "medium", "names a fault", lambda r: r.fault),
    Rule("read", "routine_success", "high", "a read that succeeded", waste.access_log),
    Rule("business words", "business_event", "medium", "what the company counts", lambda r: r.business),
)
