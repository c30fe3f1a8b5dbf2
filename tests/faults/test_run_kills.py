"""I1 and I5 of the whole process: whatever is killed under load, no acknowledged order is missing."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import grpc
import pytest

from real.otlp import Answer, NextHop, Sender, logs
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from traffic import PROBE, Load, order, teach_probe


def to(next_hop: NextHop) -> dict[str, object]:
    return {"exporters": forwarding_to(next_hop.endpoint)}


def test_killing_the_process_again_and_again_loses_nothing_that_was_acknowledged(
    next_hop: NextHop, tmp_path: Path
) -> None:
    with Sluice(tmp_path, to(next_hop)) as sluice:
        teach_probe(sluice)
        with Load(sluice) as load:
            for _ in range(3):
                load.wait_for_acked(50)
                sluice.kill()
                load.wait_for_refused(5)
                sluice.start()
            load.wait_for_acked(50)
    assert load.acked <= set(next_hop.bodies)


def test_killing_the_next_hop_again_and_again_loses_nothing_and_every_item_is_counted_once(
    next_hop: NextHop, tmp_path: Path
) -> None:
    with Sluice(tmp_path, to(next_hop)) as sluice:
        teach_probe(sluice)
        taught = next_hop.bodies.count(PROBE)
        with Load(sluice) as load:
            for _ in range(3):
                load.wait_for_acked(50)
                next_hop.kill()
                load.wait_for_refused(5)
                next_hop.start()
            load.wait_for_acked(50)
        count = sluice.metrics()

    assert load.acked <= set(next_hop.bodies)
    assert count("sluice_receiver_accepted_log_records") == taught + 2 * len(load.acked)
    assert count("sluice_receiver_refused_log_records") == 2 * len(load.refused)
    assert count("sluice_exporter_sent_log_records") == taught + len(load.acked)
    assert count("sluice_exporter_send_failed_log_records") == len(load.refused)
    assert count("sluice_processor_dropped_log_records") == len(load.acked)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_a_signal_under_load_ends_it_in_order_and_loses_nothing(
    next_hop: NextHop, tmp_path: Path, how: signal.Signals
) -> None:
    with Sluice(tmp_path, to(next_hop)) as sluice:
        teach_probe(sluice)
        with Load(sluice) as load:
            load.wait_for_acked(100)
            sluice.stop(how)
            load.wait_for_refused(5)
    assert load.acked <= set(next_hop.bodies)


def test_a_second_signal_ends_it_at_once(next_hop: NextHop, tmp_path: Path) -> None:
    """The first waits for a request that the next hop does not answer."""
    next_hop.answer = Answer(after=threading.Event())
    config = {"exporters": forwarding_to(next_hop.endpoint, timeout="600s")}
    sluice = Sluice(tmp_path, config)
    with sluice, Sender(sluice.grpc_port) as sender:
        waiting = sender.begin(logs(order(1)), timeout=600.0)
        next_hop.wait_for(1)
        sluice.signal(signal.SIGTERM)
        wait_until(lambda: "once more ends at once" in sluice.log(), "the drain")
        sluice.signal(signal.SIGTERM)
        assert sluice.ended() == 1
        assert isinstance(waiting.exception(), grpc.RpcError)
