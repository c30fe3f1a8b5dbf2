"""The judge that needs no key, no network and no state: rules over an event type's words and outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from sluice.classify.providers.base import Judgement
from sluice.classify.providers.rules.logs import LOGS
from sluice.classify.providers.rules.metrics import METRICS
from sluice.classify.providers.rules.reading import Reading
from sluice.classify.providers.rules.rule import judge
from sluice.classify.providers.rules.spans import SPANS
from sluice.engine import Evidence
from sluice.verdicts.model import Facts

VERSION = "rules-2"
"""Recorded with each verdict; raised when a rule changes what it answers."""

_TABLES = {"logs": LOGS, "metrics": METRICS, "spans": SPANS}
_STEP = 4
"""Types judged between two turns of the event loop: one takes 50-200 µs, and nothing may hold the loop for 1 ms."""


class Rules:
    """A `Provider` that always answers: deterministic, embedded, offline. In doubt it keeps."""

    kind: Literal["rule", "llm"] = "rule"
    name = "rules"

    def alone(self, evidence: Evidence) -> bool:
        return False

    async def judge(self, batch: Sequence[Evidence]) -> Judgement:
        facts = {}
        for position, evidence in enumerate(batch, 1):
            facts[evidence.fingerprint] = self.facts(evidence)
            if position % _STEP == 0:
                await asyncio.sleep(0)
        return Judgement(facts, self.name, "", VERSION)

    def facts(self, evidence: Evidence) -> Facts:
        """The same evidence gives the same facts, always and everywhere."""
        table = _TABLES.get(evidence.identity.signal, ())
        return judge(table, Reading(evidence))
