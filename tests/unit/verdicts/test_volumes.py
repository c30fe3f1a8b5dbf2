"""The counts of the last day and the totals of each type."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from registry_world import fingerprint
from sluice.engine import Volume
from sluice.verdicts.volumes import VolumeTable

HOUR = 3_600_000
START = 486_111 * HOUR
KEY = bytes.fromhex(fingerprint(1))


def add(table: VolumeTable, now: int, records: int, number: int = 1, dropped: int = 0) -> None:
    assert table.add([Volume(fingerprint(number), records, 10 * records, dropped, 10 * dropped)], now) == [
        bytes.fromhex(fingerprint(number))
    ]


def test_an_unknown_type_has_nothing() -> None:
    table = VolumeTable()
    assert table.per_day(KEY, START) == 0
    assert (table.total(KEY), table.first_seen(KEY), table.last_seen(KEY)) == (None, None, None)


def test_records_count_for_a_day_and_in_the_total_for_ever() -> None:
    table = VolumeTable()
    add(table, START, 5, dropped=2)
    add(table, START + 20 * HOUR, 7)
    assert table.per_day(KEY, START + 24 * HOUR) == 12
    assert table.dropped_per_day(KEY, START + 24 * HOUR) == 2
    assert table.per_day(KEY, START + 25 * HOUR) == 7
    assert table.per_day(KEY, START + 100 * HOUR) == 0
    total = table.total(KEY)
    assert total is not None
    assert (total.records, total.bytes, total.dropped_records, total.dropped_bytes) == (12, 120, 2, 20)
    assert (total.first_seen, total.last_seen) == (START, START + 20 * HOUR)


@given(st.lists(st.tuples(st.integers(0, 40 * HOUR), st.integers(1, 9)), max_size=40))
def test_a_day_is_the_running_hour_and_the_24_before(steps: list[tuple[int, int]]) -> None:
    table = VolumeTable()
    now, history = START, []
    for pause, records in steps:
        now += pause
        add(table, now, records)
        history.append((now // HOUR, records))
        expected = sum(count for hour, count in history if hour >= now // HOUR - 24)
        assert table.per_day(KEY, now) == expected


def test_a_clock_that_goes_back_an_hour_loses_nothing() -> None:
    table = VolumeTable()
    add(table, START, 5)
    add(table, START - HOUR, 6)
    assert table.per_day(KEY, START - HOUR) == 11
    assert table.per_day(KEY, START) == 11
    assert table.last_seen(KEY) == START


def test_a_clock_that_was_years_ahead_does_not_make_old_counts_last() -> None:
    table = VolumeTable()
    add(table, START + 9_000 * HOUR, 5)
    add(table, START, 1)
    assert table.per_day(KEY, START) == 1


def test_a_full_table_gives_up_what_was_not_seen_for_long() -> None:
    table = VolumeTable(capacity=20)
    for number in range(20):
        add(table, START + number, 1, number)
    add(table, START + 100, 1, 0)
    for number in range(20, 30):
        add(table, START + number + 100, 1, number)
    assert len(table) == 20
    kept = [number for number in range(30) if table.total(bytes.fromhex(fingerprint(number))) is not None]
    assert kept == [0, *range(11, 30)]


def test_a_row_comes_back_from_the_store_as_it_was() -> None:
    table, after = VolumeTable(), VolumeTable()
    for hour, next_hour in pairwise(range(0, 60, 7)):
        add(table, START + hour * HOUR, next_hour, dropped=1)
    assert table.changed() == [KEY]
    packed = table.packed(KEY)
    assert packed is not None
    assert table.changed() == []
    assert after.restore(KEY, packed)
    for hours in range(50, 90):
        assert after.per_day(KEY, START + hours * HOUR) == table.per_day(KEY, START + hours * HOUR)
    assert after.total(KEY) == table.total(KEY)
    assert after.changed() == []


def test_a_row_that_could_not_be_written_is_offered_again() -> None:
    table = VolumeTable()
    add(table, START, 1)
    table.packed(KEY)
    table.touch(KEY)
    assert table.changed() == [KEY]


def test_a_row_that_another_type_took_over_is_saved_under_its_name_alone() -> None:
    table = VolumeTable(capacity=1)
    add(table, START, 1, number=1)
    add(table, START, 1, number=2)
    assert table.unsaved == 1
    assert table.changed() == [bytes.fromhex(fingerprint(2))]
    table.touch(KEY)
    assert table.unsaved == 1


def test_a_row_of_another_shape_is_refused() -> None:
    table = VolumeTable()
    assert not table.restore(KEY, b"short")
    assert len(table) == 0


def test_an_hour_without_end_does_not_overflow() -> None:
    table = VolumeTable()
    add(table, START, 2**32)
    add(table, START, 2**32)
    assert table.per_day(KEY, START) == 2**32 - 1
    total = table.total(KEY)
    assert total is not None
    assert total.records == 2**33
