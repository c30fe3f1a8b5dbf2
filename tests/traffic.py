"""What a shop sends: known waste, known worth, and senders that keep book of what was acknowledged."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

import grpc

from otlp_messages import CONTAINERS, REQUESTS, TAGS_FIELD
from real.otlp import Sender, logs, metrics, spans
from real.sluice import Sluice
from real.waiting import wait_until
from sluice.engine import Signal

PROBE = "GET /healthz 200"
"""health_check with high confidence: `drop` by default."""
WASTE_METRIC = "scrape_duration_seconds"
"""instrumentation: `drop` by default."""
PAUSE = 0.02
"""Seconds between two requests of a sender that was refused: a kindness to the machine, nothing depends on it."""


def order(number: int, sender: str = "a") -> str:
    """A business event: kept by default."""
    return f"order {sender} {number} shipped"


def judged(sluice: Sluice, types: int) -> None:
    """Waits until so many event types were judged since its start; their decisions are then in force."""
    wait_until(lambda: sluice.metrics()("sluice_classify_judged") >= types, f"{types} event types judged")


def listed(sluice: Sluice, types: int, *arguments: str) -> list[dict[str, Any]]:
    """The rows of `verdicts list` once there are so many: a verdict is in force a moment before it is in the store."""
    rows: list[dict[str, Any]] = []

    def told() -> bool:
        rows[:] = json.loads(sluice.command("verdicts", "list", "--json", *arguments).stdout)
        return len(rows) == types

    wait_until(told, f"{types} event types listed")
    return rows


def teach(sluice: Sluice, *requests: tuple[Signal, bytes]) -> None:
    """Sends each request three times, so that its types are judged; returns when they are in force.

    The requests have one event type each, and none that was seen before.
    """
    before = sluice.metrics()("sluice_classify_judged")
    with Sender(sluice.grpc_port) as sender:
        for signal, request in requests:
            for _ in range(3):
                sender.export(request, signal)
    judged(sluice, before + len(requests))


def teach_probe(sluice: Sluice) -> None:
    teach(sluice, (Signal.LOGS, logs(PROBE)))


def waste_of_each_signal() -> list[tuple[Signal, bytes]]:
    """One event type a signal."""
    return [
        (Signal.LOGS, logs(PROBE)),
        (Signal.METRICS, metrics(WASTE_METRIC, 1)),
        (Signal.SPANS, spans(PROBE)),
    ]


def records(signal: Signal, *requests: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """Each record with its resource and its scope; the bytes are equal when the messages are."""
    return [
        (_bytes(group.resource), _bytes(scope.scope), _bytes(record))
        for group, scope, record in _walk(signal, requests)
    ]


def messages(signal: Signal, *requests: bytes) -> list[Any]:
    """The records themselves."""
    return [record for _, _, record in _walk(signal, requests)]


def tags(signal: Signal, record: Any) -> dict[str, str]:
    """What Sluice wrote on a record, without the prefix `sluice.`; values as text."""
    pairs = getattr(record, TAGS_FIELD[signal])
    return {
        pair.key.removeprefix("sluice."): str(getattr(pair.value, pair.value.WhichOneof("value")))
        for pair in pairs
        if pair.key.startswith("sluice.")
    }


def untag(signal: Signal, request: bytes) -> bytes:
    """The request without what Sluice wrote on its records."""
    message = REQUESTS[signal].FromString(request)
    for _, _, record in _walk_message(signal, message):
        pairs = getattr(record, TAGS_FIELD[signal])
        for position in reversed(range(len(pairs))):
            if pairs[position].key.startswith("sluice."):
                del pairs[position]
    return bytes(message.SerializeToString())


class Load:
    """Senders that send a numbered order and a probe in each request, until told to stop, whatever the answers are.

    `acked` and `refused` hold the orders by the answer that their request had; a request without an answer is
    refused: its sender would send it again.
    """

    def __init__(self, sluice: Sluice, senders: int = 4) -> None:
        self.acked: set[str] = set()
        self.refused: set[str] = set()
        self._port = sluice.grpc_port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(f"s{number}",)) for number in range(senders)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_acked(self, more: int) -> None:
        wait_until(_grown(self.acked, more), f"{more} more orders acknowledged")

    def wait_for_refused(self, more: int) -> None:
        wait_until(_grown(self.refused, more), f"{more} more orders refused")

    def _send(self, name: str) -> None:
        numbers = itertools.count(1)
        while not self._stop.is_set():
            # A new channel after each failure: one that has lost its server waits for seconds before it tries again.
            with Sender(self._port) as sender:
                self._send_until_refused(sender, name, numbers)
            self._stop.wait(PAUSE)

    def _send_until_refused(self, sender: Sender, name: str, numbers: Iterable[int]) -> None:
        for number in numbers:
            if self._stop.is_set():
                return
            body = order(number, name)
            try:
                sender.export(logs(PROBE, body))
            except grpc.RpcError:
                self.refused.add(body)
                return
            self.acked.add(body)


def _grown(orders: set[str], by: int) -> Callable[[], bool]:
    goal = len(orders) + by
    return lambda: len(orders) >= goal


def _walk(signal: Signal, requests: Iterable[bytes]) -> Iterator[tuple[Any, Any, Any]]:
    for request in requests:
        yield from _walk_message(signal, REQUESTS[signal].FromString(request))


def _walk_message(signal: Signal, message: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Resource group, scope group and record of each record."""
    outer, middle, inner = CONTAINERS[signal]
    for group in getattr(message, outer):
        for scope in getattr(group, middle):
            for record in getattr(scope, inner):
                yield group, scope, record


def _bytes(message: Any) -> bytes:
    return bytes(message.SerializeToString(deterministic=True))
