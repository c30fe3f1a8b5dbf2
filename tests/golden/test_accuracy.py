"""What `sluice mine --per-line` makes of the lines of `benchmarks/labelled`, beside what readers made of them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from accuracy import LABELLED, by_sluice, mean, read, score, sets

LEAST = {"grouping": 0.855, "grouping_f1": 0.87, "parsing": 0.71, "parsing_f1": 0.67}
"""Means that no change of the rules should fall below."""


def test_labelled_lines_are_grouped_and_shown_as_well_as_before() -> None:
    figures = []
    for path in sets(LABELLED).values():
        lines, truth = read(path)
        figures.append(score(truth, by_sluice(lines)))
    means = mean(figures)._asdict()
    assert {name: means[name] >= least for name, least in LEAST.items()} == dict.fromkeys(LEAST, True), means
