"""`sluice verdicts`: read what was decided, and overrule it."""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import msgspec

from sluice.cli.explain import action_of, explain, service_of
from sluice.cli.options import config_option, json_option
from sluice.cli.rejudge import command as rejudge
from sluice.cli.spent import spent
from sluice.cli.table import Column, print_table, printable
from sluice.cli.verdict_sources import KafkaSource, Known, Source, StoreSource, Table
from sluice.config.formats import dialled
from sluice.config.load import load
from sluice.config.model import KafkaConfig, PolicyConfig
from sluice.config.units import Action
from sluice.errors import SluiceError
from sluice.verdicts.model import Override, Verdict
from sluice.verdicts.times import rfc3339

_SHORT = 12
"""Digits of a fingerprint in the table: enough to tell 50,000 apart."""
_COLUMNS = (
    Column("fingerprint"),
    Column("service"),
    Column("signal"),
    Column("action"),
    Column("category"),
    Column("source"),
    Column("kept by"),
    Column("per day", right=True),
    Column("template"),
)
_F = TypeVar("_F", bound=Callable[..., Any])


class _Place(msgspec.Struct, frozen=True):
    """Where verdicts are read and written, and the policy that is applied there, if that is known."""

    source: Source
    policy: PolicyConfig | None


def _place_options(function: _F) -> _F:
    for option in (
        click.option("--brokers", metavar="HOST:PORT[,...]", help="Read and write the topics of these brokers."),
        click.option("--store", metavar="PATH", help="Read and write this store."),
        config_option(required=False),
    ):
        function = option(function)
    return function


@click.group("verdicts")
def command() -> None:
    """Read verdicts and overrule them.

    -c FILE finds them: in Kafka where FILE names brokers, else in the store. FP is a fingerprint or its beginning.
    """


@command.command("list")
@_place_options
@json_option
@click.option("--service", help="Only of this service.")
@click.option("--category", help="Only of this category.")
@click.option("--action", help="Only with this action: keep, drop, sample, limit.")
def list_(
    config_file: str | None,
    store: str | None,
    brokers: str | None,
    as_json: bool,
    service: str | None,
    category: str | None,
    action: str | None,
) -> None:
    """List verdicts, the largest event types first."""
    place = _place(config_file, store, brokers)
    table = asyncio.run(place.source.read())
    wanted = [
        known
        for known in table.known.values()
        if (service is None or service_of(known.event_type) == service)
        and (category is None or known.event_type.category == category)
        and (action is None or known.event_type.action == action)
    ]
    wanted.sort(key=lambda known: (-(known.verdict.per_day if known.verdict else 0), known.fingerprint))
    if as_json:
        click.echo(_json([_row(known) for known in wanted]))
        return
    if wanted:
        print_table(_COLUMNS, [_cells(known) for known in wanted])
    unusable = f", {table.unusable} values that cannot be used" if table.unusable else ""
    click.echo(f"{len(wanted)} of {len(table.known)} verdicts{unusable}")
    _print_spent(table)


@command.command("show")
@click.argument("fingerprint", metavar="FP")
@_place_options
@json_option
def show(fingerprint: str, config_file: str | None, store: str | None, brokers: str | None, as_json: bool) -> None:
    """Show one verdict with all its fields, and why it is what it is."""
    place = _place(config_file, store, brokers)
    table = asyncio.run(place.source.read())
    known = table.find(fingerprint)
    if as_json:
        click.echo(_json(_row(known)))
        return
    fields = msgspec.to_builtins(known.event_type)
    width = max(map(len, fields))
    for name, value in fields.items():
        if value not in (None, "", [], {}):
            click.echo(f"{name:{width}}  {printable(_field(value))}")
    click.echo()
    _print_explanation(known, place.policy)
    _print_spent(table)


@command.command("explain")
@click.argument("fingerprint", metavar="FP")
@_place_options
def explain_(fingerprint: str, config_file: str | None, store: str | None, brokers: str | None) -> None:
    """Say in plain words what happens to an event type, and why."""
    place = _place(config_file, store, brokers)
    _print_explanation(asyncio.run(place.source.read()).find(fingerprint), place.policy)


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
    _overrule(_place(config_file, store, brokers).source, fingerprint, wanted, reason)


@command.command("revoke")
@click.argument("fingerprint", metavar="FP")
@click.option("--reason", default="", help="Why, for those who read it later.")
@_place_options
def revoke(fingerprint: str, reason: str, config_file: str | None, store: str | None, brokers: str | None) -> None:
    """Keep FP until further notice, whatever was judged."""
    _overrule(_place(config_file, store, brokers).source, fingerprint, Action.parse("keep"), reason)


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
    if store and brokers:
        raise click.UsageError("--store and --brokers exclude each other")
    config = load(config_file) if config_file else None
    policy = config.policy if config else None
    if brokers:
        return _Place(KafkaSource(_kafka(brokers, config.verdicts.kafka if config else None)), policy)
    if store:
        return _Place(StoreSource(store), policy)
    if config is None:
        raise click.UsageError("give -c FILE, --store PATH or --brokers HOST:PORT")
    kafka = config.verdicts.kafka
    return _Place(KafkaSource(kafka) if kafka else StoreSource(config.verdicts.store.path), policy)


def _kafka(brokers: str, configured: KafkaConfig | None) -> KafkaConfig:
    """Other brokers, with the topics, TLS and SASL of the configuration, if there is one."""
    try:
        given = tuple(dialled(broker.strip()) for broker in brokers.split(","))
    except ValueError as expected:
        raise click.UsageError(f"--brokers: '{brokers}' is not {expected}") from None
    return msgspec.structs.replace(configured, brokers=given) if configured else KafkaConfig(brokers=given)


def _overrule(source: Source, prefix: str, action: Action | None, reason: str) -> None:
    async def write() -> str:
        known = (await source.read()).find(prefix)
        if action is None and known.override is None:
            return f"{known.fingerprint}: has no override, nothing to withdraw"
        await source.overrule(known.fingerprint, None if action is None else _override(known, action, reason))
        before = action_of(known.override or known.event_type)
        return f"{known.fingerprint}: {action or 'auto'} (was {before})"

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


def _print_explanation(known: Known, policy: PolicyConfig | None) -> None:
    for sentence in explain(known, policy):
        click.echo(printable(sentence))


def _print_spent(table: Table) -> None:
    if line := spent(table.spending):
        click.echo(line)


def _row(known: Known) -> dict[str, object]:
    return {"fingerprint": known.fingerprint, "verdict": known.verdict, "override": known.override}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _cells(known: Known) -> tuple[str, ...]:
    event_type, verdict = known.event_type, known.verdict
    source = "operator" if known.override else verdict.source.kind if verdict else ""
    return (
        known.fingerprint[:_SHORT],
        service_of(event_type),
        event_type.signal,
        action_of(known.override or event_type),
        event_type.category,
        source,
        ", ".join(verdict.guards) if verdict else "",
        f"{verdict.per_day:.0f}" if verdict else "",
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
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
