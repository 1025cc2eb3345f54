"""The sample site: a small aggregator whose articles are known word for word.

Input: the folder `data/demo-site`, in which articles, headlines and wordings lie as
TOML. Output: pages as bytes (`DemoSite.render`), the truth about each article
(`DemoSite.articles`), and a server on the loopback interface. It has the shape of the
sites in `crawler/sites/ress.toml` and all that is hard about them: see `cases` in the
article files. The same folder and the same day give the same bytes.
"""

import gzip
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import cast
from urllib.parse import quote, unquote

from crawler.demo_content import DemoArticle, load_content
from crawler.demo_pages import HTML, Response, build_pages

__all__ = [
    "DemoArticle",
    "DemoServer",
    "DemoSite",
    "Response",
    "load_demo_site",
    "run_demo_site",
    "serve_demo_site",
]


@dataclass(frozen=True)
class DemoSite:
    """The whole site on one day of crawling."""

    name: str
    articles: tuple[DemoArticle, ...]
    private: tuple[DemoArticle, ...]
    """Pages that robots.txt forbids, though a feed lists them."""
    missing_path: str
    """Listed in the French feed; answers 404."""
    offsite_url: str
    """Listed in the French feed; another host's."""
    _pages: Mapping[str, Callable[[str], Response]] = field(repr=False)

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths that have an answer."""
        return tuple(self._pages)

    def render(self, path: str, base_url: str) -> Response | None:
        """The answer to a request for `path`; None where there is no page.

        Args:
            path: Path of the address; a query is ignored, and the percent-encoding
                need not be in normal form.
            base_url: Scheme, host and port, without a slash at the end; all absolute
                addresses in the answer begin with it.
        """
        normal = quote(unquote(path.partition("?")[0]), safe="/+")
        page = self._pages.get(normal)
        return page(base_url) if page else None


@dataclass(frozen=True)
class DemoServer:
    """A running server."""

    base_url: str
    requests: list[str]
    """Paths that were asked for, with their queries, in the order of arrival."""


def load_demo_site(root: Path, *, today: date) -> DemoSite:
    """The site that lies in a folder.

    Args:
        root: The folder, `data/demo-site` of a checkout.
        today: Day of the crawl, which headlines of the ribbon name.

    Raises:
        ValueError: A file is not as it should be; the text names file and field.
        OSError: A file cannot be read.
    """
    content = load_content(root, today=today)
    return DemoSite(
        name=content.name,
        articles=content.articles,
        private=content.private,
        missing_path=content.missing_path,
        offsite_url=content.offsite_url,
        _pages=build_pages(content),
    )


@contextmanager
def serve_demo_site(root: Path, *, today: date, port: int = 0) -> Iterator[DemoServer]:
    """Serve the site on 127.0.0.1 while the context is open.

    Args:
        root: As in `load_demo_site`.
        today: As in `load_demo_site`.
        port: TCP port; 0 for any free one.

    Raises:
        ValueError: A file of the site is not as it should be.
        OSError: A file cannot be read, or the port is taken.
    """
    server = _Server(load_demo_site(root, today=today), port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield DemoServer(server.base_url, server.requests)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_demo_site(root: Path, port: int, today: date) -> None:
    """Serve the site until Ctrl-C; its address is printed first."""
    with serve_demo_site(root, today=today, port=port) as server:
        sys.stdout.write(f"{server.base_url}/ (Ctrl-C ends it)\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


class _Server(ThreadingHTTPServer):
    """Answers for a site on 127.0.0.1, and leaves no thread or socket behind."""

    daemon_threads = False  # so that `server_close` waits for the threads
    request_queue_size = 128

    def __init__(self, site: DemoSite, port: int) -> None:
        self.site = site
        self.requests: list[str] = []
        self._connections: set[socket] = set()
        super().__init__(("127.0.0.1", port), _Exchange)
        self.base_url = f"http://127.0.0.1:{self.server_port}"

    def server_bind(self) -> None:
        # HTTPServer would ask the resolver for our name, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name = "127.0.0.1"
        self.server_port = self.socket.getsockname()[1]

    def get_request(self) -> tuple[socket, tuple[str, int]]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: socket | tuple[bytes, socket]) -> None:
        super().shutdown_request(request)
        self._connections.discard(cast("socket", request))

    def server_close(self) -> None:
        # A kept-alive connection waits for its next request: it is told that none
        # will come.
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(cast("socket", request), client_address)


class _Exchange(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        response = self.server.site.render(self.path, self.server.base_url)
        if response is None:
            text = b"<title>404</title>Not found\n"
            response = Response(HTTPStatus.NOT_FOUND, HTML, text)
        self._send(response)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, response: Response) -> None:
        body = response.body
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        if response.location:
            self.send_header("Location", response.location)
        if not response.content_type.startswith("image/"):
            self.send_header("Vary", "Accept-Encoding")
            if _accepts_gzip(self.headers.get("Accept-Encoding", "")):
                body = gzip.compress(body, mtime=0)
                self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        return "copydesk-demo-site"

    def log_message(self, *_arguments: object) -> None:
        """Silent: `DemoServer.requests` is the log."""


def _accepts_gzip(header: str) -> bool:
    """Whether a client accepts gzip (RFC 9110 section 12.5.3)."""
    for each in header.lower().split(","):
        coding, _, weight = each.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return weight.strip("0.") != "" or weight == ""
    return False
