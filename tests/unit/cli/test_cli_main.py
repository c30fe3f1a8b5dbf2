"""The command line as a process: help, exit statuses, one line for whatever goes wrong."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sluice.cli import COMMANDS

DOCS = (Path(__file__).parents[3] / "docs" / "commands.md").read_text(encoding="utf-8")


def test_plain_sluice_shows_the_help(run):
    ended = run()
    assert (ended.status, ended.err) == (0, "")
    for command, line in COMMANDS.items():
        assert re.search(rf"^  {command} +{re.escape(line)}$", ended.out, re.M)


def test_the_version_is_told(run):
    ended = run("--version")
    assert (ended.status, ended.err) == (0, "")
    assert re.fullmatch(r"sluice .+\n", ended.out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mien"], "sluice: no such command 'mien' (see 'sluice --help')\n"),
        (["--speed"], "sluice: no such option '--speed' (see 'sluice --help')\n"),
        (["mine"], "sluice: missing argument 'FILE...' (see 'sluice mine --help')\n"),
        (["validate"], "sluice: missing option '-c' / '--config' (see 'sluice validate --help')\n"),
        (
            ["mine", "--per-line", "--json", "x"],
            "sluice: --per-line and --json exclude each other (see 'sluice mine --help')\n",
        ),
        (["config", "-c", "nowhere.yaml"], "sluice: nowhere.yaml: cannot be read: no such file or directory\n"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(run, arguments, message):
    ended = run(*arguments)
    assert (ended.status, ended.out, ended.err) == (2, "", message)


def test_a_reader_that_leaves_ends_the_command_quietly(tmp_path, environ):
    (tmp_path / "log").write_bytes(b"".join(b"%d one line that no pipe can hold all of\n" % n for n in range(20_000)))
    read_end, write_end = os.pipe()
    os.close(read_end)
    with open(write_end, "wb") as closed_pipe:
        ended = subprocess.run(
            [sys.executable, "-m", "sluice", "mine", "--per-line", "log"],
            stdout=closed_pipe,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environ,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_an_interrupt_ends_the_command_quietly(tmp_path, environ):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [sys.executable, "-m", "sluice", "mine", "fifo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environ,
    )
    with open(fifo, "wb") as writer:
        writer.write(b"more than a pipe holds: when this has been written, it is being read\n" * 10_000)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_docs(command):
    assert re.search(rf"^## sluice {command}$", DOCS, re.M)


@pytest.mark.parametrize("command", ["connect", "validate", "config", "mine", "verdicts"])
def test_every_option_is_in_the_docs(run, command):
    section = DOCS.partition(f"## sluice {command}\n")[2].partition("\n## ")[0]
    helped = [run(command, "--help").out]
    helped += [run(command, part, "--help").out for part in re.findall(rf"`sluice {command} (\w+)", section)]
    for option in re.findall(r"--[a-z-]+", "".join(helped)):
        assert option == "--help" or option in section
