"""Lines that come again are found without mining: their types must be those that mining finds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sluice.engine import Decision, Engine, Settings
from sluice.recording import read

RECORDING = Path(__file__).parents[2] / "deploy" / "recording" / "shop.jsonl.zst"
ROUNDS = 4
"""An outline is noted when it is met, remembered when it is met again, and used from then on."""


def records_by_type(engine: Engine) -> Counter[str]:
    return Counter({known.fingerprint: known.records for known in engine.types()})


def general(engine: Engine) -> list[Decision]:
    return [
        Decision(known.fingerprint, known.identity, known.skeleton, engine.ruleset, "drop", "debug_noise")
        for known in engine.types()
        if "<word>" in known.skeleton
    ]


def test_what_is_remembered_is_what_mining_finds() -> None:
    requests = list(read(RECORDING))
    experienced = Engine(Settings(min_records=1))
    for _ in range(ROUNDS):
        for signal, request in requests:
            experienced.process(signal, request).commit()
    mined: Counter[str] = Counter()
    for signal, request in requests:
        fresh = Engine(Settings(min_records=1))  # it remembers nothing but this request, and what became general
        fresh.apply(general(experienced))
        fresh.process(signal, request).commit()
        mined += records_by_type(fresh)
    assert records_by_type(experienced) == Counter({name: ROUNDS * count for name, count in mined.items()})
