"""How people are reached: e-mail addresses and telephone numbers."""

from __future__ import annotations

from sluice.classify.redaction.form import Form, word_before

_NO_DOMAIN = frozenset(
    b"service socket timer mount automount swap slice target device scope path "
    b"png jpg jpeg gif svg webp avif ico js mjs css map html json yaml yml xml txt py java kt rs cpp".split()
)
"""Ends of `getty@tty.service` and `logo@2x.png`: units of systemd and files."""

_LETTER = r"A-Za-z\x{80}-\x{10ffff}"
"""Of any script: all beyond ASCII, as the classes of Unicode make a large automaton of a small form."""


def _email(text: bytes, start: int, end: int) -> int:
    domain = text[start:end].rpartition(b".")[2].lower()
    return start if domain in _NO_DOMAIN or text[end : end + 1].isdigit() else end


def _international(text: bytes, start: int, end: int) -> int:
    """As long as numbers of that country may be; whether one is in use changes monthly and is not asked."""
    if word_before(text, start):
        return start
    return end if _possible(text[start:end].decode(), None) else start


def _north_american(text: bytes, start: int, end: int) -> int:
    if word_before(text, start) or text[:start].endswith((b"-", b"/", b":")):
        return start
    return end if _possible(text[start:end].decode(), "US") else start


def _possible(number: str, region: str | None) -> bool:
    # Imported when the first candidate comes: it takes 3 MB. The library follows the numbering plans of all countries.
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _named(text: bytes, start: int, end: int) -> int:
    return end if sum(48 <= byte <= 57 for byte in text[start:end]) >= 6 else start


CONTACT = (
    Form(
        "email",
        rf"[{_LETTER}\d][{_LETTER}\d._%+'-]*(?:@|%40)(?:[{_LETTER}\d][{_LETTER}\d-]*\.)+[{_LETTER}]{{2,24}}",
        _email,
    ),
    Form("phone", r"\+\d(?:[ ().\-/]{0,2}\d){6,14}\b", _international),
    Form("phone", r"(?:\b1[ .-])?(?:\([2-9]\d\d\) ?|\b[2-9]\d\d[.-])\d{3}[.-]\d{4}\b", _north_american),
    Form(
        "phone",
        r"""(?i)(?:phone|mobile|msisdn|telephone|\btel|\bfax|\bcell|whatsapp|\bsms)(?:[_ -]?(?:no|nr|num|number|to))?"""
        r"""\\*["'`]?\s{0,3}[:= ]\s{0,3}\\*["'`]?(\+?\(?\d[\d ().\-/]{4,18}\d)\b""",
        _named,
    ),
)
