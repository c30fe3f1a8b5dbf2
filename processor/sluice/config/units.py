"""The configuration's own scalar types, parsed once at load so that no one parses them again.

`parse` raises ValueError with what was expected; the key's path and the value are added by `convert`. `str()` is the
exact inverse of `parse`, which is why the arithmetic is decimal.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Self

from msgspec import Meta

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"d": Decimal(86400), "h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
_CENTURY = 36_500 * 86_400
_PERCENTAGE = re.compile(r"\d{1,3}(?:\.\d+)?%")


class Duration(float):
    """Seconds, written as the Collector writes them: `500ms`, `5s`, `1h30m`; days (`30d`) besides. 0 needs no unit."""

    expected = "a duration such as 500ms, 5s, 1h30m or 30d"

    @classmethod
    def parse(cls, value: object) -> Self:
        if value == 0 and not isinstance(value, bool):
            return cls(0.0)
        if isinstance(value, str):
            if value == "0":
                return cls(0.0)
            parts = _DURATION.findall(value)
            if parts and "".join(number + unit for number, unit in parts) == value:
                seconds = sum(Decimal(number) * _SECONDS[unit] for number, unit in parts)
                if seconds <= _CENTURY:
                    return cls(float(seconds))
        raise ValueError(cls.expected)

    def __str__(self) -> str:
        rest = Decimal(repr(float(self)))
        if rest == 0:
            return "0s"
        if rest < 1:
            return f"{_plain(rest * 1000)}ms"
        words = []
        for unit in ("d", "h", "m"):
            count, rest = divmod(rest, _SECONDS[unit])
            if count:
                words.append(f"{count}{unit}")
        return "".join([*words, f"{_plain(rest)}s"] if rest else words)


class Share(float):
    """A share between 0 and 1, written as a percentage: `90%`, `0.1%`."""

    expected = "a percentage from 0% to 100%, such as 0.1%"

    @classmethod
    def parse(cls, value: object) -> Self:
        if value == 0 and not isinstance(value, bool):
            return cls(0.0)
        if isinstance(value, str) and _PERCENTAGE.fullmatch(value):
            percent = Decimal(value[:-1])
            if percent <= 100:
                return cls(float(percent / 100))
        raise ValueError(cls.expected)

    def __str__(self) -> str:
        return f"{_plain(Decimal(repr(float(self))) * 100)}%"


class Action(str):
    """What a category leads to: `keep`, `drop`, `sample N%` or `limit N/m` (also `/s`, `/h`)."""

    expected = "keep, drop, sample N% (0 < N < 100) or limit N/m (also /s and /h, N a whole number of at least 1)"

    kind: str
    keep_percent: float | None
    keep_rate: str | None

    @classmethod
    def parse(cls, value: object) -> Self:
        if not isinstance(value, str):
            raise ValueError(cls.expected)
        words = value.split()
        action = cls(" ".join(words))
        action.keep_percent = action.keep_rate = None
        match words:
            case ["keep" | "drop" as kind]:
                action.kind = kind
            case ["sample", share] if _PERCENTAGE.fullmatch(share) and 0 < float(share[:-1]) < 100:
                action.kind, action.keep_percent = "sample", float(share[:-1])
            case ["limit", rate] if re.fullmatch(r"[1-9]\d{0,8}/[smh]", rate):
                action.kind, action.keep_rate = "limit", rate
            case _:
                raise ValueError(cls.expected)
        return action


def _plain(number: Decimal) -> str:
    """Without exponent and without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _positive(duration: Duration) -> Duration:
    if duration <= 0:
        raise ValueError(f"{Duration.expected}, longer than 0")
    return duration


PositiveDuration = Annotated[Duration, Meta(extra={"parse": _positive})]
