"""`make run`: the processor on this machine's usual OTLP ports, fed with a recording, and a report of what it found.

    python deploy/demo.py [--once] [--kafka HOST:PORT]

The parts are those of `sluice run -c deploy/demo.yaml`; only the report is made here, from the registry in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from sluice import logs
from sluice.cli.replay import progress_for
from sluice.config.load import load
from sluice.config.model import Config, KafkaConfig
from sluice.errors import SluiceError
from sluice.replay import replay_files
from sluice.service import Service
from sluice.verdicts.model import Verdict

HERE = Path(__file__).parent
RECORDING = HERE / "recording" / "shop.jsonl.zst"
RANKS = 25
WASTE = {
    "logs": "tagged here, removed with policy.mode: drop",
    "metrics": "tagged here, removed with policy.mode and policy.metrics: drop",
    "spans": "tagged here, for a tail sampler behind",
}
WIDTH = 120


class Row(NamedTuple):
    """One event type of the report: its verdict, and how much of it there was."""

    verdict: Verdict
    records: int
    bytes: int

    @property
    def wasted(self) -> float:
        """The share of its records that its action would remove. A limit keeps its rate for one minute here."""
        match self.verdict.action:
            case "drop":
                return 1.0
            case "sample":
                return 1.0 - (self.verdict.keep_percent or 100.0) / 100
            case "limit":
                kept = int((self.verdict.keep_rate or "1/m").split("/")[0])
                return max(0.0, 1.0 - kept / max(self.records, 1))
        return 0.0


def configuration(kafka: str | None) -> Config:
    config = load(str(HERE / "demo.yaml"))
    if kafka is None:
        return config
    verdicts = msgspec.structs.replace(config.verdicts, kafka=KafkaConfig(brokers=(kafka,)))
    return msgspec.structs.replace(config, verdicts=verdicts)


async def judged(service: Service) -> None:
    """Until every listed event type has been judged or found unlistable, and with Kafka until all is published."""
    unlisted = service.telemetry
    while True:
        listed = [known.fingerprint for known in await asyncio.to_thread(service.engine.types)]
        waiting = sum(not service.registry.known(fingerprint) for fingerprint in listed)
        if waiting <= unlisted.value("sluice_classify_unlisted"):
            return
        await asyncio.sleep(0.2)


async def published(service: Service, seconds: float) -> int:
    """How many verdicts are on the topic, once none waits or `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        count = int(service.telemetry.value("sluice_kafka_published", topic="sluice.verdicts"))
        if count and not service.telemetry.value("sluice_kafka_outbox"):
            break
        await asyncio.sleep(0.2)
    return count


def report(service: Service, console: Console) -> None:
    rows = []
    for verdict in service.registry.verdicts():
        total = service.volumes.total(bytes.fromhex(verdict.fingerprint))
        if total is not None:
            rows.append(Row(verdict, total.records, total.bytes))
    rows.sort(key=lambda row: (-row.records, row.verdict.fingerprint))
    records = sum(row.records for row in rows)
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for column in ("records", "share"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("service", "class", "category", "action"):
        table.add_column(column, no_wrap=True)
    table.add_column("event type", ratio=1, no_wrap=True, overflow="ellipsis")
    for row in rows[:RANKS]:
        verdict = row.verdict
        kind = verdict.severity or {"metrics": "metric", "spans": "span"}.get(verdict.signal, "log")
        table.add_row(
            f"{row.records:,}",
            f"{row.records / records:.1%}",
            verdict.service.name,
            " ".join(word for word in (kind, verdict.outcome, verdict.purpose) if word),
            verdict.category,
            action(verdict),
            verdict.template,
            style=None if verdict.action == "keep" else "green",
        )
    console.print(table)
    if len(rows) > RANKS:
        console.print(f"… and {len(rows) - RANKS} more event types (sluice verdicts list -c deploy/demo.yaml)")
    console.print(
        f"\n[bold]{len(rows)} event types, each judged once[/bold]; rarer ones than 3 records are kept, unlisted."
    )
    for kind, becomes in WASTE.items():
        of_signal = [row for row in rows if row.verdict.signal == kind]
        records, size = sum(row.records for row in of_signal), sum(row.bytes for row in of_signal)
        waste = sum(row.records * row.wasted for row in of_signal) / max(records, 1)
        waste_bytes = sum(row.bytes * row.wasted for row in of_signal) / max(size, 1)
        console.print(
            f"{kind:8}{records:>8,} records: [bold]{waste:4.0%} are waste[/bold] "
            f"({waste_bytes:.0%} of bytes), {becomes}"
        )


def action(verdict: Verdict) -> str:
    match verdict.action:
        case "sample":
            return f"sample {verdict.keep_percent:g}%"
        case "limit":
            return f"limit {verdict.keep_rate}"
    guards = ", ".join(verdict.guards)
    return f"{verdict.action} ({guards})" if guards and verdict.action == "keep" else verdict.action


async def demo(once: bool, kafka: str | None) -> None:
    config = configuration(kafka)
    logs.configure(config.service.telemetry.logs)
    terminal = sys.stdout.isatty()
    console = Console(highlight=False, width=None if terminal else WIDTH)
    service = Service(config)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await service.start()
    try:
        assert service.grpc is not None
        endpoint = f"127.0.0.1:{service.grpc.port}"
        console.print(f"sluice takes OTLP at {endpoint}; replaying {RECORDING.relative_to(HERE.parent)} to it")
        with progress_for(console) as progress:
            summary = await asyncio.to_thread(replay_files, [str(RECORDING)], endpoint, progress=progress)
        console.print(f"{summary.records:,} records sent; every event type is judged by the embedded rules\n")
        await judged(service)
        report(service, console)
        if kafka is not None:
            count = await published(service, seconds=30.0)
            console.print(f"\n{count} verdicts were published: sluice verdicts list --brokers {kafka}")
        if not once:
            console.print(
                f"\nPoint your own exporter here: OTLP/gRPC {endpoint}, OTLP/HTTP http://127.0.0.1:4318"
                "\nHealth http://127.0.0.1:13133, metrics http://127.0.0.1:8888/metrics. Ctrl-C ends."
            )
            await ended.wait()
    finally:
        await service.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="demo.py", description="The processor with a recording replayed through it.")
    parser.add_argument("--once", action="store_true", help="end after the report")
    parser.add_argument("--kafka", metavar="HOST:PORT", help="publish the verdicts there")
    options = parser.parse_args()
    try:
        asyncio.run(demo(options.once, options.kafka or None))
    except SluiceError as error:
        print(f"sluice: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
