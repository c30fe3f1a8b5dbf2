#!/usr/bin/env python3
"""Records the telemetry of a small shop anew: runs it for real, under load, through a real Collector.

    sudo apt-get install nginx-light redis-server postgresql zstd python3-venv
    python3 deploy/recording/record.py --otelcol PATH [--seconds 240] [--home /srv/shop] [-o shop.jsonl.zst]

Needs nothing of Sluice. `--otelcol`: a Collector with the otlp and file_log receivers, the batch processor and the
file exporter: any contrib distribution of 0.159 or later, or the one that the tests build. The home folder is emptied;
its path is part of the recording (tracebacks, PostgreSQL's settings), so choose one that says nothing.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import glob
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

HERE = Path(__file__).resolve().parent
PORTS = {
    "OTLP_PORT": 14317,
    "PROXY_PORT": 18000,
    "SHOP_PORT": 18080,
    "PAYMENTS_PORT": 18081,
    "REDIS_PORT": 16379,
    "POSTGRES_PORT": 15432,
}
INSTRUMENTED = {"shop": "shop.web", "payments": "shop.payments", "worker": "shop.worker"}
SERVERS = {
    "redis": "REDIS_PORT",
    "postgres": "POSTGRES_PORT",
    "payments": "PAYMENTS_PORT",
    "shop": "SHOP_PORT",
    "nginx": "PROXY_PORT",
}
"""In the order in which they start."""
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "port": PORTS["POSTGRES_PORT"],
    "lc_messages": "C",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_statement": "mod",
    "log_min_duration_statement": "60ms",
    "log_checkpoints": "on",
    "checkpoint_timeout": "30s",
    "log_autovacuum_min_duration": "0",
    "autovacuum_naptime": "10s",
    "log_lock_waits": "on",
}


class Shop:
    """Everything that runs, by name; `stop_all` ends it in the reverse order."""

    def __init__(self, home: Path, otelcol: Path) -> None:
        self._home = home
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._postgres = Path(max(glob.glob("/usr/lib/postgresql/*/bin"), default="/usr/bin"))
        redis = f"--port {PORTS['REDIS_PORT']} --bind 127.0.0.1 --dir {home}/redis --logfile {home}/log/redis.log"
        postgres = [f"--{key}={value}" for key, value in POSTGRES_SETTINGS.items()]
        python = home / "venv/bin/python"
        self._commands: dict[str, list[str | Path]] = {
            "collector": [otelcol, "--config", HERE / "collector.yaml"],
            "redis": ["redis-server", *redis.split(), "--loglevel", "verbose", "--save", "20 10"],
            "postgres": [
                *self._as_postgres(),
                self._postgres / "postgres",
                "-D",
                home / "postgres",
                "-k",
                "",
                *postgres,
            ],
            "nginx": ["nginx", "-p", home, "-c", HERE / "nginx.conf", "-e", "log/nginx-error.log"],
            "load": [python, "-m", "shop.load"],
        }
        for name, module in INSTRUMENTED.items():
            self._commands[name] = [home / "venv/bin/opentelemetry-instrument", python, "-m", module]

    def prepare(self) -> None:
        if self._home.exists() and any(self._home.iterdir()) and not (self._home / "shop.json").exists():
            raise SystemExit(f"--home {self._home} is neither empty nor from an earlier recording: name another folder")
        shutil.rmtree(self._home, ignore_errors=True)
        for folder in ("log", "redis", "tmp", "static", "postgres"):
            (self._home / folder).mkdir(parents=True)
        shutil.copytree(HERE / "shop", self._home / "shop", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(HERE / "shop.json", self._home)
        for name in ("app.js", "app.css", "logo.svg"):
            (self._home / "static" / name).write_text(f"/* {name} */\n" * 40)
        subprocess.run(["/usr/bin/python3", "-m", "venv", self._home / "venv"], check=True)
        pip = [self._home / "venv/bin/pip", "install", "--quiet", "-r", HERE / "requirements.txt"]
        subprocess.run(pip, check=True)
        if os.getuid() == 0:
            shutil.chown(self._home / "postgres", "postgres")
            self._home.chmod(0o755)
        initdb = [*self._as_postgres(), self._postgres / "initdb", "-D", self._home / "postgres", "-U", "payments",
                  "--locale=C", "--encoding=UTF8", "--auth=trust", "--no-sync"]  # fmt: skip
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self, name: str, *more: str) -> None:
        command = [*self._commands[name], *more]
        output = (self._home / "log" / ("postgresql.log" if name == "postgres" else f"{name}.out")).open("ab")
        with output:
            self._running[name] = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd=self._home,
                env=self._environment(name),
            )

    def wait(self, name: str, port: int | None = None) -> None:
        """Until the port answers; without one, until the process has ended."""
        if port is None:
            if self._running.pop(name).wait() != 0:
                raise SystemExit(f"{name} failed: see {self._home}/log/{name}.out")
            return
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._running[name].poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.1)
        raise SystemExit(f"{name} does not answer on port {port}: see {self._home}/log")

    def signal(self, name: str, number: signal.Signals) -> None:
        self._running[name].send_signal(number)

    def stop(self, name: str) -> None:
        process = self._running.pop(name)
        # PostgreSQL: SIGINT is its fast shutdown, SIGTERM waits for the clients.
        process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
        process.wait(timeout=30)

    def stop_all(self) -> None:
        for name in reversed(list(self._running)):
            self.stop(name)

    def _as_postgres(self) -> list[str]:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []

    def _environment(self, name: str) -> dict[str, str]:
        """Nothing of the environment here but the path: a service sees only what is meant for it."""
        environment = {
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
            "SHOP_HOME": str(self._home),
            "SHOP_URL": f"http://127.0.0.1:{PORTS['SHOP_PORT']}",
            "PROXY_URL": f"http://127.0.0.1:{PORTS['PROXY_PORT']}",
            "PAYMENTS_URL": f"http://127.0.0.1:{PORTS['PAYMENTS_PORT']}",
            "PAYMENTS_DSN": f"host=127.0.0.1 port={PORTS['POSTGRES_PORT']} user=payments dbname=postgres",
            **{key: str(port) for key, port in PORTS.items()},
        }
        if name in INSTRUMENTED:
            environment |= {
                "OTEL_SERVICE_NAME": name,
                "OTEL_RESOURCE_ATTRIBUTES": "service.namespace=shop,service.version=2.14.0,host.name=shop-app,"
                f"service.instance.id={name}-1,deployment.environment.name=staging",
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{PORTS['OTLP_PORT']}",
                "OTEL_METRIC_EXPORT_INTERVAL": "3000",
                "OTEL_PYTHON_LOG_CODE_ATTRIBUTES": "true",
                # What the machine does (its disks, its network cards) is not the shop's telemetry.
                "OTEL_PYTHON_SYSTEM_METRICS_EXCLUDED_METRICS": "system.*,process.runtime.*",
            }
        return environment


def record(shop: Shop, seconds: float) -> None:
    """The day of the shop: it opens, is used, is reloaded, loses its cache, its payments and itself, and closes."""
    shop.start("collector")
    shop.wait("collector", PORTS["OTLP_PORT"])
    for name, port in SERVERS.items():
        shop.start(name)
        shop.wait(name, PORTS[port])
    shop.start("worker")
    shop.start("load", str(seconds))

    def restart(name: str, away: float) -> Callable[[], None]:
        def act() -> None:
            shop.stop(name)
            time.sleep(away)
            shop.start(name)
            shop.wait(name, PORTS[SERVERS[name]])

        return act

    incidents: list[tuple[float, str, Callable[[], None]]] = [
        (0.20, "nginx reloads", lambda: shop.signal("nginx", signal.SIGHUP)),
        (0.30, "the shop reloads its configuration", lambda: shop.signal("shop", signal.SIGHUP)),
        (0.45, "redis restarts", restart("redis", 1.5)),
        (0.60, "payments restarts", restart("payments", 2.0)),
        (0.75, "the shop is deployed", restart("shop", 1.0)),
    ]
    started = time.monotonic()
    for share, what, act in incidents:
        time.sleep(max(0.0, started + share * seconds - time.monotonic()))
        print(f"{time.monotonic() - started:6.1f} s  {what}")
        act()
    shop.wait("load")
    for name in ("nginx", "worker", "shop", "payments", "redis", "postgres"):
        shop.stop(name)
    time.sleep(3)  # the Collector reads the servers' last lines
    shop.stop("collector")


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
    missing = [name for name in ("nginx", "redis-server", "zstd", "/usr/bin/python3") if shutil.which(name) is None]
    if missing:
        raise SystemExit(f"not found: {', '.join(missing)}; install them with apt-get (see the top of {__file__})")

    shop = Shop(options.home.resolve(), options.otelcol.resolve())
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
