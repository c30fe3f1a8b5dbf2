"""What becomes of an error, by the table of fates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from provider_ways import WAYS, Way, asking, failure
from real.models import Fail, ModelServer
from sluice.errors import (
    Forbidden,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnknownModel,
)

FATES = {
    Unavailable: (408, 409, 425, 500, 502, 503, 504, 529),
    Unauthorized: (401,),
    Forbidden: (403,),
    UnknownModel: (404,),
    OutOfCredit: (402,),
    RateLimited: (429,),
    Rejected: (400, 413, 422),
}


@pytest.mark.parametrize(
    ("status", "error"), [(status, error) for error, statuses in FATES.items() for status in statuses]
)
async def test_every_row_of_the_table_of_fates(
    status: int, error: type[ProviderError], way: Way, models: ModelServer
) -> None:
    models.play(Fail(status))
    async with asking(way, models) as model:
        failed = await failure(model)
    assert type(failed) is error
    assert str(status) in str(failed)
    assert "request req_" in str(failed)
    assert len(models.asked) == 1, "retrying is not the provider's"


OUT_OF_MONEY = {
    "anthropic": [
        Fail(400, message="Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."),
        Fail(400, message="You have reached your specified API usage limits. You will regain access on 2027-01-01."),
        Fail(429, "enforced_spend_limit_reached"),
        Fail(429, "contract_spend_limit_reached"),
        Fail(402, "linked_organization_billing_unavailable"),
        Fail(403, type="billing_error"),
    ],
    "openai": [
        Fail(429, "insufficient_quota", "insufficient_quota"),
        Fail(429, "credit_balance_exhausted", "insufficient_quota"),
        Fail(429, "project_spend_limit_exceeded", "insufficient_quota"),
        Fail(429, "organization_usage_limit_exceeded", "insufficient_quota"),
        Fail(429, "billing_not_active"),
        Fail(400, "billing_hard_limit_reached"),
    ],
}


@pytest.mark.parametrize(
    ("name", "fail"), [(name, fail) for name, fails in OUT_OF_MONEY.items() for fail in fails], ids=str
)
async def test_a_limit_of_money_is_no_rate_limit(name: str, fail: Fail, models: ModelServer) -> None:
    models.play(fail)
    async with asking(WAYS[name], models) as model:
        assert type(await failure(model)) is OutOfCredit


@pytest.mark.parametrize("status", [400, 403])
async def test_a_model_that_the_key_may_not_use_is_unknown_whatever_the_status(
    status: int, models: ModelServer
) -> None:
    models.play(Fail(status, "model_not_found", param="model"))
    async with asking(WAYS["openai"], models) as model:
        assert type(await failure(model)) is UnknownModel


async def test_a_limit_of_growth_is_a_rate_limit(models: ModelServer) -> None:
    models.play(Fail(429, "ramp_limit_exceeded", headers={"Retry-After": "7"}))
    async with asking(WAYS["anthropic"], models) as model:
        failed = await failure(model)
    assert isinstance(failed, RateLimited)
    assert failed.retry_after == 7.0


async def test_a_request_that_no_wait_makes_room_for_is_a_rejection(models: ModelServer) -> None:
    models.play(Fail(429, type="tokens", message="Request too large for gpt-9 on tokens per min (TPM): Limit 30000"))
    async with asking(WAYS["openai"], models) as model:
        assert type(await failure(model)) is Rejected


WAITS: dict[str, tuple[dict[str, str], float | None]] = {
    "nothing said": ({}, None),
    "seconds": ({"Retry-After": "12"}, 12.0),
    "a fraction": ({"Retry-After": "0.5"}, 0.5),
    "milliseconds before seconds": ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
    "a past date": ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    "longer than a day": ({"Retry-After": "999999999"}, 86400.0),
    "below zero": ({"Retry-After": "-5"}, 0.0),
    "no number": ({"Retry-After": "nan"}, None),
    "words": ({"Retry-After": "soon"}, None),
    "seconds before resets": ({"Retry-After": "3", "x-ratelimit-reset-tokens": "6m0s"}, 3.0),
    "words and a reset": ({"Retry-After": "soon", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
    "the exhausted one": (
        {
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "850ms",
            "x-ratelimit-remaining-tokens": "4000",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        0.85,
    ),
    "none exhausted": ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "1h2m3.5s"}, 3723.5),
    "a reset in words": ({"x-ratelimit-reset-tokens": "1 hour"}, None),
}


@pytest.mark.parametrize(("headers", "wait"), WAITS.values(), ids=WAITS.keys())
async def test_a_rate_limit_says_how_long_to_wait(
    headers: dict[str, str], wait: float | None, way: Way, models: ModelServer
) -> None:
    models.play(Fail(429, headers=headers))
    async with asking(way, models) as model:
        failed = await failure(model)
    assert isinstance(failed, RateLimited)
    assert failed.retry_after == wait


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("Retry-After", lambda moment: format_datetime(moment, usegmt=True)),
        ("anthropic-ratelimit-input-tokens-reset", datetime.isoformat),
        ("anthropic-ratelimit-tokens-reset", lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")),
    ],
)
async def test_a_moment_is_a_wait_until_then(
    header: str, form: Callable[[datetime], str], way: Way, models: ModelServer
) -> None:
    models.play(Fail(429, headers={header: form(datetime.now(UTC) + timedelta(hours=12))}))
    async with asking(way, models) as model:
        failed = await failure(model)
    assert isinstance(failed, RateLimited)
    assert failed.retry_after == pytest.approx(12 * 3600, abs=600)
