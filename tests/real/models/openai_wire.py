"""Answers in the forms of the Responses API and of Chat Completions."""

from __future__ import annotations

from typing import Any

from real.models.plays import Asked, Say


def response(say: Say, asked: Asked, id: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    if say.text:
        content.append({"type": "output_text", "text": say.text, "annotations": [], "logprobs": []})
    if say.refused:
        content.append({"type": "refusal", "refusal": "I cannot help with that."})
    status = "incomplete" if say.cut else "completed"
    output = [
        {"type": "reasoning", "id": f"rs_{id}", "summary": []},
        {"type": "message", "id": f"msg_{id}", "role": "assistant", "status": status, "content": content},
    ]
    given, cached, written = _openai_input(say)
    return {
        "id": f"resp_{id}",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if say.cut else None,
        "instructions": asked.system,
        "model": asked.model,
        "output": output if say.reasoning else output[1:],
        "store": asked.body.get("store", True),
        "usage": {
            "input_tokens": given,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
            "output_tokens": say.output,
            "output_tokens_details": {"reasoning_tokens": say.reasoning},
            "total_tokens": given + (say.output or 0),
        },
    }


def completion(say: Say, asked: Asked, id: str) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": say.text or None,
        "refusal": "I cannot help with that." if say.refused else None,
    }
    given, cached, _ = _openai_input(say)
    return {
        "id": f"chatcmpl-{id}",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": "length" if say.cut else "stop"}],
        "usage": {
            "prompt_tokens": given,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens": say.output,
            "completion_tokens_details": {"reasoning_tokens": say.reasoning},
            "total_tokens": given + (say.output or 0),
        },
    }


def _openai_input(say: Say) -> tuple[int, int, int]:
    """All of it, and which of it the cache gave and took."""
    cached, written = say.cache_read or 0, say.cache_write or 0
    return (say.input or 0) + cached + written, cached, written
