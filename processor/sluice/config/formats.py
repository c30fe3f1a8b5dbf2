"""Texts of the configuration that have a form: endpoints, files, addresses, expressions.

Each is a plain `str` to its reader, with a `parse` that runs at load, answers the text to use or raises
ValueError with what was expected.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta


def _host_port(value: str, lowest_port: int) -> str:
    host, colon, port = value.rpartition(":")
    expected = f"HOST:PORT with a port from {lowest_port} to 65535, such as 127.0.0.1:4317"
    if "://" in value or "/" in value:
        raise ValueError(f"{expected}, without scheme or path")
    if not colon or not re.fullmatch(r"\d{1,5}", port) or not lowest_port <= int(port) <= 65535:
        raise ValueError(expected)
    if host.startswith("[") and host.endswith("]"):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            raise ValueError(expected) from None
    elif not re.fullmatch(r"[A-Za-z0-9._-]+", host):
        raise ValueError(f"{expected}; an IPv6 address goes in brackets: [::1]:{port}")
    return value


def _listening(value: str) -> str:
    """An empty host means every interface, as in the Collector."""
    _host_port(f"0.0.0.0{value}" if value.startswith(":") else value, lowest_port=0)
    return value


def dialled(value: str) -> str:
    return _host_port(value, lowest_port=1)


def _next_hop(value: str) -> str:
    """The Collector's exporters take a scheme too: http stands for no TLS, https for TLS."""
    scheme, separator, rest = value.partition("://")
    dialled(rest.removesuffix("/") if separator and scheme in ("http", "https") else value)
    return value


def _readable_file(value: str) -> str:
    try:
        with open(value, "rb") as file:
            file.read(1)
    except (OSError, ValueError) as error:
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else error
        raise ValueError(f"a readable file ({reason}): correct the path or create it") from None
    return value


def _url(value: str) -> str:
    expected = "an http:// or https:// address without credentials in it"
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError(expected)
    return value


_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_UNSUPPORTED = re.compile(r"(?<!\\)(?:\\\\)*(\(\?<?[=!]|\(\?P=|\(\?\(|\\[1-9]|\\k[<{])")


def _linear_time(pattern: str) -> str:
    """Names what backtracking engines know and ours refuses; the engine compiles the rest when it is built."""
    if found := _UNSUPPORTED.search(_CLASS.sub("[]", pattern)):
        raise ValueError(f"a regular expression of RE2's syntax, without look-around and back-references ({found[1]})")
    return pattern


def _mask_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", value):
        raise ValueError("a name of a-z, 0-9, _ and -, a letter first, up to 32 characters")
    return value


def _topic(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", value) or value in (".", ".."):
        raise ValueError("a topic name: up to 249 of A-Z, a-z, 0-9, dot, underscore and hyphen")
    return value


def _header_name(value: str) -> str:
    """In lower case, as gRPC demands; the Collector does so silently too."""
    name = value.lower()
    if not re.fullmatch(r"[0-9a-z_.-]+", name) or name.startswith("grpc-") or name.endswith("-bin"):
        raise ValueError("a gRPC metadata key: letters, digits, _, . and -, neither grpc-* nor *-bin")
    return name


def _header_value(value: str) -> str:
    if not re.fullmatch(r"[\x20-\x7e]*", value):
        raise ValueError("printable ASCII, as gRPC metadata must be")
    return value


ListenEndpoint = Annotated[str, Meta(extra={"parse": _listening})]
"""Where Sluice listens; port 0 takes a free one."""
DialEndpoint = Annotated[str, Meta(extra={"parse": dialled})]
"""What Sluice connects to."""
NextHopEndpoint = Annotated[str, Meta(extra={"parse": _next_hop})]
"""The same with `http://` or `https://` before it, if wanted."""
HeaderName = Annotated[str, Meta(extra={"parse": _header_name})]
ReadableFile = Annotated[str, Meta(extra={"parse": _readable_file})]
Url = Annotated[str, Meta(extra={"parse": _url})]
Pattern = Annotated[str, Meta(min_length=1, extra={"parse": _linear_time})]
MaskName = Annotated[str, Meta(extra={"parse": _mask_name})]
TopicName = Annotated[str, Meta(extra={"parse": _topic})]
Text = Annotated[str, Meta(min_length=1)]
Secret = Annotated[str, Meta(extra={"secret": True})]
"""Never shown: not in messages, not by `sluice config`."""
HeaderValue = Annotated[str, Meta(extra={"parse": _header_value, "secret": True})]
