"""I5: received = sent + dropped + refused, exactly, in OTLP's items, for every way a request can end."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from real.dataplane import DataPlane
from real.otlp import Answer, NextHop, Sender, logs, metrics, one_of, spans
from sluice.engine import Signal
from sluice.exporters.nop import NopExporter
from sluice.health import HealthBoard


def counts(plane: DataPlane, signal: str = "logs") -> dict[str, int]:
    """Every counter of items that is not zero."""
    names = ("accepted", "refused", "sent", "send_failed", "dropped")
    return {name: count for name in names if (count := plane.count(name, signal))}


@pytest.mark.parametrize(
    ("signal", "request_bytes", "unit"),
    [
        (Signal.LOGS, logs("a 1", "b 2", "c 3"), "logs"),
        (Signal.METRICS, metrics("queue.depth", 5), "metrics"),
        (Signal.SPANS, spans("GET /a", "GET /b"), "spans"),
    ],
)
def test_items_are_log_records_data_points_and_spans(
    signal: Signal, request_bytes: bytes, unit: str, plane: DataPlane, sender: Sender
) -> None:
    sender.export(request_bytes, signal)
    items = {"logs": 3, "metrics": 5, "spans": 2}[unit]
    assert counts(plane, unit) == {"accepted": items, "sent": items}


def test_what_a_verdict_drops_is_accepted_and_not_sent(plane: DataPlane, sender: Sender, next_hop: NextHop) -> None:
    sender.export(logs("noise 1", "noise 2"))
    plane.drop_what_was_seen()
    sender.export(logs("noise 3", "order shipped", "noise 4"))
    assert next_hop.bodies == ["noise 1", "noise 2", "order shipped"]
    assert counts(plane) == {"accepted": 5, "sent": 3, "dropped": 2}


def test_a_request_whose_everything_was_dropped_succeeds_without_the_next_hop(
    plane: DataPlane, sender: Sender, next_hop: NextHop
) -> None:
    sender.export(logs("noise 1"))
    plane.drop_what_was_seen()
    next_hop.kill()
    assert sender.export(logs("noise 2", "noise 3")) == b""
    assert counts(plane) == {"accepted": 3, "sent": 1, "dropped": 2}


def test_a_dropped_metric_counts_its_data_points(plane: DataPlane, sender: Sender) -> None:
    sender.export(metrics("queue.depth", 3), Signal.METRICS)
    plane.drop_what_was_seen()
    sender.export(metrics("queue.depth", 4), Signal.METRICS)
    assert counts(plane, "metrics") == {"accepted": 7, "sent": 3, "dropped": 4}


@pytest.mark.parametrize(
    ("signal", "request_bytes", "response", "rejected"),
    [
        (Signal.LOGS, logs("a 1", "a 2", "a 3"), ExportLogsServiceResponse(), "rejected_log_records"),
        (Signal.METRICS, metrics("queue.depth", 3), ExportMetricsServiceResponse(), "rejected_data_points"),
        (Signal.SPANS, spans("GET /a", "GET /b", "GET /c"), ExportTraceServiceResponse(), "rejected_spans"),
    ],
)
def test_what_a_partial_success_rejects_is_refused(
    signal: Signal,
    request_bytes: bytes,
    response: Any,
    rejected: str,
    plane: DataPlane,
    sender: Sender,
    next_hop: NextHop,
) -> None:
    setattr(response.partial_success, rejected, 2)
    next_hop.answer = Answer(response.SerializeToString())
    sender.export(request_bytes, signal)
    assert counts(plane, signal.label) == {"accepted": 1, "refused": 2, "sent": 1, "send_failed": 2}


def test_with_a_partial_success_drops_and_volumes_are_committed(
    plane: DataPlane, sender: Sender, next_hop: NextHop
) -> None:
    sender.export(logs("noise 1"))
    plane.drop_what_was_seen()
    plane.engine.drain_volumes()
    response = ExportLogsServiceResponse()
    response.partial_success.rejected_log_records = 1
    next_hop.answer = Answer(response.SerializeToString())
    sender.export(logs("noise 2", "order shipped", "order packed"))
    assert counts(plane) == {"accepted": 3, "refused": 1, "sent": 2, "send_failed": 1, "dropped": 1}
    assert sum(volume.records for volume in plane.engine.drain_volumes().volumes) == 3


@pytest.mark.parametrize("claimed", [-1, 1_000_000])
def test_a_next_hop_that_miscounts_does_not_break_the_sum(
    claimed: int, plane: DataPlane, sender: Sender, next_hop: NextHop
) -> None:
    response = ExportLogsServiceResponse()
    response.partial_success.rejected_log_records = claimed
    next_hop.answer = Answer(response.SerializeToString())
    sender.export(logs("a 1", "a 2"))
    assert plane.count("sent") + plane.count("refused") == 2 == plane.count("accepted") + plane.count("refused")


def test_a_response_that_is_none_is_full_success(plane: DataPlane, sender: Sender, next_hop: NextHop) -> None:
    next_hop.answer = Answer(b"\xff\xff")
    assert sender.export(logs("a 1")) == b""
    assert counts(plane) == {"accepted": 1, "sent": 1}


@pytest.mark.parametrize("signal", Signal)
def test_a_refused_request_adds_nothing_to_drops_or_volumes(
    signal: Signal, plane: DataPlane, sender: Sender, next_hop: NextHop
) -> None:
    sender.export(logs("noise 1"))
    plane.drop_what_was_seen()
    plane.engine.drain_volumes()
    before = counts(plane, signal.label)
    next_hop.answer = Answer(code=grpc.StatusCode.UNAVAILABLE)
    request = logs("noise 2", "order shipped") if signal is Signal.LOGS else one_of(signal)
    with pytest.raises(grpc.RpcError):
        sender.export(request, signal)
    received = 2 if signal is Signal.LOGS else 1
    assert counts(plane, signal.label) == {**before, "refused": received, "send_failed": 1}
    assert plane.engine.drain_volumes().volumes == []


def test_a_request_refused_before_it_was_understood_counts_no_items(plane: DataPlane, sender: Sender) -> None:
    with pytest.raises(grpc.RpcError):
        sender.export(b"\xff\xff")
    assert counts(plane) == {}
    assert plane.refused_requests("malformed") == 1


def test_forwarded_to_nop_counts_as_sent(next_hop: NextHop) -> None:
    health = HealthBoard()
    plane = DataPlane(next_hop, exporter=NopExporter(health)).start()
    with plane.sender() as sender:
        sender.export(logs("noise 1", "noise 2"))
        plane.drop_what_was_seen()
        sender.export(logs("noise 3", "order shipped"))
    assert counts(plane) == {"accepted": 4, "sent": 3, "dropped": 1}
    assert next_hop.arrivals == []
    assert "not forwarded" in health.notes()["next_hop"]
    plane.stop()


def test_evidence_that_nobody_takes_costs_the_request_nothing(next_hop: NextHop) -> None:
    def closed(_: bytes) -> None:
        raise RuntimeError("Event loop is closed")

    plane = DataPlane(next_hop, on_evidence=closed).start()
    with plane.sender() as sender:
        assert sender.export(logs("order 17 shipped")) == b""
    assert counts(plane) == {"accepted": 1, "sent": 1}
    assert plane.telemetry.value("sluice_tasks_failed", task="evidence") == 1
    plane.stop()
