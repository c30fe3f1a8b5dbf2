"""What the Makefile asks of a machine, and when."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
TOOLS = ("make", "sh", "find", "mkdir", "touch")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """One in which nothing is built, beside a folder `bin` with all the tools that there are."""
    for file in ("Makefile", "pyproject.toml", "constraints.txt", "processor/core/Cargo.toml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / file, tmp_path / file)
    (tmp_path / "processor/core/src").mkdir()
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None, f"install {tool}"
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", f"PYTHON={sys.executable}", *arguments]
    environ = {**os.environ, "PATH": str(checkout / "bin"), "MAKEFLAGS": "", "MAKELEVEL": "0"}
    return subprocess.run(command, cwd=checkout, env=environ, capture_output=True, text=True, check=False, timeout=60)


def test_a_missing_cargo_is_said_before_anything_is_installed(checkout: Path) -> None:
    ended = make(checkout, "run")
    assert ended.returncode == 2
    assert ended.stdout == "cargo not found: install Rust 1.89 or newer, with rustup or your system's package manager\n"
    assert not (checkout / ".venv").exists()


def put_cargo(checkout: Path, script: str) -> None:
    """A `cargo` that does what the script says."""
    cargo = checkout / "bin" / "cargo"
    cargo.write_text(f"#!/bin/sh\n{script}\n")
    cargo.chmod(0o755)


@pytest.mark.parametrize(
    ("cargo", "said"),
    [
        ('[ "$1" != +nightly ]', "no nightly toolchain found: rustup toolchain install nightly\n"),
        ('[ "$1" != fuzz ]', "cargo-fuzz not found: cargo install cargo-fuzz\n"),
    ],
    ids=["nightly", "cargo-fuzz"],
)
def test_what_fuzzing_needs_and_is_missing_is_said(cargo: str, said: str, checkout: Path) -> None:
    put_cargo(checkout, cargo)
    ended = make(checkout, "fuzz")
    assert (ended.returncode, ended.stdout) == (2, said)


def test_every_target_is_fuzzed_where_none_is_named(checkout: Path) -> None:
    put_cargo(checkout, '[ "$3" != run ] || echo "$4"')
    crate = tomllib.loads((CHECKOUT / "processor/core/fuzz/Cargo.toml").read_text())
    ended = make(checkout, "--silent", "fuzz")
    assert sorted(ended.stdout.split()) == sorted(target["name"] for target in crate["bin"])


def test_targets_are_fuzzed_one_after_the_other_until_one_fails(checkout: Path) -> None:
    put_cargo(checkout, '[ "$3" != run ] || { echo "$4 $6"; [ "$4" != mine ]; }')
    ended = make(checkout, "--silent", "fuzz", "TARGET=wire mine json", "SECONDS=7")
    assert (ended.returncode, ended.stdout) == (2, "wire -max_total_time=7\nmine -max_total_time=7\n")


@pytest.mark.parametrize(
    ("target", "installs_tools"), [("build", False), ("run", False), ("test", True), ("lint", True), ("bench", True)]
)
def test_tools_for_development_are_installed_for_those_who_develop(
    target: str, installs_tools: bool, checkout: Path
) -> None:
    ended = make(checkout, "--dry-run", target)
    assert ended.returncode == 0, ended.stderr
    assert "pip install" in ended.stdout
    assert ('["optional-dependencies"]["dev"]' in ended.stdout) is installs_tools
