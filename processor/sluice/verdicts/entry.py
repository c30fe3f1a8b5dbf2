"""One key of the registry's table, small: 50,000 of them share the process with everything else.

The facts are packed (msgpack without field names); what is looked at for each key at each round lies beside them as
plain numbers.
"""

from __future__ import annotations

import msgspec

from sluice.engine import Identity
from sluice.verdicts.guards import Ruling
from sluice.verdicts.model import RANKS, Override, Source, Verdict, identity_of
from sluice.verdicts.times import NEVER, milliseconds

OPERATOR = RANKS["operator"]


class Held(msgspec.Struct, frozen=True, array_like=True):
    """The facts of one key and what belongs to them. Times: Unix milliseconds.

    Not in here: the decision of whoever published them. Decisions are local.
    """

    skeleton: str
    template: str
    identity: tuple[str, str, str, str, str, str, str]
    category: str
    confidence: str
    description: str
    twin: str | None
    reason: str
    merged_into: str | None
    first_seen: int
    per_day: float
    not_before: int | None
    source: tuple[str, str, str, str, str, str]

    @property
    def kind(self) -> str:
        return self.source[0]

    @property
    def instance(self) -> str:
        return self.source[1]

    def typed_identity(self) -> Identity:
        return Identity(*self.identity)

    def typed_source(self) -> Source:
        return Source(*self.source)


pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(Held).decode


def held_of(verdict: Verdict) -> Held:
    """The facts of a checked verdict."""
    source = verdict.source
    return Held(
        skeleton=verdict.skeleton,
        template=verdict.template,
        identity=flat(identity_of(verdict)),
        category=verdict.category,
        confidence=verdict.confidence,
        description=verdict.description,
        twin=verdict.twin,
        reason=verdict.reason,
        merged_into=verdict.merged_into,
        first_seen=milliseconds(verdict.first_seen),
        per_day=verdict.per_day,
        not_before=None if verdict.not_before is None else milliseconds(verdict.not_before),
        source=(
            source.kind,
            source.instance,
            source.provider,
            source.model,
            source.prompt_version,
            source.evidence_hash,
        ),
    )


def flat(identity: Identity) -> tuple[str, str, str, str, str, str, str]:
    return (
        identity.signal,
        identity.scope,
        identity.namespace,
        identity.service,
        identity.severity,
        identity.outcome,
        identity.purpose,
    )


class Entry(msgspec.Struct, gc=False):
    """What is known of one key. Times: Unix milliseconds.

    held, rank, own, version, issued, expires
        the judged facts in force (`rank` 0: none), whether we obtained them, and what their value said.
    origin
        the key of another ruleset under which these facts were read; None: they are this key's own.
    seen
        the highest version ever met under the key: the next one is above it.
    met
        the number of the reading of the topic that met the value of these facts; 0: none yet.
    ahead
        the version that we published and have not read back: whatever is read now lies before it in the log; 0: none.
    topic_rank, topic_own, shown
        the last value on the topic, ours on its way included: the rank of its source (0: none known), whether we
        wrote it, and its decision (known for our own values and for operators').
    override, derived, told, override_met
        the operator's word; `derived` when it was only seen in a verdict; `told` while a change that was made here has
        not been read back; the reading that met it on its own topic.
    bound
        the key of another ruleset under which the override was read; None: it is this key's own.
    blocked
        the override on the topic cannot be used: the type is kept until it can.
    moved
        our facts' probation ends at another time than the topic shows, and it matters yet.
    common
        the facts' own `per_day` is beyond rare, whatever is counted here.
    ruling, saved
        the decision in the engine, and the one in the store; None: there is none.
    mend_at
        when somebody should have put right what the topic shows; 0: it shows what it should.
    again
        the type is to be judged again, for an operator wants it or its records have changed; until then everything
        stays as it is.
    changed
        since when its records have been others than those that were judged; 0: they are not, as far as is known.
    due
        when this key is to be looked at next.
    """

    held: bytes | None = None
    rank: int = 0
    own: bool = False
    version: int = 0
    issued: int = 0
    expires: int = NEVER
    origin: bytes | None = None
    seen: int = 0
    met: int = 0
    ahead: int = 0
    topic_rank: int = 0
    topic_own: bool = False
    shown: Ruling | None = None
    override: Override | None = None
    derived: bool = False
    told: bool = False
    override_met: int = 0
    bound: bytes | None = None
    blocked: bool = False
    moved: bool = False
    common: bool = False
    ruling: Ruling | None = None
    saved: Ruling | None = None
    mend_at: int = 0
    again: bool = False
    changed: int = 0
    due: int = NEVER

    def live(self, now: int) -> bool:
        """Whether there are judged facts in force."""
        return self.rank > 0 and now < self.expires

    @property
    def vacant(self) -> bool:
        """Nothing is known of the key."""
        known = self.rank or self.seen or self.override or self.told or self.blocked or self.expires != NEVER
        return not known

    def lapse(self) -> None:
        """The lease has ended: the facts go; when it ended, and whose they were, stays known."""
        self.held = None
        self.origin = None
        self.rank = 0
        self.changed = 0
        self.common = False
