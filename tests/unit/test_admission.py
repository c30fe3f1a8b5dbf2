"""The limits on requests and bytes in flight."""

from __future__ import annotations

import pytest

from sluice.admission import Admission, Ticket
from sluice.config.model import Limits
from sluice.errors import Busy
from sluice.telemetry import Telemetry

MIB = 1 << 20


def in_flight(telemetry: Telemetry) -> tuple[float, float]:
    return (
        telemetry.value("sluice_receiver_requests_in_flight"),
        telemetry.value("sluice_receiver_bytes_in_flight"),
    )


def filled(ticket: Ticket, size: int) -> Ticket:
    """All `size` bytes of its request are here, and it is handled."""
    try:
        ticket.grow(size)
        ticket.enter()
    except Busy:
        ticket.close()
        raise
    return ticket


def admit(admission: Admission, size: int) -> Ticket:
    return filled(admission.open(), size)


def test_what_is_closed_gives_its_place_and_bytes_back() -> None:
    telemetry = Telemetry()
    admission = Admission(Limits(requests_in_flight=1, bytes_in_flight_mib=1), telemetry)
    for _ in range(3):
        with admit(admission, MIB):
            assert in_flight(telemetry) == (1, MIB)
            with pytest.raises(Busy) as caught:
                admission.open()
            assert caught.value.retry_after > 0
        assert in_flight(telemetry) == (0, 0)


def test_a_refused_request_holds_nothing() -> None:
    telemetry = Telemetry()
    admission = Admission(Limits(requests_in_flight=1, bytes_in_flight_mib=1), telemetry)
    late, large = admission.open(), admission.open()
    with admit(admission, 10):
        with pytest.raises(Busy):
            filled(late, 10)
        with pytest.raises(Busy):
            filled(large, MIB)
        assert in_flight(telemetry) == (1, 10)


def test_a_request_larger_than_the_limit_is_let_in_alone() -> None:
    admission = Admission(Limits(bytes_in_flight_mib=1), Telemetry())
    with admit(admission, 5 * MIB), pytest.raises(Busy):
        admit(admission, 1)
    with admit(admission, 1), pytest.raises(Busy):
        admit(admission, 5 * MIB)


def test_with_the_bytes_used_up_nothing_more_is_read() -> None:
    admission = Admission(Limits(bytes_in_flight_mib=1), Telemetry())
    with admit(admission, MIB), pytest.raises(Busy):
        admission.open()


def test_a_request_that_grows_alone_may_pass_the_limit_and_else_not() -> None:
    admission = Admission(Limits(bytes_in_flight_mib=1), Telemetry())
    with admission.open() as ticket:
        ticket.grow(MIB)
        ticket.grow(MIB)
    with admission.open() as ticket, admission.open() as other:
        ticket.grow(MIB - 1)
        other.grow(1)
        with pytest.raises(Busy):
            ticket.grow(1)


def test_a_ticket_without_a_place_leaves_the_places_to_others() -> None:
    admission = Admission(Limits(requests_in_flight=1), Telemetry())
    with admission.open() as first, admission.open() as second:
        second.enter()
        with pytest.raises(Busy):
            first.enter()
        second.close()
        first.enter()
