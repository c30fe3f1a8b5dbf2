"""Requests that the benchmarks send: made log records, each statement's wording fixed and its values varied."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

VERBS = [
    "opened",
    "closed",
    "received",
    "sent",
    "stored",
    "loaded",
    "parsed",
    "queued",
    "flushed",
    "renewed",
    "checked",
    "merged",
]
THINGS = [
    "session",
    "cache",
    "order",
    "index",
    "segment",
    "lease",
    "cursor",
    "batch",
    "socket",
    "snapshot",
    "record",
    "upload",
]
PLACES = ["client", "shard", "bucket", "worker", "region", "tenant", "partition"]


def statement(number: int, chance: random.Random) -> str:
    """One line of the statement with this number: its wording is fixed, its values vary.

    Two statements differ in two words at least, or one of them would turn out to be data where many differ in it.
    """
    wording = random.Random(number)
    verb, thing, place = wording.choice(VERBS), wording.choice(THINGS), wording.choice(PLACES)
    one, other = ("".join(wording.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(3)) for _ in range(2))
    address = (
        f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}:{chance.randrange(1024, 65536)}"
    )
    return f"{verb} {thing} {chance.randrange(10**6)} of {one} {place} {address} {other} in {chance.randrange(900)}ms"


def novel() -> Callable[[], str]:
    """Lines of which each is a statement of its own."""
    numbers = count(1)

    def line() -> str:
        number, word = next(numbers), ""
        while number:
            number, letter = divmod(number, 26)
            word += chr(ord("a") + letter)
        return f"opened session 17 of q{word}q client 10.0.0.1:4317 {word}w in 12ms"

    return line


def requests(records: int, per_request: int, types: int) -> list[bytes]:
    """Log records of so many statements, of about 170 bytes each."""
    chance = random.Random(7)
    return encoded(records, per_request, lambda: statement(chance.randrange(types), chance))


def encoded(records: int, per_request: int, line: Callable[[], str]) -> list[bytes]:
    """Requests whose records have those lines for bodies."""
    chance = random.Random(11)
    built = []
    for start in range(0, records, per_request):
        request = ExportLogsServiceRequest()
        resource = request.resource_logs.add()
        service = resource.resource.attributes.add()
        service.key, service.value.string_value = "service.name", "bench"
        scope = resource.scope_logs.add()
        scope.scope.name = "bench.logger"
        for number in range(start, min(start + per_request, records)):
            record = scope.log_records.add()
            record.time_unix_nano = 1_700_000_000_000_000_000 + number
            record.severity_number = 9
            record.severity_text = "INFO"
            record.body.string_value = line()
            record.trace_id, record.span_id = chance.randbytes(16), chance.randbytes(8)
            thread = record.attributes.add()
            thread.key, thread.value.string_value = "thread.name", "worker-3"
            place = record.attributes.add()
            place.key, place.value.int_value = "code.line.number", chance.randrange(9999)
        built.append(request.SerializeToString())
    return built
