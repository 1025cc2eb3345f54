"""A server that breaks every promise of HTTP: each host has its own way.

What a host does is a function that is given the connection and the path. Names under
`.example` lead here: the resolver `HostileDns` is named by `TWISTED_DNS_RESOLVER`.
"""

import socket
import socketserver
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from twisted.internet.address import IPv4Address

from crawler.middlewares.addresses import PublicHostnameResolver

MEGABYTE = 1_000_000
SECONDS = 60.0
"""How long a connection is held open at most."""

Behaviour = Callable[[socket.socket, str], None]


class HostileDns(PublicHostnameResolver):
    """Names under `.example` are loopback and pass as public; others are looked at."""

    def resolveHostName(  # noqa: N802 - Twisted's interface
        self,
        resolutionReceiver: Any,  # noqa: ANN401, N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        *arguments: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """As Twisted asks."""
        if not hostName.endswith(".example"):
            return super().resolveHostName(
                resolutionReceiver, hostName, portNumber, *arguments, **named
            )
        resolutionReceiver.resolutionBegan(self)
        address = IPv4Address("TCP", "127.0.0.1", portNumber)
        resolutionReceiver.addressResolved(address)
        resolutionReceiver.resolutionComplete()
        return self


class HostileServer:
    """A running server."""

    def __init__(self) -> None:
        self.hosts: dict[str, Behaviour] = {}
        self.hits: Counter[tuple[str, str]] = Counter()
        self._tcp = _Tcp(("127.0.0.1", 0), self._handler())
        self.port = self._tcp.server_address[1]
        self._thread = threading.Thread(target=self._tcp.serve_forever, args=(0.05,))
        self._thread.start()

    def url(self, host: str, path: str) -> str:
        """An address on that host."""
        return f"http://{host}.example:{self.port}{path}"

    def close(self) -> None:
        """Stop serving."""
        self._tcp.shutdown()
        self._tcp.server_close()
        self._thread.join()

    def _handler(self) -> type[socketserver.BaseRequestHandler]:
        server = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):  # the crawler has gone
                    server._answer(self.request)

        return Handler

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(SECONDS)
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65_536)
            if not piece:
                return
            received += piece
        first, *lines = received.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        host = headers["Host"].partition(".example")[0]
        path = first.split(" ")[1]
        self.hits[host, path] += 1
        self.hosts[host](connection, path)


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


@contextmanager
def serving_badly() -> Iterator[HostileServer]:
    """A server that is closed at the end."""
    server = HostileServer()
    try:
        yield server
    finally:
        server.close()


# -- what may go wrong ---------------------------------------------------------------


def head(*lines: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    """A status line and headers."""
    first = (f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close")
    return "\r\n".join([*first, *lines, "", ""]).encode("latin-1")


def whole(body: bytes, *lines: str, kind: str = "text/html") -> bytes:
    """An answer in good order."""
    return head(*lines, f"Content-Length: {len(body)}", kind=kind) + body


def saying(answer: bytes) -> Behaviour:
    """These bytes."""
    return lambda connection, _: connection.sendall(answer)


def by_path(routes: Mapping[str, Behaviour], otherwise: Behaviour) -> Behaviour:
    """One or the other."""
    return lambda connection, path: routes.get(path, otherwise)(connection, path)


NOT_FOUND = saying(head("Content-Length: 0", status="404 Not Found"))


def polite(behaviour: Behaviour, *, robots: Behaviour = NOT_FOUND) -> Behaviour:
    """The same, but for robots.txt and tdmrep.json."""
    routes = {"/robots.txt": robots, "/.well-known/tdmrep.json": NOT_FOUND}
    return by_path(routes, behaviour)


def redirecting(location: str) -> Behaviour:
    """To there."""
    lines = (f"Location: {location}", "Content-Length: 0")
    return saying(head(*lines, status="302 Found"))


def hang(connection: socket.socket, _: str) -> None:
    """Never say anything."""
    connection.recv(1)


def drip(connection: socket.socket, _: str) -> None:
    """A byte each tenth of a second."""
    connection.sendall(head())
    while True:
        connection.sendall(b"x")
        time.sleep(0.1)


def endless(*lines: str) -> Behaviour:
    """Text without an end."""
    piece = b"<p>And so on, and so on.</p>\n" * 30_000

    def send(connection: socket.socket, _: str) -> None:
        connection.sendall(head(*lines))
        while True:
            connection.sendall(piece)
            time.sleep(0.01)  # leave others a share of this process

    return send


def bomb(megabytes: int, begin: bytes = b"", kind: str = "text/html") -> Behaviour:
    """Few bytes on the wire, that many when they are decoded."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    pieces = [squeeze.compress(begin)]
    blanks = b" " * MEGABYTE
    pieces += [squeeze.compress(blanks) for _ in range(megabytes)]
    return saying(
        whole(b"".join(pieces) + squeeze.flush(), "Content-Encoding: gzip", kind=kind)
    )


def reset(connection: socket.socket, _: str) -> None:
    """The connection is torn."""
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
    )
    connection.close()


def further(connection: socket.socket, path: str) -> None:
    """A redirect to an address that was never asked for."""
    number = int(path.rpartition("-")[2]) + 1
    redirecting(f"/story-{number}")(connection, path)
