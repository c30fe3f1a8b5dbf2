"""The provider and its fallback: who is asked now, and what is said of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

import msgspec

from sluice.classify.panel.seat import Call, Seat
from sluice.classify.providers.model import Reply
from sluice.errors import OutOfCredit, OverBudget, ProviderError, Rejected, Unauthorized, Unavailable
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry

log = logging.getLogger(__name__)

PART = "provider"
_WAIT = "event types wait for the judge, their records are kept"


class Answer(msgspec.Struct, frozen=True):
    """`reply` None: the provider rejects the question for its content. `provider`, `model`: who answered."""

    provider: str
    model: str
    reply: Reply | None


class Standing(msgspec.Struct, frozen=True):
    """Who is asked: `provider` empty when nobody can be. `why`: what keeps the first one, or everybody, from it."""

    provider: str
    why: str = ""


class Panel:
    """Asks the first provider, and the next one while that is out; a provider that returns is asked again.

    A rate limit is no reason to ask another one, nor is a rejected question, nor the budget. On the event loop.
    """

    def __init__(
        self,
        seats: Sequence[Seat],
        health: HealthBoard,
        telemetry: Telemetry,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`seats`: in the order in which they are asked; `clock`: Unix seconds."""
        self._seats = tuple(seats)
        self._health = health
        self._telemetry = telemetry
        self._clock = clock
        self._held_up = ""
        self._spent_on: int | None = None
        """The UTC day, in days since 1970, whose budget was once too small."""
        self.standing = Standing("")
        self.since = clock()
        self.beside: Callable[[], str] = str
        """What the log says as well where another provider is asked from now on."""
        for seat in self._seats:
            seat.on_change(self._report)
        self._report()

    @property
    def primary(self) -> str:
        return self._seats[0].name

    @property
    def model(self) -> str:
        """Of the provider in use; empty until it has answered where it is found by listing."""
        return next((seat.model for seat in self._seats if seat.name == self.standing.provider), "")

    async def ask(self, call: Call, proof: Call | None = None) -> Answer:
        """The answer of whoever can give one. Waits for retries and rate limits, for hours if it comes to that.

        `proof`: a call that is known to be good, made when `call` is rejected: when it is rejected as well, it is not
        for the content, and the provider is out. Without it, a rejection is taken for the content's fault.
        Raises `OverBudget` and other kinds of `ProviderError` when nobody can be asked now.
        """
        try:
            answer = await self._ask(call, proof)
        except OverBudget as error:
            if self._spent_on != self._day():
                self._held_up, self._spent_on = str(error), self._day()
                self._report()
            raise
        except ProviderError as error:
            # What keeps every provider from being asked is the panel's; what keeps one, its seat's.
            self._hold_up(str(error) if type(error) is ProviderError else "")
            raise
        self._hold_up("")
        return answer

    @property
    def next(self) -> str:
        """Who would be asked now, be it to see whether it is back; empty when nobody would."""
        for seat in self._seats:
            if seat.breaker.admits():
                return seat.name
            if seat.rejects:
                break
        return ""

    def _hold_up(self, why: str) -> None:
        # A day's budget that was too small for one call stays the news of that day, though smaller calls go on.
        if self._spent_on != self._day():
            self._held_up, self._spent_on = why, None
        self._report()

    def _day(self) -> int:
        return int(self._clock() // 86_400)

    def judged(self, provider: str, types: int) -> None:
        """For so many event types the provider's answer could be used."""
        for seat in self._seats:
            if seat.name == provider:
                seat.judged(types)

    async def close(self) -> None:
        for seat in self._seats:
            await seat.close()

    async def _ask(self, call: Call, proof: Call | None) -> Answer:
        for seat in self._seats:
            if not seat.breaker.enter():
                if seat.rejects:
                    break
                continue
            try:
                return Answer(seat.name, seat.model, await seat.ask(call))
            except Rejected as error:
                if proof is not None:
                    await self._prove(seat, proof, error)
                return Answer(seat.name, seat.model, None)
            except (Unavailable, Unauthorized, OutOfCredit):
                self._report()
        raise Unavailable(self._out())

    async def _prove(self, seat: Seat, proof: Call, error: Rejected) -> None:
        """Returns when the seat takes the proof."""
        try:
            await seat.ask(proof)
        except Rejected:
            seat.trip(f"{seat.name} rejects every request ({error})")
            raise Unavailable(self._out()) from None

    def _out(self) -> str:
        return "; ".join(seat.breaker.reason for seat in self._seats if not seat.breaker.closed)

    def _report(self) -> None:
        """Says what has changed, once."""
        standing, trouble = self._now()
        for seat in self._seats:
            in_use = seat.name == standing.provider
            self._telemetry.set("sluice_classify_provider_in_use", float(in_use), provider=seat.name)
        if trouble:
            self._health.degraded(PART, trouble)
        else:
            self._health.healthy(PART)
        if standing != self.standing:
            before, self.standing, self.since = self.standing, standing, self._clock()
            if standing.provider != before.provider:
                who = f"{standing.provider} is asked" if standing.provider else "no provider can be asked"
                log.info("%s", "; ".join(part for part in (who, self.beside()) if part))

    def _now(self) -> tuple[Standing, str]:
        """Who is asked, and what health has to say of it."""
        first = self._seats[0]
        for seat in self._seats:
            if seat.breaker.closed:
                why = self._held_up or seat.limited
                if seat is first:
                    return Standing(seat.name, why), f"{why}; {_WAIT}" if why else ""
                reason = first.breaker.reason
                trouble = f"{reason}; {seat.name} is asked meanwhile"
                return Standing(seat.name, reason), f"{trouble}, but: {why}; {_WAIT}" if why else trouble
            if seat.rejects:
                break
        return Standing("", self._out()), f"{self._out()}; {_WAIT}"
