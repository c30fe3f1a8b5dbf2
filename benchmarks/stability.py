"""Whether fingerprints hold: from a line's first arrival on, in another order, and between replicas that saw halves.

    python benchmarks/stability.py SETS [SET...]

SETS as for `accuracy.py`. Shares of lines:
kept     whose fingerprint at its arrival is the last one
follows  whose fingerprint at its arrival is the last one or that of a type which became a part of the last one
order    that have the same fingerprint when the lines come shuffled
halves   that have the same fingerprint in two Sluices of which each saw every second line, once they have each other's
         verdicts
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

from accuracy import read
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from sluice.engine import Decision, Engine, EventType, Named, Settings, Signal

PER_REQUEST = 100


def fed(lines: Sequence[str], engine: Engine | None = None) -> Engine:
    engine = engine or Engine(Settings(min_records=1))
    message = ExportLogsServiceRequest()
    records = message.resource_logs.add().scope_logs.add().log_records
    for line in lines:
        records.add().body.string_value = line
    engine.process(Signal.LOGS, message.SerializeToString()).commit()
    engine.drain_volumes()
    return engine


def alone(line: str) -> Named:
    """The event type that a line has where nothing else was seen."""
    engine = fed([line])
    (kind,) = engine.types()
    return Named(kind.fingerprint, kind.identity, kind.skeleton, engine.ruleset)


def fingerprints(engine: Engine, types: Sequence[Named]) -> list[str]:
    wider = engine.covering(list(types))
    return [whole or own.fingerprint for whole, own in zip(wider, types, strict=True)]


def verdicts(of: Engine) -> list[Decision]:
    def decided(kind: EventType) -> Decision:
        return Decision(kind.fingerprint, kind.identity, kind.skeleton, of.ruleset, "drop", "debug_noise")

    return [decided(kind) for kind in of.types()]


def shares(lines: Sequence[str]) -> list[float]:
    own = [alone(line) for line in lines]
    engine = Engine(Settings(min_records=1))
    arrived: list[str] = []
    named = {kind.fingerprint: kind for kind in own}
    for start in range(0, len(lines), PER_REQUEST):
        arrived += fingerprints(engine, own[start : start + PER_REQUEST])
        fed(lines[start : start + PER_REQUEST], engine)
        named |= {
            kind.fingerprint: Named(kind.fingerprint, kind.identity, kind.skeleton, engine.ruleset)
            for kind in engine.types()
        }
    last = fingerprints(engine, own)
    followed = fingerprints(engine, [named[fingerprint] for fingerprint in arrived])
    shuffled = fingerprints(fed(random.Random(1).sample(lines, len(lines))), own)
    one, other = fed(lines[::2]), fed(lines[1::2])
    for _ in range(2):
        told = verdicts(one), verdicts(other)
        one.apply(told[1])
        other.apply(told[0])
    halves = fingerprints(one, own), fingerprints(other, own)
    pairs = ((arrived, last), (followed, last), (shuffled, last), halves)
    return [sum(a == b for a, b in zip(*pair, strict=True)) / len(lines) for pair in pairs]


def show(name: str, row: Sequence[float]) -> None:
    print(f"{name:20}" + "".join(f"{share:9.4f}" for share in row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="SETS")
    parser.add_argument("sets", nargs="*", metavar="SET", help="only these, by the name of their file without .csv")
    options = parser.parse_args()
    paths = [path for path in sorted(options.folder.glob("*.csv")) if not options.sets or path.stem in options.sets]
    if not paths:
        parser.error(f"no set in {options.folder}")
    print(f"{'set':20}{'kept':>9}{'follows':>9}{'order':>9}{'halves':>9}")
    rows = []
    for path in paths:
        rows.append(shares(read(path)[0]))
        show(path.stem, rows[-1])
    show("mean", [sum(column) / len(rows) for column in zip(*rows, strict=True)])


if __name__ == "__main__":
    main()
