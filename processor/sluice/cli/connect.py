"""`sluice connect`: choose a provider, give its key, have it tried and written. In a terminal it asks."""

from __future__ import annotations

import os
import sys

import click

from sluice.connect import files
from sluice.connect.place import Place
from sluice.connect.providers import ABOUT, Chosen, ProviderName, Wish
from sluice.errors import SluiceError

CONFIG_FILE = "sluice.yaml"

_PROVIDER = click.Choice(list(ABOUT))
_INTERRUPTED = 130


@click.command("connect")
@click.option(
    "-c",
    "--config",
    "config_file",
    metavar="FILE",
    default=CONFIG_FILE,
    show_default=True,
    help="The configuration; a new one if it is not there.",
)
@click.option("--provider", type=_PROVIDER, help="Who judges.")
@click.option("--key-from-env", metavar="NAME", help="The variable that holds the key; nothing is asked then.")
@click.option("--model", metavar="NAME", help="A model by name; else the latest.")
@click.option("--base-url", metavar="URL", help="Another address of the API.")
@click.option("--fallback", type=_PROVIDER, help="Who judges while the provider cannot.")
@click.option("--fallback-key-from-env", metavar="NAME", help="As --key-from-env, for the fallback.")
@click.option("--fallback-model", metavar="NAME", help="As --model, for the fallback.")
@click.option("--fallback-base-url", metavar="URL", help="As --base-url, for the fallback.")
def command(
    config_file: str,
    provider: ProviderName | None,
    key_from_env: str | None,
    model: str | None,
    base_url: str | None,
    fallback: ProviderName | None,
    fallback_key_from_env: str | None,
    fallback_model: str | None,
    fallback_base_url: str | None,
) -> None:
    """Connect Anthropic or OpenAI: each key is tried by a real call, then written to the env file beside FILE.

    In a terminal it asks for what no option says. A key is never an option's value: others could read it there.
    """
    first = Wish(provider, key_from_env, model, base_url)
    second = Wish(fallback, fallback_key_from_env, fallback_model, fallback_base_url)
    _require_sense(first, second)
    try:
        chosen = _chosen(Place(config_file), first, second)
    except EOFError:
        raise SluiceError("not connected, nothing was written") from None
    except KeyboardInterrupt:
        click.echo("sluice: interrupted, nothing was written", err=True)
        raise click.exceptions.Exit(_INTERRUPTED) from None
    _write(Place(config_file), chosen)  # as it is now: the questions may have taken a while


def in_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _require_sense(first: Wish, second: Wish) -> None:
    for wish, option in ((first, "--provider"), (second, "--fallback")):
        if wish.provider is None and any(wish[1:]):
            raise click.UsageError(f"what is said of a key, a model or an address needs {option} anthropic or openai")
    if first.provider is not None and first.provider == second.provider:
        raise click.UsageError(f"--fallback {second.provider} is the provider itself: name the other one or none")
    if first.variable is None and not in_a_terminal():
        raise click.UsageError("there is no terminal to ask in: give --provider and --key-from-env NAME")
    if first.variable is None and second.variable is not None:
        raise click.UsageError("--fallback-key-from-env needs --key-from-env NAME")
    if first.variable is not None and second.provider is not None and second.variable is None:
        raise click.UsageError(f"--fallback {second.provider} needs --fallback-key-from-env NAME")


def _chosen(place: Place, first: Wish, second: Wish) -> Chosen:
    if first.variable is not None:
        from sluice.connect import direct

        chosen, models = direct.connect(place, first, second, os.environ)
        for choice, model in zip((chosen.choice, chosen.fallback), models, strict=False):
            assert choice is not None
            click.echo(f"{choice.provider}: {model} answers")
        return chosen
    # What asks is imported by who is asked.
    from sluice.connect.dialogue import Dialogue
    from sluice.connect.terminal import Terminal, unseen

    with unseen():
        return Dialogue(Terminal(), place).run(first, second)


def _write(place: Place, chosen: Chosen) -> None:
    plan = place.plan(chosen)
    files.write(plan.files)
    for file in plan.files:
        click.echo(f"{file.path}: written{', mode 0600' if file.secret else ''}")
    for choice in (chosen.choice, chosen.fallback):
        if choice and place.is_outdone(choice):
            variable = place.variable(choice.provider)
            click.echo(f"{variable}: set to another value in this environment, which comes first: unset it")
    if plan.left_to_do:
        click.echo(f"\n{plan.left_to_do}")
        raise SluiceError(f"{place.config_file}: not changed, it is written in a way of its own: add the lines above")
    click.echo(f"next: sluice run -c {place.config_file}")
