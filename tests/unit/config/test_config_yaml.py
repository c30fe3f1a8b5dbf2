"""The file itself: its bytes, its YAML, and the traps of YAML that a configuration must not fall into."""

import pytest

from sluice.config.load import load, loads
from sluice.config.units import Duration, Share
from sluice.errors import ConfigError


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read: no such file or directory"):
        load(tmp_path / "nowhere.yaml")


def test_a_directory_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: is a directory"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "sluice.yaml: is empty: it needs at least exporters"),
        (b"# nothing\n", "sluice.yaml: is empty: it needs at least exporters"),
        (b"- exporters\n", "sluice.yaml: is not a mapping of keys to values: it needs at least exporters"),
        (b"exporters: {nop: {}\npolicy:\n", "sluice.yaml: invalid YAML in line 2, column 1: expected ',' or '}'"),
        (
            b"exporters:\n\tnop: {}\n",
            "sluice.yaml: invalid YAML in line 2, column 1: found character '\\t' that cannot",
        ),
        (
            b"exporters: {nop: *there}\n",
            "sluice.yaml: invalid YAML in line 1, column 18: found undefined alias 'there'",
        ),
        (b"exporters: {nop: }\n---\npolicy: {}\n", "sluice.yaml: invalid YAML in line 2, column 1: but found another"),
        (b"exporters:\n  nop: \xff\n", "sluice.yaml: is not UTF-8 text: byte 0xff in line 2"),
        (b"exporters:\n  nop: \x07\n", "sluice.yaml: invalid YAML: character U+0007 in line 2 is not allowed"),
        (b"? [a, b]\n: c\n", "sluice.yaml:1: a key is a list or a mapping: a key is text"),
        (
            b"exporters: !!python/object:os.system {}\n",
            "exporters: tag tag:yaml.org,2002:python/object:os.system is not",
        ),
        (b"mining: {min_records: !!int many}\n", "sluice.yaml:1: mining.min_records: many cannot be read as int"),
        (b"policy: &p {protect: [*p]}\n", "sluice.yaml:1: policy.protect[0]: an alias to a value that holds itself"),
        (b"[" * 100_000, "sluice.yaml: nested too deeply"),
        (b"a: " + b"1" * 5000 + b"\n", "a: 1111"),
        (b"#" * (1 << 20) + b"\n", "sluice.yaml: is larger than 1 MiB"),
    ],
)
def test_a_file_that_is_no_configuration_is_one_line(content, expected):
    with pytest.raises(ConfigError) as error:
        loads(content, "sluice.yaml", {})
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


def test_a_key_given_twice_is_an_error(refused):
    message = refused("policy:\n  mode: drop\n  tag_all: true\n  mode: observe\n")
    assert message == "sluice.yaml:5: policy.mode: given twice, in lines 3 and 5: keep one"


def test_a_byte_order_mark_is_no_content():
    assert loads(b"\xef\xbb\xbfexporters: {nop: }\n", "sluice.yaml", {}).exporters.nop is not None


def test_what_needs_no_quotes_needs_none(loaded):
    config = loaded("""
        exporters:
          otlp_grpc: {endpoint: 127.0.0.1:4317, timeout: 1m}
        policy:
          canary: 10%
          rare_per_day: 0
          probation: 0
          actions:
            heartbeat: limit 1/m
            routine_success: sample 0.5%
          protect:
            - {resource: {on: yes, zip: 010, at: 1:30, day: 2026-01-02, e.f: 0x1f}}
    """)
    assert config.exporters.otlp_grpc.endpoint == "127.0.0.1:4317"
    assert config.exporters.otlp_grpc.timeout == Duration(60)
    assert config.policy.canary == Share(0.1)
    assert config.policy.probation == 0
    assert config.policy.actions["heartbeat"].keep_rate == "1/m"
    assert config.policy.actions["routine_success"].keep_percent == 0.5
    [rule] = config.policy.protect
    assert rule.resource == {"on": "yes", "zip": "010", "at": "1:30", "day": "2026-01-02", "e.f": "0x1f"}


@pytest.mark.parametrize("written", ["010", "0x1f", "1:30", "1_000", "1e3", "3.0", "yes"])
def test_what_looks_like_a_number_to_some_is_refused_where_a_number_belongs(refused, written):
    assert "is not a whole number from 1 to 1000000000, in plain digits" in refused(
        f"mining: {{min_records: {written}}}"
    )


def test_anchors_repeat_a_section(loaded, tmp_path):
    pem = tmp_path / "any.pem"
    pem.write_text("-")
    config = loaded(f"""
        receivers:
          otlp:
            protocols:
              grpc: {{tls: &tls {{cert_file: {pem}, key_file: {pem}}}}}
              http: {{tls: *tls}}
    """)
    assert config.receivers.otlp.protocols.grpc.tls == config.receivers.otlp.protocols.http.tls


def test_a_named_protocol_without_settings_is_served_alone(loaded):
    protocols = loaded("receivers:\n  otlp:\n    protocols:\n      grpc:\n").receivers.otlp.protocols
    assert protocols.grpc.endpoint == "127.0.0.1:4317"
    assert protocols.http is None


@pytest.mark.parametrize("receivers", ["", "receivers:", "receivers: {otlp: }", "receivers: {otlp: {protocols: }}"])
def test_without_protocols_both_are_served(loaded, receivers):
    protocols = loaded(receivers).receivers.otlp.protocols
    assert protocols.grpc.endpoint == "127.0.0.1:4317"
    assert protocols.http.endpoint == "127.0.0.1:4318"


@pytest.mark.parametrize("exporters", ["exporters: {nop: {}}", "exporters: {nop: }", "exporters:\n  nop:\n"])
def test_nop_needs_no_settings(loaded, exporters):
    config = loaded(exporters)
    assert config.exporters.nop is not None
    assert config.exporters.otlp_grpc is None


def test_configured_actions_are_laid_over_the_default_ones(loaded):
    actions = loaded("policy: {actions: {heartbeat: keep}}").policy.actions
    assert (actions["heartbeat"], actions["health_check"], len(actions)) == ("keep", "drop", 15)


def test_header_names_are_lower_case_as_grpc_wants_them(loaded):
    config = loaded("exporters: {otlp_grpc: {endpoint: 'https://next.example:443', headers: {X-Scope-OrgID: tenant}}}")
    assert config.exporters.otlp_grpc.headers == {"x-scope-orgid": "tenant"}
