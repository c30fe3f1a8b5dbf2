"""Processes that share the topics of a real broker, each with a next hop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from real.kafka import Kafka
from real.otlp import NextHop, Sender, logs
from real.sluice import Sluice, forwarding_to
from real.waiting import wait_until
from sluice.config.model import Topics

ROUNDS_AT_REST = 4
"""Seconds of traffic, and so rounds of the control plane, in which nothing may be published any more."""


class Replica:
    """`config` is laid over what every replica has. The next hop lives until `end`, through restarts of the process."""

    def __init__(self, directory: Path, name: str, config: Mapping[str, Any]) -> None:
        self.next_hop = NextHop().start()
        frame = {"exporters": forwarding_to(self.next_hop.endpoint), "service": {"instance_id": name}}
        self.sluice = Sluice(directory, {**frame, **config}, name=name)

    def end(self) -> None:
        self.next_hop.kill()

    def send(self, *lines: str, times: int = 1) -> None:
        """All of them in each request."""
        with Sender(self.sluice.grpc_port) as sender:
            for _ in range(times):
                sender.export(logs(*lines))

    def passes(self, line: str) -> bool:
        """Sends one record and tells whether it reached the next hop."""
        before = len(self.next_hop.arrivals)
        self.send(line)
        return len(self.next_hop.arrivals) > before

    def drops(self, line: str) -> bool:
        return not self.passes(line)

    def count(self, name: str, **labels: str) -> int:
        return self.sluice.metrics()(name, **labels)

    def knows(self, action: str, types: int) -> None:
        wait_until(
            lambda: self.count("sluice_verdicts", action=action) == types, f"{types} verdicts of action {action}"
        )


def can_claim(*replicas: Sluice) -> None:
    """Waits until they have found the topic: claiming may take five seconds, and finding it is a part of that.

    Let the topic be there before they start, for the same reason.
    """
    for replica in replicas:
        wait_until(
            lambda replica=replica: replica.metrics()("sluice_kafka_connected", client="claims") == 1,
            "the claims' topic",
        )


async def at_rest(kafka: Kafka, topics: Topics, lines: Sequence[str], *replicas: Replica) -> None:
    """Waits, with these lines through all of them, until the ends of the topics have stood still for long enough."""

    async def ends() -> list[dict[int, int]]:
        return [await kafka.end_offsets(topic) for topic in (topics.verdicts, topics.overrides)]

    def uptime() -> int:
        return min(replica.count("sluice_process_uptime") for replica in replicas)

    async with asyncio.timeout(120):
        before, since = await ends(), uptime()
        while uptime() < since + ROUNDS_AT_REST:
            for replica in replicas:
                for line in lines:
                    await asyncio.to_thread(replica.send, line)
            if (now := await ends()) != before:
                before, since = now, uptime()
