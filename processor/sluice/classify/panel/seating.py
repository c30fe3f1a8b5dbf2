"""From the configuration to the panel: who sits where, and who has no key."""

from __future__ import annotations

from sluice.classify.panel.budget import Budget
from sluice.classify.panel.panel import Panel
from sluice.classify.panel.seat import Seat
from sluice.classify.providers import fate
from sluice.classify.providers.anthropic import Anthropic
from sluice.classify.providers.model import Model
from sluice.classify.providers.openai import OpenAI
from sluice.config.model import Classification
from sluice.errors import ConfigError, Unauthorized
from sluice.health import HealthBoard
from sluice.telemetry import Telemetry


def providers(settings: Classification) -> list[str]:
    """Their names in the order in which they are asked; none when rules judge."""
    return [name for name in (settings.provider, settings.fallback) if name in ("anthropic", "openai")]


def model(settings: Classification, name: str) -> Model:
    """Opens nothing."""
    section = settings.section(name)
    return Anthropic(section) if name == "anthropic" else OpenAI(section)


def missing(settings: Classification, name: str) -> str:
    """What keeps a provider's key from being one, and what to do; empty when nothing is seen to."""
    try:
        fate.the_key(settings.section(name).api_key, provider=name)
    except Unauthorized as error:
        return str(error)
    return ""


def panel(settings: Classification, budget: Budget, health: HealthBoard, telemetry: Telemetry) -> Panel:
    """Raises `ConfigError` when there is nobody to sit on it. A provider without a key has its seat, and is out."""
    seats = []
    for name in providers(settings):
        retries = settings.section(name).max_retries
        seat = Seat(model(settings, name), budget, telemetry, max_retries=retries)
        if reason := missing(settings, name):
            seat.breaker.lock(reason)
        seats.append(seat)
    if not seats:
        raise ConfigError(f"classification.provider: {settings.provider}: is no model; give anthropic or openai")
    return Panel(seats, health, telemetry)
