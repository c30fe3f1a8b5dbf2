"""The two ends of a gateway benchmark, each in a process of its own: a sender of pre-encoded requests and a sink.

    python benchmarks/otlp_load.py sink                                   prints its port, serves until its input closes
    python benchmarks/otlp_load.py send PORT RECORDS SECONDS CONCURRENCY  prints how many requests were answered
    python benchmarks/otlp_load.py time COUNT RECORDS PORT...             one request at a time to each port in turn;
                                                                          prints p50 and p99 of each in milliseconds

Neither decodes anything, so that what they cost the machine is the cost of gRPC.
"""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

import grpc
from made_requests import requests

SERVICE = "opentelemetry.proto.collector.logs.v1.LogsService"
EVENT_TYPES = 500
_POOL = 16_384
"""Records that are encoded, spread over requests: enough variety, little enough to wait for."""
_FIRST = 20
"""Requests that are not timed: connections open, threads start."""


def sink() -> None:
    server = grpc.server(ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", -1)])
    take = grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {"Export": take})])
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(None)


def send(port: int, records: int, seconds: float, concurrency: int) -> int:
    """Sends from so many threads, four on a connection; a request that fails ends the benchmark."""
    encoded = requests(max(_POOL, 2 * records), records, EVENT_TYPES)
    local = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(f"127.0.0.1:{port}", local) for _ in range((concurrency + 3) // 4)]
    counts = [0] * concurrency
    failures: list[grpc.RpcError] = []
    end = time.monotonic() + seconds

    def work(index: int) -> None:
        call = channels[index % len(channels)].unary_unary(f"/{SERVICE}/Export")
        try:
            for request in islice(cycle(encoded), index, None):
                if time.monotonic() >= end:
                    return
                call(request, timeout=30)
                counts[index] += 1
        except grpc.RpcError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(counts)


def timed(count: int, records: int, ports: list[int]) -> list[tuple[float, float]]:
    """Milliseconds from request to answer, p50 and p99 of so many, of each port; who comes first changes."""
    encoded = requests(max(_POOL, 2 * records), records, EVENT_TYPES)
    calls = [grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary(f"/{SERVICE}/Export") for port in ports]
    taken: list[list[float]] = [[] for _ in ports]
    for number, request in enumerate(islice(cycle(encoded), count + _FIRST)):
        for step in range(len(ports)):
            index = (number + step) % len(ports)
            began = time.perf_counter()
            calls[index](request, timeout=30)
            taken[index].append((time.perf_counter() - began) * 1e3)
    ranked = [sorted(times[_FIRST:]) for times in taken]
    return [(times[len(times) // 2], times[len(times) * 99 // 100]) for times in ranked]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sink"]:
            sink()
        case ["send", port, records, seconds, concurrency]:
            print(send(int(port), int(records), float(seconds), int(concurrency)))
        case ["time", count, records, *ports]:
            for half, late in timed(int(count), int(records), [int(port) for port in ports]):
                print(half, late)
        case _:
            sys.exit(__doc__)
