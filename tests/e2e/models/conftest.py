"""`sluice run` with Anthropic and OpenAI on loopback, one the fallback of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from honest import honest
from model_runs import KEYS, NEVER
from real.models import ModelServer
from real.otlp import NextHop
from real.sluice import Sluice, forwarding_to


@pytest.fixture
def claude() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.answer = honest
        yield server


@pytest.fixture
def gpt() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.answer = honest
        yield server


@pytest.fixture
def config(claude: ModelServer, gpt: ModelServer, next_hop: NextHop) -> dict[str, Any]:
    """Anthropic, with OpenAI as its fallback; nothing is tried again."""
    settings = {"timeout": NEVER, "max_retries": 0}
    return {
        "exporters": forwarding_to(next_hop.endpoint),
        "classification": {
            "provider": "anthropic",
            "fallback": "openai",
            "anthropic": {"api_key": KEYS["anthropic"], "base_url": claude.anthropic_url, **settings},
            "openai": {"api_key": KEYS["openai"], "base_url": gpt.openai_url, **settings},
        },
    }


@pytest.fixture
def start(tmp_path: Path, config: dict[str, Any]) -> Iterator[Callable[..., Sluice]]:
    """Starts a process, with changes to `classification`; stopped at the end, when it still runs."""
    started: list[Sluice] = []

    def make(**changes: Any) -> Sluice:
        config["classification"].update(changes)
        started.append(Sluice(tmp_path, config).start())
        return started[-1]

    yield make
    for sluice in started:
        sluice.stop()
