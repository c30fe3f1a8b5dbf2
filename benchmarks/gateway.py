"""CPU seconds that a million log records cost, end to end: received, mined, forwarded uncompressed.

    python benchmarks/gateway.py [--collector PATH] [--seconds 5] [--concurrency 8] [--records 1,100,1000,8192]

With --collector, a Collector doing otlp → otlp stands beside it: same requests, same sender, same run. Its sending
queue is off, as an acknowledgement of Sluice means that the next hop took the records. The ratio is what counts; the
seconds depend on the machine.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

HERE = Path(__file__).resolve().parent
LOAD = str(HERE / "otlp_load.py")
SLUICE = """
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '127.0.0.1:{port}'}}}}}}}}
policy: {{mode: observe, spans: observe, metrics: observe}}
verdicts: {{store: {{path: '{folder}/sluice.db'}}}}
exporters: {{otlp_grpc: {{endpoint: '127.0.0.1:{sink}', tls: {{insecure: true}}, compression: none, timeout: 30s}}}}
service:
  health: {{endpoint: '127.0.0.1:0'}}
  telemetry: {{metrics: {{endpoint: '127.0.0.1:0'}}, logs: {{level: error}}}}
"""
COLLECTOR = """
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '127.0.0.1:{port}', max_recv_msg_size_mib: 64}}}}}}}}
exporters:
  otlp:
    endpoint: 127.0.0.1:{sink}
    tls: {{insecure: true}}
    compression: none
    timeout: 30s
    sending_queue: {{enabled: false}}
    retry_on_failure: {{enabled: false}}
service:
  pipelines: {{logs: {{receivers: [otlp], exporters: [otlp]}}}}
  telemetry: {{metrics: {{level: none}}, logs: {{level: error}}}}
"""


class Measured(NamedTuple):
    """Of one peer at one size of request."""

    seconds_a_million: float
    requests_a_second: float
    resident_mib: int


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--collector", help="path of a Collector with otlpreceiver and otlpexporter")
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--concurrency", type=int, default=8)
    options.add_argument("--records", default="1,100,1000,8192", help="records a request")
    chosen = options.parse_args()
    sizes = [int(size) for size in chosen.records.split(",")]
    peers: dict[str, Callable[[int, int, Path], list[str]]] = {"sluice": _sluice}
    if chosen.collector:
        peers["collector"] = lambda port, sink, folder: _collector(chosen.collector, port, sink, folder)
    measured = {name: _measure(command, sizes, chosen.seconds, chosen.concurrency) for name, command in peers.items()}
    _print(sizes, measured)


def _sluice(port: int, sink: int, folder: Path) -> list[str]:
    config = folder / "sluice.yaml"
    config.write_text(SLUICE.format(port=port, sink=sink, folder=folder))
    return [sys.executable, "-m", "sluice", "run", "-c", str(config)]


def _collector(binary: str, port: int, sink: int, folder: Path) -> list[str]:
    config = folder / "collector.yaml"
    config.write_text(COLLECTOR.format(port=port, sink=sink))
    return [binary, "--config", str(config)]


def _measure(
    command: Callable[[int, int, Path], list[str]], sizes: list[int], seconds: float, concurrency: int
) -> list[Measured]:
    with tempfile.TemporaryDirectory() as folder, _running([sys.executable, LOAD, "sink"]) as sink:
        assert sink.stdout is not None
        sink_port = int(sink.stdout.readline())
        port = _free_port()
        with _running(command(port, sink_port, Path(folder))) as process:
            _wait_until_listening(port, process)
            peer = psutil.Process(process.pid)
            return [_one(peer, port, size, seconds, concurrency) for size in sizes]


def _one(peer: psutil.Process, port: int, records: int, seconds: float, concurrency: int) -> Measured:
    def send(duration: float) -> int:
        arguments = ["send", str(port), str(records), str(duration), str(concurrency)]
        return int(subprocess.run([sys.executable, LOAD, *arguments], stdout=subprocess.PIPE, check=True).stdout)

    send(1.0)  # connections, threads, event types
    before = _cpu_seconds(peer)
    answered = send(seconds)
    spent = _cpu_seconds(peer) - before
    return Measured(spent / (answered * records) * 1e6, answered / seconds, peer.memory_info().rss >> 20)


def _print(sizes: list[int], measured: dict[str, list[Measured]]) -> None:
    sluice, collector = measured["sluice"], measured.get("collector")
    print(f"{'records/request':>15} {'sluice':>22} {'collector':>22} {'ratio':>7}")
    for index, size in enumerate(sizes):
        beside = _cell(collector[index]) if collector else "-"
        ratio = sluice[index].seconds_a_million / collector[index].seconds_a_million if collector else None
        print(f"{size:>15} {_cell(sluice[index]):>22} {beside:>22} {f'{ratio:.2f}' if ratio else '-':>7}")
    print("CPU seconds a million records, requests a second; ratio: sluice / collector")
    for name, results in measured.items():
        print(f"{name}: {max(result.resident_mib for result in results)} MiB resident at most")


def _cell(result: Measured) -> str:
    return f"{result.seconds_a_million:.2f} s, {result.requests_a_second:.0f}/s"


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_listening(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            sys.exit(f"{process.args!r} ended with status {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"{process.args!r} does not listen on port {port} after 30 s")


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
