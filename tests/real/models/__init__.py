"""A model provider on loopback that speaks both wire formats: Anthropic's (models, messages) and OpenAI's (models,
responses, chat completions), as the real ones do: headers, usage, ids, error bodies, and their checks of a request.

    with ModelServer() as server:
        server.answer = lambda asked: {"e1234": "health_check"}     # text, JSON, or any behaviour below
        server.play(Fail(529), Drop(), "half an ans")               # first, one each for the next questions
        provider = Anthropic(Provider(api_key="k"), api=server.anthropic_url)
        ...
        assert [asked.content for asked in server.asked] == [...]

Tests take the fixture `models`. It runs on a thread of its own, for tests on the event loop, without one, and for other
processes. `answer` is called there; what it raises ends the test when the server stops. Without an `answer` it says the
smallest object that keeps to the schema. What a request must be to be answered is in `_objection`.
"""

from real.models.offers import CLAUDES, EFFORTS, GPTS, claude, gpt
from real.models.plays import Answer, Asked, Behaviour, Drip, Drop, Fail, Garbage, Hold, Say, Wire
from real.models.server import ModelServer, models

__all__ = [
    "CLAUDES",
    "EFFORTS",
    "GPTS",
    "Answer",
    "Asked",
    "Behaviour",
    "Drip",
    "Drop",
    "Fail",
    "Garbage",
    "Hold",
    "ModelServer",
    "Say",
    "Wire",
    "claude",
    "gpt",
    "models",
]
