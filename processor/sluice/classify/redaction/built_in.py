"""All built-in forms, in the order that decides where two begin at the same place: what says more comes first."""

from __future__ import annotations

from sluice.classify.redaction.contact import CONTACT
from sluice.classify.redaction.credentials import CREDENTIALS
from sluice.classify.redaction.national import NATIONAL
from sluice.classify.redaction.network import NETWORK
from sluice.classify.redaction.payment import PAYMENT
from sluice.classify.redaction.tokens import TOKENS

BUILT_IN = (*TOKENS, *CREDENTIALS, *CONTACT, *PAYMENT, *NATIONAL, *NETWORK)
