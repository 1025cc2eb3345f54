"""A news site on loopback, with scripted answers and a log of what was asked."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SENTENCE = (
    "The harbour board said on Tuesday that the old lighthouse will be painted "
    "again before the autumn, after three summers in which nobody had found the "
    "money. "
)


@dataclass(frozen=True)
class Answer:
    """What the server says."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: threading.Event | None = None
    """The answer is held back until this is set."""


def article(number: int, *, links: str = "", head: str = "") -> bytes:
    """A page with an article of its own."""
    paragraphs = "".join(
        f"<p>Item {number}, part {part}. {SENTENCE}</p>" for part in range(4)
    )
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>Lighthouse story number {number}</title>{head}</head><body>"
        f"<article><h1>Lighthouse story number {number}</h1>{paragraphs}</article>"
        f"{links}</body></html>"
    ).encode()


def feed(*urls: str) -> Answer:
    """An RSS feed with those links."""
    items = "".join(
        f"<item><title>Story {index}</title><link>{url}</link>"
        "<pubDate>Tue, 03 Sep 2024 08:15:00 +0200</pubDate></item>"
        for index, url in enumerate(urls)
    )
    xml = (
        "<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>"
        f"<link>http://example.org/</link><description>d</description>{items}"
        "</channel></rss>"
    )
    return Answer(xml.encode(), content_type="application/rss+xml")


def versioned(body: bytes, etag: str) -> Answer:
    """A page that may be asked for conditionally."""
    return Answer(body, headers={"ETag": etag})


def unless_known(answer: Answer, asked: Mapping[str, str]) -> Answer:
    """304 where the client has the answer already (RFC 9110 section 13.1.2)."""
    etag = answer.headers.get("ETag")
    if etag is None or asked.get("If-None-Match") != etag:
        return answer
    return replace(answer, status=304, body=b"")


class NewsServer:
    """A running server; routes may be changed at any time."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.routes: dict[str, Answer | Callable[[], Answer]] = {}
        self.hits: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self._changed = threading.Condition()
        self._httpd = ThreadingHTTPServer((host, 0), self._request_handler())
        self._httpd.daemon_threads = True
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.05,))
        self._thread.start()
        self.times: list[tuple[float, str]] = []
        self.closed = threading.Event()
        self.url = f"http://{host}:{self._httpd.server_address[1]}"

    def close(self) -> None:
        """Stop serving."""
        self.closed.set()
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def wait_for_hits(self, total: int, *, prefix: str, seconds: float = 60) -> None:
        """Return once paths with that prefix were asked for `total` times."""

        def reached() -> bool:
            hits = sum(n for path, n in self.hits.items() if path.startswith(prefix))
            return hits >= total

        with self._changed:
            assert self._changed.wait_for(reached, seconds), dict(self.hits)

    def _record(self, path: str, headers: dict[str, str]) -> None:
        with self._changed:
            self.hits[path] += 1
            self.times.append((time.monotonic(), path))
            self.headers[path] = headers
            self._changed.notify_all()

    def _request_handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._record(self.path, dict(self.headers.items()))
                route = server.routes.get(self.path, Answer(b"none", status=404))
                answer = route() if callable(route) else route
                answer = unless_known(answer, dict(self.headers.items()))
                if answer.wait is not None:
                    answer.wait.wait(60)
                try:
                    self._send(answer)
                except OSError:
                    self.close_connection = True  # The crawler was killed.

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def date_time_string(self, _timestamp: float | None = None) -> str:
                """A clock that stands, so that two crawls get the same bytes."""
                return "Tue, 03 Sep 2024 12:00:00 GMT"

            def log_message(self, *arguments: object) -> None:
                """Keep the tests' output clean."""

        return Handler


@contextmanager
def serving(host: str = "127.0.0.1") -> Iterator[NewsServer]:
    """A server that is closed at the end."""
    server = NewsServer(host)
    try:
        yield server
    finally:
        server.close()
