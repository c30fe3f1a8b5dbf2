"""Whether an address that is dialled is one that this process itself listens on."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

from sluice.endpoints import Endpoint
from sluice.errors import ConfigError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LOOPBACK: tuple[_Address, ...] = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))


def refuse_circle(key: str, target: str, listening: Iterable[Endpoint]) -> None:
    """Raises `ConfigError` where what is sent to `target` (host:port, with or without a scheme) would come back here.

    No name is looked up beyond `localhost` and the host's own: what another name stands for may change at any time.
    """
    dialled = Endpoint.parse(key, target.partition("://")[2].rstrip("/") or target)
    for endpoint in listening:
        if dialled.port == endpoint.port and _reaches(dialled.host, endpoint.host):
            raise ConfigError(
                f"{key}: {target} is where Sluice itself listens ({endpoint.key}: {endpoint}): write the address of "
                "the next hop, or let Sluice listen elsewhere"
            )


def _reaches(dialled: str, listening: str) -> bool:
    if dialled.lower() == listening.lower():
        return True
    here = _addresses(listening)
    everywhere = [address for address in here if address.is_unspecified]
    if everywhere and dialled.lower() == socket.gethostname().lower():
        return True
    for address in _addresses(dialled):
        if address in here or (address.is_unspecified and _LOOPBACK[address.version == 6] in here):
            return True
        # A socket for every IPv6 address takes IPv4, too.
        if any(every.version in (6, address.version) for every in everywhere) and _is_ours(address):
            return True
    return False


def _addresses(host: str) -> tuple[_Address, ...]:
    """What a host stands for, where that can be known; none for the names of others."""
    if host.lower() == "localhost":
        return _LOOPBACK
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ()
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address,)


def _is_ours(address: _Address) -> bool:
    """Whether it is an address of this machine: only those can be bound. Nothing is sent."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
