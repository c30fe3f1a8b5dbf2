"""What every teller of services is, and what it tells."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from sluice.classify.services.patterns import Patterns


class Told(msgspec.Struct, frozen=True):
    """What a service does. `provider`, `model` and `prompt_version`: who says so."""

    kind: str
    description: str
    responsibilities: tuple[str, ...]
    dependencies: tuple[str, ...]
    provider: str
    model: str = ""
    prompt_version: str = ""


class Teller(Protocol):
    """Rules, or a model behind an API. `kind` ranks what it tells."""

    @property
    def kind(self) -> Literal["rule", "llm"]: ...

    async def tell(self, patterns: Patterns) -> Told | None:
        """None when there is no usable answer. Raises `ProviderError` when there can be none for now."""
        ...
