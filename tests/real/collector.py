"""A real OpenTelemetry Collector as a process: whatever a test wants before or behind Sluice."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import yaml

from real import collector_binary

READY = "Everything is ready."
READY_WITHIN = STOPPED_WITHIN = 120.0
"""Seconds, on a busy machine."""


class Collector:
    """`config` as the Collector's YAML, or as what it would parse to. Ready inside `with`; may be started again.

    Its own metrics are off unless the configuration says otherwise: the default port is 8888 for everyone.
    """

    def __init__(self, config: dict[str, Any] | str, binary: Path) -> None:
        self._binary = binary
        self._config = yaml.safe_load(config) if isinstance(config, str) else {**config}
        service = self._config["service"]
        telemetry = {"metrics": {"level": "none"}, **service.get("telemetry", {})}
        self._config["service"] = {**service, "telemetry": telemetry}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._log = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self._remove()

    def start(self) -> None:
        """Returns when every pipeline runs; raises RuntimeError with its log when it ends before that."""
        assert self._process is None, "the Collector runs already"
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="otelcol-")
            (Path(self._folder.name) / "config.yaml").write_text(yaml.safe_dump(self._config))
        seen = len(self.log())
        with self._log_file.open("ab") as log:
            command = [self._binary, "--config", self._log_file.with_name("config.yaml")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_WITHIN
        while READY not in self.log()[seen:]:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the Collector did not become ready:\n{self.log()[-4000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """An orderly end: what was accepted is sent on first. Does nothing the second time.

        Raises RuntimeError when it does not end in time or had ended by itself.
        """
        if self._process is None:
            return
        ended = self._process.poll()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"the Collector did not stop:\n{self.log()[-4000:]}") from None
        self._process = None
        if ended is not None:
            raise RuntimeError(f"the Collector ended by itself with status {ended}:\n{self.log()[-4000:]}")

    def kill(self) -> None:
        """SIGKILL: what it held is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def log(self) -> str:
        """All that it wrote so far; after its end as well."""
        if self._folder is None:
            return self._log
        return self._log_file.read_text() if self._log_file.exists() else ""

    @property
    def _log_file(self) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / "collector.log"

    def _remove(self) -> None:
        if self._folder is not None:
            self.kill()
            self._log = self.log()
            self._folder.cleanup()
            self._folder = None


@pytest.fixture(scope="session")
def otelcol() -> Path:
    """The program of a real Collector with the components of collector.builder.yaml."""
    return collector_binary.find()
