"""Ports for servers of the tests."""

from __future__ import annotations

import itertools
import os
import random
import socket

_OF_NO_CLIENT = range(15_000, 32_000)
"""Below what systems give to outgoing connections, one of which could take a port before its server binds it."""
_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_OURS = _OF_NO_CLIENT[_worker::_workers]
"""Each worker of a parallel run has its own, else one could be handed out twice before anybody binds it."""
_turn = itertools.count(random.SystemRandom().randrange(len(_OURS)))


def free_port() -> int:
    """A loopback port that no one uses now, and that this test run has not handed out lately."""
    for place in _turn:
        port = _OURS[place % len(_OURS)]
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the turn has no end")
