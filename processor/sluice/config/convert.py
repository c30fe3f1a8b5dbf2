"""Plain values to the structs of `model`, strictly, with messages that name the key's path.

msgspec could do the first half; its messages know neither the references nor the nearest key, and stop at the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

from sluice.config.messages import LocatedError, Path, dotted, nearest, one_of, show
from sluice.config.model import Config
from sluice.config.notyet import built, built_values
from sluice.config.references import Referred


def convert(value: Any, elsewhere: Mapping[str, str]) -> Config:
    """`elsewhere`: a key's last word to its full path, to tell where a misplaced key belongs."""
    config = _Converter(elsewhere).convert(inspect.type_info(Config), value, ())
    assert isinstance(config, Config)
    return config


class _Converter:
    def __init__(self, elsewhere: Mapping[str, str]) -> None:
        self._elsewhere = elsewhere

    def convert(self, kind: inspect.Type, value: Any, path: Path, *, secret: bool = False) -> Any:
        """One value of one type; `secret` hides it in messages."""
        plain = value.value if isinstance(value, Referred) else value
        match kind:
            case inspect.Metadata():
                return self._annotated(kind, value, path, secret=secret)
            case inspect.UnionType():
                return self._optional(kind, value, path, secret=secret)
            case inspect.StructType():
                return self._struct(kind, {} if plain is None else plain, path)
            case inspect.DictType():
                return self._mapping(kind, {} if plain is None else plain, path)
            case inspect.VarTupleType():
                return self._list(kind, [] if plain is None else plain, path)
            case inspect.StrType():
                return _text(kind, value, path, secret=secret)
            case inspect.IntType():
                return _whole_number(kind, value, plain, path)
            case inspect.BoolType():
                if not isinstance(plain, bool):
                    raise _wrong(path, value, "true or false")
                return plain
            case inspect.LiteralType():
                return _word(kind, value, plain, path)
            case inspect.CustomType():
                try:
                    return kind.cls.parse(plain)  # type: ignore[attr-defined]
                except ValueError as expected:
                    raise _wrong(path, value, str(expected)) from None
        raise TypeError(f"{dotted(path)}: no rule for {kind}")

    def _annotated(self, kind: inspect.Metadata, value: Any, path: Path, *, secret: bool) -> Any:
        extra = kind.extra or {}
        secret = secret or bool(extra.get("secret"))
        converted = self.convert(kind.type, value, path, secret=secret)
        if parse := extra.get("parse"):
            try:
                return parse(converted)
            except ValueError as expected:
                raise _wrong(path, value, str(expected), secret=secret) from None
        return converted

    def _optional(self, kind: inspect.UnionType, value: Any, path: Path, *, secret: bool) -> Any:
        """`X | None`. A section that is named without a value is there, with its defaults, as in the Collector."""
        [inner] = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
        if value is None and not isinstance(inner, inspect.StructType):
            return None
        return self.convert(inner, value, path, secret=secret)

    def _struct(self, kind: inspect.StructType, value: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            names = built(path, (field.encode_name for field in kind.fields))
            raise _wrong(path, value, f"a mapping with the keys {one_of(names)}")
        fields = {field.encode_name: field for field in kind.fields}
        for key in value:
            if key not in fields:
                raise self._unknown(key, fields, path)
        values = {}
        for name, field in fields.items():
            here = (*path, name)
            if name in value:
                values[field.name] = self._field(field, value[name], here)
            elif field.required:
                raise LocatedError(here, f"is missing: {_missing(field)}")
        return kind.cls(**values)

    def _field(self, field: inspect.Field, value: Any, path: Path) -> Any:
        """A section, list or mapping without value is its default; a mapping is laid over its default, key by key."""
        factory: Any = field.default_factory
        if value is None and isinstance(field.type, inspect.StructType) and not field.required:
            return field.default if field.default is not msgspec.NODEFAULT else factory()
        converted = self.convert(field.type, value, path)
        if isinstance(field.type, inspect.DictType) and factory is not msgspec.NODEFAULT:
            return factory() | converted
        return converted

    def _unknown(self, key: str, fields: Mapping[str, inspect.Field], path: Path) -> LocatedError:
        names = built(path, fields)
        known = f"known {'here' if path else 'at the top'}: {one_of(names)}"
        if meant := nearest(key, names):
            return LocatedError((*path, key), f"unknown key: did you mean {dotted((*path, meant))}? ({known})")
        if home := self._elsewhere.get(key):
            return LocatedError((*path, key), f"unknown key: it belongs to {home} ({known})")
        return LocatedError(
            (*path, key), f"unknown key: remove it ({known})" if fields else "unknown key: there are none here"
        )

    def _mapping(self, kind: inspect.DictType, value: Any, path: Path) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(path, value, "a mapping")
        values: dict[str, Any] = {}
        for key, item in value.items():
            here = (*path, key)
            name = self.convert(kind.key_type, key, here)
            if name in values:
                raise LocatedError(here, f"given twice, the other as '{name}' in other letters: keep one")
            values[name] = self.convert(kind.value_type, item, here)
        return values

    def _list(self, kind: inspect.VarTupleType, value: Any, path: Path) -> tuple[Any, ...]:
        if not isinstance(value, list):
            of_texts = isinstance(kind.item_type, inspect.Metadata)
            raise _wrong(path, value, f"a list: write [{value}]" if of_texts and isinstance(value, str) else "a list")
        if kind.min_length and len(value) < kind.min_length:
            raise LocatedError(path, f"is empty: at least {kind.min_length} is needed")
        return tuple(self.convert(kind.item_type, item, (*path, index)) for index, item in enumerate(value))


def _text(kind: inspect.StrType, value: Any, path: Path, *, secret: bool) -> str:
    text = value.text if isinstance(value, Referred) else value
    if not isinstance(text, str):
        hint = " (put it in quotes)" if isinstance(text, int | float) else ""
        raise _wrong(path, value, f"text{hint}", secret=secret)
    if kind.min_length and len(text) < kind.min_length:
        raise _wrong(path, value, "text that is not empty", secret=secret)
    return text


def _whole_number(kind: inspect.IntType, value: Any, plain: Any, path: Path) -> int:
    low, high = kind.ge, kind.le
    expected = "a whole number"
    if low is not None:
        expected += f" of at least {low}" if high is None else f" from {low} to {high}"
    if not isinstance(plain, int) or isinstance(plain, bool):
        raise _wrong(path, value, f"{expected}, in plain digits")
    if (low is not None and plain < low) or (high is not None and plain > high):
        raise _wrong(path, value, expected)
    return plain


def _word(kind: inspect.LiteralType, value: Any, plain: Any, path: Path) -> Any:
    if plain in kind.values:
        return plain
    words = built_values(path, map(str, kind.values))
    meant = nearest(plain, words) if isinstance(plain, str) else None
    expected = f"one of {one_of(words)}"
    raise _wrong(path, value, f"{expected}: did you mean {meant}?" if meant else expected)


def _missing(field: inspect.Field) -> str:
    kind = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
    if isinstance(kind, inspect.StructType):
        return f"give one of {one_of(inner.encode_name for inner in kind.fields)}"
    if isinstance(kind, inspect.LiteralType):
        return f"give one of {one_of(kind.values)}"
    return "it is required"


def _wrong(path: Path, value: Any, expected: str, *, secret: bool = False) -> LocatedError:
    if isinstance(value, Referred):
        shown = value.source if secret else f"{show(value.text)} from {value.source}"
    else:
        shown = show(value, secret=secret)
    return LocatedError(path, f"{shown} is not {expected}")
