"""What was found in a recording: its event types by size, their verdicts, and how much of it is waste."""

from __future__ import annotations

from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from sluice.service import Service
from sluice.verdicts.model import Verdict

RANKS = 25
WASTE = {
    "logs": "tagged here, removed with policy.mode: drop",
    "metrics": "tagged here, removed with policy.mode and policy.metrics: drop",
    "spans": "tagged here, for a tail sampler behind",
}


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


def found(service: Service) -> list[Row]:
    """Every event type that was seen since the start and is judged, the largest first. What was counted of a type
    before it became a part of another is the other's, whether it was judged itself or not."""
    seen = {known.fingerprint: known for known in service.engine.types()}
    rows = [
        Row(verdict, known.records, known.bytes)
        for verdict in service.registry.verdicts()
        if (known := seen.get(verdict.fingerprint)) is not None
    ]
    rows.sort(key=lambda row: (-row.records, row.verdict.fingerprint))
    return rows


def report(rows: list[Row], console: Console) -> None:
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
            _message_first(verdict.template),
            style=None if verdict.action == "keep" else "green",
        )
    console.print(table)
    if len(rows) > RANKS:
        console.print(f"… and {len(rows) - RANKS} more event types")
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


def _message_first(template: str) -> str:
    """A structured body's keys stand before its message and would fill the column."""
    keys, closed, message = template.partition("} ")
    return f"{message} {keys}}}" if closed and keys.startswith("{") else template


def action(verdict: Verdict) -> str:
    match verdict.action:
        case "sample":
            return f"sample {verdict.keep_percent:g}%"
        case "limit":
            return f"limit {verdict.keep_rate}"
    guards = ", ".join(verdict.guards)
    return f"{verdict.action} ({guards})" if guards and verdict.action == "keep" else verdict.action
