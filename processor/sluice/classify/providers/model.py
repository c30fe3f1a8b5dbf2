"""What a model behind an API is asked and what it answers, whoever serves it.

A provider's file turns a `Question` into one call of its SDK and the outcome into a `Reply` or one of the errors below
`ProviderError`. What is asked, and whether an answer is believed, is none of its business.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec


class Question(msgspec.Struct, frozen=True):
    """One request. `system` is constant over many, so that it can be cached; `schema`: the JSON schema of the answer,
    strict in both APIs' sense; `name` names it; `max_output_tokens` bounds the answer, reasoning included."""

    name: str
    system: str
    content: str
    schema: dict[str, Any]
    max_output_tokens: int


class Usage(msgspec.Struct, frozen=True):
    """Tokens by the provider's own count. `input`: neither written to a cache nor read from one; `output`: reasoning
    included."""

    input: int = 0
    cache_write: int = 0
    cache_read: int = 0
    output: int = 0

    @property
    def total(self) -> int:
        return self.input + self.cache_write + self.cache_read + self.output


class Reply(msgspec.Struct, frozen=True):
    """`text` is what the model wrote, JSON by the schema when it is `complete`; else it was cut or refused, and what
    parses of it may be used. `model`: the one that answered, by the API's own name."""

    text: str
    model: str
    usage: Usage
    complete: bool = True


class Model(Protocol):
    """One provider with its key. On the event loop."""

    @property
    def name(self) -> str:
        """`anthropic` or `openai`."""
        ...

    @property
    def model(self) -> str:
        """The model in use; empty until the first answer when it is found by listing."""
        ...

    async def ask(self, question: Question) -> Reply:
        """One call; never retried here.

        Raises `Unavailable`, `Unauthorized`, `OutOfCredit`, `RateLimited` or `Rejected`; nothing else.
        """
        ...

    async def check(self) -> str:
        """Validates key and model with a real, small call; answers the model's name. Raises as `ask` does."""
        ...

    async def close(self) -> None: ...
