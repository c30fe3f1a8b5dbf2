"""`sluice services`: what each service does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import click
import msgspec

from sluice.cli import store_file
from sluice.cli.options import json_option
from sluice.cli.place import place_of, place_options
from sluice.cli.table import Column, print_table, printable
from sluice.config.model import KafkaConfig
from sluice.errors import SluiceError, StoreError
from sluice.verdicts import wire
from sluice.verdicts.services import Service, read

_COLUMNS = (Column("service"), Column("kind"), Column("by"), Column("uses"), Column("description"))
_Values = AsyncIterator[tuple[str, bytes | None]]


_place_options = place_options("Read", "topic")


@click.group("services")
def command() -> None:
    """Read what each service does, as its telemetry tells.

    -c FILE finds it: in Kafka where FILE names brokers, else in the store.
    """


@command.command("list")
@_place_options
@json_option
def list_(config_file: str | None, store: str | None, brokers: str | None, as_json: bool) -> None:
    """List the services by name."""
    services, unusable = asyncio.run(_services(_values(config_file, store, brokers)))
    if as_json:
        click.echo(_json([services[name] for name in sorted(services)]))
        return
    if services:
        print_table(_COLUMNS, [_cells(services[name]) for name in sorted(services)])
    more = f", {unusable} values that cannot be used" if unusable else ""
    click.echo(f"{len(services)} {'service' if len(services) == 1 else 'services'}{more}")


@command.command("show")
@click.argument("name", metavar="NAME")
@_place_options
@json_option
def show(name: str, config_file: str | None, store: str | None, brokers: str | None, as_json: bool) -> None:
    """Show one service: NAME or NAMESPACE/NAME."""
    services, _ = asyncio.run(_services(_values(config_file, store, brokers)))
    service = _find(services, name)
    if as_json:
        click.echo(_json(service))
        return
    fields = {**msgspec.to_builtins(service), "service": _shown(service)}
    width = max(map(len, fields))
    for field, value in fields.items():
        if value not in (None, "", [], ()):
            text = ", ".join(value) if isinstance(value, list | tuple) else str(value)
            click.echo(f"{field:{width}}  {printable(text)}")


def _find(services: dict[str, Service], name: str) -> Service:
    if name in services:
        return services[name]
    found = [service for service in services.values() if service.service.name == name]
    if len(found) == 1:
        return found[0]
    if not found:
        raise SluiceError(f"no service is called {name}: see `sluice services list`")
    raise SluiceError(f"{len(found)} services are called {name}, such as {found[0].key}: give NAMESPACE/NAME")


async def _services(values: _Values) -> tuple[dict[str, Service], int]:
    """By key, and how many values cannot be used; the last of a key counts."""
    services: dict[str, Service] = {}
    unusable = 0
    async for key, value in values:
        services.pop(key, None)
        if value is not None:
            try:
                services[key] = read(key, value)
            except wire.Unusable:
                unusable += 1
    return services, unusable


def _values(config_file: str | None, store: str | None, brokers: str | None) -> _Values:
    place = place_of(config_file, store, brokers)
    return _topic(place.kafka) if place.kafka else _stored(place.store)


async def _topic(kafka: KafkaConfig) -> _Values:
    from sluice.verdicts.kafka import oneshot

    async for key, value in oneshot.read_all(kafka, "services"):
        yield key, value


async def _stored(path: str) -> _Values:
    try:
        async with store_file.opened(path) as store:
            async for rows in store.services():
                for row in rows:
                    yield row.key, row.value
    except StoreError as error:
        raise StoreError(f"store {path}: {error}") from None


def _shown(service: Service) -> str:
    return service.key.removeprefix("/")


def _cells(service: Service) -> list[str]:
    uses = ", ".join(service.dependencies)
    return [_shown(service), service.kind, service.recognised_by, uses, service.description]


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
