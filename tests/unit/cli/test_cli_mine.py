"""`sluice mine` as a process, over real files."""

import gzip
import json
import os
import pty
import subprocess
import sys

import pytest
import zstandard

LINES = (
    b"Accepted connection 17 from 10.0.0.7\n"
    b"Accepted connection 18 from 10.0.0.8\n"
    b"ERROR cannot open /var/lib/a.db\n"
    b"Accepted connection 19 from 10.1.0.8\n"
)


def rows(out):
    return json.loads(out)["event_types"]


def test_the_table_ranks_event_types(run, tmp_path):
    (tmp_path / "log").write_bytes(LINES)
    ended = run("mine", "log")
    assert (ended.status, ended.err) == (0, "")
    head, first, second, total = ended.out.splitlines()
    assert head.split() == ["records", "share", "severity", "template"]
    assert first.split()[:2] == ["3", "75.0%"]
    assert "Accepted connection <" in first
    assert second.split()[:3] == ["1", "25.0%", "error"]
    assert total == "4 records, 2 event types"


def test_what_came_once_is_shown_under_the_nearest_type(run, tmp_path):
    odd = b"".join(b"Accepted connection %s\n" % word for word in (b"anew", b"late and slow", b"again and twice"))
    (tmp_path / "log").write_bytes(LINES + odd + b"WARN Accepted connection lately\nAccepted: 12\n")
    ended = run("mine", "log")
    _, first, *others, total = ended.out.splitlines()
    assert first.endswith("Accepted connection <num> from <ip> (and 3 rare like it: 3 records)")
    assert [other.split()[-1] for other in others] == ["lately", "<path>", "<num>"]
    assert total == "9 records, 7 event types"
    assert len(rows(run("mine", "--json", "log").out)) == 7


FAULTS = ("failed", "was refused", "denied", "timeout", "timed out", "has a corrupt header", "was not found", "lost")


@pytest.mark.parametrize("fault", FAULTS)
def test_what_names_a_fault_is_not_shown_under_what_names_none(run, tmp_path, fault):
    (tmp_path / "log").write_bytes(LINES + b"Accepted connection anew\nAccepted connection %s\n" % fault.encode())
    rows = run("mine", "log").out.splitlines()[1:-1]
    assert rows[0].endswith("Accepted connection <num> from <ip> (and 1 rare like it: 1 record)")
    assert [row for row in rows[1:] if row.endswith(f"Accepted connection {fault}")]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_names_no_fault_is_not_shown_under_what_names_one(run, tmp_path, fault):
    often = b"".join(b"Accepted connection %d %s\n" % (number, fault.encode()) for number in range(1, 4))
    (tmp_path / "log").write_bytes(often + b"Accepted connection anew\nAccepted connection error\n")
    first, second, _ = run("mine", "log").out.splitlines()[1:]
    assert first.endswith(f"Accepted connection <num> {fault} (and 1 rare like it: 1 record)")
    assert second.endswith("Accepted connection anew")


def test_json_holds_the_same_and_more(run, tmp_path):
    (tmp_path / "log").write_bytes(LINES)
    ended = run("mine", "--json", "log")
    first, second = rows(ended.out)
    assert (json.loads(ended.out)["records"], json.loads(ended.out)["unlisted"]) == (4, 0)
    assert (first["records"], first["share"], second["severity"]) == (3, 0.75, "error")
    assert len(first["fingerprint"]) == 32


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_compressed_text_is_the_same_text(run, tmp_path, pack):
    (tmp_path / "log").write_bytes(LINES)
    (tmp_path / "packed").write_bytes(pack(LINES))
    assert run("mine", "--json", "packed").out == run("mine", "--json", "log").out


def test_several_files_and_stdin_are_one_corpus(run, tmp_path):
    (tmp_path / "a").write_bytes(LINES[:-1])
    ended = run("mine", "--json", "a", "-", stdin=LINES)
    assert [row["records"] for row in rows(ended.out)] == [6, 2]


def test_per_line_answers_each_line_in_order(run, tmp_path):
    (tmp_path / "log").write_bytes(LINES)
    ended = run("mine", "--per-line", "log", "-", stdin=b"ERROR cannot open /var/lib/b.db")
    shapes, templates = zip(*(line.split("\t") for line in ended.out.splitlines()), strict=True)
    assert [shapes.index(shape) for shape in shapes] == [0, 0, 2, 0, 2]
    assert templates[0] == "Accepted connection <*> from <*>"


def test_per_line_prints_a_line_for_a_line_whatever_is_in_it(run, tmp_path):
    odd = [
        b"",
        b"tab\there",
        b"next\xc2\x85line",
        b"para\xe2\x80\xa9graph",
        b"form\x0cfeed",
        b"bad \xff\xfe bytes",
        b"nul\x00",
        b"x" * 70_000,
    ]
    (tmp_path / "log").write_bytes(b"\n".join(odd) + b"\n")
    ended = run("mine", "--per-line", "log")
    assert (ended.status, ended.err) == (0, "")
    assert [line.count("\t") for line in ended.out.splitlines()] == [1] * len(odd)
    assert run("mine", "log").status == 0


@pytest.mark.parametrize("options", [(), ("--json",), ("--per-line",)], ids=["table", "json", "per-line"])
def test_stats_tell_what_the_engine_did_and_leave_the_output_alone(run, tmp_path, options):
    (tmp_path / "log").write_bytes(LINES)
    ended = run("mine", "--stats", *options, "log", "-", stdin=LINES)
    stats = json.loads(ended.err)
    assert (stats["records"], stats["types"]) == (8, 2)
    assert stats["bytes"] >= 2 * len(LINES)
    assert stats["engine_seconds"] > 0
    assert ended.out == run("mine", *options, "log", "-", stdin=LINES).out


def test_stats_of_nothing_are_noughts(run, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    stats = json.loads(run("mine", "--stats", "empty").err)
    assert (stats["records"], stats["bytes"], stats["types"]) == (0, 0, 0)


def test_a_file_without_lines_has_no_event_types(run, tmp_path):
    (tmp_path / "empty").touch()
    assert run("mine", "empty").out == "0 records, 0 event types\n"
    assert run("mine", "--per-line", "empty").out == ""
    assert rows(run("mine", "--json", "empty").out) == []


def test_json_that_is_not_otlp_is_text(run, tmp_path):
    (tmp_path / "app.jsonl").write_bytes(b'{"message": "started", "worker": 1}\n{"message": "started", "worker": 2}\n')
    assert [row["records"] for row in rows(run("mine", "--json", "app.jsonl").out)] == [2]


RECORDED = (
    json.dumps(
        {
            "resourceLogs": [
                {
                    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
                    "scopeLogs": [{"logRecords": [{"severityNumber": 9, "body": {"stringValue": "order 7 placed"}}]}],
                }
            ]
        }
    ).encode()
    + b"\n"
)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_recorded_otlp_is_recognised_by_what_it_holds(run, tmp_path, pack):
    (tmp_path / "recording").write_bytes(pack(RECORDED + RECORDED))
    [row] = rows(run("mine", "--json", "recording").out)
    assert (row["records"], row["service"], row["severity"], row["signal"]) == (2, "shop", "info", "logs")


def test_stats_of_recorded_otlp_count_its_records(run, tmp_path):
    (tmp_path / "recording").write_bytes(RECORDED * 3)
    stats = json.loads(run("mine", "--stats", "--json", "recording").err)
    assert (stats["records"], stats["types"]) == (3, 1)
    assert stats["engine_seconds"] > 0


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"])
def test_stdin_is_told_apart_as_files_are(run, pack):
    [row] = rows(run("mine", "--json", "-", stdin=pack(RECORDED * 100)).out)
    assert (row["service"], row["records"]) == ("shop", 100)
    assert [row["records"] for row in rows(run("mine", "--json", "-", stdin=pack(LINES * 100)).out)] == [300, 100]


@pytest.mark.parametrize(
    ("content", "said"),
    [(LINES, "4 records, 2 event types"), (RECORDED, "1 records, 1 event types")],
    ids=["text", "recorded"],
)
def test_a_pipe_with_a_name_is_read_once(tmp_path, environ, content, said):
    os.mkfifo(tmp_path / "pipe")
    process = subprocess.Popen(
        [sys.executable, "-m", "sluice", "mine", "pipe"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environ,
    )
    (tmp_path / "pipe").write_bytes(content)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert out.decode().strip().endswith(said)


def test_recorded_otlp_has_no_lines(run, tmp_path):
    (tmp_path / "recording").write_bytes(RECORDED)
    ended = run("mine", "--per-line", "recording")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("sluice: recording holds recorded OTLP, which has no lines for --per-line")


@pytest.mark.parametrize("option", ["--per-line", "--json"])
def test_a_file_that_cannot_be_read_is_one_line_and_status_1(run, tmp_path, option):
    (tmp_path / "cut.gz").write_bytes(gzip.compress(LINES * 1000)[:-20])
    (tmp_path / "cut.zst").write_bytes(zstandard.compress(LINES * 1000)[:-20])
    for name, reason in (
        ("nowhere", "cannot be read: no such file or directory"),
        (".", "cannot be read: is a directory"),
        ("cut.gz", "is cut off or damaged: Compressed file"),
        ("cut.zst", "is cut off or damaged: the last zstd frame is not complete"),
    ):
        ended = run("mine", option, name)
        assert (ended.status, ended.out) == (1, "")
        assert ended.err.startswith(f"sluice: {name}: {reason}")
        assert ended.err.count("\n") == 1


def test_configured_masks_are_used(run, tmp_path):
    (tmp_path / "a.yaml").write_text("exporters: {nop: }\nmining: {masks: [{name: colour, pattern: 'red|green'}]}\n")
    (tmp_path / "log").write_bytes(b"the light is red\nthe light is green\n")
    [row] = rows(run("mine", "--json", "-c", "a.yaml", "log").out)
    assert row["template"] == "the light is <colour>"


def test_in_a_terminal_the_table_is_drawn_and_nothing_steers_the_terminal(tmp_path, environ):
    (tmp_path / "log").write_bytes(LINES + b"[bold]evil \x1b]0;title\x07 here\n")
    leader, follower = pty.openpty()
    with open(follower, "wb") as terminal:
        process = subprocess.Popen(
            [sys.executable, "-m", "sluice", "mine", "log"],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            cwd=tmp_path,
            env={**environ, "TERM": "xterm-256color", "COLUMNS": "100"},
        )
    shown = b""
    with open(leader, "rb", buffering=0) as screen:
        while chunk := _read(screen):
            shown += chunk
    assert process.wait(timeout=60) == 0
    text = shown.decode()
    assert "─" in text
    assert "\x1b[1m" in text
    assert "5 records, 3 event types" in text
    assert "[bold]evil" in text
    assert "\x1b]0;" not in text
    assert "\x07" not in text


def _read(screen):
    """A terminal whose other side has closed says EIO where a pipe would say nothing."""
    try:
        return os.read(screen.fileno(), 65536)
    except OSError:
        return b""
