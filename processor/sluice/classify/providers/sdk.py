"""What the models behind the two SDKs have in common: one client, made with the first call, and one place where its
errors become ours. What is asked and what comes back is each provider's own."""

from __future__ import annotations

import abc
import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from sluice.classify.providers import fate
from sluice.classify.providers.finding import Finding
from sluice.classify.providers.model import Question, Reply
from sluice.classify.providers.probe import PROBE, hold
from sluice.config.model import Provider
from sluice.errors import ProviderError

T = TypeVar("T")
Tokens = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
"""What a call may say that it cost: no window comes near the bound, and the store can hold the sum of a day."""


class Client(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=Client)
"""The SDK's client."""
M = TypeVar("M")
"""What is known of the model in use."""


class Errors(NamedTuple):
    """The SDK's: of any kind, of an answer too late, of a status that tells of a failure, of a shape that is none."""

    any: type[Exception]
    late: type[Exception]
    status: type[Exception]
    shape: type[Exception]


class SdkModel(abc.ABC, Generic[C, M]):
    """See `Model`. The SDK is imported by `_connect` and `_errors`, so with the first call."""

    def __init__(self, name: str, settings: Provider, url: str, clock: Callable[[], float]) -> None:
        self._name = name
        self._settings = settings
        self._url = url
        self._finding: Finding[M] = Finding(self._find, clock)
        self._loading = asyncio.Lock()
        self._client: C | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    @abc.abstractmethod
    def model(self) -> str: ...

    async def ask(self, question: Question) -> Reply:
        return await self._finding.use(lambda model: self._ask(question, model))

    async def check(self) -> str:
        reply = await self.ask(PROBE)
        hold(reply, provider=self._name)
        return self.model

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    @abc.abstractmethod
    async def _ask(self, question: Question, model: M) -> Reply:
        """One question, by `_call`."""

    @abc.abstractmethod
    async def _find(self) -> M:
        """The model to ask."""

    @abc.abstractmethod
    def _connect(self, key: str) -> C:
        """In a thread: importing an SDK takes seconds."""

    @abc.abstractmethod
    def _errors(self) -> Errors: ...

    @abc.abstractmethod
    def _failure(self, error: Any, model: str) -> ProviderError:
        """Of an error of `Errors.status`."""

    async def _call(self, call: Awaitable[Any], shape: type[T], model: str) -> T:
        """The one place where foreign errors become ours. They are left behind: they hold the request."""
        errors = self._errors()
        failure: ProviderError
        try:
            async with asyncio.timeout(self._settings.timeout):
                return msgspec.json.decode((await call).http_response.content, type=shape)
        except (TimeoutError, errors.late):
            failure = fate.of_silence(self._settings.timeout, provider=self._name)
        except errors.status as error:
            failure = self._failure(error, model)
        except (msgspec.DecodeError, UnicodeDecodeError, errors.shape):
            failure = fate.of_garbage(provider=self._name)
        except (errors.any, OSError) as error:
            failure = fate.of_connection(error, provider=self._name, url=self._url)
        raise failure

    async def _connected(self) -> C:
        key = fate.the_key(self._settings.api_key, provider=self._name)
        async with self._loading:
            if self._client is None:
                self._client = await asyncio.to_thread(self._connect, key)
            return self._client
