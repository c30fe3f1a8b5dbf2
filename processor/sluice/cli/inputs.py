"""What `sluice mine` reads: text or recorded OTLP, compressed or not, from files, pipes or stdin."""

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
_ENOUGH = 4096


class Input:
    """One file, or stdin for `-`; opened once, because a pipe can be read only once.

    Every failure to read is a SluiceError that names the file.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        with self._failures(), contextlib.ExitStack() as opened:
            if name == "-":
                self._source = cast(io.BufferedReader, sys.stdin.buffer)
            else:
                self._source = opened.enter_context(open(name, "rb"))
            self.recorded = _RECORDED.match(self._beginning()) is not None
            """Begins as OTLP/JSON does; any other JSON is text."""
            self._open = opened.pop_all()

    @property
    def seekable(self) -> bool:
        return self._source.seekable()

    def lines(self) -> Iterator[bytes]:
        """Each line without its end."""
        with self._failures():
            for line in _decompressed(self._source):
                yield line.removesuffix(b"\n").removesuffix(b"\r")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _beginning(self) -> bytes:
        """The first bytes of the content; nothing is taken away by looking."""
        if self._source.seekable():
            start = self._source.tell()
            content = _decompressed(self._source).read(_ENOUGH)
            self._source.seek(start)
            return content
        head = self._source.peek()
        if head.startswith(_ZSTD):  # which says nothing before a whole block is there
            raise SluiceError(f"{self.name}: a pipe of zstd cannot be looked into: decompress it before, by `zstd -dc`")
        return zlib.decompressobj(wbits=31).decompress(head, _ENOUGH) if head.startswith(_GZIP) else head

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, ValueError, zlib.error, zstandard.ZstdError) as error:
            reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else error
            raise SluiceError(f"{self.name}: cannot be read: {reason}") from None


def _decompressed(source: io.BufferedReader) -> io.BufferedIOBase:
    head = source.peek(4)
    if head.startswith(_GZIP):
        return gzip.GzipFile(fileobj=source)
    if head.startswith(_ZSTD):
        reader = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True, closefd=False)
        return io.BufferedReader(cast(io.RawIOBase, reader))
    return source
