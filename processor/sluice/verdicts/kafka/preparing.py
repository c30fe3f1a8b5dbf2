"""Topics as Sluice needs them: there, ours to read, compacted or forgetful."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from sluice.config.model import KafkaConfig
from sluice.errors import BrokerError
from sluice.verdicts.kafka.cluster import Cluster, Layout

_SETTINGS = {
    "cleanup.policy": "compact",
    # Only closed segments are compacted. At the usual 1 GiB a table of 50 MB would never be, and every start would
    # read what a month of renewed leases left behind.
    "segment.bytes": str(64 << 20),
}
_CLAIMS = {
    "cleanup.policy": "delete",
    "retention.ms": str(60 * 60 * 1000),
    # Only closed segments are removed: who starts would else read the claims of a week.
    "segment.ms": str(10 * 60 * 1000),
}
_PAUSE = 0.1
_TRIES = 100


async def prepare(cluster: Cluster, config: KafkaConfig) -> Layout:
    """The layout of the compacted topics, created where missing and allowed.

    Where nothing is created, `services` may stay missing until somebody writes to it. BrokerError names the
    topic and what to do.
    """
    layout = await cluster.layout(_names(config))
    if layout.missing and config.create_topics:
        await cluster.create(layout.missing, _SETTINGS)
        layout = await _when_created(cluster, _names(config))
    require(layout, config.topics.verdicts, config.topics.overrides)
    return layout


async def prepare_claims(cluster: Cluster, config: KafkaConfig) -> Layout:
    """The layout of the topic of claims, created when missing and allowed. BrokerError as above."""
    topic = config.topics.claims
    layout = await cluster.layout([topic])
    if layout.missing and config.create_topics:
        await cluster.create([topic], _CLAIMS)
        layout = await _when_created(cluster, [topic])
    require(layout, topic, policy="delete")
    return layout


async def rehearse(cluster: Cluster, config: KafkaConfig, *, claims: bool) -> None:
    """What `prepare` would raise, and with `claims` what `prepare_claims` would; creates nothing."""
    topics = config.topics
    await _rehearse(cluster, config, _names(config), _SETTINGS, needed=(topics.verdicts, topics.overrides))
    if claims:
        await _rehearse(cluster, config, [topics.claims], _CLAIMS, needed=[topics.claims])


async def _rehearse(
    cluster: Cluster, config: KafkaConfig, names: Sequence[str], settings: Mapping[str, str], needed: Sequence[str]
) -> None:
    layout = await cluster.layout(names)
    policy = settings["cleanup.policy"]
    require(layout, *layout.denied, policy=policy)
    if layout.missing and config.create_topics:
        await cluster.create(layout.missing, settings, only_ask=True)
    else:
        require(layout, *needed, policy=policy)


def require(layout: Layout, *topics: str, policy: str = "compact") -> None:
    """`policy`: the cleanup.policy that is recommended for a missing one."""
    for topic in topics:
        if topic in layout.denied:
            raise BrokerError(
                f"topic {topic}: permission denied; allow this client's user to describe, read and write it",
                reason="denied",
            )
        if topic in layout.missing:
            raise BrokerError(
                f"topic {topic} does not exist; create it with cleanup.policy={policy},"
                " or set verdicts.kafka.create_topics to true",
                reason="topic_missing",
            )


async def uncompacted(cluster: Cluster, config: KafkaConfig, layout: Layout) -> str:
    """What to say of topics that forget: empty when all is well, or when their settings are not ours to read."""
    topics = sorted({partition.topic for partition in layout.leaders})
    policies = await cluster.setting(topics, "cleanup.policy")
    wrong = [topic for topic, policy in policies.items() if "compact" not in policy.split(",")]
    if not wrong:
        return ""
    return f"topic {', '.join(wrong)} is not compacted and will lose verdicts; set its cleanup.policy to compact"


async def _when_created(cluster: Cluster, topics: Sequence[str]) -> Layout:
    """A new topic takes a moment to appear and another to have leaders."""
    for _ in range(_TRIES):
        try:
            layout = await cluster.layout(topics)
            if not layout.missing:
                await cluster.ends(layout, layout.leaders)  # a leader may not know yet that it is one
                return layout
        except BrokerError as error:
            if error.reason not in ("no_leader", "topic_missing"):
                raise
        await asyncio.sleep(_PAUSE)
    raise BrokerError(f"new topics do not appear within {_PAUSE * _TRIES:g} s", reason="timeout")


def _names(config: KafkaConfig) -> tuple[str, ...]:
    return config.topics.verdicts, config.topics.overrides, config.topics.services
