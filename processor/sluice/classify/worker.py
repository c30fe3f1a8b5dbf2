"""From the queue to facts: the tasks that ask the judge, hold its answers to the closed sets and hand them on."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import msgspec

from sluice.classify.intake import Intake
from sluice.classify.providers.base import Provider
from sluice.classify.queue import Queue, Waiting
from sluice.classify.redact import Redactor
from sluice.engine import Evidence
from sluice.errors import ProviderError
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.model import CATEGORIES, CONFIDENCES, Facts, Source

log = logging.getLogger(__name__)

_ATTEMPTS = 3
"""Unusable answers about one type before it is parked: kept, until it brings evidence again."""
_STEP = 4
"""Types handled between two turns of the event loop: the redaction check of one takes up to 0.2 ms."""
_LONG_TEMPLATE = 1024
"""Characters from which on the redaction check leaves the loop: 16 KiB take 20 ms."""
_LONGEST = 200
"""Characters of a description or reason that are taken from a judge."""

Known = Callable[[str, str], bool]
"""Whether facts of this rank (`rule`, `llm`) or better are held of a fingerprint."""
Judged = Callable[[Evidence, Facts, Source], object]
"""Takes the facts of one type; what it answers is of no interest here."""


class Worker:
    """Owns one task that takes evidence in and `concurrency` tasks that ask. Nothing here can slow a request.

    Per batch: (1) types that are `known` by now are let go; (2) types whose words redaction would change are
    unlisted: counted, never asked about; (3) the provider is asked; (4) usable facts go to `judged`; (5) types without
    a usable answer wait again, the third time they are parked. When the provider is out (`ProviderError`) the whole
    batch waits, health says so, and the next try comes after a growing delay.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        queue: Queue,
        redactor: Redactor,
        provider: Provider,
        known: Known,
        judged: Judged,
        instance: str,
        telemetry: Telemetry,
        health: HealthBoard,
        batch_size: int = 64,
        concurrency: int = 2,
        retry_delay: tuple[float, float] = (1.0, 60.0),
    ) -> None:
        """`instance` is recorded as the one that obtained the facts; `retry_delay`: first and longest, in seconds."""
        self._intake = intake
        self._queue = queue
        self._redactor = redactor
        self._provider = provider
        self._known = known
        self._judged = judged
        self._instance = instance
        self._telemetry = telemetry
        self._unlisted = telemetry.counter("sluice_classify_unlisted")
        self._health = health
        self._batch_size = batch_size
        self._concurrency = concurrency
        self._retry_delay = retry_delay
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """On the loop that the tasks are to run on."""
        if self._tasks:
            return
        self._intake.open()
        rounds = [("classify_intake", self._take_in), *[("classify_judge", self._ask)] * self._concurrency]
        self._tasks = [asyncio.create_task(self._forever(name, once), name=name) for name, once in rounds]

    async def stop(self) -> None:
        """Types that wait are asked about after the next start; a call under way is cancelled. Idempotent."""
        self._intake.close()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _forever(self, name: str, once: Callable[[], Coroutine[Any, Any, None]]) -> None:
        first, longest = self._retry_delay
        delay = first
        while True:
            try:
                await once()
                delay = first
                continue
            except ProviderError as error:
                self._telemetry.add("sluice_classify_failed", provider=self._provider.name, reason="unavailable")
                self._health.degraded("provider", f"{self._provider.name}: {error}")
            except Exception as error:  # noqa: BLE001 - the outermost loop: counted, and the task lives on
                self._telemetry.add("sluice_tasks_failed", task=name)
                # the type alone: the message of a foreign error may quote a sample
                log.error("a round of %s ended in %s", name, type(error).__name__)
            await asyncio.sleep(delay)
            delay = min(2 * delay, longest)

    async def _take_in(self) -> None:
        for position, evidence in enumerate(await self._intake.take(), 1):
            if not self._known(evidence.fingerprint, self._provider.kind):
                was_empty = not len(self._queue)
                self._queue.add(evidence)
                if was_empty:
                    # Whoever waits for a type that is there already wakes up before this one has settled.
                    self._changed.set()
            await _breathe(position)

    async def _ask(self) -> None:
        """One batch, or a wait until there may be one.

        `held` are the types taken from the queue that are not done with: whatever happens, they go back.
        """
        self._changed.clear()
        batch = self._queue.take(self._batch_size)
        if not batch:
            await self._until_due()
            return
        held = {waiting.evidence.fingerprint: waiting for waiting in batch}
        try:
            await self._sort_out(held)
            if held:
                await self._settle(held, await self._answers(held))
        except (ProviderError, asyncio.CancelledError):
            self._queue.put_back(list(held.values()))
            raise
        except Exception:
            self._again(list(held.values()), "crashed")
            raise

    async def _until_due(self) -> None:
        """Returns when a type is due or the queue has changed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._queue.settles_in()):
                await self._changed.wait()

    async def _sort_out(self, held: dict[str, Waiting]) -> None:
        """Lets go what was judged meanwhile (by another replica, say) and what may not be listed."""
        for position, (fingerprint, waiting) in enumerate(list(held.items()), 1):
            if self._known(fingerprint, self._provider.kind):
                del held[fingerprint]
            elif not await self._listable(waiting.evidence):
                self._unlisted.inc()
                del held[fingerprint]
            await _breathe(position)

    async def _listable(self, evidence: Evidence) -> bool:
        if len(evidence.template) < _LONG_TEMPLATE:
            return self._redactor.listable(evidence)
        return await asyncio.to_thread(self._redactor.listable, evidence)

    async def _answers(self, held: dict[str, Waiting]) -> Mapping[str, Facts]:
        shown = [waiting.evidence for waiting in held.values()]
        if self._provider.kind != "rule":  # it leaves this process
            for position, evidence in enumerate(shown):
                shown[position] = self._redactor.shown(evidence)
                await _breathe(position)
        answers = await self._provider.judge(shown)
        self._health.healthy("provider")
        return answers

    async def _settle(self, held: dict[str, Waiting], answers: Mapping[str, Facts]) -> None:
        provider = self._provider
        source = Source(
            kind=provider.kind,
            instance=self._instance,
            provider=provider.name,
            model=provider.model,
            prompt_version=provider.prompt_version,
        )
        for position, (fingerprint, waiting) in enumerate(list(held.items()), 1):
            facts = answers.get(fingerprint)
            if facts is None:
                self._again([waiting], "unanswered")
            elif facts.category not in CATEGORIES or facts.confidence not in CONFIDENCES:
                self._again([waiting], "rejected")
            else:
                self._judged(waiting.evidence, _capped(facts), source)
                self._telemetry.add("sluice_classify_judged", kind=source.kind, category=facts.category)
            del held[fingerprint]
            await _breathe(position)

    def _again(self, batch: list[Waiting], reason: str) -> None:
        """No usable answer: to be asked about again, at last alone, then no more."""
        unusable = functools.partial(self._telemetry.add, "sluice_classify_unusable", provider=self._provider.name)
        for waiting in batch:
            unusable(reason=reason)
            waiting.attempts += 1
            if waiting.attempts < _ATTEMPTS:
                self._queue.put_back([waiting])
            else:
                unusable(reason="parked")


async def _breathe(position: int) -> None:
    """Lets the event loop turn after every few types."""
    if position % _STEP == 0:
        await asyncio.sleep(0)


def _capped(facts: Facts) -> Facts:
    """A judge's texts end where they become a burden for the store and the topic."""
    if len(facts.description) <= _LONGEST and len(facts.reason) <= _LONGEST:
        return facts
    return msgspec.structs.replace(facts, description=facts.description[:_LONGEST], reason=facts.reason[:_LONGEST])
