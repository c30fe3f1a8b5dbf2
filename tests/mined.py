"""Lines of a service through a real engine, beside a registry of the small world."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from registry_world import LLM, WASTE, Sluice
from sluice.engine import Engine, Evidence, Mask, Settings, Signal, evidence
from sluice.verdicts.model import Facts, Source


def engine_with(*masks: str) -> Engine:
    """An engine with these masks; other masks make another ruleset."""
    return Engine(Settings(masks=tuple(Mask(f"own{number}", pattern) for number, pattern in enumerate(masks))))


def request(lines: Iterable[str], service: str = "shop") -> bytes:
    message = ExportLogsServiceRequest()
    logs = message.resource_logs.add()
    logs.resource.attributes.add(key="service.name").value.string_value = service
    records = logs.scope_logs.add().log_records
    for line in lines:
        records.add(severity_number=9).body.string_value = line
    return message.SerializeToString()


def feed(sluice: Sluice, lines: Iterable[str]) -> list[Evidence]:
    """The evidence of types that the registry does not know, as the queue would take it."""
    told = sluice.engine.process(Signal.LOGS, request(lines)).commit()
    found = evidence(told) if told else []
    for entry in found:
        sluice.registry.meet(entry)
    return [entry for entry in found if not sluice.registry.known(entry.fingerprint, "llm")]


def judge(sluice: Sluice, lines: Iterable[str], facts: Facts = WASTE, source: Source = LLM) -> dict[str, str]:
    """Judges what is new in these lines; the fingerprints by skeleton."""
    found = {entry.skeleton: entry for entry in feed(sluice, lines)}
    for entry in found.values():
        assert sluice.registry.judged(entry, facts, source) is not None
    return {skeleton: entry.fingerprint for skeleton, entry in found.items()}


async def passed(sluice: Sluice) -> None:
    """A round with what the engine has counted."""
    await sluice.registry.tick(sluice.engine.drain_volumes())


def dropped(sluice: Sluice, line: str) -> bool:
    return sluice.engine.process(Signal.LOGS, request([line])).dropped == 1
