"""`sluice verdicts rejudge`: event types that the processor is to ask about again, on purpose."""

from __future__ import annotations

import asyncio

import click

from sluice.cli.options import config_option
from sluice.cli.verdict_sources import Known, StoreSource, Table
from sluice.config.load import load
from sluice.errors import SluiceError
from sluice.verdicts.model import CATEGORIES

_TOKENS = 100
"""What one event type costs, about."""


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

    async def write() -> int:
        table = await source.read()
        chosen = [table.find(prefix) for prefix in fingerprints] or _judged(table, category)
        for known in chosen:
            if not _is_judged(known):
                raise SluiceError(f"{known.fingerprint}: an operator has decided it: `set FP auto` first")
        await source.rejudge([known.fingerprint for known in chosen])
        return len(chosen)

    count = asyncio.run(write())
    types = "1 event type is" if count == 1 else f"{count} event types are"
    click.echo(f"{types} asked about again when seen next: about {count * _TOKENS:,} tokens, unless rules judge")


def _judged(table: Table, category: str | None) -> list[Known]:
    return [
        known
        for known in table.known.values()
        if _is_judged(known) and (category is None or known.event_type.category == category)
    ]


def _is_judged(known: Known) -> bool:
    return known.override is None and known.verdict is not None and known.verdict.source.kind != "operator"
