"""Verdicts as another Sluice would have written them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.verdicts.model import ServiceName, Source, Verdict
from sluice.verdicts.times import rfc3339

HEALTH = "0a" * 16
ORDERS = "0b" + "0a" * 15
PAYMENTS = "1c" * 16


def at(**later: float) -> str:
    """A time so much later than now."""
    return rfc3339(int((datetime.now(UTC) + timedelta(**later)).timestamp() * 1000))


def verdict(fingerprint: str = HEALTH, **fields: Any) -> Verdict:
    """A health check of the shop, unless told otherwise."""
    return Verdict(
        **{
            "fingerprint": fingerprint,
            "skeleton": "GET /healthz <num>",
            "ruleset": "1",
            "signal": "logs",
            "service": ServiceName("shop", "web"),
            "severity": "info",
            "outcome": "ok",
            "purpose": "probe",
            "template": "GET /healthz <num>",
            "category": "health_check",
            "confidence": "high",
            "action": "drop",
            "mode": "drop",
            "first_seen": at(days=-2),
            "per_day": 8640.0,
            "not_before": at(days=-1),
            "source": Source("rule", "sluice-1"),
            "version": 1,
            "issued_at": at(days=-1),
            "expires_at": at(days=29),
            **fields,
        }
    )
