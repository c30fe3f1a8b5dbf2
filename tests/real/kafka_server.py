"""Where a real Kafka 4.3.1 comes from: a container where a Docker daemon answers, else Java with the jars of Maven.

Both run one node as broker and controller, with a small heap, on a port that survives a restart; a file
`server.properties` says the same to both.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

VERSION = "4.3.1"
IMAGE = f"apache/kafka:{VERSION}"
HEAP = "-Xmx256m"
ROOT = Path(__file__).parents[2]
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
MISSING = (
    "the tests need a real Kafka: set TEST_KAFKA_BOOTSTRAP=host:port, start a Docker daemon,"
    " or install Java 17 or newer and Maven (Debian: apt install openjdk-17-jdk-headless maven)"
)


class Server(Protocol):
    """One node. Its data and its ports outlive `stop` and `kill`; `start` returns before the broker is ready."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def remove(self) -> None: ...


def choose(directory: Path, settings: Mapping[str, str], ports: Mapping[str, int], users: Mapping[str, str]) -> Server:
    """`settings`: extra lines of server.properties; `ports`: listener to port; `users`: SCRAM users to passwords."""
    if _docker_answers():
        return DockerServer(directory, settings, ports, users)
    if shutil.which("java") and shutil.which("mvn"):
        return JavaServer(directory, settings, ports, users)
    raise RuntimeError(MISSING)


def _docker_answers() -> bool:
    """Asks the daemon, in a process of its own: a client of it that finds none leaves its socket open."""
    ask = "import docker; docker.from_env(timeout=5).ping()"
    return subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False).returncode == 0


def _properties(settings: Mapping[str, str], ports: Mapping[str, int], bind: str, data: str) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": ",".join(f"{name}://{bind}:{port}" for name, port in ports.items()),
        "advertised.listeners": ",".join(
            f"{name}://127.0.0.1:{port}" for name, port in ports.items() if name != "CONTROLLER"
        ),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL",
        "log.dirs": data,
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "log.cleaner.dedupe.buffer.size": "4194304",
        "log.cleaner.backoff.ms": "500",
        # A killed broker may serve again only when its old session has ended: after 9 s by default.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
        **settings,
    }


def _write(path: Path, properties: Mapping[str, str]) -> None:
    path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))


class JavaServer:
    def __init__(
        self, directory: Path, settings: Mapping[str, str], ports: Mapping[str, int], users: Mapping[str, str]
    ) -> None:
        self._classpath = f"{_jars()}/*"
        self._log = directory / "broker.log"
        self._config = directory / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        bootstrap = {"controller.quorum.bootstrap.servers": f"127.0.0.1:{ports['CONTROLLER']}"}
        _write(self._config, _properties({**bootstrap, **settings}, ports, "127.0.0.1", str(directory / "data")))
        scram = [
            argument
            for user, password in users.items()
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for argument in ("--add-scram", f"{mechanism}=[name={user},password={password}]")
        ]
        self._run("kafka.tools.StorageTool", "format", "--standalone", "-t", "c2x1aWNlLXRlc3RzLTAwMQ", *scram)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._java("kafka.Kafka", str(self._config)), stdout=log, stderr=log)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        self.kill()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)
        assert self._process is not None
        # On a busy machine a thread of it may answer once more before all of them stand.
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._signal(how)
            self._process.wait(60)
            self._process = None

    def _signal(self, which: signal.Signals) -> None:
        assert self._process is not None, "the broker was never started"
        self._process.send_signal(which)

    def _java(self, *arguments: str) -> list[str]:
        level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # it lives for seconds: to start soon is all
        return ["java", HEAP, *quick, level, "-cp", self._classpath, *arguments]

    def _run(self, tool: str, *arguments: str) -> None:
        command = self._java(tool, *arguments, "-c", str(self._config))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{tool} failed: {done.stdout}{done.stderr}")


class DockerServer:
    """The container sees the same file; its static quorum is what the image's own set-up step can format."""

    def __init__(
        self, directory: Path, settings: Mapping[str, str], ports: Mapping[str, int], users: Mapping[str, str]
    ) -> None:
        from testcontainers.core.container import DockerContainer

        self._users = dict(users)
        self._started = False
        self._bootstrap = f"127.0.0.1:{ports['PLAINTEXT']}"
        voters = {"controller.quorum.voters": f"1@127.0.0.1:{ports['CONTROLLER']}"}
        _write(
            directory / "server.properties",
            _properties({**voters, **settings}, ports, "0.0.0.0", "/var/lib/kafka/data"),
        )
        self._container = (
            DockerContainer(IMAGE)
            .with_env("KAFKA_HEAP_OPTS", HEAP)
            .with_volume_mapping(str(directory), "/mnt/shared/config", "ro")
            # Files that the settings name by their path, such as certificates, are found under the same path.
            .with_volume_mapping(str(directory), str(directory), "ro")
        )
        for name, port in ports.items():
            if name != "CONTROLLER":
                self._container.with_bind_ports(port, port)

    def start(self) -> None:
        if self._started:
            self._container.get_wrapped_container().start()
            return
        self._container.start()
        self._started = True
        for user, password in self._users.items():
            self._add_scram(user, password)

    def stop(self) -> None:
        self._container.get_wrapped_container().stop(timeout=60)

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def remove(self) -> None:
        self._container.stop(force=True, delete_volume=True)

    def pause(self) -> None:
        self._container.get_wrapped_container().pause()

    def resume(self) -> None:
        self._container.get_wrapped_container().unpause()

    def _add_scram(self, user: str, password: str) -> None:
        """The tool waits for the broker itself: its own retries last a minute."""
        mechanisms = ",".join(f"SCRAM-SHA-{bits}=[password={password}]" for bits in (256, 512))
        tool = ["/opt/kafka/bin/kafka-configs.sh", "--bootstrap-server", self._bootstrap, "--alter"]
        done = self._container.exec(
            [*tool, "--add-config", mechanisms, "--entity-type", "users", "--entity-name", user]
        )
        if done.exit_code:
            raise RuntimeError(f"kafka-configs.sh failed: {done.output!r}")


def _jars() -> Path:
    """The jars under .build/kafka, fetched once; a stamp that holds the POM says that they are complete."""
    home = ROOT / ".build" / "kafka"
    jars = home / "jars"
    stamp = home / "stamp"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:  # two test runs may start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == POM:
            return jars
        shutil.rmtree(jars, ignore_errors=True)
        (home / "pom.xml").write_text(POM)
        maven = ["mvn", "-q", "-B", "-f", str(home / "pom.xml"), "dependency:copy-dependencies"]
        done = subprocess.run(
            [*maven, f"-DoutputDirectory={jars}", "-DincludeScope=runtime"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "MAVEN_OPTS": HEAP},
        )
        if done.returncode:
            raise RuntimeError(f"mvn could not fetch Kafka {VERSION}: {done.stdout}{done.stderr}")
        stamp.write_text(POM)
        return jars
