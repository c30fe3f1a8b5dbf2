"""Sets keys in the text of a configuration and leaves all else as it stands: order, comments, layout.

The text is edited where its YAML nodes are and then read again. What comes out holds exactly what was there and the
new values, or nothing comes out: aliases, tags and other rarities are the writer's own to edit.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

import yaml

from sluice.config import document
from sluice.config.messages import LocatedError

KeyPath = tuple[str, ...]

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


class _TooRareError(Exception):
    """The text is written in a way that is not edited here."""


def amend(text: str, values: Sequence[tuple[KeyPath, str]]) -> str | None:
    """The text with each of `values`, texts by the path of their key; None when that cannot be done safely.

    `text` holds a mapping or nothing; raises LocatedError where it is no YAML.
    """
    wanted = copy.deepcopy(document.parse(text).value) or {}
    try:
        for path, value in values:
            _put(wanted, path, value)
            text = _set(text, path, value)
        return text if document.parse(text).value == wanted else None
    except (_TooRareError, LocatedError, yaml.YAMLError):
        return None


def block(values: Sequence[tuple[KeyPath, str]]) -> str:
    """The same as lines to be shown."""
    return amend("", values) or ""


def _put(tree: Any, path: KeyPath, value: str) -> None:
    for key in path[:-1]:
        if not isinstance(tree, dict):
            raise _TooRareError
        if tree.get(key) is None:
            tree[key] = {}
        tree = tree[key]
    if not isinstance(tree, dict):
        raise _TooRareError
    tree[path[-1]] = value


def _set(text: str, path: KeyPath, value: str) -> str:
    """By how far the path exists:

    1. all of it: the value is replaced, unless it is the same already;
    2. to a section in block style: a line is added at the section's end; to the root: a new section;
    3. to a section in flow style: an entry is added before its closing brace;
    4. to a section without value: it gets one.
    """
    node, rest = _deepest(document.compose(text), path)
    if not rest:
        if not isinstance(node, yaml.ScalarNode):
            raise _TooRareError
        if node.tag == f"{document.TAG}str" and node.value == value:
            return text
        return _replace(text, node, _scalar(value))
    if node is None:
        return _at_the_end(text, path, value)
    if isinstance(node, yaml.MappingNode) and node.flow_style:
        at = node.value[-1][1].end_mark.index if node.value else node.start_mark.index + 1
        return f"{text[:at]}{', ' if node.value else ''}{_flow(rest, value)}{text[at:]}"
    if isinstance(node, yaml.MappingNode):
        if len(rest) == len(path):
            return _at_the_end(text, path, value)
        return _after_the_last_line(text, node, _flow(rest, value))
    if isinstance(node, yaml.ScalarNode) and node.tag == f"{document.TAG}null":
        return _replace(text, node, f"{{{_flow(rest, value)}}}")
    raise _TooRareError


def _deepest(root: yaml.Node | None, path: KeyPath) -> tuple[yaml.Node | None, KeyPath]:
    """The last node on the way along `path`, and what of the path is missing below it."""
    node, rest = root, path
    while rest and isinstance(node, yaml.MappingNode):
        child = next((value for key, value in node.value if key.value == rest[0]), None)
        if child is None:
            break
        node, rest = child, rest[1:]
    return node, rest


def _replace(text: str, node: yaml.Node, written: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    space = " " if start == end else ""  # an empty value stands right behind its colon
    return f"{text[:start]}{space}{written}{text[end:]}"


def _at_the_end(text: str, path: KeyPath, value: str) -> str:
    eol = _end_of_line(text)
    above = f"{text.rstrip()}{eol}{eol}" if text.strip() else ""
    if len(path) == 1:
        return f"{above}{_flow(path, value)}{eol}"
    return f"{above}{path[0]}:{eol}  {_flow(path[1:], value)}{eol}"


def _after_the_last_line(text: str, section: yaml.MappingNode, entry: str) -> str:
    """Below the last entry and what is remarked behind it, above whatever comes next."""
    indent = " " * section.value[0][0].start_mark.column
    last: yaml.Node = section
    while isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
        last = last.value[-1][1] if isinstance(last, yaml.MappingNode) else last.value[-1]
    eol = _end_of_line(text)
    newline = text.find("\n", last.end_mark.index)
    if newline < 0:
        return f"{text}{eol}{indent}{entry}{eol}"
    return f"{text[: newline + 1]}{indent}{entry}{eol}{text[newline + 1 :]}"


def _end_of_line(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _flow(path: KeyPath, value: str) -> str:
    written = _scalar(value)
    for key in reversed(path[1:]):
        written = f"{{{key}: {written}}}"
    return f"{path[0]}: {written}"


def _scalar(value: str) -> str:
    if _PLAIN.fullmatch(value) and document.parse(value).value == value:
        return value
    return "'{}'".format(value.replace("'", "''"))
