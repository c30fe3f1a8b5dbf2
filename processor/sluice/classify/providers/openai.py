"""GPT by OpenAI's Responses API; Chat Completions at another `base_url`, which is what vLLM, Ollama and gateways speak.

The SDK carries the calls; what comes back is held to the few fields that are used here, because the SDK itself lets
any shape through. It is imported with the first call: it takes seconds and 20 MB, and most processes never ask.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from sluice.classify.providers import fate
from sluice.classify.providers.model import Question, Reply, Usage
from sluice.classify.providers.sdk import Errors, SdkModel, Tokens
from sluice.config.model import Provider
from sluice.errors import ProviderError, RateLimited, Rejected, Unavailable, UnknownModel

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

NAME = "openai"
API = "https://api.openai.com/v1"
LATEST = "latest"
"""The newest general GPT: see `newest`."""

T = TypeVar("T")


class Listed(msgspec.Struct, frozen=True):
    """A model of the listing. `created`: Unix seconds."""

    id: str
    created: int = 0


class _Listing(msgspec.Struct, frozen=True):
    data: list[Listed]


class _Wording(msgspec.Struct, frozen=True):
    """What not every model takes in the same words. The API says what a model refuses, the listing does not.

    `effort`: of reasoning, None says nothing of it. `limit`: how Chat Completions call the most tokens of an answer;
    Ollama ignores the newer name, OpenAI's own models refuse the older one.
    """

    effort: str | None = "none"
    limit: str = "max_tokens"

    def without(self, refused: str) -> _Wording | None:
        """The next best; None when there is no other."""
        if refused.startswith("reasoning") and self.effort is not None:
            return msgspec.structs.replace(self, effort=_NEXT_EFFORT[self.effort])
        if refused == self.limit == "max_tokens":
            return msgspec.structs.replace(self, limit="max_completion_tokens")
        return None


_NEXT_EFFORT = {"none": "minimal", "minimal": "low", "low": None}


class _Unsupported(Rejected):
    """The model does not take a parameter, or not this value of it."""

    def __init__(self, message: str, parameter: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class _InputDetails(msgspec.Struct, frozen=True):
    cached_tokens: Tokens | None = None
    cache_write_tokens: Tokens | None = None


class _Part(msgspec.Struct, frozen=True):
    type: str
    text: str = ""


class _Item(msgspec.Struct, frozen=True):
    type: str
    content: list[_Part] | None = None


class _ResponseUsage(msgspec.Struct, frozen=True):
    """`input_tokens` is all of it, `output_tokens` includes reasoning."""

    input_tokens: Tokens
    output_tokens: Tokens
    input_tokens_details: _InputDetails | None = None


class _ResponseError(msgspec.Struct, frozen=True):
    code: str


class _Response(msgspec.Struct, frozen=True):
    model: str
    status: str
    output: list[_Item]
    usage: _ResponseUsage | None = None
    error: _ResponseError | None = None


class _ChatMessage(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _ChatMessage
    finish_reason: str


class _ChatUsage(msgspec.Struct, frozen=True):
    """`prompt_tokens` is all of it, `completion_tokens` includes reasoning."""

    prompt_tokens: Tokens
    completion_tokens: Tokens
    prompt_tokens_details: _InputDetails | None = None


class _Completion(msgspec.Struct, frozen=True):
    model: str
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]
    usage: _ChatUsage


class OpenAI(SdkModel["AsyncOpenAI", str]):
    """See `Model`. `api`: where OpenAI's own API is; a configured `base_url` goes before it, in Chat Completions unless
    it is one of OpenAI's regions."""

    def __init__(self, settings: Provider, *, api: str = API, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(NAME, settings, settings.base_url or api, clock)
        self._answer = self._respond if settings.base_url is None or _is_openais(settings.base_url) else self._chat
        self._asked_for = settings.model or LATEST
        self._wordings: dict[str, _Wording] = {}

    @property
    def model(self) -> str:
        return (self._finding.found or "") if self._asked_for == LATEST else self._asked_for

    async def _ask(self, question: Question, model: str) -> Reply:
        wording = self._wordings.get(model, _Wording())
        while True:
            try:
                return await self._answer(question, model, wording)
            except _Unsupported as refused:
                other = wording.without(refused.parameter)
                if other is None:
                    raise
                wording = self._wordings[model] = other

    async def _respond(self, question: Question, model: str, wording: _Wording) -> Reply:
        client = await self._connected()
        form = {"type": "json_schema", "name": question.name, "schema": question.schema, "strict": True}
        body: dict[str, Any] = {
            "model": model,
            "store": False,
            "instructions": question.system,
            "input": question.content,
            "text": {"format": form},
            "max_output_tokens": question.max_output_tokens,
            # Requests of one key go where the prompt that they share is cached.
            "prompt_cache_key": f"sluice-{question.name}",
        }
        if wording.effort is not None:
            body["reasoning"] = {"effort": wording.effort}
        response = await self._call(client.responses.with_raw_response.create(**body), _Response, model)
        if response.status not in ("completed", "incomplete"):
            raise _unfinished(response)
        if response.usage is None:
            raise fate.of_garbage(provider=NAME)
        parts = [part for item in response.output if item.type == "message" for part in item.content or ()]
        return Reply(
            text="".join(part.text for part in parts if part.type == "output_text"),
            model=response.model,
            usage=_usage(
                response.usage.input_tokens, response.usage.input_tokens_details, response.usage.output_tokens
            ),
            complete=response.status == "completed" and all(part.type != "refusal" for part in parts),
        )

    async def _chat(self, question: Question, model: str, wording: _Wording) -> Reply:
        client = await self._connected()
        form = {"name": question.name, "schema": question.schema, "strict": True}
        body: dict[str, Any] = {
            "model": model,
            "messages": [
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.content},
            ],
            "response_format": {"type": "json_schema", "json_schema": form},
            wording.limit: question.max_output_tokens,
        }
        completion = await self._call(client.chat.completions.with_raw_response.create(**body), _Completion, model)
        choice, usage = completion.choices[0], completion.usage
        return Reply(
            text=choice.message.content or "",
            model=completion.model,
            usage=_usage(usage.prompt_tokens, usage.prompt_tokens_details, usage.completion_tokens),
            complete=choice.finish_reason == "stop" and not choice.message.refusal,
        )

    async def _find(self) -> str:
        if self._asked_for != LATEST:
            return self._asked_for
        client = await self._connected()
        listing = await self._call(client.models.with_raw_response.list(), _Listing, "")
        found = newest(listing.data)
        if found is None:
            raise UnknownModel(f"{NAME} lists no general GPT for this key; set classification.{NAME}.model")
        return found

    def _connect(self, key: str) -> AsyncOpenAI:
        """In a thread. What the configuration says is all that counts: address and key are never the environment's."""
        import openai

        client = openai.AsyncOpenAI(
            api_key=key,
            base_url=self._url,
            timeout=self._settings.timeout,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
        )
        # The SDK imports the rest of itself when these are first touched.
        _ = client.responses, client.chat.completions, client.models
        fate.hush("openai", "httpx2", "httpcore2")
        return client

    def _errors(self) -> Errors:
        import openai

        return Errors(
            any=openai.OpenAIError,
            late=openai.APITimeoutError,
            status=openai.APIStatusError,
            shape=openai.APIResponseValidationError,
        )

    def _failure(self, error: APIStatusError, model: str) -> ProviderError:
        failure = fate.of_answer(_told(error), provider=NAME, model=model)
        if type(failure) is Rejected and _is_unsupported(error):
            return _Unsupported(str(failure), error.param or "")
        return failure


_GENERAL = re.compile(r"(?P<alias>gpt-(?P<major>\d+)(?:\.(?P<minor>\d+))?(?:-sol)?)(?P<date>-\d{4}-\d{2}-\d{2})?")
_FIRST_WITH_SCHEMAS = (4, 1)


def newest(listed: list[Listed]) -> str | None:
    """The newest general GPT: `gpt-5.5`, or the tier that goes by the bare name since there are tiers, `gpt-6.1-sol`.

    Whatever else is in the name is another kind: smaller (mini, nano, terra, luna), dearer (pro, astra), or made for
    something else (audio, codex, …). A dated snapshot counts when its alias is not listed. A server with one model
    and none of these names has that one.
    """
    ids = {model.id for model in listed}
    ranked: list[tuple[int, tuple[int, int], str]] = []
    for model in listed:
        if (name := _GENERAL.fullmatch(model.id)) is None:
            continue
        generation = (int(name["major"]), int(name["minor"] or 0))
        if generation >= _FIRST_WITH_SCHEMAS and not (name["date"] and name["alias"] in ids):
            ranked.append((model.created, generation, model.id))
    if ranked:
        return max(ranked)[2]
    return ids.pop() if len(ids) == 1 else None


def _is_openais(url: str) -> bool:
    """`https://eu.api.openai.com/v1` and its like."""
    return f".{urlsplit(url).hostname}".endswith(".api.openai.com")


def _usage(given: int, details: _InputDetails | None, output: int) -> Usage:
    """The API counts the cached tokens among the given ones."""
    read = min((details and details.cached_tokens) or 0, given)
    write = min((details and details.cache_write_tokens) or 0, given - read)
    return Usage(input=given - read - write, cache_write=write, cache_read=read, output=output)


def _unfinished(response: _Response) -> ProviderError:
    """A success by its status line only."""
    code = response.error.code if response.error else response.status
    if code == "rate_limit_exceeded":
        return RateLimited(f"{NAME}: too many requests or tokens for now ({code})", None)
    if response.status != "failed" or code == "server_error":
        return Unavailable(f"{NAME} is in trouble ({response.status})")
    return Rejected(f"{NAME} refuses the request")


def _told(error: APIStatusError) -> fate.Failure:
    message = error.body.get("message") if isinstance(error.body, dict) else None
    words = (error.type, error.code, error.param)
    return fate.Failure(
        status=error.status_code,
        words=tuple(word for word in words if isinstance(word, str)),
        message=message if isinstance(message, str) else "",
        headers=dict(error.response.headers),
    )


def _is_unsupported(error: APIStatusError) -> bool:
    return error.status_code == 400 and error.code in ("unsupported_value", "unsupported_parameter")
