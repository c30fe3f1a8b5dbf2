"""Addresses to listen on, as the Collector writes them: `127.0.0.1:4317`, `[::]:4317`, `0.0.0.0:0`, `:4317`."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterable
from typing import NamedTuple, Self

from sluice.errors import ConfigError

_CORRECT_THE_NAME = "correct the host name, or write an address of this machine"
_REMEDIES = {
    errno.EADDRINUSE: "stop what uses it or choose another address",
    errno.EADDRNOTAVAIL: "write an address of this machine, or 0.0.0.0 for all of them",
    errno.EACCES: "choose a port that is not reserved, from 1024 upwards",
}


class Endpoint(NamedTuple):
    """Where one server listens. `key`: the configuration key's path, for messages. Port 0: the system chooses one."""

    key: str
    host: str
    port: int

    @classmethod
    def parse(cls, key: str, text: str) -> Self:
        """Raises `ConfigError`. An empty host means every interface, as it does for the Collector."""
        host, separator, port = text.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        if not separator or not port.isascii() or not port.isdecimal() or int(port) > 65535:
            raise ConfigError(f"{key}: {text} is not host:port; write for example 127.0.0.1:4317")
        if ":" in host and not bracketed:
            raise ConfigError(f"{key}: {text} is ambiguous; write an IPv6 address in brackets, for example [::1]:4317")
        return cls(key, (host[1:-1] if bracketed else host) or "0.0.0.0", int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def not_bound(self) -> ConfigError:
        """Why this address cannot be listened on, asked of the system, for servers that do not say it themselves."""
        reason, remedy = "the system refuses it", "choose another address"
        try:
            self._listen().close()
        except OSError as error:
            # A resolver's errors have texts of their own; socket adds the address to the others, which stands here.
            unresolved = isinstance(error, socket.gaierror)
            own = unresolved or error.errno is None
            reason = (error.strerror or str(error) if own else os.strerror(error.errno or 0)).lower()
            remedy = _CORRECT_THE_NAME if unresolved else _REMEDIES.get(error.errno or 0, remedy)
        return ConfigError(f"{self.key}: cannot listen on {self}: {reason}; {remedy}")

    def _listen(self) -> socket.socket:
        """As a server would; raises OSError."""
        family, _, _, _, address = socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address, family=family)


def require_free(endpoints: Iterable[Endpoint]) -> None:
    """Raises `ConfigError` for the first address that cannot be listened on, because of others or of one before it.

    For the start: what is in use is then known before anything is opened. Takes none of them.
    """
    with contextlib.ExitStack() as all_at_once:
        for endpoint in endpoints:
            try:
                all_at_once.enter_context(endpoint._listen())
            except OSError:
                raise endpoint.not_bound() from None
