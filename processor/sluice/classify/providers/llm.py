"""The judge that is a model behind an API: a batch becomes one call, its reply becomes facts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from random import Random, SystemRandom
from typing import Literal

from sluice.classify.asking import PROMPT_VERSION, Composed, Read, compose, lone
from sluice.classify.doubt import doubted
from sluice.classify.panel import Answer, Call, Panel
from sluice.classify.providers.base import Judgement
from sluice.classify.providers.model import Reply
from sluice.engine import Evidence
from sluice.errors import Unavailable

log = logging.getLogger(__name__)


class Llm:
    """A `Provider` over the models of a panel."""

    kind: Literal["rule", "llm"] = "llm"

    def __init__(
        self,
        panel: Panel,
        *,
        per_day: Callable[[str], float | None] = lambda _: None,
        services: Callable[[], Mapping[tuple[str, str], str]] = dict,
        chance: Random | None = None,
    ) -> None:
        """`per_day`: records a day of a fingerprint, as far as known; `services`: what is known of services, by
        namespace and name; `chance`: nobody's to guess."""
        self._panel = panel
        self._per_day = per_day
        self._services = services
        self._chance = chance or SystemRandom()
        self._suspect = ""
        """A provider that has said nothing usable of one type alone: it answers about canaries first."""

    @property
    def name(self) -> str:
        return self._panel.primary

    def alone(self, evidence: Evidence) -> bool:
        return lone(evidence)

    async def judge(self, batch: Sequence[Evidence]) -> Judgement:
        rates = {entry.fingerprint: rate for entry in batch if (rate := self._per_day(entry.fingerprint)) is not None}
        services = self._services()
        composed = await asyncio.to_thread(compose, batch, self._chance, services=services, rates=rates)
        if self._suspect and self._panel.next == self._suspect:
            await self._prove(self._suspect)
        answer = await self._panel.ask(_call(composed), self._proof() if len(batch) == 1 else None)
        if answer.reply is None:
            return _judged(answer, blame="rejected", refused=True)
        read, doubts = await asyncio.to_thread(_read, composed, answer.reply, batch)
        self._panel.judged(answer.provider, len(read.facts))
        _log_cost(answer, answer.reply, batch, len(read.facts))
        if read.void or not read.facts:
            if len(batch) == 1 and not composed.is_answered(answer.reply) and not await self._prove(answer.provider):
                raise Unavailable(f"{answer.provider} gives no usable answer")
            return _judged(answer, blame=read.void or "nothing answered")
        return Judgement(read.facts, answer.provider, answer.reply.model, PROMPT_VERSION, doubted=doubts)

    async def _prove(self, provider: str) -> bool:
        """Whether the provider answers about canaries; if it does not, it is out, and whoever is left was asked."""
        self._suspect = provider
        answer = await self._panel.ask(self._proof())
        if answer.provider == provider:
            self._suspect = ""
        return answer.provider == provider

    def _proof(self) -> Call:
        """About canaries alone: nothing of anybody's content is in it."""
        composed = compose([], self._chance)
        return Call(composed.question, composed.token_bound, composed.is_answered)


def _read(composed: Composed, reply: Reply, batch: Sequence[Evidence]) -> tuple[Read, frozenset[str]]:
    """What is believed, and of that what is doubted: nothing of one that had no company."""
    read = composed.read(reply)
    return read, doubted(batch, read.facts) if len(batch) > 1 else frozenset()


def _call(composed: Composed) -> Call:
    return Call(composed.question, composed.token_bound)


def _judged(answer: Answer, *, blame: str, refused: bool = False) -> Judgement:
    model = answer.reply.model if answer.reply else answer.model
    return Judgement({}, answer.provider, model, PROMPT_VERSION, blame, refused)


def _log_cost(answer: Answer, reply: Reply, batch: Sequence[Evidence], judged: int) -> None:
    usage = reply.usage
    log.info(
        "%s (%s) judged %d of %d event types for %d tokens: %d in, %d of them written to and %d read from its cache, "
        "%d out; %.0f a type",
        answer.provider,
        reply.model,
        judged,
        len(batch),
        usage.total,
        usage.total - usage.output,
        usage.cache_write,
        usage.cache_read,
        usage.output,
        usage.total / len(batch),
    )
