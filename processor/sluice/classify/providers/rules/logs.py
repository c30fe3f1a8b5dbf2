"""The rules for log records, in order: what must be kept is seen before what may go."""

from __future__ import annotations

from sluice.classify.providers.rules import waste
from sluice.classify.providers.rules.reading import Reading
from sluice.classify.providers.rules.rule import Rule


def _failed_probe(r: Reading) -> str:
    if not r.probe:
        return ""
    if r.outcome in ("client_error", "error"):
        return f"outcome {r.outcome}"
    return r.fault or r.security or ("" if r.quiet else f"severity {r.severity}")


def _probe(r: Reading) -> str:
    """A probe whose success the engine read: a path alone, or a status that nobody recognised, says nothing of it."""
    if not r.probe or r.outcome != "ok" or r.method not in ("", "GET", "HEAD", "OPTIONS"):
        return ""
    return "" if r.business or r.transition or r.doubt else "purpose probe with outcome ok"


def _error_outcome(r: Reading) -> str:
    return "outcome error" if r.outcome == "error" else ""


def _client_error(r: Reading) -> str:
    return "outcome client_error" if r.outcome == "client_error" else ""


def _severe(r: Reading) -> str:
    return f"severity {r.severity}" if r.severity in ("error", "fatal") else ""


def _warned(r: Reading) -> str:
    return "severity warn" if r.severity == "warn" else ""


def _write(r: Reading) -> str:
    return f"{r.method} with outcome ok" if r.outcome == "ok" and r.method else ""


LOGS: tuple[Rule, ...] = (
    Rule("failed probe", "fault", "high", "a probe that did not succeed", _failed_probe),
    Rule("probe", "health_check", "high", "a probe that succeeded", _probe),
    Rule("left before login", "bot_traffic", "high", "connected and left without a login", waste.left_before_login),
    Rule("bot", "bot_traffic", "high", "a crawler or scanner", waste.bot),
    Rule("security words", "security", "high", "access, identity or audit", lambda r: r.security),
    Rule("outcome", "fault", "high", "ended in an error", _error_outcome),
    Rule("severity", "fault", "high", "logged as an error", _severe),
    Rule("access log", "routine_success", "high", "a read that succeeded", waste.access_log),
    Rule("fault words", "fault", "high", "names a fault", lambda r: r.fault),
    Rule("outcome", "diagnostic", "medium", "a request refused as the client's error", _client_error),
    Rule("separator", "malformed", "high", "a line drawn, no words", waste.separator),
    Rule("debug level", "debug_noise", "high", "the developer's level", waste.debug_level),
    Rule("telemetry on itself", "instrumentation", "high", "telemetry that did its work", waste.telemetry_on_itself),
    Rule("severity", "fault", "medium", "logged as a warning", _warned),
    Rule("business words", "business_event", "medium", "what the company counts", lambda r: r.business),
    Rule("write", "routine_success", "medium", "a write that succeeded", _write),
    Rule("heartbeat", "heartbeat", "high", "still alive", waste.heartbeat),
    Rule("idle tick", "heartbeat", "high", "looked and found nothing to do", waste.idle_tick),
    Rule("progress tick", "heartbeat", "high", "how far a job is", waste.progress_tick),
    Rule("aside", "debug_noise", "high", "a remark on the code's path", waste.aside),
    Rule("item done", "routine_success", "high", "one more item worked off", waste.item_done),
    Rule("code trace", "debug_noise", "high", "code that says where it is", waste.code_trace),
    Rule("code name", "debug_noise", "medium", "an identifier of code and its values", waste.code_name),
    Rule("data flow", "routine_success", "medium", "something worked off", waste.data_flow),
    Rule("transition words", "state_change", "medium", "something changed its state", lambda r: r.transition),
    Rule("performance words", "performance", "medium", "how much, how long, how full", lambda r: r.performance),
    Rule("doubtful words", "diagnostic", "low", "may explain a fault later", lambda r: r.doubt or r.hides),
)
