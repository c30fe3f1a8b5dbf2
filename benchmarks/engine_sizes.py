"""What a record costs as it grows: nanoseconds a byte at sizes 16 times apart, of texts that could cost more than that.

`engine.py` prints them as its row `sizes`. A ratio far above 1 says that some path looks at bytes again and again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from sluice.engine import Engine, Settings

SMALL = (1 << 10, 16 << 10)
"""What is mined of a line."""
LARGE = (64 << 10, 1 << 20)
_ENOUGH = 0.02
"""Seconds of processor time for which each is repeated."""


def _text(text: str) -> bytes:
    return AnyValue(string_value=text).SerializeToString()


def _filled(piece: str) -> Callable[[int], bytes]:
    return lambda size: _text((piece * (size // len(piece) + 1))[:size])


def _json_keys(size: int) -> bytes:
    """105 bytes a key: 10,000 keys in 1 MiB."""
    keys = {f"key{number:06}{'k' * 40}": f"value {number:06} {'v' * 30}" for number in range(size // 105 + 1)}
    return _text(json.dumps(keys))


def _json_nested(size: int) -> bytes:
    """16 bytes a level: 1,000 levels in 16 KiB."""
    levels = size // 16 - 4
    return _text('{"level": [1, ' * levels + "{}" + "]}" * levels)


def _map_keys(size: int) -> bytes:
    """60 bytes a key: 17,000 keys in 1 MiB."""
    body = AnyValue()
    for number in range(size // 60 + 1):
        pair = body.kvlist_value.values.add()
        pair.key, pair.value.string_value = f"key{number:06}{'k' * 20}", f"value {number:06}"
    return body.SerializeToString()


def _map_nested(size: int) -> bytes:
    """16 bytes a level: 1,000 levels in 16 KiB, written by hand because protobuf's own messages end at 100."""
    body = _text("innermost")
    while len(body) < size:
        pair = _field(1, b"key") + _field(2, body)
        body = _field(6, _field(1, pair))
    return body


def _field(number: int, payload: bytes) -> bytes:
    header, length = bytes([number << 3 | 2]), len(payload)
    while length >= 0x80:
        header, length = header + bytes([length & 0x7F | 0x80]), length >> 7
    return header + bytes([length]) + payload


def _stack(size: int) -> bytes:
    frame = "\tat com.example.shop.Orders.place(Orders.java:117)\n"
    return _text("java.lang.IllegalStateException: order 17\n" + frame * (size // len(frame)))


KINDS: dict[str, Callable[[int], bytes]] = {
    "one line": _filled("opened session 17 of client 10.0.0.1:4317 in 12ms "),
    "JSON keys": _json_keys,
    "JSON nested": _json_nested,
    "map keys": _map_keys,
    "map nested": _map_nested,
    "brackets": _filled("[" * 1000 + "]" * 1000),
    "quotes": _filled('"'),
    "single quotes": _filled("'a "),
    "quoted pairs": _filled('a="b c" '),
    "equals signs": _filled("a="),
    "colons": _filled("a:"),
    "dots": _filled("a.."),
    "slashes": _filled("/a"),
    "users": _filled("for user bob from 1 "),
    "hexadecimal": _filled("deadbeef:"),
    "escapes": _filled("\x1b[31m"),
    "lines": _filled("word\n"),
    "one word": _filled("w"),
    "digits": _filled("1"),
    "blanks": _filled(" "),
    "stack": _stack,
}


def _nanoseconds_a_byte(kind: Callable[[int], bytes], size: int) -> float:
    """Of process and commit: the first time, when the record is made a type and its evidence, and when it is known."""
    encoded = _field(1, _field(2, _field(2, _field(5, kind(size)))))
    best, until = float("inf"), time.thread_time() + _ENOUGH
    while time.thread_time() < until:
        engine = Engine(Settings(min_records=1, max_event_types=100))
        before = time.thread_time_ns()
        engine.process(0, encoded).commit()
        engine.process(0, encoded).commit()
        best = min(best, time.thread_time_ns() - before)
    return best / len(encoded)


def rows(only: str | None = None) -> Iterator[str]:
    """A line of the table for each kind, as they are measured."""
    yield f"{'ns a byte':16}{'1 KiB':>9}{'16 KiB':>9}{'ratio':>8}{'64 KiB':>9}{'1 MiB':>9}{'ratio':>8}"
    for name, kind in KINDS.items():
        if only is None or only in name:
            small, more, large, most = (_nanoseconds_a_byte(kind, size) for size in (*SMALL, *LARGE))
            yield f"{name:16}{small:9.2f}{more:9.2f}{more / small:8.2f}{large:9.2f}{most:9.2f}{most / large:8.2f}"
