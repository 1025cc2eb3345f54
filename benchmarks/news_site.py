"""A news site on loopback, with faults on demand: for tests and benchmarks of crawls.

    python -m benchmarks.news_site --pages 3000 --page-kb 250

prints the address of each host when it is ready and ends on SIGTERM. Host K is
127.0.0.K, all on one port. `NewsSite` starts it from a test and talks to it over its
standard input: a line of JSON each way. Nothing waits for the disk and nothing is
rendered twice, so that the crawler is the slower side of a measurement.
"""

import argparse
import asyncio
import itertools
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple, Self, cast

from benchmarks.news_site_content import ContentOptions, Document, HostContent
from benchmarks.news_site_faults import FAULTS, Fault

ROOT = Path(__file__).parents[1]
LARGEST_REQUEST = 64_000


@dataclass(frozen=True)
class SiteOptions(ContentOptions):
    """What is served, and how."""

    hosts: int = field(default=1, metadata={"help": "127.0.0.1, 127.0.0.2, ..."})
    port: int = field(default=0, metadata={"help": "of all hosts; 0: any free one"})
    validators: bool = field(
        default=True, metadata={"help": "ETag, Last-Modified, and 304 for them"}
    )
    gzip: bool = field(default=False, metadata={"help": "compress where accepted"})
    latency: float = field(
        default=0.0, metadata={"help": "seconds until each answer begins"}
    )
    cpu: int = field(default=-1, metadata={"help": "the core to run on; -1: any"})


class Hit(NamedTuple):
    """One request, as the site saw it."""

    host: str
    """`127.0.0.1`."""

    path: str
    """With its query."""

    at: float
    """When it came, seconds since 1970."""

    status: int
    """What was answered; 0 if nothing was, or not yet."""

    sent_bytes: int
    """Bytes of the body that were sent."""

    is_conditional: bool
    """Whether it had If-None-Match or If-Modified-Since."""


class HostReport(NamedTuple):
    """How a host was treated."""

    requests: int
    most_connections: int
    """Connections open at the same time, at most."""

    most_requests: int
    """Requests without an answer at the same time, at most."""

    least_gap: float | None
    """Seconds between two requests, at least; None if there were not two."""


@dataclass(frozen=True)
class Request:
    """What a client asks for."""

    method: str
    path: str
    headers: dict[str, str]
    """By their names in lower case."""

    @property
    def is_conditional(self) -> bool:
        """Whether only a change is wanted."""
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


class Answer(NamedTuple):
    """A response that is ready to be sent."""

    status: int
    headers: str
    """Lines, each with its end; Content-Length is not among them."""

    body: tuple[bytes, ...] = ()

    def head(self, *, length: int | None = None) -> bytes:
        """Status line and headers, with a length that need not be true."""
        if length is None:
            length = sum(map(len, self.body))
        reason = HTTPStatus(self.status).phrase
        return (
            f"HTTP/1.1 {self.status} {reason}\r\n{self.headers}"
            f"Content-Length: {length}\r\n\r\n"
        ).encode("latin-1")


class Host:
    """One host: its content, what went wrong on purpose, and what was asked."""

    def __init__(self, name: str, content: HostContent, options: SiteOptions) -> None:
        self.name = name
        self.content = content
        self.options = options
        self.faults: list[Fault] = []
        self.hits: list[list[Any]] = []
        """The fields of `Hit`, but the host; they are filled in as it is answered."""

        self.connections = self.most_connections = 0
        self.requests = self.most_requests = 0
        self._faulty: Counter[tuple[int, str]] = Counter()

    def fault_for(self, path: str) -> Fault | None:
        """What goes wrong with this request, if anything."""
        path = path.partition("?")[0]
        for number, fault in enumerate(self.faults):
            if not fault.concerns(path, self.options.seed):
                continue
            if fault.times and self._faulty[number, path] >= fault.times:
                continue
            self._faulty[number, path] += 1
            return fault
        return None

    def answer(self, request: Request) -> Answer:
        """What a site in good order says."""
        document = self.content.find(request.path.partition("?")[0])
        if document is None:
            return Answer(404, "Content-Type: text/plain\r\n", (b"No such page.\n",))
        headers = f"Content-Type: {document.content_type}\r\n"
        if self.options.validators:
            headers += (
                f"ETag: {document.etag}\r\n"
                f"Last-Modified: {format_datetime(document.modified, usegmt=True)}\r\n"
            )
            if is_unchanged(request, document):
                return Answer(304, headers)
        if self._squeezes(request, document):
            return Answer(
                200, headers + "Content-Encoding: gzip\r\n", document.gzipped()
            )
        return Answer(200, headers, document.body())

    def _squeezes(self, request: Request, document: Document) -> bool:
        accepted = request.headers.get("accept-encoding", "")
        is_text = document.content_type != "application/gzip"
        return self.options.gzip and is_text and "gzip" in accepted

    def clear(self) -> None:
        """Forget faults and requests."""
        self.faults.clear()
        self.hits.clear()
        self._faulty.clear()
        self.most_connections, self.most_requests = self.connections, self.requests

    def report(self) -> HostReport:
        """How it was treated since the last `clear`."""
        times = [hit[1] for hit in self.hits]
        gaps = [after - before for before, after in itertools.pairwise(times)]
        return HostReport(
            len(times),
            self.most_connections,
            self.most_requests,
            min(gaps, default=None),
        )


def is_unchanged(request: Request, document: Document) -> bool:
    """Whether 304 is the answer (RFC 9110 section 13.2.2: the ETag goes first)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tags == "*" or document.etag in tags
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return document.modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except ValueError:
        return False


class Connection(asyncio.Protocol):
    """One connection of a client: a request at a time, kept open (RFC 9112)."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._received = bytearray()
        self._writable = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_open = False

    # -- what asyncio tells ------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self.transport = cast(asyncio.Transport, transport)
        self._writable.set()
        self._is_open = True
        self.host.connections += 1
        self.host.most_connections = max(
            self.host.most_connections, self.host.connections
        )

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The client went, or was thrown out."""
        self.host.connections -= 1
        self._is_open = False
        self._writable.set()
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The client is slow."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """A part of a request."""
        self._received += data
        if len(self._received) > LARGEST_REQUEST:
            self.transport.abort()
            return
        self._next()

    # -- requests and answers ----------------------------------------------------------

    def _next(self) -> None:
        while self._task is None and self._is_open:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            request = parse(bytes(self._received[:end]))
            del self._received[: end + 4]
            self._begin(request)

    def _begin(self, request: Request) -> None:
        host = self.host
        hit = [request.path, time.time(), 0, 0, request.is_conditional]
        host.hits.append(hit)
        host.requests += 1
        host.most_requests = max(host.most_requests, host.requests)
        fault = host.fault_for(request.path)
        if fault is None and not host.options.latency:
            self._send(request, hit)
            host.requests -= 1
            return
        self._task = asyncio.create_task(self._take_time(request, fault, hit))

    async def _take_time(
        self, request: Request, fault: Fault | None, hit: list[Any]
    ) -> None:
        try:
            await asyncio.sleep(self.host.options.latency)
            if fault is None:
                self._send(request, hit)
            else:
                await self._fail(request, fault, hit)
        except ConnectionError:
            pass  # the client has gone
        finally:
            self.host.requests -= 1
            self._task = None
        self._next()

    def _send(self, request: Request, hit: list[Any]) -> None:
        answer = self.host.answer(request)
        hit[2] = answer.status
        if request.method == "HEAD" or not answer.body:
            self.transport.write(answer.head())
        else:
            first, *rest = answer.body
            self.transport.write(answer.head() + first)
            for piece in rest:
                self.transport.write(piece)
            hit[3] = sum(map(len, answer.body))
        if request.headers.get("connection") == "close":
            self.transport.close()

    async def _fail(self, request: Request, fault: Fault, hit: list[Any]) -> None:
        plan = FAULTS[fault.kind](fault, request.path)
        if plan is None:
            self._send(request, hit)
            return
        answer = self.host.answer(Request("GET", request.path, {}))
        async for piece in plan(answer.body):
            if not self._is_open:
                raise ConnectionResetError
            if not hit[2]:
                hit[2] = int(piece.split(b" ", 2)[1])
            else:
                hit[3] += len(piece)
            self.transport.write(piece)
            await self._writable.wait()
        if fault.resets:
            self._reset()
        else:
            self.transport.close()

    def _reset(self) -> None:
        """Close so that the client gets RST (SO_LINGER of zero seconds)."""
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


def parse(head: bytes) -> Request:
    """The request line and the headers; what is no HTTP asks for nothing."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = [*first.split(" "), "", ""][:3]
    pairs = (line.partition(":") for line in lines)
    return Request(
        method, path, {name.lower(): text.strip() for name, _, text in pairs}
    )


# -- the process -----------------------------------------------------------------------


async def serve(options: SiteOptions, *, is_controlled: bool) -> None:
    """Serve until SIGTERM or SIGINT or, if it is controlled, the end of its input."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    hosts, servers = {}, []
    for number, sock in enumerate(listen(options)):
        name, port = sock.getsockname()
        content = HostContent(options, f"http://{name}:{port}", number)
        host = hosts[name] = Host(name, content, options)
        content.find(content.path(0))  # what is made once is made before the first hit
        servers.append(await loop.create_server(partial(Connection, host), sock=sock))
    for host in hosts.values():
        print(host.content.origin, flush=True)
    if is_controlled:
        print(flush=True)
        obey(hosts, stop)
    await stop.wait()
    for server in servers:
        server.close()


def listen(options: SiteOptions) -> list[socket.socket]:
    """A listening socket for each host, all on one port."""
    port, sockets = options.port, []
    for number in range(1, options.hosts + 1):
        # asyncio sends small pieces at once (TCP_NODELAY) where it knows it is TCP.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((f"127.0.0.{number}", port))
        sock.listen(1024)
        port = sock.getsockname()[1]
        sockets.append(sock)
    return sockets


def obey(hosts: dict[str, Host], stop: asyncio.Event) -> None:
    """From now on do what the lines of standard input say, and stop at its end."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        line = sys.stdin.readline()
        if not line:
            loop.remove_reader(sys.stdin)
            stop.set()
            return
        order = json.loads(line)
        named, do = order.pop("host"), ORDERS[order.pop("do")]
        chosen = [hosts[named]] if named else list(hosts.values())
        answers = [do(host, **order) for host in chosen]
        print(json.dumps(answers), flush=True)

    def end(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Who gave a wrong order must not wait for an answer."""
        loop.default_exception_handler(context)
        stop.set()

    loop.set_exception_handler(end)
    loop.add_reader(sys.stdin, read)


def _add_fault(host: Host, **fields: Any) -> None:  # noqa: ANN401
    host.faults.append(Fault(**fields))


ORDERS: dict[str, Callable[..., object]] = {
    "publish": lambda host, count: host.content.publish(count),
    "edit": lambda host, numbers: host.content.edit(numbers),
    "paths": lambda host: host.content.paths(),
    "fault": _add_fault,
    "clear": Host.clear,
    "hits": lambda host: [[host.name, *hit] for hit in host.hits],
    "report": Host.report,
}


# -- for tests and benchmarks ----------------------------------------------------------


class NewsSite:
    """The site as a process of its own; a context manager.

    Orders are for all hosts, or for the one that is named, as `127.0.0.2`.
    """

    def __init__(self, options: SiteOptions | None = None) -> None:
        self.options = options or SiteOptions()
        self.urls: tuple[str, ...] = ()
        """The address of each host, without a slash at the end."""

    def __enter__(self) -> Self:
        """Start it, and wait until it listens."""
        command = [sys.executable, "-m", "benchmarks.news_site", "--control"]
        self._process = subprocess.Popen(  # noqa: S603
            [*command, *flags(self.options)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        lines = iter(self._read, "\n")
        self.urls = tuple(line.strip() for line in lines)
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate()

    @property
    def url(self) -> str:
        """The address of the first host."""
        return self.urls[0]

    def article_urls(self, host: str | None = None) -> list[str]:
        """The addresses of all articles."""
        answers = self._order("paths", host)
        named = [each for each in self.urls if host in (None, host_name(each))]
        return [
            url + path
            for url, paths in zip(named, answers, strict=True)
            for path in paths
        ]

    def publish(self, count: int, host: str | None = None) -> None:
        """Add so many articles."""
        self._order("publish", host, count=count)

    def edit(self, numbers: Iterable[int], host: str | None = None) -> None:
        """Change these articles."""
        self._order("edit", host, numbers=list(numbers))

    def fault(self, fault: Fault, host: str | None = None) -> None:
        """From now on something goes wrong; faults given first go first."""
        self._order("fault", host, **asdict(fault))

    def clear(self, host: str | None = None) -> None:
        """End all faults and forget all requests."""
        self._order("clear", host)

    def hits(self, host: str | None = None) -> list[Hit]:
        """All requests, host by host, as they came."""
        return [Hit(*hit) for hits in self._order("hits", host) for hit in hits]

    def reports(self) -> dict[str, HostReport]:
        """How each host was treated."""
        answers = self._order("report", None)
        names = map(host_name, self.urls)
        return {
            name: HostReport(*answer)
            for name, answer in zip(names, answers, strict=True)
        }

    def _order(self, do: str, host: str | None, **fields: object) -> list[Any]:
        if self._process.stdin is None:
            raise BrokenPipeError
        self._process.stdin.write(json.dumps({"do": do, "host": host, **fields}) + "\n")
        self._process.stdin.flush()
        return cast(list[Any], json.loads(self._read()))

    def _read(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise BrokenPipeError(f"the site ended: {self._process.poll()}")
        return line


def host_name(url: str) -> str:
    """The `127.0.0.1` of `http://127.0.0.1:8000`."""
    return url.split("/")[2].split(":", maxsplit=1)[0]


# -- command line ----------------------------------------------------------------------


def add_options(parser: argparse.ArgumentParser) -> None:
    """An option for each field of `SiteOptions`."""
    for each in fields(SiteOptions):
        name = "--" + each.name.replace("_", "-")
        text = f"{each.metadata['help']} (default: {each.default})"
        if isinstance(each.default, bool):
            action = argparse.BooleanOptionalAction
            parser.add_argument(name, action=action, default=each.default, help=text)
        else:
            kind = type(each.default)
            if each.name == "page_kb":
                kind = float
            parser.add_argument(name, type=kind, default=each.default, help=text)


def options_of(arguments: argparse.Namespace) -> SiteOptions:
    """What was given for the fields of `SiteOptions`."""
    return SiteOptions(
        **{each.name: getattr(arguments, each.name) for each in fields(SiteOptions)}
    )


def flags(options: SiteOptions) -> list[str]:
    """The command line that gives these options."""
    given = []
    for name, value in asdict(options).items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            given.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            given.append(f"--{flag}={value}")
    return given


def main(argv: Sequence[str] | None = None) -> int:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.news_site",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser)
    parser.add_argument(
        "--control", action="store_true", help="orders come on standard input"
    )
    arguments = parser.parse_args(argv)
    options = options_of(arguments)
    if options.cpu >= 0:
        os.sched_setaffinity(0, {options.cpu})
    asyncio.run(serve(options, is_controlled=arguments.control))
    return 0


if __name__ == "__main__":
    sys.exit(main())
