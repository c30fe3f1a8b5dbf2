"""What every judge is, however it comes to its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from sluice.engine import Evidence
from sluice.verdicts.model import Facts


class Judgement(msgspec.Struct, frozen=True):
    """What a judge says of one batch, and who it was: `provider`, `model` and `prompt_version` are recorded with each
    verdict.

    `facts` by fingerprint: one that is missing is asked about again, one that was not asked for is ignored. `blame`:
    why there are none although the judge can be asked, in a word or two; one of the batch is at fault, and the others
    are asked about without it. `refused`: it will be so next time, too. `doubted`: fingerprints whose facts are taken
    when they are said a second time.
    """

    facts: Mapping[str, Facts]
    provider: str
    model: str
    prompt_version: str
    blame: str = ""
    refused: bool = False
    doubted: frozenset[str] = frozenset()


class Provider(Protocol):
    """A judge of event types: the embedded rules, or a model behind an API. `kind` gives the rank of its facts
    (`verdicts.model.RANKS`), `name` is the configured one's."""

    @property
    def kind(self) -> Literal["rule", "llm"]: ...
    @property
    def name(self) -> str: ...

    def alone(self, evidence: Evidence) -> bool:
        """Whether a type must not be asked about together with others."""
        ...

    async def judge(self, batch: Sequence[Evidence]) -> Judgement:
        """Types of one service, none of them `alone` unless there is but one.

        Nothing of the answer is trusted: the caller holds it to the closed sets. Raises `ProviderError` when no answer
        can be had for now, `OverBudget` when a smaller batch may do; its types wait and are kept.
        """
        ...
