"""Fingerprints are the same everywhere: vectors for other implementations, held to the definition and to the core."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from golden.fingerprinting import fingerprint
from sluice.engine import Decision, Engine, Identity, Mask, Settings, evidence


class Vector(msgspec.Struct, frozen=True):
    ruleset: str
    identity: Identity
    skeleton: str
    fingerprint: str


PATH = Path(__file__).parents[2] / "proto" / "golden" / "fingerprints.json"
VECTORS = msgspec.json.decode(PATH.read_bytes(), type=list[Vector])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.fingerprint[:8])
def test_a_vector_follows_from_the_definition(vector: Vector) -> None:
    assert fingerprint(vector.ruleset, vector.identity, vector.skeleton) == vector.fingerprint


def test_vectors_differ_where_only_the_border_of_two_fields_does() -> None:
    assert len({vector.fingerprint for vector in VECTORS}) == len(VECTORS)


def _decision(vector: Vector, claimed: str) -> Decision:
    return Decision(
        fingerprint=claimed,
        identity=vector.identity,
        skeleton=vector.skeleton,
        ruleset=vector.ruleset,
        action="drop",
        category="debug_noise",
    )


@pytest.mark.parametrize(
    "vector", [vector for vector in VECTORS if vector.ruleset == "1"], ids=lambda vector: vector.fingerprint[:8]
)
def test_the_core_takes_a_decision_under_its_own_fingerprint_only(vector: Vector) -> None:
    engine = Engine(Settings())
    assert engine.ruleset == vector.ruleset
    assert engine.apply([_decision(vector, vector.fingerprint)]) == 1
    other = f"{int(vector.fingerprint, 16) ^ 1:032x}"
    assert Engine(Settings()).apply([_decision(vector, other)]) == 0


def test_the_core_mints_what_the_definition_says() -> None:
    request = ExportLogsServiceRequest()
    block = request.resource_logs.add()
    for key, value in (("service.name", "shop"), ("service.namespace", "eu")):
        pair = block.resource.attributes.add()
        pair.key, pair.value.string_value = key, value
    scope = block.scope_logs.add()
    scope.scope.name = "app"
    scope.log_records.add(severity_number=17).body.string_value = "took 5ms, status=503"
    engine = Engine(Settings(min_records=1))
    [seen] = evidence(engine.process(0, request.SerializeToString()).commit() or b"[]")
    assert seen.identity == Identity("logs", "app", "eu", "shop", "error", "error", "")
    assert seen.fingerprint == fingerprint(engine.ruleset, seen.identity, seen.skeleton)


def test_masks_are_part_of_the_ruleset() -> None:
    plain = Engine(Settings()).ruleset
    masked = Engine(Settings(masks=(Mask("order", r"ORD-\d+"),))).ruleset
    other = Engine(Settings(masks=(Mask("order", r"ORD-\w+"),))).ruleset
    assert len({plain, masked, other}) == 3
    assert masked.startswith(f"{plain}-")
