"""I5 of the whole process: per signal, in OTLP's items, everything is counted exactly once."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from real.otlp import Answer, NextHop, Sender, logs, metrics, spans
from real.sluice import Metrics, Sluice, forwarding_to
from sluice.engine import Signal
from sluice.telemetry import items
from traffic import PROBE, WASTE_METRIC, order, teach, waste_of_each_signal

MIXED = {
    Signal.LOGS: logs(order(1), PROBE, order(2), PROBE, order(3)),
    Signal.METRICS: metrics("queue.depth", 3) + metrics(WASTE_METRIC, 2),
    Signal.SPANS: spans("GET /orders", PROBE, "POST /orders", "PUT /orders", PROBE),
}
"""Five items each; two of them waste. Two requests one after the other are one request: it is protobuf."""
REFUSED = Answer(code=grpc.StatusCode.UNAVAILABLE, message="not now")


def rejecting(signal: Signal, items: int) -> Answer:
    responses: dict[Signal, tuple[Any, str]] = {
        Signal.LOGS: (ExportLogsServiceResponse(), "rejected_log_records"),
        Signal.METRICS: (ExportMetricsServiceResponse(), "rejected_data_points"),
        Signal.SPANS: (ExportTraceServiceResponse(), "rejected_spans"),
    }
    response, rejected = responses[signal]
    setattr(response.partial_success, rejected, items)
    return Answer(response=response.SerializeToString())


@pytest.mark.parametrize("signal", Signal, ids=lambda signal: signal.label)
def test_what_came_in_is_what_was_sent_dropped_or_refused(next_hop: NextHop, tmp_path: Path, signal: Signal) -> None:
    waste = next(request for one, request in waste_of_each_signal() if one is signal)
    config = {"exporters": forwarding_to(next_hop.endpoint), "policy": {"metrics": "drop"}}
    answers = [Answer(), rejecting(signal, 1), REFUSED, Answer(), REFUSED, rejecting(signal, 2)]
    with Sluice(tmp_path, config) as sluice, Sender(sluice.grpc_port) as sender:
        teach(sluice, (signal, waste))
        before = sluice.metrics()
        told = []
        for answer in answers:
            next_hop.answer = answer
            with contextlib.suppress(grpc.RpcError):
                told.append(sender.export(MIXED[signal], signal))
        after = sluice.metrics()

    assert told == [answer.response for answer in answers if answer is not REFUSED], "the next hop's words"
    dropped = 0 if signal is Signal.SPANS else 2  # a span is tagged, never dropped singly
    rejected = 1 + 2
    assert grown(before, after, signal) == {
        "receiver_accepted": 4 * 5 - rejected,
        "receiver_refused": 2 * 5 + rejected,
        "exporter_sent": 4 * (5 - dropped) - rejected,
        "exporter_send_failed": 2 * (5 - dropped) + rejected,
        **({"processor_dropped": 4 * dropped} if dropped else {}),
    }


def test_a_request_of_nothing_but_waste_is_accepted_and_dropped_whatever_the_next_hop_would_say(
    next_hop: NextHop, tmp_path: Path
) -> None:
    with Sluice(tmp_path, {"exporters": forwarding_to(next_hop.endpoint)}) as sluice:
        teach(sluice, (Signal.LOGS, logs(PROBE)))
        before = sluice.metrics()
        next_hop.kill()
        with Sender(sluice.grpc_port) as sender:
            assert sender.export(logs(PROBE, PROBE)) == b""
            assert sender.export(b"") == b""
        after = sluice.metrics()

    assert grown(before, after, Signal.LOGS) == {"receiver_accepted": 2, "processor_dropped": 2}


def grown(before: Metrics, after: Metrics, signal: Signal) -> dict[str, int]:
    """By how much the counters of the signal's items have grown; those that have."""
    names = ("receiver_accepted", "receiver_refused", "exporter_sent", "exporter_send_failed", "processor_dropped")
    series = {name: f"sluice_{name}_{items(signal.label)}" for name in names}
    changes = {name: after(one) - before(one) for name, one in series.items()}
    return {name: change for name, change in changes.items() if change}
