"""From the queue to facts: the tasks that ask the judge, hold its answers to the closed sets and hand them on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import msgspec

from sluice.classify.claims import Claims, Unshared
from sluice.classify.intake import Intake
from sluice.classify.providers.base import Judgement, Provider
from sluice.classify.queue import Queue, Waiting
from sluice.classify.redact import Redactor
from sluice.classify.sharing import Shared, nothing_shared
from sluice.engine import Evidence
from sluice.errors import OverBudget, ProviderError
from sluice.telemetry import Telemetry
from sluice.verdicts.evidence_hash import evidence_hash
from sluice.verdicts.model import CATEGORIES, CONFIDENCES, Facts, Source

log = logging.getLogger(__name__)

_ATTEMPTS = 3
"""Unusable answers about one type, the last of them about it alone, before it is parked."""
_PARKED = 10_000
"""Types of which is remembered that they broke something here."""
_STEP = 3
"""Types handled between two turns of the event loop: the redaction check of one, or the look at whether it is to be
asked about alone, takes up to 0.25 ms."""
_LOOK = 1.0
"""Seconds between two looks at whether types that are asked about elsewhere have their answer."""
_MANY = 200
"""Types of which is only looked whether they are known, between two turns of the event loop."""
_LONG_TEMPLATE = 1024
"""Characters from which on a look at a type's words leaves the loop: the redaction check of 16 KiB takes 20 ms."""
_LONGEST = 200
"""Characters of a description or reason that are taken from a judge."""

Known = Callable[[str, str], bool]
"""Whether facts of this rank (`rule`, `llm`) or better are held of a fingerprint."""
Judged = Callable[[Evidence, Facts, Source], object]
"""Takes the facts of one type; what it answers is of no interest here."""
_Held = dict[str, Waiting]


class Worker:
    """Owns one task that takes evidence in and `concurrency` tasks that ask. Nothing here can slow a request.

    Per batch: (1) types that are `known` by now are let go; (2) types whose words redaction would change are
    unlisted: counted, never asked about; (3) types whose facts are `shared` by other services take them over; (4) types
    that another instance asks about wait for its verdict; (5) the provider is asked, about some of them alone;
    (6) usable facts go to `judged`, doubted ones when they are said again; (7) types without a usable answer wait
    again, after the second time to be asked about alone, after the third they are parked: `unclassified`, which is
    kept, with the reason; (8) when one of several is at fault for there being no answer at all, each half is asked
    about, down to that one. When the provider is out (`ProviderError`) the whole batch waits, and the next try comes
    after a growing delay.
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
        shared: Shared = nothing_shared,
        batch_size: int = 64,
        concurrency: int = 2,
        claims: Claims | None = None,
        seen: tuple[Callable[[Evidence], None], ...] = (),
        retry_delay: tuple[float, float] = (1.0, 60.0),
    ) -> None:
        """Each of `seen` is shown all evidence. `instance` is recorded as the one that obtained the facts.
        `retry_delay`: first and longest, in seconds."""
        self._intake = intake
        self._queue = queue
        self._redactor = redactor
        self._provider = provider
        self._known = known
        self._judged = judged
        self._shared = shared
        self._instance = instance
        self._telemetry = telemetry
        self._unlisted = telemetry.counter("sluice_classify_unlisted")
        self._batch_size = batch_size
        self._concurrency = concurrency
        self._claims = claims or Unshared()
        self._seen = seen
        self._retry_delay = retry_delay
        self._parked: dict[str, None] = {}
        self._arrived: deque[Evidence] = deque()
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """On the loop that the tasks are to run on."""
        if self._tasks:
            return
        self._intake.open()
        rounds = [("classify_intake", self._take_in), *[("classify_judge", self._ask)] * self._concurrency]
        if self._claims.shared:
            rounds.append(("classify_elsewhere", self._look_elsewhere))
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
                log.debug("asked again in %.0f s: %s", delay, error)  # whoever is out has told health
            except Exception as error:  # noqa: BLE001 - the outermost loop: counted, and the task lives on
                self._telemetry.add("sluice_tasks_failed", task=name)
                # the type alone: the message of a foreign error may quote a sample
                log.error("a round of %s ended in %s", name, type(error).__name__)
            await asyncio.sleep(delay)
            delay = min(2 * delay, longest)

    async def _take_in(self) -> None:
        """One hand-over, or what an error has left of the last one."""
        if not self._arrived:
            self._arrived.extend(await self._intake.take())
        while self._arrived:
            evidence = self._arrived.popleft()
            try:
                for see in self._seen:
                    see(evidence)
            finally:
                self._add(evidence)
            await _breathe(len(self._arrived))

    def _add(self, evidence: Evidence) -> None:
        if self._known(evidence.fingerprint, self._provider.kind) or evidence.fingerprint in self._parked:
            return
        due_at = self._queue.due_at()
        self._queue.add(evidence)
        if self._queue.due_at() < due_at:
            self._changed.set()  # it is nearer than whoever waits for a batch knows

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
            with self._blamed(held, list(held)):
                await self._sort_out(held)
                await self._claim(held)
                calls = await self._apart(held, await self._shown(held))
            for shown in calls:
                with self._blamed(held, [evidence.fingerprint for evidence in shown]):
                    await self._ask_about(held, shown)
        finally:
            self._claims.release(held)
            self._claims.done(waiting.evidence.fingerprint for waiting in batch)
            self._queue.put_back(list(held.values()))

    async def _claim(self, held: _Held) -> None:
        """Leaves those that another instance asks about, and those that it has asked about."""
        if not held:
            return
        taken = await self._claims.take(list(held))
        for fingerprint, seconds in taken.elsewhere.items():
            self._queue.postpone(held.pop(fingerprint), seconds)
        for fingerprint, waiting in list(held.items()):
            if self._known(fingerprint, self._provider.kind):
                self._done(held, waiting)

    async def _look_elsewhere(self) -> None:
        for position, fingerprint in enumerate(self._queue.postponed(), 1):
            if self._known(fingerprint, self._provider.kind):
                self._queue.drop(fingerprint)
            if position % _MANY == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(_LOOK)

    async def _until_due(self) -> None:
        """Returns when there is a batch, or when there will be one sooner than it seemed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._queue.due_in()):
                await self._changed.wait()

    async def _sort_out(self, held: _Held) -> None:
        """Lets go what was judged meanwhile (by another replica, say), what may not be listed, and what is known from
        other services."""
        for position, (fingerprint, waiting) in enumerate(list(held.items()), 1):
            if self._known(fingerprint, self._provider.kind):
                self._done(held, waiting)
            elif not await _off_loop(self._redactor.listable, waiting.evidence):
                self._unlisted.inc()
                self._done(held, waiting)
            elif (shared := self._shared(waiting.evidence)) is not None:
                facts, source = shared
                hashed = _hash(waiting.evidence)
                self._judged(waiting.evidence, facts, msgspec.structs.replace(source, evidence_hash=hashed))
                self._telemetry.add("sluice_classify_shared", category=facts.category)
                self._done(held, waiting)
            await _breathe(position)

    async def _shown(self, held: _Held) -> list[Evidence]:
        """What the judge may see."""
        shown = [waiting.evidence for waiting in held.values()]
        if self._provider.kind != "rule":  # it leaves this process
            for position, evidence in enumerate(shown):
                shown[position] = self._redactor.shown(evidence)
                await _breathe(position)
        return shown

    async def _apart(self, held: _Held, shown: list[Evidence]) -> list[list[Evidence]]:
        """The calls: one for those that may be asked about together, and one each for the others."""
        together: list[Evidence] = []
        alone: list[list[Evidence]] = []
        for position, evidence in enumerate(shown, 1):
            last = held[evidence.fingerprint].attempts + 1 >= _ATTEMPTS
            if last or await _off_loop(self._provider.alone, evidence):
                alone.append([evidence])
            else:
                together.append(evidence)
            await _breathe(position)
        return [together, *alone] if together else alone

    @contextlib.contextmanager
    def _blamed(self, held: _Held, among: list[str]) -> Iterator[None]:
        """When something breaks here, one of these types is taken for the reason."""
        try:
            yield
        except ProviderError:
            raise
        except Exception:
            for waiting in [held[fingerprint] for fingerprint in among if fingerprint in held]:
                self._unusable(held, waiting, "crashed", None)
            raise

    async def _ask_about(self, held: _Held, shown: list[Evidence]) -> None:
        """One call, or as many as it takes to find the type that spoils it for the others."""
        half = len(shown) // 2
        try:
            judgement = await self._provider.judge(shown)
        except OverBudget:
            if half:
                await self._ask_about(held, shown[:half])
            raise
        if judgement.blame and half:
            log.info(
                "%s: no use in an answer about %d event types: %s", judgement.provider, len(shown), judgement.blame
            )
            await self._ask_about(held, shown[:half])
            await self._ask_about(held, shown[half:])
            return
        await self._settle(held, shown, judgement)

    async def _settle(self, held: _Held, shown: list[Evidence], judgement: Judgement) -> None:
        for position, evidence in enumerate(shown, 1):
            waiting = held[evidence.fingerprint]
            facts = judgement.facts.get(evidence.fingerprint)
            if judgement.refused:
                self._park(held, waiting, "refused", judgement)
            elif facts is None:
                self._unusable(held, waiting, "unanswered", judgement)
            elif facts.category not in CATEGORIES or facts.confidence not in CONFIDENCES:
                self._unusable(held, waiting, "rejected", judgement)
            elif evidence.fingerprint in judgement.doubted and not waiting.doubted:
                self._doubt(held, waiting, judgement)
            else:
                self._judge(waiting, _capped(facts), judgement)
                self._done(held, waiting)
            await _breathe(position)

    def _judge(self, waiting: Waiting, facts: Facts, judgement: Judgement) -> None:
        evidence, kind = waiting.evidence, self._provider.kind
        source = Source(
            kind=kind,
            instance=self._instance,
            provider=judgement.provider,
            model=judgement.model,
            prompt_version=judgement.prompt_version,
            evidence_hash=_hash(evidence),
        )
        self._judged(evidence, facts, source)
        self._telemetry.add("sluice_classify_judged", kind=kind, category=facts.category)

    def _unusable(self, held: _Held, waiting: Waiting, reason: str, judgement: Judgement | None) -> None:
        """No usable answer: to be asked about again, at last alone, then no more."""
        provider = judgement.provider if judgement else self._provider.name
        self._telemetry.add("sluice_classify_unusable", provider=provider, reason=reason)
        waiting.attempts += 1
        if waiting.attempts < _ATTEMPTS:
            del held[waiting.evidence.fingerprint]
            self._queue.put_back([waiting])
        else:
            self._park(held, waiting, reason, judgement)

    def _doubt(self, held: _Held, waiting: Waiting, judgement: Judgement) -> None:
        """An answer that is asked for again, in other company; what is said then is taken."""
        self._telemetry.add("sluice_classify_unusable", provider=judgement.provider, reason="doubted")
        waiting.doubted = True
        del held[waiting.evidence.fingerprint]
        self._queue.put_back([waiting])

    def _park(self, held: _Held, waiting: Waiting, reason: str, judgement: Judgement | None) -> None:
        """Kept, and not asked about again unless an operator wants it. What broke something here is not touched."""
        provider = judgement.provider if judgement else self._provider.name
        self._telemetry.add("sluice_classify_unusable", provider=provider, reason="parked")
        identity = waiting.evidence.identity
        service = "/".join(filter(None, (identity.namespace, identity.service))) or "no service"
        log.warning(
            "%s: no usable answer about event type %s of %s (%s): it is kept, and not asked about again unless told to",
            provider,
            waiting.evidence.fingerprint,
            service,
            reason,
        )
        self._done(held, waiting)
        if judgement is not None:
            self._judge(
                waiting, Facts("unclassified", "low", reason=f"no usable answer of the judge: {reason}"), judgement
            )
            return
        if len(self._parked) >= _PARKED:
            del self._parked[next(iter(self._parked))]
        self._parked[waiting.evidence.fingerprint] = None

    def _done(self, held: _Held, waiting: Waiting) -> None:
        del held[waiting.evidence.fingerprint]
        self._queue.done(waiting)


async def _off_loop(look: Callable[[Evidence], bool], evidence: Evidence) -> bool:
    """What a look at a type says; that at a long one is taken in a thread."""
    if len(evidence.template) < _LONG_TEMPLATE:
        return look(evidence)
    return await asyncio.to_thread(look, evidence)


async def _breathe(position: int) -> None:
    """Lets the event loop turn after every few types."""
    if position % _STEP == 0:
        await asyncio.sleep(0)


def _hash(evidence: Evidence) -> str:
    return evidence_hash((slot.kind for slot in evidence.slots), evidence.attribute_keys)


def _capped(facts: Facts) -> Facts:
    """A judge's texts end where they become a burden for the store and the topic."""
    if len(facts.description) <= _LONGEST and len(facts.reason) <= _LONGEST:
        return facts
    return msgspec.structs.replace(facts, description=facts.description[:_LONGEST], reason=facts.reason[:_LONGEST])
