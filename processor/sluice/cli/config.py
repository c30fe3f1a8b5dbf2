"""`sluice config`: the configuration in force."""

from __future__ import annotations

import click

from sluice.cli.options import config_option
from sluice.config.effective import effective
from sluice.config.load import load


@click.command("config")
@config_option(required=True)
def command(config_file: str) -> None:
    """Print the configuration in force: every key with its default where FILE gives none, secrets as ****."""
    click.echo(effective(load(config_file)), nl=False)
