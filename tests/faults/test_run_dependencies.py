"""I3 of the whole process: trouble beside the path of the data is said in health and costs ingest nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import grpc
import pytest

from real.otlp import NextHop, Sender, logs
from real.ports import free_port
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from sluice.engine import Signal
from traffic import PROBE, listed, order, teach, teach_probe


def to(next_hop: NextHop, **sections: object) -> dict[str, object]:
    return {"exporters": forwarding_to(next_hop.endpoint), **sections}


def passes(sluice: Sluice, next_hop: NextHop, body: str) -> bool:
    """Sends one record and tells whether it reached the next hop."""
    before = len(next_hop.arrivals)
    with Sender(sluice.grpc_port) as sender:
        sender.export(logs(body))
    return len(next_hop.arrivals) > before


def trouble(sluice: Sluice, part: str) -> str:
    """Why a part is degraded, empty when it is not. Ingest is healthy in either case."""
    health = sluice.health()
    assert health.status == 200
    return health.degraded.get(part, {}).get("reason", "")


@pytest.mark.parametrize("place", ["missing/sluice.db", "/proc/sluice.db", "."], ids=["missing", "read-only", "folder"])
def test_a_store_that_cannot_be_opened_is_named_and_verdicts_live_in_memory(
    next_hop: NextHop, tmp_path: Path, place: str
) -> None:
    path = str(tmp_path / place)
    with Sluice(tmp_path, to(next_hop, verdicts={"store": {"path": path}})) as sluice:
        assert path in trouble(sluice, "store")
        assert any(line["level"] == "warn" and path in line["msg"] for line in sluice.messages())
        teach_probe(sluice)
        assert passes(sluice, next_hop, order(1))
        assert not passes(sluice, next_hop, PROBE)


def test_a_store_that_another_process_holds_delays_nothing_and_is_written_later(
    next_hop: NextHop, tmp_path: Path
) -> None:
    with Sluice(tmp_path, to(next_hop)) as sluice:
        with closing(sqlite3.connect(sluice.store)) as other:
            other.execute("BEGIN IMMEDIATE")
            teach_probe(sluice)
            assert passes(sluice, next_hop, order(1))
            assert not passes(sluice, next_hop, PROBE)
            wait_until(lambda: str(sluice.store) in trouble(sluice, "store"), "a degraded store")
            assert "sluice_store_failures" in sluice.metrics_text()
        wait_until(lambda: not trouble(sluice, "store"), "a healthy store")
        listed(sluice, 1, "--category", "health_check")


def test_a_corrupt_store_is_set_aside_and_begun_anew_loudly(next_hop: NextHop, tmp_path: Path) -> None:
    garbage = b"this was a database once" * 1000
    sluice = Sluice(tmp_path, to(next_hop))
    sluice.store.write_bytes(garbage)
    with sluice:
        assert [path.read_bytes() for path in tmp_path.glob("sluice.db.corrupt-*")] == [garbage]
        assert any(line["level"] == "error" and "corrupt" in line["msg"] for line in sluice.messages())
        teach_probe(sluice)
        listed(sluice, 1, "--category", "health_check")
        assert passes(sluice, next_hop, order(1))
        assert not passes(sluice, next_hop, PROBE)


def test_a_next_hop_that_is_not_there_yet_is_named_and_the_sender_told(tmp_path: Path) -> None:
    next_hop = NextHop(port=free_port())
    with Sluice(tmp_path, to(next_hop)) as sluice, Sender(sluice.grpc_port) as sender:
        wait_until(lambda: next_hop.endpoint in trouble(sluice, "next_hop"), "a degraded next hop")
        with pytest.raises(grpc.RpcError) as refused:
            sender.export(logs(order(1)))
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        next_hop.start()
        try:
            wait_until(lambda: not trouble(sluice, "next_hop"), "a healthy next hop")
            sender.export(logs(order(2)))
        finally:
            next_hop.kill()
    assert next_hop.bodies == [order(2)]


def test_a_broker_that_cannot_be_reached_is_named_and_costs_ingest_nothing(next_hop: NextHop, tmp_path: Path) -> None:
    broker = f"127.0.0.1:{free_port()}"
    with Sluice(tmp_path, to(next_hop, verdicts={"kafka": {"brokers": [broker]}})) as sluice:
        wait_until(lambda: broker in trouble(sluice, "kafka"), "a degraded Kafka")
        assert any(line["level"] == "warn" and broker in line["msg"] for line in sluice.messages())
        teach_probe(sluice)
        assert passes(sluice, next_hop, order(1))
        assert not passes(sluice, next_hop, PROBE)
        wait_until(lambda: sluice.metrics()("sluice_kafka_outbox") == 1, "the verdict in the outbox")


def test_all_of_it_at_once(tmp_path: Path) -> None:
    """The worst start there is: no store, no broker, no next hop. It says all three, and takes requests."""
    next_hop = NextHop(port=free_port())
    verdicts = {"store": {"path": "/proc/sluice.db"}, "kafka": {"brokers": [f"127.0.0.1:{free_port()}"]}}
    with Sluice(tmp_path, to(next_hop, verdicts=verdicts)) as sluice:
        wait_until(lambda: set(sluice.health().degraded) == {"store", "kafka", "next_hop"}, "three degraded parts")
        with Sender(sluice.grpc_port) as sender, pytest.raises(grpc.RpcError) as refused:
            sender.export(logs(order(1)))
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_tap_says_that_it_forwards_nothing(tmp_path: Path) -> None:
    with Sluice(tmp_path, {"exporters": {"nop": {}}}) as sluice:
        teach(sluice, (Signal.LOGS, logs(PROBE)))
        health = sluice.health()
        assert health.degraded == {}
        assert "not forwarded" in health.notes["next_hop"]
        assert sluice.metrics()("sluice_exporter_sent_log_records", exporter="nop") == 3
    assert any("not forwarded" in line["msg"] for line in sluice.messages())
