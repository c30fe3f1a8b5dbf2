"""One provider on the panel: its retries, its pauses and its breaker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from random import Random

import msgspec

from sluice.classify.panel.breaker import Breaker
from sluice.classify.panel.budget import Budget
from sluice.classify.panel.pace import Pause, Sleep, backoff
from sluice.classify.providers.model import Model, Question, Reply
from sluice.errors import OutOfCredit, ProviderError, RateLimited, Rejected, Unauthorized, Unavailable
from sluice.telemetry import Telemetry

_SHORTEST = 0.1
"""Seconds to wait for a rate limit at least, whatever the provider says."""
_NOTED, _OFTEN = 10.0, 5
"""Seconds of waiting for a rate limit, or limits in a row, from which on it is said; less is the pace of an API."""
_REASONS: dict[type[ProviderError], str] = {
    Unavailable: "unavailable",
    Unauthorized: "unauthorized",
    OutOfCredit: "out_of_credit",
    RateLimited: "rate_limited",
    Rejected: "rejected",
}


class Call(msgspec.Struct, frozen=True):
    """A question with what it may cost at the worst, in tokens. `usable`: of one whose answer is known, whether a reply
    is one; nobody who answers anything else can be asked."""

    question: Question
    token_bound: int
    usable: Callable[[Reply], bool] | None = None


class Seat:
    """Asks one model. What becomes of an error:

    1. `Unavailable`: tried again up to `max_retries` times, later each time; then the breaker opens. The probe of a
       half-open breaker is not tried again.
    2. `Unauthorized`, `OutOfCredit`: the breaker opens.
    3. `RateLimited`: every call waits as long as the provider asks for, and goes to the same provider.
    4. `Rejected`: the caller's, who knows what the request is about.
    5. An answer that is not `usable`: the breaker opens.

    Each try is reserved in the budget on its own: a wait may end on another day. On the event loop.
    """

    def __init__(
        self,
        model: Model,
        budget: Budget,
        telemetry: Telemetry,
        *,
        max_retries: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        chance: Random | None = None,
    ) -> None:
        self.breaker = Breaker(clock)
        self.limited = ""
        """Why calls wait for their turn, when that takes long."""
        self.rejects = False
        """The breaker is open because no request is taken: that is no matter of who is asked."""
        self._model = model
        self._budget = budget
        self._telemetry = telemetry
        self._max_retries = max_retries
        self._sleep = sleep
        self._pause = Pause(clock, sleep)
        self._chance = chance or Random()
        self._out_by: type[ProviderError] | None = None
        self._changed: Callable[[], None] = lambda: None

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def model(self) -> str:
        return self._model.model

    def on_change(self, listener: Callable[[], None]) -> None:
        """`listener` is called when calls begin to wait long, or wait no more."""
        self._changed = listener

    async def ask(self, call: Call) -> Reply:
        """The answer, whatever it takes; to be called after `breaker.enter()`.

        Raises `Unavailable`, `Unauthorized` or `OutOfCredit` with the breaker open, `Rejected`, and what
        `Budget.reserve` raises.
        """
        probe = not self.breaker.closed
        try:
            return await self._ask(call, probe)
        finally:
            if probe:
                self.breaker.leave()

    def trip(self, reason: str) -> None:
        """No request is taken, not even one that is known to be good."""
        self.breaker.open(reason)
        self.rejects = True

    def judged(self, types: int) -> None:
        """For so many event types its answer could be used."""
        self._budget.judged(self.name, types)

    async def close(self) -> None:
        await self._model.close()

    async def _ask(self, call: Call, probe: bool) -> Reply:
        failures = limits = 0
        while True:
            await self._pause.over()
            if failures + limits and not (probe or self.breaker.closed):
                raise Unavailable(self.breaker.reason)  # another call has found out meanwhile
            try:
                reply = await self._once(call)
            except RateLimited as error:
                limits += 1
                self._wait(error, limits)
            except Unavailable as error:
                failures += 1
                if probe or failures > self._max_retries:
                    self._open(error)
                    raise
                await self._sleep(backoff(failures, self._chance))
            except (Unauthorized, OutOfCredit) as error:
                self._open(error)
                raise
            else:
                if call.usable is not None and not call.usable(reply):
                    useless = self._useless(reply)
                    self._open(useless)
                    raise useless
                self._answers()
                return reply

    async def _once(self, call: Call) -> Reply:
        """One try, paid for: a cancelled one keeps its reservation, for nobody knows what it cost."""
        reservation = await self._budget.reserve(self.name, call.token_bound)
        try:
            reply = await self._model.ask(call.question)
        except ProviderError as error:
            self._telemetry.add("sluice_classify_failed", provider=self.name, reason=_reason(error))
            if not (isinstance(error, Unavailable) and error.unsure):
                self._budget.release(reservation)
            raise
        self._budget.settle(reservation, reply.usage)
        self._telemetry.add("sluice_classify_calls", provider=self.name)
        return reply

    def _useless(self, reply: Reply) -> Unavailable:
        self._telemetry.add("sluice_classify_failed", provider=self.name, reason="useless")
        return Unavailable(
            f"{self.name}: {reply.model} gives no usable answer, not even about what is known; set "
            f"classification.{self.name}.model to one that supports structured outputs"
        )

    def _wait(self, error: RateLimited, limits: int) -> None:
        seconds = backoff(limits, self._chance) if error.retry_after is None else max(error.retry_after, _SHORTEST)
        self._pause.extend(seconds)
        if (seconds >= _NOTED or limits >= _OFTEN) and not self.limited:
            self.limited = str(error)
            self._changed()

    def _answers(self) -> None:
        self.breaker.shut()
        self.limited, self.rejects, self._out_by = "", False, None

    def _open(self, error: ProviderError) -> None:
        """The same trouble again is no news, whatever request it names."""
        same = type(error) is self._out_by and not self.rejects
        self.breaker.open(self.breaker.reason if same else str(error))
        self.limited, self.rejects, self._out_by = "", False, type(error)


def _reason(error: ProviderError) -> str:
    return next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), "unavailable")
