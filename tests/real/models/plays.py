"""What a model was asked, and what it may do."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

Wire = Literal["anthropic", "responses", "chat"]


@dataclass(frozen=True)
class Asked:
    """One question as it arrived, whatever became of it. `body` is all of it; names of `headers` are in lower
    case."""

    wire: Wire
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    model: str
    system: str
    content: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Say:
    """An answer. `cut`: the model ran out of tokens; `refused`: it stopped by its own rules. Tokens that are None are
    counted from the lengths, with the system prompt cached when it was met before and is long enough."""

    text: str
    cut: bool = False
    refused: bool = False
    input: int | None = None
    cache_write: int | None = None
    cache_read: int | None = None
    output: int | None = None
    reasoning: int = 0


@dataclass(frozen=True)
class Fail:
    """An error in the provider's own shape. `code`: OpenAI's `code`, Anthropic's `details.error_code`; `type` and
    `message` are what the provider says with the status unless given."""

    status: int
    code: str | None = None
    type: str | None = None
    message: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    param: str | None = None


@dataclass(frozen=True)
class Drop:
    """The connection breaks off: before any answer, or within it."""

    when: Literal["at once", "within"] = "at once"


@dataclass(frozen=True)
class Garbage:
    """Bytes that are no answer, as a proxy or a broken server gives them."""

    body: bytes = b"<html><body>502 Bad Gateway</body></html>"
    status: int = 200
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hold:
    """Nothing, until `until` is set or the server stops; then `then`. `begun` is set when it holds."""

    until: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    then: Say | Fail | Drop | Garbage = field(default_factory=lambda: Drop())


@dataclass(frozen=True)
class Drip:
    """An answer that never ends and never pauses for long."""


Behaviour = Say | Fail | Drop | Garbage | Hold | Drip


Answer = Behaviour | str | dict[str, Any]
