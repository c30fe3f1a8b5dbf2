"""`${env:X}`, `${env:X:-default}`, `${file:PATH}` and `$$`."""

import pytest


def test_a_reference_alone_takes_the_type_that_its_text_has(loaded):
    config = loaded(
        """
        mining: {min_records: '${env:RECORDS}'}
        policy: {tag_all: '${env:ALL}', canary: '${env:CANARY}', probation: '${env:PROBATION}', mode: '${env:MODE}'}
        """,
        RECORDS="7",
        ALL="true",
        CANARY="2%",
        PROBATION="0",
        MODE="tag",
    )
    assert config.mining.min_records == 7
    assert config.policy.tag_all is True
    assert (config.policy.canary, config.policy.probation, config.policy.mode) == (0.02, 0.0, "tag")


@pytest.mark.parametrize("value", ["0123", "true", "1e5", "{not: yaml", "*", "null", "12", "$$ and ${env:X}"])
def test_where_text_belongs_a_reference_stays_the_text_that_it_was(loaded, value):
    sasl = "{mechanism: PLAIN, username: u, password: '${env:PASSWORD}'}"
    config = loaded(f"verdicts: {{kafka: {{brokers: [a:1], sasl: {sasl}}}}}", PASSWORD=value)
    assert config.verdicts.kafka.sasl.password == value


def test_a_reference_inside_a_text_is_put_in_as_text(loaded):
    config = loaded("exporters: {otlp_grpc: {endpoint: '${env:HOST}:${env:PORT}'}}", HOST="next", PORT="0317")
    assert config.exporters.otlp_grpc.endpoint == "next:0317"


def test_a_default_stands_in_for_a_variable_that_is_not_set(loaded):
    text = "mining: {min_records: '${env:RECORDS:-5}'}\nverdicts: {store: {path: '${env:A:-${env:B:-c}}/x.db'}}"
    assert loaded(text).mining.min_records == 5
    assert loaded(text, RECORDS="6").mining.min_records == 6
    assert loaded(text).verdicts.store.path == "c/x.db"
    assert loaded(text, B="b").verdicts.store.path == "b/x.db"


def test_a_variable_set_to_nothing_is_set(loaded):
    [rule] = loaded("policy: {protect: [{service: a, resource: {k: '${env:EMPTY:-x}'}}]}", EMPTY="").policy.protect
    assert rule.resource == {"k": ""}


def test_a_file_gives_its_text_without_the_last_newline(loaded, tmp_path):
    (tmp_path / "password").write_bytes(b"s3cret\n")
    sasl = f"{{mechanism: PLAIN, username: u, password: '${{file:{tmp_path}/password}}'}}"
    assert loaded(f"verdicts: {{kafka: {{brokers: [a:1], sasl: {sasl}}}}}").verdicts.kafka.sasl.password == "s3cret"


def test_a_file_can_hold_a_section(loaded, tmp_path):
    (tmp_path / "policy.yaml").write_text("mode: tag\nactions: {heartbeat: drop}\n")
    policy = loaded(f"policy: ${{file:{tmp_path}/policy.yaml}}").policy
    assert (policy.mode, policy.actions["heartbeat"]) == ("tag", "drop")


def test_two_dollar_signs_are_one(loaded):
    masks = loaded(
        "mining: {masks: [{name: a, pattern: '^x$'}, {name: b, pattern: '$${x}'}, {name: c, pattern: 'a$$b'}]}"
    ).mining.masks
    assert [mask.pattern for mask in masks] == ["^x$", "${x}", "a$b"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${env:NOPE}", "environment variable NOPE is not set: set it, or write ${env:NOPE:-default}"),
        ("x${env:NOPE}", "environment variable NOPE is not set"),
        (
            "${NOPE}",
            "${NOPE} is no reference: write ${env:NAME}, ${env:NAME:-default} or ${file:PATH}, or $${ for the ",
        ),
        ("${vault:x}", "${vault:x} is no reference"),
        ("${env:a b}", "'a b' is no name of an environment variable"),
        ("${env:X", "a ${ lacks its closing }"),
        ("${file:/nonexistent/x}", "file '/nonexistent/x' cannot be read: no such file or directory"),
        ("${file:/dev/../dev}", "file '/dev/../dev' cannot be read: is a directory"),
    ],
)
def test_a_reference_that_leads_nowhere_names_its_key(refused, written, expected):
    message = refused(f"verdicts: {{store: {{path: '{written}'}}}}")
    assert message.startswith("sluice.yaml:2: verdicts.store.path: ")
    assert expected in message


def test_a_wrong_value_is_shown_with_the_reference_that_brought_it(refused):
    message = refused("mining: {min_records: '${env:RECORDS}'}", RECORDS="many")
    assert "mining.min_records: 'many' from ${env:RECORDS} is not a whole number" in message


def test_an_unset_key_of_a_provider_is_a_missing_key_and_no_error(refused):
    message = refused("classification: {anthropic: {api_key: '${env:UNSET}', base_url: '${env:ALSO_UNSET}'}}")
    assert "base_url: environment variable ALSO_UNSET is not set" in message


def test_a_key_of_a_provider_whose_file_is_not_there_is_a_missing_key_and_no_error(loaded, refused, tmp_path):
    key = f"api_key: '${{file:{tmp_path}/key}}'"
    assert loaded(f"classification: {{anthropic: {{{key}}}}}").classification.anthropic.api_key is None
    message = refused(f"classification: {{anthropic: {{{key}, model: '${{file:{tmp_path}/model}}'}}}}")
    assert "model: file" in message
    assert "no such file or directory" in message
