"""The log of claims: who was first, and until when that counts."""

from __future__ import annotations

import json

import pytest

from sluice.verdicts.claims import Ledger, encoded

TYPE, OTHER = "0a" * 16, "0b" * 16
NOW = 1_750_000_000.0


def claimed(ledger: Ledger, instance: str, until: float, *, now: float = NOW, key: str = TYPE) -> None:
    assert ledger.read(key, encoded(key, instance, until), now)


def test_the_first_live_claim_of_the_log_counts() -> None:
    ledger = Ledger(30)
    claimed(ledger, "one", NOW + 20)
    claimed(ledger, "two", NOW + 25)
    claimed(ledger, "two", NOW + 9, key=OTHER)
    assert ledger.first(TYPE, NOW) == ("one", 20)
    assert ledger.first(OTHER, NOW) == ("two", 9)
    assert ledger.first("0c" * 16, NOW) == ("", 0)


def test_the_next_one_counts_when_the_first_has_ended() -> None:
    ledger = Ledger(30)
    claimed(ledger, "one", NOW + 20)
    claimed(ledger, "two", NOW + 25)
    assert ledger.first(TYPE, NOW + 21) == ("two", 4)
    assert ledger.first(TYPE, NOW + 25) == ("", 0)


def test_a_renewed_claim_keeps_its_place_however_late_that_is_read() -> None:
    ledger = Ledger(30)
    claimed(ledger, "one", NOW + 10)
    claimed(ledger, "two", NOW + 29)
    assert ledger.first(TYPE, NOW + 15) == ("two", 14), "as far as is known"
    claimed(ledger, "one", NOW + 35, now=NOW + 15)
    assert ledger.first(TYPE, NOW + 15) == ("one", 20)


def test_a_claim_that_had_lapsed_stands_where_it_was_written_anew() -> None:
    ledger = Ledger(30)
    claimed(ledger, "one", NOW + 10)
    claimed(ledger, "two", NOW + 29)
    claimed(ledger, "one", NOW + 41, now=NOW + 11)
    assert ledger.first(TYPE, NOW + 11) == ("two", 18)


def test_a_withdrawn_claim_leaves_its_place_to_the_next() -> None:
    ledger = Ledger(30)
    claimed(ledger, "one", NOW + 20)
    claimed(ledger, "two", NOW + 25)
    claimed(ledger, "one", 0)
    assert ledger.first(TYPE, NOW) == ("two", 25)


def test_no_claim_counts_for_longer_than_its_lifetime_after_it_was_read() -> None:
    """Scenario: a clock an hour ahead, or somebody who wants to claim for ever."""
    ledger = Ledger(30)
    claimed(ledger, "one", NOW + 3600)
    assert ledger.first(TYPE, NOW) == ("one", 30)
    assert ledger.first(TYPE, NOW + 30) == ("", 0)


@pytest.mark.parametrize(
    "value",
    [
        b"{not json",
        b"\xff",
        b"[]",
        json.dumps({"schema": 2, "fingerprint": TYPE, "instance": "one", "until": "2026-01-31T12:00:00Z"}).encode(),
        json.dumps({"schema": 1, "fingerprint": OTHER, "instance": "one", "until": "2026-01-31T12:00:00Z"}).encode(),
        json.dumps({"schema": 1, "fingerprint": TYPE, "instance": "one", "until": "tomorrow"}).encode(),
    ],
)
def test_a_value_that_is_no_claim_claims_nothing(value: bytes) -> None:
    ledger = Ledger(30)
    assert not ledger.read(TYPE, value, NOW)
    assert ledger.first(TYPE, NOW) == ("", 0)


def test_memory_holds_live_claims_only_and_so_many() -> None:
    ledger = Ledger(30, capacity=100)
    for number in range(1_000):
        claimed(ledger, "one", NOW + 30, key=f"{number:032x}")
    assert len(ledger) == 100
    claimed(ledger, "one", NOW + 120, now=NOW + 90, key=OTHER)
    assert len(ledger) == 1
    for number in range(1_000):
        claimed(ledger, f"replica-{number}", NOW + 120, now=NOW + 90)
    assert ledger.first(TYPE, NOW + 90) == ("replica-0", 30)
