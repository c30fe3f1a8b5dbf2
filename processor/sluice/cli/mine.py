"""`sluice mine`: the event types of text lines or of recorded OTLP."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

import click

from sluice.cli.options import config_option, json_option
from sluice.cli.table import Column, print_table
from sluice.config.load import load
from sluice.content import Content

if TYPE_CHECKING:
    from sluice.cli.rare import Row
    from sluice.engine import Engine, EventType, Settings, Signal

_BATCH = 1000
_TYPES = 1_000_000
"""Event types of a file where no configuration bounds them: nothing else is to be kept in memory."""
_WIDEST = 300
"""Characters of a template in the table; JSON has them all."""
_LINE_ENDS = re.compile(r"[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_COLUMNS = (
    Column("records", right=True),
    Column("share", right=True),
    Column("signal"),
    Column("service"),
    Column("severity"),
    Column("outcome"),
    Column("purpose"),
    Column("template"),
)


@click.command("mine")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--per-line", is_flag=True, help="Print SHAPE<TAB>TEMPLATE for each line of text, in order.")
@click.option("--stats", "with_stats", is_flag=True, help="Print what the engine did, and its time, on stderr.")
@json_option
@config_option(required=False)
def command(files: tuple[str, ...], per_line: bool, with_stats: bool, as_json: bool, config_file: str | None) -> None:
    """Show the event types of FILE: lines of text, or recorded OTLP as the Collector's file exporter writes it.

    FILE may be compressed by gzip or zstd; - is stdin. A configuration brings its masks.
    """
    if per_line and as_json:
        raise click.UsageError("--per-line and --json exclude each other")
    settings, stats = _settings(config_file), _Stats()
    if per_line:
        _print_shapes(settings, files, stats)
    else:
        _print_types(settings, files, stats, as_json=as_json)
    if with_stats:
        stats.print()


class _Stats:
    """What `--stats` tells. Bytes are those that the engine read: OTLP, or text with `--per-line`."""

    def __init__(self) -> None:
        self.records = self.bytes = self.types = 0
        self._seconds = 0.0

    @contextmanager
    def in_the_engine(self) -> Iterator[None]:
        """Counts the time that the body takes."""
        before = time.perf_counter()
        yield
        self._seconds += time.perf_counter() - before

    def print(self) -> None:
        told = {"records": self.records, "bytes": self.bytes, "types": self.types, "engine_seconds": self._seconds}
        click.echo(json.dumps(told), err=True)


def _settings(config_file: str | None) -> Settings:
    from sluice.engine import Mask, Settings

    if config_file is None:
        return Settings(min_records=1, max_event_types=_TYPES)
    mining = load(config_file).mining
    masks = tuple(Mask(mask.name, mask.pattern) for mask in mining.masks)
    return Settings(max_event_types=mining.max_event_types, min_records=1, masks=masks)


def _print_shapes(settings: Settings, files: Iterable[str], stats: _Stats) -> None:
    """Bytes in UTF-8 whatever the terminal's encoding: the output is data."""
    from sluice.engine import shapes

    text = b"".join(line + b"\n" for name in files for line in _text(name))
    with stats.in_the_engine():
        found = shapes(settings, text) if text else []
    stats.records, stats.bytes, stats.types = len(found), len(text), len({shape.skeleton for shape in found})
    for shape in found:
        sys.stdout.buffer.write(f"{_one_line(shape.skeleton)}\t{_one_line(shape.template)}\n".encode())
    sys.stdout.buffer.flush()


def _text(name: str) -> Iterator[bytes]:
    from sluice.recording import is_recorded

    with Content(name) as content:
        if is_recorded(content):
            raise click.UsageError(f"{name} holds recorded OTLP, which has no lines for --per-line")
        yield from _stripped(content)


def _stripped(content: Content) -> Iterator[bytes]:
    for line in content.lines():
        yield line.removesuffix(b"\n").removesuffix(b"\r")


def _one_line(text: str) -> str:
    """Tabs and everything that some reader takes for the end of a line, written out."""
    return _LINE_ENDS.sub(lambda found: repr(found[0])[1:-1], text)


def _print_types(settings: Settings, files: Iterable[str], stats: _Stats, *, as_json: bool) -> None:
    from sluice.engine import Engine

    engine = Engine(settings)
    for name in files:
        _feed(engine, name, stats)
    total = stats.records
    types = sorted(engine.types(), key=lambda kind: (-kind.records, kind.template, kind.fingerprint))
    stats.types = len(types)
    unlisted = total - sum(kind.records for kind in types)
    if as_json:
        rows = [_row(kind, total) for kind in types]
        click.echo(json.dumps({"records": total, "unlisted": unlisted, "event_types": rows}, ensure_ascii=False))
        return
    if types:
        from sluice.cli.rare import folded

        print_table(_COLUMNS, [_cells(row, total) for row in folded(types)])
    beyond = f", {unlisted} records beyond the largest number of event types" if unlisted else ""
    click.echo(f"{total} records, {len(types)} event types{beyond}")


def _feed(engine: Engine, name: str, stats: _Stats) -> None:
    """Runs one file through the engine."""
    from sluice.recording import is_recorded, requests

    with Content(name) as content:
        for signal, request in requests(content) if is_recorded(content) else _as_logs(_stripped(content)):
            with stats.in_the_engine():
                outcome = engine.process(signal, request)
                outcome.commit()
            stats.records += outcome.received
            stats.bytes += len(request)


def _as_logs(text: Iterator[bytes]) -> Iterator[tuple[Signal, bytes]]:
    """Lines of text as log records without service, severity and time."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    from sluice.engine import Signal

    while batch := list(islice(text, _BATCH)):
        request = ExportLogsServiceRequest()
        records = request.resource_logs.add().scope_logs.add().log_records
        for line in batch:
            records.add().body.string_value = line.decode(errors="replace")
        yield Signal.LOGS, request.SerializeToString()


def _row(kind: EventType, total: int) -> dict[str, object]:
    identity = kind.identity
    return {
        "fingerprint": kind.fingerprint,
        "records": kind.records,
        "share": kind.records / total,
        "signal": identity.signal,
        "namespace": identity.namespace,
        "service": identity.service,
        "scope": identity.scope,
        "severity": identity.severity,
        "outcome": identity.outcome,
        "purpose": identity.purpose,
        "template": kind.template,
    }


def _cells(row: Row, total: int) -> tuple[str, ...]:
    kind, identity = row.kind, row.kind.identity
    template = kind.template if len(kind.template) <= _WIDEST else f"{kind.template[:_WIDEST]}…"
    signal = identity.signal if identity.service or identity.signal != "logs" else ""
    return (
        str(kind.records),
        f"{kind.records / total:.1%}",
        signal,
        identity.service,
        identity.severity,
        identity.outcome,
        identity.purpose,
        template if not row.types else f"{template} (and {row.types} rare like it: {_counted(row.records)})",
    )


def _counted(records: int) -> str:
    return f"{records} record{'' if records == 1 else 's'}"
