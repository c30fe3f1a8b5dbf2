"""The name of one Sluice in verdicts and on the topics, where the configuration gives none."""

from __future__ import annotations

import uuid

_NAMELESS = ("", "localhost", "localhost.localdomain", "localhost4", "localhost6", "(none)")
_DIGITS = 8


def named(host: str) -> str:
    """`host` with digits behind it, such as `web-1-9f86d081`; a UUID where the host has no name of its own.

    Different with every call: whoever writes a key of the topic is told apart by this name, and a host may run several
    Sluices, each with a store of its own. The name is made once and kept there, so that a restart goes on under it.
    """
    unique = uuid.uuid4()
    return str(unique) if host.lower().rstrip(".") in _NAMELESS else f"{host}-{unique.hex[:_DIGITS]}"
