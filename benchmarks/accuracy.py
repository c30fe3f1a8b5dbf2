"""Grouping and templates beside Drain3's, on labelled sets of log lines.

    python benchmarks/accuracy.py [SETS] [SET...] [--without NAME]

SETS is a folder of CSV files, perhaps compressed by gzip, in the layout of Loghub-2k: a row a line, its text under
Content, its true template under EventTemplate, where each variable is `<*>`. Without it those of `labelled` are taken.
One configuration for all of them. Drain3 takes part with its defaults when it is installed (`pip install
drain3==0.9.11`).

GA   share of lines whose group has exactly the lines that the true one has
FGA  F1 of the groups: how many are exactly a true one
PA   share of lines whose template is the true one
FTA  F1 of the templates: right when all of its lines have that true template
Both sides' templates are brought to the same spelling before they are compared. Definitions: Khan et al. (ICSE 2022),
Jiang et al. (ISSTA 2024).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from sluice.engine import Settings, shapes

LABELLED = Path(__file__).with_name("labelled")
MARK = "<*>"
_CUTS = re.compile(r"([\s,!;:=|\"'\[\](){}.\-+@#$%&])")
_SAME = (
    ("<*>.<*>", MARK),
    ("<*><*>", MARK),
    ("<*>:<*>", MARK),
    ("<*>#<*>", MARK),
    ("<*>/<*>", MARK),
    ("<*>@<*>", MARK),
    (" #<*> ", f" {MARK} "),
    (' "<*>" ', f" {MARK} "),
    (" '<*>' ", f" {MARK} "),
)


class Mined(NamedTuple):
    """What a miner made of one line."""

    group: str
    template: str


class Figures(NamedTuple):
    grouping: float
    grouping_f1: float
    parsing: float
    parsing_f1: float
    seconds: float = 0.0


Miner = Callable[[Sequence[str]], list[Mined]]


def spelt(template: str) -> str:
    """The one spelling of templates that differ only in how much of a value they mark."""
    words = _CUTS.split(" ".join(template.split()))
    text = "".join(
        MARK if word.isdigit() or (MARK in word and "/" not in word) else word for word in words if word is not None
    )
    while True:
        before = text
        for longer, shorter in _SAME:
            text = text.replace(longer, shorter)
        if text == before:
            return text


def score(truth: Sequence[str], mined: Sequence[Mined]) -> Figures:
    true = [spelt(template) for template in truth]
    found = [spelt(line.template) for line in mined]
    groups = [line.group for line in mined]
    sizes, group_sizes = Counter(true), Counter(groups)
    exact = [
        size
        for (template, group), size in Counter(zip(true, groups, strict=True)).items()
        if sizes[template] == size == group_sizes[group]
    ]
    meant = defaultdict(set)
    for template, told in zip(true, found, strict=True):
        meant[told].add(template)
    right = sum(templates == {told} for told, templates in meant.items())
    same = sum(one == other for one, other in zip(true, found, strict=True))
    return Figures(
        sum(exact) / len(true),
        2 * len(exact) / (len(sizes) + len(group_sizes)),
        same / len(true),
        2 * right / (len(sizes) + len(meant)),
    )


def by_sluice(lines: Sequence[str]) -> list[Mined]:
    text = "".join(f"{line}\n" for line in lines).encode()
    return [Mined(shape.skeleton, shape.template) for shape in shapes(Settings(), text)]


def by_drain3(lines: Sequence[str]) -> list[Mined]:
    """Each line with the group and the template that it has after the last one."""
    from drain3 import TemplateMiner
    from drain3.template_miner_config import TemplateMinerConfig

    miner = TemplateMiner(config=TemplateMinerConfig())
    numbers = [miner.add_log_message(line)["cluster_id"] for line in lines]
    templates = {cluster.cluster_id: cluster.get_template() for cluster in miner.drain.clusters}
    return [Mined(str(number), templates[number]) for number in numbers]


def miners() -> dict[str, Miner]:
    """Those that are installed."""
    found: dict[str, Miner] = {"sluice": by_sluice}
    try:
        found[f"drain3 {metadata.version('drain3')}"] = by_drain3
    except metadata.PackageNotFoundError:
        print("drain3 is not installed: no peer in this run")
    return found


def read(path: Path) -> tuple[list[str], list[str]]:
    """The lines of a set and their true templates."""
    csv.field_size_limit(1 << 30)
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8", errors="replace") as file:
        rows = [(" ".join(row["Content"].splitlines()), row["EventTemplate"]) for row in csv.DictReader(file)]
    return [line for line, _ in rows], [template for _, template in rows]


def measured(miner: Miner, path: Path) -> Figures:
    lines, truth = read(path)
    before = time.process_time()
    mined = miner(lines)
    seconds = time.process_time() - before
    return score(truth, mined)._replace(seconds=seconds)


def sets(folder: Path) -> dict[str, Path]:
    """The sets of a folder by their names, in order."""
    return {path.name.partition(".")[0]: path for path in sorted(folder.glob("*.csv*"))}


def mean(rows: Sequence[Figures]) -> Figures:
    return Figures(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))


def show(name: str, miner: str, figures: Figures) -> None:
    shares = " ".join(f"{figure:7.3f}" for figure in figures[:4])
    print(f"{name:20} {miner:14} {shares} {figures.seconds:9.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=LABELLED, metavar="SETS")
    parser.add_argument("sets", nargs="*", metavar="SET", help="only these, by the name of their file without .csv")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="all but this; may be repeated")
    options = parser.parse_args()
    paths = {
        name: path
        for name, path in sets(options.folder).items()
        if name not in options.without and (not options.sets or name in options.sets)
    }
    if not paths:
        parser.error(f"no set in {options.folder}")
    print(f"{'set':20} {'miner':14} {'GA':>7} {'FGA':>7} {'PA':>7} {'FTA':>7} {'CPU s':>9}")
    for name, miner in miners().items():
        rows = [measured(miner, path) for path in paths.values()]
        for path, figures in zip(paths, rows, strict=True):
            show(path, name, figures)
        show("mean", name, mean(rows))


if __name__ == "__main__":
    main()
