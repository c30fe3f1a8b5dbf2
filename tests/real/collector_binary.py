"""Where a real Collector 0.159 comes from: TEST_OTELCOL, else the Go builder, else its image where Docker answers.

It is always a binary of this machine in the end, so the tests need no second way to run it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

VERSION = "0.159.0"
BUILDER = f"go.opentelemetry.io/collector/cmd/builder@v{VERSION}"
IMAGE = f"otel/opentelemetry-collector-contrib:{VERSION}"
COMPONENTS = Path(__file__).with_name("collector.builder.yaml")
HOME = Path(__file__).parents[2] / ".build" / "otelcol"
MISSING = (
    "the tests need a real OpenTelemetry Collector: install Go 1.25 or newer (https://go.dev/dl) so that they can build"
    f" one, start a Docker daemon, or set TEST_OTELCOL to the path of an otelcol-contrib {VERSION}"
)


def find() -> Path:
    """The binary, made when needed: minutes the first time, nothing afterwards until the components change."""
    given = os.environ.get("TEST_OTELCOL")
    if given:
        if not os.access(given, os.X_OK):
            raise RuntimeError(f"TEST_OTELCOL: {given} is no program; set it to the path of an otelcol-contrib")
        return Path(given).resolve()
    if shutil.which("go"):
        return _made("otelcol-for-tests", COMPONENTS.read_bytes() + BUILDER.encode(), _build)
    if _docker_answers():
        return _made("otelcol-contrib", IMAGE.encode(), _extract)
    raise RuntimeError(MISSING)


def _made(name: str, recipe: bytes, make: Callable[[Path], None]) -> Path:
    """`name` under .build, made anew when the stamp beside it is not the recipe's hash."""
    binary, stamp = HOME / name, HOME / f"{name}.stamp"
    wanted = hashlib.sha256(recipe).hexdigest()
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:  # two test runs may start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (binary.exists() and stamp.exists() and stamp.read_text() == wanted):
            stamp.unlink(missing_ok=True)
            make(binary)
            stamp.write_text(wanted)
    return binary


def _build(binary: Path) -> None:
    # GOWORK and GOFLAGS of whoever runs the tests belong to other modules.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=mod"}
    done = subprocess.run(
        ["go", "run", BUILDER, "--config", str(COMPONENTS)],
        cwd=HOME,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the builder could not build the Collector of {COMPONENTS.name}:\n{done.stdout[-4000:]}")
    (HOME / "dist" / binary.name).replace(binary)


def _docker_answers() -> bool:
    """Asks the daemon, in a process of its own: a client of it that finds none leaves its socket open."""
    ask = "import docker; docker.from_env(timeout=5).ping()"
    return subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False).returncode == 0


def _extract(binary: Path) -> None:
    """Copies the program, which is linked statically, out of its image."""
    from testcontainers.core.docker_client import DockerClient  # its import is slow

    client = DockerClient().client
    with contextlib.closing(client), tempfile.TemporaryFile(dir=HOME) as archive:
        client.images.pull(IMAGE)
        container = client.containers.create(IMAGE)
        try:
            chunks, _ = container.get_archive("/otelcol-contrib")
            archive.writelines(chunks)
        finally:
            container.remove()
        archive.seek(0)
        with tarfile.open(fileobj=archive) as files:
            files.extract("otelcol-contrib", HOME, filter="data")
    binary.chmod(0o755)
