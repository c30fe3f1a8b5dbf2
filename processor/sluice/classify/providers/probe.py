"""The smallest real question: is the key good, is the model there, does it answer in a given form?"""

from __future__ import annotations

import msgspec

from sluice.classify.providers.model import Question, Reply
from sluice.errors import Rejected

PROBE = Question(
    name="probe",
    system="Answer in the given form.",
    content="Is this readable?",
    schema={
        "type": "object",
        "properties": {"readable": {"type": "boolean"}},
        "required": ["readable"],
        "additionalProperties": False,
    },
    max_output_tokens=256,
)


class _Answer(msgspec.Struct):
    readable: bool


def hold(reply: Reply, *, provider: str) -> None:
    """`Rejected` when the model does not keep to a schema; what it says is of no matter."""
    try:
        msgspec.json.decode(reply.text, type=_Answer)
    except msgspec.DecodeError:
        remedy = f"set classification.{provider}.model to one that supports structured outputs"
        raise Rejected(f"{provider}: {reply.model} does not answer in the form that it is given; {remedy}") from None
