"""The queue of event types, with a clock that only the test moves."""

from __future__ import annotations

import msgspec
import pytest

from made_evidence import evidence
from sluice.classify.queue import EVIDENCE_BYTES, Queue
from sluice.engine import Volume
from sluice.telemetry import Telemetry


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def telemetry():
    return Telemetry()


@pytest.fixture
def queue(clock, telemetry):
    return Queue(max_size=3, settle=5.0, telemetry=telemetry, clock=clock)


def templates(batch):
    return [waiting.evidence.template for waiting in batch]


def test_a_type_waits_until_it_has_settled(queue, clock):
    assert queue.due_in() is None
    queue.add(evidence("a"))
    assert queue.due_in() == 5.0
    assert queue.take(10) == []
    clock.now += 5.0
    assert queue.due_in() == 0.0
    assert templates(queue.take(10)) == ["a"]
    assert queue.due_in() is None
    assert len(queue) == 0


def test_more_evidence_does_not_make_a_type_wait_anew(queue, clock):
    queue.add(evidence("a"))
    clock.now += 4.0
    queue.add(evidence("a", count=9))
    clock.now += 1.0
    assert templates(queue.take(10)) == ["a"]


def test_the_largest_volume_goes_first(queue, clock):
    for template, count in (("small", 3), ("large", 900), ("middle", 40)):
        queue.add(evidence(template, count=count))
    clock.now += 5.0
    assert templates(queue.take(2)) == ["large", "middle"]
    assert templates(queue.take(2)) == ["small"]


def test_volumes_that_grow_while_a_type_waits_change_the_order(queue, clock):
    small, large = evidence("small", count=3), evidence("large", count=900)
    queue.add(small)
    queue.add(large)
    clock.now += 5.0
    assert queue.due_in() == 0.0
    queue.weigh([Volume(small.fingerprint, 5000, 0, 0, 0), Volume("f" * 32, 1, 0, 0, 0)])
    assert templates(queue.take(1)) == ["small"]


def test_evidence_of_a_type_that_waits_is_merged(queue, clock):
    first = evidence("a <id>", samples=("a 1", "a 2"), values={"id": ["1", "2"]}, attribute_keys=("x",), count=3)
    second = evidence(
        "a <id>", samples=("a 2", "a 3", "a 4"), values={"id": ["2", "3"]}, attribute_keys=("y",), count=8
    )
    queue.add(first)
    queue.add(second)
    clock.now += 5.0
    (waiting,) = queue.take(10)
    assert waiting.evidence.samples == ["a 1", "a 2", "a 3"]
    assert waiting.evidence.slots[0].values == ["1", "2", "3"]
    assert waiting.evidence.attribute_keys == ["x", "y"]
    assert waiting.evidence.count == 8
    assert waiting.volume == 8


def test_a_full_queue_refuses_new_types_counts_them_and_still_merges(queue, clock, telemetry):
    for template in "abc":
        assert queue.add(evidence(template))
    assert not queue.add(evidence("d"))
    assert telemetry.value("sluice_classify_queue_refused") == 1
    assert queue.add(evidence("a", count=50))
    assert len(queue) == 3
    clock.now += 5.0
    assert templates(queue.take(1)) == ["a"]
    assert queue.add(evidence("d")), "its next evidence is another chance"


def test_what_is_put_back_is_due_at_once_even_into_a_full_queue(queue, clock):
    for template in "abc":
        queue.add(evidence(template))
    clock.now += 5.0
    batch = queue.take(1)
    queue.add(evidence("d"))
    queue.put_back(batch)
    assert len(queue) == 4
    assert queue.due_in() == 0.0
    assert sorted(templates(queue.take(10))) == ["a", "b", "c"]


def test_a_type_that_is_asked_about_is_not_taken_again_and_what_comes_meanwhile_is_kept_with_it(queue, clock):
    queue.add(evidence("a <id>", samples=("a 1",), count=3))
    clock.now += 5.0
    batch = queue.take(1)
    assert queue.add(evidence("a <id>", samples=("a 2",), count=8))
    clock.now += 5.0
    assert queue.take(10) == []
    assert queue.due_in() is None
    assert batch[0].evidence.fingerprint in queue
    batch[0].attempts = 2
    queue.put_back(batch)
    (waiting,) = queue.take(10)
    assert waiting.evidence.samples == ["a 1", "a 2"]
    assert waiting.attempts == 2


def test_what_is_done_with_may_come_again(queue, clock):
    queue.add(evidence("a"))
    clock.now += 5.0
    (waiting,) = queue.take(1)
    queue.done(waiting)
    assert waiting.evidence.fingerprint not in queue
    queue.add(evidence("a"))
    clock.now += 5.0
    assert templates(queue.take(1)) == ["a"]


def test_a_service_with_enough_types_has_a_batch_to_itself_beginning_with_the_largest(clock, telemetry):
    queue = Queue(1000, 5.0, telemetry, clock)
    for number in range(60):
        queue.add(evidence(f"cart {number}", service="cart", count=10 + number))
    for number in range(60):
        queue.add(evidence(f"shop {number}", service="shop", count=500 + number))
    clock.now += 5.0
    batches = [queue.take(64), queue.take(64)]
    assert [{waiting.evidence.identity.service for waiting in batch} for batch in batches] == [{"shop"}, {"cart"}]
    assert [len(batch) for batch in batches] == [60, 60]
    assert templates(batches[0])[0] == "shop 59"


def test_services_with_few_types_share_a_batch_whole_and_side_by_side(clock, telemetry):
    queue = Queue(1000, 5.0, telemetry, clock)
    for service, types, count in (("a", 20, 900), ("b", 30, 700), ("c", 20, 500), ("d", 50, 1)):
        for number in range(types):
            queue.add(evidence(f"{service} {number}", service=service, count=count + number))
    clock.now += 5.0
    services = [[waiting.evidence.identity.service for waiting in queue.take(64)] for _ in range(3)]
    assert services == [["a"] * 20 + ["b"] * 30, ["c"] * 20, ["d"] * 50]


def test_few_types_wait_for_company_the_longer_the_fewer_they_are(clock, telemetry):
    queue = Queue(1000, 5.0, telemetry, clock, company=64)
    for number in range(16):
        queue.add(evidence(f"t{number}"))
    assert queue.due_in() == 5.0
    clock.now += 5.0
    assert queue.due_in() == 15.0
    assert queue.take(64) == []
    for number in range(16, 32):
        queue.add(evidence(f"t{number}"))
    clock.now += 5.0
    assert queue.due_in() == 0.0
    assert len(queue.take(64)) == 32


def test_a_full_batch_waits_for_nobody(clock, telemetry):
    queue = Queue(1000, 5.0, telemetry, clock, company=64)
    for number in range(65):
        queue.add(evidence(f"t{number}"))
    clock.now += 5.0
    assert len(queue.take(64)) == 64
    assert queue.take(64) == []
    assert queue.due_in() == 5.0 * 63


def test_the_age_of_the_oldest_type_is_a_metric_until_it_is_judged(queue, clock, telemetry):
    def oldest():
        return telemetry.value("sluice_classify_queue_oldest_seconds")

    assert oldest() == 0
    queue.add(evidence("a"))
    clock.now += 5.0
    queue.add(evidence("b"))
    (first,) = queue.take(1)
    clock.now += 1.0
    assert oldest() == 6
    queue.put_back([first])
    assert oldest() == 6
    (first,) = queue.take(1)
    queue.done(first)
    assert oldest() == 1
    queue.add(evidence("a"))
    clock.now += 5.0
    for waiting in queue.take(10):
        queue.done(waiting)
    assert oldest() == 0


def test_the_length_is_a_metric(queue, clock, telemetry):
    queue.add(evidence("a"))
    queue.add(evidence("b"))
    assert telemetry.value("sluice_classify_queue_length") == 2
    clock.now += 5.0
    queue.put_back(queue.take(1))
    queue.take(1)
    assert telemetry.value("sluice_classify_queue_length") == 1


def test_beyond_the_bound_on_evidence_a_type_waits_without_samples(queue, clock):
    sample = "x" * (EVIDENCE_BYTES // 2)
    for template in "abc":
        queue.add(evidence(f"{template} <id>", samples=(sample,), values={"id": ["1"]}))
    clock.now += 5.0
    batch = sorted(queue.take(10), key=lambda waiting: waiting.evidence.template)
    assert [len(waiting.evidence.samples) for waiting in batch] == [1, 0, 0]
    assert [waiting.evidence.slots[0].values for waiting in batch] == [["1"], [], []]
    queue.add(evidence("d", samples=(sample,)))
    clock.now += 5.0
    assert queue.take(1)[0].evidence.samples == [sample], "what was taken makes room"


def test_a_type_weighed_again_and_again_is_handed_out_once(queue, clock):
    busy = evidence("busy")
    queue.add(busy)
    clock.now += 5.0
    for _ in range(100):
        queue.weigh([Volume(busy.fingerprint, 1, 0, 0, 0)])
    (waiting,) = queue.take(10)
    assert waiting.volume == 103
    assert msgspec.structs.astuple(waiting.evidence) == msgspec.structs.astuple(busy)
    assert queue.take(10) == []


@pytest.mark.parametrize("seconds", [0.0, 5.0], ids=["settling", "due"])
def test_types_that_became_parts_of_a_more_general_one_wait_no_longer(queue, clock, seconds):
    first, second, other = evidence("session of a began"), evidence("session of b began"), evidence("other")
    for each in (first, second, other):
        queue.add(each)
    clock.now += seconds
    general = evidence("session of <word> began")
    assert queue.add(msgspec.structs.replace(general, covers=[first.fingerprint, second.fingerprint, "f" * 32]))
    assert len(queue) == 2
    clock.now += 5.0
    assert sorted(templates(queue.take(10))) == ["other", "session of <word> began"]
    assert queue.due_in() is None
    assert queue.add(first)
    clock.now += 5.0
    assert templates(queue.take(10)) == ["session of a began"]


def test_a_part_that_is_asked_about_elsewhere_or_was_taken_is_left_or_finished(queue, clock):
    first, second = evidence("session of a began"), evidence("session of b began")
    queue.add(first)
    queue.add(second)
    clock.now += 5.0
    taken = {waiting.evidence.fingerprint: waiting for waiting in queue.take(10)}
    queue.postpone(taken[first.fingerprint], 30.0)
    general = evidence("session of <word> began")
    queue.add(msgspec.structs.replace(general, covers=[first.fingerprint, second.fingerprint]))
    assert queue.postponed() == []
    queue.put_back([taken[second.fingerprint]])
    clock.now += 30.0
    assert sorted(templates(queue.take(10))) == ["session of <word> began", "session of b began"]


def test_a_postponed_type_is_due_again_when_its_time_has_come(queue, clock):
    queue.add(evidence("a"))
    queue.add(evidence("b"))
    clock.now += 5.0
    first, second = queue.take(10)
    queue.postpone(first, 30.0)
    queue.postpone(second, 20.0)
    assert len(queue) == 2
    assert queue.due_in() == 20.0
    assert queue.take(10) == []
    queue.add(evidence("a", count=7))
    clock.now += 20.0
    assert templates(queue.take(10)) == ["b"]
    clock.now += 10.0
    assert [(waiting.evidence.template, waiting.volume) for waiting in queue.take(10)] == [("a", 7)]


def test_a_postponed_type_that_has_an_answer_is_dropped(queue, clock, telemetry):
    queue.add(evidence("a", samples=("x" * 100,)))
    queue.add(evidence("b"))
    queue.drop(evidence("b").fingerprint)
    clock.now += 5.0
    waiting = next(each for each in queue.take(10) if each.evidence.template == "a")
    queue.postpone(waiting, 30.0)
    assert queue.postponed() == [evidence("a").fingerprint]
    queue.drop(evidence("a").fingerprint)
    assert queue.postponed() == []
    assert len(queue) == 0
    queue.add(evidence("a"))
    clock.now += 30.0
    assert templates(queue.take(10)) == ["a"]
    assert queue.due_in() is None


def test_postponed_types_have_their_place_and_count_as_waiting(queue, clock, telemetry):
    queue.add(evidence("a"))
    clock.now += 5.0
    queue.postpone(*queue.take(1), 30.0)
    clock.now += 10.0
    assert queue.oldest == 15.0
    assert evidence("a").fingerprint in queue
    assert [queue.add(evidence(name)) for name in "bcd"] == [True, True, False]
