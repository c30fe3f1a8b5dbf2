"""`sluice run` with providers on loopback: what is sent to it, and what it says of them."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from real.otlp import NextHop, Sender, logs
from real.sluice import Sluice
from traffic import listed as rows_listed

KEYS = {"anthropic": "sk-ant-canary-of-the-key", "openai": "sk-canary-of-the-other-key"}
NEVER = "600s"
"""A time-out that no test waits for."""


def send(sluice: Sluice, *lines: str, times: int = 3, service: str = "shop") -> None:
    """Each line so many times, in one request a round."""
    with Sender(sluice.grpc_port) as sender:
        for _ in range(times):
            sender.export(logs(*lines, service=service))


def files(directory: Path) -> dict[str, bytes]:
    """Everything that lies there, by name."""
    return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def classification(sluice: Sluice) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{sluice.health_port}/health") as answer:
        state: dict[str, Any] = json.load(answer)["classification"]
    return state


def trouble(sluice: Sluice) -> str:
    health = sluice.health()
    assert health.status == 200, "in trouble or not, it serves"
    return health.degraded.get("provider", {}).get("reason", "")


def listed(sluice: Sluice, types: int) -> dict[str, dict[str, Any]]:
    """The verdicts by template, once there are so many."""
    return {row["verdict"]["template"]: row["verdict"] for row in rows_listed(sluice, types)}


def passes(sluice: Sluice, next_hop: NextHop, line: str) -> bool:
    before = len(next_hop.arrivals)
    send(sluice, line, times=1)
    return len(next_hop.arrivals) > before
