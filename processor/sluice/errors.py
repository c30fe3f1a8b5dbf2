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


class Refused(SluiceError):  # noqa: N818 - OTLP's word for what became of the request
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
