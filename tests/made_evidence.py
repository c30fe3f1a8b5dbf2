"""Evidence as the engine would hand it over, made from a template alone."""

from __future__ import annotations

import hashlib
import re

from sluice.engine import Evidence, Identity, Slot

_MASK = re.compile(r"<(num|dur|size|url|uuid|hex|ip|date|path|email|time|id|bool|str)>")


def evidence(
    template: str,
    *,
    signal: str = "logs",
    severity: str = "info",
    outcome: str = "",
    purpose: str = "",
    scope: str = "",
    service: str = "shop",
    samples: tuple[str, ...] = (),
    values: dict[str, list[str]] | None = None,
    attribute_keys: tuple[str, ...] = (),
    count: int = 3,
    cardinality: dict[str, tuple[int, int]] | None = None,
) -> Evidence:
    """`values`: seen values by kind of slot."""
    identity = Identity(signal, scope, "", service, severity if signal == "logs" else "", outcome, purpose)
    return Evidence(
        fingerprint=hashlib.sha256(repr((identity, template)).encode()).hexdigest()[:32],
        identity=identity,
        skeleton=_MASK.sub("<*>", template),
        template=template,
        covers=[],
        slots=[Slot(kind, (values or {}).get(kind, [])) for kind in _MASK.findall(template)],
        attribute_keys=list(attribute_keys),
        samples=list(samples),
        count=count,
        cardinality=cardinality or {},
    )
