"""`sluice config` and `sluice validate` as processes."""

import socket

import pytest
import yaml

from real.models import ModelServer

VALID = "exporters: {otlp_grpc: {endpoint: '127.0.0.1:%d', tls: {insecure: true}, headers: {authorization: hunter2}}}\n"


@pytest.fixture
def closed_port():
    """A port that nothing listens on, and that nothing else takes while the test runs."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_config_prints_the_defaults_and_no_secret(run, tmp_path):
    (tmp_path / "a.yaml").write_text(VALID % 14317)
    ended = run("config", "-c", "a.yaml")
    assert (ended.status, ended.err) == (0, "")
    tree = yaml.safe_load(ended.out)
    assert tree["exporters"]["otlp_grpc"]["headers"] == {"authorization": "****"}
    assert tree["policy"]["canary"] == "0.1%"
    assert "hunter2" not in ended.out


def test_validate_says_valid(run, tmp_path):
    (tmp_path / "a.yaml").write_text(VALID % 14317 + "mining: {masks: [{name: order, pattern: 'ORD-\\d+'}]}\n")
    ended = run("validate", "-c", "a.yaml")
    assert (ended.status, ended.out, ended.err) == (0, "a.yaml: valid\n", "")
    assert [file.name for file in tmp_path.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize("command", ["validate", "config"])
def test_a_configuration_that_cannot_be_used_is_one_line_and_status_2(run, tmp_path, command):
    (tmp_path / "a.yaml").write_text("exporters: {nop: }\npolicy:\n  mode: dorp\n")
    ended = run(command, "-c", "a.yaml")
    message = "sluice: a.yaml:3: policy.mode: 'dorp' is not one of drop, observe, tag: did you mean drop?\n"
    assert (ended.status, ended.out, ended.err) == (2, "", message)


def test_validate_compiles_the_masks(run, tmp_path):
    (tmp_path / "a.yaml").write_text("exporters: {nop: }\nmining: {masks: [{name: order, pattern: 'ORD-(\\d+'}]}\n")
    ended = run("validate", "-c", "a.yaml")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("sluice: a.yaml: mining.masks[0].pattern: ")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("next_hop", "receiver"),
    [
        ("localhost:4317", "127.0.0.1:4317"),
        ("http://127.0.0.1:4317", "localhost:4317"),
        ("https://LOCALHOST:4317/", ":4317"),
        ("127.3.2.1:4317", "0.0.0.0:4317"),
        ("0.0.0.0:4317", "127.0.0.1:4317"),
        ("[::1]:4317", "[::]:4317"),
        ("127.0.0.1:4317", "[::]:4317"),
        ("[::ffff:127.0.0.1]:4317", "127.0.0.1:4317"),
        (f"{socket.gethostname()}:4317", "0.0.0.0:4317"),
        ("gateway.example:4317", "gateway.example:4317"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_next_hop_that_is_sluice_itself_is_refused(run, tmp_path, command, next_hop, receiver):
    (tmp_path / "a.yaml").write_text(_forwarding(next_hop, receiver))
    ended = run(command, "-c", "a.yaml")
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"sluice: a.yaml: exporters.otlp_grpc.endpoint: {next_hop} is where Sluice itself ")
    assert "(receivers.otlp.protocols.grpc.endpoint: " in ended.err
    assert "write the address of the next hop, or let Sluice listen elsewhere" in ended.err
    assert [file.name for file in tmp_path.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize(
    ("next_hop", "receiver"),
    [
        ("localhost:14317", "127.0.0.1:4317"),
        ("203.0.113.7:4317", "0.0.0.0:4317"),
        ("collector:4317", "0.0.0.0:4317"),
        ("127.0.0.2:4317", "127.0.0.1:4317"),
    ],
)
def test_a_next_hop_elsewhere_is_valid(run, tmp_path, next_hop, receiver):
    (tmp_path / "a.yaml").write_text(_forwarding(next_hop, receiver))
    assert run("validate", "-c", "a.yaml").out == "a.yaml: valid\n"


def _forwarding(next_hop, receiver):
    return (
        f"exporters: {{otlp_grpc: {{endpoint: '{next_hop}'}}}}\n"
        f"receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '{receiver}'}}}}}}}}\n"
    )


def test_an_action_without_effect_is_said_and_no_reason_to_refuse(run, tmp_path):
    actions = "{fault: drop, security: sample 10%, duplicate: limit 1/m, health_check: keep, heartbeat: drop}"
    (tmp_path / "a.yaml").write_text(f"exporters: {{nop: }}\npolicy: {{actions: {actions}}}\n")
    ended = run("validate", "-c", "a.yaml")
    assert (ended.status, ended.out) == (0, "a.yaml: valid\n")
    duplicate, fault, security = sorted(ended.err.splitlines())
    assert duplicate.startswith("sluice: a.yaml: warning: policy.actions.duplicate: 'limit 1/m' has no effect yet")
    assert security.startswith("sluice: a.yaml: warning: policy.actions.security: 'sample 10%' has no effect, security")
    assert "remove it; `sluice verdicts set FP drop` overrules" in fault


def test_validate_reads_the_certificates(run, tmp_path):
    (tmp_path / "empty.pem").touch()
    tls = "{cert_file: empty.pem, key_file: empty.pem}"
    (tmp_path / "a.yaml").write_text(
        f"exporters: {{nop: }}\nreceivers: {{otlp: {{protocols: {{grpc: {{tls: {tls}}}}}}}}}\n"
    )
    ended = run("validate", "-c", "a.yaml")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("sluice: a.yaml: receivers.otlp.protocols.grpc.tls.cert_file: empty.pem ")
    assert ended.err.count("\n") == 1


def test_connect_names_what_does_not_answer(run, tmp_path, closed_port):
    (tmp_path / "a.yaml").write_text(VALID % closed_port)
    ended = run("validate", "-c", "a.yaml", "--connect")
    valid, store, next_hop = ended.out.splitlines()
    assert (ended.status, valid, store) == (1, "a.yaml: valid", "store sluice.db: reached")
    assert next_hop.startswith(f"next hop 127.0.0.1:{closed_port}: ")
    assert ended.err == f"sluice: not usable: next hop 127.0.0.1:{closed_port}; run would start degraded\n"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nowhere/sluice.db", "it cannot be created: directory nowhere is missing or not writable"),
        ("a.yaml", "it is no database of Sluice"),
        (".", "it cannot be read: is a directory"),
    ],
)
def test_connect_tells_what_is_wrong_with_the_store_and_leaves_it(run, tmp_path, path, reason):
    text = f"exporters: {{nop: }}\nverdicts: {{store: {{path: {path}}}}}\n"
    (tmp_path / "a.yaml").write_text(text)
    ended = run("validate", "-c", "a.yaml", "--connect")
    assert (ended.status, ended.out) == (1, f"a.yaml: valid\nstore {path}: {reason}\n")
    assert (tmp_path / "a.yaml").read_text() == text
    assert [file.name for file in tmp_path.iterdir()] == ["a.yaml"]


MODEL = "exporters: {nop: }\nclassification: {provider: %s, %s: {%s}}\n"


@pytest.mark.parametrize(
    ("provider", "section", "reason"),
    [
        ("anthropic", "", "classification.anthropic.api_key is not set; give the key there, or in the variable"),
        ("openai", "api_key: '${env:NO_SUCH_KEY}'", "classification.openai.api_key is not set"),
        ("anthropic", "api_key: 'sk-ant-hunter2 '", "classification.anthropic.api_key is no key: it holds a space"),
        ("anthropic", "api_key: hunter2", "api_key is no key of Anthropic: those begin with sk-ant-"),
        ("openai", "api_key: sk-ant-hunter2", "api_key is a key of Anthropic: give one of OpenAI"),
    ],
)
def test_validate_says_which_key_is_missing_or_none(run, tmp_path, provider, section, reason):
    (tmp_path / "a.yaml").write_text(MODEL % (provider, provider, section))
    ended = run("validate", "-c", "a.yaml")
    valid, warning = ended.out.splitlines()
    assert (ended.status, valid, ended.err) == (0, "a.yaml: valid", "")
    assert warning.startswith("a.yaml: run would start degraded: ")
    assert reason in warning
    assert "hunter2" not in ended.out


@pytest.mark.parametrize(
    ("provider", "section"),
    [
        ("anthropic", "api_key: sk-ant-hunter2"),
        ("openai", "api_key: sk-hunter2"),
        ("openai", "api_key: anything, base_url: 'http://localhost:1'"),
        ("rules", "api_key: anything"),
    ],
)
def test_a_key_that_may_be_one_is_valid(run, tmp_path, provider, section):
    name = provider if provider != "rules" else "openai"
    (tmp_path / "a.yaml").write_text(MODEL % (provider, name, section))
    ended = run("validate", "-c", "a.yaml")
    assert (ended.status, ended.out) == (0, "a.yaml: valid\n")


def test_connect_makes_a_real_call_to_each_provider(run, tmp_path):
    with ModelServer() as server:
        server.key = "right"
        providers = f"""
  anthropic: {{api_key: right, base_url: '{server.anthropic_url}'}}
  openai: {{api_key: wrong, base_url: '{server.openai_url}'}}
"""
        (tmp_path / "a.yaml").write_text(
            "exporters: {nop: }\nclassification:\n  provider: anthropic\n  fallback: openai" + providers
        )
        ended = run("validate", "-c", "a.yaml", "--connect")
    lines = ended.out.splitlines()
    assert lines[:3] == ["a.yaml: valid", "store sluice.db: reached", "provider anthropic: reached"]
    assert lines[3].startswith("provider openai: openai refuses the key")
    assert (ended.status, ended.err) == (1, "sluice: not usable: provider openai; run would start degraded\n")
