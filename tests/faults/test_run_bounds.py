"""I4 of the whole process: at a configured bound records are kept and counted, and nothing else happens."""

from __future__ import annotations

from pathlib import Path

from real.otlp import NextHop, Sender, logs
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from traffic import PROBE, teach_probe

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")


def test_beyond_max_event_types_new_types_are_kept_and_counted_and_known_ones_go_on(
    next_hop: NextHop, tmp_path: Path
) -> None:
    config = {"exporters": forwarding_to(next_hop.endpoint), "mining": {"max_event_types": 4}}
    strangers = [f"{word} arrived" for word in WORDS]
    with Sluice(tmp_path, config) as sluice, Sender(sluice.grpc_port) as sender:
        teach_probe(sluice)
        next_hop.arrivals.clear()
        for _ in range(3):
            sender.export(logs(*strangers, PROBE))
        wait_until(lambda: sluice.metrics()("sluice_engine_overflowed_records") == 3 * 7, "what overflowed, counted")
        count = sluice.metrics()

    assert next_hop.bodies == strangers * 3
    assert count("sluice_engine_event_types") == 4
    assert count("sluice_processor_dropped_log_records") == 3


def test_verdicts_of_others_are_taken_up_to_max_event_types_and_the_log_says_what_to_raise(tmp_path: Path) -> None:
    with Sluice(tmp_path, {"exporters": {"nop": {}}, "service": {"instance_id": "before"}}) as sluice:
        with Sender(sluice.grpc_port) as sender:
            for _ in range(3):
                sender.export(logs(*[f"{word} arrived" for word in WORDS[:3]]))
        wait_until(lambda: sluice.metrics()("sluice_classify_judged") == 3, "three verdicts")
        sluice.stop()
        sluice.write({"mining": {"max_event_types": 2}, "service": {"instance_id": "after"}})
        sluice.start()
        assert sluice.metrics()("sluice_verdicts_unusable", origin="store", reason="full") == 1
        assert "mining.max_event_types is 2" in sluice.log()


def test_a_full_queue_refuses_types_counts_them_and_keeps_their_records(next_hop: NextHop, tmp_path: Path) -> None:
    config = {
        "exporters": forwarding_to(next_hop.endpoint),
        "mining": {"settle": "1h"},
        "classification": {"queue": {"max_size": 2}},
    }
    strangers = [f"{word} arrived" for word in WORDS]
    with Sluice(tmp_path, config) as sluice, Sender(sluice.grpc_port) as sender:
        for _ in range(3):
            sender.export(logs(*strangers))
        wait_until(lambda: sluice.metrics()("sluice_classify_queue_refused") == len(WORDS) - 2, "the types refused")
        assert sluice.metrics()("sluice_classify_queue_length") == 2
        assert sluice.status() == 200

    assert next_hop.bodies == strangers * 3
