"""What a judge was shown is kept nowhere, whatever he passes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from frames import sharing
from honest import honest
from kafka_peers import own_topics
from model_runs import KEYS, classification, files, send
from real.kafka import Kafka
from real.models import Answer, Asked, Fail, ModelServer
from real.sluice import Sluice
from real.waiting import wait_until
from traffic import PROBE, judged, order

CHATTER = [f"entering {name} of <desk>" for name in ("hall", "lobby", "attic")]


async def test_no_value_of_a_record_and_no_key_is_kept_anywhere(
    start: Callable[..., Sluice], claude: ModelServer, kafka: Kafka, tmp_path: Path, config: dict[str, Any]
) -> None:
    """What varies is shown to the judge, who passes it on wherever he can; the provider quotes it in an error."""
    canaries = ["quokkazanzibar-4711926058", "wombatkathmandu-8899371602", "dingotimbuktu-3344850719"]

    def gossip(asked: Asked) -> Answer:
        named = [canary for canary in canaries if canary in asked.content]
        told.update(named)
        said = honest(asked).replace("as it says", f"about {' '.join(named)}")
        return said.replace("order desk", " ".join(named) or "order desk")

    told: set[str] = set()
    claude.answer = gossip
    claude.play(Fail(429, headers={"retry-after": "0.1"}, message=canaries[0]), Fail(529, message=canaries[0]))
    topics = own_topics()
    config |= sharing(kafka, topics)
    config["service"] = {"telemetry": {"logs": {"level": "debug"}}}
    config["classification"]["anthropic"]["max_retries"] = 1
    sluice = start()
    for canary in canaries:
        send(sluice, f"entering page of user={canary}", PROBE, order(1), *CHATTER, times=1)
    judged(sluice, 3 + len(CHATTER))
    wait_until(lambda: sluice.metrics()("sluice_services_described", kind="llm") == 1, "the service described")
    wait_until(
        lambda: sluice.metrics()("sluice_kafka_published", topic=topics.services) == 1,
        "the service published",
    )
    wait_until(
        lambda: sluice.metrics()("sluice_kafka_published", topic=topics.verdicts) == 3 + len(CHATTER), "all verdicts"
    )
    shown = [sluice.metrics_text(), json.dumps(classification(sluice)), sluice.command("verdicts", "list").stdout]
    sluice.stop()
    published = {
        topic.split(".")[-1]: b"\n".join(key.encode() + b" " + (value or b"") for key, value in await kafka.read(topic))
        for topic in (topics.verdicts, topics.overrides, topics.services, topics.claims)
    }
    traces = {**published, "answers": "\n".join(shown).encode(), **files(tmp_path)}
    del traces[sluice.file.name]

    assert told, "or the search is blind"
    found = {where for where, trace in traces.items() if b"entering page of" in trace}
    assert found == {"verdicts", "answers", "sluice.db"}
    assert {where for where, trace in traces.items() if b"sells things to people" in trace} == {"services", "sluice.db"}
    assert published["claims"], "claimed before it was asked"
    words = {part for canary in canaries for part in canary.split("-")} | set(KEYS.values())
    assert {(word, where) for word in words for where, trace in traces.items() if word.encode() in trace} == set()
