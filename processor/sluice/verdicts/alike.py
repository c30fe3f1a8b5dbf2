"""The same text of the same library in several services: what a model has said of it before."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from sluice.engine import Identity
from sluice.verdicts.entry import Entry, Held, unpack
from sluice.verdicts.model import Facts, Source
from sluice.verdicts.table import Table

_SERVICES = 2
"""That were judged alike, before a further one is taken to be alike."""
SHARED = "shared"
"""The provider of facts that were taken over. They are no further judgement: only what was asked about speaks for
others."""
_SHAPES = 100_000
"""Shapes noted; one more pushes the oldest out."""
_NOTED = 8
"""Event types noted of one shape; the first ones say enough."""


class Alike:
    """Event types by scope and shape, whatever their service. What is noted is looked up in the table when it counts:
    nobody says when facts have gone."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._keys: dict[bytes, list[bytes]] = {}

    def note(self, key: bytes, held: Held) -> None:
        """Facts of a model are held under `key`. Those of a wider type that took it in say nothing of its own shape."""
        identity = held.typed_identity()
        if not identity.scope or held.merged_into or held.kind != "llm" or held.typed_source().provider == SHARED:
            return
        shape = _shape(identity, held.skeleton)
        if shape not in self._keys and len(self._keys) >= _SHAPES:
            del self._keys[next(iter(self._keys))]
        keys = self._keys.setdefault(shape, [])
        if key not in keys and len(keys) < _NOTED:
            keys.append(key)

    def facts(self, identity: Identity, skeleton: str) -> tuple[Facts, Source] | None:
        """What holds for the type as well, when a model was sure of it in at least two services, and in none of
        another opinion. A duplicate is one of its own service only."""
        if not identity.scope:
            return None
        shape = _shape(identity, skeleton)
        found = [held for key in self._keys.get(shape, ()) if (held := self._held(key)) is not None]
        services = {(held.typed_identity().namespace, held.typed_identity().service) for held in found}
        said = {(held.category, held.confidence) for held in found}
        if len(services) < _SERVICES or len(said) > 1:
            return None
        first = found[0]
        if first.confidence != "high" or first.category == "duplicate":
            return None
        source = msgspec.structs.replace(first.typed_source(), provider=SHARED)
        return Facts(first.category, "high", first.description, None, _reason(services)), source

    def _held(self, key: bytes) -> Held | None:
        entry: Entry | None = self._table.entries.get(key)
        if entry is None or entry.held is None or entry.again or not entry.live(self._table.now()):
            return None
        held = unpack(entry.held)
        return held if held.kind == "llm" and held.typed_source().provider != SHARED else None


def _reason(services: set[tuple[str, str]]) -> str:
    names = sorted(name for _, name in services)[:_SERVICES]
    return f"judged alike in {' and '.join(names)}"


def _shape(identity: Identity, skeleton: str) -> bytes:
    parts = (identity.signal, identity.scope, skeleton, identity.severity, identity.outcome, identity.purpose)
    digest = blake2b(digest_size=16)
    for part in parts:
        text = part.encode()
        digest.update(len(text).to_bytes(4, "little") + text)
    return digest.digest()
