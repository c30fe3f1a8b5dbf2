"""What `make run` starts: one recording replayed, one report, and an end at any time."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import sluice
from kafka_peers import own_topics
from real.kafka import Kafka
from real.ports import free_port
from real.waiting import wait_until

CHECKOUT = Path(__file__).parents[2]
ENDED_WITHIN = 240.0


class Demo:
    """A copy of `deploy` on ports of its own. It and the commands that it prints run in the folder of the copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[str]] = []
        self._environ = {
            **os.environ,
            "PYTHONPATH": str(Path(sluice.__file__).parents[1]),
            "PYTHONUNBUFFERED": "1",
            # Lets gRPC's core say all that it could, so that a run on whose stderr it may write always shows it.
            "GRPC_TRACE": "http",
        }
        shutil.copytree(CHECKOUT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
        self.set("receivers", "otlp", "protocols", "grpc", {"endpoint": f"127.0.0.1:{free_port()}"})
        self.set("receivers", "otlp", "protocols", "http", {"endpoint": f"127.0.0.1:{free_port()}"})
        self.set("service", "health", {"endpoint": f"127.0.0.1:{free_port()}"})
        self.set("service", "telemetry", "metrics", {"endpoint": f"127.0.0.1:{free_port()}"})

    def set(self, *path_and_value: object) -> None:
        """Changes its configuration."""
        *path, last, value = path_and_value
        file = self._folder / "deploy" / "demo.yaml"
        config = yaml.safe_load(file.read_text())
        section = config
        for key in path:
            section = section.setdefault(key, {})
        section[last] = value
        file.write_text(yaml.safe_dump(config))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "deploy/demo", *arguments]
        process = subprocess.Popen(
            command, cwd=self._folder, env=self._environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._running.append(process)
        return process

    def ended(self, *arguments: str) -> tuple[int, str, str]:
        """Exit status, output and errors of a run to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=ENDED_WITHIN)
        return process.returncode, out, err

    def printed_command(self, out: str, after: str) -> str:
        """What a command that the output names prints."""
        [line] = [line for line in out.splitlines() if line.startswith(after)]
        command = shlex.split(line.removeprefix(after))
        return subprocess.run(command, cwd=self._folder, env=self._environ, capture_output=True, text=True, check=True,
                              timeout=ENDED_WITHIN).stdout  # fmt: skip

    def kill(self) -> None:
        for process in self._running:
            process.kill()
            process.communicate()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    demo.kill()


def event_types(out: str) -> int:
    """How many the report counts; some, as the recording is not empty."""
    found = re.search(r"^(\d+) event types, each judged once", out, re.MULTILINE)
    assert found is not None, out
    assert int(found[1]) > 100
    return int(found[1])


def test_a_second_run_reports_its_own_replay_alone(demo: Demo) -> None:
    first, second = demo.ended("--once"), demo.ended("--once")
    assert first == second
    assert first[0] == 0
    count = event_types(first[1])
    listed = demo.printed_command(first[1], "All verdicts, until the next run: ")
    total = re.search(r"^(\d+) of \1 verdicts$", listed, re.MULTILINE)
    assert total is not None, listed
    # Those of types that were judged before they became parts of others are among them.
    assert count <= int(total[1]) < count * 1.1


@pytest.mark.parametrize(
    ("given", "wrong"), [("nonsense", "nonsense"), ("localhost", "localhost"), ("localhost:9092,b", "b")]
)
def test_what_can_be_no_broker_is_refused(given: str, wrong: str, demo: Demo) -> None:
    expected = f"sluice: KAFKA: '{wrong}' is not HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:4317\n"
    assert demo.ended("--once", "--kafka", given) == (2, "", expected)


def test_a_broker_that_is_away_is_said_before_the_replay(demo: Demo) -> None:
    broker = f"127.0.0.1:{free_port()}"
    status, out, err = demo.ended("--once", "--kafka", broker)
    assert (status, out) == (1, "")
    assert err == (
        f"sluice: KAFKA={broker}: {broker} cannot be reached: connection refused;"
        " name a broker that answers, or leave KAFKA out\n"
    )


async def test_every_verdict_of_the_report_is_on_kafka_also_when_another_run_put_it_there(
    kafka: Kafka, demo: Demo
) -> None:
    topics = own_topics()
    names = {"verdicts": topics.verdicts, "overrides": topics.overrides}
    demo.set("verdicts", "kafka", {"brokers": [kafka.bootstrap], "topics": names})
    for _ in range(2):
        status, out, err = demo.ended("--once", "--kafka", kafka.bootstrap)
        assert (status, err) == (0, "")
        count = event_types(out)
        assert f"The same {count} are on Kafka: " in out
        there = {key for key, value in await kafka.read(topics.verdicts) if value}
        # Those of types that were judged before they became parts of others are among them.
        assert count <= len(there) < count * 1.1


@pytest.mark.parametrize("moment", ["replaying", "records sent"])
def test_ctrl_c_ends_a_run_before_its_report(moment: str, demo: Demo) -> None:
    demo.set("mining", "settle", "1h")  # nothing is judged, so that the report never comes
    process = demo.start("--once")
    assert process.stdout is not None
    wait_until(lambda: moment in process.stdout.readline(), moment)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=ENDED_WITHIN)
    assert (process.returncode, err) == (130, "sluice: interrupted\n")
    assert "event types" not in out


def test_ctrl_c_ends_a_run_that_serves_as_it_should(demo: Demo) -> None:
    process = demo.start()
    assert process.stdout is not None
    wait_until(lambda: "Ctrl-C ends" in process.stdout.readline(), "the last line")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=ENDED_WITHIN) == ("ended\n", "")
    assert process.returncode == 0
