"""The JSON of the topics is what the .proto files describe: read by protobuf itself, not by our own reading of them."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from grpc_tools import protoc

from registry_world import Clock, override, verdict
from sluice.verdicts.claims import Claim, encoded
from sluice.verdicts.model import Override, ServiceName, Source, Verdict
from sluice.verdicts.services import Service

PROTO = Path(__file__).parents[2] / "proto"
FILES = sorted(path.relative_to(PROTO).as_posix() for path in (PROTO / "sluice/v1").glob("*.proto"))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> descriptor_pool.DescriptorPool:
    """All the .proto files, compiled by protoc."""
    compiled = tmp_path_factory.mktemp("proto") / "all.binpb"
    with resources.as_file(resources.files("grpc_tools") / "_proto") as well_known:
        options = [f"-I{PROTO}", f"-I{well_known}", f"--descriptor_set_out={compiled}", "--include_imports"]
        assert protoc.main(["protoc", *options, *FILES]) == 0
    found = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(compiled.read_bytes()).file:
        found.Add(file)
    return found


def described(pool: descriptor_pool.DescriptorPool, name: str) -> Descriptor:
    return pool.FindMessageTypeByName(f"sluice.v1.{name}")


def parsed(pool: descriptor_pool.DescriptorPool, name: str, value: bytes) -> Message:
    return json_format.Parse(value, message_factory.GetMessageClass(described(pool, name))(), descriptor_pool=pool)


def test_every_topic_has_its_description(pool: descriptor_pool.DescriptorPool) -> None:
    assert [Path(file).stem for file in FILES] == ["claim", "override", "service", "stats", "verdict"]
    for name in ("Claim", "Override", "Service", "Stats", "Verdict"):
        schema = described(pool, name).fields_by_name["schema"]
        assert (schema.number, schema.type) == (1, FieldDescriptor.TYPE_UINT32)


@pytest.mark.parametrize(
    ("struct", "name"),
    [
        (Verdict, "Verdict"),
        (Override, "Override"),
        (Claim, "Claim"),
        (Service, "Service"),
        (Source, "Source"),
        (ServiceName, "ServiceName"),
    ],
)
def test_struct_and_description_have_the_same_fields_in_the_same_order(
    pool: descriptor_pool.DescriptorPool, struct: type[msgspec.Struct], name: str
) -> None:
    fields = sorted(described(pool, name).fields, key=lambda field: field.number)
    assert [field.name for field in fields] == list(struct.__struct_fields__)
    assert [field.number for field in fields] == list(range(1, len(fields) + 1))


@pytest.mark.parametrize(
    "struct_and_name", [(Verdict, "Verdict"), (Override, "Override"), (Claim, "Claim"), (Service, "Service")]
)
def test_what_may_be_null_is_optional_and_nothing_else(
    pool: descriptor_pool.DescriptorPool, struct_and_name: tuple[type[msgspec.Struct], str]
) -> None:
    struct, name = struct_and_name
    nullable = {
        field.name
        for field in msgspec.structs.fields(struct)
        if field.type is type(None) or type(None) in getattr(field.type, "__args__", ())
    }
    optional = {
        field.name for field in described(pool, name).fields if field.has_presence and _is_proto3_optional(field)
    }
    assert nullable == optional


def _is_proto3_optional(field: FieldDescriptor) -> bool:
    copy = descriptor_pb2.DescriptorProto()
    field.containing_type.CopyToProto(copy)
    return next(one.proto3_optional for one in copy.field if one.name == field.name)


FULL = {
    "merged_into": "f" * 32,
    "scope": "lib",
    "severity": "info",
    "outcome": "ok",
    "purpose": "probe",
    "description": "a probe",
    "twin": "e" * 32,
    "reason": "it says so",
    "action": "sample",
    "keep_percent": 12.5,
    "keep_rate": "5/m",
    "guards": ("rarity", "protect"),
    "not_before": "2026-01-31T12:00:00.250Z",
    "source": Source("llm", "there", "somebody", "some-model", "3", "abc"),
    "version": 2**31 - 1,
}


@pytest.mark.parametrize("changes", [{}, FULL, {"expires_at": None}], ids=["plain", "full", "for ever"])
def test_a_verdict_is_read_and_written_back_by_protobuf(
    pool: descriptor_pool.DescriptorPool, changes: dict[str, object]
) -> None:
    value = msgspec.json.encode(verdict(Clock(), 1, **changes))
    _round_trip(parsed(pool, "Verdict", value), value)


def test_an_override_is_read_and_written_back_by_protobuf(pool: descriptor_pool.DescriptorPool) -> None:
    value = msgspec.json.encode(override(Clock(), 1, "limit 5/m"))
    _round_trip(parsed(pool, "Override", value), value)


def test_a_claim_is_read_and_written_back_by_protobuf(pool: descriptor_pool.DescriptorPool) -> None:
    value = encoded("0a" * 16, "sluice-1", 1_750_000_000.25)
    _round_trip(parsed(pool, "Claim", value), value)


@pytest.mark.parametrize("namespace", ["", "shop"])
def test_a_service_is_read_and_written_back_by_protobuf(pool: descriptor_pool.DescriptorPool, namespace: str) -> None:
    service = Service(
        service=ServiceName(namespace, "web"),
        kind="web_api",
        description="serves the shop",
        responsibilities=("serves GET /products",),
        dependencies=("redis", "sqlite"),
        recognised_by="llm",
        instance="sluice-1",
        provider="somebody",
        model="some-model",
        prompt_version="1",
        patterns_hash="0a" * 16,
        version=3,
        issued_at="2026-01-31T12:00:00Z",
    )
    value = msgspec.json.encode(service)
    _round_trip(parsed(pool, "Service", value), value)


def _round_trip(message: Message, value: bytes) -> None:
    written = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    expected = {name: content for name, content in json.loads(value).items() if content is not None}
    assert written == expected
