"""I2 of the whole process: a record without a verdict that is valid now is kept."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

from real.otlp import NextHop, Sender, logs
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from traffic import PROBE, teach_probe


def to(next_hop: NextHop, **policy: object) -> dict[str, object]:
    return {"exporters": forwarding_to(next_hop.endpoint), "policy": policy}


def test_a_type_in_probation_is_kept(next_hop: NextHop, tmp_path: Path) -> None:
    with Sluice(tmp_path, to(next_hop, probation="1h")) as sluice:
        teach_probe(sluice)
        wait_until(lambda: sluice.metrics()("sluice_verdicts", action="drop") == 1, "the verdict in the metrics")
        send(sluice)
    assert next_hop.bodies == [PROBE] * 4


def test_a_rare_type_is_kept_until_it_is_rare_no_more(next_hop: NextHop, tmp_path: Path) -> None:
    with Sluice(tmp_path, to(next_hop, rare_per_day=10)) as sluice, Sender(sluice.grpc_port) as sender:
        teach_probe(sluice)
        wait_until(lambda: sluice.metrics()("sluice_verdicts_guarded", guard="rarity") == 1, "the guard in the metrics")
        send(sluice)
        assert next_hop.bodies == [PROBE] * 4
        sender.export(logs(*[PROBE] * 6))
        wait_until(lambda: sluice.metrics()("sluice_verdicts", action="drop") == 1, "a type that is rare no more")
        send(sluice)
    assert next_hop.bodies == [PROBE] * 10


def test_a_lease_that_ends_is_over_at_once(next_hop: NextHop, tmp_path: Path) -> None:
    with Sluice(tmp_path, to(next_hop, lease="3s")) as sluice:
        teach_probe(sluice)
        send(sluice)
        assert next_hop.bodies == [PROBE] * 3
        wait_until(lambda: rows(sluice) == [], "the end of the lease")
        send(sluice)
    assert next_hop.bodies == [PROBE] * 4


def test_a_lease_that_ended_while_the_process_was_down_is_not_taken_up_again(next_hop: NextHop, tmp_path: Path) -> None:
    with Sluice(tmp_path, to(next_hop, lease="2s")) as sluice:
        teach_probe(sluice)
        wait_until(lambda: rows(sluice), "the verdict in the store")
        sluice.stop()
        [row] = rows(sluice)
        ends = datetime.fromisoformat(row["verdict"]["expires_at"]).timestamp()
        wait_until(lambda: time.time() > ends, "the end of the lease")
        sluice.start()
        send(sluice)
    assert next_hop.bodies == [PROBE] * 4


def send(sluice: Sluice) -> None:
    with Sender(sluice.grpc_port) as sender:
        sender.export(logs(PROBE))


def rows(sluice: Sluice) -> list[dict[str, dict[str, str]]]:
    listed: list[dict[str, dict[str, str]]] = json.loads(sluice.command("verdicts", "list", "--json").stdout)
    return listed
