"""From a category to an action, and from the configured policy to the engine's: what the operator asked for.

No guard here; `guards` turns the answer back to keep where it must.
"""

from __future__ import annotations

from sluice.config.model import DEFAULT_ACTIONS, Mode, PolicyConfig
from sluice.config.units import Action
from sluice.engine import Policy
from sluice.verdicts.model import MODES
from sluice.verdicts.protect import Exceptions, Protection

KEEP = Action.parse("keep")


class Rules:
    """One policy, compiled. `config` is what it was made from."""

    def __init__(self, config: PolicyConfig, exceptions: Exceptions) -> None:
        self.config = config
        self.protection = Protection(config.protect, exceptions)
        self.modes: dict[str, Mode] = {
            "logs": config.mode,
            "metrics": weaker(config.mode, config.metrics),
            "spans": weaker(config.mode, config.spans),
        }
        self._actions = {**DEFAULT_ACTIONS, **config.actions}
        self._exceptions = exceptions

    def action(self, category: str, signal: str) -> Action:
        """`sample` and `limit` mean keep for metrics: thinning a series falsifies it. An unknown category is kept."""
        return possible(self._actions.get(category, KEEP), signal)

    def for_engine(self) -> Policy:
        return Policy(
            logs=self.modes["logs"],
            metrics=self.modes["metrics"],
            spans=self.modes["spans"],
            tag_all=self.config.tag_all,
            canary_percent=float(self.config.canary) * 100,
            exceptions=self._exceptions.listed,
        )


def possible(action: Action, signal: str) -> Action:
    return KEEP if signal == "metrics" and action.kind in ("sample", "limit") else action


def weaker(one: Mode, other: Mode) -> Mode:
    """observe < tag < drop."""
    return min(one, other, key=MODES.index)


def between(before: Policy, after: Policy) -> Policy:
    """What may hold while decisions of both policies are in the engine: for each signal the weaker mode."""
    return Policy(
        logs=min(before.logs, after.logs, key=MODES.index),
        metrics=min(before.metrics, after.metrics, key=MODES.index),
        spans=min(before.spans, after.spans, key=MODES.index),
        tag_all=after.tag_all,
        canary_percent=max(before.canary_percent, after.canary_percent),
        exceptions=after.exceptions,
    )
