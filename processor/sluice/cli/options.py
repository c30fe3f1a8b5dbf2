"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


def config_option(*, required: bool) -> Callable[[_F], _F]:
    """`-c FILE`; the command loads it itself, so that what is wrong with it is told in our words."""
    return click.option("-c", "--config", "config_file", metavar="FILE", required=required, help="The configuration.")


def json_option(function: _F) -> _F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(function)
