"""docs/configuration.md has a row for every key, with the default that the structs have."""

import re
from pathlib import Path

import pytest
import yaml

from sluice.config.effective import effective
from sluice.config.keys import keys
from sluice.config.load import loads
from sluice.config.model import DEFAULT_ACTIONS
from sluice.config.notyet import NOT_YET

TEXT = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
ROWS = {key: rest for key, *rest in re.findall(r"^\| `([^`]+)` \| (?:(.*) )?\| (?:(.*) )?\|$", TEXT, re.M)}
SECTIONS = {key.rpartition(".")[0] for key in keys()}
EVERYTHING = b"""
exporters: {otlp_grpc: {endpoint: next:4317}}
verdicts: {kafka: {brokers: [a:1], tls: {}, sasl: {mechanism: PLAIN, username: u, password: p}}}
"""


@pytest.mark.parametrize("key", [key for key in keys() if key not in SECTIONS])
def test_every_key_has_its_row(key):
    assert key in ROWS


@pytest.mark.parametrize("key", [key for key in ROWS if key.partition(".")[2]])
def test_every_row_has_its_key(key):
    assert key in set(keys())


def test_every_default_is_the_one_in_force():
    tree = yaml.safe_load(effective(loads(EVERYTHING, "everything", {})))
    for key, (default, _) in ROWS.items():
        if shown := re.fullmatch(r"`(.*)`", default):
            value = tree
            for word in key.split("."):
                value = value.get(word, {}) if isinstance(value, dict) else {}
            assert value in ({}, yaml.safe_load(shown[1])) or str(value).lower() == shown[1], key


def test_every_default_action_is_the_one_in_force():
    told = dict(re.findall(r"\| `(\w+)` \| ((?:keep|drop|sample|limit)[^|]*?) (?=\|)", TEXT.replace("| `", "| | `")))
    assert told == DEFAULT_ACTIONS


@pytest.mark.parametrize("row", NOT_YET, ids=lambda row: ".".join(map(str, row.path)))
def test_what_is_not_yet_built_says_so(row):
    assert "*not yet" in ROWS[".".join(map(str, row.path))][1]


def test_the_example_is_a_configuration():
    assert loads(re.findall(r"```yaml\n(.*?)```", TEXT, re.S)[0].encode(), "docs", {}).policy.mode == "tag"
