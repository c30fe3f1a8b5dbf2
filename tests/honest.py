"""A model that judges the tests' telemetry as it is, and describes every service alike, behind the loopback server."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence

from real.models import Asked

_LINE = re.compile(r"^(e\d{4}) (.*)$", re.MULTILINE)
_WORDS = {
    "shipped": "business_event",
    "entering": "debug_noise",
    "healthz": "health_check",
    "livez": "health_check",
    "readyz": "health_check",
    "health": "health_check",
    "probe": "health_check",
    "/ping": "health_check",
    "heartbeat": "heartbeat",
    "alive": "heartbeat",
    "keepalive": "heartbeat",
    "otelcol": "instrumentation",
}
"""The first that a text holds decides; anything else is a fault, as one of the canaries is."""


def category(line: str) -> str:
    return next((category for word, category in _WORDS.items() if word in line), "fault")


def is_of_a_service(asked: Asked) -> bool:
    """Whether the question is what a service does."""
    return "k" in asked.schema["properties"]


def honest(asked: Asked) -> str:
    """For `ModelServer.answer`."""
    if is_of_a_service(asked):
        return json.dumps({"k": "web_api", "d": "sells things to people", "r": ["takes orders"], "n": ["order desk"]})
    entries = [
        {"l": label, "d": "as it says", "c": category(line), "s": "high"}
        for label, line in _LINE.findall(asked.content)
    ]
    return json.dumps({"v": entries, "t": []})


def asked_about(asked: Sequence[Asked], *words: str) -> Counter[str]:
    """How often each of the words was in an event type that was asked about."""
    lines = [line for one in list(asked) for _, line in _LINE.findall(one.content)]
    return Counter(word for line in lines for word in words if word in line)
