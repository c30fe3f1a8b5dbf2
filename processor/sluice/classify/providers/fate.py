"""What becomes of a call that an API did not answer: one table for both, by status and by the API's machine words.

An error is told in our words. The API's own message is looked at where nothing else tells two fates apart, and never
passed on: it may quote the key or the question.
"""

from __future__ import annotations

import errno
import logging
import math
import os
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import msgspec

from sluice.errors import (
    Forbidden,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnknownModel,
)

_PATIENCE = 86400.0
"""No answer is waited for longer than a day, whatever a header says."""

_MACHINE_WORD = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_OF_MONEY = re.compile(r"quota|billing|credit|spend_limit|usage_limit")
_TOLD_OF_MONEY = ("credit balance is too low", "api usage limits")
"""Anthropic has no machine word for these: invalid_request_error is all that its 400 says."""


class Failure(msgspec.Struct, frozen=True):
    """An answer that is none. `words`: the types, codes and parameters of its body, as far as it has them."""

    status: int
    words: tuple[str, ...]
    message: str
    headers: Mapping[str, str]

    @property
    def said(self) -> str:
        """Status, machine words and the id under which the provider's support finds the call."""
        words = [word for word in dict.fromkeys(self.words) if _MACHINE_WORD.fullmatch(word)]
        request = self.headers.get("request-id") or self.headers.get("x-request-id") or ""
        named = f", request {request}" if _REQUEST_ID.fullmatch(request) else ""
        return " ".join((str(self.status), *words)) + named


def of_answer(failure: Failure, *, provider: str, model: str) -> ProviderError:
    """By the first that holds: money, pace, the model, the key, trouble at the provider, the request itself."""
    key = f"classification.{provider}"
    status, said = failure.status, failure.said
    if status == 402 or (status in (400, 403, 429) and _is_about_money(failure)):
        return OutOfCredit(f"{provider}: a credit or spend limit is reached ({said}); see the account's billing page")
    if status == 429:
        if "request too large" in failure.message.lower():
            # More tokens than the account gets in a minute: no wait makes room for it, a smaller request does.
            return Rejected(f"{provider} refuses the request as too large for the account's limit ({said})")
        return RateLimited(f"{provider}: too many requests or tokens for now ({said})", retry_after(failure.headers))
    if status == 404 or "model_not_found" in failure.words:
        unknown = model or "this address"
        return UnknownModel(f"{provider} does not know {unknown} ({said}); check {key}.model and {key}.base_url")
    if status == 401:
        return Unauthorized(f"{provider} refuses the key ({said}); correct {key}.api_key")
    if status == 403:
        return Forbidden(f"{provider} does not allow this to the key ({said}); check {key}.api_key and its rights")
    if status < 400:
        return Unavailable(f"{provider} answers from another address ({said}); check {key}.base_url")
    if status in (408, 409, 425) or status >= 500:
        return Unavailable(f"{provider} is in trouble ({said})")
    return Rejected(f"{provider} refuses the request ({said})")


def of_connection(error: BaseException, *, provider: str, url: str) -> Unavailable:
    """No answer at all; whether the request went out is known where the connection was never made."""
    cause = _cause(error)
    return Unavailable(f"{provider} cannot be reached at {url}: {cause}", unsure=not _never_made(error))


def of_silence(seconds: float, *, provider: str) -> Unavailable:
    return Unavailable(f"{provider} did not answer within {seconds:g} s", unsure=True)


def of_garbage(*, provider: str) -> Unavailable:
    """A success that is none: a proxy's page, a body cut short, a shape that no version of the API has."""
    key = f"classification.{provider}.base_url"
    told = f"{provider} answers what is no answer of its API; check {key} and what stands between"
    return Unavailable(told, unsure=True)


def the_key(given: str | None, *, provider: str) -> str:
    """The key, when it can be one. `Unauthorized` names what to set."""
    path = f"classification.{provider}.api_key"
    if not given:
        raise Unauthorized(f"{path} is not set; give the key there, or in the variable or file that it refers to")
    if not (given.isascii() and given.isprintable()) or " " in given:
        raise Unauthorized(f"{path} is no key: it holds a space, a line break or a foreign character; copy it again")
    return given


def hush(*loggers: str) -> None:
    """At debug they log whole requests, and so may their variables of the environment ask for."""
    for name in loggers:
        logging.getLogger(name).setLevel(logging.WARNING)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that a 429 asks to wait. `headers` in lower case; `now`: Unix seconds.

    The first that is there: retry-after-ms, Retry-After in seconds or as a date, and then the times at which the
    limits are full again: of the exhausted ones, or of all when none says that it is.
    """
    now = time.time() if now is None else now
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return _bounded(milliseconds / 1000)
    if (stated := headers.get("retry-after")) is not None:
        seconds = _number(stated)
        if seconds is None:
            seconds = _until(stated, now)
        if seconds is not None:
            return _bounded(seconds)
    resets = list(_resets(headers, now))
    exhausted = [seconds for seconds, is_exhausted in resets if is_exhausted]
    waits = exhausted or [seconds for seconds, _ in resets]
    return _bounded(max(waits)) if waits else None


_RESET = re.compile(r"x-ratelimit-reset-(?P<openai>[a-z-]+)|anthropic-ratelimit-(?P<anthropic>[a-z-]+)-reset")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _resets(headers: Mapping[str, str], now: float) -> Iterator[tuple[float, bool]]:
    for name, value in headers.items():
        if (found := _RESET.fullmatch(name)) is None:
            continue
        remaining = (
            f"x-ratelimit-remaining-{found['openai']}"
            if found["openai"]
            else f"anthropic-ratelimit-{found['anthropic']}-remaining"
        )
        seconds = _duration(value)
        if seconds is None:
            seconds = _until(value, now)
        if seconds is not None:
            yield seconds, headers.get(remaining) == "0"


def _duration(value: str) -> float | None:
    """`6m0s`, `850ms`, or plain seconds."""
    if (plain := _number(value)) is not None:
        return plain
    parts = _PART.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _until(value: str, now: float) -> float | None:
    """Seconds until an HTTP date or an RFC 3339 time."""
    try:
        return parsedate_to_datetime(value).timestamp() - now
    except (ValueError, OverflowError):
        pass
    try:
        return datetime.fromisoformat(value).timestamp() - now
    except (ValueError, OverflowError):
        return None


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), _PATIENCE)


def _is_about_money(failure: Failure) -> bool:
    if any(_OF_MONEY.search(word) for word in failure.words):
        return True
    message = failure.message.lower()
    return any(told in message for told in _TOLD_OF_MONEY)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _never_made(error: BaseException) -> bool:
    """No name, no route, nobody who listens, no TLS: not a byte of the request was sent."""
    return any(
        isinstance(seen, socket.gaierror | ssl.SSLCertVerificationError | ConnectionRefusedError)
        or (isinstance(seen, OSError) and seen.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH))
        for seen in _chain(error)
    )


def _cause(error: BaseException) -> str:
    """The system's own words from the root of the chain; what a library says may quote the peer's bytes."""
    for seen in _chain(error):
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"no TLS, {seen.verify_message.rstrip('.').lower()}"
        if isinstance(seen, ssl.SSLError):
            return f"no TLS, {(seen.reason or 'handshake failed').replace('_', ' ').lower()}"
        if isinstance(seen, socket.gaierror):
            return (seen.strerror or "the name is not known").lower()
        if isinstance(seen, OSError) and seen.errno:
            return os.strerror(seen.errno).lower()
    return "the connection broke off"
