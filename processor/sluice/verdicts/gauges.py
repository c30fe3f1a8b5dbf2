"""How many verdicts are in force, and the engine's own sizes, as metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sluice.engine import Volumes
from sluice.telemetry import Telemetry
from sluice.verdicts.guards import NAMES, Ruling
from sluice.verdicts.model import ACTIONS


def show(telemetry: Telemetry, in_force: Mapping[Ruling, int], drained: Volumes) -> None:
    """`in_force`: how many types have each ruling."""
    actions: Counter[str] = Counter()
    guarded: Counter[str] = Counter()
    for ruling, count in in_force.items():
        actions[ruling.action] += count
        for guard in ruling.guards:
            guarded[guard] += count
    for action in ACTIONS:
        telemetry.set("sluice_verdicts", actions[action], action=action)
    for guard in NAMES:
        telemetry.set("sluice_verdicts_guarded", guarded[guard], guard=guard)
    telemetry.set("sluice_engine_event_types", drained.types)
    telemetry.set("sluice_engine_overflowed_records", drained.overflowed)
    telemetry.set("sluice_engine_masked_texts", drained.masked_texts)
    telemetry.set("sluice_engine_mask_seconds", drained.mask_seconds)
    telemetry.set("sluice_engine_failed_requests", drained.failed)
    telemetry.set("sluice_engine_evidence_bytes", drained.evidence_bytes)
