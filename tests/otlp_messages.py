"""Random OTLP requests, and other legal encodings of the same message."""

from __future__ import annotations

import random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

REQUESTS = (ExportLogsServiceRequest, ExportMetricsServiceRequest, ExportTraceServiceRequest)
CONTAINERS = (
    ("resource_logs", "scope_logs", "log_records"),
    ("resource_metrics", "scope_metrics", "metrics"),
    ("resource_spans", "scope_spans", "spans"),
)
TAGS_FIELD = ("attributes", "metadata", "attributes")

_WORDS = st.sampled_from(
    [
        "",
        "ready",
        "took 5ms for 3 rows",
        "GET /orders/17 200 4ms",
        "user=root logged in",
        "disk full",
        "über 9",
        "x" * 600,
    ]
)
_KEYS = st.sampled_from(
    ["a", "http.response.status_code", "error.type", "sluice.verdict", "sluice.adjusted_count", "k"]
)


def _fill(value: AnyValue, chance: random.Random, depth: int = 0) -> None:
    """Sets one member of the oneof, of every type."""
    match chance.randrange(8 if depth < 3 else 6):
        case 0:
            value.string_value = chance.choice(["", "x", "503", "boom"])
        case 1:
            value.int_value = chance.choice([0, -1, 200, 503, 2**62])
        case 2:
            value.double_value = chance.choice([0.0, 1.5, -2.0])
        case 3:
            value.bool_value = chance.random() < 0.5
        case 4:
            value.bytes_value = chance.randbytes(chance.randrange(5))
        case 5:
            pass
        case 6:
            value.array_value.SetInParent()
            for _ in range(chance.randrange(3)):
                _fill(value.array_value.values.add(), chance, depth + 1)
        case 7:
            value.kvlist_value.SetInParent()
            for _ in range(chance.randrange(3)):
                pair = value.kvlist_value.values.add()
                pair.key = chance.choice(["a", "msg", "id"])
                _fill(pair.value, chance, depth + 1)


@st.composite
def requests(draw: st.DrawFn, signal: int) -> Any:
    """A request of up to a few dozen records, with empty containers, missing parts and an earlier hop's tags."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    request = REQUESTS[signal]()
    outer, middle, inner = CONTAINERS[signal]
    for _ in range(draw(st.integers(0, 3))):
        block = getattr(request, outer).add()
        if chance.random() < 0.8:
            pair = block.resource.attributes.add()
            pair.key, pair.value.string_value = "service.name", chance.choice(["shop", "cart"])
        if chance.random() < 0.3:
            block.schema_url = "https://example.test/schema"
        for _ in range(chance.randrange(3)):
            scope = getattr(block, middle).add()
            if chance.random() < 0.7:
                scope.scope.name = chance.choice(["app", "lib"])
                scope.scope.version = "1"
            for _ in range(draw(st.integers(0, 5))):
                record = getattr(scope, inner).add()
                _record(signal, record, draw(_WORDS), chance)
                for key in draw(st.lists(_KEYS, max_size=3)):
                    pair = getattr(record, TAGS_FIELD[signal]).add()
                    pair.key = key
                    _fill(pair.value, chance)
    return request


def _record(signal: int, record: Any, word: str, chance: random.Random) -> None:
    if signal == 0:
        record.time_unix_nano = chance.randrange(2**60)
        record.severity_number = chance.choice([0, 5, 9, 17])
        record.severity_text = chance.choice(["", "INFO", "error"])
        if chance.random() < 0.6:
            record.body.string_value = word
        else:
            _fill(record.body, chance)
        record.trace_id = chance.choice([b"", chance.randbytes(16)])
        if chance.random() < 0.2:
            record.event_name = "order.placed"
    elif signal == 1:
        record.name = word[:20]
        record.unit = chance.choice(["", "ms"])
        record.description = chance.choice(["", "what it is"])
        kind = chance.choice(["gauge", "sum", "histogram", "exponential_histogram", "summary", None])
        if kind:
            data = getattr(record, kind)
            data.SetInParent()
            for _ in range(chance.randrange(4)):
                data.data_points.add().time_unix_nano = 5
            if kind in ("sum", "histogram", "exponential_histogram"):
                data.aggregation_temporality = chance.choice([0, 1, 2])
            if kind == "sum":
                data.is_monotonic = chance.random() < 0.5
    else:
        record.name = word
        record.kind = chance.randrange(6)
        record.trace_id, record.span_id = chance.randbytes(16), chance.randbytes(8)
        record.start_time_unix_nano, record.end_time_unix_nano = 5, 5 + chance.randrange(10**9)
        record.status.code = chance.choice([0, 0, 1, 2])
        record.status.message = chance.choice(["", "why"])


def _varint(value: int, chance: random.Random, longest: int) -> bytes:
    """In its shortest form, or padded to up to `longest` bytes."""
    value &= 2**64 - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    while len(out) < longest and chance.random() < 0.15:
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


def encoded_oddly(message: Message, chance: random.Random) -> bytes:
    """The same message: fields in any order, over-long varints, singular messages in two pieces, unknown fields."""
    fields: list[list[bytes]] = []

    def tag(number: int, wire: int) -> bytes:
        return _varint(number << 3 | wire, chance, 5)

    def delimited(number: int, payload: bytes) -> bytes:
        return tag(number, 2) + _varint(len(payload), chance, 5) + payload

    for field, value in message.ListFields():
        if field.message_type is not None:
            values = value if field.is_repeated else [value]
            payloads = []
            for item in values:
                if not field.is_repeated and chance.random() < 0.4:
                    payloads += [encoded_oddly(part, chance) for part in _halves(item, chance)]
                else:
                    payloads.append(encoded_oddly(item, chance))
            fields.append([delimited(field.number, payload) for payload in payloads])
            continue
        values = list(value) if field.is_repeated else [value]
        single = type(message)()
        run = []
        for item in values:
            single.Clear()
            if field.is_repeated:
                getattr(single, field.name).append(item)
            else:
                setattr(single, field.name, item)
            raw = single.SerializeToString()
            if (
                field.type
                in (
                    FieldDescriptor.TYPE_UINT32,
                    FieldDescriptor.TYPE_INT64,
                    FieldDescriptor.TYPE_ENUM,
                    FieldDescriptor.TYPE_BOOL,
                )
                and not field.is_repeated
            ):
                raw = tag(field.number, 0) + _varint(int(item), chance, 10)
            run.append(raw)
        fields.append(run)
    if chance.random() < 0.3:
        fields.append(
            [
                chance.choice(
                    [
                        delimited(1999, b"unknown"),
                        tag(1998, 0) + _varint(7, chance, 10),
                        tag(1997, 5) + b"abcd",
                        tag(1996, 1) + b"abcdefgh",
                        tag(1995, 3) + delimited(1, b"in a group") + tag(1995, 4),
                    ]
                )
            ]
        )
    out = bytearray()
    while fields:
        run = chance.choice(fields)
        out += run.pop(0)
        if not run:
            fields.remove(run)
    return bytes(out)


def _halves(message: Message, chance: random.Random) -> tuple[Message, Message]:
    """Two messages whose merge is the given one. Members of a oneof stay in one of them."""
    first, second = type(message)(), type(message)()
    for field, value in message.ListFields():
        if field.is_repeated:
            # What comes first must stay first: once something went to the second half, all of this field goes there.
            cut = chance.randrange(len(value) + 1)
            getattr(first, field.name).extend(list(value)[:cut])
            getattr(second, field.name).extend(list(value)[cut:])
            continue
        half = chance.choice((first, second))
        if field.message_type is not None:
            getattr(half, field.name).CopyFrom(value)
        else:
            setattr(half, field.name, value)
    return first, second
