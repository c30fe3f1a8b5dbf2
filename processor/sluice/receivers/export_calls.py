"""The Export calls of a grpcio server, spoken with its C core: a thread takes a call when its message is there.

grpcio's Python starts to read a message when a thread waits for it, and locks a call while it answers, so that its
threads wake each other a dozen times a call. Export needs little of what it does for calls in general: without it a
gateway costs a fifth less CPU with requests of up to 100 records, an eighth less with 1,000. Listening, TLS, health,
unknown methods and the order of a stop stay grpcio's own.

cygrpc and `grpc.Server._state` are no public API. grpcio is pinned, and the receiver's tests hold what is used of them.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

import grpc
from grpc._cython import cygrpc

from sluice.admission import Admission, Ticket
from sluice.engine import Signal
from sluice.errors import Busy

_NO_FLAGS = 0
_GOES_ON = (None, ())
"""What grpcio's server is told by the tag of an event after which the call is not over."""


class Answer(NamedTuple):
    """Success with the bytes of the response message, or a refusal. `details`: a serialised `google.rpc.Status`."""

    response: bytes | None
    code: int = 0
    message: str = ""
    details: bytes | None = None


class ExportCalls:
    """Between a `grpc.Server`, before it listens, and those who handle and refuse requests on the threads of `pool`.

    At most `at_once` calls are read or handled; the others wait unread, in their order. Admission is asked before a
    message is read, `handle` gets None for a message that did not come: too large, or its sender gone. Neither `handle`
    nor `refuse` raises.
    """

    def __init__(
        self,
        server: grpc.Server,
        methods: Mapping[str, Signal],
        admission: Admission,
        pool: Executor,
        *,
        at_once: int,
        handle: Callable[[Signal, bytes | None, Ticket, float], Answer],
        refuse: Callable[[Busy], Answer],
    ) -> None:
        self._state = server._state
        self._core = self._state.server
        self._methods = methods
        self._admission = admission
        self._pool = pool
        self._handle = handle
        self._refuse = refuse
        self._lock = threading.Lock()
        self._free = at_once
        self._unread: deque[_Call] = deque()
        for method in methods:
            self._core.register_method(method)

    def start(self) -> None:
        """Takes calls, once the server has started."""
        for method in self._methods:
            self._take(method)

    def _take(self, method: str) -> None:
        queue = self._state.completion_queue
        self._core.request_registered_call(queue, queue, method, partial(self._called, method))

    def _called(self, method: str, event: Any) -> tuple[None, tuple[()]]:
        """On the server's own thread, as all events: it must not wait, nor raise."""
        if not event.success:
            return _GOES_ON  # the server stops
        call = _Call(event, self._methods[method])
        with self._state.lock:
            self._state.rpc_states.add(call)  # a stop waits until it is over
            if self._state.stage.value == "started":
                self._take(method)
        call.start()
        with self._lock:
            if not self._free:
                self._unread.append(call)
                return _GOES_ON
            self._free -= 1
        self._begin(call)
        return _GOES_ON

    def _begin(self, call: _Call | None) -> None:
        """Reads it. What is refused before gives its place to the next one."""
        while call is not None and not self._reads(call):
            call = self._next()

    def _reads(self, call: _Call) -> bool:
        try:
            ticket = self._admission.open()
        except Busy as error:
            call.answer(self._refuse(error))
            return False
        if call.read(lambda message: self._pool.submit(self._handled, call, message, ticket)):
            return True
        self._handle(call.signal, None, ticket, 0.0)  # to be counted
        return False

    def _handled(self, call: _Call, message: bytes | None, ticket: Ticket) -> None:
        """On a thread of the pool."""
        call.answer(self._handle(call.signal, message, ticket, call.time_remaining()))
        self._begin(self._next())

    def _next(self) -> _Call | None:
        with self._lock:
            if self._unread:
                return self._unread.popleft()
            self._free += 1
            return None


class _Call:
    """One call, in the words of cygrpc. It is over when it is answered or cancelled, and nothing of it is under way."""

    __slots__ = ("_call", "_cancelled", "_deadline", "_lock", "_pending", "_status_sent", "signal")

    def __init__(self, event: Any, signal: Signal) -> None:
        self.signal = signal
        self._call = event.call
        self._deadline: float = event.call_details.deadline
        self._lock = threading.Lock()
        self._pending = 0
        self._cancelled = False
        self._status_sent = False

    def start(self) -> None:
        self._pending += 1
        self._call.start_server_batch((cygrpc.ReceiveCloseOnServerOperation(_NO_FLAGS),), self._closed)

    def time_remaining(self) -> float:
        """Seconds that the sender still waits, infinite when it has not said."""
        return max(0.0, self._deadline - time.time())

    def read(self, then: Callable[[bytes | None], object]) -> bool:
        """Has `then` called on the server's thread; False when the sender has gone."""
        with self._lock:
            if self._cancelled:
                return False
            self._pending += 1
        self._call.start_server_batch((cygrpc.ReceiveMessageOperation(_NO_FLAGS),), partial(self._arrived, then))
        return True

    def answer(self, answer: Answer) -> None:
        """Nothing, when the sender has gone."""
        metadata = None if answer.details is None else (("grpc-status-details-bin", answer.details),)
        operations = [
            cygrpc.SendInitialMetadataOperation(None, _NO_FLAGS),
            cygrpc.SendStatusFromServerOperation(metadata, answer.code, answer.message.encode(), _NO_FLAGS),
        ]
        if answer.response is not None:
            operations.append(cygrpc.SendMessageOperation(answer.response, _NO_FLAGS))
        with self._lock:
            if self._cancelled:
                return
            self._pending += 1
            self._status_sent = True
        self._call.start_server_batch(operations, self._sent)

    def _closed(self, event: Any) -> tuple[_Call | None, tuple[()]]:
        with self._lock:
            self._cancelled = event.batch_operations[0].cancelled()
        return self._over()

    def _arrived(self, then: Callable[[bytes | None], object], event: Any) -> tuple[_Call | None, tuple[()]]:
        then(event.batch_operations[0].message())
        return self._over()

    def _sent(self, _event: object) -> tuple[_Call | None, tuple[()]]:
        return self._over()

    def _over(self) -> tuple[_Call | None, tuple[()]]:
        with self._lock:
            self._pending -= 1
            over = not self._pending and (self._status_sent or self._cancelled)
        return (self if over else None), ()
