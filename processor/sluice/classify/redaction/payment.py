"""Numbers of cards and accounts, told from other numbers by their check digits."""

from __future__ import annotations

import re

from sluice.classify.redaction.form import Form, word_after, word_before

_BRANDS = re.compile(
    r"4\d{12}(?:\d{3})?|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|"
    r"(?:6011|65\d\d|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}|"
    r"(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}"
)
"""First digits and lengths of Visa, Mastercard, Amex, Discover, JCB, Diners, UnionPay, Maestro: by the check digit
alone one id in ten would be a card."""
_WORDS_BEHIND = 2
_NO_DIGIT = re.compile(r"\D")


def _card(text: bytes, start: int, end: int) -> int:
    if word_before(text, start) or word_after(text, end):
        return start
    digits = _NO_DIGIT.sub("", text[start:end].decode())
    if not _BRANDS.fullmatch(digits):
        return start
    from stdnum import luhn  # on the first candidate: stdnum takes up to 10 MB

    return end if luhn.is_valid(digits) else start


def _iban(text: bytes, start: int, end: int) -> int:
    """The number, without the words in capitals that the expression took along."""
    from stdnum import iban
    from stdnum.iso7064 import mod_97_10

    for _ in range(_WORDS_BEHIND + 1):
        number = text[start:end].decode().replace(" ", "")
        # the check digits first: they are quick and refuse nearly everything
        if mod_97_10.is_valid(number[4:] + number[:4]) and iban.is_valid(number):
            return end
        end = text.rfind(b" ", start, end)
        if end < start:
            break
    return start


PAYMENT = (
    Form(
        "card",
        r"\b(?:\d{12,19}|\d{4}(?: \d{4}){3}(?: \d{1,3})?|\d{4}(?:-\d{4}){3}(?:-\d{1,3})?|"
        r"3\d{3}[ -]\d{6}[ -]\d{4,5})\b",
        _card,
        inside=True,
    ),
    Form("iban", r"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", _iban, inside=True),
)
