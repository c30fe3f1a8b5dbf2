"""What a restart costs: nothing that was judged is asked again, and nothing waits for its verdict to come back."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from real.otlp import NextHop, Sender, logs
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from traffic import PROBE, listed, order, teach_probe


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_the_first_request_after_a_restart_is_decided_and_nobody_is_asked_again(
    next_hop: NextHop, tmp_path: Path, end: str
) -> None:
    with Sluice(tmp_path, {"exporters": forwarding_to(next_hop.endpoint)}) as sluice:
        teach_probe(sluice)
        listed(sluice, 1)
        getattr(sluice, end)()
        next_hop.arrivals.clear()
        sluice.start()
        with Sender(sluice.grpc_port) as sender:
            for number in range(5):
                sender.export(logs(PROBE, order(number)))
        wait_until(lambda: sluice.metrics()("sluice_classify_judged"), "the orders judged")
        wait_until(lambda: not sluice.metrics()("sluice_classify_queue_length"), "an empty queue")
        count = sluice.metrics()

    assert next_hop.bodies == [order(number) for number in range(5)]
    assert count("sluice_classify_judged") == 1, "the orders alone"
    assert count("sluice_classify_judged", category="health_check") == 0


def test_what_was_counted_until_an_orderly_stop_counts_after_it(next_hop: NextHop, tmp_path: Path) -> None:
    """A type is rare until it has had so many records in a day, whichever run of the process has seen them."""
    config = {"exporters": forwarding_to(next_hop.endpoint), "policy": {"rare_per_day": 8}}
    with Sluice(tmp_path, config) as sluice:
        teach_probe(sluice)
        with Sender(sluice.grpc_port) as sender:
            sender.export(logs(*[PROBE] * 2))
        sluice.stop()
        sluice.start()
        with Sender(sluice.grpc_port) as sender:
            sender.export(logs(*[PROBE] * 3))
        wait_until(lambda: sluice.metrics()("sluice_verdicts", action="drop") == 1, "a type that is rare no more")
    assert next_hop.bodies == [PROBE] * 8


def test_it_is_healthy_only_when_it_serves(next_hop: NextHop, tmp_path: Path) -> None:
    """Another process holds the store, so that there is a time between start and readiness. It waits two seconds for
    it, which is too short for every look: it is stopped as soon as it has said that it is not ready."""
    sluice = Sluice(tmp_path, {"exporters": forwarding_to(next_hop.endpoint)})
    with sluice:
        sluice.stop()
        with sqlite3.connect(sluice.store) as other:
            other.execute("BEGIN IMMEDIATE")
            sluice.launch()
            wait_until(lambda: sluice.status() == 503, "a word that it is not ready")
            sluice.signal(signal.SIGSTOP)
            assert not serving(sluice.grpc_port)
        other.close()
        sluice.signal(signal.SIGCONT)
        wait_until(lambda: sluice.status() == 200, "health")
        assert serving(sluice.grpc_port)
        with Sender(sluice.grpc_port) as sender:
            sender.export(logs(order(1)))
    assert next_hop.bodies == [order(1)]
    assert sluice.status() is None


def serving(port: int) -> bool:
    """What grpc.health.v1 says; False while nobody listens."""
    with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.use_local_subchannel_pool", 1)]) as channel:
        try:
            answer = HealthStub(channel).Check(HealthCheckRequest(), timeout=30)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False
        return answer.status == HealthCheckResponse.SERVING
