"""Entries whose answer is known, hidden in each call: whoever talks the judge into something talks about them as well.

They are built of parts, many thousands in all, and take scope, rate and severity from the types they hide among.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sluice.engine import Evidence, Identity, Slot


def _parts(words: str, between: str = " ") -> tuple[str, ...]:
    return tuple(words.split(between))


_THINGS = _parts(
    "batch block cache-entry checkpoint cursor document export feed file image import index invoice job lease manifest "
    "message object page partition record replica report request response segment shard snapshot stream task tile "
    "transfer upload volume webhook"
)
_PLACES = _parts(
    "archive backend bucket catalogue coordinator database directory gateway ledger mailer mirror origin partner peer "
    "primary proxy queue registry repository scheduler standby storage supplier upstream warehouse worker"
)
_VERBS = _parts(
    "apply commit decode deliver fetch flush load merge open parse publish read replicate save send store write"
)
_REASONS = _parts(
    "checksum mismatch|connection refused|connection reset by peer|deadline exceeded|disk quota exceeded|"
    "invalid header|no route to host|no space left on device|not enough replicas|out of memory|permission denied|"
    "broken pipe|read-only file system|remote end hung up|unexpected end of input|data corrupted",
    "|",
)
_ROLES = _parts("admin auditor billing deployer editor operator owner support")
_NAMES = _parts("alice bruno chen dara emil farah goran hanna ines jonas kofi lena mira noah olga priya")
_PROBES = _parts("/healthz /livez /readyz /health /ping /-/healthy /api/health /status/health")
_PROBERS = _parts("kube-probe/1.29 ELB-HealthChecker/2.0 GoogleHC/1.0")


def must_keep(chance: Random, neighbours: Sequence[Evidence]) -> Evidence:
    """A type that no judge calls waste: a plain fault, a right granted, money refunded."""
    signal = _signal(chance, neighbours)
    if signal == "metrics":
        name = f"{chance.choice(_PLACES)}.{chance.choice(_THINGS)}.{chance.choice(('errors', 'failures', 'lost'))}"
        description = (
            f"{chance.choice(_THINGS)}s that could not be {chance.choice(('read', 'sent', 'stored', 'saved'))}"
        )
        return _made(chance, neighbours, signal, f"{name} {{1|sum}}", samples=(description,))
    if signal == "spans":
        template = f"{chance.choice(('client', 'server', 'internal'))} {chance.choice(_VERBS)} {chance.choice(_THINGS)}"
        return _made(chance, neighbours, signal, template, outcome="error")
    thing, place, reason = chance.choice(_THINGS), chance.choice(_PLACES), chance.choice(_REASONS)
    name, other = chance.sample(_NAMES, 2)
    template, slots = chance.choice(
        (
            (f"failed to {chance.choice(_VERBS)} {thing} <id>: {reason}", (_id(chance),)),
            (f"could not {chance.choice(_VERBS)} {thing} <id> on {place}: {reason}", (_id(chance),)),
            (f"giving up on {thing} <id> after <num> attempts: {reason}", (_id(chance), _num(chance, 3, 9))),
            (f"lost connection to {place} <ip> after <dur>: {reason}", (Slot("ip", []), _dur(chance))),
            (f"{place} rejected {thing} <id>: {reason}", (_id(chance),)),
            (f"user <str> was granted role {chance.choice(_ROLES)} by <str>", (_str(name), _str(other))),
            (f"role {chance.choice(_ROLES)} revoked from <str> by <str>", (_str(name), _str(other))),
            ("payment <id> of <num> EUR was refunded", (_id(chance), _num(chance, 9, 900))),
        )
    )
    return _made(chance, neighbours, signal, template, slots, severities=("info", "warn", "error", ""))


def waste(chance: Random, neighbours: Sequence[Evidence]) -> Evidence:
    """A type that every judge calls waste: a probe answered, a sign of life."""
    signal = _signal(chance, neighbours)
    if signal == "metrics":
        what, unit = chance.choice((("spans", "span"), ("log_records", "log_record"), ("metric_points", "datapoint")))
        part = chance.choice(("exporter_sent", "receiver_accepted", "processor_accepted", "processor_batch"))
        description = (
            f"Number of {what.replace('_', ' ')} that this collector {chance.choice(('passed on', 'handled'))}"
        )
        return _made(chance, neighbours, signal, f"otelcol_{part}_{what} {{{unit}|sum}}", samples=(description,))
    probe = chance.choice(_PROBES)
    if signal == "spans":
        return _made(chance, neighbours, signal, f"server GET {probe}", outcome="ok", purpose="probe")
    place, low = chance.choice(_PLACES), ("info", "debug", "trace", "")
    template, slots, outcome, purpose = chance.choice(
        (
            (
                '<ip> "GET <path> <http>" <num> <num> "<id>"',
                (
                    Slot("ip", []),
                    Slot("path", [probe]),
                    Slot("http", []),
                    Slot("num", ["200"]),
                    _num(chance, 2, 20),
                    Slot("id", [chance.choice(_PROBERS)]),
                ),
                "ok",
                "probe",
            ),
            ("GET <path> <num> in <dur>", (Slot("path", [probe]), Slot("num", ["200"]), _dur(chance)), "ok", "probe"),
            (f"health check of {place} passed in <dur>", (_dur(chance),), "", ""),
            (f"heartbeat <num> sent to {place}", (_num(chance, 100, 90_000),), "", ""),
            (f"still alive, idle for <dur>, nothing from {place}", (_dur(chance),), "", ""),
            (f"keepalive ok from {place} <ip> in <dur>", (Slot("ip", []), _dur(chance)), "", ""),
        )
    )
    return _made(chance, neighbours, signal, template, slots, outcome, purpose, severities=low)


def _made(
    chance: Random,
    neighbours: Sequence[Evidence],
    signal: str,
    template: str,
    slots: tuple[Slot, ...] = (),
    outcome: str = "",
    purpose: str = "",
    *,
    severities: tuple[str, ...] = ("",),
    samples: tuple[str, ...] = (),
) -> Evidence:
    alike = [entry for entry in neighbours if entry.identity.signal == signal]
    severity = chance.choice(
        [entry.identity.severity for entry in alike if entry.identity.severity in severities] or [""]
    )
    count = chance.choice([entry.count for entry in alike] or [3])
    near = chance.choice([entry.identity for entry in alike] or [Identity(signal)])  # its service has its scope, too
    identity = Identity(signal, near.scope, near.namespace, near.service, severity, outcome, purpose)
    return Evidence("", identity, "", template, [], list(slots), [], list(samples), count)


def _signal(chance: Random, neighbours: Sequence[Evidence]) -> str:
    return chance.choice([entry.identity.signal for entry in neighbours] or ["logs"])


def _num(chance: Random, low: int, high: int) -> Slot:
    return Slot("num", [str(chance.randint(low, high)) for _ in range(chance.choice((1, 2)))])


def _dur(chance: Random) -> Slot:
    return Slot("dur", [f"{chance.randint(1, 90)}{chance.choice(('ms', 's'))}"])


def _id(chance: Random) -> Slot:
    return Slot("id", [f"{chance.choice('abcdefghkmnprstw')}-{chance.randint(100, 99_999)}"])


def _str(value: str) -> Slot:
    return Slot("str", [value])
