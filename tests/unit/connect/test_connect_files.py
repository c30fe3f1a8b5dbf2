"""Files are there whole or not at all, and secret ones are never anybody else's to read."""

import os
import stat

import pytest

from sluice.connect import files
from sluice.connect.files import Written
from sluice.errors import ConfigError, SluiceError


@pytest.fixture
def lax():
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("before", [None, 0o644, 0o666])
def test_a_secret_is_its_owners_alone_from_its_first_byte(tmp_path, lax, monkeypatch, before):
    path, seen, sync = tmp_path / "sluice.env", [], os.fsync
    if before:
        path.write_text("old")
        path.chmod(before)

    def look(descriptor):
        holding = [file for file in tmp_path.iterdir() if "secret" in file.read_text()]
        seen.extend(mode(file) for file in holding)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    files.write([Written(path, "secret", secret=True)])
    assert seen == [0o600]
    assert (path.read_text(), mode(path)) == ("secret", 0o600)


def test_another_file_keeps_its_mode_and_a_link_stays_one(tmp_path):
    path, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    files.write([Written(link, "new", secret=False)])
    assert (path.read_text(), mode(path), link.is_symlink()) == ("new", 0o640, True)


def test_a_file_stays_its_owners(tmp_path, monkeypatch):
    path, given, change = tmp_path / "sluice.env", [], os.fchown
    path.write_text("old")
    owner, group = path.stat().st_uid, path.stat().st_gid

    def look(descriptor, *to):
        given.append(to)
        change(descriptor, *to)

    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)  # somebody else, who may
    monkeypatch.setattr(os, "fchown", look)
    files.write([Written(path, "new", secret=True)])
    assert given == [(owner, group)]


def test_all_are_written_or_none(tmp_path):
    first, second = tmp_path / "sluice.env", tmp_path / "nowhere" / "sluice.yaml"
    first.write_text("old")
    with pytest.raises(SluiceError, match=r"nowhere/sluice\.yaml: cannot be written: no such file or directory"):
        files.write([Written(first, "new", secret=True), Written(second, "new", secret=False)])
    assert first.read_text() == "old"
    assert list(tmp_path.iterdir()) == [first]


@pytest.mark.parametrize("make", ["directory", "not text"])
def test_what_is_no_text_file_is_refused(tmp_path, make):
    path = tmp_path / "sluice.yaml"
    path.mkdir() if make == "directory" else path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"sluice\.yaml: is no"):
        files.read(path)


def test_a_place_where_nothing_can_be_written_is_told_beforehand(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere is missing or not writable"):
        files.read(tmp_path / "nowhere" / "sluice.yaml")
