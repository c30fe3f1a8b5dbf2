"""A model provider on loopback that speaks both wire formats: Anthropic's (models, messages) and OpenAI's (models,
responses, chat completions), as the real ones do: headers, usage, ids, error bodies, and their checks of a request.

    with ModelServer() as server:
        server.answer = lambda asked: {"e1234": "health_check"}     # text, JSON, or any behaviour below
        server.play(Fail(529), Drop(), "half an ans")               # first, one each for the next questions
        provider = Anthropic(Provider(api_key="k"), api=server.anthropic_url)
        ...
        assert [asked.content for asked in server.asked] == [...]

Tests take the fixture `models`. It runs on a thread of its own, for tests on the event loop, without one, and for other
processes. `answer` is called there; what it raises ends the test when the server stops. Without an `answer` it says the
smallest object that keeps to the schema. What a request must be to be answered is in `_objection`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import pytest
from aiohttp import web

from real.ports import free_port

Wire = Literal["anthropic", "responses", "chat"]


@dataclass(frozen=True)
class Asked:
    """One question as it arrived, whatever became of it. `body` is all of it; names of `headers` are in lower
    case."""

    wire: Wire
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    model: str
    system: str
    content: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Say:
    """An answer. `cut`: the model ran out of tokens; `refused`: it stopped by its own rules. Tokens that are None are
    counted from the lengths, with the system prompt cached when it was met before and is long enough."""

    text: str
    cut: bool = False
    refused: bool = False
    input: int | None = None
    cache_write: int | None = None
    cache_read: int | None = None
    output: int | None = None
    reasoning: int = 0


@dataclass(frozen=True)
class Fail:
    """An error in the provider's own shape. `code`: OpenAI's `code`, Anthropic's `details.error_code`; `type` and
    `message` are what the provider says with the status unless given."""

    status: int
    code: str | None = None
    type: str | None = None
    message: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    param: str | None = None


@dataclass(frozen=True)
class Drop:
    """The connection breaks off: before any answer, or within it."""

    when: Literal["at once", "within"] = "at once"


@dataclass(frozen=True)
class Garbage:
    """Bytes that are no answer, as a proxy or a broken server gives them."""

    body: bytes = b"<html><body>502 Bad Gateway</body></html>"
    status: int = 200
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hold:
    """Nothing, until `until` is set or the server stops; then `then`. `begun` is set when it holds."""

    until: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    then: Say | Fail | Drop | Garbage = field(default_factory=lambda: Drop())


@dataclass(frozen=True)
class Drip:
    """An answer that never ends and never pauses for long."""


Behaviour = Say | Fail | Drop | Garbage | Hold | Drip
Answer = Behaviour | str | dict[str, Any]


def claude(
    id: str, *, line: str | None, created: str, structured: bool = True, lifecycle: str = "active", small: bool = True
) -> dict[str, Any]:
    """An entry of Anthropic's listing. `small`: it takes effort low and thinking disabled."""
    no, yes, maybe = {"supported": False}, {"supported": True}, {"supported": small}
    effort = {"supported": small, "low": maybe, "medium": maybe, "high": maybe, "max": no, "xhigh": None}
    types = {"adaptive": maybe, "between_tools": no, "disabled": maybe, "enabled": no}
    capabilities = {
        "batch": yes,
        "structured_outputs": {"supported": structured},
        "effort": effort,
        "thinking": {"supported": True, "types": types},
    }
    return {
        "type": "model",
        "id": id,
        "display_name": id.replace("-", " ").title(),
        "created_at": created,
        "line": line,
        "lifecycle": lifecycle,
        "capabilities": capabilities,
        "max_input_tokens": 1_000_000,
        "max_tokens": 64_000,
    }


def gpt(id: str, *, created: int) -> dict[str, Any]:
    """An entry of OpenAI's listing."""
    return {"id": id, "object": "model", "created": created, "owned_by": "system"}


CLAUDES = (
    claude("claude-opus-9", line="opus", created="2026-10-01T00:00:00Z"),
    claude("claude-sonnet-9", line="sonnet", created="2026-09-01T00:00:00Z"),
    claude("claude-sonnet-8", line="sonnet", created="2026-03-01T00:00:00Z"),
)
GPTS = (
    gpt("gpt-9-mini", created=1_790_000_200),
    gpt("gpt-9", created=1_790_000_000),
    gpt("gpt-8", created=1_780_000_000),
)
EFFORTS = ("none", "low", "medium", "high")
"""What a GPT takes unless `ModelServer.efforts` says otherwise; () for one that does not reason."""

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
        self.answer: Callable[[Asked], Answer] = lambda asked: _smallest(asked.schema)
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
        assert started.wait(30), "the server of models did not start"
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
            asked = _asked(request, await request.json())
            self.asked.append(asked)
            if refusal := self._refusal(request) or self._objection(request, asked):
                return refusal
            answer = self._plays.popleft() if self._plays else self.answer(asked)
        except BaseException as error:
            self._broken.append(error)
            raise
        if isinstance(answer, dict):
            answer = json.dumps(answer)
        return await self._do(Say(answer) if isinstance(answer, str) else answer, request, asked)

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
                return await _drop(request, behaviour.when)
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
        if complaint := _loose(asked.schema):
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
        system, rest = _tokens(asked.system), _tokens(asked.content) + _tokens(json.dumps(asked.schema))
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
            output=_tokens(say.text) + say.reasoning if say.output is None else say.output,
        )

    def _said(self, say: Say, asked: Asked) -> dict[str, Any]:
        shapes = {"anthropic": _message, "responses": _response, "chat": _completion}
        return shapes[asked.wire](say, asked, f"{next(self._ids):024}")


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ModelServer() as server:
        yield server


def _message(say: Say, asked: Asked, id: str) -> dict[str, Any]:
    return {
        "id": f"msg_{id}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [{"type": "text", "text": say.text}] if say.text else [],
        "stop_reason": "refusal" if say.refused else "max_tokens" if say.cut else "end_turn",
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "category": None, "explanation": None} if say.refused else None,
        "usage": {
            "input_tokens": say.input,
            "cache_creation_input_tokens": say.cache_write,
            "cache_read_input_tokens": say.cache_read,
            "output_tokens": say.output,
            "output_tokens_details": {"thinking_tokens": say.reasoning},
            "service_tier": "standard",
        },
    }


def _response(say: Say, asked: Asked, id: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    if say.text:
        content.append({"type": "output_text", "text": say.text, "annotations": [], "logprobs": []})
    if say.refused:
        content.append({"type": "refusal", "refusal": "I cannot help with that."})
    status = "incomplete" if say.cut else "completed"
    output = [
        {"type": "reasoning", "id": f"rs_{id}", "summary": []},
        {"type": "message", "id": f"msg_{id}", "role": "assistant", "status": status, "content": content},
    ]
    given, cached, written = _openai_input(say)
    return {
        "id": f"resp_{id}",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if say.cut else None,
        "instructions": asked.system,
        "model": asked.model,
        "output": output if say.reasoning else output[1:],
        "store": asked.body.get("store", True),
        "usage": {
            "input_tokens": given,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
            "output_tokens": say.output,
            "output_tokens_details": {"reasoning_tokens": say.reasoning},
            "total_tokens": given + (say.output or 0),
        },
    }


def _completion(say: Say, asked: Asked, id: str) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": say.text or None,
        "refusal": "I cannot help with that." if say.refused else None,
    }
    given, cached, _ = _openai_input(say)
    return {
        "id": f"chatcmpl-{id}",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": "length" if say.cut else "stop"}],
        "usage": {
            "prompt_tokens": given,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens": say.output,
            "completion_tokens_details": {"reasoning_tokens": say.reasoning},
            "total_tokens": given + (say.output or 0),
        },
    }


def _openai_input(say: Say) -> tuple[int, int, int]:
    """All of it, and which of it the cache gave and took."""
    cached, written = say.cache_read or 0, say.cache_write or 0
    return (say.input or 0) + cached + written, cached, written


def _asked(request: web.Request, body: dict[str, Any]) -> Asked:
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


async def _drop(request: web.Request, when: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    assert request.transport is not None
    if when == "within":
        await response.prepare(request)
        await response.write(b'{"id": "msg_')
    request.transport.abort()
    return response


def _tokens(text: str) -> int:
    return math.ceil(len(text) / 4)


def _loose(schema: Any) -> str | None:
    """Why a schema is not strict."""
    if isinstance(schema, list):
        return next(filter(None, map(_loose, schema)), None)
    if not isinstance(schema, dict):
        return None
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return "Invalid schema: 'additionalProperties' is required to be supplied and to be false."
        if set(schema.get("required", ())) != set(schema.get("properties", {})):
            return "Invalid schema: 'required' is required to be an array including every key in properties."
    return _loose(list(schema.values()))


def _smallest(schema: dict[str, Any]) -> Any:
    """A value that keeps to the schema."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if "anyOf" in schema:
        return _smallest(schema["anyOf"][0])
    kind = schema.get("type", "null")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        return {name: _smallest(of) for name, of in schema.get("properties", {}).items()}
    values: dict[str, Any] = {"array": [], "string": "", "integer": 0, "number": 0, "boolean": True}
    return values.get(kind)
