"""`sluice replay`: recorded OTLP sent to an endpoint."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Self

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

from sluice.config.model import ClientTls
from sluice.config.units import Duration
from sluice.errors import ConfigError
from sluice.replay import Progress, Summary, replay_files
from sluice.tls import client_material

_ENDPOINT = re.compile(r"(?:https?://)?(?:\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):(?P<port>\d{1,5})")
_INTERRUPTED = 130


class Lines:
    """Progress where no one watches: nothing but why it waits, once a reason."""

    def __init__(self) -> None:
        self._reason = ""

    def sent(self, records: int, share: float | None) -> None:
        self._reason = ""

    def waiting(self, reason: str, seconds: float) -> None:
        if reason != self._reason:
            click.echo(f"sluice: {reason}; trying again", err=True)
        self._reason = reason

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Bar:
    """Progress in a terminal."""

    def __init__(self, console: Console) -> None:
        columns: tuple[ProgressColumn, ...] = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[records]:,} records"),
            TimeElapsedColumn(),
        )
        self._bars = Bars(*columns, console=console)
        self._task = self._bars.add_task("replaying", total=None, records=0)

    def sent(self, records: int, share: float | None) -> None:
        total = None if share is None else 1.0
        self._bars.update(self._task, description="replaying", total=total, completed=share, records=records)

    def waiting(self, reason: str, seconds: float) -> None:
        self._bars.update(self._task, description=f"waiting {seconds:.1f} s")
        self._bars.console.print(Text(f"{reason}; trying again", style="yellow"))

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()


def progress_for(console: Console) -> Lines | Bar:
    """A context manager that shows a replay's progress on `console`: a bar in a terminal, else lines."""
    return Bar(console) if console.is_terminal else Lines()


def _endpoint(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    found = _ENDPOINT.fullmatch(value)
    if found is None or not 0 < int(found["port"]) < 65536:
        raise click.BadParameter(f"{value} is not HOST:PORT; write for example localhost:4317")
    return value


def _duration(_context: click.Context, _parameter: click.Parameter, value: str) -> Duration:
    try:
        return Duration.parse(value)
    except ValueError as error:
        raise click.BadParameter(f"{value} is not {error}") from None


@click.command("replay")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--endpoint", default="localhost:4317", show_default=True, callback=_endpoint, metavar="HOST:PORT",
              help="Where OTLP is served over gRPC; https:// before it for TLS.")  # fmt: skip
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), metavar="RECORDS",
              help="Records a second, in whole requests; as fast as they are taken when not given.")  # fmt: skip
@click.option("--loop", is_flag=True, help="From the start again, until Ctrl-C.")
@click.option("--max-elapsed-time", default="60s", show_default=True, callback=_duration, metavar="DURATION",
              help="How long a request is tried again before the replay fails.")  # fmt: skip
@click.option("--ca-file", metavar="PEM", help="Trust these authorities instead of the system's; turns TLS on.")
@click.option("--cert-file", metavar="PEM", help="Show this certificate, with --key-file (mTLS); turns TLS on.")
@click.option("--key-file", metavar="PEM", help="The key of --cert-file, not encrypted.")
@click.option("--json", "as_json", is_flag=True, help="Print what was sent as JSON.")
@click.pass_context
def replay(
    context: click.Context,
    files: tuple[str, ...],
    endpoint: str,
    rate: float | None,
    loop: bool,
    max_elapsed_time: Duration,
    ca_file: str | None,
    cert_file: str | None,
    key_file: str | None,
    as_json: bool,
) -> None:
    """Send recorded OTLP to an endpoint, unchanged and in order.

    FILE holds JSON lines as the Collector's file exporter writes them, plain, .gz or .zst; - is stdin.
    """
    if loop and "-" in files:
        raise click.UsageError("--loop needs files: stdin can be read once only")
    tls = _tls(endpoint, ca_file, cert_file, key_file)
    progress: Progress
    with progress_for(Console(stderr=True)) as progress:
        summary = replay_files(
            files, endpoint, rate=rate, loop=loop, progress=progress, max_elapsed_time=max_elapsed_time, tls=tls
        )
    click.echo(msgspec.json.encode(summary).decode() if as_json else _sentence(summary, endpoint))
    if summary.interrupted and not loop:
        context.exit(_INTERRUPTED)


def _tls(endpoint: str, ca_file: str | None, cert_file: str | None, key_file: str | None) -> ClientTls | None:
    """Checked here, so that what is wrong is told in the words of the options."""
    given = {"--ca-file": ca_file, "--cert-file": cert_file, "--key-file": key_file}
    named = [f"{option} {path}" for option, path in given.items() if path is not None]
    if not named:
        return None
    if endpoint.startswith("http://"):
        raise click.UsageError(f"--endpoint {endpoint} means no TLS, yet {named[0]} is given: write https://")
    tls = ClientTls(ca_file=ca_file, cert_file=cert_file, key_file=key_file)
    try:
        client_material(tls, "")
    except ConfigError as error:
        key, _, reason = str(error).partition(": ")
        option = "--" + key.removeprefix(".").replace("_", "-")
        raise ConfigError(f"{option}: {reason}") from None
    return tls


def _sentence(summary: Summary, endpoint: str) -> str:
    how = "interrupted: " if summary.interrupted else ""
    rejected = f", {summary.rejected:,} rejected" if summary.rejected else ""
    retries = f", {summary.retries:,} retries" if summary.retries else ""
    signals = f"{summary.logs:,} logs, {summary.metrics:,} metrics, {summary.spans:,} spans"
    return (
        f"{how}{summary.records:,} records ({signals}) in {summary.requests:,} requests"
        f" sent to {endpoint} in {summary.seconds:.1f} s{rejected}{retries}"
    )


command = replay
