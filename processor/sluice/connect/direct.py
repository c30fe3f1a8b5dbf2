"""Connecting without a question: everything is said by options, and keys come from the environment."""

from __future__ import annotations

from collections.abc import Mapping

from sluice.connect import checking
from sluice.connect.place import Place
from sluice.connect.providers import Choice, Chosen, Wish, as_key
from sluice.errors import ConfigError, ProviderError, SluiceError


def connect(place: Place, first: Wish, second: Wish, environ: Mapping[str, str]) -> tuple[Chosen, list[str]]:
    """What is to be written, and the model of each provider. Raises ConfigError where a variable has no key, and
    SluiceError where a key cannot be used; both name the variable."""
    wishes = [wish for wish in (first, second) if wish.provider]
    choices = [_choice(wish, environ) for wish in wishes]
    models = [_tried(place, choice, wish.variable or "") for choice, wish in zip(choices, wishes, strict=True)]
    return Chosen(choices[0], choices[1] if len(choices) > 1 else None), models


def _choice(wish: Wish, environ: Mapping[str, str]) -> Choice:
    assert wish.provider is not None
    assert wish.variable is not None
    key = as_key(environ.get(wish.variable, ""))
    if not key:
        state = "is empty" if wish.variable in environ else "is not set"
        raise ConfigError(f"environment variable {wish.variable} {state}: give it the key of {wish.provider}")
    return Choice(wish.provider, key, wish.model, wish.base_url)


def _tried(place: Place, choice: Choice, variable: str) -> str:
    try:
        return checking.check(choice.provider, place.settings(choice))
    except ProviderError as error:
        said = f"{checking.cause(error)}; {checking.remedy(error, choice.provider)}"
        raise SluiceError(f"environment variable {variable}: {said}; nothing was written") from None
