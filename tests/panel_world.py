"""A panel in a small world: models that say what the test wants, a clock that sleepers move, the real store.

The models implement the protocol of `classify/providers/model.py`; what a real SDK makes of a real answer is tested
beside the loopback server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from sluice.classify.panel import Budget, Call, Panel, Seat
from sluice.classify.providers.model import Question, Reply, Usage
from sluice.errors import ProviderError
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.store import Store

DAY = 86_400.0
NOON = 1_750_032_000.0 + 12 * 3_600
"""Of a UTC day."""
COST = Usage(input=700, cache_write=10, cache_read=200, output=90)
CALL = Call(Question("test", "system", "content", {}, 500), 2_000)
PROOF = Call(Question("test", "system", "proof", {}, 500), 1_000)

Answer = ProviderError | Reply | Callable[[Question], Reply]


def reply(text: str = "{}", usage: Usage = COST, model: str = "model-1") -> Reply:
    return Reply(text=text, model=model, usage=usage)


class Time:
    """Seconds for every clock; a sleep moves it and lets the others run."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.on_sleep()
        self.now += seconds
        await asyncio.sleep(0)


class Scripted:
    """A model that gives these answers in turn, then the last one for ever. `asked` are the contents it saw."""

    def __init__(self, name: str, *answers: Answer) -> None:
        self.name = name
        self.model = f"{name}-model"
        self.answers = list(answers) or [reply()]
        self.asked: list[str] = []
        self.closed = False

    async def ask(self, question: Question) -> Reply:
        self.asked.append(question.content)
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ProviderError):
            raise answer
        return answer if isinstance(answer, Reply) else answer(question)

    async def check(self) -> str:
        return self.model

    async def close(self) -> None:
        self.closed = True


class World:
    """`models` in the order in which they are asked."""

    def __init__(
        self, path: Path, *models: Scripted, tokens_per_day: int = 1_000_000, time: Time | None = None
    ) -> None:
        self.time = time or Time()
        self.health = HealthBoard()
        self.telemetry = Telemetry()
        self.store = Store(str(path), health=self.health, telemetry=self.telemetry)
        self.budget = Budget(tokens_per_day, self.store, self.telemetry, self.time)
        self.models: Sequence[Scripted] = models
        self.panel: Panel

    async def __aenter__(self) -> World:
        await self.store.open()
        await self.budget.load()
        self.seats = [
            Seat(
                model,
                self.budget,
                self.telemetry,
                max_retries=3,
                clock=self.time,
                sleep=self.time.sleep,
                chance=Random(1),
            )
            for model in self.models
        ]
        self.panel = Panel(self.seats, self.health, self.telemetry, self.time)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.panel.close()
        await self.store.close()

    @property
    def trouble(self) -> str:
        """What health says of the providers."""
        status = self.health.degraded_parts().get("provider")
        return status.reason if status else ""

    @property
    def asked(self) -> list[int]:
        """How often each model was."""
        return [len(model.asked) for model in self.models]
