"""How many values an attribute has is estimated while a type is looked at; the values stay where they were."""

from __future__ import annotations

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from sluice.engine import Engine, Evidence, Settings, Signal, evidence
from sluice.verdicts.evidence_hash import evidence_hash


def committed(engine: Engine, signal: Signal, request: bytes) -> list[Evidence]:
    return evidence(engine.process(signal, request).commit() or b"[]")


def logins(users: list[str]) -> bytes:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for number, user in enumerate(users):
        record = scope.log_records.add()
        record.body.string_value = f"user logged in after {number} ms"
        for key, value in (("user.id", user), ("region", "eu")):
            pair = record.attributes.add()
            pair.key, pair.value.string_value = key, value
    return request.SerializeToString()


def test_an_attribute_with_one_value_is_told_from_one_with_many() -> None:
    [seen] = committed(Engine(Settings()), Signal.LOGS, logins(["alice-secret", "bob-secret", "carol-secret"]))
    assert seen.cardinality == {"region": (1, 3), "user.id": (3, 3)}
    assert "secret" not in repr(seen)


def test_the_points_of_a_metric_are_what_has_its_attributes() -> None:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="http.server.requests")
    for number in range(40):
        point = metric.sum.data_points.add(as_int=1)
        for key, value in (("session", f"s-{number}"), ("method", "GET")):
            pair = point.attributes.add()
            pair.key, pair.value.string_value = key, value
    [seen] = committed(Engine(Settings(min_records=1)), Signal.METRICS, request.SerializeToString())
    assert seen.attribute_keys == ["method", "session"]
    assert seen.cardinality["method"] == (1, 40)
    estimate, points = seen.cardinality["session"]
    assert points == 40
    assert 30 <= estimate <= 50


def test_how_many_values_there_are_has_no_say_in_identity_or_hash() -> None:
    few, many = (
        committed(Engine(Settings()), Signal.LOGS, logins(users))[0]
        for users in (["alice", "alice", "alice"], ["alice", "bob", "carol"])
    )
    assert few.cardinality != many.cardinality
    assert few.fingerprint == many.fingerprint
    hashes = {evidence_hash((slot.kind for slot in seen.slots), seen.attribute_keys) for seen in (few, many)}
    assert len(hashes) == 1
