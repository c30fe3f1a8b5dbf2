"""How classification stands, for the health endpoint and the log: who is asked and why, what it cost, who waits."""

from __future__ import annotations

from datetime import UTC, datetime

from sluice.classify.panel import Budget, Panel
from sluice.classify.queue import Queue


def describe(panel: Panel, budget: Budget, queue: Queue) -> dict[str, object]:
    """`provider` is empty when nobody can be asked; `why`: what keeps the configured one, or everybody, from it."""
    since = datetime.fromtimestamp(panel.since, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "provider": panel.standing.provider,
        "model": panel.model,
        "why": panel.standing.why,
        "since": since,
        "tokens_today": budget.today,
        "tokens_per_day": budget.tokens_per_day,
        "queue_length": len(queue),
        "oldest_seconds": round(queue.oldest, 1),
    }


def beside(budget: Budget, queue: Queue) -> str:
    """What the log says of it where another provider is asked from now on."""
    waiting = f"{len(queue):,} event types wait, the oldest for {queue.oldest:.0f} s" if len(queue) else "none waits"
    return f"{budget.today:,} tokens today, {waiting}"
