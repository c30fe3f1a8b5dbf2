"""Providers' keys that cannot be right, as far as that can be seen without asking."""

from __future__ import annotations

from collections.abc import Iterator

from sluice.classify.providers.keys import BEGINS, belongs_to_another
from sluice.config.model import Classification

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
        section = settings.section(name)
        if section.base_url is not None:
            continue
        key, called = section.api_key or "", _CALLED[name]
        if not key.startswith(BEGINS[name]):
            yield f"classification.{name}.api_key is no key of {called}: those begin with {BEGINS[name]}"
        elif other := belongs_to_another(name, key):
            yield f"classification.{name}.api_key is a key of {_CALLED[other]}: give one of {called}"
