"""The public fingerprint, computed a second time from its definition."""

from __future__ import annotations

import struct

from blake3 import blake3

from sluice.engine import Identity


def fingerprint(ruleset: str, identity: Identity, skeleton: str) -> str:
    """The first 128 bits of BLAKE3 over each field as uint32 little-endian length and UTF-8, as 32 hex digits."""
    hasher = blake3()
    for field in (
        ruleset,
        identity.signal,
        identity.scope,
        skeleton,
        identity.namespace,
        identity.service,
        identity.severity,
        identity.outcome,
        identity.purpose,
    ):
        raw = field.encode()
        hasher.update(struct.pack("<I", len(raw)) + raw)
    return hasher.digest(length=16).hex()
