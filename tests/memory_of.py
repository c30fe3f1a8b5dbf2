"""How much memory a part holds, for bounds that no public door shows."""

from __future__ import annotations

import gc
import sys
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType

_NOT_ITS_OWN = (type, ModuleType, FunctionType, BuiltinFunctionType, FrameType)


def bytes_of(part: object) -> int:
    """Of all that can be reached from it; code is nobody's."""
    seen: dict[int, object] = {}
    news = [part]
    while news:
        one = news.pop()
        if id(one) not in seen and not isinstance(one, _NOT_ITS_OWN):
            seen[id(one)] = one
            news += gc.get_referents(one)
    return sum(sys.getsizeof(one) for one in seen.values())
