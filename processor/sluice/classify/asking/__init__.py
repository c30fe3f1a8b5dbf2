"""Between a batch of event types and a model: what it is asked, and what of its answer is believed. Nothing here waits.

`grouped` says which types may share a call, `compose` writes the call, `Composed.read` reads the reply.
"""

from sluice.classify.asking.answers import Read
from sluice.classify.asking.grouping import BATCH, grouped
from sluice.classify.asking.lone import lone
from sluice.classify.asking.prompt import PROMPT_VERSION
from sluice.classify.asking.question import Composed, compose

__all__ = ["BATCH", "PROMPT_VERSION", "Composed", "Read", "compose", "grouped", "lone"]
