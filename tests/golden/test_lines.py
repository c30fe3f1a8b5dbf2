"""What the miner makes of real lines: one JSON object a line in `lines.jsonl`, recorded by `deploy/recording`.

A change of the mining rules shows here as a difference to be read. `python tests/golden/renew.py` writes the file anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from sluice.engine import Engine, Evidence, Settings, evidence


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
RECORDED_PATH = Path(__file__).with_name("recorded.jsonl")
RECORDED = msgspec.json.Decoder(Golden).decode_lines(RECORDED_PATH.read_bytes()) if RECORDED_PATH.exists() else []
"""What `record.py` recorded by running loggers, runtimes and web servers, and the lines of `documented.py`."""


def mined(line: str) -> Golden:
    """One line as the body of a log record that says nothing else."""
    found = _seen(lambda body: setattr(body, "string_value", line))
    identity = found.identity
    return Golden(line, found.skeleton, found.template, identity.severity, identity.outcome, identity.purpose)


def _seen(fill: Callable[[AnyValue], None]) -> Evidence:
    request = ExportLogsServiceRequest()
    fill(request.resource_logs.add().scope_logs.add().log_records.add().body)
    [found] = evidence(Engine(Settings(min_records=1)).process(0, request.SerializeToString()).commit() or b"[]")
    return found


def _fill(value: AnyValue, content: object) -> None:
    match content:
        case bool():
            value.bool_value = content
        case int():
            value.int_value = content
        case float():
            value.double_value = content
        case str():
            value.string_value = content
        case list():
            value.array_value.SetInParent()
            for item in content:
                _fill(value.array_value.values.add(), item)
        case dict():
            value.kvlist_value.SetInParent()
            for key, item in content.items():
                _fill(value.kvlist_value.values.add(key=key).value, item)


def test_the_file_holds_lines_of_every_service() -> None:
    assert len(LINES) > 350


@pytest.mark.parametrize("golden", LINES + FORMATS + RECORDED, ids=lambda golden: golden.skeleton[:40])
def test_a_real_line_is_mined_as_before(golden: Golden) -> None:
    assert mined(golden.line) == golden


@pytest.mark.parametrize("golden", FORMATS, ids=lambda golden: golden.skeleton[:40])
def test_a_container_runtimes_prefix_changes_nothing(golden: Golden) -> None:
    first, *rest = golden.line.split("\n")
    if rest or first.startswith("<"):
        first = "settled order 17"  # A runtime prefixes each line, and a record with syslog's own comes from elsewhere.
    assert mined(f"2026-11-22T08:58:05.037123456Z stderr F {first}").skeleton == mined(first).skeleton


STACKS = [golden for golden in RECORDED if "\n" in golden.line and "17" in golden.line]


def test_an_exception_is_one_type_whatever_it_failed_on() -> None:
    """Each program failed for two orders: other numbers, and in .NET other lines and numbered names."""
    others = {golden.skeleton for golden in RECORDED if "\n" in golden.line and "42" in golden.line}
    pairs = [golden for golden in STACKS if golden.skeleton in others]
    assert len(pairs) >= 7, [golden.line for golden in pairs]


@pytest.mark.parametrize("golden", STACKS, ids=lambda golden: golden.skeleton[:40])
def test_a_stack_says_no_line_and_no_address(golden: Golden) -> None:
    assert not re.search(r":\d+|0x[0-9a-f]|line \d|\.\.\. \d+ more", golden.skeleton)


OBJECTS = [golden for golden in FORMATS + RECORDED if golden.line.startswith("{")]


@pytest.mark.parametrize("golden", OBJECTS, ids=lambda golden: golden.skeleton[:40])
def test_a_map_is_mined_as_the_same_object_in_text(golden: Golden) -> None:
    found = _seen(lambda body: _fill(body, msgspec.json.decode(golden.line)))
    assert (found.skeleton, found.template) == (golden.skeleton, golden.template)
    assert (found.identity.severity, found.identity.outcome) == (golden.severity, golden.outcome)


def test_exceptions_that_differ_in_type_or_place_are_different_types() -> None:
    stacks = [golden for golden in FORMATS if "\n" in golden.line]
    assert len({golden.skeleton for golden in stacks}) == len(stacks) > 5
