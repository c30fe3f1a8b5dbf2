"""Two processes on one real broker whose masks differ, or that generalise: they agree and come to rest."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from frames import asking, sharing
from golden.fingerprinting import fingerprint
from honest import asked_about
from real.kafka import Kafka
from real.models import ModelServer
from real.waiting import eventually
from replicas import Replica, at_rest, can_claim
from sluice.config.model import Topics
from sluice.verdicts.model import identity_of
from sluice.verdicts.wire import verdict
from traffic import PROBE

MASKS = [{"name": "shelf", "pattern": r"shelf\.\w+"}]
SHELVES = [f"heartbeat of shelf.{word} sent" for word in ("oak", "elm", "ash")]
"""Constant words for one of the replicas, values for the one that has the mask."""
FEW = SHELVES[:2]
"""Not so many, with one more, that their place becomes a variable without a mask."""
ASKED = '"GET </healthz> <200>"'
"""The probe as a question shows it; a canary may be another probe."""
NAMES = ["alice", "bob", "carol", "dave", "eve", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj"]
BEATS = [f"heartbeat of {name} sent" for name in NAMES]


FRAME = {"policy": {"actions": {"heartbeat": "drop"}}}


def listed(replica: Replica) -> dict[str, dict[str, Any]]:
    """The verdicts that its commands tell, by fingerprint."""
    command = replica.sluice.command("verdicts", "list", "--json")
    assert (command.returncode, command.stderr) == (0, "")
    return {row["fingerprint"]: row["verdict"] for row in json.loads(command.stdout)}


async def shown(kafka: Kafka, topics: Topics) -> dict[str, dict[str, Any]]:
    """The verdicts of the topic; each is under the fingerprint that its identity and skeleton have."""
    found = {key: value for key, value in dict(await kafka.read(topics.verdicts)).items() if value is not None}
    for key, value in found.items():
        read = verdict(key, value)
        assert fingerprint(read.ruleset, identity_of(read), read.skeleton) == key
    return {key: json.loads(value) for key, value in found.items()}


async def test_replicas_with_other_masks_use_each_others_facts_and_leave_each_others_keys_alone(
    kafka: Kafka, topics: Topics, model: ModelServer, tmp_path: Path
) -> None:
    frame = {**FRAME, **asking(model), **sharing(kafka, topics)}
    one = Replica(tmp_path, "one", frame)
    other = Replica(tmp_path, "other", {**frame, "mining": {"settle": 0, "masks": MASKS}})
    await kafka.create(topics.claims)
    with one.sluice, other.sluice:
        can_claim(one.sluice, other.sluice)
        one.send(PROBE, *FEW, times=3)
        await eventually(lambda: one.drops(PROBE) and all(map(one.drops, FEW)), "judged by one")
        await eventually(lambda: other.count("sluice_verdicts_rekeyed") == 1, "the verdict on the probe read")
        assert other.drops(PROBE)
        assert other.count("sluice_classify_judged") == 0
        other.send(*FEW)
        await eventually(lambda: other.drops("heartbeat of shelf.yew sent"), "judged by the other, masked")
        assert not one.drops("heartbeat of shelf.fir sent")
        await at_rest(kafka, topics, [PROBE, *FEW], one, other)
        values = await shown(kafka, topics)
        assert asked_about(model.asked, ASKED)[ASKED] == 1
        writers = {(value["ruleset"], value["source"]["instance"]) for value in values.values()}
        assert sorted(instance for _, instance in writers) == ["one", "other"], "of each ruleset one"

        (probe,) = (key for key, value in listed(one).items() if value["category"] == "health_check")
        revoked = one.sluice.command("verdicts", "revoke", probe)
        assert (revoked.returncode, revoked.stderr) == (0, "")
        for replica in (one, other):
            await eventually(lambda replica=replica: not replica.drops(PROBE), "kept by all")
        await at_rest(kafka, topics, [PROBE, *FEW], one, other)
        assert len(await shown(kafka, topics)) == len(values)
        released = one.sluice.command("verdicts", "set", probe, "auto")
        assert (released.returncode, released.stderr) == (0, "")
        for replica in (one, other):
            await eventually(lambda replica=replica: replica.drops(PROBE), "dropped by all")
        await at_rest(kafka, topics, [PROBE, *FEW], one, other)
    for replica in (one, other):
        replica.end()


async def test_new_masks_and_a_restart_ask_about_what_says_something_else_alone(
    kafka: Kafka, topics: Topics, model: ModelServer, tmp_path: Path
) -> None:
    replica = Replica(tmp_path, "one", {**FRAME, **asking(model), **sharing(kafka, topics)})
    await kafka.create(topics.claims)
    with replica.sluice:
        can_claim(replica.sluice)
        replica.send(PROBE, SHELVES[0], times=3)
        await eventually(lambda: replica.drops(PROBE) and replica.drops(SHELVES[0]), "judged")
        await eventually(lambda: replica.count("sluice_kafka_published", topic=topics.verdicts) == 2, "published")
    before = await kafka.end_offsets(topics.verdicts)
    replica.sluice.write({"mining": {"masks": MASKS}})
    with replica.sluice:
        can_claim(replica.sluice)
        assert replica.drops(PROBE)
        assert not replica.drops(SHELVES[0])
        await at_rest(kafka, topics, [PROBE], replica)
        assert await kafka.end_offsets(topics.verdicts) == before
        (probe,) = (key for key, value in listed(replica).items() if value["category"] == "health_check")
        (old,) = (key for key, value in (await shown(kafka, topics)).items() if value["category"] == "health_check")
        assert probe != old
        told = {replica.sluice.command("verdicts", "explain", key).stdout for key in (probe, old)}
        assert [f"that was as {old}, when mining.masks" in text for text in told] == [True], "the same by both names"
        replica.send(SHELVES[1], times=3)
        await eventually(lambda: replica.drops(SHELVES[2]), "judged anew")
        assert asked_about(model.asked, ASKED, "shelf") == {ASKED: 1, "shelf": 2}
    replica.end()


async def test_replicas_that_were_fed_halves_come_to_one_type_whose_parts_say_so(
    kafka: Kafka, topics: Topics, model: ModelServer, tmp_path: Path
) -> None:
    frame = {**FRAME, **asking(model), **sharing(kafka, topics)}
    one, other = replicas = [Replica(tmp_path, name, frame) for name in ("one", "other")]
    await kafka.create(topics.claims)
    with one.sluice, other.sluice:
        can_claim(one.sluice, other.sluice)
        for replica, names in ((one, BEATS[:3]), (other, BEATS[3:5])):
            for line in names:
                replica.send(line, times=3)
        for replica in replicas:
            await eventually(lambda replica=replica: replica.count("sluice_verdicts") == 5, "the five of both")
        parts = set(await shown(kafka, topics))
        for replica, lines in ((one, BEATS[::2]), (other, BEATS[1::2])):
            for line in random.Random(1).sample(lines, len(lines)):
                replica.send(line, times=3)
        for replica in replicas:
            await eventually(lambda replica=replica: replica.drops("heartbeat of zoe sent"), "what nobody has seen")
        await at_rest(kafka, topics, BEATS, *replicas)

        values = await shown(kafka, topics)
        (whole,) = (key for key, value in values.items() if "<word>" in value["skeleton"])
        assert parts < set(values)
        assert {value["merged_into"] for key, value in values.items() if key != whole} == {whole}
        assert values[whole]["merged_into"] is None
        assert {value["category"] for value in values.values()} == {"heartbeat"}
        assert asked_about(model.asked, "heartbeat of <") == {"heartbeat of <": 1}, "the whole, with some of its values"
        for replica in replicas:
            replica.send(*random.Random(2).sample(BEATS, len(BEATS)), times=2)
            assert replica.count("sluice_engine_event_types") == 1
            assert replica.count("sluice_verdicts_unusable") == 0
            assert {key for key, value in listed(replica).items() if value["merged_into"] is None} == {whole}
        told = one.sluice.command("verdicts", "explain", min(parts)).stdout
        assert f"it has become part of {whole}" in told
        judged = sum(replica.count("sluice_classify_judged") for replica in replicas)
    with one.sluice, other.sluice:
        for replica in replicas:
            await eventually(lambda replica=replica: replica.drops(BEATS[0]), "dropped after a restart")
            assert replica.drops("heartbeat of zoe sent")
        await at_rest(kafka, topics, BEATS, *replicas)
        assert await shown(kafka, topics) == values
        assert sum(replica.count("sluice_classify_judged") for replica in replicas) == 0
    assert judged == len(values)
    for replica in replicas:
        replica.end()
