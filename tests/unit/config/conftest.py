from collections.abc import Callable
from textwrap import dedent

import pytest

from sluice.config.load import loads
from sluice.config.model import Config
from sluice.errors import ConfigError

NEXT_HOP = "exporters: {otlp_grpc: {endpoint: localhost:14317}}\n"


@pytest.fixture
def loaded() -> Callable[..., Config]:
    """Loads a text, after an exporter unless it brings its own, from an environment of the given variables only."""

    def load_text(text: str, **environ: str) -> Config:
        text = dedent(text)
        return loads((text if "exporters" in text else NEXT_HOP + text).encode(), "sluice.yaml", environ)

    return load_text


@pytest.fixture
def refused(loaded: Callable[..., Config]) -> Callable[..., str]:
    """The one line with which a text is refused."""

    def message(text: str, **environ: str) -> str:
        with pytest.raises(ConfigError) as error:
            loaded(text, **environ)
        line = str(error.value)
        assert "\n" not in line
        assert line.startswith("sluice.yaml")
        return line

    return message
