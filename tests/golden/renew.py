"""Writes `lines.jsonl` anew: of the recording, the first line of each skeleton, at most so many of a service.

Those of a service are spread over the day, so that its start does not fill them all.
`formats.jsonl` and `recorded.jsonl` keep their lines; what is mined of them is written anew.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

sys.path.insert(0, str(Path(__file__).parents[1]))

from golden.test_lines import FORMATS, FORMATS_PATH, PATH, RECORDED, RECORDED_PATH, Golden, mined
from sluice.engine import Signal
from sluice.recording import read

RECORDING = Path(__file__).parents[2] / "deploy" / "recording" / "shop.jsonl.zst"
OF_A_SERVICE = 75
LONGEST = 1000


def main() -> None:
    chosen: dict[str, dict[tuple[str, ...], Golden]] = defaultdict(dict)
    for signal, raw in read(RECORDING):
        if signal is not Signal.LOGS:
            continue
        for block in ExportLogsServiceRequest.FromString(raw).resource_logs:
            names = [pair.value.string_value for pair in block.resource.attributes if pair.key == "service.name"]
            kept = chosen[names[0] if names else ""]
            for scope in block.scope_logs:
                for record in scope.log_records:
                    line = record.body.string_value
                    if not line or len(line) > LONGEST:
                        continue
                    golden = mined(line)
                    classes = (golden.skeleton, golden.severity, golden.outcome, golden.purpose)
                    kept.setdefault(classes, golden)
    lines = [golden for kept in chosen.values() for golden in _spread(list(kept.values()))]
    PATH.write_bytes(msgspec.json.Encoder().encode_lines(lines))
    for service, kept in chosen.items():
        print(f"{service}: {min(len(kept), OF_A_SERVICE)} of {len(kept)} different lines")
    for path, known in ((FORMATS_PATH, FORMATS), (RECORDED_PATH, RECORDED)):
        path.write_bytes(msgspec.json.Encoder().encode_lines([mined(golden.line) for golden in known]))
    print(f"{len(lines)} lines of {len(chosen)} services")


def _spread(lines: list[Golden]) -> list[Golden]:
    wanted = min(len(lines), OF_A_SERVICE)
    return [lines[number * len(lines) // wanted] for number in range(wanted)]


if __name__ == "__main__":
    main()
