"""`sluice connect` as its user meets it: in a terminal, with providers that answer as the real ones do."""

import re
import secrets
import stat
from pathlib import Path

import pytest
import yaml

import sluice
from real.models import Fail, Hold
from real.terminal import CTRL_C, CTRL_D, DOWN, ENTER, Terminal

KEY = f"sk-{secrets.token_hex(20)}"
WRONG = f"sk-{secrets.token_hex(20)}"

EXISTING = """\
# ours
exporters:
  otlp_grpc: {endpoint: "next:4317", tls: {insecure: true}}   # the collector

classification:
  # rules until we have a key
  provider: rules   # embedded
  queue: {concurrency: 4}
policy: {mode: tag}
"""


@pytest.fixture
def environ(tmp_path):
    """Of a user: the package under test, a home, no key."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(Path(sluice.__file__).parents[1]),
        "PYTHONWARNINGS": "error",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def start(tmp_path, environ):
    """Starts `sluice ARGUMENTS` in a terminal; nothing that it showed may tell a key."""
    terminals = []

    def begin(*arguments, columns=80, **more):
        terminal = Terminal(*arguments, cwd=tmp_path, environ=environ, columns=columns, **more)
        terminals.append(terminal)
        return terminal

    yield begin
    for terminal in terminals:
        shown = re.sub(r"\s", "", terminal.text)
        assert shown
        for key in (KEY, WRONG):
            assert not any(key[at : at + 6] in shown for at in range(3, len(key) - 6))


@pytest.fixture
def address(models):
    """Options that lead to the server of models on loopback, for either as the provider."""
    models.key = KEY
    urls = {"anthropic": models.anthropic_url, "openai": models.openai_url}

    def options(provider, fallback=None):
        given = ["--provider", provider, "--base-url", urls[provider]]
        return [*given, "--fallback", fallback, "--fallback-base-url", urls[fallback]] if fallback else given

    return options


def existing(tmp_path, models, text=EXISTING):
    """A configuration that names the loopback server, so that everything can be asked for."""
    file = tmp_path / "sluice.yaml"
    sections = f"  anthropic: {{base_url: '{models.anthropic_url}'}}\n  openai: {{base_url: '{models.openai_url}'}}\n"
    file.write_text(text.replace("policy:", f"{sections}policy:"))
    return file


def classification(tmp_path):
    return yaml.safe_load((tmp_path / "sluice.yaml").read_text())["classification"]


def files(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir())


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def give(terminal, key, *, of):
    terminal.expect(f"Paste the key of {of}", "Key:")
    terminal.paste(key)


@pytest.mark.parametrize("columns", [80, 40])
def test_the_whole_way_with_both_providers(start, models, tmp_path, columns):
    file = existing(tmp_path, models)
    models.key = KEY
    with start("connect", columns=columns) as terminal:
        terminal.expect("Which provider judges?", "1. Anthropic (recommended)", "2. OpenAI")
        terminal.type(ENTER)
        give(terminal, KEY, of="Anthropic")
        terminal.expect("Anthropic answers, with claude-sonnet-9.")
        terminal.expect("Who judges while it is out", "1. OpenAI", "2. nobody")
        terminal.type(ENTER)
        give(terminal, KEY, of="OpenAI")
        terminal.expect("OpenAI answers, with gpt-9.", "next: sluice run -c sluice.yaml")
        assert terminal.ended() == 0
    assert (tmp_path / "sluice.env").read_text() == f"ANTHROPIC_API_KEY={KEY}\nOPENAI_API_KEY={KEY}\n"
    assert mode(tmp_path / "sluice.env") == 0o600
    written = classification(tmp_path)
    assert (written["provider"], written["fallback"]) == ("anthropic", "openai")
    assert written["anthropic"]["api_key"] == "${env:ANTHROPIC_API_KEY}"
    assert written["openai"]["api_key"] == "${env:OPENAI_API_KEY}"
    assert KEY not in file.read_text()
    assert files(tmp_path) == ["sluice.env", "sluice.yaml"]


def test_openai_first_and_nobody_behind_it(start, models, tmp_path):
    existing(tmp_path, models)
    models.key = KEY
    with start("connect") as terminal:
        terminal.expect("Which provider judges?")
        terminal.type(DOWN, ENTER)
        give(terminal, KEY, of="OpenAI")
        terminal.expect("OpenAI answers, with gpt-9.", "1. Anthropic", "2. nobody")
        terminal.type("2", ENTER)
        assert terminal.ended() == 0
    assert classification(tmp_path)["provider"] == "openai"
    assert "fallback" not in classification(tmp_path)
    assert (tmp_path / "sluice.env").read_text() == f"OPENAI_API_KEY={KEY}\n"


@pytest.mark.parametrize(("provider", "fallback"), [("anthropic", "openai"), ("openai", "anthropic")])
def test_a_new_configuration_is_one_that_runs_and_changes_no_record(start, address, tmp_path, provider, fallback):
    with start("connect", *address(provider, fallback)) as terminal:
        for _ in range(2):
            terminal.expect("Key:")
            terminal.paste(KEY)
            terminal.expect("answers, with")
        assert terminal.ended() == 0
    written = yaml.safe_load((tmp_path / "sluice.yaml").read_text())
    assert written["classification"]["provider"] == provider
    assert written["classification"]["fallback"] == fallback
    assert written["policy"]["mode"] == "observe"
    assert written["exporters"] == {"nop": {}}


def test_a_wrong_key_is_told_and_another_one_taken(start, address, tmp_path):
    with start("connect", *address("anthropic")) as terminal:
        give(terminal, WRONG, of="Anthropic")
        terminal.expect("Wrong key: anthropic refuses the key (401 authentication_error", "Copy the key again from")
        terminal.expect("1. give another key", "2. leave, nothing is written")
        terminal.type(ENTER)
        give(terminal, KEY, of="Anthropic")
        terminal.expect("Anthropic answers", "2. nobody")
        terminal.type("2", ENTER)
        assert terminal.ended() == 0
    assert WRONG not in (tmp_path / "sluice.env").read_text()


def test_a_key_of_the_other_provider_is_not_sent_anywhere(start, models):
    with start("connect", "--provider", "openai") as terminal:
        give(terminal, KEY.replace("sk-", "sk-ant-"), of="OpenAI")
        terminal.expect("Wrong key: this looks like a key of Anthropic.")
        terminal.type(CTRL_C)
        assert terminal.ended() == 130


def test_wrong_key_no_network_no_credit_and_then_all_is_well(start, address, models, tmp_path):
    with start("connect", *address("anthropic")) as terminal:
        give(terminal, WRONG, of="Anthropic")
        terminal.expect("Wrong key:", "1. give another key")
        models.stop()
        terminal.type(ENTER)
        give(terminal, KEY, of="Anthropic")
        terminal.expect("No answer: anthropic cannot be reached at", "1. try again")
        models.start()
        models.play(Fail(400, message="Your credit balance is too low to access the API."))
        terminal.type(ENTER)
        terminal.expect("No credit:", "1. try again")
        assert files(tmp_path) == []
        terminal.type(ENTER)
        terminal.expect("Anthropic answers, with claude-sonnet-9.", "2. nobody")
        terminal.type("2", ENTER)
        terminal.expect("next: sluice run -c sluice.yaml")
        assert terminal.ended() == 0
    assert (tmp_path / "sluice.env").read_text() == f"ANTHROPIC_API_KEY={KEY}\n"
    assert mode(tmp_path / "sluice.env") == 0o600
    assert classification(tmp_path)["provider"] == "anthropic"


def test_without_a_network_it_is_tried_again(start, address, models, tmp_path):
    options = address("anthropic")
    models.stop()
    with start("connect", *options) as terminal:
        give(terminal, KEY, of="Anthropic")
        terminal.expect("No answer: anthropic cannot be reached at", "connection refused.", "Check the network")
        models.start()
        terminal.expect("1. try again")
        terminal.type(ENTER)
        terminal.expect("Anthropic answers", "2. nobody")
        terminal.type("2", ENTER)
        assert terminal.ended() == 0
    assert files(tmp_path) == ["sluice.env", "sluice.yaml"]


TOLD = {
    "no credit at anthropic": (
        "anthropic",
        Fail(400, message="Your credit balance is too low to access the API."),
        ["No credit:", "Add credit at https://platform.claude.com"],
    ),
    "no credit at openai": (
        "openai",
        Fail(429, "insufficient_quota", type="insufficient_quota"),
        ["No credit:", "insufficient_quota", "Add credit at https://platform.openai.com"],
    ),
    "a rate limit": (
        "anthropic",
        Fail(429, headers={"Retry-After": "7"}),
        ["Too many requests:", "Wait 7 s and try again; the key itself is good."],
    ),
    "a right that the key has not": (
        "anthropic",
        Fail(403),
        ["Not allowed: anthropic does not allow this to the key (403", "Give the key its rights at", "another one."],
    ),
    "trouble": ("openai", Fail(503), ["No answer: openai is in trouble (503"]),
}


@pytest.mark.parametrize(("provider", "failure", "told"), TOLD.values(), ids=TOLD.keys())
def test_what_is_wrong_is_said_and_left_at_will(start, address, models, tmp_path, provider, failure, told):
    models.play(failure)
    with start("connect", *address(provider)) as terminal:
        terminal.expect("Key:")
        terminal.paste(KEY)
        terminal.expect(*told, "1. try again", "2. give another key", "3. leave, nothing is written")
        terminal.type("3", ENTER)
        terminal.expect("sluice: not connected, nothing was written")
        assert terminal.ended() == 1
    assert files(tmp_path) == []


def test_a_model_that_is_not_there_is_named_anew(start, address, tmp_path):
    with start("connect", *address("openai"), "--model", "gpt-none") as terminal:
        give(terminal, KEY, of="OpenAI")
        terminal.expect("No such model: openai does not know gpt-none", "1. name another model")
        terminal.type(ENTER)
        terminal.expect("Model:")
        terminal.type("gpt-8", ENTER)
        terminal.expect("OpenAI answers, with gpt-8.", "2. nobody")
        terminal.type("2", ENTER)
        assert terminal.ended() == 0
    assert classification(tmp_path)["openai"]["model"] == "gpt-8"


def test_a_fallback_that_does_not_answer_can_be_gone_without(start, address, models, tmp_path):
    with start("connect", *address("anthropic", "openai")) as terminal:
        give(terminal, KEY, of="Anthropic")
        give(terminal, WRONG, of="OpenAI")
        terminal.expect("Wrong key:", "2. go on without a fallback")
        terminal.type("2", ENTER)
        assert terminal.ended() == 0
    assert "openai" not in classification(tmp_path)
    assert (tmp_path / "sluice.env").read_text() == f"ANTHROPIC_API_KEY={KEY}\n"


def at_the_provider(terminal, models):
    terminal.expect("2. OpenAI")


def at_the_key(terminal, models):
    at_the_provider(terminal, models)
    terminal.type(ENTER)
    terminal.expect("Key:")


def after_a_failure(terminal, models):
    at_the_key(terminal, models)
    terminal.paste(WRONG)
    terminal.expect("2. leave, nothing is written")


def at_the_fallback(terminal, models):
    at_the_key(terminal, models)
    terminal.paste(KEY)
    terminal.expect("2. nobody")


def at_the_fallbacks_key(terminal, models):
    at_the_fallback(terminal, models)
    terminal.type(ENTER)
    terminal.expect("Key:")


def while_it_is_tried(terminal, models):
    hold = Hold()
    models.play(hold)
    at_the_key(terminal, models)
    terminal.paste(KEY)
    assert hold.begun.wait(60)


STEPS = [at_the_provider, at_the_key, after_a_failure, at_the_fallback, at_the_fallbacks_key]


@pytest.mark.parametrize("step", [*STEPS, while_it_is_tried])
def test_ctrl_c_leaves_everything_as_it_was(start, models, tmp_path, step):
    file = existing(tmp_path, models)
    before = file.read_bytes()
    models.key = KEY
    with start("connect") as terminal:
        step(terminal, models)
        terminal.type(CTRL_C)
        assert terminal.ended() == 130
        assert terminal.text.count("sluice: interrupted, nothing was written") == 1
    assert "Traceback" not in terminal.text
    assert (file.read_bytes(), files(tmp_path)) == (before, ["sluice.yaml"])


@pytest.mark.parametrize("step", STEPS)
def test_ctrl_d_leaves_everything_as_it_was(start, models, tmp_path, step):
    file = existing(tmp_path, models)
    before = file.read_bytes()
    models.key = KEY
    with start("connect") as terminal:
        step(terminal, models)
        terminal.type(CTRL_D)
        assert terminal.ended() == 1
        assert terminal.text.count("sluice: not connected, nothing was written") == 1
    assert "Traceback" not in terminal.text
    assert (file.read_bytes(), files(tmp_path)) == (before, ["sluice.yaml"])


def test_what_is_typed_while_a_key_is_tried_is_not_shown(start, address, models):
    hold = Hold()
    models.play(hold)
    with start("connect", *address("anthropic")) as terminal:
        give(terminal, KEY, of="Anthropic")
        assert hold.begun.wait(60)
        terminal.type(KEY)  # by mistake; the check of `start` looks for it
        hold.until.set()
        terminal.expect("No answer: anthropic cannot be reached", "1. try again")
        terminal.type(CTRL_C)
        assert terminal.ended() == 130


def test_a_terminal_that_can_only_print_shows_no_key_either(start, address, tmp_path):
    with start("connect", *address("anthropic"), TERM="dumb") as terminal:
        terminal.expect("Key:")
        terminal.type(KEY, ENTER)
        terminal.expect("Anthropic answers", "2. nobody")
        terminal.type("2", ENTER)
        assert terminal.ended() == 0
    assert (tmp_path / "sluice.env").read_text() == f"ANTHROPIC_API_KEY={KEY}\n"


def test_an_existing_configuration_keeps_its_lines_and_an_env_file_its_own(start, models, tmp_path):
    file, env = existing(tmp_path, models), tmp_path / "sluice.env"
    before = file.read_text().replace("provider: rules ", "provider: anthropic ")
    env.write_text("# for Kafka\nKAFKA_PASSWORD='se cret'\n")
    env.chmod(0o644)
    models.key = KEY
    with start("connect") as terminal:
        at_the_fallback(terminal, models)
        terminal.type("2", ENTER)
        assert terminal.ended() == 0
    after = file.read_text()
    url = models.anthropic_url
    assert after == before.replace(f"'{url}'", f"'{url}', api_key: '${{env:ANTHROPIC_API_KEY}}'")
    assert env.read_text() == f"# for Kafka\nKAFKA_PASSWORD='se cret'\nANTHROPIC_API_KEY={KEY}\n"
    assert mode(env) == 0o600


def test_a_second_run_changes_the_key_and_nothing_else(start, models, tmp_path):
    file, env = existing(tmp_path, models), tmp_path / "sluice.env"
    models.key = KEY
    with start("connect") as terminal:
        at_the_fallbacks_key(terminal, models)
        terminal.paste(KEY)
        assert terminal.ended() == 0
    connected = file.read_bytes()
    models.key = WRONG  # from now on it is the right one
    with start("connect") as terminal:
        terminal.expect("Connected so far: Anthropic, with OpenAI behind it.")
        at_the_key(terminal, models)
        terminal.paste(WRONG)
        terminal.expect("1. OpenAI, as it is", "2. OpenAI, with a new key", "3. nobody")
        terminal.type(ENTER)
        assert terminal.ended() == 0
    assert file.read_bytes() == connected
    assert env.read_text() == f"ANTHROPIC_API_KEY={WRONG}\nOPENAI_API_KEY={KEY}\n"


def test_colours_are_left_out_where_nobody_wants_them(start, address):
    def coloured(**more):
        with start("connect", *address("anthropic"), **more) as terminal:
            give(terminal, WRONG, of="Anthropic")
            terminal.expect("2. leave, nothing is written")
            terminal.type(CTRL_C)
            assert terminal.ended() == 130
        return re.search(r"\x1b\[(?:\d+;)*[349]\d(?:;\d+)*m", terminal.raw) is not None

    assert coloured()
    assert not coloured(NO_COLOR="1")


def test_plain_sluice_leads_there_while_nothing_is_connected(start, models, tmp_path):
    existing(tmp_path, models)
    models.key = KEY
    with start() as terminal:
        at_the_fallback(terminal, models)
        terminal.type("2", ENTER)
        assert terminal.ended() == 0
    with start() as terminal:
        terminal.expect("Usage: sluice")
        assert terminal.ended() == 0


def test_a_configuration_that_is_none_is_told_before_a_key_is_asked_for(start, tmp_path):
    (tmp_path / "sluice.yaml").write_text("exporters: [\n")
    with start("connect") as terminal:
        terminal.expect("sluice: sluice.yaml: invalid YAML")
        assert terminal.ended() == 2
    assert "Key:" not in terminal.text
