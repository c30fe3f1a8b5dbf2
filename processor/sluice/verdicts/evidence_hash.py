"""What of a type's evidence would make a judge look again: which variables it has, and which attributes."""

from __future__ import annotations

from collections.abc import Iterable

from blake3 import blake3

_DIGITS = 32


def evidence_hash(slot_kinds: Iterable[str], attribute_keys: Iterable[str]) -> str:
    """BLAKE3 over the sorted kinds of slots and the sorted attribute keys, as 32 hex digits; never over a value.

    Each part is preceded by its length as uint32 little-endian, each of the two lists by its number of parts.
    """
    digest = blake3()
    for parts in (sorted(slot_kinds), sorted(set(attribute_keys))):
        digest.update(len(parts).to_bytes(4, "little"))
        for part in parts:
            text = part.encode()
            digest.update(len(text).to_bytes(4, "little") + text)
    return digest.hexdigest()[:_DIGITS]
