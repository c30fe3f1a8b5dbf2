"""Configured masks stand beside the built-in ones; what they cost is counted, and nothing is where there are none."""

from __future__ import annotations

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from sluice.engine import Engine, Mask, Settings, Signal, shapes


def after(settings: Settings, lines: int) -> Engine:
    engine = Engine(settings)
    message = ExportLogsServiceRequest()
    records = message.resource_logs.add().scope_logs.add().log_records
    for number in range(lines):
        records.add().body.string_value = f"order ORD-{number} was shipped"
    engine.process(Signal.LOGS, message.SerializeToString()).commit()
    return engine


def test_every_text_that_masks_were_looked_for_in_is_counted_with_its_time() -> None:
    engine = after(Settings(min_records=1, masks=(Mask("order", r"ORD-\d+"),)), 500)
    drained = engine.drain_volumes()
    assert drained.masked_texts >= 500
    assert drained.mask_seconds > 0
    assert [known.template for known in engine.types()] == ["order <order> was shipped"]


def test_without_masks_there_is_no_cost() -> None:
    drained = after(Settings(min_records=1), 500).drain_volumes()
    assert (drained.masked_texts, drained.mask_seconds) == (0, 0.0)


def test_names_and_lists_are_values_beside_masks() -> None:
    lines = ("ORD-7 placed by user alice", "peers [beta, gamma] of ORD-7", "session closed for user fred")
    text = "\n".join(lines).encode()
    masked = [shape.template for shape in shapes(Settings(masks=(Mask("order", r"ORD-\d+"),)), text)]
    assert masked == ["<*> placed by user <*>", "peers [<*>] of <*>", "session closed for user <*>"]
