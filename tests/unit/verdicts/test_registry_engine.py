"""The registry on the real engine: what is judged goes, what is revoked stays, what is forged is refused."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from registry_world import RULE, WASTE, Clock, policy
from sluice import engine
from sluice.config.model import PolicyConfig, Protect
from sluice.config.units import Action, Duration
from sluice.engine import Engine, Evidence, Settings, Signal
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry
from sluice.verdicts.evidence_hash import evidence_hash
from sluice.verdicts.model import Override, Source
from sluice.verdicts.registry import Registry
from sluice.verdicts.store import Store
from sluice.verdicts.volumes import VolumeTable


def request(count: int, environment: str = "test") -> bytes:
    message = ExportLogsServiceRequest()
    logs = message.resource_logs.add()
    for key, value in (("service.name", "shop"), ("env", environment)):
        logs.resource.attributes.add(key=key).value.string_value = value
    scope = logs.scope_logs.add()
    for number in range(count):
        scope.log_records.add(severity_number=9).body.string_value = f"probe {number} was answered"
    return message.SerializeToString()


class Process:
    """An engine and a registry over it."""

    def __init__(self, path: Path, rules: PolicyConfig) -> None:
        self.engine = Engine(Settings())
        self.clock = Clock(time.time())
        self.telemetry = Telemetry()
        self.store = Store(str(path), health=HealthBoard(), telemetry=self.telemetry)
        self.registry = Registry(
            self.engine,
            self.store,
            VolumeTable(),
            rules,
            instance="here",
            ruleset=self.engine.ruleset,
            publishing=False,
            telemetry=self.telemetry,
            clock=self.clock,
            capacity=100_000,
        )

    async def start(self) -> None:
        await self.store.open()
        await self.registry.load()

    async def stop(self) -> None:
        await self.registry.save()
        await self.store.close()

    def dropped(self, environment: str = "test") -> int:
        return self.engine.process(Signal.LOGS, request(10, environment)).dropped

    def evidence(self) -> list[Evidence]:
        committed = self.engine.process(Signal.LOGS, request(10)).commit()
        return [] if committed is None else engine.evidence(committed)


Start = Callable[..., Awaitable[Process]]


@pytest_asyncio.fixture
async def process(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the process; once more is a restart."""
    running: list[Process] = []

    async def start(rules: PolicyConfig | None = None) -> Process:
        if running:
            await running.pop().stop()
        running.append(Process(tmp_path / "sluice.db", rules or policy()))
        await running[0].start()
        return running[0]

    yield start
    for one in running:
        await one.stop()


async def test_waste_goes_and_what_is_revoked_stays(process: Start) -> None:
    sluice = await process()
    (found,) = sluice.evidence()
    assert sluice.dropped() == 0
    verdict = sluice.registry.judged(found, WASTE, RULE)
    assert verdict is not None
    assert sluice.dropped() == 10
    sluice.registry.overrule(Override.of(verdict, Action.parse("keep"), issued_at=verdict.issued_at))
    assert sluice.dropped() == 0
    sluice.registry.release(found.fingerprint)
    assert sluice.dropped() == 10
    sluice.registry.forget(found.fingerprint)
    assert sluice.dropped() == 0
    assert [again.fingerprint for again in sluice.evidence()] == [found.fingerprint]


async def test_after_a_restart_the_first_record_goes(process: Start) -> None:
    sluice = await process()
    (found,) = sluice.evidence()
    sluice.registry.judged(found, WASTE, RULE)
    again = await process()
    assert again.dropped() == 10


async def test_a_mode_that_only_observes_drops_nothing(process: Start) -> None:
    sluice = await process(policy(mode="observe"))
    (found,) = sluice.evidence()
    sluice.registry.judged(found, WASTE, RULE)
    assert sluice.dropped() == 0
    await sluice.registry.reload(policy())
    assert sluice.dropped() == 10


async def test_probation_holds_in_the_engine(process: Start) -> None:
    sluice = await process(policy(probation=Duration(3_600.0)))
    (found,) = sluice.evidence()
    sluice.registry.judged(found, WASTE, RULE)
    assert sluice.dropped() == 0


async def test_records_of_a_protected_resource_stay(process: Start) -> None:
    sluice = await process(policy(protect=(Protect(service="shop", resource={"env": "production"}),)))
    (found,) = sluice.evidence()
    sluice.registry.judged(found, WASTE, RULE)
    assert (sluice.dropped("test"), sluice.dropped("production")) == (10, 0)
    await sluice.registry.reload(
        policy(protect=(Protect(resource={"env": "test"}), Protect(resource={"env": "production"})))
    )
    assert (sluice.dropped("test"), sluice.dropped("production")) == (0, 0)


@pytest.mark.parametrize("forgery", [{"skeleton": "another <*>"}, {"severity": "debug"}, {"scope": "x"}])
@pytest.mark.parametrize("type_is_known", [False, True])
async def test_a_verdict_under_the_fingerprint_of_another_type_is_refused(
    process: Start, forgery: dict[str, str], type_is_known: bool
) -> None:
    sluice = await process()
    (found,) = sluice.evidence()
    verdict = sluice.registry.judged(found, WASTE, RULE)
    assert verdict is not None
    if not type_is_known:
        sluice.registry.forget(found.fingerprint)
        sluice = await process()
    forged = msgspec.structs.replace(verdict, source=Source("llm", "there"), version=2, **forgery)
    sluice.registry.read("verdicts", found.fingerprint, msgspec.json.encode(forged))
    assert sluice.dropped() == 0
    assert not sluice.registry.known(found.fingerprint)
    assert sluice.telemetry.value("sluice_verdicts_unusable", origin="verdicts", reason="refused") == 1


async def test_types_beyond_the_guards_come_to_drop_as_volumes_are_drained(process: Start) -> None:
    sluice = await process(policy(rare_per_day=24))
    (found,) = sluice.evidence()
    sluice.registry.judged(found, WASTE, RULE)
    assert sluice.dropped() == 0
    for _ in range(2):
        sluice.evidence()
        await sluice.registry.tick(sluice.engine.drain_volumes())
    assert sluice.dropped() == 10
    assert sluice.telemetry.value("sluice_engine_event_types") == 1


def shaped(count: int, keys: tuple[str, ...]) -> bytes:
    """Probes with these attributes."""
    message = ExportLogsServiceRequest.FromString(request(count))
    for record in message.resource_logs[0].scope_logs[0].log_records:
        for key in keys:
            record.attributes.add(key=key).value.string_value = f"a value of {record.body.string_value}"
    return message.SerializeToString()


async def test_records_with_other_attributes_are_judged_again_after_an_hour(process: Start) -> None:
    sluice = await process()

    def evidence(keys: tuple[str, ...]) -> list[Evidence]:
        committed = sluice.engine.process(Signal.LOGS, shaped(10, keys)).commit()
        return [] if committed is None else engine.evidence(committed)

    async def an_hour(keys: tuple[str, ...]) -> list[Evidence]:
        """All types are looked at, and some requests pass."""
        sluice.clock.now += 3_600.0
        await sluice.registry.tick(sluice.engine.drain_volumes())
        found = [entry for _ in range(20) for entry in evidence(keys)]
        await sluice.registry.tick(sluice.engine.drain_volumes())
        return found

    (found,) = evidence(("user", "host"))
    hashed = evidence_hash((slot.kind for slot in found.slots), found.attribute_keys)
    source = msgspec.structs.replace(RULE, evidence_hash=hashed)
    sluice.registry.judged(found, WASTE, source)
    for _ in range(3):
        assert await an_hour(("host", "user")) == []
        assert sluice.registry.known(found.fingerprint)
    assert await an_hour(("host", "tenant", "user")) == []
    assert sluice.registry.known(found.fingerprint)
    assert await an_hour(("host", "tenant", "user")) == []
    assert not sluice.registry.known(found.fingerprint)
    assert sluice.dropped() == 10
    assert sluice.engine.reopen(await sluice.registry.outranked("rule")) == 1
    assert [entry.attribute_keys for entry in await an_hour(("host", "tenant", "user"))] == [["host", "tenant", "user"]]


async def test_a_look_tells_kinds_and_keys_and_no_value(process: Start) -> None:
    sluice = await process()
    (found,) = sluice.evidence()
    assert sluice.engine.look([found.fingerprint]) == 0, "it is not judged yet: its evidence tells more"
    sluice.registry.judged(found, WASTE, RULE)
    assert sluice.engine.look([found.fingerprint, "f" * 32, "nonsense"]) == 1
    for _ in range(11):
        assert sluice.engine.drain_volumes().looks == []
        sluice.engine.process(Signal.LOGS, shaped(50, ("user",))).commit()
    (look,) = sluice.engine.drain_volumes().looks
    assert look == engine.Look(found.fingerprint, 32, [engine.Kinds(["num"], 32)], [engine.Key("user", 32, 3)])
    sluice.engine.process(Signal.LOGS, shaped(50, ("user",))).commit()
    assert sluice.engine.drain_volumes().looks == []


async def test_volumes_tell_whose_they_are(process: Start) -> None:
    sluice = await process()
    sluice.evidence()
    drained = sluice.engine.drain_volumes()
    assert [drained.services[volume.service] for volume in drained.volumes] == [("", "shop")]
