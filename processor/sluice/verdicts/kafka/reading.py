"""Reading topics from their beginning and following them, without a consumer group: every reader wants everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from sluice.verdicts.kafka.cluster import OFFSET_OUT_OF_RANGE, OK, Cluster, Layout, Partition, refusal
from sluice.verdicts.kafka.records import Record, unpack

_CONTINUITY = 3600.0
"""Seconds. Kafka removes a tombstone a day after compaction saw it (delete.retention.ms): who was away for longer may
never see that a key has gone, and must compare the whole table."""


class Reading:
    """Where we are in some topics; outlives the clusters that it reads from.

    A read is complete when the offsets have been reached that were the ends when it began. It begins anew when the
    place where we were is gone: the topic was created again, truncated, or we were away too long.
    """

    def __init__(self, topics: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._topics = tuple(topics)
        self._clock = clock
        self._positions: dict[Partition, int] = {}
        self._goals: dict[Partition, int] = {}
        self._layout = Layout({})
        self._last = clock()

    async def resume(self, cluster: Cluster, layout: Layout) -> None:
        """Takes up new partitions, and the old ones where they were left. To be called again when either changes."""
        partitions = [partition for topic in self._topics for partition in layout.of(topic)]
        beginnings = await cluster.beginnings(layout, partitions)
        ends = await cluster.ends(layout, partitions)
        kept = self._positions
        gone = any(not beginnings.get(at, position + 1) <= position <= ends[at] for at, position in kept.items())
        if gone or self._clock() - self._last > _CONTINUITY:
            kept = {}
        self._goals = {at: end for at, end in ends.items() if at not in kept or at in self._goals}
        self._positions = {**beginnings, **kept}
        self._layout = layout

    async def skip_to_end(self, cluster: Cluster, layout: Layout) -> None:
        """What is there already is not read."""
        partitions = [partition for topic in self._topics for partition in layout.of(topic)]
        self._positions = await cluster.ends(layout, partitions)
        self._goals = {}
        self._layout = layout

    async def aim(self, cluster: Cluster) -> None:
        """`complete` is now about what the topics hold at this moment."""
        self._goals = await cluster.ends(self._layout, self._positions)

    async def poll(self, cluster: Cluster) -> Iterator[tuple[str, Record]]:
        """Topic and record, in log order of each partition; waits a moment when there is nothing new.

        Lazy, and a position moves on as its record is handed out: who stops early gets the rest again from the next
        poll, and a record that makes its reader fail is not handed out twice. BrokerError when it cannot be read.
        """
        fetched = await cluster.fetch(self._layout, self._positions)
        for partition, code, _ in fetched:
            if code == OFFSET_OUT_OF_RANGE:
                self._positions = {}
            if code != OK:
                raise refusal(f"topic {partition.topic}: partition {partition.number} cannot be read", code)
        self._last = self._clock()
        return self._records([(partition, batches) for partition, _, batches in fetched])

    @property
    def complete(self) -> bool:
        return all(self._positions.get(at, 0) >= goal for at, goal in self._goals.items())

    def arrived(self) -> bool:
        """True once for each complete read."""
        arrived = bool(self._goals) and self.complete
        if arrived:
            self._goals = {}
        return arrived

    def _records(self, fetched: Sequence[tuple[Partition, bytes]]) -> Iterator[tuple[str, Record]]:
        for partition, batches in fetched:
            for position, record in unpack(batches, self._positions[partition]):
                self._positions[partition] = position
                if record is not None:
                    yield partition.topic, record
