"""See the package."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Self

import pytest
from aiohttp import web

from real.models.anthropic_wire import message
from real.models.offers import CLAUDES, EFFORTS, GPTS
from real.models.openai_wire import completion, response
from real.models.plays import Answer, Asked, Behaviour, Drip, Drop, Fail, Garbage, Hold, Say, Wire
from real.models.schemas import loose, smallest
from real.ports import free_port
from real.waiting import DEADLINE

_TYPES = {
    "anthropic": {
        400: "invalid_request_error",
        401: "authentication_error",
        402: "billing_error",
        403: "permission_error",
        404: "not_found_error",
        409: "conflict_error",
        413: "request_too_large",
        429: "rate_limit_error",
        504: "timeout_error",
        529: "overloaded_error",
    },
    "openai": {429: "requests", 500: "server_error", 503: "server_error"},
}


_OTHER = {"anthropic": "api_error", "openai": "invalid_request_error"}


_CACHEABLE = 1024
"""Tokens that a prompt needs to be cached, at both."""


class ModelServer:
    """See the module.

    What it has: `key`, the one that is taken (None takes any); `claudes` and `gpts`, the models; `efforts`, what a GPT
    takes that is not listed in EFFORTS; `refused_parameters`, which no request may hold.
    What it does: `answer`, and before it what was given to `play` and `play_listing`.
    What it saw: `asked`, the questions; `paths`, every request.
    """

    def __init__(self) -> None:
        self.key: str | None = None
        self.claudes: list[dict[str, Any]] = list(CLAUDES)
        self.gpts: list[dict[str, Any]] = list(GPTS)
        self.efforts: dict[str, tuple[str, ...]] = {}
        self.refused_parameters: tuple[str, ...] = ()
        self.answer: Callable[[Asked], Answer] = lambda asked: smallest(asked.schema)
        self.asked: list[Asked] = []
        self.paths: list[str] = []
        self.port = free_port()
        self._plays: deque[Answer] = deque()
        self._listings: deque[Behaviour] = deque()
        self._broken: list[BaseException] = []
        self._cached: set[tuple[str, str]] = set()
        self._ids = itertools.count(1)

    def play(self, *answers: Answer) -> None:
        """For the next questions, one each, before `answer` is asked."""
        self._plays.extend(answers)

    def play_listing(self, *behaviours: Behaviour) -> None:
        """For the next times that the models are listed."""
        self._listings.extend(behaviours)

    @property
    def anthropic_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def contents(self) -> list[str]:
        return [asked.content for asked in list(self.asked)]

    def start(self) -> Self:
        """On the port that it had before, when it is started again."""
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), name="models")
        self._thread.start()
        assert started.wait(DEADLINE), "the server of models did not start"
        return self

    def stop(self) -> None:
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        if self._broken:
            raise self._broken.pop(0)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/v1/models", self._list)
        app.router.add_get("/v1/models/{id}", self._retrieve)
        app.router.add_post("/v1/messages", self._ask)
        app.router.add_post("/v1/responses", self._ask)
        app.router.add_post("/v1/chat/completions", self._ask)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        started.set()
        await self._stopping.wait()
        await runner.cleanup()

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        if refusal := self._refusal(request):
            return refusal
        if self._listings:
            return await self._do(self._listings.popleft(), request, None)
        if _is_anthropic(request):
            listed: dict[str, Any] = {"data": self.claudes, "has_more": False}
            listed |= {"first_id": self.claudes[0]["id"], "last_id": self.claudes[-1]["id"]} if self.claudes else {}
            return self._reply(request, 200, listed)
        return self._reply(request, 200, {"object": "list", "data": self.gpts})

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        if refusal := self._refusal(request):
            return refusal
        offered = self.claudes if _is_anthropic(request) else self.gpts
        for model in offered:
            if model["id"] == request.match_info["id"]:
                return self._reply(request, 200, model)
        return self._unknown(request, request.match_info["id"])

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        try:
            asked = asked_in(request, await request.json())
            answer = self._refusal(request) or self._objection(request, asked) or self._next(asked)
            self.asked.append(asked)  # last: who sees it may change what the next one is answered
        except BaseException as error:
            self._broken.append(error)
            raise
        if isinstance(answer, web.Response):
            return answer
        if isinstance(answer, dict):
            answer = json.dumps(answer)
        return await self._do(Say(answer) if isinstance(answer, str) else answer, request, asked)

    def _next(self, asked: Asked) -> Answer:
        return self._plays.popleft() if self._plays else self.answer(asked)

    async def _do(self, behaviour: Behaviour, request: web.Request, asked: Asked | None) -> web.StreamResponse:
        match behaviour:
            case Hold():
                behaviour.begun.set()
                while not behaviour.until.is_set() and not self._stopping.is_set():
                    await asyncio.sleep(0.005)
                return await self._do(behaviour.then, request, asked)
            case Drip():
                return await self._drip(request)
            case Drop():
                return await drop(request, behaviour.when)
            case Garbage():
                headers = {"Content-Type": behaviour.content_type, **behaviour.headers}
                return web.Response(body=behaviour.body, status=behaviour.status, headers=headers)
            case Fail():
                return self._fail(request, behaviour)
            case Say():
                assert asked is not None, "a listing is no question"
                return self._reply(request, 200, self._said(self._counted(behaviour, asked), asked))

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):  # who asked has given up
            while not self._stopping.is_set():
                await response.write(b" ")
                await asyncio.sleep(0.02)
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.key is None or self.key in (given, request.headers.get("X-Api-Key")):
            return None
        if _is_anthropic(request):
            return self._fail(request, Fail(401, message="invalid x-api-key"))
        return self._fail(request, Fail(401, "invalid_api_key", message=f"Incorrect API key provided: {given}."))

    def _objection(self, request: web.Request, asked: Asked) -> web.Response | None:
        """What the real ones object to in a request, as far as anyone here could get it wrong."""
        known = self.claudes if asked.wire == "anthropic" else self.gpts
        model = next((model for model in known if model["id"] == asked.model), None)
        if model is None:
            return self._unknown(request, asked.model)
        if param := next((param for param in self.refused_parameters if param in asked.body), None):
            message = f"Unsupported parameter: '{param}' is not supported with this model."
            return self._fail(request, Fail(400, "unsupported_parameter", message=message, param=param))
        if complaint := loose(asked.schema):
            return self._fail(request, Fail(400, "invalid_json_schema", message=complaint, param="text.format.schema"))
        if asked.wire == "anthropic":
            small = model["capabilities"]["effort"]["low"]["supported"]
            if not small and (asked.body["output_config"].get("effort") or "thinking" in asked.body):
                return self._fail(request, Fail(400, message="This model does not support the effort parameter."))
        if asked.wire == "responses":
            efforts = self.efforts.get(asked.model, EFFORTS)
            effort = asked.body.get("reasoning", {}).get("effort")
            if effort is not None and effort not in efforts:
                code = "unsupported_value" if efforts else "unsupported_parameter"
                message = f"Unsupported value: '{effort}' is not supported with the '{asked.model}' model."
                return self._fail(request, Fail(400, code, message=message, param="reasoning.effort"))
        return None

    def _unknown(self, request: web.Request, model: str) -> web.Response:
        if _is_anthropic(request):
            return self._fail(request, Fail(404, message=f"model: {model}"))
        return self._fail(request, Fail(404, "model_not_found", message=f"The model `{model}` does not exist."))

    def _fail(self, request: web.Request, fail: Fail) -> web.Response:
        family = "anthropic" if _is_anthropic(request) else "openai"
        kind = fail.type or _TYPES[family].get(fail.status, _OTHER[family])
        message = fail.message or f"{kind}: this is what went wrong."
        error: dict[str, Any] = {"type": kind, "message": message}
        if family == "openai":
            error |= {"param": fail.param, "code": fail.code or ("rate_limit_exceeded" if fail.status == 429 else None)}
            return self._reply(request, fail.status, {"error": error}, fail.headers)
        if fail.code:
            error["details"] = {"error_code": fail.code}
        body = {"type": "error", "error": error, "request_id": f"req_{next(self._ids):024}"}
        return self._reply(request, fail.status, body, fail.headers)

    def _reply(
        self, request: web.Request, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> web.Response:
        name = "request-id" if _is_anthropic(request) else "x-request-id"
        return web.json_response(body, status=status, headers={name: f"req_{next(self._ids):024}", **(headers or {})})

    def _counted(self, say: Say, asked: Asked) -> Say:
        """Four characters are a token; what the real ones count differs, by less than a third."""
        system, rest = tokens(asked.system), tokens(asked.content) + tokens(json.dumps(asked.schema))
        marked = asked.wire != "anthropic" or "cache_control" in asked.body["system"][0]
        prompt = (asked.model, asked.system)
        written = read = 0
        if marked and system >= _CACHEABLE:
            read = system if prompt in self._cached else 0
            # OpenAI counts what it writes to its cache as ordinary input of older models.
            written = system if asked.wire == "anthropic" and not read else 0
            self._cached.add(prompt)
        fresh = system + rest - written - read
        return replace(
            say,
            input=fresh if say.input is None else say.input,
            cache_write=written if say.cache_write is None else say.cache_write,
            cache_read=read if say.cache_read is None else say.cache_read,
            output=tokens(say.text) + say.reasoning if say.output is None else say.output,
        )

    def _said(self, say: Say, asked: Asked) -> dict[str, Any]:
        shapes = {"anthropic": message, "responses": response, "chat": completion}
        return shapes[asked.wire](say, asked, f"{next(self._ids):024}")


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ModelServer() as server:
        yield server


def asked_in(request: web.Request, body: dict[str, Any]) -> Asked:
    wire: Wire
    if request.path == "/v1/messages":
        wire, system, content = "anthropic", body["system"][0]["text"], body["messages"][0]["content"]
        schema = body["output_config"]["format"]["schema"]
    elif request.path == "/v1/responses":
        wire, system, content = "responses", body["instructions"], body["input"]
        schema = body["text"]["format"]["schema"]
    else:
        wire, [system, content] = "chat", [message["content"] for message in body["messages"]]
        schema = body["response_format"]["json_schema"]["schema"]
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Asked(wire, request.path, headers, body, body["model"], system, content, schema)


def _is_anthropic(request: web.Request) -> bool:
    return "anthropic-version" in request.headers


async def drop(request: web.Request, when: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    with contextlib.suppress(ConnectionError):  # who asked may be gone: then there is nothing to break off
        if when == "within":
            await response.prepare(request)
            await response.write(b'{"id": "msg_')
    if request.transport is not None:
        request.transport.abort()
    return response


def tokens(text: str) -> int:
    return math.ceil(len(text) / 4)
