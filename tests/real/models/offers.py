"""The models that are offered, as the listings tell of them."""

from __future__ import annotations

from typing import Any


def claude(
    id: str, *, line: str | None, created: str, structured: bool = True, lifecycle: str = "active", small: bool = True
) -> dict[str, Any]:
    """An entry of Anthropic's listing. `small`: it takes effort low and thinking disabled."""
    no, yes, maybe = {"supported": False}, {"supported": True}, {"supported": small}
    effort = {"supported": small, "low": maybe, "medium": maybe, "high": maybe, "max": no, "xhigh": None}
    types = {"adaptive": maybe, "between_tools": no, "disabled": maybe, "enabled": no}
    capabilities = {
        "batch": yes,
        "structured_outputs": {"supported": structured},
        "effort": effort,
        "thinking": {"supported": True, "types": types},
    }
    return {
        "type": "model",
        "id": id,
        "display_name": id.replace("-", " ").title(),
        "created_at": created,
        "line": line,
        "lifecycle": lifecycle,
        "capabilities": capabilities,
        "max_input_tokens": 1_000_000,
        "max_tokens": 64_000,
    }


def gpt(id: str, *, created: int) -> dict[str, Any]:
    """An entry of OpenAI's listing."""
    return {"id": id, "object": "model", "created": created, "owned_by": "system"}


CLAUDES = (
    claude("claude-opus-9", line="opus", created="2026-10-01T00:00:00Z"),
    claude("claude-sonnet-9", line="sonnet", created="2026-09-01T00:00:00Z"),
    claude("claude-sonnet-8", line="sonnet", created="2026-03-01T00:00:00Z"),
)


GPTS = (
    gpt("gpt-9-mini", created=1_790_000_200),
    gpt("gpt-9", created=1_790_000_000),
    gpt("gpt-8", created=1_780_000_000),
)


EFFORTS = ("none", "low", "medium", "high")
"""What a GPT takes unless `ModelServer.efforts` says otherwise; () for one that does not reason."""
