"""A verdict as it is published and stored: facts, decision and lease put together."""

from __future__ import annotations

from sluice.verdicts.entry import Entry, Held
from sluice.verdicts.guards import Ruling
from sluice.verdicts.model import Override, Source, Verdict, about, spelled
from sluice.verdicts.times import NEVER, milliseconds, rfc3339


def judged(fingerprint: str, ruleset: str, entry: Entry, held: Held, ruling: Ruling, not_before: int | None) -> Verdict:
    """The judged facts with this Sluice's decision."""
    return Verdict(
        fingerprint=fingerprint,
        skeleton=held.skeleton,
        ruleset=ruleset,
        merged_into=held.merged_into,
        **spelled(held.typed_identity()),
        template=held.template,
        category=held.category,
        description=held.description,
        confidence=held.confidence,
        twin=held.twin,
        reason=held.reason,
        action=ruling.action,
        keep_percent=ruling.keep_percent,
        keep_rate=ruling.keep_rate,
        guards=ruling.guards,
        mode=ruling.mode,
        first_seen=rfc3339(held.first_seen),
        per_day=held.per_day,
        not_before=None if not_before is None else rfc3339(not_before),
        source=held.typed_source(),
        version=entry.version,
        issued_at=rfc3339(entry.issued),
        expires_at=None if entry.expires == NEVER else rfc3339(entry.expires),
    )


def overruled(entry: Entry, override: Override, held: Held | None, ruling: Ruling, instance: str) -> Verdict:
    """The operator's word, over facts or without any. It never expires and knows no probation."""
    return Verdict(
        **about(override),
        merged_into=held.merged_into if held else None,
        category=held.category if held else override.category,
        description=held.description if held else "",
        confidence="high",
        twin=held.twin if held else None,
        reason=override.reason,
        action=ruling.action,
        keep_percent=ruling.keep_percent,
        keep_rate=ruling.keep_rate,
        guards=ruling.guards,
        mode=ruling.mode,
        first_seen=rfc3339(held.first_seen) if held else override.issued_at,
        per_day=held.per_day if held else 0.0,
        source=Source(kind="operator", instance=instance),
        version=max(entry.version, 1),
        issued_at=rfc3339(max(entry.issued, milliseconds(override.issued_at))),
    )


def derived(verdict: Verdict) -> Override:
    """The override that an operator's verdict speaks of, where the override itself has not been read.

    `issued_by` is the instance that wrote the verdict.
    """
    return Override(
        **about(verdict),
        category=verdict.category,
        action=verdict.action,
        keep_percent=verdict.keep_percent,
        keep_rate=verdict.keep_rate,
        reason=verdict.reason,
        issued_by=verdict.source.instance,
        issued_at=verdict.issued_at,
    )
