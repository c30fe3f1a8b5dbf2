"""Text that was written to make redaction slow costs in proportion to its length, counted and not timed.

RE2 promises that of one search. What is ours to hold is the sum: the searches, and the bytes that candidates span.
"""

from __future__ import annotations

import pytest

from sluice.classify.redaction.built_in import BUILT_IN
from sluice.classify.redaction.form import Form
from sluice.classify.redaction.scanner import Scanner

SHORT, LONG = 4 << 10, 16 << 10
SEARCH = 64
"""What one search costs beside the bytes of its candidate."""
HOSTILE = [
    "token:",
    "token: required ",
    "password=",
    'password="is ',
    "authorization: ",
    "authorization: a=b,",
    "bearer token ",
    "basic abcdef ",
    "cookie: 1 ",
    "://a:",
    "a@x.service ",
    "a.a@",
    "eyJaaaaaaaa.",
    "-----BEGIN A-----",
    "1.1.1.1.",
    "::1:",
    "1:2:",
    "4111 ",
    "1111 1111 1111 1111 ",
    "AB12 3456 ",
    "AB12",
    "+1 ",
    "(200) 200-2000 ",
    "123 456 7890 ",
    "12345678Z ",
    "1 99 01 75 116 001 23 ",
    "ssn 1234 ",
    "<password>",
    "a",
    "\\",
]


class Steps:
    """Counts what the forms' checks are asked about."""

    def __init__(self) -> None:
        self.taken = 0

    def counted(self, form: Form) -> Form:
        def check(text: bytes, start: int, end: int) -> int:
            self.taken += SEARCH + end - start
            return form.check(text, start, end)

        return form._replace(check=check)


@pytest.fixture(scope="module")
def steps():
    return Steps()


@pytest.fixture(scope="module")
def scanner(steps):
    return Scanner([steps.counted(form) for form in BUILT_IN])


@pytest.mark.parametrize("hostile", HOSTILE)
def test_four_times_the_text_takes_four_times_the_steps(steps, scanner, hostile):
    taken = []
    for size in (SHORT, LONG):
        steps.taken = 0
        scanner.find((hostile * size)[:size].encode())
        taken.append(steps.taken)
    assert taken[1] <= 5 * taken[0] + SEARCH * len(BUILT_IN)
    assert taken[1] <= 2 * SEARCH * LONG
