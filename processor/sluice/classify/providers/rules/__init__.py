"""The embedded judge: a lexicon, the forms of waste, and one table of rules a signal."""

from sluice.classify.providers.rules.provider import VERSION, Rules

__all__ = ["VERSION", "Rules"]
