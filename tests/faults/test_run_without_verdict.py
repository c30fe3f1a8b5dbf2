"""I2 of the whole process: a record without a verdict that is valid now is kept."""

from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec

from real.otlp import NextHop, Sender, logs
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from sluice.verdicts.store import Store
from sluice.verdicts.times import rfc3339
from stored import with_store
from traffic import PROBE, listed, teach_probe


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
    """It may be renewed once: what was dropped shows that the type is still seen."""
    with Sluice(tmp_path, to(next_hop, lease="10s")) as sluice:
        teach_probe(sluice)
        send(sluice)
        assert next_hop.bodies == [PROBE] * 3
        wait_until(lambda: sluice.metrics()("sluice_verdicts") == 1, "the verdict in the metrics")
        wait_until(lambda: sluice.metrics()("sluice_verdicts") == 0, "the end of the lease", within=120)
        send(sluice)
    assert next_hop.bodies == [PROBE] * 4


def test_a_lease_that_ended_while_the_process_was_down_is_not_taken_up_again(next_hop: NextHop, tmp_path: Path) -> None:
    with Sluice(tmp_path, to(next_hop, lease="1h")) as sluice:
        teach_probe(sluice)
        listed(sluice, 1)
        sluice.stop()
        end_leases(sluice.store)
        sluice.start()
        send(sluice)
    assert next_hop.bodies == [PROBE] * 4


def end_leases(path: Path) -> None:
    """As if the time had come for every verdict of the store."""
    now = rfc3339(int(time.time() * 1000) - 1)

    async def end(store: Store) -> None:
        async for page in store.verdicts():
            for row in page:
                assert row.value is not None
                ended = {**json.loads(row.value), "expires_at": now}
                assert store.save(msgspec.structs.replace(row, value=json.dumps(ended).encode()))
        await store.flush()

    with_store(path, end)


def send(sluice: Sluice) -> None:
    with Sender(sluice.grpc_port) as sender:
        sender.export(logs(PROBE))
