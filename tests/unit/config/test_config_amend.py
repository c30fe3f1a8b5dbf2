"""Keys are set in the text of a configuration and nothing else of it changes; or nothing is changed at all."""

import pytest
import yaml

from sluice.config.amend import amend, block

PROVIDER = (("classification", "provider"), "anthropic")
KEY = (("classification", "anthropic", "api_key"), "${env:ANTHROPIC_API_KEY}")
BOTH = [PROVIDER, KEY]
SECTION = "{api_key: '${env:ANTHROPIC_API_KEY}'}"

NEW = """
classification:
  provider: anthropic
  anthropic: {api_key: '${env:ANTHROPIC_API_KEY}'}
"""

AMENDED = {
    "nothing": ("", NEW.lstrip()),
    "comments alone": ("# ours\n", f"# ours\n{NEW}"),
    "other sections": ("exporters: {nop: }  # tap\n", f"exporters: {{nop: }}  # tap\n{NEW}"),
    "no newline at the end": ("exporters: {nop: }", f"exporters: {{nop: }}\n{NEW}"),
    "a section in block style": (
        "classification:\n    # why\n    provider: rules  # so far\n    queue:\n        batch_size: 8  # few\n"
        "\nmining: {}\n",
        "classification:\n    # why\n    provider: anthropic  # so far\n    queue:\n        batch_size: 8  # few\n"
        "    anthropic: {api_key: '${env:ANTHROPIC_API_KEY}'}\n\nmining: {}\n",
    ),
    "a section in flow style": (
        "classification: {provider: rules, anthropic: {model: m}}  # one line\n",
        "classification: {provider: anthropic, anthropic: {model: m, api_key: '${env:ANTHROPIC_API_KEY}'}}  "
        "# one line\n",
    ),
    "an empty section in flow style": (
        "classification: {}\n",
        "classification: {provider: anthropic, anthropic: {api_key: '${env:ANTHROPIC_API_KEY}'}}\n",
    ),
    "a section without value": (
        "classification:  # later\nmining: {}\n",
        f"classification: {{provider: anthropic, anthropic: {SECTION}}}  # later\nmining: {{}}\n",
    ),
    "a value that is missing": (
        "classification:\n  provider:\n  anthropic:\n    api_key: ~\n",
        "classification:\n  provider: anthropic\n  anthropic:\n    api_key: '${env:ANTHROPIC_API_KEY}'\n",
    ),
    "a literal key": (
        "classification:\n  provider: 'anthropic'\n  anthropic:\n    api_key: \"sk-1\"\n    model: m\n",
        "classification:\n  provider: 'anthropic'\n  anthropic:\n    api_key: '${env:ANTHROPIC_API_KEY}'\n"
        "    model: m\n",
    ),
    "lines that end as on Windows": ("mining: {}\r\n", "mining: {}\r\n" + NEW.replace("\n", "\r\n")),
    "all in one mapping": (
        "{exporters: {nop: {}}}\n",
        "{exporters: {nop: {}}, classification: {provider: anthropic, anthropic: {api_key: "
        "'${env:ANTHROPIC_API_KEY}'}}}\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), AMENDED.values(), ids=AMENDED.keys())
def test_only_what_is_set_changes(before, after):
    assert amend(before, BOTH) == after


@pytest.mark.parametrize("text", [after for _, after in AMENDED.values()], ids=AMENDED.keys())
def test_setting_the_same_again_changes_nothing(text):
    assert amend(text, BOTH) == text


RARE = {
    "an alias of another section": "a: &a {provider: rules}\nclassification: *a\n",
    "an anchor that is used elsewhere": "classification: {provider: &p rules}\npolicy: {mode: *p}\n",
    "an end of document": "exporters: {nop: }\n...\n",
    "a block of text": "classification:\n  provider: |\n    rules\n  fallback: none\n",
    "a list in its place": "classification: [rules]\n",
    "a text in its place": "classification: rules\n",
    "a mapping for a text": "classification: {provider: {a: b}}\n",
}


@pytest.mark.parametrize("text", RARE.values(), ids=RARE.keys())
def test_what_cannot_be_edited_safely_is_not_edited(text):
    assert amend(text, BOTH) is None


@pytest.mark.parametrize("value", ["none", "null", "1.5", "a: b", "it's", "", "#x", "latest-sonnet", "true", "ü{}"])
def test_every_text_comes_back_as_it_is(value):
    path = ("classification", "anthropic", "model")
    assert yaml.safe_load(block([(path, value)])) == {"classification": {"anthropic": {"model": value}}}
