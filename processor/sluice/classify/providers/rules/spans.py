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
_PING = re.compile(r"(?i)^(?:ping|redis ping|heartbeat)$")
_SELECT_ONE = re.compile(r"(?i)^select \*$")
_KIND = re.compile(r"^(?:unspecified|internal|server|client|producer|consumer) ")
"""The engine writes a span's kind before its name."""


def _outcome(outcome: str) -> Callable[[Reading], str]:
    return lambda r: f"outcome {outcome}" if r.outcome == outcome else ""


def _named(form: re.Pattern[str], seen: str) -> Callable[[Reading], str]:
    return lambda r: seen if not (r.security or r.fault) and form.match(_name(r)) else ""


def _name(r: Reading) -> str:
    return _KIND.sub("", r.template)


def _alive(r: Reading) -> str:
    """A ping, or the query that asks for nothing: `SELECT 1`."""
    ones = {value for slot in r.evidence.slots for value in slot.values} == {"1"}
    return "a ping" if _PING.match(_name(r)) or (ones and _SELECT_ONE.match(_name(r))) else ""


def _probe(r: Reading) -> str:
    return "purpose probe" if r.probe else ""


SPANS: tuple[Rule, ...] = (
    Rule("outcome", "fault", "high", "ended in an error", _outcome("error")),
    Rule("outcome", "diagnostic", "medium", "refused as the client's error", _outcome("client_error")),
    Rule("telemetry on itself", "instrumentation", "high", "an export of telemetry", _named(_EXPORT, "an OTLP export")),
    Rule("probe", "health_check", "high", "a probe that succeeded", _probe),
    Rule("inner span", "debug_noise", "high", "one message of a request", _named(_MESSAGE, "an ASGI message")),
    Rule("inner span", "debug_noise", "high", "plumbing inside a request", _named(_PLUMBING, "a step of a framework")),
    Rule("keep-alive", "heartbeat", "high", "a connection kept alive", _alive),
    Rule("security words", "security", "high", "access, identity or audit", lambda r: r.security),
    Rule("fault words", "fault", "medium", "names a fault", lambda r: r.fault),
    Rule("read", "routine_success", "high", "a read that succeeded", waste.access_log),
    Rule("business words", "business_event", "medium", "what the company counts", lambda r: r.business),
)
