"""Providers' keys that cannot be right, as far as that can be seen without asking."""

from __future__ import annotations

from collections.abc import Iterator

from sluice.config.model import Classification

_BEGINS = {"anthropic": "sk-ant-", "openai": "sk-"}
"""How the keys of the providers' own APIs begin; behind another `base_url` anything may be one."""
_CALLED = {"anthropic": "Anthropic", "openai": "OpenAI"}


def warnings(settings: Classification) -> Iterator[str]:
    """One line for each provider that is to be asked and has no key, or something that is none. Never shows it."""
    if settings.provider == "rules":
        return
    from sluice.classify.panel.seating import missing, providers

    for name in providers(settings):
        if reason := missing(settings, name):
            yield reason
            continue
        section, begins = settings.section(name), _BEGINS[name]
        key = section.api_key or ""
        if section.base_url is not None:
            continue
        other = next((other for other, start in _BEGINS.items() if other != name and key.startswith(start)), None)
        if name == "openai" and other:
            yield f"classification.{name}.api_key is a key of {_CALLED[other]}: give one of {_CALLED[name]}"
        elif not key.startswith(begins):
            yield f"classification.{name}.api_key is no key of {_CALLED[name]}: those begin with {begins}"
