"""What a refused request is answered, the same for every transport, and how refusals are counted."""

from __future__ import annotations

import logging
import traceback
from typing import NamedTuple

from sluice.errors import Busy, ExportFailed, Malformed, Refused, TooLarge, Unread
from sluice.rpc_status import with_retry_info
from sluice.telemetry import Counter, Telemetry

log = logging.getLogger(__name__)


class Refusal(NamedTuple):
    """What the sender is told. `details`: a serialised `google.rpc.Status`, or None."""

    code: int
    message: str
    details: bytes | None


class Refusals:
    """Counts the requests of one transport that were refused before their records were counted."""

    def __init__(self, telemetry: Telemetry, transport: str) -> None:
        self._requests: dict[type[Refused], Counter] = {
            kind: telemetry.counter(
                "sluice_receiver_refused_requests", receiver="otlp", transport=transport, reason=kind.reason
            )
            for kind in (Busy, TooLarge, Unread, Malformed)
        }
        self._failed = telemetry.counter("sluice_tasks_failed", task=f"receive_{transport}")

    def refusal(self, error: Refused) -> Refusal:
        """Counts it, unless the pipeline has: it counts the records that the next hop refused."""
        counter = self._requests.get(type(error))
        if counter is not None:
            counter.inc()
        return Refusal(error.code, str(error), _details(error))

    def unexpected(self, error: Exception) -> Refusal:
        """For the outermost `except` of a request. Logged by type and place: its text may quote a record."""
        self._failed.inc()
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error("a request failed by %s in %s line %s", type(error).__name__, place.name, place.lineno)
        return Refusal(Refused.code, "internal error; the log has its place", None)


def _details(error: Refused) -> bytes | None:
    """The next hop's own details byte for byte, where it sent some."""
    match error:
        case Busy():
            return with_retry_info(error.code, str(error), error.retry_after)
        case ExportFailed():
            return error.details
        case _:
            return None
