"""Health and metrics as a prober and a Prometheus see them."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from real.dataplane import DataPlane
from real.otlp import NextHop, Sender, logs
from real.waiting import wait_until
from sluice.admin.health import HealthEndpoint
from sluice.admin.metrics import MetricsEndpoint
from sluice.config.model import Health
from sluice.config.model import MetricsEndpoint as MetricsSettings
from sluice.errors import ConfigError
from sluice.health import HealthBoard
from sluice.telemetry import METRICS, Telemetry


async def get(port: int, path: str) -> tuple[int, str, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, response.headers["Content-Type"], await response.text()


async def health(port: int, path: str = "/") -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.json()


@pytest.mark.parametrize("path", ["/", "/health"])
async def test_ready_only_while_serving(path: str) -> None:
    board = HealthBoard()
    endpoint = HealthEndpoint(Health("127.0.0.1:0"), board)
    await endpoint.start()
    status, state = await health(endpoint.port, path)
    assert (status, state["status"]) == (503, "Server not available")
    board.serving = True
    status, state = await health(endpoint.port, path)
    assert (status, state["status"], state["degraded"], state["notes"]) == (200, "Server available", {}, {})
    assert state["upSince"].endswith("Z")
    await endpoint.stop()


async def test_degraded_is_named_with_its_reason_and_still_ready() -> None:
    board = HealthBoard()
    board.serving = True
    board.degraded("kafka", "localhost:9092 refuses connections")
    board.note("next_hop", "nothing is forwarded")
    endpoint = HealthEndpoint(Health("127.0.0.1:0"), board)
    await endpoint.start()
    status, state = await health(endpoint.port)
    assert status == 200
    assert state["degraded"]["kafka"]["reason"] == "localhost:9092 refuses connections"
    assert state["degraded"]["kafka"]["since"].endswith("Z")
    assert state["notes"] == {"next_hop": "nothing is forwarded"}
    board.healthy("kafka")
    assert (await health(endpoint.port))[1]["degraded"] == {}
    await endpoint.stop()


async def test_metrics_are_named_and_labelled_as_the_collectors(plane: DataPlane, sender: Sender) -> None:
    sender.export(logs("order 17 shipped", "order 18 shipped"))
    endpoint = MetricsEndpoint(MetricsSettings("127.0.0.1:0"), plane.telemetry)
    await endpoint.start()
    status, kind, text = await get(endpoint.port, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=0.0.4")
    lines = text.splitlines()
    assert 'sluice_receiver_accepted_log_records{receiver="otlp",transport="grpc"} 2.0' in lines
    assert 'sluice_exporter_sent_log_records{exporter="otlp_grpc"} 2.0' in lines
    assert 'sluice_processor_dropped_log_records{processor="sluice"} 0.0' in lines
    assert 'sluice_engine_seconds_count{signal="logs"} 1.0' in lines
    assert "# TYPE sluice_receiver_accepted_log_records counter" in lines
    await endpoint.stop()


def test_the_text_is_what_a_prometheus_reads() -> None:
    telemetry = Telemetry()
    awkward = 'a "quoted" \\ line\nbreak'
    telemetry.add("sluice_tasks_failed", 3, task=awkward)
    families = {family.name: family for family in text_string_to_metric_families(telemetry.render().decode())}
    assert {name for name, *_ in METRICS} <= families.keys()
    (sample,) = families["sluice_tasks_failed"].samples
    assert (sample.labels, sample.value) == ({"task": awkward}, 3)
    assert families["sluice_process_memory_rss"].samples[0].value > 1 << 20


def test_time_and_cpu_are_counters_that_go_on_counting() -> None:
    """As in the Collector: a rate of a gauge would mean nothing after a restart."""
    telemetry = Telemetry()
    before = {name: telemetry.value(name) for name in ("sluice_process_uptime", "sluice_process_cpu_seconds")}
    assert telemetry.value("sluice_process_cpu_seconds") > 0
    for name, earlier in before.items():
        wait_until(lambda name=name, earlier=earlier: telemetry.value(name) > earlier, f"{name} to count")
        assert f"# TYPE {name} counter" in telemetry.render().decode().splitlines()


@pytest.mark.parametrize(
    ("build", "key"),
    [
        (lambda at: HealthEndpoint(Health(at), HealthBoard()), "service.health.endpoint"),
        (lambda at: MetricsEndpoint(MetricsSettings(at), Telemetry()), "service.telemetry.metrics.endpoint"),
    ],
)
async def test_a_port_in_use_is_named(build: Any, key: str, next_hop: NextHop) -> None:
    with pytest.raises(ConfigError, match=rf"{key}: .*{next_hop.endpoint}.*address already in use"):
        await build(next_hop.endpoint).start()


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("no.such.host.invalid", "correct the host name, or write an address of this machine"),
        ("203.0.113.7", "cannot assign requested address; write an address of this machine"),
    ],
)
async def test_the_remedy_fits_the_reason(host: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        await HealthEndpoint(Health(f"{host}:23133"), HealthBoard()).start()
    assert f"cannot listen on {host}:23133: " in str(refused.value)
    assert says in str(refused.value)
    assert "stop what uses it" not in str(refused.value)
