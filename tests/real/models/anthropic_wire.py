"""Answers in the form of the Messages API."""

from __future__ import annotations

from typing import Any

from real.models.plays import Asked, Say


def message(say: Say, asked: Asked, id: str) -> dict[str, Any]:
    return {
        "id": f"msg_{id}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [{"type": "text", "text": say.text}] if say.text else [],
        "stop_reason": "refusal" if say.refused else "max_tokens" if say.cut else "end_turn",
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "category": None, "explanation": None} if say.refused else None,
        "usage": {
            "input_tokens": say.input,
            "cache_creation_input_tokens": say.cache_write,
            "cache_read_input_tokens": say.cache_read,
            "output_tokens": say.output,
            "output_tokens_details": {"thinking_tokens": say.reasoning},
            "service_tier": "standard",
        },
    }
