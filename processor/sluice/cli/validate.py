"""`sluice validate`: is this configuration usable, and does what it names answer?"""

from __future__ import annotations

import click

from sluice.cli.options import config_option
from sluice.config.load import load
from sluice.config.model import Config
from sluice.errors import ConfigError, SluiceError


@click.command("validate")
@config_option(required=True)
@click.option("--connect", is_flag=True, help="Also try the store, the broker and the next hop.")
def command(config_file: str, connect: bool) -> None:
    """Check FILE and say what is wrong with it in one line. Opens nothing unless --connect is given."""
    config = load(config_file)
    _compile_masks(config, config_file)
    click.echo(f"{config_file}: valid")
    if connect:
        _connect(config)


def _compile_masks(config: Config, config_file: str) -> None:
    """Only the parts that use the expressions know whether they can."""
    if config.mining.masks:
        _compile_mining_masks(config, config_file)
    if config.classification.redaction.masks:
        from sluice.classify.redact import Redactor

        try:
            Redactor(config.classification.redaction)
        except ConfigError as error:
            raise ConfigError(f"{config_file}: {error}") from None


def _compile_mining_masks(config: Config, config_file: str) -> None:
    from sluice.engine import Engine, Mask, Settings

    for index, mask in enumerate(config.mining.masks):
        try:
            Engine(Settings(masks=(Mask(mask.name, mask.pattern),)))
        except ValueError as error:
            raise ConfigError(f"{config_file}: mining.masks[{index}].pattern: {error}") from None


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
        raise SluiceError(f"not reached: {', '.join(failed)}; run would start degraded")
