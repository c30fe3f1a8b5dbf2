"""The tokens of a UTC day: reserved before a call is made, settled with what the provider counted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import msgspec

from sluice.classify.providers.model import Usage
from sluice.errors import OverBudget, ProviderError, StoreError
from sluice.telemetry import Telemetry
from sluice.verdicts.store import SpendingRow, Store

log = logging.getLogger(__name__)


class Reservation(msgspec.Struct, frozen=True):
    """What one call may cost at the worst, on the day on which it is made."""

    day: str
    provider: str
    tokens: int


class Budget:
    """Never lets the calls of one day cost more than `tokens_per_day`, whatever happens in the middle of one.

    A reservation is in the store before the call is made. It is lifted when the provider has counted, or has said that
    it did nothing; a call whose end is not known (the process was killed, the answer never came) keeps it. So a restart
    finds what was used at the worst. On the event loop; `clock`: Unix seconds.
    """

    def __init__(
        self, tokens_per_day: int, store: Store, telemetry: Telemetry, clock: Callable[[], float] = time.time
    ) -> None:
        self.tokens_per_day = tokens_per_day
        self._store = store
        self._telemetry = telemetry
        self._clock = clock
        self._rows: dict[tuple[str, str], SpendingRow] = {}
        telemetry.set("sluice_classify_tokens_per_day", tokens_per_day)
        telemetry.watch("sluice_classify_tokens_today", lambda: self.today)

    async def load(self) -> None:
        """What earlier starts have used. A store that cannot be read is a matter of the store's health."""
        try:
            rows = await self._store.spending()
        except StoreError as error:
            log.warning("the tokens used so far cannot be read: %s", error)
            return
        self._rows = {(row.day, row.provider): row for row in rows}

    @property
    def today(self) -> int:
        """Tokens of this UTC day, reservations included."""
        day = self._day()
        return sum(row.bound for (when, _), row in self._rows.items() if when == day)

    async def reserve(self, provider: str, tokens: int) -> Reservation:
        """To be called directly before the call. Raises `OverBudget`, or `ProviderError` while the store cannot keep
        what is reserved."""
        left = self.tokens_per_day - self.today
        if tokens > left:
            raise OverBudget(
                f"classification.budget.tokens_per_day: {max(left, 0):,} of {self.tokens_per_day:,} tokens are left of "
                f"this UTC day with what calls under way may cost, the next call may need {tokens:,}"
            )
        if self._store.in_memory:
            # What earlier starts have used today is not known, and the next one would not know of this call.
            raise ProviderError("the store cannot record what a call may cost, nor be opened until the next start")
        reservation = Reservation(self._day(), provider, tokens)
        self._change(reservation, reserved=tokens)
        rows = [row for (day, _), row in self._rows.items() if day == reservation.day]
        noted = all([self._store.save(row) for row in rows])
        try:
            await self._store.flush(rows)
        except StoreError as error:
            self.release(reservation)
            raise ProviderError(f"the store cannot record what a call may cost: {error}") from None
        if not noted:
            self.release(reservation)
            raise ProviderError("the store cannot record what a call may cost: too much waits to be written")
        return reservation

    def release(self, reservation: Reservation) -> None:
        """The call cost nothing."""
        self._change(reservation, reserved=-reservation.tokens)

    def settle(self, reservation: Reservation, usage: Usage) -> None:
        """The call cost `usage`."""
        if usage.total > reservation.tokens:
            log.error(
                "a call to %s cost %d tokens, %d were reserved: the day may cost so much more than"
                " classification.budget.tokens_per_day: %d; lower that by the difference if it must not",
                reservation.provider,
                usage.total,
                reservation.tokens,
                self.tokens_per_day,
            )
        for kind, count in msgspec.structs.asdict(usage).items():
            self._telemetry.add("sluice_classify_tokens", count, provider=reservation.provider, kind=kind)
        self._change(
            reservation,
            reserved=-reservation.tokens,
            calls=1,
            input=usage.input,
            cache_write=usage.cache_write,
            cache_read=usage.cache_read,
            output=usage.output,
        )

    def judged(self, provider: str, types: int) -> None:
        """For so many event types an answer could be used."""
        self._change(Reservation(self._day(), provider, 0), types=types)

    def _change(self, reservation: Reservation, **added: int) -> None:
        key = (reservation.day, reservation.provider)
        row = self._rows.get(key) or SpendingRow(*key)
        changed = {name: getattr(row, name) + amount for name, amount in added.items()}
        row = self._rows[key] = msgspec.structs.replace(row, **changed)
        self._store.save(row)  # if its queue is full, the next reservation says all that this change did

    def _day(self) -> str:
        return time.strftime("%Y-%m-%d", time.gmtime(self._clock()))
