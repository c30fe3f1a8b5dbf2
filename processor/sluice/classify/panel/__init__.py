"""The models behind APIs, asked in order: who answers now, what is tried again, and what is waited for.

`seat` holds what became of one provider's calls, `panel` goes from the provider to its fallback, `budget` sees to it
that the day's tokens suffice before a call is made.
"""

from sluice.classify.panel.budget import Budget
from sluice.classify.panel.panel import Answer, Panel
from sluice.classify.panel.seat import Call, Seat

__all__ = ["Answer", "Budget", "Call", "Panel", "Seat"]
