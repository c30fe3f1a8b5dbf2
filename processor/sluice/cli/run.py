"""`sluice run`: the processor. What it needs is imported once a SIGHUP can no longer end it."""

from __future__ import annotations

import signal

import click

from sluice.cli.options import config_option


@click.command("run")
@config_option(required=True)
def command(config_file: str) -> None:
    """Receive OTLP, judge every event type once, let the waste go and forward the rest."""
    hung_up: list[int] = []
    # To import all of it takes a second, on a busy machine ten: a reload that is asked for meanwhile must not end it.
    signal.signal(signal.SIGHUP, lambda number, _: hung_up.append(number))
    from sluice.cli.serving import serve

    serve(config_file, hung_up)
