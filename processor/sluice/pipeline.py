"""The path of one request: engine, export, commit, answer. Synchronous; a receiver calls it on a thread of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from sluice.engine import Engine, Signal
from sluice.errors import ExportFailed, Malformed
from sluice.exporters.joining import Joining
from sluice.partial_success import Rejected, rejected
from sluice.telemetry import Counter, Telemetry, items

log = logging.getLogger(__name__)


class Pipeline:
    """Hands requests to the engine and what it kept to the next hop.

    `on_evidence` gets the JSON of new event types (see `engine.evidence`) on the request's thread, after the commit: it
    must only pass it on. What it raises is counted and costs the request nothing.
    """

    def __init__(
        self, engine: Engine, exporter: Joining, on_evidence: Callable[[bytes], object], telemetry: Telemetry
    ) -> None:
        self._process = engine.process
        self._export = exporter.export
        self._on_evidence = on_evidence
        self._engine_seconds = {
            signal: telemetry.histogram("sluice_engine_seconds", signal=signal.label) for signal in Signal
        }
        self._evidence_lost = telemetry.counter("sluice_tasks_failed", task="evidence")
        self._counters = {
            (signal, transport): _Counters.bind(telemetry, signal, transport, exporter.name)
            for signal in Signal
            for transport in ("grpc", "http")
        }

    def handle(self, signal: Signal, request: bytes, *, transport: str, timeout: float | None) -> bytes:
        """Answers one export request; returns the bytes of the response message, b"" for full success.

        `timeout`: seconds that the sender still waits, None when unknown. Counts exactly, in OTLP's items:
        received = sent + dropped + refused. Four ways out:

        1. malformed: `Malformed`; nothing was counted, for nobody knows what it held;
        2. nothing is left to send (empty, or all dropped): success without the next hop;
        3. the next hop refused: its `ExportFailed`; every item is refused, no drop and no volume is counted;
        4. the next hop took it, wholly or in part: committed; what it rejected is refused, its answer is passed on.
        """
        began = time.perf_counter()
        try:
            outcome = self._process(signal, request)
        except ValueError as error:
            raise Malformed(str(error)) from None
        self._engine_seconds[signal].observe(time.perf_counter() - began)
        counters = self._counters[signal, transport]
        received, dropped = outcome.items_received, outcome.items_dropped
        answer = Rejected(0, b"")
        if outcome.payload is not None and outcome.received:
            try:
                response = self._export(signal, outcome.payload, received - dropped, timeout)
            except ExportFailed:
                counters.refused.inc(received)
                counters.send_failed.inc(received - dropped)
                raise
            answer = rejected(signal, response, at_most=received - dropped)
        counters.accepted.inc(received - answer.items)
        counters.sent.inc(received - dropped - answer.items)
        if dropped:
            counters.dropped.inc(dropped)
        if outcome.tagged:
            counters.tagged.inc(outcome.tagged)
        if answer.items:
            counters.refused.inc(answer.items)
            counters.send_failed.inc(answer.items)
        evidence = outcome.commit()
        if evidence is not None:
            self._hand_over(evidence)
        return answer.response

    def _hand_over(self, evidence: bytes) -> None:
        try:
            self._on_evidence(evidence)
        except Exception as error:  # noqa: BLE001 - the records are delivered: trouble with judging must not refuse them
            self._evidence_lost.inc()
            log.warning("evidence of new event types was lost: %s", type(error).__name__)


class _Counters(NamedTuple):
    """The series of one signal and transport, bound once."""

    accepted: Counter
    refused: Counter
    sent: Counter
    send_failed: Counter
    dropped: Counter
    tagged: Counter

    @classmethod
    def bind(cls, telemetry: Telemetry, signal: Signal, transport: str, exporter: str) -> _Counters:
        unit = items(signal.label)
        source = {"receiver": "otlp", "transport": transport}
        return cls(
            accepted=telemetry.counter(f"sluice_receiver_accepted_{unit}", **source),
            refused=telemetry.counter(f"sluice_receiver_refused_{unit}", **source),
            sent=telemetry.counter(f"sluice_exporter_sent_{unit}", exporter=exporter),
            send_failed=telemetry.counter(f"sluice_exporter_send_failed_{unit}", exporter=exporter),
            dropped=telemetry.counter(f"sluice_processor_dropped_{unit}", processor="sluice"),
            tagged=telemetry.counter("sluice_processor_tagged_records", processor="sluice", signal=signal.label),
        )
