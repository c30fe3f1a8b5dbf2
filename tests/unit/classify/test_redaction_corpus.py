"""Secrets of every kind, made anew, in the places where programs print them: none leaves, and none is stored."""

from __future__ import annotations

import msgspec
import pytest
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.ip_public import IPPublicDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from made_evidence import evidence
from made_secrets import Made, made_secrets
from sluice.classify.redact import Redactor
from sluice.config.model import Redaction

MADE = made_secrets(seed=20261122)
PIECE = 12
"""Characters of a long secret that must not be seen in a row either."""
OTHERS: list[BasePlugin] = [
    AWSKeyDetector(),
    AzureStorageKeyDetector(),
    BasicAuthDetector(),
    DiscordBotTokenDetector(),
    GitHubTokenDetector(),
    GitLabTokenDetector(),
    IPPublicDetector(),
    JwtTokenDetector(),
    MailchimpDetector(),
    NpmDetector(),
    OpenAIDetector(),
    PrivateKeyDetector(),
    PypiTokenDetector(),
    SendGridDetector(),
    SlackDetector(),
    SquareOAuthDetector(),
    StripeDetector(),
    TelegramBotTokenDetector(),
    TwilioKeyDetector(),
]


@pytest.fixture(scope="module")
def redactor():
    return Redactor(Redaction())


def pieces(secret: str) -> set[str]:
    if len(secret) < PIECE + 4:
        return {secret}
    return {secret[start : start + PIECE] for start in range(len(secret) - PIECE + 1)}


def test_the_corpus_is_broad_enough_to_say_something():
    assert len({made.text for made in MADE}) >= 150
    assert len({made.kind for made in MADE}) >= 25
    assert all(made.parts and all(part in made.text or "\\n" in made.text for part in made.parts) for made in MADE)


@pytest.mark.parametrize("made", MADE, ids=[f"{made.kind}-{number}" for number, made in enumerate(MADE)])
class TestASecret:
    def test_is_gone_from_what_is_shown(self, redactor: Redactor, made: Made):
        line = evidence("said <str>", samples=("harmless", made.text), values={"str": [made.text, "harmless"]})
        shown = redactor.shown(line)
        assert shown.samples[0] == shown.slots[0].values[1] == "harmless"
        for text in (shown.samples[1], shown.slots[0].values[0]):
            assert not [piece for part in made.parts for piece in pieces(part) if piece in text]
            assert "<" in text

    def test_keeps_its_type_unlisted(self, redactor: Redactor, made: Made):
        assert not redactor.clean(made.text)
        assert not redactor.listable(msgspec.structs.replace(evidence("said <str>"), skeleton=made.text))

    def test_leaves_nothing_to_redact(self, redactor: Redactor, made: Made):
        redacted = redactor.redact(made.text)
        assert redactor.redact(redacted) == redacted
        assert redactor.clean(redacted)


def test_detectors_made_by_others_find_them_before_and_nothing_after(redactor: Redactor):
    found = {made.kind for made in MADE if any(list(other.analyze_string(made.text)) for other in OTHERS)}
    assert len(found) >= 15
    left = [
        (made.kind, type(other).__name__)
        for made in MADE
        for other in OTHERS
        if list(other.analyze_string(redactor.redact(made.text)))
    ]
    assert left == []
