"""A third service that logs through the same library as two others that were judged alike."""

from __future__ import annotations

from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from frames import asking
from honest import asked_about, honest
from real.models import ModelServer
from real.otlp import Sender, logs
from real.sluice import Sluice
from real.waiting import wait_until
from traffic import judged, listed

LINE = "entering the cache lookup"


def said_by(service: str) -> bytes:
    request = ExportLogsServiceRequest.FromString(logs(LINE, service=service))
    request.resource_logs[0].scope_logs[0].scope.name = "lib.cache"
    return bytes(request.SerializeToString())


def test_a_third_service_has_the_facts_without_a_call(tmp_path: Path) -> None:
    with ModelServer() as model:
        model.answer = honest
        with (
            Sluice(tmp_path, {"exporters": {"nop": {}}, **asking(model)}) as sluice,
            Sender(sluice.grpc_port) as sender,
        ):
            for number, service in enumerate(("one", "two"), 1):
                for _ in range(3):
                    sender.export(said_by(service))
                judged(sluice, number)
            for _ in range(3):
                sender.export(said_by("three"))
            wait_until(lambda: sluice.metrics()("sluice_classify_shared"), "the third one's facts taken over")
            assert asked_about(model.asked, "entering") == {"entering": 2}
            assert sluice.metrics()("sluice_classify_judged") == 2
            found = {row["verdict"]["service"]["name"]: row["verdict"] for row in listed(sluice, 3)}
            assert {verdict["category"] for verdict in found.values()} == {"debug_noise"}
            assert {name: verdict["source"]["provider"] for name, verdict in found.items()} == {
                "one": "anthropic",
                "two": "anthropic",
                "three": "shared",
            }
            told = sluice.command("verdicts", "explain", found["three"]["fingerprint"]).stdout
            assert "as claude-sonnet-9 judged it in other services" in told
            assert "judged alike in one and two" in told
