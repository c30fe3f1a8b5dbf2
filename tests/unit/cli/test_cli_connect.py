"""`sluice connect` without a terminal: by options, with keys from the environment."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from real.models import Fail

KEY, WRONG = "sk-the-right-one-3141592653", "sk-a-wrong-one-2718281828"


@pytest.fixture
def connect(run, environ, models):
    """`sluice connect` with both keys in the environment and the server of models behind both providers."""
    models.key = KEY
    environ |= {"MY_KEY": KEY, "BAD_KEY": WRONG, "EMPTY": "", "BROKEN": "sk-a b", "NO_PROXY": "127.0.0.1"}
    urls = {"anthropic": models.anthropic_url, "openai": models.openai_url}

    def command(provider, *more, key="MY_KEY", fallback=None, fallback_key="MY_KEY"):
        arguments = ["--provider", provider, "--key-from-env", key, "--base-url", urls[provider]]
        if fallback:
            arguments += ["--fallback", fallback, "--fallback-key-from-env", fallback_key]
            arguments += ["--fallback-base-url", urls[fallback]]
        ended = run("connect", *arguments, *more)
        for told in (ended.out, ended.err):
            assert KEY not in told
            assert WRONG not in told
        return ended

    return command


@pytest.mark.parametrize(
    ("provider", "model", "fallback"), [("anthropic", "claude-sonnet-9", "openai"), ("openai", "gpt-9", "anthropic")]
)
def test_a_provider_and_its_fallback_are_tried_and_written(connect, tmp_path, provider, model, fallback):
    ended = connect(provider, fallback=fallback)
    assert (ended.status, ended.err) == (0, "")
    assert f"{provider}: {model} answers\n" in ended.out
    assert ended.out.endswith("sluice.env: written, mode 0600\nsluice.yaml: written\nnext: sluice run -c sluice.yaml\n")
    written = yaml.safe_load((tmp_path / "sluice.yaml").read_text())["classification"]
    assert (written["provider"], written["fallback"]) == (provider, fallback)
    assert (tmp_path / "sluice.env").read_text() == "".join(
        f"{name.upper()}_API_KEY={KEY}\n" for name in (provider, fallback)
    )
    assert (tmp_path / "sluice.env").stat().st_mode & 0o777 == 0o600


def test_a_model_and_another_file_can_be_named(connect, tmp_path):
    (tmp_path / "etc").mkdir()
    ended = connect("anthropic", "--model", "claude-sonnet-8", "-c", "etc/ours.yaml")
    assert (ended.status, ended.out.splitlines()[0]) == (0, "anthropic: claude-sonnet-8 answers")
    written = yaml.safe_load((tmp_path / "etc" / "ours.yaml").read_text())["classification"]
    assert written["anthropic"]["model"] == "claude-sonnet-8"
    assert (tmp_path / "etc" / "ours.env").exists()


def test_the_name_that_the_configuration_gives_its_key_stays(connect, tmp_path):
    section = "{provider: anthropic, fallback: openai, anthropic: {api_key: '${env:OURS:-}'}}"
    (tmp_path / "sluice.yaml").write_text(f"exporters: {{nop: }}\nclassification: {section}\n")
    assert connect("anthropic").status == 0
    assert (tmp_path / "sluice.env").read_text() == f"OURS={KEY}\n"
    written = yaml.safe_load((tmp_path / "sluice.yaml").read_text())["classification"]
    assert (written["anthropic"]["api_key"], written["fallback"]) == ("${env:OURS:-}", "openai")


def test_a_fallback_that_becomes_the_provider_is_no_fallback_any_more(connect, tmp_path):
    assert connect("anthropic", fallback="openai").status == 0
    assert connect("openai").status == 0
    written = yaml.safe_load((tmp_path / "sluice.yaml").read_text())["classification"]
    assert (written["provider"], written["fallback"]) == ("openai", "none")


def test_another_key_in_the_environment_is_pointed_out(connect, environ):
    environ["ANTHROPIC_API_KEY"] = WRONG
    ended = connect("anthropic")
    assert ended.status == 0
    assert "ANTHROPIC_API_KEY: set to another value in this environment, which comes first: unset it\n" in ended.out


REFUSED = {
    "a wrong key": ({"key": "BAD_KEY"}, None, 1, "environment variable BAD_KEY: anthropic refuses the key (401"),
    "no key": ({"key": "UNSET"}, None, 2, "environment variable UNSET is not set: give it the key of anthropic"),
    "an empty key": ({"key": "EMPTY"}, None, 2, "environment variable EMPTY is empty: give it the key of anthropic"),
    "what is no key": ({"key": "BROKEN"}, None, 1, "environment variable BROKEN: "),
    "no credit": ({}, Fail(402), 1, "a credit or spend limit is reached"),
    "a rate limit": ({}, Fail(429, headers={"Retry-After": "3"}), 1, "wait 3 s and try again"),
    "trouble": ({}, Fail(529), 1, "anthropic is in trouble (529 overloaded_error"),
    "a wrong key of the fallback": (
        {"fallback": "openai", "fallback_key": "BAD_KEY"},
        None,
        1,
        "environment variable BAD_KEY: openai refuses the key (401",
    ),
}


@pytest.mark.parametrize(("given", "failure", "status", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_one_line_and_nothing_is_written(connect, models, tmp_path, given, failure, status, told):
    if failure:
        models.play(failure)
    ended = connect("anthropic", **given)
    assert (ended.status, ended.err.count("\n")) == (status, 1)
    assert told in ended.err
    assert list(tmp_path.iterdir()) == []


def test_no_network_is_told(connect, models, tmp_path):
    models.stop()
    ended = connect("openai")
    assert ended.status == 1
    assert "openai cannot be reached at http://127.0.0.1" in ended.err
    assert "connection refused; check the network" in ended.err


WRONG_USAGE = {
    "nothing, and nobody to ask": ([], "there is no terminal to ask in: give --provider and --key-from-env NAME"),
    "no provider": (["--key-from-env", "MY_KEY"], "what is said of a key, a model or an address needs --provider"),
    "a key for nobody": (
        ["--provider", "openai", "--key-from-env", "MY_KEY", "--fallback-key-from-env", "MY_KEY"],
        "needs --fallback anthropic or openai",
    ),
    "a fallback without a key": (
        ["--provider", "openai", "--key-from-env", "MY_KEY", "--fallback", "anthropic"],
        "--fallback anthropic needs --fallback-key-from-env NAME",
    ),
    "itself as its fallback": (
        ["--provider", "openai", "--key-from-env", "K", "--fallback", "openai", "--fallback-key-from-env", "K"],
        "--fallback openai is the provider itself",
    ),
    "a key on the command line": (["--provider", "openai", "--key", KEY], "no such option '--key'"),
    "an unknown provider": (["--provider", "rules"], "'rules' is not one of 'anthropic', 'openai'"),
    "an address that is none": (
        ["--provider", "openai", "--key-from-env", "MY_KEY", "--base-url", "nowhere"],
        "classification.openai.base_url: 'nowhere' is not an http:// or https:// address",
    ),
    "no place for the file": (
        ["--provider", "openai", "--key-from-env", "MY_KEY", "-c", "no/sluice.yaml"],
        "no/sluice.yaml: cannot be written: directory no is missing or not writable",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG_USAGE.values(), ids=WRONG_USAGE.keys())
def test_wrong_usage_is_one_line_and_status_2(run, environ, tmp_path, arguments, message):
    environ["MY_KEY"] = KEY
    ended = run("connect", *arguments)
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert message in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_configuration_that_only_its_writer_can_edit_is_left_alone(connect, tmp_path):
    text = "x: &x {provider: rules}\nexporters: {nop: }\nclassification: *x\n"
    (tmp_path / "sluice.yaml").write_text(text)
    ended = connect("anthropic")
    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "sluice.yaml: not changed" in ended.err
    assert "api_key: '${env:ANTHROPIC_API_KEY}'" in ended.out
    assert (tmp_path / "sluice.yaml").read_text() == text


def test_what_asks_is_not_imported_by_who_does_not_ask(environ):
    script = """
import json, sys
import sluice.cli.serving, sluice.cli.connect, sluice.connect.direct, sluice.service
asking = {"prompt_toolkit", "rich", "anthropic", "openai", "sluice.connect.dialogue"}
print(json.dumps(sorted(asking & sys.modules.keys())))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environ)
    assert json.loads(ran.stdout) == []


def test_no_key_is_left_in_the_directory_but_in_the_env_file(connect, tmp_path):
    assert connect("anthropic", fallback="openai").status == 0
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and KEY in path.read_text()] == ["sluice.env"]
    assert Path(tmp_path / "sluice.env").read_text().count(KEY) == 2
