"""Resident memory of `sluice run`: idle, with 50,000 event types judged, and after a restart that loads them.

    python benchmarks/memory.py [--types 50000]

Also prints how long the restart took until requests were answered. Figures are of the whole process, from /proc.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import psutil
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
PER_REQUEST = 1000
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def word(number: int) -> str:
    """A word without digits, another one for each number."""
    out = "w"
    while number:
        number, letter = divmod(number, len(LETTERS))
        out += LETTERS[letter]
    return out


def requests(types: int, repeats: int) -> Iterator[bytes]:
    for start in range(0, types, PER_REQUEST):
        request = ExportLogsServiceRequest()
        block = request.resource_logs.add()
        name = block.resource.attributes.add()
        name.key, name.value.string_value = "service.name", "many"
        scope = block.scope_logs.add()
        for number in range(start, min(start + PER_REQUEST, types)):
            for repeat in range(repeats):
                record = scope.log_records.add()
                record.severity_number = 9
                record.body.string_value = (
                    f"worker {word(number)} finished task {repeat} of queue q{word(number)} in {repeat + 3}ms"
                )
        yield request.SerializeToString()


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


class Process:
    """`sluice run` with a store in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.grpc, http, self.health, self.metrics = free_ports(4)
        self._config = folder / "config.json"
        config = {
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"127.0.0.1:{self.grpc}"},
                                                 "http": {"endpoint": f"127.0.0.1:{http}"}}}},
            "mining": {"settle": "0s"},
            "policy": {"mode": "drop", "probation": "0s", "rare_per_day": 0},
            "verdicts": {"store": {"path": str(folder / "store.db")}},
            "exporters": {"nop": {}},
            "service": {"health": {"endpoint": f"127.0.0.1:{self.health}"},
                        "telemetry": {"metrics": {"endpoint": f"127.0.0.1:{self.metrics}"}, "logs": {"level": "warn"}}},
        }  # fmt: skip
        self._config.write_text(json.dumps(config))

    def start(self) -> float:
        """Answers the seconds until it serves."""
        began = time.monotonic()
        self._process = subprocess.Popen([sys.executable, "-m", "sluice", "run", "-c", str(self._config)])
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/", timeout=5) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except OSError:
                if self._process.poll() is not None:
                    raise SystemExit("sluice run ended; see above") from None
                time.sleep(0.01)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()

    def resident(self) -> float:
        return psutil.Process(self._process.pid).memory_info().rss / (1 << 20)

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:_total)?(?:{{[^}}]*}})? (\S+)$", text, re.M))

    def send(self, payloads: Iterator[bytes]) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc}") as channel:
            export = channel.unary_unary(EXPORT)
            for payload in payloads:
                export(payload, timeout=60, wait_for_ready=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--types", type=int, default=50_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process = Process(Path(folder))
        process.start()
        time.sleep(2)
        print(f"idle: {process.resident():.0f} MiB", flush=True)
        process.send(requests(options.types, repeats=3))
        while process.metric("sluice_classify_judged") < options.types:
            # Records go on coming, as they do: a type whose evidence found the queue full is asked about later.
            time.sleep(2)
            process.send(requests(options.types, repeats=1))
        print(f"{options.types} event types judged, in a burst: {process.resident():.0f} MiB", flush=True)
        time.sleep(20)
        print(f"{options.types} event types judged, 20 s later: {process.resident():.0f} MiB", flush=True)
        process.send(requests(options.types, repeats=1))
        print(f"after they came again: {process.resident():.0f} MiB", flush=True)
        process.stop()
        seconds = process.start()
        before = process.metric("sluice_processor_dropped_log_records")
        process.send(requests(min(options.types, PER_REQUEST), repeats=1))
        dropped = process.metric("sluice_processor_dropped_log_records") - before
        asked = process.metric("sluice_classify_judged")
        print(f"restart: serving after {seconds:.2f} s, {process.resident():.0f} MiB;", end=" ")
        print(f"{dropped:.0f} of the first {PER_REQUEST} records dropped, {asked:.0f} types asked about")
        process.stop()


if __name__ == "__main__":
    main()
