"""Credentials that are named: `password=…`, `"api_key": "…"`, `Authorization: …`, `https://user:…@host`.

What makes them secrets is the name before them, so these forms are ours: no check digit and no vendor's prefix tells.
"""

from __future__ import annotations

import base64
import binascii
import re

from sluice.classify.redaction.form import Form

_KEY = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credentials?|connection[_-]?string|sess(?:ion)?[_-]?(?:id|key)|"
    r"(?:api|app|application|access|secret|private|account|shared|signing|encryption|master|auth|license|subscription)"
    r"[_. -]?key|private_key_id|(?:\b|_)(?:pass|otp|cvv2?|cvc|pin))"
    r"(?:[_-]?(?:hash|value|base64|b64|plain|text|\d{1,2}))?"
)
_SEPARATOR = r"""\\*["'`]?\]?\s{0,4}(?:={1,3}>?|:=?|%3D)\s{0,4}\[?"""
"""With the quote that ends the key; a list of one value, as Go and OTLP write headers."""
_QUOTED = r"""[bru]?(?:\\+"([^"\\]+)|"((?:[^"\\]|\\.)+)|'((?:[^'\\]|\\.)+))"""
"""Escaped inside another string, or not; with the prefixes of Python's strings."""
_BARE = r"""([^\s"'`<>,;&(){}\[\]|\\][^\s"'`<>,;&)}\]|]+)"""
_TUPLE = r"""["']\s{0,4},\s{0,4}"""
"""Between key and value where a program prints pairs: `(b'password', b'…')`."""

_SPOKEN_OF = frozenset(
    b"password passwd passphrase secret token key credential credentials bearer basic digest negotiate "
    b"required invalid incorrect wrong expired expires missing empty changed updated reset rejected accepted refused "
    b"denied failed failure failing error errors unknown unavailable none null nil undefined true false yes no ok set "
    b"unset not is was were has have had can cannot could should must may might will would does did be been being "
    b"redacted hidden masked filtered omitted removed string str int integer bool boolean bytes optional "
    b"the a an this that it its your our their please ensure for from to of in on at by with without and or if when "
    b"found valid validated verified refreshed revoked created deleted rotated renewed loaded generated issued "
    b"authentication authorization mismatch mismatched too default disabled enabled field value".split()
)
"""Words that follow `password:` in prose: it is spoken of, not told."""
_PLACEHOLDER = re.compile(
    rb"<[^<>]*>|\*+|[xX.]{3,}|-+|\$[A-Z_][A-Z0-9_]*|\$\{[^{}]*\}?|\$\d+|\{\{?[^{}]*\}?\}|%[a-z]|%\(\w+\)s|%\w+%|:[a-z_]+|\?+|"
    rb"[\[(](?i:redacted|filtered|hidden|masked|omitted|removed|protected)[\])]"
)
"""What stands for a value: of a mask, of a shell, of a template, of a prepared statement."""
_KAFKA_REQUESTS = frozenset(
    b"PRODUCE FETCH LIST_OFFSETS METADATA OFFSET_COMMIT OFFSET_FETCH FIND_COORDINATOR JOIN_GROUP HEARTBEAT LEAVE_GROUP "
    b"SYNC_GROUP DESCRIBE_GROUPS LIST_GROUPS SASL_HANDSHAKE API_VERSIONS CREATE_TOPICS DELETE_TOPICS DELETE_RECORDS "
    b"INIT_PRODUCER_ID OFFSET_FOR_LEADER_EPOCH ADD_PARTITIONS_TO_TXN ADD_OFFSETS_TO_TXN END_TXN WRITE_TXN_MARKERS "
    b"TXN_OFFSET_COMMIT DESCRIBE_ACLS CREATE_ACLS DELETE_ACLS DESCRIBE_CONFIGS ALTER_CONFIGS ALTER_REPLICA_LOG_DIRS "
    b"DESCRIBE_LOG_DIRS SASL_AUTHENTICATE CREATE_PARTITIONS CREATE_DELEGATION_TOKEN RENEW_DELEGATION_TOKEN "
    b"EXPIRE_DELEGATION_TOKEN DESCRIBE_DELEGATION_TOKEN DELETE_GROUPS ELECT_LEADERS INCREMENTAL_ALTER_CONFIGS "
    b"ALTER_PARTITION_REASSIGNMENTS LIST_PARTITION_REASSIGNMENTS OFFSET_DELETE DESCRIBE_CLIENT_QUOTAS "
    b"ALTER_CLIENT_QUOTAS DESCRIBE_USER_SCRAM_CREDENTIALS ALTER_USER_SCRAM_CREDENTIALS VOTE BEGIN_QUORUM_EPOCH "
    b"END_QUORUM_EPOCH DESCRIBE_QUORUM ALTER_PARTITION UPDATE_FEATURES ENVELOPE FETCH_SNAPSHOT DESCRIBE_CLUSTER "
    b"DESCRIBE_PRODUCERS UNREGISTER_BROKER DESCRIBE_TRANSACTIONS LIST_TRANSACTIONS ALLOCATE_PRODUCER_IDS "
    b"CONSUMER_GROUP_HEARTBEAT CONSUMER_GROUP_DESCRIBE GET_TELEMETRY_SUBSCRIPTIONS PUSH_TELEMETRY "
    b"DESCRIBE_TOPIC_PARTITIONS SHARE_FETCH SHARE_ACKNOWLEDGE UPDATE_METADATA LEADER_AND_ISR STOP_REPLICA "
    b"CONTROLLED_SHUTDOWN BROKER_REGISTRATION BROKER_HEARTBEAT".split()
)
"""What Kafka's clients and brokers call the kind of a request: `RequestHeader(apiKey=FETCH, ...)`."""
_WORD = re.compile(rb"[A-Za-z]+")
_BEFORE = 40
"""Bytes before a value that hold its key."""

_SCHEMES = (
    r"bearer|basic|digest|negotiate|ntlm|token|oauth|hawk|hoba|mutual|dpop|apikey|api-key|key|sharedkey|"
    r"sharedaccesssignature|aws4-hmac-sha256|scram-sha-\d+|gnap|privatetoken|vapid|splunk|genie\s?key|"
    r"googlelogin|jwt|signature"
)
_SCHEME_ALONE = re.compile(rb"(?i)(?:" + _SCHEMES.encode() + rb")(?:\s+<[^<>]*>)?")

_AFTER_BEARER = frozenset(
    b"authentication authorization authorisation authenticated authorized token tokens credential credentials scheme "
    b"challenge header headers format prefix realm required missing invalid expired rejected accepted failed failure "
    b"access method methods security schema support supported instead without either because against before "
    b"activation capability channel context deactivation establishment established modification release resource "
    b"service services setup session string bearers certificate certificates".split()
)
"""What follows `bearer` where it is spoken of, in HTTP and in mobile networks; all else of six letters is a token."""


def _told(text: bytes, start: int, end: int) -> int:
    """A value, rather than a placeholder or the next word of a sentence about secrets."""
    value = text[start:end]
    if _PLACEHOLDER.fullmatch(value):
        return start
    word = _WORD.match(value)
    if word and word[0].lower() in _SPOKEN_OF and not value[word.end() :].split(b" ", 1)[0].strip(b".,:;!?'"):
        return start
    key = text[max(0, start - _BEFORE) : start].lower().rstrip(b"\"'`=:\\ \t[")
    if key.endswith(b"pwd") and value.startswith((b"/", b"~")):  # the working directory
        return start
    if key.endswith((b"pass", b"pin")) and len(value) < 4:  # how many passed
        return start
    if key.endswith(b"apikey") and value in _KAFKA_REQUESTS:
        return start
    if key.endswith(b"sessionid") and value.isdigit() and text.startswith(b", epoch=", end):
        return start  # of Kafka's fetches: the number of a cache entry, worth nothing to others
    return end


def _authorizes(text: bytes, start: int, end: int) -> int:
    """Whatever stands behind the key, unless it is the scheme alone before a mask."""
    value = text[start:end]
    return start if _PLACEHOLDER.fullmatch(value) or _SCHEME_ALONE.fullmatch(value) else end


def _bearer(text: bytes, start: int, end: int) -> int:
    return start if text[start:end].lower().rstrip(b".-") in _AFTER_BEARER else end


def _basic(text: bytes, start: int, end: int) -> int:
    """RFC 7617: base64 of user, colon, password."""
    value = text[start:end].rstrip(b"=")
    try:
        told = base64.b64decode(value + b"=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        return start
    return end if b":" in told and told.isascii() else start


def _crumbs(text: bytes, start: int, end: int) -> int:
    """Cookies, rather than their number or what became of them."""
    value = text[start:end]
    return start if value.isdigit() else _told(text, start, end)


_PAIR = rf"(?:{_SEPARATOR}(?:{_QUOTED}|{_BARE})|{_TUPLE}(?:{_QUOTED}))"
_PARAMETERS = r"""[\w-]{1,32}=(?:"[^"]*"|[^\s,"]+)(?:,\s{0,2}[\w-]{1,32}=(?:"[^"]*"|[^\s,"]+))*"""
_HEADER_VALUE = (
    rf"(?:(?:{_SCHEMES})[ \t]{{1,4}})?"
    rf"""({_PARAMETERS}|[^\s"'`<>,;(){{}}\[\]][^\s"'`<>,;)}}\]]+(?:[ \t][A-Za-z0-9_.~+/-]+=*)?)"""
)
"""Parameters as Digest and AWS write them, or a token; a word before it may be a scheme that we do not know."""

CREDENTIALS = (
    Form(
        "authorization",
        rf"(?i)authorization(?:{_SEPARATOR}|{_TUPLE})(?:b?\\*[\"'](?:(?:{_SCHEMES})\s{{1,4}})?([^\"\\<>][^\"'\\]*)|"
        rf"{_HEADER_VALUE})",
        _authorizes,
        inside=True,
    ),
    Form("cookie", rf"(?i)\b(?:set-)?cookie(?:{_SEPARATOR}|{_TUPLE})(?:{_QUOTED}|([^\s\"'<>][^\r\n\"'<>]*))", _crumbs),
    Form("credential", rf"(?i){_KEY}{_PAIR}", _told, inside=True),
    Form("credential", r"(?i)--[\w-]{0,24}(?:password|passwd|token|secret|api-?key)\s+([^\s<\[{-]\S{2,})", _told),
    Form("credential", r"(?i)<[\w:.-]{0,40}(?:password|secret|token|apikey|api-key)>([^<>]+)</", _told),
    Form(
        "credential",
        r"(?i)(?:identified\s+by|password|requirepass|masterauth)\s+(?:E?'((?:[^'\\]|\\.)+)|\"([^\"]+))",
        _told,
    ),
    Form("credential", r"\bsshpass\s+-p\s{0,4}['\"]?([^\s'\"<>]+)"),
    Form(
        "credential",
        r"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;]{0,100}\s-u\s?[^\s-]\S{0,64}\s(?:[^\n|;]{0,100}\s)?"
        r"-p['\"]?([^\s'\"<>-][^\s'\"<>]+)",
    ),
    Form(
        "credential",
        r"\b(?:curl|wget|http)\b[^\n|;]{0,200}\s(?:-u|--user)[\s=]['\"]?[^\s:'\"<>]+:([^\s'\"<>/][^\s'\"<>]*)",
    ),
    Form("credential", r"(?i)\bbindpw\s+([^\s<>]{3,})", _told),
    Form("credential", r"\bmachine\s+\S{1,200}\s+login\s+\S{1,200}\s+password\s+([^\s<>]+)"),
    Form("basic", r"""["']auth["']\s{0,4}:\s{0,4}["']([A-Za-z0-9+/]{6,}={0,2})["']""", _basic),
    Form("bearer", r"(?i)\bbearer(?:\s+|\s?[:=]\s?)([\w.~+/-]{6,}=*)", _bearer),
    Form("basic", r"(?i)\bbasic\s+([A-Za-z0-9+/]{6,}={0,2})", _basic),
    Form("url_credential", r"""://([^\s/:<>"'?#]*:[^\s/<>"'?#]+)@"""),
    Form("url_credential", r"""jdbc:oracle:\w{1,8}:([^\s/@<>"']+/[^\s@<>"']+)@"""),
    Form(
        "url_credential",
        r"(?i)[?&](?:sig|signature|x-amz-signature|x-goog-signature|x-amz-security-token|x-amz-credential|code|key|auth|"
        r"ticket|jwt|state|otp)=([\w.~+/%-]{12,}=*)",
    ),
)
