"""Lines of one's own log files, for benchmarks that would rather have real ones than made ones."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_SUFFIXES = (".csv", ".log", ".txt")


def mixed(paths: Sequence[Path]) -> list[str]:
    """All lines that say something, in one random order, the same each time. A folder stands for its files."""
    lines = [line for path in files(paths) for line in of_file(path) if line.strip()]
    random.Random(5).shuffle(lines)
    return lines


def files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(inner for inner in path.iterdir() if inner.suffix in _SUFFIXES)
        else:
            yield path


def of_file(path: Path) -> list[str]:
    """A CSV file's column Content, each text as one line; any other file's lines. What is not UTF-8 is replaced."""
    if path.suffix != ".csv":
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        if "Content" not in (rows.fieldnames or ()):
            raise SystemExit(f"{path}: no column Content")
        return [" ".join(row["Content"].splitlines()) for row in rows]
