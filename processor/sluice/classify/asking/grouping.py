"""Which event types share a call.

A call has a price of its own, however few types it asks about; so calls are to be full. A service that has enough
types has calls to itself, because types that occur together explain each other; the others share some, whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sluice.classify.asking.lone import lone
from sluice.engine import Evidence

BATCH = 64
"""Event types in one call at most; two canaries come on top."""
ENOUGH = 48
"""Types that are worth a call of their own."""


def service_of(evidence: Evidence) -> tuple[str, str]:
    """Namespace and name."""
    return evidence.identity.namespace, evidence.identity.service


def grouped(batch: Iterable[Evidence], size: int = BATCH) -> list[list[Evidence]]:
    """The calls that a batch needs, at most `size` types in each; those that are asked about alone come last."""
    services: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
    alone = []
    for evidence in batch:
        if lone(evidence):
            alone.append([evidence])
        else:
            services[service_of(evidence)].append(evidence)
    parts = [group[at : at + size] for group in services.values() for at in range(0, len(group), size)]
    return _packed(parts, size) + alone


def _packed(parts: list[list[Evidence]], size: int) -> list[list[Evidence]]:
    """The larger first, each into the first call that has room for all of it."""
    enough = min(ENOUGH, size)
    calls = [part for part in parts if len(part) >= enough]
    shared: list[list[Evidence]] = []
    for part in sorted((part for part in parts if len(part) < enough), key=len, reverse=True):
        room = next((call for call in shared if len(call) + len(part) <= size), None)
        if room is None:
            shared.append(list(part))
        else:
            room += part
    return calls + shared
