"""`sluice verdicts`: read what was decided, and overrule it."""

from __future__ import annotations

import asyncio
import getpass
import socket
from datetime import UTC, datetime

import click
import msgspec

from sluice.cli.decided import Decided, Deciding
from sluice.cli.explain import Told, action_of, explain, notes, service_of
from sluice.cli.options import json_option
from sluice.cli.place import place_of, place_options
from sluice.cli.rejudge import command as rejudge
from sluice.cli.spent import spent
from sluice.cli.table import Column, print_table, printable
from sluice.cli.verdict_sources import KafkaSource, Known, Source, StoreSource, Table
from sluice.config.model import Config
from sluice.config.units import Action
from sluice.errors import SluiceError
from sluice.verdicts.model import ACTIONS, CATEGORIES, SIGNALS, Override, Verdict
from sluice.verdicts.times import rfc3339

_SHORT = 12
"""Digits of a fingerprint in the table: enough to tell 50,000 apart."""
_PER_DAY = Column("per day", right=True)
_COLUMNS = (
    Column("fingerprint"),
    Column("service"),
    Column("signal"),
    Column("action"),
    Column("category"),
    Column("source"),
    Column("kept by"),
    _PER_DAY,
    Column("template"),
)


class _Place(msgspec.Struct, frozen=True):
    """Where verdicts are read and written, and the configuration of the Sluice that is asked about, if it is given."""

    source: Source
    shared: bool
    config_file: str = ""
    config: Config | None = None

    async def read(self) -> tuple[Table, Told]:
        """What is there, and how it is decided by whom."""
        table = await self.source.read()
        here, policy = table.here, self.config.policy if self.config else None
        if self.config and self.config.service.instance_id:
            here = msgspec.structs.replace(here, instance=self.config.service.instance_id)
        now = int(datetime.now(UTC).timestamp() * 1000)
        policy_of = self.config_file or here.instance or "the Sluice of this store"
        return table, Told(policy_of, Deciding(here, policy, now, table.known, shared=self.shared))


_place_options = place_options("Read and write", "topics")


@click.group("verdicts")
def command() -> None:
    """Read verdicts and overrule them.

    -c FILE finds them: in Kafka where FILE names brokers, else in the store. FP is a fingerprint or its beginning.
    """


@command.command("list")
@_place_options
@json_option
@click.option("--service", metavar="NAME", help="Only of this service.")
@click.option("--signal", type=click.Choice(SIGNALS), metavar="NAME", help="Only logs, metrics or spans.")
@click.option("--category", type=click.Choice(CATEGORIES), metavar="NAME", help="Only of this category.")
@click.option("--action", type=click.Choice(ACTIONS), metavar="NAME", help="Only keep, drop, sample or limit.")
def list_(
    config_file: str | None,
    store: str | None,
    brokers: str | None,
    as_json: bool,
    service: str | None,
    signal: str | None,
    category: str | None,
    action: str | None,
) -> None:
    """List verdicts, the largest event types first.

    `per day` counts the records of the last 24 hours and the running one, as the processor last saved them. On Kafka it
    is the figure that a verdict was published with, unless -c FILE leads to a store.
    """
    place = _place(config_file, store, brokers)
    table, told = asyncio.run(place.read())
    deciding = told.deciding
    wanted = [
        (known, decided)
        for known, decided in ((known, deciding.decide(known)) for known in table.known.values())
        if (service is None or service_of(known.event_type) == service)
        and signal in (None, known.event_type.signal)
        and category in (None, known.event_type.category)
        and action in (None, decided.ruling.action)
    ]
    wanted.sort(key=lambda row: (-row[1].per_day, row[0].fingerprint))
    if as_json:
        click.echo(_json([_row(known, decided, deciding) for known, decided in wanted]))
        return
    if wanted:
        counted = "per day" if deciding.here.volumes is not None or not place.shared else "per day, as published"
        columns = [Column(counted, right=True) if column is _PER_DAY else column for column in _COLUMNS]
        print_table(columns, [_cells(known, decided) for known, decided in wanted])
    unusable = f", {table.unusable} values that cannot be used" if table.unusable else ""
    click.echo(f"{len(wanted)} of {len(table.known)} verdicts{unusable}")
    for note in notes(told):
        click.echo(note)
    _print_spent(table)


@command.command("show")
@click.argument("fingerprint", metavar="FP")
@_place_options
@json_option
def show(fingerprint: str, config_file: str | None, store: str | None, brokers: str | None, as_json: bool) -> None:
    """Show one verdict with all its fields, and why it is what it is."""
    place = _place(config_file, store, brokers)
    table, told = asyncio.run(place.read())
    known = table.find(fingerprint)
    decided = told.deciding.decide(known)
    if as_json:
        click.echo(_json(_row(known, decided, told.deciding)))
        return
    fields = msgspec.to_builtins(told.deciding.verdict(known, decided) or known.event_type)
    width = max(map(len, fields))
    for name, value in fields.items():
        if value not in (None, "", (), [], {}):
            click.echo(f"{name:{width}}  {printable(_field(value))}")
    click.echo()
    _print_explanation(known, told)
    _print_spent(table)


@command.command("explain")
@click.argument("fingerprint", metavar="FP")
@_place_options
def explain_(fingerprint: str, config_file: str | None, store: str | None, brokers: str | None) -> None:
    """Say in plain words what happens to an event type, and why."""
    place = _place(config_file, store, brokers)
    table, told = asyncio.run(place.read())
    _print_explanation(table.find(fingerprint), told)


@command.command("set")
@click.argument("fingerprint", metavar="FP")
@click.argument("action", nargs=-1, required=True, metavar="ACTION")
@click.option("--reason", default="", help="Why, for those who read it later.")
@_place_options
def set_(
    fingerprint: str,
    action: tuple[str, ...],
    reason: str,
    config_file: str | None,
    store: str | None,
    brokers: str | None,
) -> None:
    """Overrule FP: keep, drop, sample N%, limit N/m; auto returns to what was judged.

    Skips every guard but policy.protect, and holds until it is set again.
    """
    words = " ".join(action)
    try:
        wanted = None if words == "auto" else Action.parse(words)
    except ValueError as expected:
        raise click.UsageError(f"'{words}' is not auto, {expected}") from None
    _overrule(_place(config_file, store, brokers), fingerprint, wanted, reason)


@command.command("revoke")
@click.argument("fingerprint", metavar="FP")
@click.option("--reason", default="", help="Why, for those who read it later.")
@_place_options
def revoke(fingerprint: str, reason: str, config_file: str | None, store: str | None, brokers: str | None) -> None:
    """Keep FP until further notice, whatever was judged."""
    _overrule(_place(config_file, store, brokers), fingerprint, Action.parse("keep"), reason)


@command.command("follow")
@_place_options
@json_option
def follow(config_file: str | None, store: str | None, brokers: str | None, as_json: bool) -> None:
    """Print each verdict as it is written, until Ctrl-C."""
    source = _place(config_file, store, brokers).source

    async def print_each() -> None:
        async for fingerprint, verdict in source.follow():
            click.echo(
                _json({"fingerprint": fingerprint, "verdict": verdict}) if as_json else _line(fingerprint, verdict)
            )

    asyncio.run(print_each())


command.add_command(rejudge)


@command.command("matcher", hidden=True)
@click.argument("fingerprints", nargs=-1)
def matcher(fingerprints: tuple[str, ...]) -> None:
    """Not yet."""
    raise click.UsageError("matcher is not yet built: filter by the tag sluice.verdict")


def _place(config_file: str | None, store: str | None, brokers: str | None) -> _Place:
    place = place_of(config_file, store, brokers)
    own = StoreSource(place.store) if place.store else None
    source = KafkaSource(place.kafka, own) if place.kafka else StoreSource(place.store)
    return _Place(source, place.kafka is not None, place.config_file, place.config)


def _overrule(place: _Place, prefix: str, action: Action | None, reason: str) -> None:
    async def write() -> str:
        table, told = await place.read()
        known = table.find(prefix)
        if action is None and known.override is None:
            return f"{known.fingerprint}: has no override, nothing to withdraw"
        if action is not None:
            await place.source.overrule(known.fingerprint, _override(known, action, reason))
        else:
            for key in known.override_keys:
                await place.source.overrule(key, None)
        before = action_of(told.deciding.decide(known).ruling)
        whole = known.judged.merged_into if action is not None and known.judged is not None else None
        note = f"; its records are those of {whole} now, of which it has become part: set that" if whole else ""
        return f"{known.fingerprint}: {action or 'auto'} (was {before}){note}"

    click.echo(asyncio.run(write()))


def _override(known: Known, action: Action, reason: str) -> Override:
    issued_at = rfc3339(int(datetime.now(UTC).timestamp() * 1000))
    issued_by = _operator()
    if known.verdict is not None:
        return Override.of(known.verdict, action, issued_at=issued_at, issued_by=issued_by, reason=reason)
    if known.override is None:
        raise SluiceError(f"{known.fingerprint} has neither verdict nor override")
    return msgspec.structs.replace(
        known.override,
        action=action.kind,
        keep_percent=action.keep_percent,
        keep_rate=action.keep_rate,
        reason=reason,
        issued_by=issued_by,
        issued_at=issued_at,
    )


def _operator() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def _print_explanation(known: Known, told: Told) -> None:
    for sentence in (*explain(known, told.deciding.decide(known), told), *notes(told)):
        click.echo(printable(sentence))


def _row(known: Known, decided: Decided, deciding: Deciding) -> dict[str, object]:
    """`verdict` with the decision in force; `decided` tells whose that is."""
    return {
        "fingerprint": known.fingerprint,
        "per_day": decided.per_day,
        "action": action_of(decided.ruling),
        "decided": {"by": decided.by, "kept_by": decided.kept_by, "published_by": decided.writer},
        "verdict": deciding.verdict(known, decided),
        "override": known.override,
    }


def _print_spent(table: Table) -> None:
    if line := spent(table.spending):
        click.echo(line)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _cells(known: Known, decided: Decided) -> tuple[str, ...]:
    event_type, verdict = known.event_type, known.verdict
    return (
        known.fingerprint[:_SHORT],
        service_of(event_type),
        event_type.signal,
        action_of(decided.ruling),
        event_type.category,
        "operator" if decided.by == "operator" else verdict.source.kind if verdict else "",
        ", ".join(decided.kept_by),
        f"{decided.per_day:.0f}",
        event_type.template,
    )


def _line(fingerprint: str, verdict: Verdict | None) -> str:
    if verdict is None:
        return f"{fingerprint}  withdrawn"
    kept_by = f" (kept by {', '.join(verdict.guards)})" if verdict.guards else ""
    what = f"{action_of(verdict)}{kept_by}  {verdict.category}  {verdict.source.kind}"
    return printable(f"{fingerprint}  {what}  {service_of(verdict)}  {verdict.template}")


def _field(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items() if item)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
