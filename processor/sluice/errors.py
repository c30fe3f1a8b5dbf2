"""Every error of Sluice, in one tree.

Foreign errors become one of these at the edge where they arise. A message is lower case, names the value that was
wrong and what to do, and never holds a sample's content.
"""

from __future__ import annotations


class SluiceError(Exception):
    """The root: `except SluiceError` at the command line turns any of these into one line."""


class ConfigError(SluiceError):
    """The configuration cannot be used; the message names file, key, value and remedy. Ends `run` with status 2."""


class RecordingError(SluiceError):
    """A file of records cannot be read; the message names file, line and remedy."""


class ReplayError(SluiceError):
    """An endpoint did not take a recorded request: refused for good, or for longer than it is tried."""


class Refused(SluiceError):
    """A request is not taken; the sender is told, nothing of the request was counted or sent on.

    `code` is the gRPC status code's number, `reason` a short label for the metric of refused requests.
    """

    code = 13  # INTERNAL
    reason = "internal"


class Malformed(Refused):
    """The request is not valid OTLP: INVALID_ARGUMENT, HTTP 400. Permanent."""

    code = 3
    reason = "malformed"


class TooLarge(Refused):
    """The request exceeds the size limit after decompression: RESOURCE_EXHAUSTED without RetryInfo, HTTP 413."""

    code = 8
    reason = "too_large"


class Unread(TooLarge):
    """A gRPC message that did not come to its end: too large, or its sender went away; only the library knows which."""

    reason = "unread"


class Busy(Refused):
    """The limits on bytes or requests in flight are reached: UNAVAILABLE with RetryInfo, HTTP 503. Retryable."""

    code = 14
    reason = "busy"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ExportFailed(Refused):
    """The next hop did not take the records; its answer is the sender's answer.

    `details` is the next hop's `grpc-status-details-bin` (RetryInfo and the like), passed on byte for byte.
    `retryable` follows the OTLP specification's table of codes.
    """

    reason = "export_failed"

    def __init__(self, message: str, *, code: int, details: bytes | None, retryable: bool) -> None:
        super().__init__(message)
        self.code = code
        self.details = details
        self.retryable = retryable

    def again(self) -> ExportFailed:
        """Its like, to be raised elsewhere: an error takes the frames along in which it was raised."""
        return ExportFailed(str(self), code=self.code, details=self.details, retryable=self.retryable)


class StoreError(SluiceError):
    """The SQLite store cannot be read or written; the process goes on with what it has in memory, degraded."""


class BrokerError(SluiceError):
    """Kafka cannot be reached, refuses us or lacks a topic; everything waits in the outbox, degraded.

    `reason` is a short label for the metric of failures.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ProviderError(SluiceError):
    """The judge cannot answer; the types wait in the queue and are kept."""


class Unavailable(ProviderError):
    """The provider cannot be reached or is in trouble (connection, time-out, 408, 409, 5xx): worth another try.

    `unsure`: the request went out and no answer came, so that it may have been worked on, and be charged.
    """

    def __init__(self, message: str, *, unsure: bool = False) -> None:
        super().__init__(message)
        self.unsure = unsure


class Unauthorized(ProviderError):
    """The key is missing, wrong or not allowed, or the model is not known (401, 403, 404): another key helps, waiting
    does not."""


class Forbidden(Unauthorized):
    """This one of them: the key is known, and may not do what is asked of it (403)."""


class UnknownModel(Unauthorized):
    """This one of them: there is no such model (404), or none that this key may use."""


class OutOfCredit(ProviderError):
    """A spend limit, a quota or a billing stop: not a matter of pace."""


class RateLimited(ProviderError):
    """Too fast. `retry_after`: seconds that the provider asks to wait, None when it does not say."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(ProviderError):
    """The request itself is at fault (400, 413, 422): one of its items, or all of it."""


class OverBudget(ProviderError):
    """The day's tokens do not suffice for the call at its worst; it was not made."""
