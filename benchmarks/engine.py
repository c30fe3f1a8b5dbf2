"""The engine's rate from OTLP bytes beside its peers in the same run on one core, and what its tables cost.

    python benchmarks/engine.py [--rows observe,tag,drop] [--records 200000] [--per-request 1000] [--types 500]
    python benchmarks/engine.py --lines LOGS [LOGS...]

With --lines the rows are observe, tag and drop, and their records' bodies are the lines of those files in one random
order, again and again: real logs mix many more wordings and shapes of values than the made lines do. LOGS is a text
file, a CSV file with the lines under Content as `accuracy.py` reads it, or a folder of both (*.log, *.txt, *.csv).

Rows, all of them unless some are named:
observe, tag, drop  made log records of about 170 bytes, half of their types tagged or dropped, beside upb's decoder
logs, metrics, spans  those of the recording of real programs, beside upb's decoder
drain3              the lines of `observe` beside Drain3 in Python (`pip install drain3==0.9.11`)
types               `observe` with 50,000 types known, all of which come, beside 500
storm               records that are all of a new type each, until their service is stopped; in records/s
threads             `observe` by two threads beside one
memory              resident bytes a type, in a process of its own
sizes               what a byte costs as a record grows; see engine_sizes.py
Each ratio is the median of rounds that alternate with the peer's, so that a machine whose speed drifts slows both.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import engine_sizes
import log_lines
import psutil
from google.protobuf.message import Message
from made_requests import encoded, novel, requests, statement
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sluice.content import Content
from sluice.engine import Decision, Engine, EventType, Evidence, Policy, Settings, Signal, evidence
from sluice.recording import requests as recorded

RECORDING = Path(__file__).parents[1] / "deploy" / "recording" / "shop.jsonl.zst"
DECODERS: dict[Signal, type[Message]] = {
    Signal.LOGS: ExportLogsServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
    Signal.SPANS: ExportTraceServiceRequest,
}
MANY = 50_000


class Scale(NamedTuple):
    records: int
    per_request: int
    types: int
    rounds: int
    lines: Sequence[str] = ()
    """Bodies to take instead of made ones."""


def seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def beside(rounds: int, peer: Callable[[], object], own: Callable[[], object]) -> tuple[float, list[float]]:
    """The median of our seconds, and of each round how often we could do what the peer did once."""
    pairs = [(seconds(peer), seconds(own)) for _ in range(rounds)]
    return statistics.median(own for _, own in pairs), [peer / own for peer, own in pairs]


def told(name: str, peer: str, records: int, own: float, ratios: Sequence[float]) -> None:
    rate = f"{records / own:,.0f}"
    print(
        f"{name:10}{rate:>12}{statistics.median(ratios):9.2f}x{min(ratios):8.2f}{max(ratios):8.2f}  {peer}", flush=True
    )


def run(engine: Engine, built: Iterable[bytes], signal: Signal = Signal.LOGS) -> None:
    for request in built:
        engine.process(signal, request).commit()


def decide(engine: Engine, types: Iterable[EventType | Evidence], action: str) -> None:
    """Has them judged: no more evidence of them is wanted."""
    engine.apply(
        [
            Decision(
                fingerprint=known.fingerprint,
                identity=known.identity,
                skeleton=known.skeleton,
                ruleset=engine.ruleset,
                action=action,
                category="debug_noise",
            )
            for known in types
        ]
    )


def learned(built: Sequence[bytes], mode: str, signal: Signal = Signal.LOGS) -> Engine:
    """An engine that knows every type, half of them to be dropped, and the lines."""
    engine = Engine(Settings(min_records=1))
    engine.configure(Policy(**{signal.label: mode}))
    run(engine, built, signal)
    types = sorted(engine.types(), key=lambda known: known.fingerprint)
    decide(engine, types[1::2], "drop")
    decide(engine, types[::2], "keep")
    run(engine, built, signal)
    run(engine, built, signal)
    return engine


def beside_upb(name: str, mode: str, built: Sequence[bytes], records: int, rounds: int, signal: Signal) -> None:
    engine, decoder = learned(built, mode, signal), DECODERS[signal]

    def decode() -> None:
        for request in built:
            decoder.FromString(request)

    own, ratios = beside(rounds, decode, lambda: run(engine, built, signal))
    told(name, "upb decodes", records, own, ratios)


def logs_of_lines(name: str, scale: Scale) -> None:
    if scale.lines:
        built = encoded(scale.records, scale.per_request, partial(next, cycle(scale.lines)))
    else:
        built = requests(scale.records, scale.per_request, scale.types)
    beside_upb(name, name, built, scale.records, scale.rounds, Signal.LOGS)


def of_recording(name: str, scale: Scale) -> None:
    """Requests as the Collector wrote them, again and again until there are enough records."""
    signal = Signal[name.upper()]
    with Content(str(RECORDING)) as content:
        built = [request for kind, request in recorded(content) if kind == signal]
    records = sum(Engine(Settings()).process(signal, request).received for request in built)
    times = max(1, scale.records // (4 * records))
    beside_upb(name, "observe", built * times, records * times, scale.rounds, signal)


def drain3(_name: str, scale: Scale) -> None:
    try:
        from drain3 import TemplateMiner
        from drain3.template_miner_config import TemplateMinerConfig
    except ImportError:
        print("drain3    not installed: pip install drain3==0.9.11")
        return
    logging.getLogger("drain3").setLevel(logging.ERROR)
    chance = random.Random(7)
    lines = [statement(chance.randrange(scale.types), chance) for _ in range(min(scale.records, 20_000))]
    remaining = iter(lines)
    built = encoded(len(lines), scale.per_request, lambda: next(remaining))
    engine, miner = learned(built, "observe"), TemplateMiner(config=TemplateMinerConfig())

    def mine() -> None:
        for line in lines:
            miner.add_log_message(line)

    mine()
    own, ratios = beside(min(scale.rounds, 3), mine, lambda: run(engine, built))
    told("drain3", "Drain3 mines", len(lines), own, ratios)


def types(_name: str, scale: Scale) -> None:
    few, many = (requests(scale.records, scale.per_request, count) for count in (scale.types, MANY))
    with_few, with_many = learned(few, "observe"), learned(many, "observe")
    own, ratios = beside(scale.rounds, lambda: run(with_few, few), lambda: run(with_many, many))
    told("types", f"with {scale.types} types instead of {len(with_many.types())}", scale.records, own, ratios)
    own, ratios = beside(scale.rounds, lambda: run(with_few, few), lambda: run(with_many, few))
    told("", f"the same records, {MANY} other types known", scale.records, own, ratios)


def storm(_name: str, scale: Scale) -> None:
    """The first half is all that one service may mint at once; after that each of its new types passes unread."""
    minted = scale.records // 2
    engine = Engine(Settings(max_event_types=2 * minted))
    built = encoded(scale.records, scale.per_request, novel())
    half = len(built) // 2
    before, room = seconds(lambda: run(engine, built[:half])), len(engine.types())
    beyond = seconds(lambda: run(engine, built[half:]))
    assert room == 0, "types that were met once are not listed"
    print(f"storm     {minted / before:12,.0f} records/s while types are minted, {minted / beyond:,.0f} beyond")


def threads(_name: str, scale: Scale) -> None:
    """Wall-clock time of twice the work by two threads, beside one thread's of half of it. What else the machine does
    takes from two threads more than from one; the processor time of a record tells what they take from each other."""
    built = requests(scale.records, scale.per_request, scale.types)
    engine = learned(built, "observe")
    repeats = max(1, 2_000_000 // scale.records)

    def by(count: int) -> None:
        workers = [threading.Thread(target=run, args=(engine, built * repeats)) for _ in range(count)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    walls, ratios, processor = [], [], []
    for _ in range(scale.rounds):
        (one, alone), (two, together) = (_wall_and_processor(by, count) for count in (1, 2))
        walls.append(two)
        ratios.append(2 * one / two)
        processor.append(2 * alone / together)
    load = f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}"
    told("threads", f"one thread ({load})", 2 * repeats * scale.records, statistics.median(walls), ratios)
    told("", "in processor time; 1: no loss", 2 * repeats * scale.records, statistics.median(walls), processor)


def _wall_and_processor(by: Callable[[int], None], count: int) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    by(count)
    return time.perf_counter() - wall, time.process_time() - processor


def memory(_name: str, _scale: Scale) -> None:
    """In a process of its own, whose memory holds nothing else."""
    subprocess.run([sys.executable, __file__, "--rows", "memory-here"], check=True)


def memory_here(_name: str, scale: Scale) -> None:
    """Each line comes three times, so that it is remembered, too; the first types are not measured."""
    process, line = psutil.Process(), novel()
    engine = Engine(Settings(min_records=1, max_event_types=10 * MANY))

    def learn(*, judge: bool) -> None:
        (request,) = encoded(scale.per_request, scale.per_request, line)
        first, _, _ = (engine.process(Signal.LOGS, request).commit() for _ in range(3))
        if judge:
            decide(engine, evidence(first or b"[]"), "drop")

    for judge in (True, False):
        learn(judge=judge)
        before = process.memory_info().rss
        for _ in range(MANY // scale.per_request):
            learn(judge=judge)
        grown = (process.memory_info().rss - before) / MANY
        print(
            f"memory    {grown:12,.0f} bytes a type {'with a decision' if judge else 'with its evidence'}", flush=True
        )


def sizes(_name: str, _scale: Scale) -> None:
    print()
    for row in engine_sizes.rows():
        print(row, flush=True)


ROWS: dict[str, Callable[[str, Scale], None]] = {
    "observe": logs_of_lines,
    "tag": logs_of_lines,
    "drop": logs_of_lines,
    "logs": of_recording,
    "metrics": of_recording,
    "spans": of_recording,
    "drain3": drain3,
    "types": types,
    "storm": storm,
    "memory": memory,
    "threads": threads,
    "sizes": sizes,
}
OF_LINES = ("observe", "tag", "drop")
ON_ALL_CORES = ("threads",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", help="which, separated by commas")
    parser.add_argument("--lines", nargs="+", type=Path, default=[], metavar="LOGS", help="files or folders of lines")
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--per-request", type=int, default=1000)
    parser.add_argument("--types", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if missing := [str(path) for path in options.lines if not path.exists()]:
        parser.error(f"--lines {' '.join(missing)}: no such file or folder")
    lines = log_lines.mixed(options.lines)
    if options.lines and not lines:
        parser.error("--lines: no line found; use text files, CSV files with a column Content, or folders of them")
    scale = Scale(options.records, options.per_request, options.types, options.rounds, lines)
    chosen = options.rows.split(",") if options.rows else list(OF_LINES if lines else ROWS)
    if chosen == ["memory-here"]:
        return memory_here("memory", scale)
    if unknown := set(chosen) - ROWS.keys():
        parser.error(f"--rows {','.join(sorted(unknown))}: use {', '.join(ROWS)}")
    if lines and (others := set(chosen) - set(OF_LINES)):
        parser.error(f"--rows {','.join(sorted(others))}: with --lines use {', '.join(OF_LINES)}")
    cores = os.sched_getaffinity(0)
    bodies = f"{len(lines)} lines mixed" if lines else f"{scale.types} event types"
    print(f"{scale.records} records, {scale.per_request} a request, {bodies}")
    print(f"{'':10}{'records/s':>12}{'beside':>10}{'min':>8}{'max':>8}")
    for name in chosen:
        os.sched_setaffinity(0, cores if name in ON_ALL_CORES else {min(cores)})
        ROWS[name](name, scale)
    return None


if __name__ == "__main__":
    main()
