"""The providers that can be connected, as their users know them."""

from __future__ import annotations

from typing import Literal, NamedTuple

ProviderName = Literal["anthropic", "openai"]


class About(NamedTuple):
    """`variable`: what the key is called in an env file. `keys`, `billing`: pages of the provider."""

    called: str
    variable: str
    keys: str
    billing: str


ABOUT: dict[ProviderName, About] = {
    "anthropic": About(
        "Anthropic",
        "ANTHROPIC_API_KEY",
        "https://platform.claude.com/settings/keys",
        "https://platform.claude.com/settings/billing",
    ),
    "openai": About(
        "OpenAI",
        "OPENAI_API_KEY",
        "https://platform.openai.com/api-keys",
        "https://platform.openai.com/settings/organization/billing",
    ),
}


class Choice(NamedTuple):
    """One provider with what was chosen for it; None leaves to the configuration what it has, else the default."""

    provider: ProviderName
    key: str
    model: str | None = None
    base_url: str | None = None


class Chosen(NamedTuple):
    """What is to be written. `alone`: no fallback is wanted; else, without a `fallback`, the configured one stays."""

    choice: Choice
    fallback: Choice | None
    alone: bool = False


class Wish(NamedTuple):
    """What the command line says of one provider. `variable`: of the environment, that holds the key."""

    provider: ProviderName | None = None
    variable: str | None = None
    model: str | None = None
    base_url: str | None = None


def other(provider: ProviderName) -> ProviderName:
    return "openai" if provider == "anthropic" else "anthropic"


def as_key(text: str) -> str:
    """Without the white space and the quotes that come along when a key is copied."""
    return text.strip().strip("\"'")
