"""An HTTP proxy on loopback that opens tunnels, ends the TLS of whoever comes through and leads him to a server of the
test: an API can so be asked at its own address, by its own name, and nothing leaves the machine."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Self

from real.certificates import Pair


class TlsProxy:
    """Every tunnel ends at `port`, with the certificate of the server that its client means to speak with.

    `targets`: as `HOST:PORT`, what tunnels were asked for.
    """

    def __init__(self, certificate: Pair, port: int) -> None:
        self.targets: list[str] = []
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.both)
        targets = self.targets

        class Tunnel(StreamRequestHandler):
            rbufsize = 0
            """What follows the head belongs to TLS."""

            def handle(self) -> None:
                method, target, _ = self.rfile.readline().decode().split()
                assert method == "CONNECT", method
                while self.rfile.readline().strip():
                    pass
                targets.append(target)
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with (
                    context.wrap_socket(self.connection, server_side=True) as client,
                    socket.create_connection(("127.0.0.1", port)) as server,
                ):
                    back = threading.Thread(target=_pass, args=(server, client))
                    back.start()
                    _pass(client, server)
                    back.join()

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Tunnel)
        self._thread = threading.Thread(target=self._server.serve_forever, name="proxy")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for the tunnels: who uses them has to have ended."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _pass(source: socket.socket, target: socket.socket) -> None:
    """All that comes from the one to the other, and then its end."""
    with contextlib.suppress(OSError):  # either side may break off
        for chunk in _chunks(source):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def _chunks(source: socket.socket) -> Iterator[bytes]:
    while chunk := source.recv(65_536):
        yield chunk
