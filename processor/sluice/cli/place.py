"""Where a command finds what Sluices know: the topics that all share, or the store of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from sluice.cli.options import config_option
from sluice.config.formats import dialled
from sluice.config.load import load
from sluice.config.model import Config, KafkaConfig

_F = TypeVar("_F", bound=Callable[..., Any])


class Place(msgspec.Struct, frozen=True):
    """`kafka`: the topics, where they are what counts. `store`: the path of a store; beside topics it is the one of the
    Sluice that is asked about, and empty where that is not known. `config`: of `config_file`, if it was given."""

    kafka: KafkaConfig | None = None
    store: str = ""
    config_file: str = ""
    config: Config | None = None


def place_options(what: str, topics: str) -> Callable[[_F], _F]:
    """`-c FILE`, `--store PATH` and `--brokers HOST:PORT`; `what` the command does there, with which `topics`."""

    def add(function: _F) -> _F:
        for option in (
            click.option("--brokers", metavar="HOST:PORT[,...]", help=f"{what} the {topics} of these brokers."),
            click.option("--store", metavar="PATH", help=f"{what} this store."),
            config_option(required=False),
        ):
            function = option(function)
        return function

    return add


def place_of(config_file: str | None, store: str | None, brokers: str | None) -> Place:
    """Raises UsageError when nothing, or more than one thing, is named; ConfigError for a FILE of no use."""
    if store and brokers:
        raise click.UsageError("--store and --brokers exclude each other")
    config = load(config_file) if config_file else None
    file = config_file or ""
    configured = config.verdicts.kafka if config else None
    if brokers:
        return Place(_with_brokers(brokers, configured), "", file, config)
    if store:
        return Place(None, store, file, config)
    if config is None:
        raise click.UsageError("give -c FILE, --store PATH or --brokers HOST:PORT")
    return Place(configured, config.verdicts.store.path, file, config)


def _with_brokers(brokers: str, configured: KafkaConfig | None) -> KafkaConfig:
    """Other brokers, with the topics, TLS and SASL of the configuration, if there is one."""
    try:
        given = tuple(dialled(broker.strip()) for broker in brokers.split(","))
    except ValueError as expected:
        raise click.UsageError(f"--brokers: '{brokers}' is not {expected}") from None
    return msgspec.structs.replace(configured, brokers=given) if configured else KafkaConfig(brokers=given)
