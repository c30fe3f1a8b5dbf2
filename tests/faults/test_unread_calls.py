"""I4 of the gRPC receiver: what senders offer at once takes no more memory than the limits allow."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest

from real.otlp import Answer, NextHop, Sender, details, logs
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from sluice import rpc_status

MIB = 1 << 20
CALLS = 200
PLACES = 4
READERS = 16
"""Calls that the receiver reads beyond its places: each may hold a message before it is refused."""

PATIENCE = 600.0
"""Seconds that senders and exporter wait: what has a place keeps it until all the others are answered."""


@pytest.mark.parametrize("connections", [1, CALLS])
def test_calls_beyond_the_places_are_refused_unread(connections: int, next_hop: NextHop, tmp_path: Path) -> None:
    config = {
        "exporters": forwarding_to(next_hop.endpoint, compression="none", timeout=f"{PATIENCE:g}s"),
        "receivers": {"otlp": {"limits": {"requests_in_flight": PLACES}}},
    }
    request = logs("order 17 shipped " + "a" * MIB)
    held = threading.Event()

    def answer(sender: Sender) -> str:
        try:
            sender.export(request, timeout=PATIENCE)
        except grpc.RpcError as error:
            pause = rpc_status.retry_delay(details(error)) if details(error) else None
            return f"{error.code().name}, again after {pause}"
        return "success"

    with Sluice(tmp_path, config) as sluice, ExitStack() as stack:
        senders = [stack.enter_context(Sender(sluice.grpc_port)) for _ in range(connections)]
        for sender in senders:
            assert answer(sender) == "success"
        before = sluice.peak_memory()
        next_hop.arrivals.clear()
        next_hop.answer = Answer(after=held)
        threads = stack.enter_context(ThreadPoolExecutor(CALLS))
        stack.callback(held.set)
        pending = [threads.submit(answer, sender) for sender in senders * (CALLS // connections)]
        wait_until(lambda: sum(call.done() for call in pending) == CALLS - PLACES, "an answer to those without a place")
        grown = sluice.peak_memory() - before
        held.set()
        answers = Counter(call.result() for call in pending)
        count = sluice.metrics()

    assert answers == {"success": PLACES, "UNAVAILABLE, again after 1.0": CALLS - PLACES}
    assert count("sluice_receiver_refused_requests", reason="busy") == CALLS - PLACES
    assert grown < (2 * PLACES + READERS) * MIB + CALLS * (64 << 10) + 24 * MIB
