"""Every key that a configuration can hold, read off the structs: for messages, documentation and its test."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import inspect

from sluice.config.model import Config


def keys() -> Iterator[str]:
    """Dotted paths of sections and keys in the order of the structs; items of a list as `masks[]`."""
    return _walk(inspect.type_info(Config), "")


def homes() -> dict[str, str]:
    """A key's last word to its only full path; words with several homes are left out."""
    found: dict[str, list[str]] = {}
    for key in keys():
        found.setdefault(key.rpartition(".")[2], []).append(key)
    return {word: places[0] for word, places in found.items() if len(places) == 1}


def _walk(kind: inspect.Type, path: str) -> Iterator[str]:
    match kind:
        case inspect.Metadata():
            yield from _walk(kind.type, path)
        case inspect.UnionType():
            for member in kind.types:
                yield from _walk(member, path)
        case inspect.VarTupleType():
            yield from _walk(kind.item_type, f"{path}[]")
        case inspect.StructType():
            for field in kind.fields:
                here = f"{path}.{field.encode_name}" if path else field.encode_name
                yield here
                yield from _walk(field.type, here)
