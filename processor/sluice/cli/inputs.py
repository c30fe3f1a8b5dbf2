"""What `sluice mine` reads: text or recorded OTLP, compressed or not, from files or stdin."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from typing import Self, cast

import zstandard

from sluice.errors import SluiceError

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_RECORDED = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"resource(?:Logs|Metrics|Spans)"\s*:')


class Input:
    """One file, or stdin for `-`. Compression and content are told by their first bytes, not by the name.

    Every failure to read is a SluiceError that names the file.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._open = contextlib.ExitStack()
        with self._failures():
            self._stream = _decompressed(self._open_file())
            self.recorded = _RECORDED.match(self._stream.peek()) is not None
            """Begins as OTLP/JSON does; any other JSON is text."""

    def lines(self) -> Iterator[bytes]:
        """Each line without its end."""
        with self._failures():
            for line in self._stream:
                yield line.removesuffix(b"\n").removesuffix(b"\r")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _open_file(self) -> io.BufferedReader:
        if self.name == "-":
            return cast(io.BufferedReader, sys.stdin.buffer)
        return self._open.enter_context(open(self.name, "rb"))

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, ValueError, zlib.error, zstandard.ZstdError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise SluiceError(f"{self.name}: cannot be read: {reason}") from None


def _decompressed(stream: io.BufferedReader) -> io.BufferedReader:
    head = stream.peek(4)
    if head.startswith(_GZIP):
        return io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=stream)))
    if head.startswith(_ZSTD):
        reader = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True, closefd=False)
        return io.BufferedReader(cast(io.RawIOBase, reader))
    return stream
