"""Redaction of samples: what it costs and finds, beside detect-secrets and a plain scan in the same run.

    PYTHONPATH=tests python benchmarks/redaction.py

Samples: texts of the recorded demo, and the corpus of made secrets that the tests use. detect-secrets runs its
detectors but those that guess by entropy and by names in source code; the plain scan is one backtracking expression of
the kind that log shippers are configured with. One core, best of several rounds that alternate. A hostile line is
16 KiB of one unit, repeated; shown is the dearest of a few.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData

from made_secrets import Made, made_secrets
from sluice.classify.redact import Redactor
from sluice.config.model import Redaction
from sluice.engine import Signal
from sluice.recording import read

ROUNDS = 3
TEXTS = 2_000
HOSTILE = ("eyJa", "sk-a", "//a/:_auth", "AB12 3456 ", "+1 415 555 2671 ", "password", "a.a@")
NOT_ASKED = {"KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString"}
"""They guess by entropy and by names in source code: nearly every line of a log would be one."""
PLAIN = re.compile(
    r"(?i)(?:password|passwd|secret|token|api[_-]?key|authorization)[\"']?\s*[=:]\s*[\"']?(?:bearer\s+|basic\s+)?\S+|"
    r"[\w.+-]+@[\w-]+\.[\w.]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:\d[ -]?){13,16}\b|AKIA[A-Z0-9]{16}|gh[pousr]_\w{36}|"
    r"eyJ[\w-]+\.[\w-]+\.[\w-]+|-----BEGIN [A-Z ]+-----"
)

Find = Callable[[str], bool]


def recorded() -> list[str]:
    path = Path(__file__).parent.parent / "deploy/recording/shop.jsonl.zst"
    texts = {
        record.body.string_value: None
        for signal, request in read(path)
        if signal is Signal.LOGS
        for resource in LogsData.FromString(request).resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    }
    return list(texts)[:TEXTS]


def detect_secrets() -> Find:
    classes = get_mapping_from_secret_type_to_class().values()
    plugins = [one() for one in classes if one.__name__ not in NOT_ASKED]
    return lambda text: any(list(plugin.analyze_string(text)) for plugin in plugins)


def microseconds(find: Find, texts: list[str]) -> float:
    start = time.perf_counter()
    for text in texts:
        find(text)
    return (time.perf_counter() - start) / len(texts) * 1e6


def main() -> None:
    redactor = Redactor(Redaction())
    peers: dict[str, Find] = {
        "clean": lambda text: not redactor.clean(text),
        "redact": lambda text: redactor.redact(text) != text,
        "detect-secrets": detect_secrets(),
        "plain scan": lambda text: PLAIN.search(text) is not None,
    }
    texts, made = recorded(), made_secrets(seed=1)
    secrets = [one.text for one in made]
    best: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, find in peers.items():
            costs = [microseconds(find, texts), microseconds(find, secrets)]
            best[name] = [min(pair) for pair in zip(costs, best.get(name, costs), strict=True)]
    kinds = len({one.kind for one in made})
    print(f"{len(texts)} recorded texts, {len(made)} made secrets of {kinds} kinds")
    print(f"{'':16} {'µs a recorded':>14} {'µs a secret':>12} {'secrets found':>14} {'worst hostile 16 KiB':>22}")
    for name, find in peers.items():
        worst = max(microseconds(find, [(unit * (1 << 14))[: 1 << 14]]) for unit in HOSTILE)
        found = sum(map(find, secrets)) / len(secrets)
        print(f"{name:16} {best[name][0]:14.1f} {best[name][1]:12.1f} {found:14.0%} {worst / 1e3:19.1f} ms")
    alarms = Counter(finding for text in texts for finding in redactor.findings(text) if finding[0] != "ip")
    print(f"taken out of the recorded texts beside addresses: {dict(alarms) or 'nothing'}")
    print(f"missed: {_missed(redactor, made) or 'nothing'}")


def _missed(redactor: Redactor, made: list[Made]) -> dict[str, int]:
    return dict(Counter(one.kind for one in made if any(part in redactor.redact(one.text) for part in one.parts)))


if __name__ == "__main__":
    main()
