"""Secrets of every kind that redaction knows, made anew by a seed; none of them opens anything.

Each is drawn from the alphabet and the length that its issuer uses. Check digits are computed here, by the published
rules and not by the library that the product asks.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from typing import NamedTuple

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_URL = _ALNUM + "-_"
_BASE64 = _ALNUM + "+/"
_FREE = (
    "cloning with {} now",
    "2026-11-22T10:00:01Z ERROR worker-3 unexpected {} in input",
    '{{"level":"info","msg":"got {}","n":1}}',
    "java.lang.IllegalStateException: bad value {}\n\tat com.example.Shop.open(Shop.java:41)",
    "ts=2026-11-22 level=warn arg={} caller=main.go:12",
    'Traceback (most recent call last):\n  File "shop.py", line 3\nValueError: {}',
)
_NAMED = (
    "login with password={} ok",
    'body {{"db_password": "{}", "n": 1}}',
    '"{{\\"client_secret\\": \\"{}\\", \\"n\\": 1}}"',
    "GET /callback?access_token={}&state=1 200",
    "x-api-key: {}",
    "PGPASSWORD={} psql -h db",
    "Server=db;User Id=sa;Password={};Encrypt=true",
    "headers=[(b'Host', b'shop'), (b'X-Auth-Token', b'{}')]",
    "restore --password {} --force",
    "ALTER USER app WITH PASSWORD '{}'",
    "<soap:password>{}</soap:password>",
    "{{'refresh_token': '{}', 'expires_in': 3600}}",
    "map[Api-Key:[{}] Accept:[*/*]]",
)
_AUTHORIZATION = (
    "Authorization: {}",
    '{{"headers": {{"Authorization": "{}"}}}}',
    'http.request.header.authorization=["{}"]',
    "[(b'Host', b'x'), (b'authorization', b'{}'), (b'Accept', b'*/*')]",
    "map[Authorization:[{}] Host:[shop]]",
    "proxy-authorization: {}",
    "curl -H 'Authorization: {}' https://shop.example/",
)


class Made(NamedTuple):
    """A secret and a text that holds it. `parts` are what must not be seen: no label that is public anyway."""

    kind: str
    text: str
    parts: tuple[str, ...]


def made_secrets(seed: int, each: int = 6) -> list[Made]:
    """`each` secrets of each kind, in contexts that vary."""
    draw = random.Random(seed)
    made = []
    for kind, (make, contexts) in _KINDS.items():
        for number in range(each):
            secret = make(draw)
            context = contexts[number % len(contexts)]
            text = context.format(secret.replace("\n", "\\n") if "{{" in context else secret)
            made.append(Made(kind, text, _hidden(kind, secret)))
    return made


def _hidden(kind: str, secret: str) -> tuple[str, ...]:
    if kind in _SCHEMED:  # the scheme is no secret
        secret = secret.partition(" ")[2]
    if kind == "private_key":
        return tuple(secret.splitlines()[1:-1])
    if kind in _URLS:
        return tuple(part for part in secret.replace("@", "/").split("/") if len(part) > 14 and "." not in part[:14])
    return (secret,)


def _of(alphabet: str, count: int) -> Callable[[random.Random], str]:
    return lambda draw: "".join(draw.choices(alphabet, k=count))


def _form(form: str, *parts: tuple[str, int]) -> Callable[[random.Random], str]:
    return lambda draw: form.format(*("".join(draw.choices(alphabet, k=count)) for alphabet, count in parts))


def _either(*makers: Callable[[random.Random], str]) -> Callable[[random.Random], str]:
    return lambda draw: draw.choice(makers)(draw)


def _password(draw: random.Random) -> str:
    """Words, letters alone, and what a policy asks for."""
    return draw.choice(
        [
            "swordfish" + "".join(draw.choices(string.ascii_lowercase, k=5)),
            "".join(draw.choices(string.ascii_lowercase, k=10)),
            "".join(draw.choices(_ALNUM + "!$%*+-_.:~^", k=14)) + "7",
            "$" + "".join(draw.choices(_ALNUM, k=9)) + "/x",
        ]
    )


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _url64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _jwt(draw: random.Random) -> str:
    claims = {"sub": str(draw.randrange(10**9)), "iat": draw.randrange(10**9, 2 * 10**9)}
    return f"{_url64({'alg': 'HS256', 'typ': 'JWT'})}.{_url64(claims)}.{_of(_URL, 43)(draw)}"


def _private_key(draw: random.Random) -> str:
    name = draw.choice(
        ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
    )
    body = "\n".join(_of(_BASE64, 64)(draw) for _ in range(4))
    return f"-----BEGIN {name}-----\n{body}\n-----END {name}-----"


def _luhn(digits: str) -> str:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)


def _card(draw: random.Random) -> str:
    head, length = draw.choice(
        [("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("6011", 16), ("3530", 16), ("36", 14)]
    )
    number = _luhn(head + _of(string.digits, length - len(head) - 1)(draw))
    if length == 16:
        return draw.choice(["{}{}{}{}", "{} {} {} {}", "{}-{}-{}-{}"]).format(
            *(number[i : i + 4] for i in range(0, 16, 4))
        )
    return number


def _iban(draw: random.Random) -> str:
    """Germany and Austria: their account numbers have no further check digit."""
    country, length = draw.choice([("DE", 18), ("AT", 16)])
    account = _of(string.digits, length)(draw)
    digits = "".join(str(int(character, 36)) for character in account + country + "00")
    number = f"{country}{98 - int(digits) % 97:02}{account}"
    return draw.choice([number, " ".join(number[i : i + 4] for i in range(0, len(number), 4))])


def _phone(draw: random.Random) -> str:
    digits = _of(string.digits, 4)(draw)
    return draw.choice(
        [
            f"+1 415 555 {digits}",
            f"+1-212-555-{digits}",
            f"+4420794{digits}6",
            f"+49 30 90{digits}",
            f"+33 6 12 34 {digits[:2]} {digits[2:]}",
            f"(415) 555-{digits}",
            f"212-555-{digits}",
        ]
    )


def _spain(draw: random.Random) -> str:
    number = draw.randrange(10**7, 10**8)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _brazil(draw: random.Random) -> str:
    digits = [draw.randrange(1, 9) for _ in range(9)]
    for length in (9, 10):
        rest = sum(digit * (length + 1 - position) for position, digit in enumerate(digits)) * 10 % 11
        digits.append(rest % 10)
    text = "".join(map(str, digits))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def _belgium(draw: random.Random) -> str:
    born = f"{draw.randrange(40, 99):02}{draw.randrange(1, 13):02}{draw.randrange(1, 28):02}"
    serial = f"{draw.randrange(1, 998):03}"
    check = f"{97 - int(born + serial) % 97:02}"
    return f"{born[:2]}.{born[2:4]}.{born[4:]}-{serial}.{check}"


def _finland(draw: random.Random) -> str:
    born = f"{draw.randrange(1, 28):02}{draw.randrange(1, 13):02}{draw.randrange(40, 99):02}"
    serial = f"{draw.randrange(2, 899):03}"
    return f"{born}-{serial}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(born + serial) % 31]}"


def _america(draw: random.Random) -> str:
    return f"{draw.randrange(100, 665)}-{draw.randrange(10, 99)}-{draw.randrange(1000, 9999)}"


def _britain(draw: random.Random) -> str:
    return f"{draw.choice(['AB', 'CE', 'JK', 'SR'])}{_of(string.digits, 6)(draw)}{draw.choice('ABCD')}"


def _ipv4(draw: random.Random) -> str:
    return ".".join(str(draw.randrange(1, 255)) for _ in range(4))


def _ipv6(draw: random.Random) -> str:
    groups = [f"{draw.randrange(0x1000, 0xFFFF):x}" for _ in range(5)]
    return draw.choice([f"2001:db8:{':'.join(groups)}:1", f"fe80::{groups[0]}:{groups[1]}", f"2001:db8::{groups[0]}:1"])


def _email(draw: random.Random) -> str:
    name = _of(string.ascii_lowercase, 8)(draw)
    return draw.choice([f"{name}@example.com", f"{name}.doe+tag@mail.example.co.uk", f"{name}%40example.org"])


_SCHEMED = frozenset({"basic_auth", "bearer_auth", "bearer_words", "digest_auth", "own_scheme"})
_URLS = frozenset({"slack_webhook", "discord_webhook"})
_HEADERS = ("header was {} here", *_AUTHORIZATION)

_KINDS: dict[str, tuple[Callable[[random.Random], str], tuple[str, ...]]] = {
    "password": (_password, _NAMED),
    "hex_secret": (_of(_HEX, 32), _NAMED),
    "base64_secret": (_form("{}==", (_BASE64, 38)), _NAMED),
    "aws_secret_key": (
        _of(_BASE64, 40),
        ("aws_secret_access_key = {}", '{{"SecretAccessKey": "{}"}}', "AWS_SECRET_ACCESS_KEY={} make"),
    ),
    "azure_connection_string": (
        _form("{}==", (_BASE64, 86)),
        (
            "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={};EndpointSuffix=core.windows.net",
            "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey={}",
        ),
    ),
    "azure_sas": (
        _form("{}%3D", (_ALNUM, 43)),
        (
            "PUT https://shop.blob.core.windows.net/a/b?sv=2024-11-04&sp=r&sig={} 201",
            "url=https://x.example/?se=1&sig={}",
        ),
    ),
    "azure_client_secret": (_form("{}8Q~{}", (_ALNUM, 3), (_URL, 34)), _FREE),
    "gcp_service_account": (
        _of(_HEX, 40),
        ('{{"type": "service_account", "private_key_id": "{}", "project_id": "shop"}}',),
    ),
    "gcp_api_key": (_form("AIza{}", (_URL, 35)), _FREE),
    "gcp_oauth": (_form("ya29.{}", (_URL, 60)), _FREE),
    "aws_key_id": (
        _either(_form("AKIA{}", (string.ascii_uppercase, 16)), _form("ASIA{}", (string.ascii_uppercase, 16))),
        _FREE,
    ),
    "github_token": (
        _either(
            _form("ghp_{}", (_ALNUM, 36)),
            _form("gho_{}", (_ALNUM, 36)),
            _form("github_pat_{}_{}", (_ALNUM, 22), (_ALNUM, 59)),
        ),
        _FREE,
    ),
    "gitlab_token": (
        _either(_form("glpat-{}", (_URL, 20)), _form("gldt-{}", (_URL, 20)), _form("glrt-{}", (_URL, 20))),
        _FREE,
    ),
    "slack_token": (
        _either(
            _form("xoxb-{}-{}-{}", (string.digits, 12), (string.digits, 12), (_ALNUM, 24)),
            _form("xoxp-{}-{}-{}-{}", (string.digits, 12), (string.digits, 12), (string.digits, 12), (_HEX, 32)),
            _form("xapp-1-A{}-{}-{}", (string.digits, 10), (string.digits, 13), (_HEX, 64)),
        ),
        _FREE,
    ),
    "slack_webhook": (
        _form("https://hooks.slack.com/services/T{}/B{}/{}", (_ALNUM, 16), (_ALNUM, 16), (_ALNUM, 24)),
        _FREE,
    ),
    "discord_webhook": (_form("https://discord.com/api/webhooks/{}/{}", (string.digits, 18), (_URL, 68)), _FREE),
    "stripe_key": (
        _either(
            _form("sk_live_{}", (_ALNUM, 24)), _form("rk_live_{}", (_ALNUM, 24)), _form("sk_test_{}", (_ALNUM, 24))
        ),
        _FREE,
    ),
    "openai_key": (
        _either(
            _form("sk-{}T3BlbkFJ{}", (_ALNUM, 20), (_ALNUM, 20)),
            _form("sk-proj-{}T3BlbkFJ{}", (_ALNUM, 20), (_ALNUM, 20)),
        ),
        _FREE,
    ),
    "anthropic_key": (_form("sk-ant-api03-{}-{}AA", (_URL, 60), (_URL, 30)), _FREE),
    "huggingface_token": (_form("hf_{}", (string.ascii_letters, 34)), _FREE),
    "npm_token": (_form("npm_{}", (_ALNUM, 36)), (*_FREE, "//registry.npmjs.org/:_authToken={}")),
    "pypi_token": (_form("pypi-AgEIcHlwaS5vcmc{}", (_URL, 90)), _FREE),
    "rubygems_key": (_form("rubygems_{}", (_HEX, 48)), _FREE),
    "docker_token": (_form("dckr_pat_{}", (_URL, 27)), _FREE),
    "sendgrid_key": (_form("SG.{}.{}", (_URL, 22), (_URL, 43)), _FREE),
    "twilio_key": (_form("SK{}", (_HEX, 32)), _FREE),
    "mailgun_key": (_form("key-{}", (_HEX, 32)), _FREE),
    "mailchimp_key": (_form("{}-us12", (_HEX, 32)), _FREE),
    "datadog_key": (_of(_HEX, 32), ("DD_API_KEY={} datadog-agent", "dd-api-key: {}", '{{"DD-APPLICATION-KEY": "{}"}}')),
    "newrelic_key": (_form("NRAK-{}", (string.ascii_uppercase + string.digits, 27)), _FREE),
    "grafana_token": (_form("glsa_{}_{}", (_ALNUM, 32), (_HEX, 8)), _FREE),
    "sentry_token": (_form("sntrys_{}", (_BASE64, 80)), _FREE),
    "vault_token": (_form("hvs.{}", (_URL, 90)), _FREE),
    "terraform_token": (_form("{}.atlasv1.{}", (_ALNUM, 14), (_ALNUM, 67)), _FREE),
    "databricks_token": (_form("dapi{}", (_HEX, 32)), _FREE),
    "digitalocean_token": (_form("dop_v1_{}", (_HEX, 64)), _FREE),
    "shopify_token": (_form("shpat_{}", (_HEX, 32)), _FREE),
    "square_token": (_form("sq0atp-{}", (_URL, 22)), _FREE),
    "telegram_token": (_form("{}:AA{}", ("123456789", 10), (_URL, 33)), _FREE),
    "postman_key": (_form("PMAK-{}-{}", (_HEX, 24), (_HEX, 34)), _FREE),
    "jwt": (_jwt, _FREE),
    "private_key": (_private_key, _FREE),
    "ssh_key": (
        _form("AAAAB3NzaC1yc2E{}", (_BASE64, 120)),
        ("added ssh-rsa {} deploy", "ecdsa-sha2-nistp256 {} accepted", "authorized_keys: ssh-ed25519 {}"),
    ),
    "password_hash": (_form("$2b$12${}", (_ALNUM + "./", 53)), _FREE),
    "basic_auth": (lambda draw: "Basic " + _b64(f"user:{_password(draw)}"), _HEADERS),
    "bearer_auth": (_form("Bearer {}", (_ALNUM, 24)), _HEADERS),
    "bearer_words": (_form("Bearer {}", (string.ascii_lowercase, 12)), _HEADERS),
    "digest_auth": (
        _form('Digest username="{}", realm="shop", nonce="{}", response="{}"', (_ALNUM, 12), (_HEX, 32), (_HEX, 32)),
        ("Authorization: {}", "proxy-authorization: {}", "curl -H 'Authorization: {}' https://shop.example/"),
    ),
    "own_scheme": (_form("Shopkey {}", (string.ascii_lowercase, 12)), _AUTHORIZATION),
    "cookie": (
        _form("sid={}; csrf={}", (_ALNUM, 20), (string.ascii_lowercase, 20)),
        ("Cookie: {}", "set-cookie: {}; Path=/; HttpOnly", '{{"cookie": "{}"}}', "(b'Cookie', b'{}')"),
    ),
    "session_id": (
        _of(_ALNUM, 26),
        ("PHPSESSID={} opened", "session_id: {}", '{{"sessionId": "{}"}}', "GET /;jsessionid={} 200"),
    ),
    "url_credential": (
        lambda draw: f"app:{_of(_ALNUM + '!$', 12)(draw)}",
        (
            "connect postgres://{}@db:5432/shop",
            "redis://{}@cache:6379/0 refused",
            "mongodb+srv://{}@cluster0.example.net/?w=majority",
            "amqp://{}@broker/vhost: closed",
            "git clone https://{}@git.example.com/shop.git",
        ),
    ),
    "oracle_connection": (lambda draw: f"scott/{_of(_ALNUM, 10)(draw)}", ("url=jdbc:oracle:thin:{}@db:1521:shop",)),
    "email": (_email, _FREE),
    "phone": (_phone, _FREE),
    "phone_by_name": (_of("123456789", 10), ("phone={} ok", '{{"mobile": "{}"}}', "msisdn: {}", "sms to {} failed")),
    "card": (_card, _FREE),
    "iban": (_iban, _FREE),
    "us_ssn": (_america, _FREE),
    "uk_nino": (_britain, _FREE),
    "spanish_dni": (_spain, _FREE),
    "brazilian_cpf": (_brazil, _FREE),
    "belgian_number": (_belgium, _FREE),
    "finnish_number": (_finland, _FREE),
    "national_id_by_name": (
        _of("123456789", 11),
        ("pesel={}", '{{"national_id": "{}"}}', "tax id: {} rejected", "passport no: {}"),
    ),
    "ipv4": (_ipv4, (*_FREE, "peer {}:443 closed", "host/{}:9092 (Connection refused)")),
    "ipv6": (_ipv6, (*_FREE, "listen [{}]:443", "addr:{} up")),
}
