"""Sees to it that every service is described: once, and again when its nature changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from blake3 import blake3

from sluice.classify.claims import Claims, Unshared
from sluice.classify.redact import Redactor
from sluice.classify.services.patterns import SERVICES, Name, Patterns, Seen
from sluice.classify.services.rules import told as by_rule
from sluice.classify.services.telling import Teller, Told
from sluice.engine import Evidence
from sluice.errors import ProviderError
from sluice.telemetry import Telemetry
from sluice.verdicts.model import RANKS, ServiceName
from sluice.verdicts.services import Service, Services
from sluice.verdicts.times import milliseconds

log = logging.getLogger(__name__)

ENOUGH = 5
"""Event types from which on a service is worth a description."""
WAIT = 600.0
"""Seconds after which fewer must do."""
OWN_AGAIN, OTHERS_AGAIN = 3_600.0, 24 * 3_600.0
"""Seconds that a description holds at least: our own, and another instance's, which sees other replicas."""
_LATER, _SOON = 3_600.0, 60.0
"""Seconds to the next try: after an answer of no use, and while nobody can be asked."""
_LOOK = 1.0
_STEP = 10
"""Services looked at between two turns of the event loop."""


class Describer:
    """Owns one task that asks about one service after the other. `clock`: Unix seconds.

    1. A service is due with `ENOUGH` event types, once they have settled, or after `WAIT`.
    2. It is due again when a feature that was never seen of it has come, but not before a while has passed.
    3. One whose names redaction would change is never described: it would be stored.
    4. Whoever has claimed a service describes it; the others read it.
    5. Without a usable answer of a model the rules' description stands in, and the model is asked again later.
    """

    def __init__(
        self,
        teller: Teller,
        services: Services,
        redactor: Redactor,
        telemetry: Telemetry,
        *,
        settle: float,
        claims: Claims | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._teller = teller
        self._services = services
        self._redactor = redactor
        self._telemetry = telemetry
        self._settle = settle
        self._claims = claims or Unshared()
        self._clock = clock
        self._seen: dict[Name, Seen] = {}
        self._not_before: dict[Name, float] = {}
        self._dirty: dict[Name, None] = {}
        self._task: asyncio.Task[None] | None = None

    def see(self, evidence: Evidence) -> None:
        """Takes in one event type that the engine has listed; cheap. On the loop."""
        identity = evidence.identity
        name = Name(identity.namespace, identity.service)
        if not name.name:
            return
        now = self._clock()
        seen = self._seen.get(name)
        if seen is None:
            if len(self._seen) >= SERVICES:
                return
            seen = self._seen[name] = Seen(name, now, self._redactor.clean, self._services.patterns(name))
        seen.add(evidence, now)
        self._dirty[name] = None

    async def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._forever(), name="services")

    async def stop(self) -> None:
        """A call under way is cancelled. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _forever(self) -> None:
        while True:
            for position, name in enumerate(list(self._dirty), 1):
                await self._round(name)
                if position % _STEP == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(_LOOK)

    async def _round(self, name: Name) -> None:
        try:
            if self._is_due(name):
                await self._describe(name)
        except ProviderError as error:
            self._not_before[name] = self._clock() + _SOON
            log.debug("services are described later: %s", error)  # whoever is out has told health
        except Exception as error:  # noqa: BLE001 - the outermost loop: counted, and the task lives on
            self._not_before[name] = self._clock() + _LATER
            self._telemetry.add("sluice_tasks_failed", task="services")
            # the type alone: the message of a foreign error may quote a name
            log.error("a round of services ended in %s", type(error).__name__)

    def _is_due(self, name: Name) -> bool:
        seen, now = self._seen[name], self._clock()
        if now < self._not_before.get(name, 0.0):
            return False
        known = self._services.get(name)
        if known is None or RANKS[known.recognised_by] < RANKS[self._teller.kind]:
            settled = seen.types >= ENOUGH and now >= seen.latest + self._settle
            return settled or now >= seen.since + WAIT
        if RANKS[known.recognised_by] > RANKS[self._teller.kind] or seen.patterns().hash == known.patterns_hash:
            del self._dirty[name]
            return False
        again = OWN_AGAIN if self._services.is_ours(known) else OTHERS_AGAIN
        self._not_before[name] = milliseconds(known.issued_at) / 1_000 + again
        return now >= self._not_before[name]

    async def _describe(self, name: Name) -> None:
        patterns = await asyncio.to_thread(self._clean, self._seen[name].patterns())
        if patterns is None:
            del self._dirty[name]
            self._telemetry.add("sluice_services_unlisted")
            return
        before = self._services.get(name)
        key = claim_of(name)
        taken = await self._claims.take([key])
        if key in taken.elsewhere:
            self._not_before[name] = self._clock() + taken.elsewhere[key]
            return
        try:
            if self._services.get(name) != before:
                return  # somebody was quicker; it is looked at anew
            told = await self._teller.tell(patterns)
        except BaseException:  # cancelled as well: whoever stops asking gives the claim back, so that others may ask
            self._claims.release([key])
            raise
        finally:
            self._claims.done([key])
        self._put(patterns, told)

    def _put(self, patterns: Patterns, told: Told | None) -> None:
        name = patterns.service
        kind = self._teller.kind
        if told is None:
            self._not_before[name] = self._clock() + _LATER
            self._telemetry.add("sluice_services_unusable")
            told, kind = by_rule(patterns), "rule"
        service = Service(
            service=ServiceName(*name),
            kind=told.kind,
            description=told.description,
            responsibilities=told.responsibilities,
            dependencies=told.dependencies,
            recognised_by=kind,
            instance="",
            provider=told.provider,
            model=told.model,
            prompt_version=told.prompt_version,
            patterns_hash=patterns.hash,
            version=1,
            issued_at="",
        )
        if self._services.put(service, patterns.features):
            self._telemetry.add("sluice_services_described", kind=kind)
        elif self._services.get(name) is None:
            self._not_before[name] = self._clock() + _LATER

    def _clean(self, patterns: Patterns) -> Patterns | None:
        """Without the texts that redaction would change; None when the service's own name is one."""
        if not all(map(self._redactor.clean, patterns.service)):
            return None
        return Patterns(
            service=patterns.service,
            spans=self._all(patterns.spans),
            metrics=self._all(patterns.metrics),
            logs=self._all(patterns.logs),
            scopes=self._all(patterns.scopes),
            keys=patterns.keys,
            peers=patterns.peers,
            features=patterns.features,
        )

    def _all(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(filter(self._redactor.clean, texts))


def claim_of(name: Name) -> str:
    """Under which a service is claimed: as long as a fingerprint, and none."""
    return blake3("\0".join(("service", *name)).encode()).hexdigest()[:32]
