"""What services do: the values that travel on `sluice.services`, and the table of them.

Described in `proto/sluice/v1/service.proto`; a test holds the JSON to it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from sluice.telemetry import Telemetry
from sluice.verdicts import wire
from sluice.verdicts.model import RANKS, SCHEMA, ServiceName
from sluice.verdicts.store import ServiceRow, Store
from sluice.verdicts.table import sliced
from sluice.verdicts.times import milliseconds, rfc3339

log = logging.getLogger(__name__)

KINDS = (
    "web_api",
    "rpc_api",
    "frontend",
    "worker",
    "scheduler",
    "function",
    "database",
    "cache",
    "broker",
    "proxy",
    "agent",
    "unknown",
)
CAPACITY = 10_000
"""Services known; beyond it a topic may hold what it likes."""
_LONGEST = 512
"""Characters of a text, and of a key."""
_MOST = 16
"""Entries of a list."""

Name = tuple[str, str]
"""Namespace and name."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What one service does. `recognised_by`: llm or rule; `patterns_hash`: of what was seen of it."""

    schema: int = SCHEMA
    service: ServiceName
    kind: str
    description: str
    responsibilities: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    recognised_by: str
    instance: str
    provider: str = ""
    model: str = ""
    prompt_version: str = ""
    patterns_hash: str = ""
    version: int
    issued_at: str

    @property
    def name(self) -> Name:
        return self.service.namespace, self.service.name

    @property
    def key(self) -> str:
        return f"{self.service.namespace}/{self.service.name}"


_decode = msgspec.json.Decoder(Service).decode


def read(key: str, value: bytes) -> Service:
    """The value under `key`. Raises `wire.Unusable`."""
    if len(value) > wire.MAX_VALUE_BYTES:
        raise wire.Unusable("size")
    try:
        found = _decode(value)
        milliseconds(found.issued_at)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError):
        raise wire.Unusable("json") from None
    texts = (found.key, found.description, *found.responsibilities, *found.dependencies)
    if found.schema != SCHEMA:
        raise wire.Unusable("schema")
    if found.key != key:
        raise wire.Unusable("name")
    if found.kind not in KINDS or found.recognised_by not in ("rule", "llm"):
        raise wire.Unusable("kind")
    if not 1 <= found.version <= wire.MAX_VERSION:
        raise wire.Unusable("version")
    if max(map(len, texts)) > _LONGEST or max(len(found.responsibilities), len(found.dependencies)) > _MOST:
        raise wire.Unusable("size")
    return found


class Services:
    """All that is known, by namespace and name. On the event loop.

    Who describes a service writes its key; what a model said is not replaced by what a rule says, and of two others
    the newer version holds. `clock`: Unix seconds.
    """

    def __init__(
        self,
        store: Store,
        telemetry: Telemetry,
        *,
        instance: str,
        publishing: bool,
        clock: Callable[[], float],
        capacity: int = CAPACITY,
    ) -> None:
        self._store = store
        self._telemetry = telemetry
        self._instance = instance
        self._publishing = publishing
        self._clock = clock
        self._capacity = capacity
        self._services: dict[Name, Service] = {}
        self._patterns: dict[Name, tuple[str, ...]] = {}
        self._descriptions: dict[Name, str] = {}
        self._met: set[Name] = set()
        self._kinds: Counter[str] = Counter()
        self._named: set[str] = set()
        self._refused: dict[Name, bool] = {}
        store.on_reset(self._save_all)

    async def load(self) -> None:
        async for rows in self._store.services():
            for row in rows:
                try:
                    service = read(row.key, row.value)
                except wire.Unusable as unusable:
                    self._unusable("store", unusable.reason)
                    continue
                self._hold(service)
                self._patterns[service.name] = row.patterns

    @property
    def descriptions(self) -> Mapping[Name, str]:
        """What each service does, in a line; a view."""
        return MappingProxyType(self._descriptions)

    def get(self, name: Name) -> Service | None:
        return self._services.get(name)

    def patterns(self, name: Name) -> tuple[str, ...]:
        """What our own description of it was based on."""
        return self._patterns.get(name, ())

    def is_ours(self, service: Service) -> bool:
        return service.instance == self._instance

    def put(self, service: Service, patterns: tuple[str, ...]) -> bool:
        """A description that this instance obtained: in force, stored, published. `instance`, `version` and
        `issued_at` are set here. False when it is not taken: too many services, or a model has said more."""
        before = self._services.get(service.name)
        if before is None and len(self._services) >= self._capacity:
            return False
        if before is not None and RANKS[before.recognised_by] > RANKS[service.recognised_by]:
            return False
        service = msgspec.structs.replace(
            service,
            instance=self._instance,
            version=min(before.version + 1 if before else 1, wire.MAX_VERSION),
            issued_at=rfc3339(int(self._clock() * 1_000)),
        )
        self._hold(service)
        self._patterns[service.name] = patterns
        self._save(service, sent=not self._publishing)
        return True

    def read(self, key: str, value: bytes | None) -> None:
        """One value of the topic, in the order of the log; None is a tombstone."""
        if value is None:
            return
        try:
            service = read(key, value)
        except wire.Unusable as unusable:
            self._unusable("services", unusable.reason)
            return
        before = self._services.get(service.name)
        if before is None and len(self._services) >= self._capacity:
            self._telemetry.add("sluice_verdicts_unusable", origin="services", reason="full")
            return
        self._met.add(service.name)
        if before is not None and (service == before or _order(service) < _order(before)):
            return
        self._hold(service)
        self._save(service, sent=True)

    def read_complete(self) -> None:
        """What we have written and did not meet is written again."""
        for name, service in list(self._services.items()):
            if self.is_ours(service) and name not in self._met:
                self._save(service, sent=False)
        self._met.clear()

    def _hold(self, service: Service) -> None:
        before = self._services.get(service.name)
        self._services[service.name] = service
        self._descriptions[service.name] = service.description
        if before is not None:
            self._kinds[before.kind] -= 1
            self._telemetry.set("sluice_services", self._kinds[before.kind], kind=before.kind)
        self._kinds[service.kind] += 1
        self._telemetry.set("sluice_services", self._kinds[service.kind], kind=service.kind)

    def _save(self, service: Service, *, sent: bool) -> bool:
        """A row that the store has no room for is offered again, as the service is described then."""
        patterns = self._patterns.get(service.name, ())
        if self._store.save(ServiceRow(service.key, service.version, wire.encode(service), patterns, sent)):
            self._refused.pop(service.name, None)
            return True
        self._refused[service.name] = sent
        return False

    async def save_again(self) -> None:
        """Offers what the store's queue refused, as far as there is room."""
        async for names in sliced(list(self._refused)):
            for name in names:
                sent = self._refused.get(name)
                if sent is not None and not self._save(self._services[name], sent=sent):
                    return

    def _save_all(self) -> None:
        for service in self._services.values():
            self._save(service, sent=not (self._publishing and self.is_ours(service)))

    def _unusable(self, origin: str, reason: str) -> None:
        self._telemetry.add("sluice_verdicts_unusable", origin=origin, reason=reason)
        if (what := f"{origin} {reason}") not in self._named:
            self._named.add(what)
            log.warning("a value of %s cannot be used (%s): its service is described anew", origin, reason)


def _order(service: Service) -> tuple[int, int]:
    """The larger one holds; between equals the later in the log."""
    return RANKS[service.recognised_by], service.version
