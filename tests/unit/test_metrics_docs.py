"""The metrics and their documentation are one list."""

from __future__ import annotations

import re
from pathlib import Path

from sluice.telemetry import METRICS

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_every_metric_is_documented_with_its_kind_and_labels() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+?) \|", DOCUMENT.read_text(), re.M)
    declared = [(metric.name, metric.kind, ", ".join(metric.labels) or "—") for metric in METRICS]
    assert rows == declared
