"""What counts as a secret in constant words and in samples, and what only looks like one. All secrets are made up."""

from __future__ import annotations

import msgspec
import pytest

from made_evidence import evidence
from sluice.classify.redact import Redactor
from sluice.config.model import MaskConfig, Redaction
from sluice.errors import ConfigError

SECRETS = [
    "login with password=hunter2 ok",
    "login with password: hunter2",
    'body {"db_password": "hunter2", "n": 1}',
    "PGPASSWORD=hunter2 psql",
    "client_secret=abcdef&x=1",
    "api_key=12ab34cd",
    "x-api-key: 12ab34cd",
    "AccessKey=12ab34cd",
    "Authorization: Bearer abc123def456",
    "Authorization: Basic dXNlcjpwYXNz",
    "header was Bearer abc123def456",
    "set token=deadbeef00",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
    "mail to jane.doe@example.com sent",
    "jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2ln",
    "key AKIAABCDEFGHIJKLMNOP used",
    "clone with ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "slack xoxb-1234567890-abcdef",
    "connect postgres://app:hunter2@db/shop",
    "authorization: Bearer hunter2",
    "Authorization: Bearer abcdef.ghijk.lmnop",
    "Authorization: Basic abcdef",
    "bearer hunter2hunter2 used",
    "token: secret: hunter2",
    "ts=1 password=$hunter2 n=1",
    'Authorization: Digest username="hunter2", realm="shop", response="deadbeef00"',
    "-----BEGIN PRIVATE KEY-----\nMIIBcut off",
    '{"password": "a,b hunter2 \\"x"}',
    "mail jane%40example.com",
    "peer:fe80::12ab:34cd refused",
    "password=\ud800hunter2",
    "mysql -uroot -phunter2 shop",
    "sshpass -p hunter2 ssh app@db",
    "curl -s -u admin:hunter2 https://shop",
    "bindpw hunter2",
    "machine db login app password hunter2",
    'auths {"r": {"auth": "dXNlcjpodW50ZXIy"}}',
    "admin:$apr1$abcdefgh$0123456789abcdefghijk.",
    "root:$1$abcdefgh$0123456789abcdefghijk.:19000",
    "RequestHeader(apiKey=hunter2FETCH, apiVersion=17)",
    "apiKey=FETCHED",
    "login (sessionId=178897065, user=5)",
    "(sessionId=hunter2, epoch=INITIAL)",
]
HARMLESS = [
    "mysql -h db -P 3306 connected",
    "curl -u https://shop failed",
    '{"auth": "required"}',
    "machine db login app refused",
    "starting mysql with -pid",
    "Sending RequestHeader(apiKey=FETCH, apiVersion=17, clientId=a)",
    "apiKey=FIND_COORDINATOR",
    "built fetch (sessionId=178897065, epoch=INITIAL) for node <*>",
    "Failed password for <*> from <*>",
    "password=<*>",
    "password=<secret> accepted",
    'db_password="<*>"',
    "Authorization: Bearer <*>",
    "Authorization: <*>",
    "password: required",
    "password: invalid",
    "token: expired",
    "token expired for <*>",
    "tokens: <*>",
    "Basic authentication is disabled",
    "bearer authentication failed",
    "password=****",
    "secret=${SECRET}",
    "Started getty@tty.service",
    "Token: Token { kind: <*> }",
    "GET <*> HTTP/<*>",
    "connect postgres://app:<*>@db/shop",
    "a bearer of bad news came",
    "dedicated bearer activation failed",
    "basic configuration was loaded",
    'authorization=["Bearer <*>"]',
    "Authorization: Bearer <authorization>",
    "password=%s token={} secret=? key=$1",
    'errors {"password": ["This field is required."]}',
    "max_tokens: 4096 token_count=5",
    "passed: 3 pass: 12 failed: 0",
    "PWD=/srv/shop",
    "login <password> failed",
    "cookies: 3, cookie: expired",
    "getty at 10:20:30, 2026-11-22T10:00:00+00:00, +0200",
    "link 00:1b:44:11:3a:b7 is up",
    "std::vector and a::b::c",
    "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
    "agent v1.2.3.4, version 10.4.22.1, KB~6.1.34.0",
    "GET /static/logo@2x.png",
    "order 41111111111111 of 1234567890123456",
    "https://example.com:8443/path",
    "the secretary tokenised it",
    "{db.password:s,token:s} login of <*>",
    "",
]


@pytest.fixture
def redactor():
    return Redactor(Redaction())


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_seen_and_taken_out(redactor, text):
    assert not redactor.clean(text)
    redacted = redactor.redact(text)
    assert redacted != text
    for secret in (
        "hunter2",
        "abcdef",
        "12ab34cd",
        "abc123",
        "dXNlcjpwYXNz",
        "deadbeef",
        "jane",
        "MIIB",
        "AKIA",
        "lmnop",
    ):
        assert secret not in redacted


@pytest.mark.parametrize("text", SECRETS)
def test_what_was_redacted_is_clean(redactor, text):
    assert redactor.clean(redactor.redact(text))


@pytest.mark.parametrize("text", HARMLESS)
def test_a_word_about_secrets_is_none(redactor, text):
    assert redactor.clean(text)
    assert redactor.redact(text) == text


@pytest.mark.parametrize("field", ["skeleton", "template"])
def test_a_type_whose_words_hold_a_secret_is_not_listable(redactor, field):
    harmless = evidence("login of <id>")
    assert redactor.listable(harmless)
    assert not redactor.listable(msgspec.structs.replace(harmless, **{field: "login with password=hunter2"}))


def test_a_secret_in_the_name_of_a_service_or_scope_is_seen(redactor):
    assert not redactor.listable(evidence("login of <id>", service="jane.doe@example.com"))
    assert not redactor.listable(evidence("login of <id>", scope="worker token=deadbeef00"))


def test_configured_masks_are_added(redactor):
    own = Redactor(Redaction(masks=(MaskConfig(name="badge", pattern=r"\bB-\d{4}\b"),)))
    assert redactor.clean("opened by B-1234")
    assert own.redact("opened by B-1234") == "opened by <badge>"
    assert not own.clean("password=hunter2")


def test_a_configured_mask_may_have_groups_and_is_replaced_whole():
    own = Redactor(Redaction(masks=(MaskConfig(name="badge", pattern=r"(B|C)-(\d{4})"),)))
    assert own.redact("opened by B-1234, closed by C-0001") == "opened by <badge>, closed by <badge>"


def test_a_configured_mask_that_may_be_empty_finds_what_is_not():
    own = Redactor(Redaction(masks=(MaskConfig(name="badge", pattern=r"(?:B-\d+)?"),)))
    assert own.clean("nobody")
    assert own.redact("opened by B-12") == "opened by <badge>"


def test_what_two_forms_find_together_is_replaced_once(redactor):
    assert redactor.redact("postgres://jane.doe@example.com:hunter2@db/shop") == "postgres://<url_credential>@db/shop"


def test_samples_and_values_are_redacted_before_they_are_shown(redactor):
    line = evidence(
        "user <str> came", samples=("user jane.doe@example.com came",), values={"str": ["password=hunter2"]}
    )
    shown = redactor.shown(line)
    assert shown.samples == ["user <email> came"]
    assert shown.slots[0].values == ["password=<credential>"]
    assert shown.template == line.template


def test_switched_off_it_shows_samples_as_they_are_and_still_lists_no_secret():
    off = Redactor(Redaction(enabled=False))
    line = evidence("user <str> came", samples=("user jane.doe@example.com came",))
    assert off.shown(line) is line
    assert not off.listable(evidence("login with password=hunter2"))


def test_a_mask_that_is_no_expression_names_its_key():
    with pytest.raises(ConfigError, match=r"classification\.redaction\.masks\[0\]\.pattern.*'\('"):
        Redactor(Redaction(masks=(MaskConfig(name="broken", pattern="("),)))


def test_a_mask_takes_the_syntax_whose_time_is_linear():
    with pytest.raises(ConfigError, match=r"masks\[1\]\.pattern"):
        Redactor(Redaction(masks=(MaskConfig(name="fine", pattern="a"), MaskConfig(name="slow", pattern="(?<=a)b"))))
