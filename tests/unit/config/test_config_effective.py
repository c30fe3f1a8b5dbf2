"""`effective` shows what is in force, and `load` reads it back as the same."""

import os
import re

import msgspec
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.config.effective import MASKED, effective, policy_alone
from sluice.config.load import loads
from sluice.config.model import (
    DEFAULT_ACTIONS,
    Config,
    Exporters,
    GrpcServer,
    KafkaConfig,
    MaskConfig,
    Mining,
    NopExporter,
    OtlpGrpcExporter,
    OtlpReceiver,
    PolicyConfig,
    Protect,
    Protocols,
    Receivers,
    Sasl,
    Service,
    StoreConfig,
    Topics,
    Verdicts,
)
from sluice.config.units import Action, Duration, Share

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), min_size=1)
milliseconds = st.integers(0, 10**12).map(lambda count: Duration(count / 1000))
durations = st.one_of(
    st.just(Duration(0)), milliseconds, st.integers(1, 3_000_000_000).map(lambda s: Duration(float(s)))
)
lengths = durations.filter(bool)
shares = st.decimals(0, 100, places=4).map(lambda percent: Share.parse(f"{percent}%"))
actions = st.one_of(
    st.sampled_from(["keep", "drop"]),
    st.decimals("0.001", "99.999", places=3).map(lambda percent: f"sample {percent}%"),
    st.builds("limit {}/{}".format, st.integers(1, 999_999_999), st.sampled_from("smh")),
).map(Action.parse)
rules = st.builds(
    Protect,
    signal=st.sampled_from(["logs", "metrics", "spans"]),
    service=st.none() | texts,
    template=st.none() | texts,
    category=st.none() | st.sampled_from(sorted(DEFAULT_ACTIONS)),
    min_duration=st.none() | durations,
    resource=st.dictionaries(texts, st.just("") | texts, max_size=3),
)
policies = st.builds(
    PolicyConfig,
    mode=st.sampled_from(["observe", "tag", "drop"]),
    spans=st.sampled_from(["observe", "tag"]),
    tag_all=st.booleans(),
    actions=st.dictionaries(st.sampled_from(sorted(DEFAULT_ACTIONS)), actions).map(
        lambda given: DEFAULT_ACTIONS | given
    ),
    protect=st.lists(rules, max_size=3).map(tuple),
    rare_per_day=st.integers(0, 10**9),
    probation=durations,
    canary=shares,
    lease=lengths,
)
next_hops = st.builds(
    OtlpGrpcExporter,
    endpoint=st.sampled_from(["localhost:4317", "[::1]:1", "https://next.example:443"]),
    compression=st.sampled_from(["gzip", "none"]),
    timeout=lengths,
    headers=st.dictionaries(st.from_regex(r"x[a-z0-9_.-]{1,8}x", fullmatch=True), st.just(MASKED), max_size=2),
)
topics = st.from_regex(r"[A-Za-z0-9_-]{2,20}", fullmatch=True)
kafkas = st.builds(
    KafkaConfig,
    brokers=st.lists(st.sampled_from(["a:1", "b:9092", "[::1]:9092"]), min_size=1, max_size=3).map(tuple),
    topics=st.builds(Topics, verdicts=topics.map("v".__add__), overrides=topics.map("o".__add__)),
    create_topics=st.booleans(),
    sasl=st.none()
    | st.builds(Sasl, mechanism=st.sampled_from(["PLAIN", "SCRAM-SHA-256"]), username=texts, password=st.just(MASKED)),
)
masks = st.builds(
    MaskConfig,
    name=st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True),
    pattern=st.sampled_from([r"\d+$", "${x}", "$$$", "a: b #c"]),
)
configs = st.builds(
    Config,
    exporters=st.builds(Exporters, otlp_grpc=next_hops) | st.just(Exporters(nop=NopExporter())),
    receivers=st.just(Receivers()) | st.just(Receivers(OtlpReceiver(Protocols(grpc=GrpcServer("[::]:0"))))),
    mining=st.builds(
        Mining, settle=durations, masks=st.lists(masks, max_size=2, unique_by=lambda mask: mask.name).map(tuple)
    ),
    policy=policies,
    verdicts=st.builds(Verdicts, store=st.builds(StoreConfig, path=texts), kafka=st.none() | kafkas),
    service=st.builds(Service, instance_id=st.none() | texts),
)


@settings(max_examples=40)
@given(configs)
def test_what_effective_prints_is_read_back_as_the_same(config):
    assert loads(effective(config).encode(), "effective", {}) == config


@settings(max_examples=40)
@given(policies)
def test_a_policy_alone_is_read_back_as_the_same(policy):
    assert loads(policy_alone(policy).encode(), "policy", {}).policy == policy


@settings(max_examples=40)
@given(configs)
def test_other_tools_read_the_same_texts_in_it(config):
    """YAML 1.1, which many tools still speak, sees what YAML 1.2 sees."""
    tree = yaml.safe_load(effective(config))
    assert [rule.get("service") for rule in tree["policy"]["protect"]] == [
        _escaped(rule.service) for rule in config.policy.protect
    ]
    assert tree["verdicts"]["store"]["path"] == _escaped(config.verdicts.store.path)


def _escaped(text):
    """As it stands in a file where a dollar sign could begin a reference."""
    return text and re.sub(r"\$(?=[${])", "$$", text)


def test_every_default_is_shown_and_readable():
    shown = effective(Config(exporters=Exporters(nop=NopExporter())))
    for line in (
        "endpoint: 127.0.0.1:4317",
        "max_request_body_size: 67108864",
        "settle: 5s",
        "canary: 0.1%",
        "probation: 1h",
        "lease: 30d",
        "heartbeat: limit 1/m",
        "path: sluice.db",
        "nop: {}",
    ):
        assert f"  {line}\n" in shown
    assert "exporters:\n  nop: {}\n" in shown


def test_secrets_are_masked():
    sasl = "{mechanism: PLAIN, username: sluice, password: hunter2}"
    config = loads(
        b"exporters: {otlp_grpc: {endpoint: a:1, headers: {authorization: Bearer hunter2}}}\n"
        b"verdicts: {kafka: {brokers: [b:1], sasl: " + sasl.encode() + b"}}\n",
        "sluice.yaml",
        {},
    )
    shown = effective(config)
    assert "hunter2" not in shown
    assert "authorization: '****'" in shown
    assert "username: sluice\n      password: '****'" in shown


def test_the_environment_of_the_process_is_the_default():
    name = next(name for name, value in os.environ.items() if name.isidentifier() and value.isprintable() and value)
    config = loads(f"exporters: {{nop: }}\nservice: {{instance_id: '${{env:{name}}}'}}".encode(), "sluice.yaml")
    assert msgspec.structs.asdict(config.service)["instance_id"] == os.environ[name]
