"""What every judge is, however it comes to its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from sluice.engine import Evidence
from sluice.verdicts.model import Facts


class Provider(Protocol):
    """A judge of event types: the embedded rules, or a model behind an API.

    `kind` gives the rank of its facts (`verdicts.model.RANKS`); `name`, `model` and `prompt_version` are recorded in
    the source of each verdict, so they may change while the process runs (a fallback, a newer model).
    """

    @property
    def kind(self) -> Literal["rule", "llm"]: ...
    @property
    def name(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def prompt_version(self) -> str: ...

    async def judge(self, batch: Sequence[Evidence]) -> Mapping[str, Facts]:
        """Facts by fingerprint. One that is missing is asked about again; one that was not asked for is ignored.

        Nothing of the answer is trusted: the caller holds it to the closed sets. Raises `ProviderError` when no
        answer can be had for now; the whole batch waits, its types are kept.
        """
        ...
