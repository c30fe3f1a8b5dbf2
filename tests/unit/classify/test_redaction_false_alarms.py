"""What redaction takes out of a real recording that holds no secret: addresses, and the false alarms listed here."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from sluice.classify.redact import Redactor
from sluice.config.model import Redaction
from sluice.engine import Engine, Evidence, Settings, Signal
from sluice.recording import read

RECORDING = Path(__file__).parents[3] / "deploy/recording/shop.jsonl.zst"
MESSAGES = {Signal.LOGS: LogsData, Signal.METRICS: MetricsData, Signal.SPANS: TracesData}
FALSE_ALARMS: Counter[tuple[str, str]] = Counter()
"""Each with the number of texts that hold it. One that comes is listed here or mended."""


@pytest.fixture(scope="module")
def redactor():
    return Redactor(Redaction())


def strings(message: Any) -> Iterator[str]:
    """All texts of a protobuf message: bodies, names, attributes' keys and values."""
    for field, value in message.ListFields():
        for one in value if field.is_repeated else [value]:
            if isinstance(one, str):
                yield one
            elif field.message_type is not None:
                yield from strings(one)


def test_no_text_of_the_recording_is_taken_for_a_secret(redactor: Redactor):
    texts = {text for signal, request in read(RECORDING) for text in strings(MESSAGES[signal].FromString(request))}
    assert len(texts) > 20_000
    found = Counter(finding for text in texts for finding in redactor.findings(text))
    addresses = {wording for kind, wording in found if kind == "ip"}
    assert {"127.0.0.1", "203.0.113.250"} <= addresses
    assert all(ipaddress.ip_address(address) for address in addresses)
    assert Counter({alarm: count for alarm, count in found.items() if alarm[0] != "ip"}) == FALSE_ALARMS


def test_every_event_type_of_the_recording_may_be_listed(redactor: Redactor):
    engine = Engine(Settings())
    types: dict[str, Evidence] = {}
    for signal, request in read(RECORDING):
        if novel := engine.process(signal, request).commit():
            types |= {one.fingerprint: one for one in msgspec.json.decode(novel, type=list[Evidence])}
    assert len(types) > 600
    assert [one.template for one in types.values() if not redactor.listable(one)] == []
