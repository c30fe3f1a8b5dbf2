"""What happens to an event type: the operator's word, else the facts, decided as the Sluice that is asked about does.

Facts are shared and decisions local, so the action that a verdict was published with is only what its writer does. It
is shown where no policy is known, and then said to be the writer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from sluice.cli.verdict_sources import Here, Known
from sluice.config.model import PolicyConfig
from sluice.config.units import Action
from sluice.verdicts import composing, twins
from sluice.verdicts.decisions import action_of
from sluice.verdicts.entry import held_of
from sluice.verdicts.guards import MAX_DROP_SHARE, Case, Ruling, rule
from sluice.verdicts.model import Override, Verdict, identity_of
from sluice.verdicts.policy import KEEP, Rules, possible
from sluice.verdicts.protect import Exceptions
from sluice.verdicts.reader import decision_of
from sluice.verdicts.times import SECOND, milliseconds, rfc3339
from sluice.verdicts.twins import twin_of
from sluice.verdicts.volumes import VolumeTable


class Decided(msgspec.Struct, frozen=True):
    """`ruling.mode` is empty where it is not known.

    by
        who decides: the operator, the policy, or nobody, so that the type is kept.
    writer
        the instance whose decision this is; empty when it is that of the Sluice that is asked about.
    wanted
        the action before guards and signal had their say; None where it is not known.
    word
        the operator's, where it is what decides.
    per_day
        records of the last day: as counted here, else as published.
    not_before
        the end of probation in Unix milliseconds.
    twin, objection
        of a duplicate: the fingerprint that it names, and why that does not stand in for it, if so.
    """

    ruling: Ruling
    by: Literal["operator", "policy", "nobody"]
    per_day: float
    writer: str = ""
    wanted: Action | None = None
    word: Override | None = None
    not_before: int | None = None
    expired: bool = False
    twin: str = ""
    objection: str | None = None

    @property
    def kept_by(self) -> tuple[str, ...]:
        return ("expired",) if self.expired else self.ruling.guards


class Deciding:
    """`policy`: the one to decide by, else that of `here`. `shared`: what is read is what all Sluices publish.
    `known`: every event type that was read, for what one has to do with another."""

    def __init__(
        self, here: Here, policy: PolicyConfig | None, now: int, known: Mapping[str, Known], *, shared: bool
    ) -> None:
        self.here = here
        self._known = known
        self.policy = policy or here.policy
        self.shared = shared
        self.now = now
        self._rules = Rules(self.policy, Exceptions()) if self.policy else None

    def decide(self, known: Known) -> Decided:
        """In the order of the registry: an override that cannot be used, the operator's word, live facts."""
        per_day = self._per_day(known)
        facts = known.judged
        signal = known.event_type.signal
        if known.blocked:
            return Decided(self._keep(signal, "override"), "nobody", per_day)
        word = self._word(known)
        if word is not None:
            return Decided(self._overruled(word, facts), "operator", per_day, wanted=action_of(word), word=word)
        if facts is None:
            return Decided(self._keep(signal), "nobody", per_day)
        if self._is_expired(facts):
            return Decided(self._keep(signal), "nobody", per_day, expired=True)
        not_before = self._not_before(facts)
        if self._rules is None or self.policy is None:
            writer = facts.source.instance if self.shared else ""
            return Decided(decision_of(facts), "policy", per_day, writer=writer, not_before=not_before)
        wanted = self.policy.actions.get(facts.category, KEEP)
        at_most = max(facts.per_day, per_day)
        twin, objection = facts.twin or "", None
        if facts.category == "duplicate":
            objection = self._objection(known.fingerprint, facts)
        case = Case(
            identity_of(facts), facts.template, facts.category, facts.confidence, at_most, vouched=objection is None
        )
        ruling = rule(case, self._rules)
        if ruling.action != "keep" and self._is_kept_for_share(known):
            ruling = Ruling("keep", ruling.mode, guards=(MAX_DROP_SHARE,))
        return Decided(ruling, "policy", per_day, wanted=wanted, not_before=not_before, twin=twin, objection=objection)

    def verdict(self, known: Known, decided: Decided) -> Verdict | None:
        """The verdict with this decision in the place of its writer's."""
        verdict = known.judged or known.verdict
        if verdict is None:
            return None
        ruling = decided.ruling
        return msgspec.structs.replace(
            verdict,
            action=ruling.action,
            keep_percent=ruling.keep_percent,
            keep_rate=ruling.keep_rate,
            guards=ruling.guards,
            mode=ruling.mode or verdict.mode,
            per_day=decided.per_day,
            not_before=None if decided.not_before is None else rfc3339(decided.not_before),
        )

    def _word(self, known: Known) -> Override | None:
        """On the topics an operator's verdict is his word also where the override itself is not to be found."""
        if known.override is not None:
            return known.override
        verdict = known.verdict
        if self.shared and verdict is not None and verdict.source.kind == "operator":
            return composing.derived(verdict)
        return None

    def _overruled(self, word: Override, facts: Verdict | None) -> Ruling:
        if self._rules is None:
            action = possible(action_of(word), word.signal)
            return Ruling(action.kind, "", action.keep_percent, action.keep_rate)
        category = facts.category if facts else word.category
        return rule(Case(identity_of(word), word.template, category, "high", 0.0), self._rules, action_of(word))

    def _objection(self, fingerprint: str, facts: Verdict) -> str | None:
        """Why nothing stands in for a duplicate, as the registry sees it."""
        held = held_of(facts)
        twin = twin_of(held)
        other = None if twin is None else self._known.get(twin.hex())
        if twin is None:
            return "is not named"
        if other is None or other.judged is None or self._is_expired(other.judged):
            return "is not known"
        if other.judged.category == "duplicate":
            return "is a duplicate itself"
        ruling = self.decide(other).ruling
        volumes = self.here.volumes or VolumeTable()
        return twins.objection(
            (bytes.fromhex(fingerprint), held), (twin, held_of(other.judged)), ruling, volumes, self.now
        )

    def _is_kept_for_share(self, known: Known) -> bool:
        """Only the process knows all that passes; what it decided last says so."""
        verdict = known.verdict
        if verdict is None or self.policy is None or self.policy.max_drop_share >= 1.0:
            return False
        own = not self.shared or verdict.source.instance == self.here.instance
        return own and MAX_DROP_SHARE in verdict.guards

    def _is_expired(self, facts: Verdict) -> bool:
        return facts.expires_at is not None and milliseconds(facts.expires_at) <= self.now

    def _keep(self, signal: str, *guards: str) -> Ruling:
        return Ruling("keep", self._rules.modes[signal] if self._rules else "", guards=guards)

    def _per_day(self, known: Known) -> float:
        if self.here.volumes is not None:
            return float(self.here.volumes.per_day(bytes.fromhex(known.fingerprint), self.now))
        return known.verdict.per_day if known.verdict else 0.0

    def _not_before(self, facts: Verdict) -> int | None:
        """Probation is that of whoever obtained the facts; its end moves with our policy where that was us."""
        if self.policy is None or facts.source.instance != self.here.instance:
            return None if facts.not_before is None else milliseconds(facts.not_before)
        probation = int(self.policy.probation * SECOND)
        first_seen = milliseconds(facts.first_seen)
        if self.here.volumes is not None:
            counted = self.here.volumes.first_seen(bytes.fromhex(facts.fingerprint))
            first_seen = first_seen if counted is None else min(first_seen, counted)
        return first_seen + probation if probation else None
