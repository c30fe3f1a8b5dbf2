"""Two processes with policies of their own on one real broker: facts are shared, decisions are not."""

from __future__ import annotations

import itertools
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from frames import sharing
from real.kafka import Kafka
from real.otlp import Sender, logs
from real.sluice import run_command
from real.waiting import wait_until
from replicas import Replica, at_rest
from sluice.config.model import Topics
from sluice.engine import Signal
from traffic import PROBE, teach, teach_probe

HEARTBEAT = "heartbeat 1 sent"
LINES = (PROBE, HEARTBEAT)


def replica(
    directory: Path, name: str, kafka: Kafka, topics: Topics, *, judges: bool = True, **actions: str
) -> Replica:
    """One that does not judge knows only what the topic says."""
    mining = {"settle": 0 if judges else "1d"}
    return Replica(directory, name, {"mining": mining, "policy": {"actions": actions}, **sharing(kafka, topics)})


@pytest.fixture
def one(kafka: Kafka, topics: Topics, tmp_path: Path) -> Iterator[Replica]:
    """Drops probes and keeps heartbeats."""
    made = replica(tmp_path, "one", kafka, topics, health_check="drop", heartbeat="keep")
    with made.sluice:
        yield made
    made.end()


@pytest.fixture
def other(kafka: Kafka, topics: Topics, tmp_path: Path) -> Iterator[Replica]:
    """Keeps probes and drops heartbeats."""
    made = replica(tmp_path, "other", kafka, topics, health_check="keep", heartbeat="drop")
    with made.sluice:
        yield made
    made.end()


async def test_facts_and_overrides_of_one_take_effect_in_the_other_by_its_own_policy(
    kafka: Kafka, topics: Topics, one: Replica, other: Replica
) -> None:
    teach_probe(one.sluice)
    other.knows("keep", 1)
    teach(other.sluice, (Signal.LOGS, logs(HEARTBEAT)))
    one.knows("keep", 1)

    assert not one.passes(PROBE)
    assert other.passes(PROBE)
    assert one.passes(HEARTBEAT)
    assert not other.passes(HEARTBEAT)
    assert [replica.sluice.metrics()("sluice_classify_judged") for replica in (one, other)] == [1, 1]
    await at_rest(kafka, topics, LINES, one, other)

    rows = json.loads(one.sluice.command("verdicts", "list", "--json").stdout)
    fingerprints = {row["verdict"]["category"]: row["fingerprint"] for row in rows}
    for arguments in (("revoke", fingerprints["health_check"]), ("set", fingerprints["heartbeat"], "drop")):
        command = one.sluice.command("verdicts", *arguments)
        assert (command.returncode, command.stderr) == (0, "")
    for replica in (one, other):
        wait_until(lambda replica=replica: replica.passes(PROBE), "the probe kept by all")
        wait_until(lambda replica=replica: not replica.passes(HEARTBEAT), "the heartbeat dropped by all")
    await at_rest(kafka, topics, LINES, one, other)

    for fingerprint in fingerprints.values():
        command = other.sluice.command("verdicts", "set", fingerprint, "auto")
        assert (command.returncode, command.stderr) == (0, "")
    wait_until(lambda: not one.passes(PROBE) and one.passes(HEARTBEAT), "the policy of one again")
    wait_until(lambda: other.passes(PROBE) and not other.passes(HEARTBEAT), "the policy of the other again")
    await at_rest(kafka, topics, LINES, one, other)

    values = dict(await kafka.read(topics.verdicts))
    shown = {key: json.loads(value) for key, value in values.items() if value is not None}
    assert {(value["source"]["instance"], value["category"], value["action"]) for value in shown.values()} == {
        ("one", "health_check", "drop"),
        ("other", "heartbeat", "drop"),
    }
    assert set(dict(await kafka.read(topics.overrides)).values()) == {None}
    assert [replica.sluice.metrics()("sluice_classify_judged") for replica in (one, other)] == [1, 1], "nobody asked"
    for topic in (topics.verdicts, topics.overrides):
        assert (await kafka.config(topic))["cleanup.policy"] == "compact"


async def test_a_new_replica_takes_over_what_the_topic_says_and_asks_nothing(
    kafka: Kafka, topics: Topics, one: Replica, tmp_path: Path
) -> None:
    teach_probe(one.sluice)
    wait_until(lambda: one.sluice.metrics()("sluice_kafka_published"), "the verdict published")
    late = replica(tmp_path, "late", kafka, topics)
    with late.sluice:
        late.knows("drop", 1)
        assert not late.passes(PROBE)
        assert late.sluice.metrics()("sluice_classify_judged") == 0
    late.end()


POISON: tuple[tuple[dict[str, Any] | bytes, str], ...] = (
    (b"{not json", "json"),
    ({"schema": 99}, "schema"),
    ({"action": "incinerate"}, "action"),
    ({"category": "made_up"}, "category"),
    ({"fingerprint": "0" * 32}, "fingerprint"),
    ({"skeleton": "another <*>"}, "refused"),
)
"""What is changed in a verdict, or all of it, and the reason under which it is counted."""


async def test_a_verdict_that_cannot_be_used_withdraws_its_keys_and_is_counted(
    kafka: Kafka, topics: Topics, tmp_path: Path
) -> None:
    """The facts are another replica's: for its own facts a writer puts right what the topic shows."""
    writer = replica(tmp_path, "writer", kafka, topics)
    reader = replica(tmp_path, "reader", kafka, topics, judges=False)
    with writer.sluice:
        teach_probe(writer.sluice)
        wait_until(lambda: writer.sluice.metrics()("sluice_kafka_published"), "the verdict published")
    (key, value), *_ = await kafka.read(topics.verdicts)
    assert value is not None
    verdict = json.loads(value)
    version = itertools.count(10)

    def next_version(**changes: object) -> bytes:
        return json.dumps({**verdict, "version": next(version), **changes}).encode()

    with reader.sluice:
        wait_until(lambda: not reader.passes(PROBE), "the verdict of the other in force")
        for change, reason in POISON:
            poison = change if isinstance(change, bytes) else next_version(**change)
            await kafka.produce(topics.verdicts, [(key, poison)])
            wait_until(lambda: reader.passes(PROBE), f"the probe kept: {reason}")
            assert reader.sluice.metrics()("sluice_verdicts_unusable", reason=reason) == 1
            await kafka.produce(topics.verdicts, [(key, next_version())])
            wait_until(lambda: not reader.passes(PROBE), f"the probe dropped again after: {reason}")
        read = reader.sluice.metrics()("sluice_kafka_read")
        await kafka.produce(topics.verdicts, [(key, next_version(version=3, confidence="low"))])
        wait_until(lambda: reader.sluice.metrics()("sluice_kafka_read") == read + 1, "the older version read")
        assert not reader.passes(PROBE), "an older version is ignored"
        assert reader.sluice.metrics()("sluice_verdicts_unusable") == len(POISON)
    for each in (writer, reader):
        each.end()


async def test_a_poisoned_verdict_cannot_talk_an_error_out_of_its_guard(
    kafka: Kafka, topics: Topics, tmp_path: Path
) -> None:
    """It calls an error record's type harmless, under the fingerprint that the type has here."""
    writer = replica(tmp_path, "writer", kafka, topics)
    reader = replica(tmp_path, "reader", kafka, topics, judges=False)
    request = ExportLogsServiceRequest.FromString(logs("disk sda1 failed"))
    request.resource_logs[0].scope_logs[0].log_records[0].severity_number = 17  # type: ignore[assignment]
    error = request.SerializeToString()
    with writer.sluice:
        teach(writer.sluice, (Signal.LOGS, error))
        wait_until(lambda: writer.sluice.metrics()("sluice_kafka_published"), "the verdict published")
    (key, value), *_ = await kafka.read(topics.verdicts)
    assert value is not None
    harmless = {"severity": "debug", "category": "debug_noise", "confidence": "high", "action": "drop"}
    with reader.sluice, Sender(reader.sluice.grpc_port) as sender:
        reader.knows("keep", 1)
        sender.export(error)
        poison = json.dumps({**json.loads(value), **harmless, "version": 9}).encode()
        await kafka.produce(topics.verdicts, [(key, poison)])
        wait_until(lambda: reader.sluice.metrics()("sluice_verdicts_unusable", reason="refused"), "the value refused")
        sender.export(error)
    assert reader.next_hop.requests == [error, error]
    for each in (writer, reader):
        each.end()


async def test_the_commands_tell_of_each_replica_what_it_does_itself(
    kafka: Kafka, topics: Topics, one: Replica, other: Replica
) -> None:
    other.sluice.write({"policy": {"mode": "tag"}})
    other.sluice.signal(signal.SIGHUP)
    wait_until(lambda: "policy reloaded" in other.sluice.log(), "the reload")
    teach_probe(one.sluice)
    other.knows("keep", 1)
    for _ in range(5):
        other.passes(PROBE)
    for replica, volume in ((one, 3), (other, 5)):
        wait_until(lambda replica=replica, volume=volume: volumes(replica) == [volume], "the volumes of both saved")
    for place in ("-c", "--store"):
        mine, theirs = listed(one, place), listed(other, place)
        assert mine["fingerprint"] == theirs["fingerprint"]
        assert (mine["action"], mine["verdict"]["mode"], mine["per_day"]) == ("drop", "drop", 3)
        assert (theirs["action"], theirs["verdict"]["mode"], theirs["per_day"]) == ("keep", "tag", 5)
        explained = verdicts(other, place, "explain", theirs["fingerprint"])
        policy_of = str(other.sluice.file) if place == "-c" else "other"
        assert "by rule, by one, at" in explained
        assert f"action keep, by policy.actions.health_check of {policy_of}\n" in explained
        assert "the mode is" not in explained
        assert ("one published drop, for consumers that have no policy" in explained) == (place == "-c")


def verdicts(replica: Replica, place: str, *arguments: str) -> str:
    """What the command prints of the replica's configuration or of its store alone."""
    of = {"-c": replica.sluice.file, "--store": replica.sluice.store}[place]
    command = run_command("verdicts", *arguments, place, str(of))
    assert (command.returncode, command.stderr) == (0, "")
    return command.stdout


def volumes(replica: Replica) -> list[float]:
    """Records a day of each event type, as its store has them."""
    return [row["per_day"] for row in json.loads(verdicts(replica, "--store", "list", "--json"))]


def listed(replica: Replica, place: str) -> dict[str, Any]:
    """The one event type there is."""
    [row] = json.loads(verdicts(replica, place, "list", "--json"))
    assert isinstance(row, dict)
    return row
