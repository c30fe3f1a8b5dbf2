"""`google.rpc.Status`, the form in which OTLP says more about an error than a code: above all when to try again."""

from __future__ import annotations

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status


def with_retry_info(code: int, message: str, seconds: float) -> bytes:
    """The value of `grpc-status-details-bin` that asks the sender to wait so long."""
    retry = RetryInfo()
    retry.retry_delay.FromNanoseconds(round(seconds * 1e9))
    status = Status(code=code, message=message)
    status.details.add().Pack(retry)
    serialized: bytes = status.SerializeToString()
    return serialized


def retry_delay(details: bytes | None) -> float | None:
    """Seconds to wait, when the details hold a RetryInfo; None when they do not or cannot be read."""
    if not details:
        return None
    try:
        status = Status.FromString(details)
        for detail in status.details:
            retry = RetryInfo()
            if detail.Unpack(retry):
                return float(retry.retry_delay.ToNanoseconds() / 1e9)
    except DecodeError:
        return None
    return None


def body(code: int, message: str, details: bytes | None) -> Status:
    """The Status of an HTTP error: the details, where they are one, else code and message."""
    if details:
        try:
            return Status.FromString(details)
        except DecodeError:
            pass
    return Status(code=code, message=message)


def as_json(status: Status) -> bytes:
    """The JSON form. Details of a type that is unknown here are left out: they cannot be spelled."""
    try:
        text: str = json_format.MessageToJson(status, indent=None)
    except TypeError:
        text = json_format.MessageToJson(Status(code=status.code, message=status.message), indent=None)
    return text.encode()
