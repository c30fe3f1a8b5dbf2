"""Sections that many processes under test have in their configuration, to be laid together with `|`."""

from __future__ import annotations

from typing import Any

from real.kafka import Kafka
from real.models import ModelServer
from sluice.config.model import Topics

_TOPICS = ("verdicts", "overrides", "services", "claims")


def sharing(kafka: Kafka, topics: Topics) -> dict[str, Any]:
    """On these topics of this broker."""
    names = {name: getattr(topics, name) for name in _TOPICS}
    return {"verdicts": {"kafka": {"brokers": [kafka.bootstrap], "topics": names}}}


def asking(model: ModelServer, wire: str = "anthropic", **settings: Any) -> dict[str, Any]:
    """A provider that is this server; `settings` of the provider."""
    url = {"anthropic": model.anthropic_url, "openai": model.openai_url}[wire]
    provider = {"api_key": "sk-key", "base_url": url, "timeout": "600s", **settings}
    return {"classification": {"provider": wire, wire: provider}}
