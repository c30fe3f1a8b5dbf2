"""The ways to ask a model through the real SDKs, before a server that speaks their wire formats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from real.models import ModelServer, Wire
from real.waiting import DEADLINE
from sluice.classify.providers.anthropic import Anthropic
from sluice.classify.providers.model import Model, Question
from sluice.classify.providers.openai import OpenAI
from sluice.config.model import Provider
from sluice.config.units import PositiveDuration
from sluice.errors import (
    ProviderError,
)

KEY = "sk-secret-AbCdEf0123456789"
SAMPLE = "customer walrus-7731 paid by zebra card"
QUESTION = Question(
    name="judgement",
    system="Say of every entry what it is. " * 200,
    content=SAMPLE,
    schema={
        "type": "object",
        "properties": {"category": {"type": "string", "enum": ["fault", "heartbeat"]}},
        "required": ["category"],
        "additionalProperties": False,
    },
    max_output_tokens=900,
)
ANSWER = '{"category":"heartbeat"}'


@dataclass(frozen=True)
class Way:
    """One of the ways to ask: a provider, at its own address or at another one."""

    name: str
    make: Callable[..., Model]
    wire: Wire
    elsewhere: bool

    def __call__(self, server: ModelServer, *, clock: Callable[[], float] | None = None, **settings: Any) -> Model:
        url = server.anthropic_url if self.name == "anthropic" else server.openai_url
        if self.elsewhere:
            settings["base_url"] = url
        if "timeout" in settings:
            settings["timeout"] = PositiveDuration(settings["timeout"])
        more: dict[str, Any] = {} if self.elsewhere else {"api": url}
        if clock is not None:
            more["clock"] = clock
        return self.make(Provider(**{"api_key": KEY, **settings}), **more)


WAYS = {
    "anthropic": Way("anthropic", Anthropic, "anthropic", elsewhere=False),
    "anthropic elsewhere": Way("anthropic", Anthropic, "anthropic", elsewhere=True),
    "openai": Way("openai", OpenAI, "responses", elsewhere=False),
    "openai elsewhere": Way("openai", OpenAI, "chat", elsewhere=True),
}


@asynccontextmanager
async def asking(way: Way, server: ModelServer, **settings: Any) -> AsyncIterator[Model]:
    model = way(server, **settings)
    try:
        yield model
    finally:
        await model.close()


async def failure(model: Model) -> ProviderError:
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(ProviderError) as caught:
            await model.ask(QUESTION)
    return caught.value


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
