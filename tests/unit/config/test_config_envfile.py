"""The env file beside a configuration gives what the environment does not have."""

import pytest

from sluice.config.envfile import parse, with_variable
from sluice.config.load import load
from sluice.errors import ConfigError

CONFIG = """
exporters: {nop: {}}
verdicts: {kafka: {brokers: [a:1], sasl: {mechanism: PLAIN, username: u, password: '${env:PASSWORD}'}}}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sluice.yaml"
    path.write_text(CONFIG)
    return path


def password(file, environ):
    return load(file, environ).verdicts.kafka.sasl.password


def test_it_is_read_for_a_variable_that_is_not_set(file):
    file.with_suffix(".env").write_text("PASSWORD=filed\n")
    assert password(file, {}) == "filed"


def test_the_environment_comes_first_and_the_file_is_not_read_then(file):
    file.with_suffix(".env").mkdir()
    assert password(file, {"PASSWORD": "set"}) == "set"


def test_without_it_a_variable_is_missing_as_ever(file):
    with pytest.raises(ConfigError, match="environment variable PASSWORD is not set"):
        password(file, {})


def test_one_that_cannot_be_read_is_named(file):
    file.with_suffix(".env").mkdir()
    with pytest.raises(ConfigError, match=r"sluice\.env: cannot be read: is a directory"):
        password(file, {})


def test_lines_are_read_as_docker_and_systemd_do():
    text = '# keys\n\nA=1\nexport B = no\n C=x=y # z \nD=\'q "\'\nE=""\nA=2\n'
    with pytest.raises(ConfigError, match="envs:4: the line is not NAME=value"):
        parse(text, "envs")
    assert parse(text.replace("B = no", "B=o"), "envs") == {"A": "2", "B": "o", "C": "x=y # z", "D": 'q "', "E": ""}


def test_a_line_that_is_none_is_not_shown():
    with pytest.raises(ConfigError) as told:
        parse("sk-secret", "envs")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "A=new\n"),
        ("B=1", "B=1\nA=new\n"),
        ("# A=x\nA=old\nB=1\n", "# A=x\nA=new\nB=1\n"),
        ("export A='old'\r\nB=1\r\n", "A=new\r\nB=1\r\n"),
        ("A=1\nB=1\nA=2", "A=new\nB=1\nA=new\n"),
        ("AA=1\n", "AA=1\nA=new\n"),
    ],
)
def test_a_variable_is_set_and_all_other_lines_stay(before, after):
    assert with_variable(before, "A", "new") == after
    assert with_variable(after, "A", "new") == after
