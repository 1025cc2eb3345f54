"""What the test site serves: articles, lists, feeds and sitemaps, all from numbers.

Article N of a host is the same on each run with the same seed. Little of a page is its
own; what fills it up to the size asked for is shared, and is compressed once.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property, lru_cache
from html import escape
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.site_texts import Writer

NEWEST_AT = datetime(2026, 11, 1, 6, tzinfo=UTC)
"""When the last of the first articles was published."""

BETWEEN_ARTICLES = timedelta(minutes=7)
SECTIONS = ("politics", "economy", "culture", "sport")
PER_SECTION_PAGE = 25
PER_SITEMAP = 5_000
CACHED_PAGES = 20_000
SENTENCES, SLUGS = 600, 97

HTML = "text/html; charset=utf-8"
XML = "application/xml"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class ContentOptions:
    """What is on a host."""

    pages: int = field(default=100, metadata={"help": "articles to begin with"})
    page_kb: float = field(default=20, metadata={"help": "size of an article's page"})
    feed_entries: int = field(default=30, metadata={"help": "newest, in each feed"})
    seed: int = field(default=0, metadata={"help": "of all that is invented"})
    calendar: bool = field(
        default=False, metadata={"help": "link a calendar that has no end"}
    )
    bodies: str = field(
        default="", metadata={"help": "WARC whose pages are served as the articles"}
    )
    robots: str = field(
        default="", metadata={"help": "further lines of robots.txt, parted by |"}
    )


class Document(NamedTuple):
    """What an address has."""

    content_type: str
    own: bytes
    """The body, or its beginning."""

    shared: "Shared"
    """The rest of the body."""

    etag: str
    modified: datetime

    def body(self) -> tuple[bytes, ...]:
        """The body in pieces."""
        return (self.own, self.shared.plain)

    def gzipped(self) -> tuple[bytes, ...]:
        """The body as one gzip member (RFC 1952), in pieces.

        The own part ends at a byte (a full flush, RFC 1951), so that the shared part
        is compressed only once.
        """
        squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        own = squeeze.compress(self.own) + squeeze.flush(zlib.Z_FULL_FLUSH)
        check = zlib.crc32(self.shared.plain, zlib.crc32(self.own))
        size = len(self.own) + len(self.shared.plain)
        end = check.to_bytes(4, "little") + size.to_bytes(4, "little")
        head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
        return (head + own, self.shared.deflated, end)


class Shared(NamedTuple):
    """Bytes that end many bodies."""

    plain: bytes
    deflated: bytes
    """The same, compressed with nothing before it."""


def shared(plain: bytes) -> Shared:
    """The bytes with their compressed form."""
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Shared(plain, squeeze.compress(plain) + squeeze.flush())


NOTHING = shared(b"")


class HostContent:
    """All that one host serves; editors may publish and edit.

    Args:
        origin: Its address, `http://127.0.0.1:8000`.
        host_number: Hosts with another number have other articles.
    """

    def __init__(self, options: ContentOptions, origin: str, host_number: int) -> None:
        self.options = options
        self.origin = origin
        self.count = options.pages
        self.versions: dict[int, int] = {}
        """How often each article was edited."""
        self._seed = f"{options.seed}/{host_number}"
        self._article = lru_cache(CACHED_PAGES)(self._make_article)
        self._lists: dict[str, Callable[[], tuple[str, str]]] = {
            "/": lambda: (HTML, self._home()),
            "/robots.txt": lambda: (TEXT, self._robots()),
            "/feed.rss": lambda: ("application/rss+xml", self._rss()),
            "/feed.atom": lambda: ("application/atom+xml", self._atom()),
            "/feed.json": lambda: ("application/feed+json", self._json_feed()),
            "/news-sitemap.xml": lambda: (XML, self._news_sitemap()),
            "/sitemap.xml": lambda: (XML, self._sitemap_index()),
        }
        self._made: dict[str, Document] = {}

    # -- what the tests do to a site ---------------------------------------------------

    def publish(self, count: int) -> None:
        """Add articles, newer than all others."""
        self.count += count
        self._made.clear()

    def edit(self, numbers: Iterable[int]) -> None:
        """Change text and validators of these articles."""
        for number in numbers:
            self.versions[number] = self.versions.get(number, 0) + 1
        self._made.clear()

    # -- what is asked for -------------------------------------------------------------

    def find(self, path: str) -> Document | None:
        """What the address has, None if there is no such page."""
        number = _number_at_end(path)
        if number is not None and 0 <= number < self.count:
            if path != self.path(number):
                return None
            return self._article(number, self.versions.get(number, 0))
        document = self._made.get(path)
        if document is None:
            document = self._make_list(path)
            if document is not None and not path.startswith("/calendar/"):
                self._made[path] = document
        return document

    def paths(self) -> list[str]:
        """The addresses of all articles, the oldest first."""
        return [self.path(number) for number in range(self.count)]

    def path(self, number: int) -> str:
        """The address of an article."""
        day = self.published(number)
        slug = self._slugs[number % SLUGS]
        section = SECTIONS[number % len(SECTIONS)]
        return f"/{section}/{day.year}/{day.month:02}/{day.day:02}/{slug}-{number}.html"

    def published(self, number: int) -> datetime:
        """When an article appeared."""
        return NEWEST_AT + BETWEEN_ARTICLES * (number + 1 - self.options.pages)

    def modified(self, number: int) -> datetime:
        """When an article was last changed: a minute more with each edit."""
        return self.published(number) + timedelta(minutes=self.versions.get(number, 0))

    def title(self, number: int) -> str:
        """The headline of an article."""
        return self._writer(str(number)).write("headline")

    def _writer(self, what: str) -> Writer:
        """What it writes depends on the seed, the host and what it is for."""
        return Writer("en", Random(f"{self._seed}/{what}"))  # noqa: S311 (no secret)

    # -- articles ----------------------------------------------------------------------

    def _make_article(self, number: int, version: int) -> Document:
        modified = self.modified(number)
        etag = f'"{number}-{version}"'
        if self.options.bodies:
            mark = f"<!-- {number}-{version} -->\n".encode()
            body = self._bodies[number % len(self._bodies)]
            return Document("text/html", mark, body, etag, modified)
        own = self._article_page(number, version).encode()
        return Document(HTML, own, self._filler, etag, modified)

    @cached_property
    def _bodies(self) -> list[Shared]:
        """Pages of others, for speeds as they are in the world."""
        from benchmarks.straightforward import html_pages

        return [shared(body) for _, body in html_pages(Path(self.options.bodies))]

    def _article_page(self, number: int, version: int) -> str:
        writer = self._writer(f"{number}/text")
        title = escape(self.title(number))
        author = escape(writer.person())
        published = self.published(number).isoformat()
        chance = writer.chance
        paragraphs = [self._paragraph(chance) for _ in range(chance.randint(12, 18))]
        if version:
            paragraphs[1] += f" This report was corrected, for time {version}."
        text = "\n".join(f"<p>{escape(each)}</p>" for each in paragraphs)
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            f"<title>{title} | The Test Gazette</title>"
            f'<link rel="canonical" href="{self.origin}{self.path(number)}">'
            f'<meta property="og:type" content="article">'
            f'<meta property="og:title" content="{title}">'
            f'<meta property="article:published_time" content="{published}">'
            f'<meta property="article:modified_time" '
            f'content="{self.modified(number).isoformat()}">'
            f'<meta name="author" content="{author}"></head><body>'
            f'<nav><a href="/">Front page</a> {_section_links()}</nav>'
            f'<main><article><h1>{title}</h1><p class="byline">By {author}, '
            f'<time datetime="{published}">{published[:10]}</time></p>\n{text}\n'
            f"</article></main>\n"
        )

    def _paragraph(self, chance: Random) -> str:
        own = f"The register has it as case {chance.randrange(10**9)}."
        return " ".join([*chance.choices(self._sentences, k=chance.randint(2, 4)), own])

    @cached_property
    def _sentences(self) -> list[str]:
        writer = self._writer("sentences")
        return [writer.write("sentence") for _ in range(SENTENCES)]

    @cached_property
    def _slugs(self) -> list[str]:
        words = (each.lower().split() for each in self._sentences)
        kept = ("-".join(filter(str.isalpha, each))[:60].strip("-") for each in words)
        return list(kept)[:SLUGS]

    @cached_property
    def _filler(self) -> Shared:
        """What stands after the article: links, an eighth of it, and script.

        A page of 250 kB has some 720 elements and an article 5,000 letters then, as the
        median of 439 pages of news sites has.
        """
        size = int(self.options.page_kb * 1000) - len(self._article_page(0, 0))
        chance = self._writer("filler").chance
        links = _cut(_teasers(self._sentences), size // 8)
        script = _cut(_state(chance), size - len(links) - 200)
        return shared(
            f"<aside><h2>More stories</h2><ul>\n{links}</ul></aside>\n<script>"
            f"window.state = [\n{script}0];</script><footer><p>The Test Gazette is "
            f"made up.</p></footer></body></html>\n".encode()
        )

    # -- lists -------------------------------------------------------------------------

    def _make_list(self, path: str) -> Document | None:
        if path in self._lists:
            content_type, text = self._lists[path]()
        elif path.startswith("/sitemap-") and path.endswith(".xml.gz"):
            return self._sitemap(path)
        elif path.startswith("/calendar/"):
            content_type, text = HTML, _calendar(path)
        elif path.split("/")[1] in SECTIONS:
            content_type, text = HTML, self._section(path) or ""
        else:
            return None
        return self._document(content_type, text.encode()) if text else None

    def _document(self, content_type: str, body: bytes) -> Document:
        etag = f'"{zlib.crc32(body):08x}"'
        modified = max(map(self.modified, self.versions), default=NEWEST_AT)
        newest = max(modified, self.published(self.count - 1))
        return Document(content_type, body, NOTHING, etag, newest)

    def _newest(self, count: int) -> range:
        return range(self.count - 1, max(self.count - 1 - count, -1), -1)

    def _home(self) -> str:
        calendar = '<a href="/calendar/2026/11">Calendar</a>'
        return (
            '<!DOCTYPE html><html lang="en"><head><title>The Test Gazette</title>'
            '<link rel="alternate" type="application/rss+xml" href="/feed.rss">'
            '<link rel="alternate" type="application/atom+xml" href="/feed.atom">'
            '<link rel="alternate" type="application/feed+json" href="/feed.json">'
            f"</head><body><nav>{_section_links()}"
            f"{calendar if self.options.calendar else ''}</nav>"
            f"<main>{self._teasers_of(self._newest(20))}</main></body></html>"
        )

    def _section(self, path: str) -> str | None:
        """Page P of a section, at `/politics` or `/politics/page/P`."""
        _, name, *rest = path.rstrip("/").split("/")
        if rest and (len(rest) != 2 or rest[0] != "page" or not rest[1].isdecimal()):  # noqa: PLR2004
            return None
        page = int(rest[1]) if rest else 1
        first = SECTIONS.index(name)
        numbers = range(first, self.count, len(SECTIONS))[::-1]
        shown = numbers[(page - 1) * PER_SECTION_PAGE : page * PER_SECTION_PAGE]
        if page < 1 or not shown:
            return None
        following = f'<a rel="next" href="/{name}/page/{page + 1}">Next page</a>'
        return (
            f'<!DOCTYPE html><html lang="en"><head><title>{name}</title></head><body>'
            f"<nav>{_section_links()}</nav><main>{self._teasers_of(shown)}</main>"
            f"{following if shown[-1] != first else ''}</body></html>"
        )

    def _teasers_of(self, numbers: Iterable[int]) -> str:
        return "\n".join(
            f'<h3><a href="{self.path(each)}">{escape(self.title(each))}</a></h3>'
            for each in numbers
        )

    def _robots(self) -> str:
        lines = (
            "User-agent: *",
            "Disallow: /private/",
            *filter(None, self.options.robots.split("|")),
            f"Sitemap: {self.origin}/sitemap.xml",
            f"Sitemap: {self.origin}/news-sitemap.xml",
        )
        return "\n".join(lines) + "\n"

    def _entries(self) -> range:
        return self._newest(self.options.feed_entries)

    def _rss(self) -> str:
        items = "".join(
            f"<item><title>{escape(self.title(each))}</title>"
            f"<link>{self.origin}{self.path(each)}</link>"
            f"<pubDate>{format_datetime(self.published(each), usegmt=True)}</pubDate>"
            f"</item>\n"
            for each in self._entries()
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
            f"<title>The Test Gazette</title><link>{self.origin}/</link>"
            f"<description>Invented news</description><language>en</language>\n{items}"
            "</channel></rss>"
        )

    def _atom(self) -> str:
        entries = "".join(
            f"<entry><title>{escape(self.title(each))}</title>"
            f"<id>{self.origin}{self.path(each)}</id>"
            f'<link href="{self.origin}{self.path(each)}"/>'
            f"<published>{self.published(each).isoformat()}</published>"
            f"<updated>{self.modified(each).isoformat()}</updated></entry>\n"
            for each in self._entries()
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
            f"<title>The Test Gazette</title><id>{self.origin}/</id>"
            f"<updated>{self.modified(self.count - 1).isoformat()}</updated>\n"
            f"{entries}</feed>"
        )

    def _json_feed(self) -> str:
        items = [
            {
                "id": f"{self.origin}{self.path(each)}",
                "url": f"{self.origin}{self.path(each)}",
                "title": self.title(each),
                "date_published": self.published(each).isoformat(),
                "date_modified": self.modified(each).isoformat(),
            }
            for each in self._entries()
        ]
        head = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "The Test Gazette",
            "language": "en",
        }
        return json.dumps({**head, "items": items})

    def _news_sitemap(self) -> str:
        urls = "".join(
            f"<url><loc>{self.origin}{self.path(each)}</loc><news:news>"
            "<news:publication><news:name>The Test Gazette</news:name>"
            "<news:language>en</news:language></news:publication>"
            f"<news:publication_date>{self.published(each).isoformat()}"
            "</news:publication_date>"
            f"<news:title>{escape(self.title(each))}</news:title></news:news></url>\n"
            for each in self._newest(100)
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
            f"{urls}</urlset>"
        )

    def _sitemap_index(self) -> str:
        children = "".join(
            f"<sitemap><loc>{self.origin}/sitemap-{number}.xml.gz</loc>"
            f"<lastmod>{max(map(self.modified, pages)).isoformat()}</lastmod>"
            "</sitemap>\n"
            for number, pages in enumerate(self._sitemap_pages())
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            f"{children}</sitemapindex>"
        )

    def _sitemap_pages(self) -> list[range]:
        numbers = range(self.count)
        starts = range(0, self.count, PER_SITEMAP)
        return [numbers[start : start + PER_SITEMAP] for start in starts]

    def _sitemap(self, path: str) -> Document | None:
        number = path.removeprefix("/sitemap-").removesuffix(".xml.gz")
        children = self._sitemap_pages()
        if not number.isdecimal() or int(number) >= len(children):
            return None
        urls = "".join(
            f"<url><loc>{self.origin}{self.path(each)}</loc>"
            f"<lastmod>{self.modified(each).isoformat()}</lastmod></url>\n"
            for each in children[int(number)]
        )
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            f"{urls}</urlset>"
        )
        plain = self._document(XML, text.encode())
        return self._document("application/gzip", b"".join(plain.gzipped()))


def _number_at_end(path: str) -> int | None:
    """The 12 of `/…-12.html`."""
    if not path.endswith(".html"):
        return None
    digits = path[path.rfind("-") + 1 : -5]
    return int(digits) if digits.isdecimal() else None


def _section_links() -> str:
    return " ".join(f'<a href="/{name}">{name}</a>' for name in SECTIONS)


def _teasers(sentences: list[str]) -> Iterator[str]:
    while True:
        for number, text in enumerate(sentences):
            yield (
                f'<li class="teaser"><a href="/archive/{number}"><span>'
                f"{escape(text[:70])}</span></a></li>\n"
            )


def _state(chance: Random) -> Iterator[str]:
    """What pages carry for their scripts; compresses to about a fifth, as theirs do."""
    while True:
        number = chance.randrange(16**8)
        yield (
            f'{{"id": "{number:08x}", "type": "teaser", "position": {number % 97}, '
            f'"image": {{"width": {number % 640}, "height": 360, "alt": null}}, '
            f'"tracking": {{"campaign": "none", "impression": false}}}},\n'
        )


def _cut(pieces: Iterator[str], size: int) -> str:
    """Whole pieces, of together about this many characters."""
    taken, chars = [], 0
    while chars < size:
        taken.append(next(pieces))
        chars += len(taken[-1])
    return "".join(taken)


def _calendar(path: str) -> str:
    """A month that links to the next, for ever."""
    _, _, year, month, *_ = [*path.split("/"), "1", "1"]
    if not (year.isdecimal() and month.isdecimal()):
        return ""
    total = int(year) * 12 + int(month)
    after = f"/calendar/{total // 12}/{total % 12 + 1}"
    before = f"/calendar/{(total - 2) // 12}/{(total - 2) % 12 + 1}"
    return (
        f"<!DOCTYPE html><title>{month}/{year}</title><p>No events in this month.</p>"
        f'<a href="{before}">Before</a> <a rel="next" href="{after}">After</a>'
    )
