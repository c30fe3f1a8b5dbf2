"""The table of services: which of two descriptions holds, what is read, kept and published."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from memory_of import bytes_of
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.model import ServiceName
from sluice.verdicts.services import Service, Services
from sluice.verdicts.store import Store

WEB = ("shop", "web")
KEY = "shop/web"


class World:
    def __init__(self, path: Path) -> None:
        self.telemetry = Telemetry()
        self.store = Store(str(path), health=HealthBoard(), telemetry=self.telemetry)
        self.services = self.fresh()

    def fresh(self, *, capacity: int = 10) -> Services:
        return Services(
            self.store,
            self.telemetry,
            instance="here",
            publishing=True,
            clock=lambda: 1_750_000_000.0,
            capacity=capacity,
        )

    async def waiting(self) -> list[tuple[str, str, int]]:
        await self.store.flush()
        return [(value.topic, value.key, value.version) for value in await self.store.pending(100)]


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    one = World(tmp_path / "store.db")
    await one.store.open()
    one.store.open_gate()
    yield one
    await one.store.close()


def service(**changes: Any) -> Service:
    plain = Service(
        service=ServiceName(*WEB),
        kind="web_api",
        description="sells things",
        recognised_by="llm",
        instance="there",
        version=1,
        issued_at="2025-06-15T15:06:40Z",
    )
    return msgspec.structs.replace(plain, **changes)


def value(**changes: Any) -> bytes:
    return msgspec.json.encode(service(**changes))


async def test_what_is_found_out_here_is_in_force_stored_and_published(world: World) -> None:
    assert world.services.put(service(), ("span server",))
    assert world.services.put(service(description="sells more"), ("span server", "key http.route"))
    held = world.services.get(WEB)
    assert held is not None
    assert (held.version, held.instance, held.description) == (2, "here", "sells more")
    assert await world.waiting() == [("services", KEY, 2)]
    await world.store.sent(await world.store.pending(10))
    assert await world.waiting() == []
    assert await world.store.backlog() == 0
    again = world.fresh()
    await again.load()
    assert again.get(WEB) == held
    assert again.patterns(WEB) == ("span server", "key http.route")


async def test_a_newer_version_holds_and_a_model_before_a_rule(world: World) -> None:
    world.services.read(KEY, value(version=5, recognised_by="rule", description="by rule"))
    world.services.read(KEY, value(version=4, recognised_by="rule", description="older"))
    assert world.services.descriptions[WEB] == "by rule"
    world.services.read(KEY, value(version=2, description="by a model"))
    assert world.services.descriptions[WEB] == "by a model"
    world.services.read(KEY, value(version=9, recognised_by="rule", description="by rule again"))
    assert world.services.descriptions[WEB] == "by a model"
    world.services.read(KEY, value(version=2, description="later in the log"))
    assert world.services.descriptions[WEB] == "later in the log"
    assert not world.services.put(service(recognised_by="rule"), ())
    assert await world.waiting() == [], "a reader publishes nothing"


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (b"{no", "json"),
        (b"\xff", "json"),
        (value(schema=2), "schema"),
        (value(kind="spaceship"), "kind"),
        (value(recognised_by="guess"), "kind"),
        (value(service=ServiceName("shop", "other")), "name"),
        (value(version=0), "version"),
        (value(description="x" * 1_000), "size"),
        (value(dependencies=("x",) * 100), "size"),
        (value(description="x" * 100_000), "size"),
        (value(issued_at="yesterday"), "json"),
    ],
)
async def test_a_value_that_cannot_be_used_changes_nothing_and_is_counted(
    world: World, poison: bytes, reason: str
) -> None:
    world.services.read(KEY, value())
    world.services.read(KEY, poison)
    assert world.services.descriptions[WEB] == "sells things"
    assert world.telemetry.value("sluice_verdicts_unusable", origin="services", reason=reason) == 1


async def test_a_topic_may_hold_what_it_likes(world: World) -> None:
    few = world.fresh(capacity=2)
    for number in range(5):
        few.read(f"shop/{number}", value(service=ServiceName("shop", str(number))))
    assert len(few.descriptions) == 2
    assert not few.put(service(), ())
    assert world.telemetry.value("sluice_verdicts_unusable", origin="services", reason="full") == 3


async def test_services_that_there_is_no_room_for_leave_nothing_in_memory(world: World) -> None:
    def reads(numbers: range) -> int:
        for number in numbers:
            world.services.read(f"shop/{number}", value(service=ServiceName("shop", str(number))))
        return bytes_of(world.services)

    before = reads(range(100))
    assert reads(range(100, 2_000)) < before + 20_000


async def test_ours_is_written_again_when_the_topic_has_lost_it(world: World) -> None:
    world.services.put(service(), ())
    world.services.read("shop/theirs", value(service=ServiceName("shop", "theirs")))
    await world.store.flush()
    [ours] = await world.store.pending(10)
    await world.store.sent([ours])
    world.services.read(KEY, ours.value)
    world.services.read_complete()
    assert await world.waiting() == []
    world.services.read_complete()
    assert await world.waiting() == [("services", KEY, 1)]


async def test_the_metric_counts_services_by_kind(world: World) -> None:
    world.services.put(service(), ())
    world.services.put(service(kind="worker"), ())
    world.services.read("shop/theirs", value(service=ServiceName("shop", "theirs")))
    counts = {kind: world.telemetry.value("sluice_services", kind=kind) for kind in ("web_api", "worker")}
    assert counts == {"web_api": 1, "worker": 1}
