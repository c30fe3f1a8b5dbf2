"""Numbers that states give to people, validated by python-stdnum, which keeps the rules of some forty countries.

Only forms that letters or punctuation set apart are looked for anywhere. Eleven bare digits are an id of something:
with a check digit one in ten would pass, so those need a name before them.
"""

from __future__ import annotations

import importlib

from sluice.classify.redaction.form import Check, Form, word_after, word_before


def _valid(module: str) -> Check:
    """Holds what `stdnum.<module>` holds valid; imported when the first candidate comes."""

    def check(text: bytes, start: int, end: int) -> int:
        if word_before(text, start) or word_after(text, end):
            return start
        return end if importlib.import_module(f"stdnum.{module}").is_valid(text[start:end].decode()) else start

    return check


def _set_apart(text: bytes, start: int, end: int) -> int:
    return start if word_before(text, start) or word_after(text, end) else end


def _named(text: bytes, start: int, end: int) -> int:
    return end if sum(48 <= byte <= 57 for byte in text[start:end]) >= 5 else start


_NAMES = (
    r"ssn|social[_ -]?security(?:[_ -]?(?:number|no))?|national[_ -]?(?:id|insurance)(?:[_ -]?(?:number|no))?|"
    r"nino|nhs(?:[_ -]?(?:number|no))?|tax[_ -]?(?:id|number|payer[_ -]?id)|steuer[_ -]?id|tfn|bsn|pesel|cpf|cnpf|"
    r"personnummer|cpr|fodselsnummer|hetu|aadhaar|aadhar|dni|nie|nir|curp|rut|codice[_ -]?fiscale|"
    r"passport(?:[_ -]?(?:number|no))?|driv(?:er'?s?|ing)[_ -]?licen[cs]e(?:[_ -]?(?:number|no))?|person[_ -]?id"
)

NATIONAL = (
    Form("national_id", r"\b\d{3}-\d{2}-\d{4}\b", _valid("us.ssn")),
    Form("national_id", r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]\b", _set_apart),
    Form("national_id", r"\b\d{3} \d{3} \d{4}\b", _valid("gb.nhs"), inside=True),
    Form("national_id", r"\b\d{8}-?[A-Z]\b", _valid("es.dni")),
    Form("national_id", r"\b[XYZ]-?\d{7}-?[A-Z]\b", _valid("es.nie")),
    Form("national_id", r"\b[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]\b", _valid("it.codicefiscale")),
    Form("national_id", r"\b[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d\b", _valid("fr.nir")),
    Form("national_id", r"\b\d\d\.\d\d\.\d\d-\d{3}\.\d\d\b", _valid("be.nn")),
    Form("national_id", r"\b756\.\d{4}\.\d{4}\.\d\d\b", _valid("ch.ssn")),
    Form("national_id", r"\b\d{6}[-+ABCDEFYXWVU]\d{3}[0-9A-Z]\b", _valid("fi.hetu")),
    Form("national_id", r"\b(?:19|20)?\d{6}[-+]\d{4}\b", _valid("se.personnummer")),
    Form("national_id", r"\b\d{3}\.\d{3}\.\d{3}-\d\d\b", _valid("br.cpf")),
    Form("national_id", r"\b[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d\b", _valid("mx.curp")),
    Form("national_id", r"\b[2-9]\d{3} \d{4} \d{4}\b", _valid("in_.aadhaar"), inside=True),
    Form("national_id", r"\b[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]\b", _valid("in_.pan")),
    Form("national_id", r"\b[1-9]\d{16}[\dX]\b", _valid("cn.ric")),
    Form("national_id", r"\b\d{6}-[1-8]\d{6}\b", _valid("kr.rrn")),
    Form("national_id", r"\b\d{3}-\d{3}-\d{3}\b", _valid("ca.sin")),
    Form(
        "national_id",
        rf"""(?:\b|_)(?i:{_NAMES})\\*["'`]?\s{{0,3}}[:= ]\s{{0,3}}\\*["'`]?([A-Z0-9](?:[ .-]?[A-Z0-9]){{5,20}})\b""",
        _named,
    ),
)
