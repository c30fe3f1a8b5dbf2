"""One small real classification by each provider whose key is in the environment: `make test-live`."""

from __future__ import annotations

import json
import os

import pytest

from sluice.classify.providers.anthropic import Anthropic
from sluice.classify.providers.model import Question
from sluice.classify.providers.openai import OpenAI
from sluice.config.model import Provider

KEYS: dict[str, type[Anthropic] | type[OpenAI]] = {"ANTHROPIC_API_KEY": Anthropic, "OPENAI_API_KEY": OpenAI}
GIVEN = [name for name in KEYS if os.environ.get(name)]
assert GIVEN, f"set {' or '.join(KEYS)}"

QUESTION = Question(
    name="live",
    system="Classify the log template of a web service. health_check: a load balancer or orchestrator asks whether the "
    "service is alive. fault: something failed. business_event: a customer did something.",
    content=json.dumps({"service": "shop", "template": "GET /healthz <num> kube-probe/<version>", "per_day": 17280}),
    schema={
        "type": "object",
        "properties": {"category": {"type": "string", "enum": ["health_check", "fault", "business_event"]}},
        "required": ["category"],
        "additionalProperties": False,
    },
    max_output_tokens=1024,
)


@pytest.mark.parametrize("variable", GIVEN)
async def test_a_probe_is_classified_as_one(variable: str) -> None:
    model = KEYS[variable](Provider(api_key=os.environ[variable]))
    try:
        checked = await model.check()
        reply = await model.ask(QUESTION)
    finally:
        await model.close()
    print(f"{model.name}: {checked} answered {reply.text} for {reply.usage.total} tokens")
    assert reply.complete
    assert json.loads(reply.text) == {"category": "health_check"}
    assert reply.usage.input + reply.usage.cache_read + reply.usage.cache_write > 0
    assert reply.usage.output > 0
