"""Before a model is asked: is it ours to ask, or does another Sluice on the same topic do it?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from sluice.verdicts.claims import Taken


class Claims(Protocol):
    """Keys are fingerprints of event types, or what else is asked about once. On the event loop."""

    @property
    def shared(self) -> bool:
        """Whether anybody else can be asking."""
        ...

    async def take(self, fingerprints: Sequence[str]) -> Taken:
        """Claims them, in bounded time. Those that are ours stay so until they are `done` or `released`.

        When the others cannot be reached, everything is ours: rather two answers than none.
        """
        ...

    def done(self, fingerprints: Iterable[str]) -> None:
        """They have an answer: the claims end by themselves, when everybody has read it."""
        ...

    def release(self, fingerprints: Iterable[str]) -> None:
        """There is no answer to be had here for now: whoever else can ask may do so at once."""
        ...


class Unshared:
    """Nobody else asks: there is no topic, or asking costs nothing."""

    shared = False

    async def take(self, fingerprints: Sequence[str]) -> Taken:
        return Taken(frozenset(fingerprints), {})

    def done(self, fingerprints: Iterable[str]) -> None:
        """Nobody waits for it."""

    def release(self, fingerprints: Iterable[str]) -> None:
        """Nobody waits for it."""
