"""Of attribute values the engine tells those alone that the semantic conventions have a closed list for."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sluice.classify.services.patterns import Name, Seen
from sluice.classify.services.rules import told
from sluice.engine import Engine, Evidence, Settings, Signal, evidence

SECRET = "quokka-7f3a"


def seen_of(*attributes: dict[str, str]) -> tuple[Evidence, bytes]:
    """The evidence of one span operation with a record for each of these; and as the engine wrote it."""
    engine, request = Engine(Settings(min_records=1)), ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    spans = resource.scope_spans.add().spans
    for values in attributes:
        span = spans.add()
        span.name, span.kind = "find orders", 3
        for key, value in values.items():
            pair = span.attributes.add()
            pair.key, pair.value.string_value = key, value
    written = engine.process(Signal.SPANS, request.SerializeToString()).commit() or b"[]"
    (found,) = evidence(written)
    return found, written


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("db.system", "postgresql"),
        ("db.system.name", "microsoft.sql_server"),
        ("messaging.system", "kafka"),
        ("rpc.system", "grpc"),
        ("gen_ai.provider.name", "anthropic"),
    ],
)
def test_a_peer_is_told_by_its_name_in_the_conventions(key: str, name: str) -> None:
    found, _ = seen_of({key: name})
    assert (found.peers, found.attribute_keys) == ([name], [key])


@pytest.mark.parametrize("key", ["db.system", "db.system.name", "messaging.system", "rpc.system", "gen_ai.system"])
def test_any_other_value_is_told_nowhere(key: str) -> None:
    found, written = seen_of({key: SECRET, "db.name": "postgresql"})
    assert found.peers == []
    assert SECRET.encode() not in written
    assert b"postgresql" not in written


def test_a_record_that_names_a_thousand_peers_tells_each_once() -> None:
    engine, request = Engine(Settings(min_records=1)), ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(name="find orders", kind=3)
    for number in range(1_000):
        pair = span.attributes.add()
        pair.key, pair.value.string_value = "db.system", ("redis", "mysql")[number % 2]
    (found,) = evidence(engine.process(Signal.SPANS, request.SerializeToString()).commit() or b"[]")
    assert found.peers == ["mysql", "redis"]


def test_a_service_depends_on_the_peers_that_its_telemetry_names() -> None:
    found, _ = seen_of({"db.system": "postgresql"}, {"messaging.system": "kafka"}, {"db.system": SECRET})
    service = Seen(Name("shop", "web"), 0.0, lambda _: True)
    service.add(found, 0.0)
    assert list(service.patterns().peers) == found.peers
    assert set(told(service.patterns()).dependencies) >= {"postgresql"}
