"""The configuration's own scalar types, parsed once at load so that no one parses them again."""

from __future__ import annotations

import re
from typing import Self

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(float):
    """Seconds, written as the Collector writes them: `500ms`, `5s`, `1h30m`; days (`30d`) besides. 0 needs no unit."""

    expected = "a duration such as 500ms, 5s, 1h30m or 30d"

    @classmethod
    def parse(cls, value: object) -> Self:
        if value == 0 and not isinstance(value, bool):
            return cls(0.0)
        if isinstance(value, str):
            parts = _DURATION.findall(value)
            if parts and "".join(number + unit for number, unit in parts) == value:
                return cls(sum(float(number) * _SECONDS[unit] for number, unit in parts))
            if value == "0":
                return cls(0.0)
        raise ValueError(cls.expected)


class Share(float):
    """A share between 0 and 1, written as a percentage: `90%`, `0.1%`."""

    expected = "a percentage from 0% to 100%, such as 0.1%"

    @classmethod
    def parse(cls, value: object) -> Self:
        if value == 0 and not isinstance(value, bool):
            return cls(0.0)
        if isinstance(value, str) and re.fullmatch(r"\d+(?:\.\d+)?%", value):
            share = float(value[:-1]) / 100
            if share <= 1:
                return cls(share)
        raise ValueError(cls.expected)


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
            case ["sample", share] if re.fullmatch(r"\d+(?:\.\d+)?%", share) and 0 < float(share[:-1]) < 100:
                action.kind, action.keep_percent = "sample", float(share[:-1])
            case ["limit", rate] if re.fullmatch(r"[1-9]\d{0,8}/[smh]", rate):
                action.kind, action.keep_rate = "limit", rate
            case _:
                raise ValueError(cls.expected)
        return action
