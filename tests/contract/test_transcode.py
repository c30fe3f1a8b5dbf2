"""OTLP/JSON through the core is what protobuf's own reading of the same request is.

The requests are built from the descriptors of opentelemetry-proto: a field that a new version brings is here at once,
and fails until the core's tables have it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sluice import _core

REQUESTS: list[type[Message]] = [ExportLogsServiceRequest, ExportMetricsServiceRequest, ExportTraceServiceRequest]
IDS = {"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"}
Path = tuple[FieldDescriptor, ...]


def paths(message: Descriptor, before: Path = ()) -> Iterator[Path]:
    """The path to each field of each message, each message once on a path."""
    for field in message.fields:
        yield (*before, field)
        enclosing = {step.containing_type.full_name for step in (*before, field)}
        if field.message_type and field.message_type.full_name not in enclosing:
            yield from paths(field.message_type, (*before, field))


def name(path: Path) -> str:
    return ".".join(field.json_name for field in path)


FIELDS = [
    pytest.param(signal, path, id=f"{signal}-{name(path)}")
    for signal, request in enumerate(REQUESTS)
    for path in paths(request.DESCRIPTOR)
]

INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-(2**31), 2**31 - 1),
}
# NaN has many bit patterns, JSON has one.
DOUBLES = st.floats(allow_nan=False) | st.just(float("nan"))


def scalars(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Any value of a field that is no message."""
    if field.cpp_type in INTEGERS:
        low, high = INTEGERS[field.cpp_type]
        return st.integers(low, high) | st.sampled_from([low, 0, high])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=20)
    if field.type == FieldDescriptor.TYPE_STRING:
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return st.booleans()
    assert field.type == FieldDescriptor.TYPE_DOUBLE, f"{field.full_name} is of a type that OTLP had not"
    return DOUBLES


@st.composite
def filled(draw: st.DrawFn, message: Message, depth: int) -> Message:
    """`message` with some of its fields set, down to `depth` messages in one another; its outer messages always."""
    oneofs = [oneof for oneof in message.DESCRIPTOR.oneofs if len(oneof.fields) > 1]
    fields = [field for field in message.DESCRIPTOR.fields if field.containing_oneof not in oneofs]
    wanted = [field for field in fields if (field.message_type and depth > 5) or draw(st.booleans())]
    wanted += [draw(st.sampled_from(list(oneof.fields))) for oneof in oneofs if draw(st.integers(0, 7)) > 0]
    for field in wanted:
        if field.message_type is None and field.is_repeated:
            getattr(message, field.name).extend(draw(st.lists(scalars(field), max_size=3)))
        elif field.message_type is None:
            setattr(message, field.name, draw(scalars(field)))
        elif depth > 0 and field.is_repeated:
            for _ in range(draw(st.integers(1, 2))):
                draw(filled(getattr(message, field.name).add(), depth - 1))
        elif depth > 0:
            getattr(message, field.name).SetInParent()
            draw(filled(getattr(message, field.name), depth - 1))
    return message


def otlp_json(message: Message, *, camel_case: bool = True, names_of_enums: bool = False) -> Any:
    """The message in OTLP/JSON: protobuf's mapping, with enums as integers and ids in hex."""
    document = json_format.MessageToDict(
        message, preserving_proto_field_name=not camel_case, use_integers_for_enums=not names_of_enums
    )
    return with_hex_ids(document)


def with_hex_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [with_hex_ids(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {key: base64.b64decode(held).hex() if key in IDS else with_hex_ids(held) for key, held in value.items()}


def transcoded(signal: int, document: Any) -> Message:
    """What the core makes of the document; never longer than protobuf would write it."""
    encoded = _core.transcode(signal, json.dumps(document).encode())
    message = REQUESTS[signal].FromString(encoded)
    assert len(encoded) == message.ByteSize()
    return message


def canonical(message: Message) -> bytes:
    """Bytes to compare by: messages with NaN in them equal nothing."""
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


def request_with(signal: int, path: Path) -> Message:
    """The request in which the field at the end of `path` has a value that is not its default, and little else."""
    message = request = REQUESTS[signal]()
    for field in path[:-1]:
        message = getattr(message, field.name)
        if field.is_repeated:
            message = message.add()
    field = path[-1]
    if field.message_type:
        nested = getattr(message, field.name)
        _ = nested.add() if field.is_repeated else nested.SetInParent()
        return request
    one: Any = {FieldDescriptor.TYPE_BYTES: b"\xff\x01", FieldDescriptor.TYPE_STRING: "é"}.get(field.type, 1)
    if field.is_repeated:
        getattr(message, field.name).extend([one] * 3)
    else:
        setattr(message, field.name, one)
    return request


@pytest.mark.parametrize(("signal", "path"), FIELDS)
def test_every_field_of_opentelemetry_proto_is_known(signal: int, path: Path) -> None:
    request = request_with(signal, path)
    for camel_case in (True, False):
        for names_of_enums in (True, False):
            document = otlp_json(request, camel_case=camel_case, names_of_enums=names_of_enums)
            assert transcoded(signal, document) == request


@pytest.mark.parametrize("signal", range(3))
def test_every_name_of_an_enum_is_known(signal: int) -> None:
    for path in paths(REQUESTS[signal].DESCRIPTOR):
        if path[-1].enum_type is None:
            continue
        for value in path[-1].enum_type.values:
            request = request_with(signal, path)
            innermost = request
            for field in path[:-1]:
                innermost = getattr(innermost, field.name)[0] if field.is_repeated else getattr(innermost, field.name)
            setattr(innermost, path[-1].name, value.number)
            assert transcoded(signal, otlp_json(request, names_of_enums=True)) == request


def test_no_message_has_two_oneofs() -> None:
    for request in REQUESTS:
        for path in paths(request.DESCRIPTOR):
            oneofs = {f.containing_oneof.name for f in path[-1].containing_type.fields if f.containing_oneof}
            assert len([oneof for oneof in oneofs if not oneof.startswith("_")]) <= 1


@pytest.mark.parametrize("signal", range(3))
@settings(max_examples=100, suppress_health_check=[HealthCheck.data_too_large])
@given(data=st.data())
def test_any_request_comes_out_as_protobuf_has_it(signal: int, data: st.DataObject) -> None:
    request = data.draw(filled(REQUESTS[signal](), depth=8))
    document = otlp_json(request, camel_case=data.draw(st.booleans()))
    assert canonical(transcoded(signal, document)) == canonical(request)


@given(value=DOUBLES)
def test_a_double_keeps_every_bit(value: float) -> None:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add()
    metric.gauge.data_points.add().as_double = value
    assert canonical(transcoded(1, otlp_json(request))) == canonical(request)


def test_the_specifications_example_is_read() -> None:
    """The shapes of the examples in opentelemetry-proto: integers in quotes, ids in capitals, enums as numbers."""
    document = {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]},
                "scopeSpans": [
                    {
                        "scope": {"name": "http", "version": "1.0.0"},
                        "spans": [
                            {
                                "traceId": "5B8EFFF798038103D269B633813FC60C",
                                "spanId": "EEE19B7EC3C1B174",
                                "parentSpanId": "",
                                "name": "GET /orders",
                                "startTimeUnixNano": "1544712660000000000",
                                "endTimeUnixNano": 1544712661000000000,
                                "kind": 2,
                                "attributes": [{"key": "retries", "value": {"intValue": "3"}}],
                                "status": {},
                            }
                        ],
                    }
                ],
            }
        ]
    }
    [span] = transcoded(2, document).resource_spans[0].scope_spans[0].spans
    assert span.trace_id.hex() == "5b8efff798038103d269b633813fc60c"
    assert span.span_id.hex() == "eee19b7ec3c1b174"
    assert (span.parent_span_id, span.kind, span.attributes[0].value.int_value) == (b"", 2, 3)
    assert span.end_time_unix_nano - span.start_time_unix_nano == 1_000_000_000
    assert span.HasField("status")


def test_a_refusal_is_a_value_error_that_names_the_path() -> None:
    with pytest.raises(ValueError, match=r"^resourceLogs\[0\]\.resource: expected an object, got a string at line 1 "):
        _core.transcode(0, b'{"resourceLogs":[{"resource":"mine"}]}')
    with pytest.raises(ValueError, match=r"^signal 9: use 0 \(logs\), 1 \(metrics\) or 2 \(spans\)$"):
        _core.transcode(9, b"{}")
