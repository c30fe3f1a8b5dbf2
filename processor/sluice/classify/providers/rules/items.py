"""Work items: what software works off by the thousand, and the verbs that say that one more is done.

`Received block *` is routine and `Received leader *` is news: what is named from the line's beginning up to the item
must be no machine, member, person or setting.
"""

from __future__ import annotations

import re

from sluice.classify.providers.rules.lexicon import SUBJECT


def _any(words: str, suffix: str = "") -> str:
    return "|".join(word + suffix for word in words.split())


_ITEMS = _any(
    "request response message packet frame block chunk segment record row batch page object entry item event "
    "notification job task file blob document image report sample byte email mail webhook callback payload "
    "rpc connection socket stream channel session client tile thumbnail attachment upload download fragment result "
    "call fetch",
    suffix="s?",
)
_DATA_DONE = (
    "received served sent delivered fetched processed handled completed finished read resolved acknowledged acked "
    "parsed indexed copied cached forwarded published consumed enqueued dequeued dispatched executed returned rendered "
    "compressed converted transferred verified emitted computed requested"
)
_DATA_DOING = (
    "receiving serving sending delivering fetching processing handling completing finishing reading resolving "
    "acknowledging parsing indexing copying caching forwarding publishing consuming enqueuing dispatching executing "
    "returning rendering compressing converting transferring verifying emitting computing requesting"
)
"""What happens to data on its way. The verbs below also happen to things that are news, such as a node."""
_DONE = _any(
    f"{_DATA_DONE} accepted opened closed stored saved written wrote loaded flushed uploaded downloaded synced "
    "refreshed committed updated added created established archived got put merged cleaned released allocated assigned"
)
_DOING = _any(
    f"{_DATA_DOING} accepting closing storing saving writing flushing uploading downloading syncing refreshing "
    "committing updating adding creating establishing archiving getting putting merging cleaning releasing running"
)
_DELETED = _any("deleted deleting removed removing purged purging")
_PIECES = _any(
    "block chunk segment frame fragment page entry message event connection session socket stream tile", "s?"
)
"""Pieces of a store or of a conversation: deleting them is housekeeping, deleting a record or a file may not be."""
_BETWEEN = r"(?:(?!(?:for|to|from|on|at|by|with|in|of) )[a-z*]+ ){0,2}"
_BE = r"(?:(?:is|was|are|were|has been|have been|been|successfully|now) )*"
_WORKED_OFF = (
    re.compile(rf" (?:{_DONE}|{_DOING}) {_BETWEEN}(?:{_ITEMS}) "),
    re.compile(rf" (?:{_ITEMS}) (?:[a-z]+ )?(?:\* )*{_BE}(?:{_DONE}) "),
    re.compile(rf" (?:{_DELETED}) {_BETWEEN}(?:{_PIECES}) "),
)
_NAMELESS = re.compile(
    rf"^ (?:\* )*(?:successfully )?(?:{_any(_DATA_DONE)}) "
    r"(?:(?:\*|to|from|in|for|of|at|on|by|with|via|bytes?|ms|kb|mb) )*\* $"
)
_DATA_FLOW = re.compile(rf"^ (?:\* )*(?:{_any(_DATA_DONE)}|{_any(_DATA_DOING)}) ")


def worked_off(text: str) -> bool:
    """Whether a text, as `Reading.text` spells it, says that a work item is done or being done."""
    for form in _WORKED_OFF:
        found = form.search(text)
        # Who or what it was done to or by may also stand behind it.
        if found and not SUBJECT.seen(text):
            return True
    return _NAMELESS.search(text) is not None


def flows(text: str) -> bool:
    """Whether a text begins with what happens to data on its way, whatever the data is."""
    return _DATA_FLOW.search(text) is not None
