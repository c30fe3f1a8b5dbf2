"""What the miner makes of real lines: one JSON object a line in `lines.jsonl`, recorded by `deploy/recording`.

A change of the mining rules shows here as a difference to be read. `python tests/golden/renew.py` writes the file anew.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from sluice.engine import Engine, Settings, evidence


class Golden(msgspec.Struct, frozen=True):
    line: str
    skeleton: str
    template: str
    severity: str
    outcome: str
    purpose: str


PATH = Path(__file__).with_name("lines.jsonl")
LINES = msgspec.json.Decoder(Golden).decode_lines(PATH.read_bytes()) if PATH.exists() else []
FORMATS_PATH = Path(__file__).with_name("formats.jsonl")
FORMATS = msgspec.json.Decoder(Golden).decode_lines(FORMATS_PATH.read_bytes())
"""What loggers print: kubectl's klog, Go's slog, log, logrus and zap, structlog, logger's two kinds of syslog, and
uncaught and logged exceptions of Go, Java, Python and Node. Printed by those programs, written down as they were."""


def mined(line: str) -> Golden:
    """One line as the body of a log record that says nothing else."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add().body.string_value = line
    [seen] = evidence(Engine(Settings(min_records=1)).process(0, request.SerializeToString()).commit() or b"[]")
    identity = seen.identity
    return Golden(line, seen.skeleton, seen.template, identity.severity, identity.outcome, identity.purpose)


def test_the_file_holds_lines_of_every_service() -> None:
    assert len(LINES) > 350


@pytest.mark.parametrize("golden", LINES + FORMATS, ids=lambda golden: golden.skeleton[:40])
def test_a_real_line_is_mined_as_before(golden: Golden) -> None:
    assert mined(golden.line) == golden


@pytest.mark.parametrize("golden", FORMATS, ids=lambda golden: golden.skeleton[:40])
def test_a_container_runtimes_prefix_changes_nothing(golden: Golden) -> None:
    first, *rest = golden.line.split("\n")
    if rest or first.startswith("<"):
        first = "settled order 17"  # A runtime prefixes each line, and a record with syslog's own comes from elsewhere.
    assert mined(f"2026-11-22T08:58:05.037123456Z stderr F {first}").skeleton == mined(first).skeleton


def test_exceptions_that_differ_in_type_or_place_are_different_types() -> None:
    stacks = [golden for golden in FORMATS if "\n" in golden.line]
    assert len({golden.skeleton for golden in stacks}) == len(stacks) > 5
