"""Decompression of a body that may be hostile: in steps, each accounted for before the next."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable

from sluice.errors import Malformed, TooLarge

_STEP = 1 << 20
_GZIP = 31
"""zlib's word for "gzip, largest window"."""


def gunzip(chunks: Iterable[bytes], limit: int, hold: Callable[[int], None]) -> bytes:
    """The decompressed body, of one gzip member or several.

    `hold` is told of each further piece and may refuse it. Raises `TooLarge` at the first byte beyond `limit`, when at
    most 1 MiB more was decompressed, and `Malformed` for what is no gzip or ends early.
    """
    pieces: list[bytes] = []
    size = 0

    def take(piece: bytes) -> None:
        nonlocal size
        size += len(piece)
        if size > limit:
            raise TooLarge(f"the decompressed body exceeds the limit of {limit} bytes")
        hold(len(piece))
        pieces.append(piece)

    inflate = zlib.decompressobj(_GZIP)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if inflate.eof:
                    inflate = zlib.decompressobj(_GZIP)
                take(inflate.decompress(rest, _STEP))
                rest = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        while not inflate.eof:
            piece = inflate.decompress(b"", _STEP)
            if not piece:
                raise Malformed("the gzip body ends early")
            take(piece)
    except zlib.error:
        raise Malformed("the body is not gzip, as its Content-Encoding says") from None
    return b"".join(pieces)
