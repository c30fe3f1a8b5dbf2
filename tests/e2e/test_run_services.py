"""`sluice run` describes services: by rules, by a model, once among replicas; `sluice services` reads it."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from frames import asking, sharing
from honest import is_of_a_service
from kafka_peers import own_topics
from real.kafka import Kafka
from real.models import Asked, ModelServer
from real.otlp import Sender, logs
from real.sluice import Sluice, run_command
from real.waiting import wait_until
from replicas import can_claim

LINES = [
    f"{first} alpha {then} to <desk>"
    for first, then in (
        ("order", "shipped"),
        ("parcel", "brought"),
        ("voucher", "sent"),
        ("basket", "moved"),
        ("refund", "paid"),
    )
]
SECRET = "canary-7f3a-of-a-sample"


def send(sluice: Sluice, *lines: str, service: str = "shop") -> None:
    with Sender(sluice.grpc_port) as sender:
        for number in range(3):
            sender.export(logs(*lines, f"customer id={number}{SECRET} came", service=service))


def described(sluice: Sluice, services: int = 1) -> None:
    wait_until(lambda: sluice.metrics()("sluice_services") == services, f"{services} services described")


def of_services(model: ModelServer) -> list[Asked]:
    return [asked for asked in list(model.asked) if is_of_a_service(asked)]


def listed(services: int, *arguments: str) -> list[dict[str, Any]]:
    """The rows of `services list` once there are so many: what is known is in the store a moment later."""
    rows: list[dict[str, Any]] = []

    def told() -> bool:
        command = run_command("services", "list", "--json", *arguments)
        assert (command.returncode, command.stderr) == (0, "")
        rows[:] = json.loads(command.stdout)
        return len(rows) == services

    wait_until(told, f"{services} services listed")
    return rows


def test_rules_describe_a_service_and_the_commands_show_it(tmp_path: Path) -> None:
    with Sluice(tmp_path, {"exporters": {"nop": {}}}) as sluice:
        send(sluice, *LINES, service="postgresql")
        send(sluice, *LINES, service="mail-worker")
        described(sluice, 2)
        rows = listed(2, "-c", str(sluice.file))
        assert [(row["service"]["name"], row["kind"], row["recognised_by"]) for row in rows] == [
            ("mail-worker", "worker", "rule"),
            ("postgresql", "database", "rule"),
        ]
    assert listed(2, "--store", str(sluice.store)) == rows
    table = run_command("services", "list", "--store", str(sluice.store)).stdout
    assert table.splitlines()[-1] == "2 services"
    shown = run_command("services", "show", "postgresql", "--store", str(sluice.store)).stdout
    assert "database; stores and queries data" in shown
    missing = run_command("services", "show", "nobody", "--store", str(sluice.store))
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "sluice: no service is called nobody: see `sluice services list`\n"
    with sluice:
        described(sluice, 2)
        assert sluice.metrics()("sluice_services_described") == 0, "known from the store"
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("*.db*"))


@pytest.mark.usefixtures("one_utc_day")
@pytest.mark.parametrize("wire", ["anthropic", "openai"])
def test_a_model_describes_a_service_and_is_told_so_when_it_judges(
    tmp_path: Path, model: ModelServer, wire: str
) -> None:
    with Sluice(tmp_path, {"exporters": {"nop": {}}, **asking(model, wire)}) as sluice:
        send(sluice, *LINES)
        described(sluice)
        [asked] = of_services(model)
        assert 'service "shop"' in asked.content
        assert "order alpha shipped" in asked.content
        assert SECRET not in asked.content
        [row] = listed(1, "-c", str(sluice.file))
        assert (row["kind"], row["description"]) == ("web_api", "sells things to people")
        assert (row["recognised_by"], row["provider"]) == ("llm", wire)
        assert (row["responsibilities"], row["dependencies"]) == (["takes orders"], ["order desk"])
        send(sluice, "gazette printed for the desk")
        wait_until(lambda: any("gazette" in each.content for each in list(model.asked)), "the next type asked about")
        [later] = [each for each in list(model.asked) if "gazette" in each.content]
        assert 'Service "shop: sells things to people"' in later.content

        def counted() -> bool:
            """Until the last call has ended, what it may cost is among today's."""
            metrics = sluice.metrics()
            return metrics("sluice_classify_tokens_today") == metrics("sluice_classify_tokens") > 0

        wait_until(counted, "every token counted")
    assert len(of_services(model)) == 1


async def test_replicas_describe_a_service_once_in_all(kafka: Kafka, model: ModelServer, tmp_path: Path) -> None:
    topics = own_topics()
    await kafka.create(topics.claims)
    frame = {"exporters": {"nop": {}}, **asking(model), **sharing(kafka, topics)}
    replicas = [Sluice(tmp_path, {**frame, "service": {"instance_id": name}}, name=name) for name in ("one", "two")]
    with replicas[0], replicas[1]:
        can_claim(*replicas)
        senders = [Thread(target=send, args=(sluice, *LINES)) for sluice in replicas]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        for sluice in replicas:
            described(sluice)
        assert len(of_services(model)) == 1
        assert sum(sluice.metrics()("sluice_services_described") for sluice in replicas) == 1
        rows = [listed(1, "-c", str(sluice.file)) for sluice in replicas]
        assert rows[0] == rows[1]
        for sluice in replicas:
            wait_until(lambda sluice=sluice: listed(1, "--store", str(sluice.store)) == rows[0], "in every store")
    [(key, value)] = await kafka.read(topics.services)
    assert key == "/shop"
    assert value is not None
    assert SECRET.encode() not in value
    assert (await kafka.config(topics.services))["cleanup.policy"] == "compact"
