"""Another policy decides every verdict anew, both ways, and nobody is asked."""

from __future__ import annotations

from typing import Any

import pytest

from registry_world import LLM, WASTE, Sluice, Start, action, fingerprint, policy
from sluice.config.model import Protect
from sluice.config.units import Share
from sluice.verdicts.model import Facts

MEDIUM = Facts("health_check", "medium")
POOR = Facts("duplicate", "high", twin=fingerprint(2))


@pytest.mark.parametrize(
    ("loose", "strict", "facts", "guard"),
    [
        ({"min_confidence": "medium"}, {"min_confidence": "high"}, MEDIUM, "confidence"),
        ({}, {"protect": (Protect(service="shop"),)}, WASTE, "protect"),
        ({"rare_per_day": 600}, {"rare_per_day": 601}, WASTE, "rarity"),
        ({"max_drop_share": Share(0.6)}, {"max_drop_share": Share(0.5)}, WASTE, "max_drop_share"),
        ({}, {"actions": {"business_event": action("drop")}}, POOR, "twin"),
    ],
)
async def test_each_guard_comes_and_goes_with_the_policy(
    start: Start, loose: dict[str, Any], strict: dict[str, Any], facts: Facts, guard: str
) -> None:
    sluice = await start(rules=policy(**loose))
    await sluice.tick({1: 600, 2: 400})
    await sluice.judge(1, facts, LLM)
    await sluice.judge(2, Facts("business_event", "high"), LLM)
    judged = facts_of(sluice)
    for _ in range(2):
        assert sluice.engine.action(1) == "drop"
        await sluice.registry.reload(policy(**strict))
        assert sluice.engine.action(1) == "keep"
        found = sluice.registry.verdict(fingerprint(1))
        assert found is not None
        assert found.guards == (guard,)
        await sluice.registry.reload(policy(**loose))
    assert facts_of(sluice) == judged
    assert sluice.registry.known(fingerprint(1), "llm")


def facts_of(sluice: Sluice) -> tuple[object, ...]:
    found = sluice.registry.verdict(fingerprint(1))
    assert found is not None
    return found.category, found.confidence, found.twin, found.source
