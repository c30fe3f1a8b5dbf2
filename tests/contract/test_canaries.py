"""A share of what is dropped passes marked, so that it can still be looked at; what went is counted without it."""

from __future__ import annotations

import random

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from sluice.engine import Decision, Engine, Policy, Settings, Signal, evidence


def field(number: int, payload: bytes) -> bytes:
    """A field of a protobuf message; payloads are shorter than 2 MiB."""
    length = len(payload)
    header = [number << 3 | 2, length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14]
    return bytes(header) + payload


@pytest.mark.parametrize("between", [b"", field(3, b"a schema")], ids=["side by side", "with something between"])
def test_what_is_dropped_is_what_does_not_come_out(between: bytes) -> None:
    chance = random.Random(3)
    sent = [
        LogRecord(trace_id=chance.randbytes(16), body={"string_value": f"{chance.choice(['order', 'cache'])} {number}"})
        for number in range(1_000)
    ]
    written = [field(2, record.SerializeToString()) for record in sent]
    request = field(1, field(2, between.join(written)))
    engine = Engine(Settings(min_records=1))
    types = evidence(engine.process(Signal.LOGS, request).commit() or b"[]")
    (waste,) = [known for known in types if known.skeleton.startswith("cache")]
    engine.configure(Policy(logs="drop", canary_percent=20))
    engine.apply(
        [Decision(waste.fingerprint, waste.identity, waste.skeleton, engine.ruleset, "drop", category="debug_noise")]
    )
    engine.drain_volumes()

    outcome = engine.process(Signal.LOGS, request)
    outcome.commit()

    assert outcome.payload is not None
    (block,) = ExportLogsServiceRequest.FromString(outcome.payload).resource_logs
    (scope,) = block.scope_logs
    assert not between or outcome.payload.count(between) == len(sent) - 1
    passed = {record.trace_id: record for record in scope.log_records}
    canaries = [record for record in passed.values() if "sluice.canary" in {pair.key for pair in record.attributes}]
    assert canaries
    assert all(record.body.string_value.startswith("cache") for record in canaries)
    orders = [record for record in sent if record.body.string_value.startswith("order")]
    assert [passed[record.trace_id] for record in orders] == orders
    assert len(passed) == len(orders) + len(canaries)
    gone = [size for record, size in zip(sent, map(len, written), strict=True) if record.trace_id not in passed]
    assert outcome.dropped == outcome.items_dropped == len(gone) > 0
    (volume,) = [volume for volume in engine.drain_volumes().volumes if volume.fingerprint == waste.fingerprint]
    assert (volume.dropped_records, volume.dropped_bytes) == (len(gone), sum(gone))
    assert volume.records == len(gone) + len(canaries)
