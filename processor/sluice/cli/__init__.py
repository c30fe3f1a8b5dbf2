"""The command line: one file per command, imported when it is asked for.

Each file offers `command`, a click command of the file's name. Exit status: 0 done, 1 failed, 2 usage or configuration,
130 interrupted. Whatever goes wrong is one line on stderr.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence

import click

from sluice.errors import ConfigError, SluiceError

COMMANDS = {
    "connect": "Connect Anthropic or OpenAI, step by step.",
    "run": "Run the processor.",
    "validate": "Check a configuration.",
    "config": "Print the configuration in force, secrets masked.",
    "mine": "Show the event types of log files or recorded OTLP.",
    "replay": "Send recorded OTLP to an endpoint.",
    "verdicts": "Read verdicts and overrule them.",
    "services": "Read what each service does.",
}
"""Every command with its line in the help, so that the help imports none of them."""

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class _Commands(click.Group):
    """The group that knows its commands by name only."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, _option: click.Parameter, given: bool) -> None:
    if given:
        from sluice.version import version

        click.echo(f"sluice {version() or 'from a source tree that is not installed'}")
        ctx.exit()


@click.group("sluice", cls=_Commands, invoke_without_command=True)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, help="Print the version.", callback=_version
)
@click.pass_context
def group(ctx: click.Context) -> None:
    """Judge every event type of an OpenTelemetry stream once, and let the waste go."""
    if ctx.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        from sluice.cli import connect
        from sluice.connect.place import is_connected

        if not is_connected(connect.CONFIG_FILE):
            ctx.invoke(connect.command)
            return
    click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script; answers the exit status."""
    # Commands report in their own words; without any handler, a library's warnings would reach stderr.
    logging.getLogger().addHandler(logging.NullHandler())
    # gRPC's core writes lines of its own to stderr, unless it is told not to before it is loaded.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    # Its server reads on the thread that hands out calls, instead of one that wakes that: a tenth of a request's CPU.
    os.environ.setdefault("GRPC_EXPERIMENTS", "-event_engine_listener")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever a log holds, a terminal's encoding must not end us
    try:
        status = _invoke(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except click.ClickException as error:
        return _failed(_line(error), error.exit_code)
    except ConfigError as error:
        return _failed(str(error), USAGE)
    except SluiceError as error:
        return _failed(str(error), FAILED)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; what is still buffered must not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


def _invoke(arguments: Sequence[str]) -> int:
    """click's own main, without its way of ending the process."""
    try:
        with group.make_context("sluice", list(arguments)) as context:
            group.invoke(context)
    except click.exceptions.Exit as finished:
        return finished.exit_code
    return DONE


def _line(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = f" (see '{context.command_path} --help')" if context else ""
    return f"{message[:1].lower()}{message[1:]}{where}"


def _failed(message: str, status: int) -> int:
    print(f"sluice: {' '.join(message.split())}", file=sys.stderr)
    return status
