"""Tables on stdout: by rich in a terminal, plain and aligned anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

import click


class Column(NamedTuple):
    name: str
    right: bool = False


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Prints the columns that have a value in some row; nothing of a cell is taken for markup or for control codes."""
    shown = [index for index, column in enumerate(columns) if column.right or any(row[index] for row in rows)]
    kept = [columns[index] for index in shown]
    cells = [[printable(row[index]) for index in shown] for row in rows]
    if sys.stdout.isatty():
        _rich(kept, cells)
    else:
        _plain(kept, cells)


def printable(text: str) -> str:
    """What comes from telemetry must not steer a terminal: control characters are written out."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _plain(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    lines = [[column.name for column in columns], *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        cells = (
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


def _rich(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False)
    for column in columns:
        table.add_column(column.name, justify="right" if column.right else "left", no_wrap=column.right)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
