"""Keys that are right and yet do nothing: said, because silence would look like success, and no reason to refuse."""

from __future__ import annotations

from collections.abc import Iterator

from sluice.config.messages import dotted, show
from sluice.config.model import ALWAYS_KEPT, DEFAULT_ACTIONS, PolicyConfig

_UNVOUCHED = "duplicate"


def remarks(policy: PolicyConfig) -> Iterator[str]:
    """One line each, with key, value and remedy."""
    for category, action in policy.actions.items():
        if action.kind == "keep" or action == DEFAULT_ACTIONS[category]:
            continue
        key = dotted(("policy", "actions", category))
        if category in ALWAYS_KEPT:
            remedy = f"remove it; `sluice verdicts set FP {action}` overrules a single event type"
            yield f"{key}: {show(action)} has no effect, {category} is always kept: {remedy}"
        elif category == _UNVOUCHED:
            yield f"{key}: {show(action)} has no effect yet, as nothing vouches for the other one: remove it"
