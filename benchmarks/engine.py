"""The engine's rate from OTLP bytes beside protobuf's upb decoding the same bytes, in the same run on one core.

    python benchmarks/engine.py [--records 200000] [--per-request 1000] [--types 500]

Log records of about 168 bytes whose bodies are those of `--types` different statements. Each row is the median of
rounds that alternate with the decoder's, so that a machine whose speed drifts slows both.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from sluice.engine import Decision, Engine, Policy, Settings

VERBS = [
    "opened",
    "closed",
    "received",
    "sent",
    "stored",
    "loaded",
    "parsed",
    "queued",
    "flushed",
    "renewed",
    "checked",
    "merged",
]
THINGS = [
    "session",
    "cache",
    "order",
    "index",
    "segment",
    "lease",
    "cursor",
    "batch",
    "socket",
    "snapshot",
    "record",
    "upload",
]
PLACES = ["client", "shard", "bucket", "worker", "region", "tenant", "partition"]


def statement(number: int, chance: random.Random) -> str:
    """One line of the statement with this number: its wording is fixed, its values vary."""
    wording = random.Random(number)
    verb, thing, place = wording.choice(VERBS), wording.choice(THINGS), wording.choice(PLACES)
    tail = "".join(wording.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(6))
    address = (
        f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}:{chance.randrange(1024, 65536)}"
    )
    return f"{verb} {thing} {chance.randrange(10**6)} of {tail} {place} {address} in {chance.randrange(900)}ms"


def requests(records: int, per_request: int, types: int) -> list[bytes]:
    chance = random.Random(7)
    built = []
    for start in range(0, records, per_request):
        request = ExportLogsServiceRequest()
        resource = request.resource_logs.add()
        service = resource.resource.attributes.add()
        service.key, service.value.string_value = "service.name", "bench"
        scope = resource.scope_logs.add()
        scope.scope.name = "bench.logger"
        for number in range(start, min(start + per_request, records)):
            record = scope.log_records.add()
            record.time_unix_nano = 1_700_000_000_000_000_000 + number
            record.severity_number = 9
            record.severity_text = "INFO"
            record.body.string_value = statement(chance.randrange(types), chance)
            record.trace_id, record.span_id = chance.randbytes(16), chance.randbytes(8)
            thread = record.attributes.add()
            thread.key, thread.value.string_value = "thread.name", "worker-3"
            line = record.attributes.add()
            line.key, line.value.int_value = "code.line.number", chance.randrange(9999)
        built.append(request.SerializeToString())
    return built


def seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def learned(built: list[bytes], policy: Policy, drop_half: bool) -> Engine:
    """An engine that knows every type, with decisions for half of them when asked."""
    engine = Engine(Settings(min_records=1))
    engine.configure(policy)
    for request in built:
        engine.process(0, request).commit()
    types = sorted(engine.types(), key=lambda known: known.fingerprint)
    engine.apply(
        [
            Decision(
                fingerprint=known.fingerprint,
                identity=known.identity,
                skeleton=known.skeleton,
                ruleset=engine.ruleset,
                action="drop" if drop_half and index % 2 else "keep",
                category="debug_noise",
            )
            for index, known in enumerate(types)
        ]
    )
    return engine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--per-request", type=int, default=1000)
    parser.add_argument("--types", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    built = requests(options.records, options.per_request, options.types)
    size = sum(map(len, built)) / options.records
    print(
        f"{options.records} records of {size:.0f} bytes, {options.per_request} a request, {options.types} event types"
    )

    def decode() -> None:
        for request in built:
            ExportLogsServiceRequest.FromString(request)

    rows: dict[str, Engine] = {
        "observe": learned(built, Policy(logs="observe"), drop_half=True),
        "tag half": learned(built, Policy(logs="tag"), drop_half=True),
        "drop half": learned(built, Policy(logs="drop"), drop_half=True),
    }
    print(f"{'':12}{'records/s':>12}{'beside upb':>12}{'min':>7}{'max':>7}")
    upb: list[float] = []
    for name, engine in rows.items():

        def process(engine: Engine = engine) -> None:
            for request in built:
                engine.process(0, request).commit()

        ratios, own = [], []
        for _ in range(options.rounds):
            peer, mine = seconds(decode), seconds(process)
            upb.append(peer)
            own.append(mine)
            ratios.append(peer / mine)
        rate = options.records / statistics.median(own)
        print(f"{name:12}{rate:12,.0f}{statistics.median(ratios):11.2f}x{min(ratios):7.2f}{max(ratios):7.2f}")
    print(f"{'upb decode':12}{options.records / statistics.median(upb):12,.0f}{1:11.2f}x")


if __name__ == "__main__":
    main()
