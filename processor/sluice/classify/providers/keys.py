"""How the keys of the providers' own APIs begin; behind another `base_url` anything may be a key."""

from __future__ import annotations

BEGINS = {"anthropic": "sk-ant-", "openai": "sk-"}


def belongs_to_another(provider: str, key: str) -> str:
    """The provider whose key this surely is, when it is not that of `provider`; else the empty string.

    `sk-ant-` begins with `sk-`, too: the longest beginning that a key has says whose it is.
    """
    whose = max((name for name, begins in BEGINS.items() if key.startswith(begins)), key=_longest, default="")
    return whose if whose != provider else ""


def _longest(name: str) -> int:
    return len(BEGINS[name])
