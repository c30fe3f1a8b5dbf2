"""`sluice run` as a process, on ports of its own: what its users start, seen through its public doors only."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import yaml
from prometheus_client.parser import text_string_to_metric_families

from real.ports import free_port

READY_WITHIN = STOPPED_WITHIN = 120.0
"""Seconds, on a busy machine; only a failure reaches them."""


class Metrics:
    """One answer of the metrics endpoint, read by Prometheus' own parser."""

    def __init__(self, text: str) -> None:
        self._families = {family.name: family for family in text_string_to_metric_families(text)}

    def __call__(self, name: str, **labels: str) -> int:
        """The sum of a counter's or gauge's series whose labels include these; 0 for one that was never touched."""
        samples = self._families[name].samples
        return int(sum(sample.value for sample in samples if labels.items() <= sample.labels.items()))


class Health(NamedTuple):
    """One answer of the health endpoint."""

    status: int
    degraded: dict[str, dict[str, str]]
    notes: dict[str, str]


class Sluice:
    """`config` is laid over a configuration that decides at once: no settling, no probation, no rarity, no canary.

    Inside `with` it is ready. What it keeps lies in `directory`, so that it may be started again on the same files and
    ports.
    """

    def __init__(self, directory: Path, config: Mapping[str, Any] | None = None, *, name: str = "sluice") -> None:
        self.file = directory / f"{name}.yaml"
        self.store = directory / f"{name}.db"
        self._log_file = directory / f"{name}.log"
        self._log_file.touch()
        self._process: subprocess.Popen[bytes] | None = None
        self.grpc_port, self.http_port, self.health_port, self.metrics_port = (free_port() for _ in range(4))
        self._config = _laid_over(self._defaults(), config or {})
        self.write()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.stop()
        finally:
            self.kill()

    def write(self, changes: Mapping[str, Any] | None = None) -> None:
        """Writes the configuration file, with `changes` laid over what it held."""
        self._config = _laid_over(self._config, changes or {})
        self.file.write_text(yaml.safe_dump(self._config))

    def start(self) -> Self:
        """Returns when it is healthy; fails with its log when it ends before that."""
        self.launch()
        deadline = time.monotonic() + READY_WITHIN
        while self.status() != 200:
            assert self._running.poll() is None, f"it ended with status {self._running.poll()}:\n{self.log()}"
            assert time.monotonic() < deadline, f"it did not become ready:\n{self.log()}"
            time.sleep(0.01)
        return self

    def launch(self) -> None:
        """Starts the process and waits for nothing."""
        assert self._process is None, "it runs already"
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "sluice", "run", "-c", str(self.file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """An orderly end, and an orderly life before it: status 0, and nothing unexpected in the log.

        Does nothing the second time.
        """
        if self._process is None:
            return
        self._process.send_signal(how)
        status = self.ended()
        assert status == 0, f"it ended with status {status}:\n{self.log()}"
        crashes = [line for line in self.messages() if "error" in line]
        assert not crashes, crashes

    def ended(self) -> int:
        """Waits for its end; answers its exit status."""
        status = self._running.wait(STOPPED_WITHIN)
        self._process = None
        return status

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def signal(self, which: signal.Signals) -> None:
        self._running.send_signal(which)

    def health(self) -> Health:
        status, body = _get(self.health_port, "/")
        state = json.loads(body)
        return Health(status, state["degraded"], state["notes"])

    def status(self) -> int | None:
        """The health endpoint's HTTP status, None while nobody listens there."""
        try:
            return _get(self.health_port, "/")[0]
        except (OSError, http.client.HTTPException):
            return None

    def metrics(self) -> Metrics:
        return Metrics(self.metrics_text())

    def metrics_text(self) -> str:
        return _get(self.metrics_port, "/metrics")[1].decode()

    def peak_memory(self) -> int:
        """The most that was ever resident of the process, in bytes."""
        status = Path(f"/proc/{self._running.pid}/status").read_text()
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM:"))

    def log(self) -> str:
        """All that its runs wrote so far."""
        return self._log_file.read_text()

    def messages(self) -> list[dict[str, str]]:
        """The log's lines; each has to be a JSON object, whoever wrote it."""
        return [json.loads(line) for line in self.log().splitlines()]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`sluice ARGUMENTS -c FILE` as a user types it while the processor runs."""
        return run_command(*arguments, "-c", str(self.file))

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "it does not run"
        return self._process

    def _defaults(self) -> dict[str, Any]:
        return {
            "receivers": {
                "otlp": {
                    "protocols": {
                        "grpc": {"endpoint": f"127.0.0.1:{self.grpc_port}"},
                        "http": {"endpoint": f"127.0.0.1:{self.http_port}"},
                    }
                }
            },
            "mining": {"settle": 0},
            "policy": {"mode": "drop", "probation": 0, "rare_per_day": 0, "max_drop_share": "100%", "canary": "0%"},
            "verdicts": {"store": {"path": str(self.store)}},
            "service": {
                "health": {"endpoint": f"127.0.0.1:{self.health_port}"},
                "telemetry": {"metrics": {"endpoint": f"127.0.0.1:{self.metrics_port}"}},
            },
        }


def run_command(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`sluice ARGUMENTS` to its end."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "sluice", *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=READY_WITHIN,
    )


def forwarding_to(endpoint: str, **settings: Any) -> dict[str, Any]:
    """The section `exporters` for a next hop without TLS; `settings` of the exporter."""
    return {"otlp_grpc": {"endpoint": endpoint, "tls": {"insecure": True}, **settings}}


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Sections are merged, anything else replaced."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        both = isinstance(under, Mapping) and isinstance(value, Mapping)
        merged[key] = _laid_over(under, value) if both else value
    return merged


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_WITHIN)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
