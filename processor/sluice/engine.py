"""The one door to the Rust core: typed structs on this side, JSON bytes on the other."""

from __future__ import annotations

import enum
import re

import msgspec

from sluice import _core
from sluice.errors import Malformed

Outcome = _core.Outcome


_GENERAL = re.compile(r"<word(?::[a-z+]+)?>")


def is_general(skeleton: str) -> bool:
    """Whether a word of a skeleton turned out to be data: the type is wider than those that it was learnt from.
    `<word:fail>` is a name that tells of a fault."""
    return _GENERAL.search(skeleton) is not None


class Signal(enum.IntEnum):
    """The three signals, numbered as the core numbers them."""

    LOGS = 0
    METRICS = 1
    SPANS = 2

    @property
    def label(self) -> str:
        """`logs`, `metrics` or `spans`: the word used in configuration, verdicts and metrics."""
        return self.name.lower()


class Mask(msgspec.Struct, frozen=True):
    """One configured mask: a name for the template (`<name>`) and a regular expression in RE2's linear-time syntax."""

    name: str
    pattern: str


class Settings(msgspec.Struct, frozen=True):
    """What an engine is built with; never changed afterwards."""

    max_event_types: int = 100_000
    min_records: int = 3
    masks: tuple[Mask, ...] = ()
    evidence_bytes: int = 32 << 20


class Exception_(msgspec.Struct, frozen=True):  # noqa: N801 - `Exception` is taken
    """A part of a `protect` rule that only the record can tell: every named condition must hold to keep it."""

    resource: dict[str, str] = {}
    min_duration_ms: float | None = None


class Policy(msgspec.Struct, frozen=True):
    """What holds for all decisions at once. Modes: `observe`, `tag` or `drop`, one for each signal."""

    logs: str = "observe"
    metrics: str = "observe"
    spans: str = "observe"
    tag_all: bool = False
    canary_percent: float = 0.0
    exceptions: tuple[Exception_, ...] = ()


class Identity(msgspec.Struct, frozen=True):
    """What, with the skeleton and the ruleset, makes an event type. Unset fields are empty strings."""

    signal: str
    scope: str = ""
    namespace: str = ""
    service: str = ""
    severity: str = ""
    outcome: str = ""
    purpose: str = ""


class Decision(msgspec.Struct, frozen=True):
    """What the engine does with one event type. Times: Unix milliseconds.

    `exceptions` are indices into `Policy.exceptions`: a record that meets one is kept.
    """

    fingerprint: str
    identity: Identity
    skeleton: str
    ruleset: str
    action: str
    category: str
    keep_percent: float | None = None
    keep_rate: str | None = None
    not_before: int | None = None
    expires_at: int | None = None
    exceptions: tuple[int, ...] = ()


class Named(msgspec.Struct, frozen=True):
    """An event type as a verdict names it, also one of another ruleset."""

    fingerprint: str
    identity: Identity
    skeleton: str
    ruleset: str


class Slot(msgspec.Struct, frozen=True):
    """One variable of a template: its kind (`num`, `dur`, `path`, …) and up to three values seen."""

    kind: str
    values: list[str]


class Evidence(msgspec.Struct, frozen=True):
    """What the judge is shown of one event type. In memory only; gone once judged.

    `peers`: whom its records talk to, by the closed lists of the semantic conventions (`core/src/peers.rs`): no values.
    """

    fingerprint: str
    identity: Identity
    skeleton: str
    template: str
    covers: list[str]
    slots: list[Slot]
    attribute_keys: list[str]
    samples: list[str]
    count: int
    cardinality: dict[str, tuple[int, int]] = {}
    """By attribute key: an estimate of the different values, and how many were looked at; of a metric its points'.
    No part of an identity or a hash."""
    peers: list[str] = []


class Volume(msgspec.Struct, frozen=True):
    """Committed since the last drain, of one event type: records and bytes that came in and that were dropped.

    `service` is an index into `Volumes.services`; -1: not told.
    """

    fingerprint: str
    records: int
    bytes: int
    dropped_records: int
    dropped_bytes: int
    service: int = -1


class Kinds(msgspec.Struct, frozen=True):
    """The kinds of the variables of a record, in their order, and how many records of a look had these."""

    kinds: list[str]
    records: int


class Key(msgspec.Struct, frozen=True):
    """An attribute, how many records of a look had it, and an estimate of its different values."""

    key: str
    records: int
    values: int = 0


class Look(msgspec.Struct, frozen=True):
    """What some `records` of a judged type had: kinds of variables (at most 8 lists of them are told apart) and keys of
    attributes (at most 256), no value of any."""

    fingerprint: str
    records: int
    slots: list[Kinds]
    attribute_keys: list[Key]


class Volumes(msgspec.Struct, frozen=True):
    """One drain: the volumes of the listed types that changed, and the engine's own counts.

    `masked_texts`, `mask_seconds`: how many texts the configured masks were looked for in, and how long that took.

    `failed`: requests that passed unread because the core failed on them, which is a bug. `services`: namespace and
    name of each that the volumes are of. `looks`: those that have come to their end.
    """

    volumes: list[Volume]
    types: int
    overflowed: int
    failed: int
    evidence_bytes: int
    masked_texts: int = 0
    mask_seconds: float = 0.0
    services: list[tuple[str, str]] = []
    looks: list[Look] = []


class EventType(msgspec.Struct, frozen=True):
    """A listed event type. Times: Unix milliseconds of this process's first and last committed record.

    `told`: whether evidence of it was handed out. That of one into which others were merged comes with its next record.
    """

    fingerprint: str
    identity: Identity
    skeleton: str
    template: str
    records: int
    bytes: int
    dropped_records: int
    first_seen: int
    last_seen: int
    told: bool = False


class Shape(msgspec.Struct, frozen=True, array_like=True):
    """What the text of one line alone says: its skeleton, and the template for people."""

    skeleton: str
    template: str


class Engine:
    """A typed face of `_core.Engine`; one for a process."""

    def __init__(self, settings: Settings) -> None:
        self._core = _core.Engine(msgspec.json.encode(settings))
        self.process = self._core.process
        self.ruleset: str = self._core.ruleset

    def configure(self, policy: Policy) -> None:
        self._core.configure(msgspec.json.encode(policy))

    def apply(self, decisions: list[Decision]) -> int:
        """Installs decisions; answers how many took effect. `keep` removes what was there."""
        return self._core.apply(msgspec.json.encode(decisions))

    def forget(self, fingerprints: list[str]) -> int:
        """Withdraws decisions so that their types are kept and may be judged anew."""
        return self._core.forget(msgspec.json.encode(fingerprints))

    def reopen(self, fingerprints: list[str]) -> int:
        """Lets types bring evidence again, so that they may be judged anew; their decisions stay in force."""
        return self._core.reopen(msgspec.json.encode(fingerprints))

    def look(self, fingerprints: list[str]) -> int:
        """Has the next 32 records of judged types looked at, at most three of a request; `Volumes.looks` tells of them.

        Answers how many of the types are looked at. Records of other types cost no more than before.
        """
        return self._core.look(msgspec.json.encode(fingerprints))

    def rekey(self, types: list[Named]) -> list[str | None]:
        """Their fingerprints here; None for each that has none: its skeleton would be masked otherwise here, or its
        fingerprint is not that of its identity."""
        return msgspec.json.decode(self._core.rekey(msgspec.json.encode(types)), type=list[str | None])

    def covering(self, types: list[Named]) -> list[str | None]:
        """The fingerprints of the more general types that they have become parts of; None for each that stands for
        itself."""
        return msgspec.json.decode(self._core.covering(msgspec.json.encode(types)), type=list[str | None])

    def drain_volumes(self) -> Volumes:
        return msgspec.json.decode(self._core.drain_volumes(), type=Volumes)

    def types(self) -> list[EventType]:
        return msgspec.json.decode(self._core.types(), type=list[EventType])


def evidence(committed: bytes) -> list[Evidence]:
    """Decodes what `Outcome.commit` answered."""
    return msgspec.json.decode(committed, type=list[Evidence])


def transcode(signal: Signal, json: bytes) -> bytes:
    """An OTLP/JSON request as protobuf; `Malformed` when it is not one."""
    try:
        return _core.transcode(signal, json)
    except ValueError as error:
        raise Malformed(str(error)) from None


def shapes(settings: Settings, text: bytes) -> list[Shape]:
    """The shape of each line of a text file, as if each were a log body."""
    return msgspec.json.decode(_core.shapes(msgspec.json.encode(settings), text), type=list[Shape])
