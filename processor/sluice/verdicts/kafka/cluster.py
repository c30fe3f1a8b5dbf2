"""The cluster: where partitions are, what topics say, produce and fetch."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import msgspec
from aiokafka.errors import KafkaError, for_code
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.protocol.admin import CreateTopicsRequest_v3, CreateTopicsResponse_v3, DescribeConfigsRequest
from aiokafka.protocol.api import Request, RequestStruct
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceRequest

from sluice.errors import BrokerError
from sluice.verdicts.kafka.access import Access, Connection, words

OK = 0
OFFSET_OUT_OF_RANGE = 1
_UNKNOWN_TOPIC = 3
_TOPIC_EXISTS = 36
_DENIED = frozenset({29, 31})  # for a topic, for the cluster
TOO_LARGE = frozenset({10, 18})  # one message, the whole batch
_REASONS = {_UNKNOWN_TOPIC: "topic_missing", 5: "no_leader", 6: "no_leader", 7: "timeout"}

_BEGINNING, _END = -2, -1
_BROKER_DEFAULT = -1
_ALL_REPLICAS = -1
_TOPIC = 2  # a kind of resource that has settings
_FETCH_BYTES = 8 << 20
_FETCH_BYTES_PER_PARTITION = 1 << 20

_T = TypeVar("_T")


class Partition(NamedTuple):
    topic: str
    number: int


class Layout(msgspec.Struct, frozen=True):
    """What the cluster says of some topics. `leaders`: partition to node; missing and denied topics have none."""

    leaders: dict[Partition, int]
    missing: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()

    def of(self, topic: str) -> list[Partition]:
        """The partitions of a topic in their order."""
        return sorted(partition for partition in self.leaders if partition.topic == topic)


def partition_of(key: bytes, partitions: Sequence[Partition]) -> Partition:
    """Where a key lives among all partitions of its topic, in order: murmur2, as with every Kafka client."""
    chosen: Partition = DefaultPartitioner()(key, partitions, partitions)
    return chosen


class Cluster:
    """Connections to the nodes. Every method raises BrokerError, and then only `close` is left to do."""

    def __init__(self, access: Access, connection: Connection, address: tuple[str, int]) -> None:
        self._access = access
        # None: the broker that answered first. It is asked about the cluster; partitions have nodes with a number.
        self._connections: dict[int | None, Connection] = {None: connection}
        self._addresses: dict[int | None, tuple[str, int]] = {None: address}
        self._controller: int | None = None

    @classmethod
    async def connect(cls, access: Access) -> Self:
        return cls(access, *await access.first())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        closing = [connection.close() for connection in self._connections.values()]
        self._connections.clear()
        if closing:
            await asyncio.wait(closing, timeout=self._access.deadlines.dial)

    async def layout(self, topics: Iterable[str]) -> Layout:
        """Leaves topics that are missing missing; by default the question alone makes a broker create them."""
        request = MetadataRequest(list(topics), allow_auto_topic_creation=False)
        answer = (await self._ask(None, request)).to_object()
        for node in answer["brokers"]:
            self._addresses[node["node_id"]] = (node["host"], node["port"])
        self._controller = answer["controller_id"] if answer["controller_id"] in self._addresses else None
        leaders: dict[Partition, int] = {}
        missing: list[str] = []
        denied: list[str] = []
        for topic in answer["topics"]:
            name, code = topic["topic"], topic["error_code"]
            if code == _UNKNOWN_TOPIC:
                missing.append(name)
            elif code in _DENIED:
                denied.append(name)
            elif code != OK:
                raise refusal(f"topic {name}", code)
            for partition in topic["partitions"]:
                if partition["leader"] not in self._addresses:
                    raise refusal(f"topic {name}: partition {partition['partition']}", partition["error_code"])
                leaders[Partition(name, partition["partition"])] = partition["leader"]
        return Layout(leaders, tuple(sorted(missing)), tuple(sorted(denied)))

    async def create(self, topics: Sequence[str], settings: Mapping[str, str], *, only_ask: bool = False) -> None:
        """With the broker's own number of partitions and replicas; a topic that exists stays as it is.

        `only_ask`: nothing is created, but what would refuse it is raised.
        """
        request = _CreateTopics(topics, settings, self._access.deadlines.request, only_ask)
        answer = (await self._ask(self._controller, request)).to_object()
        for topic in answer["topic_errors"]:
            if topic["error_code"] not in (OK, _TOPIC_EXISTS):
                what = f"topic {topic['topic']} cannot be created"
                raise refusal(what, topic["error_code"], topic["error_message"])

    async def setting(self, topics: Sequence[str], name: str) -> dict[str, str]:
        """Topic to value; topics whose settings we may not read are left out."""
        request = DescribeConfigsRequest([(_TOPIC, topic, [name]) for topic in topics])
        answer = (await self._ask(None, request)).to_object()
        return {
            resource["resource_name"]: entry["config_value"]
            for resource in answer["resources"]
            if resource["error_code"] == OK
            for entry in resource["config_entries"]
            if entry["config_names"] == name
        }

    async def beginnings(self, layout: Layout, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The first offset that is left of each partition."""
        return await self._offsets(layout, partitions, _BEGINNING)

    async def ends(self, layout: Layout, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset that each partition's next record will get."""
        return await self._offsets(layout, partitions, _END)

    async def produce(self, layout: Layout, batches: Mapping[Partition, bytes]) -> dict[Partition, int]:
        """At most one batch a partition (`records.pack`); partition to error code once all replicas in sync have it."""

        async def to_node(node: int, mine: list[Partition]) -> list[tuple[Partition, int]]:
            topics = _by_topic((partition, (partition.number, batches[partition])) for partition in mine)
            timeout_ms = int(self._access.deadlines.request * 1000)
            answer = (await self._ask(node, ProduceRequest(None, _ALL_REPLICAS, timeout_ms, topics))).to_object()
            return [
                (Partition(topic["topic"], partition["partition"]), partition["error_code"])
                for topic in answer["topics"]
                for partition in topic["partitions"]
            ]

        return dict(await self._each_leader(layout, batches, to_node))

    async def fetch(self, layout: Layout, positions: Mapping[Partition, int]) -> list[tuple[Partition, int, bytes]]:
        """Partition, error code and the batches (`records.unpack`) from its position on; at most 8 MiB in all.

        Answers as soon as there is anything, else with nothing after `Deadlines.fetch`.
        """

        async def from_node(node: int, mine: list[Partition]) -> list[tuple[Partition, int, bytes]]:
            random.shuffle(mine)  # an answer is cut at its largest size: no partition may be the last one always
            topics = _by_topic((at, (at.number, positions[at], _FETCH_BYTES_PER_PARTITION)) for at in mine)
            wait_ms = int(self._access.deadlines.fetch * 1000)
            answer = await self._ask(node, FetchRequest(wait_ms, 1, _FETCH_BYTES, 0, topics))
            return [
                (Partition(topic, number), code, batches)
                for topic, partitions in answer.topics
                for number, code, *_, batches in partitions
            ]

        return await self._each_leader(layout, positions, from_node)

    async def _offsets(self, layout: Layout, partitions: Iterable[Partition], which: int) -> dict[Partition, int]:
        async def of_node(node: int, mine: list[Partition]) -> list[tuple[Partition, int]]:
            topics = _by_topic((partition, (partition.number, which)) for partition in mine)
            answer = (await self._ask(node, OffsetRequest(-1, 0, topics))).to_object()
            found = []
            for topic in answer["topics"]:
                for partition in topic["partitions"]:
                    if partition["error_code"] != OK:
                        raise refusal(f"topic {topic['topic']}", partition["error_code"])
                    found.append((Partition(topic["topic"], partition["partition"]), partition["offset"]))
            return found

        return dict(await self._each_leader(layout, partitions, of_node))

    async def _each_leader(
        self,
        layout: Layout,
        partitions: Iterable[Partition],
        ask: Callable[[int, list[Partition]], Awaitable[list[_T]]],
    ) -> list[_T]:
        """Asks all leaders at once; one that fails fails the call, after all have ended."""
        by_node: dict[int, list[Partition]] = defaultdict(list)
        for partition in partitions:
            by_node[layout.leaders[partition]].append(partition)
        asking = [ask(node, mine) for node, mine in by_node.items()]
        answers = await asyncio.gather(*asking, return_exceptions=True)
        found: list[_T] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            found += answer
        return found

    async def _ask(self, node: int | None, request: Any) -> Any:
        host, port = self._addresses[node]
        connection = self._connections.get(node)
        if connection is None or not connection.connected():  # brokers close what is idle for 10 minutes
            connection = self._connections[node] = await self._access.dial(host, port)
        try:
            return await connection.send(request)
        except TimeoutError as error:
            deadline = self._access.deadlines.request
            raise BrokerError(f"{host}:{port} did not answer within {deadline:g} s", reason="timeout") from error
        except KafkaError as error:
            raise BrokerError(f"{host}:{port}: {words(error)}", reason="unreachable") from error
        except NotImplementedError as error:
            raise BrokerError(f"{host}:{port}: {error}; use Kafka 2.4 or newer", reason="version") from error


class _CreateTopicsV4(RequestStruct):  # type: ignore[misc]
    """aiokafka ends at version 3. Version 4 looks the same, but -1 may stand for the broker's defaults (KIP-464)."""

    API_KEY = 19
    API_VERSION = 4
    SCHEMA = CreateTopicsRequest_v3.SCHEMA
    RESPONSE_TYPE = CreateTopicsResponse_v3


class _CreateTopics(Request[_CreateTopicsV4]):  # type: ignore[misc]
    API_KEY: ClassVar[int] = _CreateTopicsV4.API_KEY

    def __init__(self, topics: Sequence[str], settings: Mapping[str, str], timeout: float, only_ask: bool) -> None:
        entries = list(settings.items())
        assignments: list[object] = []
        self._topics = [(topic, _BROKER_DEFAULT, _BROKER_DEFAULT, assignments, entries) for topic in topics]
        self._timeout_ms = int(timeout * 1000)
        self._only_ask = only_ask

    def build(self, request_struct_class: type[_CreateTopicsV4]) -> _CreateTopicsV4:
        return request_struct_class(self._topics, self._timeout_ms, self._only_ask)


def refusal(what: str, code: int, message: str | None = None) -> BrokerError:
    """What an error code says of `what`."""
    if code in _DENIED:
        return BrokerError(f"{what}: permission denied; grant it to this client's user", reason="denied")
    return BrokerError(f"{what}: {message or for_code(code).__name__}", reason=_REASONS.get(code, "refused"))


def _by_topic(items: Iterable[tuple[Partition, tuple[Any, ...]]]) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """As requests want it: topic, then what is said of its partitions."""
    topics: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for partition, said in items:
        topics[partition.topic].append(said)
    return list(topics.items())
