import os
import subprocess
import sys
from pathlib import Path

import pytest

import sluice


class Ended:
    """How a command ended."""

    def __init__(self, process: subprocess.CompletedProcess[bytes]) -> None:
        self.status = process.returncode
        self.out = process.stdout.decode()
        self.err = process.stderr.decode()


@pytest.fixture
def environ(tmp_path):
    """Of a command that knows the package under test and nothing of the tester's settings."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(sluice.__file__).parents[1]),
        "PYTHONWARNINGS": "error",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
    }


@pytest.fixture
def run(tmp_path, environ):
    """Runs `python -m sluice` with these arguments in an empty directory."""

    def command(*arguments: str, stdin: bytes = b"") -> Ended:
        return Ended(
            subprocess.run(
                [sys.executable, "-m", "sluice", *arguments],
                input=stdin,
                capture_output=True,
                cwd=tmp_path,
                env=environ,
                timeout=60,
                check=False,
            )
        )

    return command
