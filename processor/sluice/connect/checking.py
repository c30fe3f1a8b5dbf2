"""Whether a key is good, found out as `run` would use it; and what went wrong, in plain words."""

from __future__ import annotations

import asyncio
import math

from sluice.classify.providers.anthropic import Anthropic
from sluice.classify.providers.keys import belongs_to_another
from sluice.classify.providers.model import Model
from sluice.classify.providers.openai import OpenAI
from sluice.config.model import Provider
from sluice.connect.providers import ABOUT, ProviderName, other
from sluice.errors import Forbidden, OutOfCredit, ProviderError, RateLimited, Rejected, Unauthorized, UnknownModel


def check(provider: ProviderName, settings: Provider) -> str:
    """One small, real call; answers the name of the model that answered. Raises `ProviderError`."""
    _require_its_own(provider, settings)
    model: Model = Anthropic(settings) if provider == "anthropic" else OpenAI(settings)

    async def ask() -> str:
        try:
            return await model.check()
        finally:
            await model.close()

    return asyncio.run(ask())


def headline(error: ProviderError) -> str:
    match error:
        case UnknownModel():
            return "No such model"
        case Forbidden():
            return "Not allowed"
        case Unauthorized():
            return "Wrong key"
        case OutOfCredit():
            return "No credit"
        case RateLimited():
            return "Too many requests"
        case Rejected():
            return "The model cannot be used"
        case _:
            return "No answer"


def cause(error: ProviderError) -> str:
    """What happened, without the remedy behind its semicolon: that one is for who has a configuration already."""
    return str(error).partition("; ")[0]


def remedy(error: ProviderError, provider: ProviderName) -> str:
    match error:
        case UnknownModel() | Rejected():
            return "name another model"
        case Forbidden():
            return f"give the key its rights at {ABOUT[provider].keys}, or take another one"
        case Unauthorized():
            return f"copy the key again from {ABOUT[provider].keys}"
        case OutOfCredit():
            return f"add credit at {ABOUT[provider].billing}, or take another account's key"
        case RateLimited(retry_after=None):
            return "wait a minute and try again; the key itself is good"
        case RateLimited(retry_after=float(seconds)):
            return f"wait {math.ceil(seconds)} s and try again; the key itself is good"
        case _:
            return "check the network, and HTTPS_PROXY if there is a proxy, and try again"


def _require_its_own(provider: ProviderName, settings: Provider) -> None:
    """A key is not sent to somebody whom it does not concern."""
    if settings.base_url is None and belongs_to_another(provider, settings.api_key or ""):
        raise Unauthorized(
            f"this looks like a key of {ABOUT[other(provider)].called}; give one of {ABOUT[provider].called}"
        )
