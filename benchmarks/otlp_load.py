"""The two ends of a gateway benchmark, each in a process of its own: a sender of pre-encoded requests and a sink.

    python benchmarks/otlp_load.py sink                                   prints its port, serves until its input closes
    python benchmarks/otlp_load.py send PORT RECORDS SECONDS CONCURRENCY  prints how many requests were answered

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


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sink"]:
            sink()
        case ["send", port, records, seconds, concurrency]:
            print(send(int(port), int(records), float(seconds), int(concurrency)))
        case _:
            sys.exit(__doc__)
