"""What a gateway costs, end to end (log records received, mined, forwarded uncompressed): CPU seconds, and time.

    python benchmarks/gateway.py [--collector PATH] [--miner PATH] [--rounds 5] [--concurrency 8]
                                 [--records 1,100,1000,8192]

The second table is about senders that send one request at a time: milliseconds that a gateway adds to a request, beside
the same request to the sink directly, in turns.

With --collector, a Collector doing otlp → otlp stands beside it: same requests, same sender, rounds that alternate. Its
sending queue is off, as an acknowledgement of Sluice means that the next hop took the records. With --miner, so does a
Collector that mines on the way, by go-drain3: benchmarks/drain3processor tells how to build it. The ratios are what
counts; the seconds depend on the machine. Event types are known and judged before anything is measured.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

HERE = Path(__file__).resolve().parent
LOAD = str(HERE / "otlp_load.py")
_IDLE_FOR = 2.0
"""Seconds of rest that a peer shows before it is measured: longer than a pause between its background rounds."""
SLUICE = """
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '127.0.0.1:{port}'}}}}}}}}
mining: {{settle: 0s}}
policy: {{mode: observe, spans: observe, metrics: observe}}
verdicts: {{store: {{path: '{folder}/sluice.db'}}}}
exporters: {{otlp_grpc: {{endpoint: '127.0.0.1:{sink}', tls: {{insecure: true}}, compression: none, timeout: 30s}}}}
service:
  health: {{endpoint: '127.0.0.1:0'}}
  telemetry: {{metrics: {{endpoint: '127.0.0.1:0'}}, logs: {{level: error}}}}
"""
COLLECTOR = """
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '127.0.0.1:{port}', max_recv_msg_size_mib: 64}}}}}}}}
processors: {{{processors}}}
exporters:
  otlp:
    endpoint: 127.0.0.1:{sink}
    tls: {{insecure: true}}
    compression: none
    timeout: 30s
    sending_queue: {{enabled: false}}
    retry_on_failure: {{enabled: false}}
service:
  pipelines: {{logs: {{receivers: [otlp], processors: [{processors}], exporters: [otlp]}}}}
  telemetry: {{metrics: {{level: none}}, logs: {{level: error}}}}
"""


class Measured(NamedTuple):
    """Of one peer at one size of request."""

    seconds_a_million: float
    requests_a_second: float


class Peer(NamedTuple):
    """A gateway that listens on `port` in front of a sink of its own."""

    process: psutil.Process
    port: int
    sink: int


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--collector", help="path of a Collector with otlpreceiver and otlpexporter")
    options.add_argument("--miner", help="path of a Collector with benchmarks/drain3processor besides")
    options.add_argument("--seconds", type=float, default=2.0, help="of one round of one peer")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--concurrency", type=int, default=8)
    options.add_argument("--records", default="1,100,1000,8192", help="records a request")
    options.add_argument("--timed", type=int, default=500, help="requests whose time is taken, one after the other")
    chosen = options.parse_args()
    sizes = [int(size) for size in chosen.records.split(",")]
    with ExitStack() as stack:
        peers = {"sluice": stack.enter_context(_serving(_sluice))}
        if chosen.collector:
            peers["collector"] = stack.enter_context(_serving(partial(_collector, chosen.collector, "")))
        if chosen.miner:
            peers["miner"] = stack.enter_context(_serving(partial(_collector, chosen.miner, "drain3")))
        for peer in peers.values():
            _warm_up(peer, chosen.concurrency)
        ratios = "".join(f" {'ratio':>7}{'min':>7}{'max':>7}" for _ in list(peers)[1:])
        print(f"{'records/request':>15} " + " ".join(f"{name:>22}" for name in peers) + ratios)
        for size in sizes:
            rounds: dict[str, list[Measured]] = {name: [] for name in peers}
            for _ in range(chosen.rounds):
                for name, peer in peers.items():
                    rounds[name].append(_one(peer, size, chosen.seconds, chosen.concurrency))
            _print(size, rounds)
        print("medians; CPU seconds a million records, requests a second; ratios: sluice to each of the others\n")
        print(f"{'records/request':>15} {'direct':>22} " + " ".join(f"{'+ ' + name:>22}" for name in peers))
        for size in sizes:
            _print_added(size, list(peers.values()), chosen.timed)
        print("one request at a time: p50 / p99 in ms of the way to the sink, and what the way through a gateway adds")
        for name, peer in peers.items():
            print(f"{name}: {peer.process.memory_info().rss >> 20} MiB resident at the end")


def _sluice(port: int, sink: int, folder: Path) -> list[str]:
    config = folder / "sluice.yaml"
    config.write_text(SLUICE.format(port=port, sink=sink, folder=folder))
    return [sys.executable, "-m", "sluice", "run", "-c", str(config)]


def _collector(binary: str, processors: str, port: int, sink: int, folder: Path) -> list[str]:
    config = folder / "collector.yaml"
    config.write_text(COLLECTOR.format(port=port, sink=sink, processors=processors))
    return [binary, "--config", str(config)]


@contextmanager
def _serving(command: Callable[[int, int, Path], list[str]]) -> Iterator[Peer]:
    with tempfile.TemporaryDirectory() as folder, _running([sys.executable, LOAD, "sink"]) as sink:
        assert sink.stdout is not None
        sink_port = int(sink.stdout.readline())
        port = _free_port()
        with _running(command(port, sink_port, Path(folder))) as process:
            _wait_until_listening(port, process)
            yield Peer(psutil.Process(process.pid), port, sink_port)


def _warm_up(peer: Peer, concurrency: int) -> None:
    """Connections, threads, event types; what follows from them in the background has ended when it idles."""
    _send(peer, 1000, 1.0, concurrency)
    for _ in range(60):
        before = _cpu_seconds(peer.process)
        time.sleep(_IDLE_FOR)
        if _cpu_seconds(peer.process) - before < 0.03 * _IDLE_FOR:
            return
    sys.exit(f"{peer.process.name()} does not come to rest")


def _one(peer: Peer, records: int, seconds: float, concurrency: int) -> Measured:
    before = _cpu_seconds(peer.process)
    answered = _send(peer, records, seconds, concurrency)
    spent = _cpu_seconds(peer.process) - before
    return Measured(spent / (answered * records) * 1e6, answered / seconds)


def _send(peer: Peer, records: int, seconds: float, concurrency: int) -> int:
    """Answers how many requests were answered."""
    arguments = ["send", str(peer.port), str(records), str(seconds), str(concurrency)]
    return int(subprocess.run([sys.executable, LOAD, *arguments], stdout=subprocess.PIPE, check=True).stdout)


def _print_added(size: int, peers: list[Peer], count: int) -> None:
    ports = [peers[0].sink, *(peer.port for peer in peers)]
    command = [sys.executable, LOAD, "time", str(count), str(size), *map(str, ports)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    direct, *through = [[float(number) for number in line.split()] for line in lines]
    cells = [direct, *([own - bare for own, bare in zip(way, direct, strict=True)] for way in through)]
    print(f"{size:>15} " + " ".join(f"{f'{half:.2f} / {late:.2f}':>22}" for half, late in cells), flush=True)


def _print(size: int, rounds: dict[str, list[Measured]]) -> None:
    sluice, *others = rounds.values()
    row = f"{size:>15} " + " ".join(f"{_cell(peer):>22}" for peer in rounds.values())
    for other in others:
        pairs = zip(sluice, other, strict=True)
        ratios = [own.seconds_a_million / its.seconds_a_million for own, its in pairs]
        row += f" {median(ratios):7.2f}{min(ratios):7.2f}{max(ratios):7.2f}"
    print(row, flush=True)


def _cell(rounds: list[Measured]) -> str:
    cost = median(measured.seconds_a_million for measured in rounds)
    return f"{cost:.2f} s, {median(measured.requests_a_second for measured in rounds):.0f}/s"


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
