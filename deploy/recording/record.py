#!/usr/bin/env python3
"""Records the telemetry of a small shop anew: runs it for real, under load, through a real Collector.

    sudo apt-get install nginx-light redis-server postgresql openjdk-17-jdk-headless maven zstd python3-venv
    python3 deploy/recording/record.py --otelcol PATH [--seconds 240] [--home /srv/shop] [-o shop.jsonl.zst]

Needs nothing of Sluice. `--otelcol`: a Collector with the otlp and file_log receivers, the batch processor and the
exporters file and otlp_grpc: any contrib distribution of 0.159 or later, or the one that the tests build. The home
folder is emptied; its path is part of the recording (tracebacks, PostgreSQL's settings), so choose one that says
nothing.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from programs import COLLECTORS, HERE, SERVERS, Programs

NEEDED = ("nginx", "redis-server", "java", "javac", "mvn", "zstd", "/usr/bin/python3")


def record(shop: Programs, seconds: float) -> None:
    """The day of the shop: it opens, is used, is reloaded, loses part after part for a while, and closes."""
    for name, port in COLLECTORS.items():
        shop.start(name)
        shop.wait(name, port)
    for name, port in SERVERS.items():
        shop.start(name)
        shop.wait(name, port)
        if name == "kafka":
            shop.start("topics")
            shop.wait("topics")
    shop.start("worker")
    shop.start("load", str(seconds))

    def restart(name: str, away: float, how: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
        def act() -> None:
            shop.stop(name, how)
            time.sleep(away)
            shop.start(name)
            shop.wait(name, SERVERS[name])

        return act

    incidents: list[tuple[float, str, Callable[[], None]]] = [
        (0.20, "nginx reloads", lambda: shop.send("nginx", signal.SIGHUP)),
        (0.25, "the shop reloads its configuration", lambda: shop.send("shop", signal.SIGHUP)),
        (0.35, "redis restarts", restart("redis", 1.5)),
        (0.45, "payments restarts", restart("payments", 2.0)),
        (0.55, "kafka restarts", restart("kafka", 1.0)),
        (0.70, "shipping is killed and starts again", restart("shipping", 8.0, signal.SIGKILL)),
        (0.85, "the shop is deployed", restart("shop", 1.0)),
    ]
    started = time.monotonic()
    for share, what, act in incidents:
        time.sleep(max(0.0, started + share * seconds - time.monotonic()))
        print(f"{time.monotonic() - started:6.1f} s  {what}", flush=True)
        act()
    shop.wait("load")
    for name in ("worker", *reversed(SERVERS)):
        shop.stop(name)
    time.sleep(3)  # the agent reads the servers' last lines
    shop.stop("otelcol")
    time.sleep(3)  # and the recorder the agent's
    if shop.stop("recorder") != 0:
        raise SystemExit("the Collector that records did not end well: the recording may lack its last records")


def records(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """(signal, service) of each record."""
    kinds = {
        "resourceLogs": ("logs", "scopeLogs", "logRecords"),
        "resourceMetrics": ("metrics", "scopeMetrics", "metrics"),
        "resourceSpans": ("spans", "scopeSpans", "spans"),
    }
    for line in lines:
        for key, resources in json.loads(line).items():
            label, scopes, entries = kinds[key]
            for resource in resources:
                attributes = {a["key"]: a["value"].get("stringValue") for a in resource["resource"]["attributes"]}
                for scope in resource[scopes]:
                    yield from [(label, attributes["service.name"] or "")] * len(scope[entries])


def check(recording: Path) -> None:
    """Ends the program when the recording names this machine or whoever made it."""
    text = recording.read_text()
    words = (f"{Path.home()}/", f'"{socket.gethostname()}"', os.uname().release, str(HERE))
    named = [word for word in words if word in text]
    if named:
        raise SystemExit(f"the recording holds {named}: run it with another --home, user or host name")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--otelcol", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--home", type=Path, default=Path("/srv/shop"))
    parser.add_argument("-o", "--output", type=Path, default=HERE / "shop.jsonl.zst")
    options = parser.parse_args()
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        raise SystemExit(f"not found: {', '.join(missing)}; install them with apt-get (see the top of {__file__})")

    shop = Programs(options.home.resolve(), options.otelcol.resolve())
    shop.prepare()
    try:
        record(shop, options.seconds)
    finally:
        shop.stop_all()
    recording = options.home / "recording.jsonl"
    check(recording)
    with recording.open() as lines:
        counts = collections.Counter(records(lines))
    subprocess.run(["zstd", "-19", "--force", "--quiet", recording, "-o", options.output], check=True)
    for (label, service), number in sorted(counts.items()):
        print(f"{label:8} {service:12} {number:7}")
    print(f"{counts.total()} records, {options.output.stat().st_size} bytes in {options.output}")


if __name__ == "__main__":
    sys.exit(main())
