"""Claude by Anthropic's Messages API, and whoever else speaks it at `base_url`.

The SDK carries the calls; what comes back is held to the few fields that are used here, because the SDK itself lets
any shape through. It is imported with the first call: it takes seconds and 50 MB, and most processes never ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from sluice.classify.providers import fate
from sluice.classify.providers.model import Question, Reply, Usage
from sluice.classify.providers.sdk import Errors, SdkModel, Tokens
from sluice.config.model import Provider
from sluice.errors import ProviderError, Rejected, UnknownModel

if TYPE_CHECKING:
    from anthropic import APIStatusError, AsyncAnthropic

NAME = "anthropic"
API = "https://api.anthropic.com"
LATEST = "latest-"
"""`latest-sonnet`: the newest active model of that line that keeps to a schema."""

T = TypeVar("T")


class _Supported(msgspec.Struct, frozen=True):
    supported: bool = False


class _Effort(msgspec.Struct, frozen=True):
    low: _Supported = _Supported()


class _ThinkingTypes(msgspec.Struct, frozen=True):
    disabled: _Supported = _Supported()


class _Thinking(msgspec.Struct, frozen=True):
    types: _ThinkingTypes = _ThinkingTypes()


class _Capabilities(msgspec.Struct, frozen=True):
    structured_outputs: _Supported = _Supported()
    effort: _Effort = _Effort()
    thinking: _Thinking = _Thinking()


class _Model(msgspec.Struct, frozen=True):
    """One of the listing. Without `capabilities` the listing does not say."""

    id: str
    created_at: datetime | None = None
    line: str | None = None
    lifecycle: str = "active"
    capabilities: _Capabilities | None = None


class _Listing(msgspec.Struct, frozen=True):
    data: list[_Model]


class _Block(msgspec.Struct, frozen=True):
    type: str
    text: str = ""


class _Usage(msgspec.Struct, frozen=True):
    """`output_tokens` includes what was thought."""

    input_tokens: Tokens
    output_tokens: Tokens
    cache_creation_input_tokens: Tokens | None = None
    cache_read_input_tokens: Tokens | None = None


class _Message(msgspec.Struct, frozen=True):
    model: str
    content: list[_Block]
    stop_reason: str
    usage: _Usage


class Anthropic(SdkModel["AsyncAnthropic", _Model]):
    """See `Model`. `api`: where Anthropic's own API is; a configured `base_url` goes before it."""

    def __init__(self, settings: Provider, *, api: str = API, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(NAME, settings, settings.base_url or api, clock)
        self._asked_for = settings.model or f"{LATEST}sonnet"

    @property
    def model(self) -> str:
        if not self._asked_for.startswith(LATEST):
            return self._asked_for
        return self._finding.found.id if self._finding.found else ""

    async def _ask(self, question: Question, model: _Model) -> Reply:
        client = await self._connected()
        body: dict[str, Any] = {
            "model": model.id,
            "max_tokens": question.max_output_tokens,
            "system": [{"type": "text", "text": question.system, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": question.content}],
            "output_config": {"format": {"type": "json_schema", "schema": question.schema}},
        }
        if model.capabilities is None or model.capabilities.effort.low.supported:
            body["output_config"]["effort"] = "low"
        if model.capabilities is not None and model.capabilities.thinking.types.disabled.supported:
            body["thinking"] = {"type": "disabled"}
        message = await self._call(client.messages.with_raw_response.create(**body), _Message, model.id)
        usage = message.usage
        return Reply(
            text="".join(block.text for block in message.content if block.type == "text"),
            model=message.model,
            usage=Usage(
                input=usage.input_tokens,
                cache_write=usage.cache_creation_input_tokens or 0,
                cache_read=usage.cache_read_input_tokens or 0,
                output=usage.output_tokens,
            ),
            complete=message.stop_reason in ("end_turn", "stop_sequence"),
        )

    async def _find(self) -> _Model:
        """The newest of the line, by the listing; a model that is named, with what the API says of it, if it does."""
        client = await self._connected()
        if not self._asked_for.startswith(LATEST):
            try:
                retrieval = client.models.with_raw_response.retrieve(self._asked_for)
                told = await self._call(retrieval, _Model, self._asked_for)
            except (UnknownModel, Rejected):
                return _Model(self._asked_for)  # a gateway may serve it without listing it
            return msgspec.structs.replace(told, id=self._asked_for)
        listing = await self._call(client.models.with_raw_response.list(limit=1000), _Listing, "")
        line = self._asked_for.removeprefix(LATEST)
        eligible = [
            model
            for model in listing.data
            if model.line == line
            and model.lifecycle == "active"
            and (model.capabilities is None or model.capabilities.structured_outputs.supported)
        ]
        if not eligible:
            raise UnknownModel(
                f"{NAME} lists no active model of the line {line!r} for this key; set classification.{NAME}.model"
            )
        return max(eligible, key=lambda model: (model.created_at.timestamp() if model.created_at else 0.0, model.id))

    def _connect(self, key: str) -> AsyncAnthropic:
        """In a thread. What the configuration says is all that counts: address and key are never the environment's, nor
        are spans made of the calls, which could hold their content."""
        import anthropic

        client = anthropic.AsyncAnthropic(
            api_key=key,
            base_url=self._url,
            timeout=self._settings.timeout,
            max_retries=0,
            open_telemetry=False,
            http_client=anthropic.DefaultAsyncHttpxClient(follow_redirects=False),
        )
        # The SDK imports the rest of itself when these are first touched.
        _ = client.messages, client.models
        fate.hush("anthropic", "httpx2", "httpcore2")
        return client

    def _errors(self) -> Errors:
        import anthropic

        return Errors(
            any=anthropic.AnthropicError,
            late=anthropic.APITimeoutError,
            status=anthropic.APIStatusError,
            shape=anthropic.APIResponseValidationError,
        )

    def _failure(self, error: APIStatusError, model: str) -> ProviderError:
        return fate.of_answer(_told(error), provider=NAME, model=model)


def _told(error: APIStatusError) -> fate.Failure:
    words = (error.type, error.error_code)
    return fate.Failure(
        status=error.status_code,
        words=tuple(word for word in words if isinstance(word, str)),
        message=error.api_message if isinstance(error.api_message, str) else "",
        headers=dict(error.response.headers),
    )
