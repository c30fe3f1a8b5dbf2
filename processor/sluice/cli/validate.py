"""`sluice validate`: is this configuration usable, and does what it names answer?"""

from __future__ import annotations

import click

from sluice.cli.keys import warnings
from sluice.cli.options import config_option
from sluice.cli.parts import check_parts
from sluice.config.load import load
from sluice.config.model import Config
from sluice.config.remarks import remarks
from sluice.errors import ConfigError, SluiceError


@click.command("validate")
@config_option(required=True)
@click.option("--connect", is_flag=True, help="Also try the store, the broker, the providers and the next hop.")
def command(config_file: str, connect: bool) -> None:
    """Check FILE and say what is wrong with it in one line. Opens nothing unless --connect is given."""
    config = load(config_file)
    try:
        check_parts(config)
    except ConfigError as error:
        raise ConfigError(f"{config_file}: {error}") from None
    for remark in remarks(config.policy):
        click.echo(f"sluice: {config_file}: warning: {remark}", err=True)
    click.echo(f"{config_file}: valid")
    for warning in warnings(config.classification):
        click.echo(f"{config_file}: run would start degraded: {warning}")
    if connect:
        _connect(config)


def _connect(config: Config) -> None:
    from sluice.cli.probes import probes

    failed = []
    for part, probe in probes(config):
        try:
            probe()
        except SluiceError as error:
            failed.append(part)
            click.echo(f"{part}: {error}")
        else:
            click.echo(f"{part}: reached")
    if failed:
        raise SluiceError(f"not usable: {', '.join(failed)}; run would start degraded")
