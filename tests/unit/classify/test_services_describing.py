"""When a service is described, by whom, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from panel_world import NOON
from service_patterns import OTEL, SHOP, lines, spans
from sluice.classify.redact import Redactor
from sluice.classify.services.describing import OWN_AGAIN, WAIT, Describer, claim_of
from sluice.classify.services.patterns import Name, Patterns
from sluice.classify.services.rules import RuleTeller
from sluice.classify.services.telling import Teller, Told
from sluice.config.model import Redaction
from sluice.engine import Evidence
from sluice.errors import ProviderError
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.claims import Taken
from sluice.verdicts.model import ServiceName
from sluice.verdicts.services import Service, Services
from sluice.verdicts.store import Store
from sluice.verdicts.wire import encode

WEB = Name("", "web")


class Model:
    """Answers as told, and says what it was shown."""

    kind: Literal["rule", "llm"] = "llm"

    def __init__(self) -> None:
        self.asked: list[Patterns] = []
        self.answer: Told | ProviderError | None = Told("web_api", "sells things", ("sells",), ("redis",), "m", "m-1")

    async def tell(self, patterns: Patterns) -> Told | None:
        self.asked.append(patterns)
        if isinstance(self.answer, ProviderError):
            raise self.answer
        return self.answer


class Elsewhere:
    """Claims that another instance has, for so many seconds."""

    shared = True

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked: list[str] = []

    async def take(self, fingerprints: Sequence[str]) -> Taken:
        self.asked += fingerprints
        return Taken(frozenset(), dict.fromkeys(fingerprints, self.seconds))

    def done(self, fingerprints: Iterable[str]) -> None: ...

    def release(self, fingerprints: Iterable[str]) -> None: ...


class Bench:
    def __init__(self, path: Path, teller: Teller, claims: Elsewhere | None, publishing: bool) -> None:
        self.now = NOON
        self.telemetry = Telemetry()
        self.store = Store(str(path), health=HealthBoard(), telemetry=self.telemetry)
        self.services = Services(
            self.store, self.telemetry, instance="here", publishing=publishing, clock=lambda: self.now
        )
        self.describer = Describer(
            teller,
            self.services,
            Redactor(Redaction()),
            self.telemetry,
            settle=5.0,
            claims=claims,
            clock=lambda: self.now,
        )

    def see(self, *seen: Evidence) -> None:
        for entry in seen:
            self.describer.see(entry)

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                await asyncio.sleep(0.01)

    async def described(self, name: Name = WEB) -> Service:
        await self.until(lambda: self.services.get(name))
        found = self.services.get(name)
        assert found is not None
        return found

    async def looked(self) -> None:
        """Another service, seen after all that is to be looked at, has been described."""
        name = f"marker-{self.now}"
        for number in range(5):
            self.see(*lines(f"marker {'x' * number}", service=name))
        self.now += 5.0
        await self.described(Name("", name))


@pytest.fixture
def bench(tmp_path: Path):
    @asynccontextmanager
    async def make(
        teller: Teller | None = None, claims: Elsewhere | None = None, *, publishing: bool = False
    ) -> AsyncIterator[Bench]:
        one = Bench(tmp_path / "store.db", teller or RuleTeller(), claims, publishing)
        await one.store.open()
        await one.services.load()
        await one.describer.start()
        try:
            yield one
        finally:
            await one.describer.stop()
            await one.store.close()

    return make


async def test_a_service_is_described_once_with_enough_types_that_have_settled(bench) -> None:
    model = Model()
    async with bench(model) as one:
        one.see(*SHOP[:4])
        one.now += 5.0
        await one.looked()
        assert one.services.get(WEB) is None
        one.see(*SHOP)
        assert (one.services.get(WEB)) is None
        one.now += 5.0
        found = await one.described()
        assert (found.kind, found.description, found.recognised_by) == ("web_api", "sells things", "llm")
        assert (found.instance, found.provider, found.model, found.version) == ("here", "m", "m-1", 1)
        one.see(*SHOP, *lines("one more line <num>"))
        one.now += OWN_AGAIN
        await one.looked()
        assert [patterns.service for patterns in model.asked].count(WEB) == 1


async def test_a_service_that_breaks_a_look_is_counted_and_keeps_no_other_from_being_described(bench) -> None:
    async with bench() as one:
        held = one.services.get
        one.services.get = lambda name: held(name) if name.name != "poison" else 1 / 0
        one.see(*lines("hello", service="poison"))
        one.see(*SHOP)
        one.now += 5.0
        assert (await one.described()).recognised_by == "rule"
        assert one.telemetry.value("sluice_tasks_failed", task="services") == 1


async def test_fewer_types_must_do_after_a_while(bench) -> None:
    async with bench() as one:
        one.see(*lines("hello"))
        await one.looked()
        assert one.services.get(WEB) is None
        one.now += WAIT
        assert (await one.described()).recognised_by == "rule"


async def test_a_service_is_described_again_when_its_nature_changes_and_not_too_soon(bench) -> None:
    model = Model()
    async with bench(model) as one:
        one.see(*SHOP)
        one.now += 5.0
        first = await one.described()
        one.see(*spans("producer orders publish", scope=OTEL + "kafka"))
        await one.looked()
        assert one.services.get(WEB) == first
        one.now += OWN_AGAIN
        await one.until(lambda: one.services.get(WEB) != first)
        second = await one.described()
        assert second.version == 2
        assert second.patterns_hash != first.patterns_hash
    async with bench(model) as again:
        assert again.services.get(WEB) == second
        again.see(*SHOP)
        again.now += 2 * OWN_AGAIN
        await again.looked()
        assert again.services.get(WEB) == second, "what was seen before the restart is no change"


async def test_rules_stand_in_for_an_answer_of_no_use_and_the_model_is_asked_later(bench) -> None:
    model = Model()
    good, model.answer = model.answer, None
    async with bench(model) as one:
        one.see(*SHOP)
        one.now += 5.0
        assert (await one.described()).recognised_by == "rule"
        assert one.telemetry.value("sluice_services_unusable") == 1
        model.answer = good
        await one.looked()
        assert (await one.described()).recognised_by == "rule"
        one.now += 3_600.0
        await one.until(lambda: one.services.get(WEB).recognised_by == "llm")


async def test_while_nobody_can_be_asked_nothing_is_said(bench) -> None:
    model = Model()
    good, model.answer = model.answer, ProviderError("out")
    async with bench(model) as one:
        one.see(*SHOP)
        one.now += 5.0
        await one.until(lambda: model.asked)
        assert one.services.get(WEB) is None
        model.answer = good
        one.now += 60.0
        await one.described()
        assert one.telemetry.value("sluice_tasks_failed", task="services") == 0


async def test_a_service_that_another_instance_describes_is_left_to_it(bench) -> None:
    model, claims = Model(), Elsewhere(30.0)
    async with bench(model, claims) as one:
        one.see(*SHOP)
        one.now += 5.0
        await one.until(lambda: claims.asked)
        assert claims.asked == [claim_of(WEB)]
        assert model.asked == []
        theirs = Service(
            service=ServiceName(name="web"),
            kind="worker",
            description="theirs",
            recognised_by="llm",
            instance="there",
            version=1,
            issued_at="2025-06-16T12:00:00Z",
        )
        one.services.read("/web", encode(theirs))
        one.now += 31.0
        claims.seconds = 0.0
        await one.described()
        assert one.services.descriptions[WEB] == "theirs"
        assert model.asked == []


async def test_names_that_redaction_would_change_are_neither_shown_nor_stored(bench) -> None:
    model = Model()
    secret = "AKIAIOSFODNN7EXAMPLE"
    async with bench(model) as one:
        one.see(*SHOP, *lines(f"key {secret} used"), *spans("client x", scope=f"lib-{secret}"))
        for number in range(6):
            one.see(*lines(f"line {'x' * number}", service=f"svc {secret}"))
        one.now += 5.0
        await one.described()
        await one.until(lambda: one.telemetry.value("sluice_services_unlisted"))
        await one.store.flush()
        assert one.services.get(Name("", f"svc {secret}")) is None
        rows = [row async for page in one.store.services() for row in page]
        assert secret not in repr(rows)
        assert secret not in repr(model.asked)
        assert [row.key for row in rows] == ["/web"]
