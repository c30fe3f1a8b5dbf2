"""What never leaves memory: credentials, rare words, and whatever a record holds that is not its type."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from frames import sharing
from kafka_peers import own_topics
from real.kafka import Kafka
from real.otlp import Answer, NextHop, Sender, logs, metrics, spans
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from sluice.engine import Signal
from traffic import judged, order

SECRET = "hunterhuntersecret"
RARE = "quokkazanzibar"
SHOWN = "shipped"
"""A constant word of an ordinary type: it has to be found, or the search is blind."""


async def test_no_credential_and_no_rare_word_is_stored_published_logged_or_shown(
    kafka: Kafka, next_hop: NextHop, tmp_path: Path
) -> None:
    topics = own_topics()
    config = {
        "exporters": forwarding_to(next_hop.endpoint),
        **sharing(kafka, topics),
        "service": {"telemetry": {"logs": {"level": "debug"}}},
    }
    with Sluice(tmp_path, config) as sluice:
        with Sender(sluice.grpc_port) as sender:
            for _ in range(4):
                sender.export(logs(f"login with password: {SECRET}", f"login with password={SECRET}"))
                sender.export(logs("order 5 packed", service=f"token={SECRET}"))
                sender.export(metrics(f"password: {SECRET}", 1), Signal.METRICS)
                sender.export(spans(f"login password: {SECRET}"), Signal.SPANS)
            for _ in range(2):
                sender.export(logs(f"{RARE} arrived", service=RARE))
                sender.export(metrics(RARE, 1), Signal.METRICS)
                sender.export(spans(RARE), Signal.SPANS)
            for number in range(3):
                sender.export(logs(order(number)))
        wait_until(lambda: sluice.metrics()("sluice_classify_unlisted") == 4, "the types with a credential unlisted")
        judged(sluice, 2)
        wait_until(
            lambda: sluice.metrics()("sluice_kafka_published", topic=topics.verdicts) == 2, "the others published"
        )
        shown = [sluice.metrics_text(), sluice.command("verdicts", "list", "--json").stdout, str(sluice.health())]
    published = [
        value or b""
        for topic in (topics.verdicts, topics.overrides, topics.services)
        for _, value in await kafka.read(topic)
    ]
    traces = {"topics": b"\n".join(published), "answers": "\n".join(shown).encode(), **files(tmp_path)}

    assert all(any(word in request for request in next_hop.requests) for word in (SECRET.encode(), RARE.encode()))
    assert {where for where, found in traces.items() if SHOWN.encode() in found} == {"topics", "answers", "sluice.db"}
    assert {where for where, found in traces.items() if SECRET.encode() in found} == set()
    assert {where for where, found in traces.items() if RARE.encode() in found} == set()


def files(directory: Path) -> dict[str, bytes]:
    """Everything that the process has written to disk, by name."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def test_the_log_holds_nothing_of_a_record_whatever_goes_wrong(next_hop: NextHop, tmp_path: Path) -> None:
    """At the most talkative level: values, constant words, attributes; refusals, garbage, a next hop that quotes."""
    config = {
        "exporters": forwarding_to(next_hop.endpoint),
        "receivers": {"otlp": {"protocols": {"http": {"max_request_body_size": 10_000}}}},
        "service": {"telemetry": {"logs": {"level": "debug"}}},
    }
    request = ExportLogsServiceRequest.FromString(logs(*[f"{RARE} sent 'to {RARE}' in 5ms"] * 4, service=RARE))
    for record in request.resource_logs[0].scope_logs[0].log_records:
        record.attributes.add(key=RARE).value.string_value = RARE
    told = request.SerializeToString()
    with Sluice(tmp_path, config) as sluice, Sender(sluice.grpc_port) as sender:
        sender.export(told)
        judged(sluice, 1)
        for code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED):
            next_hop.answer = Answer(code=code, message=f"cannot take {RARE}")
            with pytest.raises(grpc.RpcError):
                sender.export(told)
        with pytest.raises(grpc.RpcError):
            sender.export(told[:-5])
        for kind, body in (
            ("application/json", f'{{"resourceLogs": [{{"{RARE}": {RARE}'.encode()),
            ("application/json", f'{{"resourceLogs": "{RARE}"}}'.encode()),
            ("application/x-protobuf", told[:-5]),
            ("application/x-protobuf", told * 100),
            (f"text/{RARE}", told),
        ):
            assert post(f"http://127.0.0.1:{sluice.http_port}/v1/logs?{RARE}", body, {"Content-Type": kind}) >= 400
        assert post(f"http://127.0.0.1:{sluice.http_port}/{RARE}", told, {RARE: RARE}) == 404
        assert post(f"http://127.0.0.1:{sluice.http_port}/v1/logs", told, {"Content-Encoding": RARE}) >= 400
        seen = (sluice.metrics_text(), str(sluice.health()))
    log = sluice.log()

    assert "serving" in log
    assert RARE not in log
    assert RARE not in "".join(seen)


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code
