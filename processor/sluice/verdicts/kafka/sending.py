"""One round of publishing: what waits, at most one batch a partition."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from sluice.config.model import Topics
from sluice.errors import BrokerError
from sluice.verdicts.kafka.cluster import OK, TOO_LARGE, Cluster, Layout, Partition, partition_of, refusal
from sluice.verdicts.kafka.preparing import require
from sluice.verdicts.kafka.records import Record, pack
from sluice.verdicts.outbox import Outgoing

_BATCH_BYTES = 128 << 10
"""Packing this much keeps the loop for about 1 ms; a larger value goes alone."""

_SAYS_NO = "topic {} does not take values"


class Sent(msgspec.Struct, frozen=True):
    """`refused`: too large for the broker's limit, which no repetition changes. `problem`: what the broker said of
    the values that are in neither list."""

    acknowledged: list[Outgoing]
    refused: list[Outgoing]
    problem: BrokerError | None


async def send(cluster: Cluster, layout: Layout, topics: Topics, waiting: Sequence[Outgoing]) -> Sent:
    """The oldest of each partition. Values of one key never overtake each other: one batch is under way at a time.

    BrokerError when an answer is missing; what the broker took may be sent again then, which a reader cannot tell.
    """
    batches, left_out = _batches(layout, topics, waiting)
    if not batches and left_out:
        require(layout, left_out)
    codes = await _produce(cluster, layout, batches)
    acknowledged: list[Outgoing] = []
    refused: list[Outgoing] = []
    problem: BrokerError | None = None
    for partition, values in batches.items():
        code = codes[partition]
        if code == OK:
            acknowledged += values
        elif code in TOO_LARGE and len(values) == 1:
            refused += values
        elif code in TOO_LARGE:
            smaller = await _singly(cluster, layout, partition, values)
            acknowledged += smaller.acknowledged
            refused += smaller.refused
            problem = problem or smaller.problem
        else:
            problem = problem or refusal(_SAYS_NO.format(partition.topic), code)
    return Sent(acknowledged, refused, problem)


async def _singly(cluster: Cluster, layout: Layout, partition: Partition, values: Sequence[Outgoing]) -> Sent:
    """Finds the value that made a batch too large."""
    acknowledged: list[Outgoing] = []
    refused: list[Outgoing] = []
    for value in values:
        code = (await _produce(cluster, layout, {partition: [value]}))[partition]
        if code == OK:
            acknowledged.append(value)
        elif code in TOO_LARGE:
            refused.append(value)
        else:
            return Sent(acknowledged, refused, refusal(_SAYS_NO.format(partition.topic), code))
    return Sent(acknowledged, refused, None)


async def _produce(cluster: Cluster, layout: Layout, batches: dict[Partition, list[Outgoing]]) -> dict[Partition, int]:
    packed: dict[Partition, bytes] = {}
    for partition, values in batches.items():
        packed[partition] = pack([Record(value.key.encode(), value.value) for value in values])
        await asyncio.sleep(0)
    return await cluster.produce(layout, packed)


def _batches(
    layout: Layout, topics: Topics, waiting: Sequence[Outgoing]
) -> tuple[dict[Partition, list[Outgoing]], str]:
    """Partition to what is sent now, and the name of a topic that has values but no partitions."""
    partitions: dict[str, list[Partition]] = {}
    batches: dict[Partition, list[Outgoing]] = defaultdict(list)
    sizes: dict[Partition, int] = defaultdict(int)
    left_out = ""
    for value in waiting:
        name: str = getattr(topics, value.topic)
        if name not in partitions:
            partitions[name] = layout.of(name)
        if not partitions[name]:
            left_out = name
            continue
        partition = partition_of(value.key.encode(), partitions[name])
        sizes[partition] += len(value.key) + len(value.value or b"")
        if sizes[partition] <= _BATCH_BYTES or not batches[partition]:
            batches[partition].append(value)
    return dict(batches), left_out
