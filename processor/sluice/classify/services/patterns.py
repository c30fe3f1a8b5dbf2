"""What is seen of a service: names of spans and metrics, templates of logs, libraries and well-known attributes.

Nothing here is a sample: names and templates come from the engine, which lists what `mining.min_records` records share,
and of attributes there are the keys of a closed list, never a value; what a peer is called is from closed lists, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec
from blake3 import blake3

from sluice.engine import Evidence

SERVICES = 2_000
"""Services of which patterns are remembered."""
_TEXTS = 60
"""Names or templates of each signal that are remembered of one service: the first ones."""
_LONGEST = 96
_FEATURES = 128
_COUNTED = 1_000
_SEGMENTS = 2
"""Parts of a dotted or underscored name that tell what it belongs to."""
_PART = re.compile(r"[._]")

KEYS = frozenset(
    {
        "db.system",
        "db.system.name",
        "db.namespace",
        "db.name",
        "db.operation.name",
        "db.collection.name",
        "db.statement",
        "db.query.text",
        "messaging.system",
        "messaging.operation",
        "messaging.operation.type",
        "messaging.destination.name",
        "messaging.kafka.offset",
        "rpc.system",
        "rpc.service",
        "rpc.method",
        "http.route",
        "http.method",
        "http.request.method",
        "http.target",
        "url.path",
        "url.full",
        "server.address",
        "peer.service",
        "net.peer.name",
        "network.peer.address",
        "faas.name",
        "faas.trigger",
        "aws.lambda.invoked_arn",
        "graphql.operation.name",
        "browser.name",
        "cloud.resource_id",
        "k8s.pod.name",
        "container.id",
        "log.file.name",
        "gen_ai.system",
        "gen_ai.provider.name",
    }
)
"""Attribute keys of the semantic conventions that say what a service is or whom it talks to."""


class Name(NamedTuple):
    """Of a service: the resource attributes service.namespace and service.name."""

    namespace: str
    name: str


class Patterns(msgspec.Struct, frozen=True):
    """All that is known of one service, the most frequent first. `spans` begin with their kind; `features` are what a
    change of its nature would change: libraries, kinds of spans, families of metrics, attribute keys, peers."""

    service: Name
    spans: tuple[str, ...]
    metrics: tuple[str, ...]
    logs: tuple[str, ...]
    scopes: tuple[str, ...]
    keys: tuple[str, ...]
    peers: tuple[str, ...]
    features: tuple[str, ...]

    @property
    def hash(self) -> str:
        """Of the features alone, so that one more route or log line is no reason to ask again."""
        return hash_of(self.features)


def hash_of(features: Iterable[str]) -> str:
    """BLAKE3 over the sorted features, each preceded by its length as uint32 little-endian; 32 hex digits."""
    digest = blake3()
    for feature in sorted(set(features)):
        text = feature.encode()
        digest.update(len(text).to_bytes(4, "little") + text)
    return digest.hexdigest()[:32]


class Seen:
    """The patterns of one service, as they come in. `since`: when the first came; `types`: how many event types."""

    def __init__(self, service: Name, now: float, clean: Callable[[str], bool], features: Iterable[str] = ()) -> None:
        """`clean`: whether redaction leaves a text as it is, for features are stored; `features`: known before."""
        self.service = service
        self._clean = clean
        self.since = self.latest = now
        self._types: set[str] = set()
        self._texts: dict[str, dict[str, int]] = {"spans": {}, "metrics": {}, "logs": {}}
        self._scopes: dict[str, None] = {}
        self._features: set[str] = set(features)

    @property
    def types(self) -> int:
        return len(self._types)

    def add(self, evidence: Evidence, now: float) -> None:
        self.latest = now
        if len(self._types) < _COUNTED:
            self._types.add(evidence.fingerprint)
        identity = evidence.identity
        text = evidence.template[:_LONGEST]
        name = text.split(" ", 1)[0]
        texts = self._texts[identity.signal]
        shown = name if identity.signal == "metrics" else text
        if shown in texts or len(texts) < _TEXTS:
            texts[shown] = max(texts.get(shown, 0), evidence.count)
        features = {f"key {key}" for key in KEYS.intersection(evidence.attribute_keys)}
        features.update(f"peer {peer}" for peer in evidence.peers)
        if identity.signal == "spans":
            features.add(f"span {name}")
        elif identity.signal == "metrics":
            features.add(f"metric {_family(name)}")
        if identity.scope and len(self._scopes) < _TEXTS:
            scope = identity.scope[:_LONGEST]
            self._scopes[scope] = None
            if identity.signal != "logs":  # loggers are as many as modules
                features.add(f"scope {scope}")
        for feature in sorted(features - self._features):
            if len(self._features) < _FEATURES and self._clean(feature):
                self._features.add(feature)

    def patterns(self) -> Patterns:
        found: Mapping[str, tuple[str, ...]] = {
            signal: tuple(sorted(texts, key=lambda text: (-texts[text], text))) for signal, texts in self._texts.items()
        }
        return Patterns(
            service=self.service,
            spans=found["spans"],
            metrics=found["metrics"],
            logs=found["logs"],
            scopes=tuple(self._scopes),
            keys=tuple(sorted(feature[4:] for feature in self._features if feature.startswith("key "))),
            peers=tuple(sorted(feature[5:] for feature in self._features if feature.startswith("peer "))),
            features=tuple(sorted(self._features)),
        )


def _family(name: str) -> str:
    """`http.server` of `http.server.request.duration`, `node_cpu` of `node_cpu_seconds_total`."""
    parts = [found for found in _PART.finditer(name)]
    return name[: parts[_SEGMENTS - 1].start()] if len(parts) >= _SEGMENTS else name
