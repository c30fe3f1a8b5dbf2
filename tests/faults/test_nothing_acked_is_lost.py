"""I1: a record whose request was acked was delivered, or dropped by a verdict, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Self

import aiohttp
import grpc

from real.dataplane import DataPlane
from real.otlp import Answer, NextHop, Sender, logs
from real.waiting import eventually, wait_until

PROTOBUF = {"Content-Type": "application/x-protobuf"}


class Load:
    """Senders that send numbered orders, each with a line of noise, until told to stop; they note what was acked."""

    def __init__(self, plane: DataPlane) -> None:
        self.acked: set[str] = set()
        self.refused: set[str] = set()
        self._port = plane.grpc.port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(name,)) for name in "abcdef"]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, name: str) -> None:
        with Sender(self._port) as sender:
            number = 0
            while not self._stop.is_set():
                number += 1
                order = f"order {name} {number} shipped"
                try:
                    sender.export(logs(f"noise {number}", order))
                except grpc.RpcError:
                    self.refused.add(order)
                else:
                    self.acked.add(order)


def grown(orders: set[str], by: int) -> Callable[[], bool]:
    goal = len(orders) + by
    return lambda: len(orders) >= goal


def drop_noise(plane: DataPlane) -> None:
    with plane.sender() as sender:
        sender.export(logs("noise 0"))
    plane.drop_what_was_seen()


def test_killing_the_next_hop_again_and_again_loses_nothing_that_was_acked(plane: DataPlane, next_hop: NextHop) -> None:
    drop_noise(plane)
    with Load(plane) as load:
        for _ in range(4):
            wait_until(grown(load.acked, 50), "orders that pass")
            next_hop.kill()
            wait_until(grown(load.refused, 5), "orders that are refused")
            next_hop.start()
        wait_until(grown(load.acked, 50), "orders that pass")
    assert load.acked <= set(next_hop.bodies)
    assert plane.count("accepted") == 1 + 2 * len(load.acked)
    assert plane.count("refused") == 2 * len(load.refused)
    assert plane.count("sent") == 1 + len(load.acked)
    assert plane.count("dropped") == len(load.acked)


def test_a_stop_under_load_loses_nothing_that_was_acked(plane: DataPlane, next_hop: NextHop) -> None:
    drop_noise(plane)
    with Load(plane) as load:
        wait_until(grown(load.acked, 50), "orders that pass")
        plane.stop()
        wait_until(grown(load.refused, 5), "orders that are refused")
    assert load.acked <= set(next_hop.bodies)


def test_what_was_under_way_at_the_stop_is_finished_and_answered(plane: DataPlane, next_hop: NextHop) -> None:
    next_hop.answer = Answer(after=threading.Event())
    with plane.sender() as sender, plane.sender() as late:
        under_way = sender.begin(logs("order 17 shipped"))
        next_hop.wait_for(1)
        stopping = threading.Thread(target=plane.stop)
        stopping.start()
        wait_until(lambda: not accepts(late), "new requests are refused")
        next_hop.answer.after.set()
        assert under_way.result() == b""
        stopping.join()
    assert plane.count("sent") == 1


def accepts(sender: Sender) -> bool:
    try:
        sender.export(b"")
    except grpc.RpcError as error:
        return error.code() is not grpc.StatusCode.UNAVAILABLE  # so that it is sent again, elsewhere
    return True


async def test_what_was_under_way_over_http_at_the_stop_is_finished_and_answered(
    plane: DataPlane, next_hop: NextHop, http: str
) -> None:
    next_hop.answer = Answer(after=threading.Event())
    async with aiohttp.ClientSession(base_url=http) as session:
        under_way = asyncio.create_task(send(session, logs("order 17 shipped")))
        await eventually(lambda: next_hop.arrivals, "the request at the next hop")
        stopping = asyncio.create_task(plane.http.stop())
        await asyncio.sleep(0)
        next_hop.answer.after.set()
        assert await under_way == 200
        await stopping
    assert plane.count("sent") == 1


async def send(session: aiohttp.ClientSession, body: bytes) -> int:
    async with session.post("/v1/logs", data=body, headers=PROTOBUF) as response:
        return response.status
