"""YAML text to plain values, with the line of each: the core schema of YAML 1.2, and nothing silently lost.

PyYAML speaks YAML 1.1, where `no` is false, `1:30` is 90, `010` is 8 and the second of two equal keys wins. Here
scalars follow YAML 1.2, a doubled key is an error, and a key is always text. Anchors and aliases work; tags of
programs do not.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import yaml

from sluice.config.messages import LocatedError, Path, shorten

_MAX_NODES = 100_000
TAG = "tag:yaml.org,2002:"
"""What the tags of YAML's own types begin with."""

CORE_SCHEMA = (
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ("~", "n", "N", "")),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), tuple("tTfF")),
    ("int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), tuple("-+0123456789")),
    (
        "float",
        re.compile(r"^[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
        tuple("-+.0123456789"),
    ),
)
"""Kind of scalar, how it is written without quotes, and its first characters, by which PyYAML looks the rule up."""


class Document(msgspec.Struct, frozen=True):
    """`value`: dict, list, str, int, float, bool or None. `lines`: path to line, from 1."""

    value: Any
    lines: dict[Path, int]


class _Loader(yaml.SafeLoader):
    """Composes nodes only, with the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML declares it as an instance's


for _kind, _form, _first in CORE_SCHEMA:
    _Loader.add_implicit_resolver(TAG + _kind, _form, _first)


def parse(text: str) -> Document:
    """Raises LocatedError with line and column where the text is no YAML, holds a key twice or nests without end."""
    try:
        root = compose(text)
        builder = _Builder()
        value = None if root is None else builder.build(root, ())
    except RecursionError:
        raise LocatedError((), "nested too deeply") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise LocatedError(
            (), f"invalid YAML: character U+{error.character:04X} in line {line} is not allowed"
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise LocatedError(
            (), f"invalid YAML{place}: {shorten(error.problem or error.context or 'unreadable')}"
        ) from None
    return Document(value, builder.lines)


def compose(text: str) -> yaml.Node | None:
    """The text's one node with its marks; None when it says nothing. Raises PyYAML's errors."""
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


class _Builder:
    """Walks the nodes of one text; `lines` fills on the way."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._open: set[int] = set()
        self._count = 0

    def build(self, node: yaml.Node, path: Path) -> Any:
        self.lines.setdefault(path, _line(node))
        self._count += 1
        if self._count > _MAX_NODES:
            raise LocatedError((), f"holds more than {_MAX_NODES} values")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, path)
        if id(node) in self._open:
            raise LocatedError(path, "an alias to a value that holds itself: write the value out", _line(node))
        self._open.add(id(node))
        try:
            return self._collection(node, path)
        finally:
            self._open.discard(id(node))

    def _collection(self, node: yaml.Node, path: Path) -> Any:
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{TAG}seq":
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode) and node.tag == f"{TAG}map":
            return self._mapping(node, path)
        raise LocatedError(path, f"tag {shorten(node.tag)} is not supported: remove it", _line(node))

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            line = _line(key)
            if not isinstance(key, yaml.ScalarNode):
                raise LocatedError(path, "a key is a list or a mapping: a key is text", line)
            here = (*path, key.value)
            if key.value in values:
                raise LocatedError(here, f"given twice, in lines {self.lines[here]} and {line}: keep one", line)
            self.lines[here] = line
            values[key.value] = self.build(value, here)
        return values


def _scalar(node: yaml.ScalarNode, path: Path) -> Any:
    text: str = node.value
    kind = node.tag.removeprefix(TAG)
    try:
        match kind:
            case "str":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" if len(text) <= 20:
                return int(text)
            case "float":
                return float(text)
    except ValueError:
        pass  # an explicit tag on a text that is none, such as `!!int many`
    raise LocatedError(path, f"{shorten(text)} cannot be read as {shorten(kind)}", _line(node))


def _line(node: yaml.Node) -> int:
    line: int = node.start_mark.line
    return line + 1
