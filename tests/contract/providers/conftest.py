"""Each test of providers is run for every way to ask."""

from __future__ import annotations

import pytest

from provider_ways import WAYS, Way


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found
