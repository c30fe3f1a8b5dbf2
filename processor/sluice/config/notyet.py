"""Keys that have their place but no effect yet: giving one is an error, because silence would look like success.

Building an effect ends with deleting its row here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sluice.config.messages import LocatedError, Path, show
from sluice.config.references import Referred


class NotYet(NamedTuple):
    """`values` empty: the key itself is refused; else only these of its values."""

    path: Path
    remedy: str
    values: tuple[str, ...] = ()


_TOPICS = ("verdicts", "kafka", "topics")
NOT_YET = (
    NotYet(("policy", "spans"), "use observe or tag", ("drop",)),
    NotYet((*_TOPICS, "stats"), "remove it"),
)


def refuse_not_yet(given: Any) -> None:
    """`given`: the tree as it was written, references expanded."""
    for path, remedy, values in NOT_YET:
        found, value = _at(given, path)
        if not found:
            continue
        if not values:
            raise LocatedError(path, f"has no effect, it is not yet built: {remedy}")
        if value in values:
            raise LocatedError(path, f"{show(value)} is not yet built: {remedy}")


def built(path: Path, keys: Iterable[str]) -> list[str]:
    """The keys of the section at `path` that have an effect: only these are worth naming to anybody."""
    refused = {row.path for row in NOT_YET if not row.values}
    return [key for key in keys if (*path, key) not in refused]


def built_values(path: Path, values: Iterable[str]) -> list[str]:
    """The words at `path` that have an effect."""
    refused = {value for row in NOT_YET if row.path == path for value in row.values}
    return [value for value in values if value not in refused]


def _at(tree: Any, path: Path) -> tuple[bool, Any]:
    for key in path:
        if not isinstance(tree, dict) or key not in tree:
            return False, None
        tree = tree[key]
    return True, tree.value if isinstance(tree, Referred) else tree
