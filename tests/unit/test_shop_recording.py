"""The recording that is shipped holds what its README says."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import zstandard
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from sluice.engine import Signal
from sluice.recording import read

FOLDER = Path(__file__).parents[2] / "deploy" / "recording"
RECORDING = FOLDER / "shop.jsonl.zst"


def counts() -> Counter[tuple[str, str]]:
    """(service, signal) to records."""
    found: Counter[tuple[str, str]] = Counter()
    for signal, request in read(RECORDING):
        if signal is Signal.LOGS:
            for logs in LogsData.FromString(request).resource_logs:
                records = sum(len(scope.log_records) for scope in logs.scope_logs)
                found[service(logs.resource.attributes), signal.label] += records
        elif signal is Signal.METRICS:
            for metrics in MetricsData.FromString(request).resource_metrics:
                records = sum(len(scope.metrics) for scope in metrics.scope_metrics)
                found[service(metrics.resource.attributes), signal.label] += records
        else:
            for spans in TracesData.FromString(request).resource_spans:
                records = sum(len(scope.spans) for scope in spans.scope_spans)
                found[service(spans.resource.attributes), signal.label] += records
    return found


def service(attributes: list[KeyValue]) -> str:
    return next(attribute.value.string_value for attribute in attributes if attribute.key == "service.name")


def test_the_readme_counts_what_the_recording_holds() -> None:
    rows = re.findall(
        r"^\| (\w+) \| .*? \| ([\d,-]+) \| ([\d,-]+) \| ([\d,-]+) \|$", (FOLDER / "README.md").read_text(), re.M
    )
    told = {
        (name, signal): int(number.replace(",", ""))
        for name, *numbers in rows
        for signal, number in zip(("logs", "metrics", "spans"), numbers, strict=True)
        if number != "-"
    }

    assert told == counts()


def test_it_is_large_enough_to_show_every_signal_and_small_enough_to_ship() -> None:
    signals: Counter[str] = Counter()
    for (_, signal), number in counts().items():
        signals[signal] += number

    assert signals.total() >= 50_000
    assert min(signals[signal.label] for signal in Signal) >= 5_000
    assert RECORDING.stat().st_size <= 5_000_000


def test_it_names_no_home_of_whoever_recorded_it() -> None:
    with RECORDING.open("rb") as compressed:
        text = zstandard.ZstdDecompressor().stream_reader(compressed, read_across_frames=True).read()

    assert not re.search(rb"/(?:home|root|Users)/", text)
