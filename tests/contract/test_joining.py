"""Requests that wait at the same moment go to the next hop as one, and each sender has its own answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from real.dataplane import DataPlane
from real.otlp import Answer, NextHop, Sender, bodies, details, logs, metrics, one_of, spans
from real.waiting import wait_until
from sluice import rpc_status
from sluice.engine import Signal
from sluice.exporters.joining import Joining
from sluice.telemetry import Telemetry

Code = grpc.StatusCode
KIB = 1 << 10


@pytest.fixture
def plane(next_hop: NextHop) -> Iterator[DataPlane]:
    """Where nothing but an answer ends the waiting, so that what meets is not a matter of time."""
    plane = DataPlane(next_hop, hold=600.0).start()
    yield plane
    plane.stop()


class Crowd:
    """One call is under way, and what is added waits for its answer."""

    def __init__(self, plane: DataPlane, next_hop: NextHop, sender: Sender, signal: Signal = Signal.LOGS) -> None:
        self._plane, self._sender, self._signal = plane, sender, signal
        self._held = threading.Event()
        next_hop.answer = Answer(after=self._held)
        arrived = len(next_hop.arrivals)
        self.first = sender.begin(one_of(signal), signal)
        next_hop.wait_for(arrived + 1)
        next_hop.answer = Answer()

    def add(self, request: bytes, timeout: float = 30.0) -> grpc.Future:
        before = self.waiting()
        call = self._sender.begin(request, self._signal, timeout)
        wait_until(lambda: self.waiting() == before + 1, "one more that waits")
        return call

    def waiting(self) -> int:
        return int(self._plane.telemetry.value("sluice_exporter_waiting_requests"))

    def go(self) -> None:
        self._held.set()
        assert self.first.result() == b""


@pytest.fixture
def crowd(plane: DataPlane, next_hop: NextHop, sender: Sender) -> Crowd:
    return Crowd(plane, next_hop, sender)


def joined(plane: DataPlane) -> int:
    return int(plane.telemetry.value("sluice_exporter_joined_requests", exporter="otlp_grpc"))


@pytest.mark.parametrize("signal", Signal)
def test_what_waits_while_a_call_is_under_way_goes_as_one(
    signal: Signal, plane: DataPlane, sender: Sender, next_hop: NextHop
) -> None:
    crowd = Crowd(plane, next_hop, sender, signal)
    calls = [crowd.add(one_of(signal)), crowd.add(one_of(signal))]
    crowd.go()
    assert [call.result() for call in calls] == [b"", b""]
    assert next_hop.requests == [one_of(signal), one_of(signal) * 2]
    assert joined(plane) == 2
    assert plane.count("accepted", signal.label) == plane.count("sent", signal.label) == 3


def test_nobody_waits_while_no_call_is_under_way(plane: DataPlane, sender: Sender, next_hop: NextHop) -> None:
    for number in range(3):
        assert sender.export(logs(f"order {number} shipped")) == b""
    assert len(next_hop.arrivals) == 3
    assert joined(plane) == 0


def test_a_call_that_hangs_does_not_hold_up_the_others(next_hop: NextHop) -> None:
    plane = DataPlane(next_hop).start()
    with plane.sender() as sender:
        hanging = Crowd(plane, next_hop, sender)
        assert sender.export(logs("order 17 shipped")) == b""
        assert not hanging.first.done()
        hanging.go()
    plane.stop()


def test_signals_do_not_wait_for_each_other(crowd: Crowd, sender: Sender) -> None:
    assert sender.export(metrics("queue.depth", 1), Signal.METRICS) == b""
    assert sender.export(spans("GET /orders"), Signal.SPANS) == b""
    crowd.go()


def test_a_large_request_does_not_wait(crowd: Crowd, plane: DataPlane, sender: Sender) -> None:
    assert sender.export(logs("a" * 300 * KIB)) == b""
    crowd.go()
    assert joined(plane) == 0


def test_what_waits_leaves_before_two_mebibytes_are_reached(crowd: Crowd, sender: Sender, next_hop: NextHop) -> None:
    calls = [crowd.add(logs("a" * 200 * KIB)) for _ in range(8)]
    assert sender.export(logs("a" * 200 * KIB)) == b""
    assert [call.result() for call in calls] == [b""] * 8
    assert 1800 * KIB < len(next_hop.arrivals[1].request) < 2048 * KIB
    crowd.go()


def test_a_retryable_error_is_everybodys_answer_and_counts_nothing_twice(
    crowd: Crowd, plane: DataPlane, next_hop: NextHop
) -> None:
    later = rpc_status.with_retry_info(14, "later", 3.0)
    calls = [crowd.add(logs("order 17 shipped")), crowd.add(logs("order 18 shipped", "order 19 shipped"))]
    next_hop.answer = Answer(code=Code.UNAVAILABLE, message="later", details=later)
    crowd.go()
    for call in calls:
        with pytest.raises(grpc.RpcError) as caught:
            call.result()
        assert (caught.value.code(), caught.value.details(), details(caught.value)) == (
            Code.UNAVAILABLE,
            "later",
            later,
        )
    assert len(next_hop.arrivals) == 2
    assert (plane.count("accepted"), plane.count("refused"), plane.count("sent")) == (1, 3, 1)


def refusing(*words: str) -> Answer:
    return Answer(code=Code.INVALID_ARGUMENT, message=f"no {' '.join(words)}")


def test_after_any_other_error_each_is_sent_alone_and_has_its_own_answer(
    crowd: Crowd, plane: DataPlane, next_hop: NextHop
) -> None:
    next_hop.answer_to = lambda request: refusing("poison") if b"poison" in request else Answer()
    good, bad, other = (crowd.add(logs(body)) for body in ("order 17 shipped", "poison", "order 18 shipped"))
    crowd.go()
    assert good.result() == other.result() == b""
    with pytest.raises(grpc.RpcError, match="no poison") as caught:
        bad.result()
    assert caught.value.code() is Code.INVALID_ARGUMENT
    assert sorted(bodies(arrival.request) for arrival in next_hop.arrivals[2:]) == [
        ["order 17 shipped"],
        ["order 18 shipped"],
        ["poison"],
    ]
    assert (plane.count("accepted"), plane.count("refused"), plane.count("sent")) == (3, 1, 3)


def test_after_an_error_of_joined_requests_nobody_waits_for_a_while(
    crowd: Crowd, plane: DataPlane, sender: Sender, next_hop: NextHop
) -> None:
    calls = [crowd.add(logs("order 17 shipped")), crowd.add(logs("order 18 shipped"))]
    next_hop.answer = Answer(code=Code.UNAVAILABLE)
    crowd.go()
    wait_until(lambda: all(call.done() for call in calls), "their answers")
    again = Crowd(plane, next_hop, sender)
    assert sender.export(logs("order 17 shipped")) == b""
    again.go()
    assert joined(plane) == 2


def partial(rejected: int, message: str) -> Answer:
    response = ExportLogsServiceResponse()
    response.partial_success.rejected_log_records = rejected
    response.partial_success.error_message = message
    return Answer(response.SerializeToString())


def test_what_a_partial_success_rejects_is_shared_out_so_that_the_sum_is_right(
    crowd: Crowd, plane: DataPlane, next_hop: NextHop
) -> None:
    calls = [crowd.add(logs("a 1", "a 2")), crowd.add(logs("b 1", "b 2")), crowd.add(logs("c 1"))]
    next_hop.answer = partial(3, "too old")
    crowd.go()
    told = [ExportLogsServiceResponse.FromString(call.result()).partial_success for call in calls]
    assert [(one.rejected_log_records, one.error_message) for one in told] == [(2, "too old"), (1, "too old"), (0, "")]
    assert len(next_hop.arrivals) == 2
    assert (plane.count("accepted"), plane.count("refused"), plane.count("sent")) == (3, 3, 3)


def test_a_warning_of_the_next_hop_reaches_everybody(crowd: Crowd, next_hop: NextHop) -> None:
    calls = [crowd.add(logs("a 1")), crowd.add(logs("b 1"))]
    next_hop.answer = partial(0, "deprecated")
    crowd.go()
    assert [call.result() for call in calls] == [next_hop.answer.response] * 2


def test_each_waits_as_long_as_its_own_sender(crowd: Crowd, plane: DataPlane, next_hop: NextHop) -> None:
    patient = crowd.add(logs("order 17 shipped"))
    impatient = crowd.add(logs("order 18 shipped", "order 19 shipped"), timeout=15.0)
    held = threading.Event()
    next_hop.answer = Answer(after=held)
    crowd.go()
    wait_until(lambda: plane.count("refused") == 2, "the impatient one gives up")
    assert next_hop.arrivals[1].seconds > 15
    assert not patient.done()
    held.set()
    assert patient.result() == b""
    with pytest.raises(grpc.RpcError) as caught:
        impatient.result()
    assert caught.value.code() is Code.DEADLINE_EXCEEDED
    assert (plane.count("accepted"), plane.count("sent")) == (2, 2)


class Broken:
    """Takes one call at a time, and fails in a way that nobody expects on two requests at once."""

    name = "broken"

    def __init__(self) -> None:
        self.busy = threading.Event()
        self.go = threading.Event()

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def export(self, signal: Signal, payload: bytes, timeout: float | None) -> bytes:
        if payload == b"first":
            self.busy.set()
            self.go.wait()
        if payload in (b"ab", b"ba"):
            raise RuntimeError("unexpected")
        return b""


def test_an_unexpected_error_of_one_leaves_nobody_waiting() -> None:
    exporter, telemetry = Broken(), Telemetry()
    joining = Joining(exporter, telemetry, hold=600.0)
    ended: list[str] = []

    def send(payload: bytes) -> None:
        try:
            joining.export(Signal.LOGS, payload, 1, None)
            ended.append("answered")
        except RuntimeError as error:
            ended.append(str(error))

    threads = [threading.Thread(target=send, args=(payload,)) for payload in (b"first", b"a", b"b")]
    threads[0].start()
    exporter.busy.wait()
    for thread in threads[1:]:
        thread.start()
    wait_until(lambda: telemetry.value("sluice_exporter_waiting_requests") == 2, "two that wait")
    exporter.go.set()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["answered", "answered", "unexpected"]
