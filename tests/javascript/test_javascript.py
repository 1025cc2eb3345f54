"""Pages that a real Chromium renders, and what a hostile one gets out of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from crawler.javascript import javascript_settings
from schemas.errors import UsageError
from tests.crawler.news_server import SENTENCE, Answer, NewsServer

REPOSITORY = Path(__file__).parents[2]
MARK = "the scripts of this page have run"


def page(script: str, *, head: str = "") -> Answer:
    """A page with a script, which says last that it came to its end."""
    return Answer(
        f"<html><head><title>Page</title>{head}</head><body><div id='here'></div>"
        f"<script>{script};document.getElementById('here').append('{MARK}')</script>"
        "</body></html>".encode()
    )


def start(server: NewsServer, *paths: str, **settings: object) -> subprocess.Popen[str]:
    """A process that renders the pages."""
    given = {"urls": [server.url + path for path in paths], "settings": settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.javascript.rendering"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What came of the pages; no process is left behind."""
    try:
        stdout, log = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, log[-4000:]
    found: dict[str, Any] = json.loads(stdout)
    return found


def render(server: NewsServer, *paths: str, **settings: object) -> dict[str, Any]:
    """What came of the pages."""
    return finish(start(server, *paths, **settings))


def text_of(found: dict[str, Any], path: str) -> str:
    """The page as it was read; nothing if it was not."""
    text: str = found["pages"][path].get("text", "")
    return text


def refusals(found: dict[str, Any]) -> Counter[str]:
    """How often what pages asked for was refused, by reason."""
    prefix = "news/javascript/refused/"
    stats = found["stats"].items()
    return Counter(
        {key.removeprefix(prefix): n for key, n in stats if key.startswith(prefix)}
    )


def descendants(pid: int) -> set[int]:
    """All processes that the process has started, directly or not."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, new = set(), [pid]
    while new:
        below = children.get(new.pop(), [])
        found.update(below)
        new.extend(below)
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run; one that is dead but not waited for does not."""
    running = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            running.add(pid)
    return running


def wait_until_dead(pids: set[int], seconds: float = 20) -> None:
    """Return once none of them runs."""
    end = time.monotonic() + seconds
    while alive(pids) and time.monotonic() < end:
        time.sleep(0.1)
    assert not alive(pids)


def add_article(server: NewsServer, path: str = "/article") -> None:
    """An article that a script builds from data."""
    server.routes[path] = Answer(
        b"<html><head><link rel=stylesheet href=/style.css></head><body>"
        b"<article id=a></article><script src=/app.js></script></body></html>",
        headers={"ETag": '"shell"', "Last-Modified": "Tue, 03 Sep 2024 12:00:00 GMT"},
    )
    server.routes["/app.js"] = Answer(
        b"fetch('/data.json').then(r => r.json()).then(d => {"
        b"document.getElementById('a').innerHTML = '<p>' + d.text + '</p>'})",
        content_type="text/javascript",
    )
    data = json.dumps({"text": SENTENCE}).encode()
    server.routes["/data.json"] = Answer(data, content_type="application/json")


def test_an_article_that_scripts_build_is_read_and_archived(server: NewsServer) -> None:
    """The document is archived as received, then the rendered page as the page."""
    add_article(server)
    add_article(server, "/second")
    found = render(server, "/article", "/second", CONCURRENT_REQUESTS=1)
    text = found["pages"]["/article"]["text"]
    assert SENTENCE.strip() in text
    assert found["archived"][4][2] == text
    assert [(purpose, path, mark) for purpose, path, _, mark in found["archived"]] == [
        ("robots", "/robots.txt", None),
        ("subresource", "/article", None),
        ("subresource", "/app.js", None),
        ("subresource", "/data.json", None),
        ("page", "/article", "settled"),
        # Scripts that pages share are fetched once, data each time.
        ("subresource", "/second", None),
        ("subresource", "/data.json", None),
        ("page", "/second", "settled"),
    ]
    assert SENTENCE.strip() not in found["archived"][1][2]
    assert server.headers["/data.json"]["User-Agent"] == "Copydesk/test"
    assert not {"Etag", "Last-Modified"} & set(found["pages"]["/article"]["headers"])


def test_what_is_no_html_page_never_meets_a_browser(server: NewsServer) -> None:
    """An error page and a text are given as they came."""
    server.routes["/text"] = Answer(b"plain", content_type="text/plain")
    found = render(server, "/text", "/none")
    assert found["pages"]["/text"]["text"] == "plain"
    assert found["pages"]["/none"]["status"] == 404
    assert "playwright/browser_count" not in found["stats"]


def test_redirects_are_followed_by_us(server: NewsServer) -> None:
    """Of the document and of what a script asks for; not to a private address."""
    add_article(server)
    server.routes["/old"] = Answer(status=302, headers={"Location": "/article"})
    server.routes["/data.json"] = Answer(status=302, headers={"Location": "/moved"})
    server.routes["/moved"] = Answer(json.dumps({"text": SENTENCE}).encode())
    to_private = {"Location": "http://169.254.169.254/latest"}
    server.routes["/trap"] = Answer(status=302, headers=to_private)
    server.routes["/trapped"] = page("fetch('/trap')")
    found = render(server, "/old", "/trapped")
    assert SENTENCE.strip() in found["pages"]["/article"]["text"]
    assert found["stats"]["news/javascript/refused/address"] == 1


HOSTILE: dict[str, tuple[str, str | None]] = {
    "/loopback": ("fetch('OTHER/secret')", "address"),
    "/metadata": ("fetch('http://169.254.169.254/latest/meta-data')", "address"),
    "/script": (
        (
            "document.head.append(Object.assign("
            "document.createElement('script'), {src: 'OTHER/secret'}))"
        ),
        "address",
    ),
    "/socket": ("new WebSocket('OTHER/secret'.replace('http','ws'))", "websocket"),
    "/image": ("new Image().src='OTHER/secret'", "type"),
    "/events": ("new EventSource('OTHER/secret')", "type"),
    "/post": ("fetch('/taken', {method: 'POST', body: 'x'})", "method"),
    "/robots": ("fetch('/forbidden')", "robots"),
    "/frame": (
        (
            "f=document.createElement('iframe');f.src='OTHER/secret';"
            "document.body.append(f)"
        ),
        "navigation",
    ),
    "/leave": ("location.href='OTHER/secret'", "navigation"),
    "/reload": ("location.reload()", "navigation"),
    # Of the following the browser may not ask us, or not in time.
    "/worker": (
        (
            "new Worker(URL.createObjectURL(new Blob([\"fetch('OTHER/secret');"
            "new WebSocket('OTHER/secret'.replace('http','ws'))\"])))"
        ),
        None,
    ),
    "/alert": ("alert('a');confirm('b');prompt('c')", None),
    "/popup": ("window.open('OTHER/secret');window.open('about:blank')", None),
    "/service-worker": (
        "navigator.serviceWorker.register('/worker.js').catch(e => 0)",
        None,
    ),
    "/beacon": ("navigator.sendBeacon('OTHER/secret', 'x')", None),
    "/prefetch": (
        (
            "l=document.createElement('link');l.rel='preconnect';"
            "l.href='OTHER/secret';document.head.append(l)"
        ),
        None,
    ),
    "/rtc": (
        (
            "c=new RTCPeerConnection({iceServers:[{urls:'stun:127.0.0.1:PORT'}]});"
            "c.createDataChannel('x');"
            "c.createOffer().then(o=>c.setLocalDescription(o))"
        ),
        None,
    ),
    "/download": (
        (
            "a=document.createElement('a');a.href='data:text/plain,x';a.download='x';"
            "a.click()"
        ),
        None,
    ),
    "/path": ("history.pushState({}, '', '/another')", None),
    "/unload": ("onbeforeunload=e=>{e.preventDefault();return 'stay'}", None),
}


def test_whatever_a_page_tries_it_is_read_and_reaches_nothing(
    server: NewsServer, other: NewsServer
) -> None:
    """Nothing is sent but what it may have; what is refused is counted.

    Of a thousand requests of one page as many are answered as the limit says; the page
    is marked as unsettled.
    """
    server.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /forbidden")
    port = other.url.rpartition(":")[2]
    for path, (script, _) in HOSTILE.items():
        tried = script.replace("OTHER", other.url).replace("PORT", port)
        server.routes[path] = page(tried)
    server.routes["/many"] = page("for(i=0;i<1000;i++) fetch('/n?'+i).catch(e => 0)")
    paths = {"/many", *HOSTILE}
    found = render(server, *paths, COPYDESK_JAVASCRIPT_REQUESTS=20)
    assert {path for path in paths if MARK not in text_of(found, path)} == set()
    reasons = Counter(reason for _, reason in HOSTILE.values() if reason)
    assert reasons + Counter(count=900) <= refusals(found)
    assert not other.hits
    answered = {path for path in server.hits if path.startswith("/n?")}
    assert len(answered) == 20
    assert set(server.hits) - answered == {"/robots.txt", *paths}
    marks = {path: mark for kind, path, _, mark in found["archived"] if kind == "page"}
    assert {path for path in paths if marks[path] == "unsettled"} == {"/many"}


FAILING = {
    "/hang": "while(true){}",
    "/memory": "a=[];while(true)a.push(new Array(2e7).fill(1.1))",
    "/blank": "location.href='about:blank'",
    "/large": "s='<p>'+'x'.repeat(2**20);"
    "document.body.insertAdjacentHTML('beforeend', s.repeat(20))",
}


def test_a_page_that_fails_is_an_error_and_the_others_are_read(
    server: NewsServer,
) -> None:
    """A script without end, one that eats the memory, a page without measure."""
    for path, script in FAILING.items():
        server.routes[path] = page(script)
    add_article(server)
    paths = (*FAILING, "/article")
    found = render(
        server, *paths, COPYDESK_JAVASCRIPT_SECONDS=10, COPYDESK_JAVASCRIPT_TABS=3
    )
    pages = found["pages"]
    assert {path for path in paths if "error" in pages[path]} == set(FAILING)
    assert all(pages[path]["error"].startswith("RenderError: ") for path in FAILING)
    assert SENTENCE.strip() in text_of(found, "/article")
    assert marks_of(found) == {"/article": "settled"}


def test_a_page_that_never_stops_asking_is_read_as_it_stands(
    server: NewsServer,
) -> None:
    """After half of the time, and says so.

    Not beside pages that take all of the machine: they would make it pause.
    """
    add_article(server)
    server.routes["/polling"] = page("setInterval(() => fetch('/data.json'), 100)")
    found = render(server, "/polling", "/article", COPYDESK_JAVASCRIPT_SECONDS=10)
    assert MARK in text_of(found, "/polling")
    assert marks_of(found) == {"/polling": "unsettled", "/article": "settled"}


def marks_of(found: dict[str, Any]) -> dict[str, str]:
    """How each page was read that was archived."""
    return {path: mark for kind, path, _, mark in found["archived"] if kind == "page"}


def test_a_browser_that_dies_is_replaced(server: NewsServer) -> None:
    """The page in it is an error; the next one gets a new browser.

    So does the one after a browser has had its number of pages, two here.
    """
    add_article(server)
    server.routes["/last"] = page("")
    running: list[subprocess.Popen[str]] = []

    def kill_browser() -> Answer:
        for pid in descendants(running[0].pid):
            if b"chromium" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        return Answer(b"")

    server.routes["/deadly"] = page("fetch('/kill')")
    server.routes["/kill"] = kill_browser
    server.routes["/second"] = page("")
    running.append(
        start(
            server,
            *("/deadly", "/article", "/second", "/last"),
            CONCURRENT_REQUESTS=1,
            COPYDESK_JAVASCRIPT_RECYCLE=2,
        )
    )
    found = finish(running[0])
    assert found["pages"]["/deadly"]["error"].startswith("RenderError: ")
    assert SENTENCE.strip() in text_of(found, "/article")
    assert MARK in text_of(found, "/last")
    assert found["stats"]["playwright/browser_count"] == 3


@pytest.mark.parametrize("end", [None, signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_crawl(
    server: NewsServer, end: signal.Signals | None
) -> None:
    """Neither an end in order nor a kill leaves a browser behind."""
    server.routes["/page"] = page("fetch('/last')")
    seen: set[int] = set()
    running: list[subprocess.Popen[str]] = []

    def look() -> Answer:
        seen.update(descendants(running[0].pid))
        if end is not None:
            running[0].send_signal(end)
        return Answer(b"")

    server.routes["/last"] = look
    running.append(start(server, "/page"))
    running[0].communicate(timeout=90)
    assert len(seen) > 2
    wait_until_dead(seen)


def test_the_browser_by_itself_reaches_nothing(server: NewsServer) -> None:
    """Even with no guard before it: no name, no address, not loopback either."""
    from playwright.sync_api import Error, sync_playwright

    launch: Any = javascript_settings(Settings())["PLAYWRIGHT_LAUNCH_OPTIONS"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**launch)
        tab = chromium.new_page()
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            with pytest.raises(Error, match="net::ERR_"):
                tab.goto(url + "/page")
        chromium.close()
    assert not server.hits


def test_without_a_browser_the_error_says_what_to_install() -> None:
    """And names the setting, if it was given."""
    settings = Settings({"COPYDESK_CHROMIUM": "no-such-browser"})
    with pytest.raises(UsageError, match=r"'no-such-browser'.*apt install chromium"):
        javascript_settings(settings)


def test_without_the_extra_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A crawl with such a site ends before it begins."""
    monkeypatch.setattr("crawler.javascript.find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"pip install 'copydesk\[javascript\]'"):
        javascript_settings(Settings())


def test_other_middlewares_are_kept() -> None:
    """The middleware joins those that the settings have."""
    settings = Settings({"DOWNLOADER_MIDDLEWARES": {"some.Middleware": 5}})
    middlewares: Any = javascript_settings(settings)["DOWNLOADER_MIDDLEWARES"]
    assert sorted(middlewares.values()) == [5, 960]


def test_a_crawl_without_such_sites_imports_nothing_of_playwright() -> None:
    """The extra is not needed where no site asks for it."""
    code = (
        "import sys, crawler.crawl, crawler.javascript, crawler.settings;"
        "sys.exit('playwright' in sys.modules or 'scrapy_playwright' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True)
