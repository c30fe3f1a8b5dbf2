"""Lines that come again are found without mining: their types must be those that mining finds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sluice.engine import Engine, Settings
from sluice.recording import read

RECORDING = Path(__file__).parents[2] / "deploy" / "recording" / "shop.jsonl.zst"
ROUNDS = 4
"""An outline is noted when it is met, remembered when it is met again, and used from then on."""


def records_by_type(engine: Engine) -> Counter[str]:
    return Counter({known.fingerprint: known.records for known in engine.types()})


def test_what_is_remembered_is_what_mining_finds() -> None:
    requests = list(read(RECORDING))
    mined: Counter[str] = Counter()
    for signal, request in requests:
        fresh = Engine(Settings(min_records=1))  # it remembers nothing but this request
        fresh.process(signal, request).commit()
        mined += records_by_type(fresh)
    experienced = Engine(Settings(min_records=1))
    for _ in range(ROUNDS):
        for signal, request in requests:
            experienced.process(signal, request).commit()
    assert records_by_type(experienced) == Counter({name: ROUNDS * count for name, count in mined.items()})
