"""What `sluice mine` reads: text or recorded OTLP, compressed or not, from files or stdin."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from typing import cast

import zstandard

from sluice.errors import SluiceError

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_RECORDED = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"resource(?:Logs|Metrics|Spans)"\s*:')
_ENOUGH = 4096


def is_recorded(name: str) -> bool:
    """Whether it begins as OTLP/JSON does; any other JSON is text. Takes nothing away from stdin (`-`)."""
    with _opened(name) as source:
        return _RECORDED.match(_beginning(source) if name == "-" else _decompressed(source).read(_ENOUGH)) is not None


def lines(name: str) -> Iterator[bytes]:
    """Each line of a text file without its end. Raises SluiceError with the file's name."""
    with _opened(name) as source:
        for line in _decompressed(source):
            yield line.removesuffix(b"\n").removesuffix(b"\r")


@contextlib.contextmanager
def _opened(name: str) -> Iterator[io.BufferedReader]:
    try:
        if name == "-":
            yield cast(io.BufferedReader, sys.stdin.buffer)
        else:
            with open(name, "rb") as file:
                yield file
    except (OSError, EOFError, ValueError, zlib.error, zstandard.ZstdError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise SluiceError(f"{name}: cannot be read: {reason}") from None


def _beginning(stdin: io.BufferedReader) -> bytes:
    """What can be told from the bytes at hand: those of zstd say nothing before a whole block is there."""
    head = stdin.peek()
    if head.startswith(_ZSTD):
        raise SluiceError("stdin is compressed by zstd: decompress it before, as in `zstd -dc FILE | sluice mine -`")
    return zlib.decompressobj(wbits=31).decompress(head, _ENOUGH) if head.startswith(_GZIP) else head


def _decompressed(source: io.BufferedReader) -> io.BufferedIOBase:
    head = source.peek(4)
    if head.startswith(_GZIP):
        return gzip.GzipFile(fileobj=source)
    if head.startswith(_ZSTD):
        reader = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True, closefd=False)
        return io.BufferedReader(cast(io.RawIOBase, reader))
    return source
