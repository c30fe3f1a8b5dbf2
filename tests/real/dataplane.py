"""The whole data plane on loopback ports, with the real engine, and a next hop beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Self

import pytest

from real.otlp import NextHop, Sender
from sluice.admission import Admission
from sluice.config.model import ClientTls, GrpcServer, HttpServer, Limits, OtlpGrpcExporter
from sluice.engine import Decision, Engine, Evidence, Policy, Settings, evidence
from sluice.exporters import Exporter
from sluice.exporters.joining import HOLD, Joining
from sluice.exporters.otlp_grpc import OtlpGrpcExporter as GrpcExporter
from sluice.health import HealthBoard
from sluice.pipeline import Pipeline
from sluice.receivers.otlp_grpc import OtlpGrpcReceiver
from sluice.receivers.otlp_http import OtlpHttpReceiver
from sluice.telemetry import Telemetry, items


class DataPlane:
    """Receivers, admission, pipeline and exporter as the service wires them; each test sets what it is about."""

    def __init__(
        self,
        next_hop: NextHop,
        *,
        limits: Limits | None = None,
        grpc: GrpcServer | None = None,
        http: HttpServer | None = None,
        exporter: Exporter | None = None,
        on_evidence: Callable[[bytes], None] | None = None,
        timeout: float = 20.0,
        hold: float = HOLD,
        grace: float = 20.0,
    ) -> None:
        self.telemetry = Telemetry()
        self.health = HealthBoard()
        self.evidence: list[Evidence] = []
        self.engine = Engine(Settings(min_records=1))
        self.engine.configure(Policy(logs="drop", metrics="drop", spans="tag"))
        settings = OtlpGrpcExporter(
            endpoint=next_hop.endpoint, tls=ClientTls(insecure=True), compression="none", timeout=timeout
        )
        self.exporter = exporter or GrpcExporter(settings, self.health, probe_interval=0.1)
        limits = limits or Limits()
        self.admission = Admission(limits, self.telemetry)
        joining = Joining(self.exporter, self.telemetry, hold=hold)
        self.pipeline = Pipeline(self.engine, joining, on_evidence or self._keep_evidence, self.telemetry)
        wiring = (limits, self.admission, self.pipeline, self.telemetry)
        self.grpc = OtlpGrpcReceiver(grpc or GrpcServer(endpoint="127.0.0.1:0"), *wiring, grace=grace)
        self.http = OtlpHttpReceiver(http or HttpServer(endpoint="127.0.0.1:0"), *wiring, grace=grace)

    def start(self) -> Self:
        """Serves gRPC; `http` is started by the tests that speak it, on their loop."""
        self.exporter.start()
        self.grpc.start()
        return self

    def stop(self) -> None:
        self.grpc.stop()
        self.exporter.stop()

    def sender(self) -> Sender:
        return Sender(self.grpc.port)

    def drop_what_was_seen(self) -> None:
        """A verdict on every event type of which evidence came: drop."""
        decisions = [
            Decision(
                fingerprint=entry.fingerprint,
                identity=entry.identity,
                skeleton=entry.skeleton,
                ruleset=self.engine.ruleset,
                action="drop",
                category="debug_noise",
            )
            for entry in self.evidence
        ]
        assert self.engine.apply(decisions) == len(decisions) > 0

    def count(self, name: str, signal: str = "logs", **labels: str) -> int:
        """A counter of items: `accepted`, `refused`, `sent`, `send_failed` or `dropped`; over both transports."""
        unit = items(signal)
        if name in ("accepted", "refused"):
            return sum(
                int(self.telemetry.value(f"sluice_receiver_{name}_{unit}", receiver="otlp", transport=transport))
                for transport in ("grpc", "http")
            )
        if name == "dropped":
            return int(self.telemetry.value(f"sluice_processor_dropped_{unit}", processor="sluice"))
        return int(self.telemetry.value(f"sluice_exporter_{name}_{unit}", exporter=self.exporter.name))

    def refused_requests(self, reason: str, transport: str = "grpc") -> int:
        return int(
            self.telemetry.value(
                "sluice_receiver_refused_requests", receiver="otlp", transport=transport, reason=reason
            )
        )

    def _keep_evidence(self, committed: bytes) -> None:
        self.evidence.extend(evidence(committed))


@pytest.fixture
def plane(next_hop: NextHop) -> Iterator[DataPlane]:
    """With every default."""
    plane = DataPlane(next_hop).start()
    yield plane
    plane.stop()


@pytest.fixture
async def http(plane: DataPlane) -> AsyncIterator[str]:
    """The base URL of the plane's HTTP receiver."""
    await plane.http.start()
    yield f"http://127.0.0.1:{plane.http.port}"
    await plane.http.stop()


@pytest.fixture
def sender(plane: DataPlane) -> Iterator[Sender]:
    with plane.sender() as sender:
        yield sender
