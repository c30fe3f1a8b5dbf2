"""The key, what never leaves, and how a key is checked."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import pytest

from provider_ways import ANSWER, KEY, QUESTION, SAMPLE, Way, asking, failure
from real.models import Drop, Fail, Garbage, ModelServer
from sluice.errors import (
    Rejected,
    Unauthorized,
)


@pytest.mark.parametrize("key", [None, ""], ids=["unset", "empty"])
async def test_a_missing_key_says_which_key_of_the_configuration_to_set(
    key: str | None, way: Way, models: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-environment")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    async with asking(way, models, api_key=key) as model:
        failed = await failure(model)
    assert isinstance(failed, Unauthorized)
    assert str(failed).startswith(f"classification.{way.name}.api_key is not set")
    assert models.paths == []


@pytest.mark.parametrize("key", ["sk-a b", "sk-abc\n", "sk-äöü", "sk-\u200b1"], ids=ascii)
async def test_a_key_that_cannot_be_one_is_told_without_a_call(key: str, way: Way, models: ModelServer) -> None:
    async with asking(way, models, api_key=key) as model:
        failed = await failure(model)
    assert isinstance(failed, Unauthorized)
    assert key not in str(failed)
    assert models.paths == []


TELL_TALES = {
    "an error": Fail(400, message=f"bad key {KEY}, bad input {SAMPLE}"),
    "a code": Fail(400, code=SAMPLE, type=f"{KEY}"),
    "a refused key": Fail(401, message=f"Incorrect API key provided: {KEY}"),
    "a rate limit": Fail(429, message=SAMPLE),
    "an id": Fail(500, headers={"request-id": SAMPLE, "x-request-id": SAMPLE}),
    "garbage": Garbage(f"{KEY} {SAMPLE}".encode()),
    "a page of trouble": Garbage(f"{KEY} {SAMPLE}".encode(), status=503),
    "a dropped connection": Drop("within"),
}


@pytest.mark.parametrize("behaviour", TELL_TALES.values(), ids=TELL_TALES.keys())
async def test_no_error_and_no_log_tells_the_key_or_what_was_asked(
    behaviour: Any, way: Way, models: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # What ANTHROPIC_LOG and OPENAI_LOG set to debug do when the SDKs are imported.
    for name in ("anthropic", "openai", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    models.play(behaviour, ANSWER)
    async with asking(way, models) as model:
        failed = await failure(model)
        await model.ask(QUESTION)
    assert failed.__cause__ is None
    assert failed.__context__ is None
    for told in (repr(failed), caplog.text):
        assert KEY not in told
        assert "walrus" not in told


async def test_a_check_names_the_model_that_answered_a_real_question(way: Way, models: ModelServer) -> None:
    models.key = KEY
    async with asking(way, models) as model:
        assert await model.check() in ("claude-sonnet-9", "gpt-9")
    assert len(models.asked) == 1
    assert models.asked[0].body.get("store") in (None, False)


async def test_a_check_with_a_wrong_key_says_which_to_correct(way: Way, models: ModelServer) -> None:
    models.key = "sk-another"
    async with asking(way, models) as model:
        with pytest.raises(Unauthorized, match=rf"correct classification\.{way.name}\.api_key"):
            await model.check()


@pytest.mark.parametrize("text", ["Sure! Yes.", "{}", '{"readable":"yes"}'])
async def test_a_check_refuses_a_model_that_does_not_keep_to_the_form(text: str, way: Way, models: ModelServer) -> None:
    models.play(text)
    async with asking(way, models) as model:
        with pytest.raises(Rejected, match=rf"set classification\.{way.name}\.model"):
            await model.check()


async def test_a_provider_that_was_never_asked_closes_without_one(way: Way, models: ModelServer) -> None:
    await way(models).close()
    assert models.paths == []


def test_a_process_that_asks_no_model_imports_no_sdk() -> None:
    script = """
import sys
import sluice.cli, sluice.service
from sluice.classify.providers.anthropic import Anthropic
from sluice.classify.providers.openai import OpenAI
from sluice.config.model import Provider
Anthropic(Provider(api_key="k")), OpenAI(Provider(api_key="k"))
print(sorted({"anthropic", "openai", "httpx2", "pydantic"} & sys.modules.keys()))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
