"""`sluice verdicts rejudge`: event types that the processor is to ask about again, on purpose."""

from __future__ import annotations

import asyncio

import click

from sluice.cli.options import config_option
from sluice.cli.verdict_sources import Known, StoreSource, Table
from sluice.config.load import load
from sluice.errors import SluiceError
from sluice.verdicts.model import CATEGORIES

_A_CALL, _A_TYPE, _IN_A_CALL = 1_200, 60, 64
"""Tokens that each call and each event type in it cost, about, and the most types of one call."""


@click.command("rejudge")
@click.argument("fingerprints", nargs=-1, metavar="[FP]...")
@click.option("--all", "everything", is_flag=True, help="Every event type that is judged.")
@click.option("--category", type=click.Choice(CATEGORIES), metavar="NAME", help="Every event type of this category.")
@click.option("--store", metavar="PATH", help="Ask the processor of this store.")
@config_option(required=False)
def command(
    fingerprints: tuple[str, ...], everything: bool, category: str | None, store: str | None, config_file: str | None
) -> None:
    """Ask about event types again, though they are judged.

    The processor notices within a second and asks when it sees the next records of a type. Until there are new facts
    everything stays as it is. What an operator has decided is not asked about.
    """
    if bool(fingerprints) + everything + (category is not None) != 1:
        raise click.UsageError("give fingerprints, --category NAME or --all")
    if store is None and config_file is None:
        raise click.UsageError("give -c FILE or --store PATH: the processor is told by its store")
    source = StoreSource(store or load(config_file or "").verdicts.store.path)

    async def write() -> tuple[int, int]:
        table = await source.read()
        named = [table.find(prefix) for prefix in fingerprints]
        for known in named:
            if not _is_judged(known):
                raise SluiceError(f"{known.fingerprint}: an operator has decided it: `set FP auto` first")
        meant = named or _of(table, category)
        chosen = [known.fingerprint for known in meant if _is_judged(known)]
        await source.rejudge(chosen)
        return len(chosen), len(meant) - len(chosen)

    count, decided = asyncio.run(write())
    types = "1 event type is" if count == 1 else f"{count} event types are"
    cost = f" when seen next: about {_tokens(count):,} tokens, unless rules judge" if count else ""
    left = f"; not {decided} that an operator has decided" if decided else ""
    click.echo(f"{types} asked about again{cost}{left}")


def _tokens(types: int) -> int:
    """When they are asked about together, to the nearest hundred."""
    return round(-(-types // _IN_A_CALL) * _A_CALL + types * _A_TYPE, -2)


def _of(table: Table, category: str | None) -> list[Known]:
    return [known for known in table.known.values() if category is None or known.event_type.category == category]


def _is_judged(known: Known) -> bool:
    return known.override is None and known.verdict is not None and known.verdict.source.kind != "operator"
