"""What the tests of processes share: topics of their own, and a model that judges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from honest import honest
from kafka_peers import own_topics
from real.models import ModelServer
from sluice.config.model import Topics


@pytest.fixture
def topics() -> Topics:
    return own_topics()


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.answer = honest
        yield server
