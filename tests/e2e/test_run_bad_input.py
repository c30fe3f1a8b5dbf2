"""What a user may get wrong: status 2 and one line that names file, key, value and what to do."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest

from real.otlp import NextHop, Sender, logs
from real.sluice import Sluice, forwarding_to, run_command
from real.waiting import wait_until
from traffic import order

TAP = "exporters: {nop: {}}\n"
NO_FILE = os.strerror(errno.ENOENT).lower()


class Wrong(NamedTuple):
    """A configuration and what its line has to name."""

    content: str
    names: tuple[str, ...]


WRONG = {
    "unreadable YAML": Wrong("policy: {mode: tag\n", ("a.yaml:",)),
    "empty file": Wrong("", ("is empty", "exporters")),
    "no mapping": Wrong("- exporters\n", ("not a mapping",)),
    "unknown key": Wrong(TAP + "policy: {mod: tag}\n", ("a.yaml:2:", "policy.mod", "mode")),
    "unknown section": Wrong(TAP + "polices: {}\n", ("a.yaml:2:", "polices", "policy")),
    "wrong type": Wrong(TAP + "mining: {min_records: many}\n", ("a.yaml:2:", "mining.min_records", "many")),
    "wrong value": Wrong(
        TAP + "policy: {mode: dorp}\n", ("a.yaml:2:", "policy.mode", "dorp", "observe", "tag", "drop")
    ),
    "wrong duration": Wrong(TAP + "policy: {lease: 30 days}\n", ("policy.lease", "30 days", "30d")),
    "wrong action": Wrong(
        TAP + "policy: {actions: {heartbeat: limit}}\n", ("policy.actions.heartbeat", "limit", "limit N/m")
    ),
    "unknown category": Wrong(TAP + "policy: {actions: {heartbeats: drop}}\n", ("heartbeats", "heartbeat")),
    "no exporter": Wrong("policy: {mode: tag}\n", ("exporters", "otlp_grpc", "nop")),
    "empty exporters": Wrong("exporters: {}\n", ("exporters", "otlp_grpc", "nop")),
    "two exporters": Wrong("exporters: {nop: {}, otlp_grpc: {endpoint: 'localhost:1'}}\n", ("exporters", "nop")),
    "endpoint without port": Wrong(
        "exporters: {otlp_grpc: {endpoint: localhost}}\n", ("exporters.otlp_grpc.endpoint", "localhost")
    ),
    "missing certificate": Wrong(
        TAP + "receivers: {otlp: {protocols: {grpc: {tls: {cert_file: none.pem, key_file: none.key}}}}}\n",
        ("receivers.otlp.protocols.grpc.tls.cert_file", "none.pem", NO_FILE),
    ),
    "unset variable": Wrong(
        "exporters: {otlp_grpc: {endpoint: '${env:SLUICE_TEST_UNSET}'}}\n",
        ("exporters.otlp_grpc.endpoint", "SLUICE_TEST_UNSET"),
    ),
    "missing secret": Wrong(
        TAP
        + "verdicts: {kafka: {brokers: ['b:1'], sasl: {mechanism: PLAIN, username: u, password: '${file:/no/pw}'}}}\n",
        ("verdicts.kafka.sasl.password", "/no/pw", NO_FILE),
    ),
    "bad mask": Wrong(
        TAP + "mining: {masks: [{name: order, pattern: 'ORD-('}]}\n", ("mining.masks[0].pattern", "ORD-(")
    ),
    "not yet": Wrong(TAP + "policy: {spans: drop}\n", ("policy.spans", "not yet", "observe or tag")),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_configuration_is_one_line_and_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: Wrong
) -> None:
    monkeypatch.delenv("SLUICE_TEST_UNSET", raising=False)
    file = tmp_path / "a.yaml"
    file.write_text(wrong.content)
    command = run_command("run", "-c", str(file), cwd=tmp_path)

    assert (command.returncode, command.stdout) == (2, "")
    [line] = command.stderr.splitlines()
    assert line.startswith(f"sluice: {file}")
    for name in wrong.names:
        assert name in line, line
    assert list(tmp_path.iterdir()) == [file], "nothing was opened"


@pytest.mark.parametrize("path", ["none.yaml", "."], ids=["no file", "a folder"])
def test_a_configuration_that_cannot_be_read_is_one_line(tmp_path: Path, path: str) -> None:
    command = run_command("run", "-c", str(tmp_path / path))

    assert command.returncode == 2
    [line] = command.stderr.splitlines()
    assert str(tmp_path / path) in line
    assert "cannot be read" in line


def test_a_command_without_its_configuration_says_what_is_missing() -> None:
    command = run_command("run")

    assert command.returncode == 2
    [line] = command.stderr.splitlines()
    assert "--config" in line


KEYS = {
    "grpc": "receivers.otlp.protocols.grpc.endpoint",
    "http": "receivers.otlp.protocols.http.endpoint",
    "health": "service.health.endpoint",
    "metrics": "service.telemetry.metrics.endpoint",
}


@pytest.mark.parametrize("which", KEYS)
def test_a_port_in_use_is_one_line_and_nothing_else_is_opened(tmp_path: Path, which: str) -> None:
    sluice = Sluice(tmp_path, {"exporters": {"nop": {}}})
    port = getattr(sluice, f"{which}_port")
    with socket.create_server(("127.0.0.1", port)):
        command = run_command("run", "-c", str(sluice.file))

    assert (command.returncode, command.stdout) == (2, "")
    [line] = command.stderr.splitlines()
    for name in (str(sluice.file), KEYS[which], f"127.0.0.1:{port}", "choose another"):
        assert name in line, line
    assert not sluice.store.exists()


def test_a_second_start_on_the_same_ports_fails_and_leaves_the_first_alone(next_hop: NextHop, tmp_path: Path) -> None:
    config = {"exporters": forwarding_to(next_hop.endpoint)}
    with Sluice(tmp_path, config) as sluice, Sender(sluice.grpc_port) as sender:
        second = run_command("run", "-c", str(sluice.file))
        sender.export(logs(order(1)))
        assert sluice.health().degraded == {}

    assert second.returncode == 2
    assert len(second.stderr.splitlines()) == 1
    assert "127.0.0.1" in second.stderr
    assert next_hop.bodies == [order(1)]


def test_the_same_port_twice_is_found_before_anything_runs(tmp_path: Path) -> None:
    sluice = Sluice(tmp_path, {"exporters": {"nop": {}}})
    sluice.write({"service": {"health": {"endpoint": f"127.0.0.1:{sluice.grpc_port}"}}})
    command = run_command("run", "-c", str(sluice.file))

    assert command.returncode == 2
    [line] = command.stderr.splitlines()
    assert str(sluice.grpc_port) in line


def test_malformed_requests_are_refused_counted_and_harm_no_one(next_hop: NextHop, tmp_path: Path) -> None:
    config = {"exporters": forwarding_to(next_hop.endpoint)}
    with Sluice(tmp_path, config) as sluice, Sender(sluice.grpc_port) as sender:
        for garbage in (b"\xff" * 40, logs(order(1))[:-3], b"\x0a\xff\xff\xff\xff\x0f"):
            with pytest.raises(grpc.RpcError) as refused:
                sender.export(garbage)
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        sender.export(logs(order(2)))
        wait_until(lambda: next_hop.bodies, "the order")
        count = sluice.metrics()

    assert next_hop.bodies == [order(2)]
    assert count("sluice_receiver_refused_requests", reason="malformed") == 3
    assert count("sluice_receiver_accepted_log_records") == 1
