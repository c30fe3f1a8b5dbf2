"""What each mode does to the data, seen at the next hop of a running process."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from real.otlp import NextHop, Sender, bodies, logs, metrics, spans
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from sluice.engine import Signal
from traffic import (
    PROBE,
    WASTE_METRIC,
    judged,
    messages,
    order,
    records,
    tags,
    teach,
    teach_probe,
    untag,
    waste_of_each_signal,
)

HEARTBEAT = "heartbeat 1 sent"
"""heartbeat: `limit 1/m` by default."""
READ = "GET /orders/5 200"
"""routine_success: `sample 10%` by default."""


def to(next_hop: NextHop, **policy: object) -> dict[str, object]:
    return {"exporters": forwarding_to(next_hop.endpoint), "policy": policy}


def arrived(next_hop: NextHop, signal: Signal) -> list[bytes]:
    return [arrival.request for arrival in next_hop.arrivals if arrival.signal is signal]


def test_drop_mode_removes_what_was_judged_waste_and_changes_nothing_else(next_hop: NextHop, tmp_path: Path) -> None:
    with Sluice(tmp_path, to(next_hop, metrics="drop")) as sluice, Sender(sluice.grpc_port) as sender:
        teach(sluice, *waste_of_each_signal())
        next_hop.arrivals.clear()
        sender.export(logs(order(1), PROBE, order(2), PROBE))
        sender.export(logs(PROBE))
        sender.export(metrics(WASTE_METRIC, 2), Signal.METRICS)
        sender.export(metrics("queue.depth", 2), Signal.METRICS)
        sender.export(spans(PROBE, "GET /orders"), Signal.SPANS)
        count = sluice.metrics()

    assert arrived(next_hop, Signal.METRICS) == [metrics("queue.depth", 2)]
    assert [records(Signal.LOGS, one) for one in arrived(next_hop, Signal.LOGS)] == [
        records(Signal.LOGS, logs(order(1), order(2)))
    ]
    [both_spans] = arrived(next_hop, Signal.SPANS)
    assert untag(Signal.SPANS, both_spans) == spans(PROBE, "GET /orders"), "spans are tagged, never dropped singly"
    assert count("sluice_processor_dropped_log_records") == 3
    assert count("sluice_processor_dropped_metric_points") == 2
    assert count("sluice_processor_dropped_spans") == 0


def test_a_request_without_waste_is_forwarded_as_it_came(next_hop: NextHop, tmp_path: Path) -> None:
    with Sluice(tmp_path, to(next_hop)) as sluice, Sender(sluice.grpc_port) as sender:
        teach_probe(sluice)
        next_hop.arrivals.clear()
        unknown_field = logs(order(1)) + b"\xfa\x7c\x05later"
        sender.export(unknown_field)

    assert next_hop.requests == [unknown_field]


def test_observe_mode_changes_no_byte_although_there_are_verdicts(next_hop: NextHop, tmp_path: Path) -> None:
    mixed = logs(order(1), PROBE, order(2))
    with Sluice(tmp_path, to(next_hop, mode="observe")) as sluice, Sender(sluice.grpc_port) as sender:
        teach(sluice, *waste_of_each_signal())
        next_hop.arrivals.clear()
        sent = [(Signal.LOGS, mixed), *waste_of_each_signal()]
        for signal, request in sent:
            sender.export(request, signal)
        wait_until(lambda: sluice.metrics()("sluice_verdicts", action="drop") == 3, "the verdicts in the metrics")
        count = sluice.metrics()

    assert [(arrival.signal, arrival.request) for arrival in next_hop.arrivals] == sent
    assert count("sluice_processor_tagged_records") == 0
    assert count("sluice_processor_dropped_log_records") == 0


def test_canaries_pass_and_say_for_how_many_they_stand(next_hop: NextHop, tmp_path: Path) -> None:
    with Sluice(tmp_path, to(next_hop, canary="25%")) as sluice, Sender(sluice.grpc_port) as sender:
        teach_probe(sluice)
        next_hop.arrivals.clear()
        sender.export(logs(*[f"GET /healthz 20{n % 10}" for n in range(10)] * 40, *[order(n) for n in range(40)]))
        dropped = sluice.metrics()("sluice_processor_dropped_log_records")

    found = [
        (record.body.string_value, tags(Signal.LOGS, record)) for record in messages(Signal.LOGS, *next_hop.requests)
    ]
    canaries = [marks for body, marks in found if body.startswith("GET")]
    assert len(canaries) == 400 - dropped
    assert 0 < len(canaries) < 400
    for marks in canaries:
        assert (marks["verdict"], marks["canary"], marks["category"]) == ("keep", "True", "health_check")
        assert float(marks["adjusted_count"]) == 4
    assert [marks for body, marks in found if body.startswith("order")] == [{}] * 40


def test_survivors_of_sample_and_limit_are_marked_and_a_second_hop_keeps_the_same(
    next_hop: NextHop, tmp_path: Path
) -> None:
    reads = logs(*[f"GET /orders/{n} 200" for n in range(500)])
    with (
        Sluice(tmp_path, to(next_hop), name="second") as second,
        Sluice(tmp_path, {"exporters": forwarding_to(f"127.0.0.1:{second.grpc_port}")}, name="first") as first,
        Sender(first.grpc_port) as sender,
    ):
        teach(first, (Signal.LOGS, logs(READ)), (Signal.LOGS, logs(HEARTBEAT)))
        judged(second, 2)
        next_hop.arrivals.clear()
        sender.export(reads)
        sender.export(logs(*[f"heartbeat {n} sent" for n in range(50)]))
        counts = [hop.metrics() for hop in (first, second)]

    survivors = messages(Signal.LOGS, *next_hop.requests)
    sampled = [tags(Signal.LOGS, one) for one in survivors if one.body.string_value.startswith("GET")]
    assert 0 < len(sampled) < 250
    assert all((one["verdict"], float(one["adjusted_count"])) == ("sample", 10) for one in sampled)
    limited = [tags(Signal.LOGS, one) for one in survivors if one.body.string_value.startswith("heartbeat")]
    assert [(one["verdict"], float(one["adjusted_count"])) for one in limited] == [("sample", 1)]
    dropped = [count("sluice_processor_dropped_log_records") for count in counts]
    assert dropped == [550 - len(survivors), 0]


@pytest.mark.parametrize("content_type", ["application/x-protobuf", "application/json"])
def test_requests_over_http_go_the_same_way(next_hop: NextHop, tmp_path: Path, content_type: str) -> None:
    as_json = {
        "resourceLogs": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
                "scopeLogs": [
                    {
                        "logRecords": [
                            {
                                "timeUnixNano": "1760000000000000000",
                                "severityNumber": 9,
                                "body": {"stringValue": body},
                            }
                            for body in (order(1), PROBE)
                        ]
                    }
                ],
            }
        ]
    }
    body = json.dumps(as_json).encode() if content_type.endswith("json") else logs(order(1), PROBE)
    with Sluice(tmp_path, to(next_hop)) as sluice:
        teach_probe(sluice)
        next_hop.arrivals.clear()
        request = urllib.request.Request(
            f"http://127.0.0.1:{sluice.http_port}/v1/logs", body, {"Content-Type": content_type}
        )
        with urllib.request.urlopen(request) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)
        count = sluice.metrics()

    [forwarded] = next_hop.requests
    assert Counter(records(Signal.LOGS, forwarded)) == Counter(records(Signal.LOGS, logs(order(1))))
    assert bodies(forwarded) == [order(1)]
    assert count("sluice_receiver_accepted_log_records", transport="http") == 2
