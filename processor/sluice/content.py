"""What a file holds, decompressed as its first bytes say; read once and in order, so that a pipe will do."""

from __future__ import annotations

import contextlib
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self, cast

import zstandard

from sluice.errors import RecordingError

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Content:
    """One file, or stdin for `-`; plain, gzip or zstd. Every failure to read is a `RecordingError` that names it."""

    def __init__(self, path: Path | str) -> None:
        self.name = str(path)
        self._ahead = b""
        with self._failures(), contextlib.ExitStack() as opened:
            if self.name == "-":
                self._source = cast(io.BufferedReader, sys.stdin.buffer)
            else:
                self._source = opened.enter_context(open(self.name, "rb"))
            self._content = _decompressed(self._source)
            self._opened = opened.pop_all()

    @property
    def position(self) -> int:
        """Bytes of the file read so far, as they are on disk: how far the reader has come. 0 of a pipe."""
        return self._source.tell() if self._source.seekable() else 0

    def beginning(self, size: int) -> bytes:
        """The first bytes, before any line is taken; they come again with the lines."""
        with self._failures():
            self._ahead += self._content.read(size - len(self._ahead))
        return self._ahead

    def lines(self) -> Iterator[bytes]:
        """Each line with its end."""
        with self._failures():
            *whole, begun = self._ahead.split(b"\n")
            for line in whole:
                yield line + b"\n"
            if rest := begun + self._content.readline():
                yield rest
            yield from self._content

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, zlib.error, zstandard.ZstdError) as error:
            raise RecordingError(f"{self.name}: is cut off or damaged: {error}; copy it again") from None
        except (OSError, ValueError) as error:  # a damaged gzip file has no errno, a name with a zero is a ValueError
            reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else error
            raise RecordingError(f"{self.name}: cannot be read: {reason}") from None


def _decompressed(source: io.BufferedReader) -> io.BufferedIOBase:
    head = source.peek(4)
    if head.startswith(_GZIP):
        return gzip.GzipFile(fileobj=source)
    if head.startswith(_ZSTD):
        return io.BufferedReader(cast(io.RawIOBase, _Zstd(source)))
    return source


class _Zstd(io.RawIOBase):
    """A file of zstd frames. zstandard's own reader takes a file that is cut off for one that ends there."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self._frames = zstandard.ZstdDecompressor()
        self._frame = self._frames.decompressobj()
        self._compressed = b""
        self._inside = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            self._compressed = self._compressed or self._source.read1(1 << 17)
            if not self._compressed:
                if self._inside:
                    raise EOFError("the last zstd frame is not complete")
                return 0
            self._ready = memoryview(self._frame.decompress(self._compressed))
            self._compressed, self._inside = b"", True
            if self._frame.eof:
                self._compressed, self._inside = self._frame.unused_data, False
                self._frame = self._frames.decompressobj()
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count
