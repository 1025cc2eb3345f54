"""Discover: pages out of feeds, sitemaps and section pages, whatever their state."""

import gzip
import json
import time
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.discover import (
    MAX_FEED_BYTES,
    Discovered,
    Entry,
    FeedLink,
    SitemapLink,
    SitemapReader,
    SourceFormat,
    derive_patterns,
    detect_format,
    find_feeds,
    find_links,
    find_sections,
    parse_feed,
    parse_sitemap,
)
from pipelines.sites import is_article_url
from schemas.page import SourceKind
from schemas.site import SiteDefinition

BASE = "https://paper.example/list/"

RSS = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Paper</title><link>https://paper.example/</link>
<item><title>Harbour  &amp; lighthouse</title><link>/news/1#top</link>
<pubDate>Tue, 03 Sep 2024 08:15:00 +0200</pubDate></item>
<item><title>Same page</title><link>https://paper.example/news/1</link></item>
<item><title>A call</title><link>tel:123</link></item>
<item><title>No link</title></item>
<item><link>https://paper.example/news/2</link></item>
</channel></rss>"""

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Paper</title>
<entry><title>Only changed</title><link href="https://paper.example/a"/>
<updated>2024-09-03T08:15:00Z</updated></entry></feed>"""

NEWS = b"""<?xml version="1.0"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<!-- a remark --><?target data?>
<url><loc> https://paper.example/n1 </loc><lastmod>2024-01-01</lastmod>
<news:news><news:publication_date>2024-09-03</news:publication_date>
<news:title>Lighthouse</news:title><news:publication><news:name>Paper</news:name>
<news:language>fr</news:language></news:publication></news:news></url>
<url><loc>https://paper.example/n2</loc><lastmod>2024-01-01</lastmod></url>
<url><lastmod>2024-01-01</lastmod></url>
</urlset>"""

JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "language": "fr",
        "items": [
            {
                "id": "1",
                "url": "/a",
                "title": "Phare",
                "date_published": "2024-09-03T08:15:00Z",
                "date_modified": "2024-09-04T08:15:00Z",
            },
            {"id": "2", "external_url": "https://paper.example/b", "language": "ar"},
            {"id": "3", "title": "No address"},
            "no item",
        ],
    }
).encode()

INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://paper.example/a.xml</loc>
<lastmod>2024-09-03T08:00:00Z</lastmod></sitemap>
<sitemap><loc>b.xml</loc></sitemap><sitemap><loc>ftp://x/c.xml</loc></sitemap>
</sitemapindex>"""


def urls(found: Discovered) -> list[str]:
    """Addresses of all entries."""
    return [entry.url for entry in found.entries]


def site(**fields: object) -> SiteDefinition:
    """A site definition with what a test needs."""
    return SiteDefinition.model_validate(
        {"name": "paper", "family": "paper", "file_digest": "0", **fields}
    )


def test_feed_gives_each_page_once_in_order() -> None:
    """Links are joined, fragments and other schemes go, titles are folded."""
    found = parse_feed(RSS, BASE)
    assert urls(found) == [
        "https://paper.example/news/1",
        "https://paper.example/news/2",
    ]
    first, second = found.entries
    assert first.title == "Harbour & lighthouse"
    assert first.date_raw == "Tue, 03 Sep 2024 08:15:00 +0200"
    assert first.source is SourceKind.FEED
    assert (second.title, second.date_raw) == (None, None)
    assert not found.damaged


def test_atom_feed_gives_the_date_it_has() -> None:
    """Without `published` an Atom entry has `updated`."""
    (entry,) = parse_feed(ATOM, BASE).entries
    assert entry.date_raw == "2024-09-03T08:15:00Z"


def test_zipped_feed_is_unpacked() -> None:
    """A feed that is stored as gzip reads the same."""
    assert parse_feed(gzip.compress(RSS), BASE) == parse_feed(RSS, BASE)


@pytest.mark.parametrize(
    "body",
    [b"", b" \n", b"<html><body>no feed</body></html>", b"\x1f\x8bnot gzip at all"],
)
def test_what_is_no_feed_is_damaged_and_empty(body: bytes) -> None:
    """No entries, and the caller is told."""
    assert parse_feed(body, BASE) == Discovered(damaged=True)


def test_cut_feed_gives_what_it_has() -> None:
    """The entries before the damage survive it."""
    found = parse_feed(RSS[: RSS.index(b"<item><link>")], BASE)
    assert urls(found) == ["https://paper.example/news/1"]
    assert found.damaged


def test_feed_is_read_up_to_its_limit() -> None:
    """A gzip bomb costs no more than the limit, and counts as damaged."""
    bomb = gzip.compress(RSS + b" " * (MAX_FEED_BYTES + 1))
    assert parse_feed(bomb, BASE).damaged


def test_body_that_names_a_file_is_not_opened(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Feedparser takes bytes for a file name first: it must never get them."""
    path = tmp_path_factory.mktemp("feed") / "secret.xml"
    path.write_bytes(RSS)
    assert parse_feed(str(path).encode(), BASE).entries == ()


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">%s]>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 20)
    for level in range(8)
)


@pytest.mark.parametrize(
    ("parse", "body"),
    [
        (
            parse_feed,
            BOMB + b"<rss version='2.0'><channel><item><title>&i;</title>"
            b"<link>https://paper.example/x</link></item></channel></rss>",
        ),
        (
            parse_sitemap,
            BOMB + b"<urlset><url><loc>https://paper.example/&i;</loc></url></urlset>",
        ),
    ],
)
def test_entities_are_not_expanded(parse, body: bytes) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    """Nested entities (25 billion characters) cost neither time nor memory."""
    begun = time.monotonic()
    found = parse(body, BASE)
    assert time.monotonic() - begun < 5
    assert all(len(entry.title or "") < 1_000 for entry in found.entries)


def test_external_entities_are_not_read(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A sitemap cannot make us read our own files (XXE)."""
    path = tmp_path_factory.mktemp("xxe") / "secret.txt"
    path.write_text("secret")
    body = (
        f'<!DOCTYPE u [<!ENTITY s SYSTEM "{path.as_uri()}">]>'
        "<urlset><url><loc>https://paper.example/&s;</loc></url></urlset>"
    ).encode()
    assert "secret" not in repr(parse_sitemap(body, BASE))


def test_news_sitemap_gives_title_and_publication_date() -> None:
    """`lastmod` is not taken for a publication date; an entry without `loc` goes."""
    found = parse_sitemap(NEWS, BASE)
    first, second = found.entries
    assert (first.url, first.title, first.date_raw, first.source) == (
        "https://paper.example/n1",
        "Lighthouse",
        "2024-09-03",
        SourceKind.NEWS_SITEMAP,
    )
    assert (first.modified_raw, first.language) == ("2024-01-01", "fr")
    assert (second.date_raw, second.source) == (None, SourceKind.SITEMAP)
    assert (second.modified_raw, second.language) == ("2024-01-01", None)
    assert not found.damaged


def test_sitemap_index_gives_sitemaps() -> None:
    """Only http(s) ones, joined to the index's address."""
    found = parse_sitemap(gzip.compress(INDEX), BASE)
    assert found.sitemaps == (
        SitemapLink("https://paper.example/a.xml", "2024-09-03T08:00:00Z"),
        SitemapLink("https://paper.example/list/b.xml"),
    )
    assert found.entries == ()


def test_index_entry_without_location_is_damage() -> None:
    """An index that names nothing says so."""
    assert parse_sitemap(b"<sitemapindex><sitemap/></sitemapindex>", BASE).damaged


def test_cut_sitemap_gives_what_it_has() -> None:
    """The entries before the damage survive it, also in a torn gzip file."""
    whole = gzip.compress(NEWS, mtime=0)
    for torn in (NEWS[:-60], whole[:-20]):
        found = parse_sitemap(torn, BASE)
        assert "https://paper.example/n1" in urls(found)
        assert found.damaged


def test_sitemap_that_is_too_large_is_read_up_to_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More than the protocol's limit is not looked at."""
    monkeypatch.setattr("pipelines.discover.sitemaps.MAX_SOURCE_BYTES", len(NEWS) - 80)
    found = parse_sitemap(NEWS, BASE)
    assert urls(found)[:1] == ["https://paper.example/n1"]
    assert found.damaged


def test_large_sitemap_is_streamed() -> None:
    """Every entry of a sitemap of the largest allowed length is given, in order."""
    many = [f"https://paper.example/{number}" for number in range(50_000)]
    body = "".join(f"<url><loc>{each}</loc></url>" for each in many)
    assert urls(parse_sitemap(f"<urlset>{body}</urlset>".encode(), BASE)) == many


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (RSS, SourceFormat.FEED),
        (ATOM, SourceFormat.FEED),
        (b"<rdf:RDF xmlns:rdf='x'/>", SourceFormat.FEED),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!-- x > y --><rss/>", SourceFormat.FEED),
        ("<rss/>".encode("utf-16"), SourceFormat.FEED),
        (NEWS, SourceFormat.SITEMAP),
        (gzip.compress(INDEX), SourceFormat.SITEMAP),
        (b"<!DOCTYPE html><html>", SourceFormat.HTML),
        (b"  <HTML lang='fr'>", SourceFormat.HTML),
        (JSON_FEED, SourceFormat.FEED),
        (b'{"items": []}', SourceFormat.OTHER),
        (b"<svg xmlns='x'/>", SourceFormat.OTHER),
        (b"%PDF-1.4", SourceFormat.OTHER),
        (b"", SourceFormat.OTHER),
        (b"\x1f\x8b broken", SourceFormat.OTHER),
    ],
)
def test_format_is_seen_from_the_first_element(
    body: bytes, expected: SourceFormat
) -> None:
    """Headers are not asked: servers send feeds as text/html."""
    assert detect_format(body) is expected


def test_feeds_of_a_page_are_found() -> None:
    """RSS and Atom links, relative ones joined; comment feeds and icons are not."""
    page = b"""<html><head><base href="/fr/">
    <link rel="alternate" type="application/rss+xml" href="feed" title="All  the news">
    <link rel="feed alternate" type=" Application/Atom+XML " href="/atom">
    <link rel="alternate" type="application/feed+json" href="/feed.json">
    <link rel="alternate" type="application/rss+xml" href="/comments/feed">
    <link rel="alternate" type="application/rss+xml">
    <link rel="alternate" hreflang="ar" href="/ar">
    <link rel="icon" href="/icon.png"></head></html>"""
    assert find_feeds(page, BASE) == (
        FeedLink("https://paper.example/fr/feed", "All the news"),
        FeedLink("https://paper.example/atom"),
        FeedLink("https://paper.example/feed.json"),
    )


def test_page_without_markup_has_no_feeds_and_no_links() -> None:
    """An empty page gives nothing, and the caller of `find_links` is told."""
    assert find_feeds(b"", BASE) == ()
    assert find_links(b"", BASE, None) == Discovered(damaged=True)


SECTION = b"""<html><body><a href="/list/">This section, a long enough text</a>
<a href="/a">A headline that is long enough</a><a href="/b">Short</a>
<a href="/the-mayor-and-harbour">x</a><a href="/2024">y</a>
<a href="https://other.example/c">A headline that is elsewhere</a>
<a href="https://www.paper.example/d">A headline on the same host</a>
<a name="top">No address, but a long text</a><a href="http://[bad">Broken address</a>
<a href="https://me:pw@paper.example/e">A headline with a password</a>
<a href="javascript:void(0)">A headline that is a script</a></body></html>"""


def test_links_without_patterns_are_judged_by_text_and_slug() -> None:
    """Headlines and slugs on the same host; not the page itself, nor a year's list."""
    found = find_links(SECTION, BASE, None)
    assert urls(found) == [
        "https://paper.example/a",
        "https://paper.example/the-mayor-and-harbour",
        "https://www.paper.example/d",
    ]
    assert found.entries[0].source is SourceKind.SECTION


def test_links_with_patterns_are_judged_by_these() -> None:
    """A site's own patterns decide alone; exclusions without patterns only exclude."""
    assert urls(find_links(SECTION, BASE, site(article_urls=["/b"]))) == [
        "https://paper.example/b"
    ]
    kept = urls(find_links(SECTION, BASE, site(exclude_urls=["/a", "/#"])))
    assert "https://paper.example/a" not in kept
    assert "https://paper.example/the-mayor-and-harbour" in kept


def test_link_texts_are_read_in_the_page_s_encoding() -> None:
    """The encoding of the response wins; one that libxml2 does not know is ignored."""
    body = "<a href='/x'>المرسى القديم سيصبغ قبل الخريف</a>".encode("windows-1256")
    (entry,) = find_links(body, BASE, None, "windows-1256").entries
    assert entry.title == "المرسى القديم سيصبغ قبل الخريف"
    assert len(find_links(body, BASE, None, "x-no-such-thing").entries) == 1


def test_link_texts_in_utf_8_need_no_declaration() -> None:
    """Bytes that are UTF-8 are read so; others as the page itself declares."""
    text = "Le phare d'été, repeint à l'automne"
    for encoding, head in (("utf-8", ""), ("windows-1252", "<meta charset=cp1252>")):
        body = f"<html><head>{head}</head><a href='/x'>{text}</a>".encode(encoding)
        (entry,) = find_links(body, BASE, None).entries
        assert entry.title == text


def test_json_feed_gives_its_entries() -> None:
    """JSON Feed 1.1: addresses, both dates, the item's language or the feed's."""
    found = parse_feed(JSON_FEED, BASE)
    assert found.entries == (
        Entry(
            "https://paper.example/a",
            "Phare",
            "2024-09-03T08:15:00Z",
            SourceKind.FEED,
            "2024-09-04T08:15:00Z",
            "fr",
        ),
        Entry(
            "https://paper.example/b", None, None, SourceKind.FEED, None, language="ar"
        ),
    )
    assert not found.damaged


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (JSON_FEED[: JSON_FEED.index(b'{"id": "3"')], 2),
        (JSON_FEED[: JSON_FEED.index(b'"items"')], 0),
        (b'{"items": 5}', 0),
        (b'{"items": ' + b"[" * 100_000, 0),
        (b"{", 0),
    ],
    ids=["cut", "cut before the items", "no list", "deep", "nothing"],
)
def test_broken_json_feed_gives_what_it_has(body: bytes, expected: int) -> None:
    """The items before the damage survive it."""
    found = parse_feed(body, BASE)
    assert len(found.entries) == expected
    assert found.damaged


@pytest.mark.parametrize(
    ("head", "item", "expected"),
    [
        ("<language>fr-FR</language>", "", "fr-FR"),
        ("<language>fr</language>", "<dc:language>ar</dc:language>", "ar"),
        ("", "", None),
    ],
)
def test_rss_entry_has_the_language_of_item_or_channel(
    head: str, item: str, expected: str | None
) -> None:
    """What the item says comes first."""
    body = (
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
        f"{head}<item><link>/a</link><title>t</title>{item}</item></channel></rss>"
    )
    (entry,) = parse_feed(body.encode(), BASE).entries
    assert entry.language == expected


def test_atom_entry_inherits_xml_lang() -> None:
    """Of the feed, if the entry has none of its own."""
    body = ATOM.replace(b"<feed ", b"<feed xml:lang='de' ")
    (entry,) = parse_feed(body, BASE).entries
    assert entry.language == "de"
    assert entry.modified_raw == "2024-09-03T08:15:00Z"


def test_bare_ampersands_of_a_sitemap_are_kept() -> None:
    """The usual fault of sitemaps; in a CDATA section it is none."""
    body = (
        b"<urlset><url><loc>https://paper.example/?a=1&b=2&amp;c=3</loc></url>"
        b"<url><loc><![CDATA[https://paper.example/?d=1&e=2]]></loc></url></urlset>"
    )
    found = parse_sitemap(body, BASE)
    assert urls(found) == [
        "https://paper.example/?a=1&b=2&c=3",
        "https://paper.example/?d=1&e=2",
    ]
    assert not found.damaged


def test_sitemap_goes_on_behind_damage() -> None:
    """An unknown entity costs itself only."""
    body = NEWS.replace(b"Lighthouse", b"Light&nbsp;house")
    found = parse_sitemap(body, BASE)
    assert urls(found) == ["https://paper.example/n1", "https://paper.example/n2"]
    assert found.damaged


def test_news_tags_without_their_namespace_are_read() -> None:
    """A prefix that was never declared is damage that costs nothing."""
    body = NEWS.replace(b"xmlns:news=", b"other=")
    first = parse_sitemap(body, BASE).entries[0]
    assert (first.title, first.date_raw) == ("Lighthouse", "2024-09-03")


def test_empty_sitemap_is_sound() -> None:
    """News sitemaps are empty on a quiet day."""
    assert parse_sitemap(b"<urlset></urlset>", BASE) == Discovered()
    assert parse_sitemap(b"", BASE).damaged


def test_sitemap_of_plain_text_is_read() -> None:
    """One address a line (sitemaps.org); other lines are damage."""
    body = b"\xef\xbb\xbfhttps://paper.example/a\r\n\r\nhttps://paper.example/b"
    assert detect_format(body) is SourceFormat.SITEMAP
    found = parse_sitemap(body, BASE)
    assert urls(found) == ["https://paper.example/a", "https://paper.example/b"]
    assert not found.damaged
    assert parse_sitemap(body + b"\nwhat is this", BASE).damaged


def test_sitemap_of_plain_text_without_line_ends_is_bounded() -> None:
    """A line longer than any address is damage, and is not kept."""
    found = parse_sitemap(b"https://a.example/b\n" + b"x" * 1_000_000, BASE)
    assert (len(found.entries), found.damaged) == (1, True)


def test_sitemap_is_never_in_memory_as_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reading 30 MB out of a small gzip file, up to the limit, takes under 4 MB."""
    monkeypatch.setattr("pipelines.discover.sitemaps.MAX_ENTRIES", 60_000)
    one = b"<url><loc>https://paper.example/%0450d</loc></url>" % 1
    body = gzip.compress(b"<urlset>" + one * 60_001 + b"</urlset>", 1)
    tracemalloc.start()
    reader = SitemapReader(body, BASE)
    count = sum(1 for _ in reader)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 60_000
    assert reader.damaged
    assert peak < 4_000_000


@pytest.mark.parametrize(
    "body",
    [
        b"<urlset>" + b"<x>y</x>" * 1_000_000,
        b"<urlset><url>" + b"<loc>y</loc>" * 1_000_000,
        b"<urlset></" + b"x" * 10_000_000,
        b"<urlset>" + b"<![CDATA[" * 1_000_000,
        b"&" * 5_000_000,
    ],
    ids=["other elements", "one entry", "no end", "open sections", "ampersands"],
)
def test_hostile_sitemap_costs_little(body: bytes) -> None:
    """It is damaged, and left or read through in time."""
    begun = time.monotonic()
    assert parse_sitemap(body, BASE).damaged
    assert time.monotonic() - begun < 5


def link(href: str, text: str) -> bytes:
    """A page with one link."""
    return (
        f"<html><body><main><a href='{href}'>{text}</a></main></body></html>".encode()
    )


@pytest.mark.parametrize(
    ("href", "text", "expected"),
    [
        ("/2024/09/03/harbour", "x", True),
        ("/2024/9/harbour", "x", True),
        ("/a/20240903-x.html", "x", True),
        ("/news/harbour-gets-new-light", "x", True),
        ("/news/48213", "x", True),
        ("/news/48213/harbour", "x", True),
        ("/news/2024/harbour", "x", False),
        ("/x", "港灯台塗り直し、秋までに", True),
        ("/?p=7", "The harbour gets a new light", True),
        ("/x", "المرسى القديم سيصبغ قبل الخريف", True),
        ("/x", "港の灯台は秋までに塗り直される予定だと港湾局が発表", True),
        ("/x", "Harbour", False),
        ("/", "The harbour gets a new light", False),
        ("/2024/09/03/", "The third of September, all news", False),
        ("/tag/harbour-and-light-house", "The harbour gets a new light", False),
        ("/author/anna-maria-de-berg", "Anna Maria de Berg, our editor", False),
        ("/login", "Log in here to read everything", False),
        ("/shop/a-cup-for-readers-1234", "A cup for our readers, in blue", False),
        ("/files/harbour-plan-2024-x.pdf", "The plan of the harbour", False),
    ],
)
def test_links_are_judged_by_address_and_text(
    href: str,
    text: str,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Dates, slugs, numbers and headlines speak for an article; lists and files not."""
    assert bool(find_links(link(href, text), BASE, None).entries) is expected


@pytest.mark.parametrize(
    "menu", ["<nav>{}</nav>", "<footer>{}</footer>", "<div role='navigation'>{}</div>"]
)
def test_links_of_menus_are_no_articles(menu: str) -> None:
    """Unless the site's own patterns say so."""
    page = menu.format("<p><a href='/x-y-z-1'>A headline that is long</a>").encode()
    assert find_links(page, BASE, None).entries == ()
    assert len(find_links(page, BASE, site(article_urls=["/*"])).entries) == 1


@pytest.mark.parametrize(
    ("own", "html", "expected"),
    [
        ("/news", "<a rel='next' href='/news/older'>&gt;</a>", "/news/older"),
        ("/news", "<link rel='next' href='/news?page=2'>", "/news?page=2"),
        ("/news", "<a href='/news/page/2/'>2</a>", "/news/page/2/"),
        ("/news/", "<a href='/news/2'>2</a>", "/news/2"),
        ("/news?page=3", "<a href='/news?page=2'>«</a><a href='?page=4'>»</a>", "4"),
        ("/news/seite/2", "<a href='/news/seite/3' class='pager-next'>Weiter</a>", "3"),
        ("/news?a=1&p=2", "<a href='/news?p=3&a=1'>3</a>", "/news?p=3&a=1"),
        ("/news", "<a href='/sport/page/2'>2</a>", None),
        ("/news", "<a href='/news/2'>Two lighthouses for the harbour</a>", None),
        ("/news", "<a href='https://other.example/news?page=2'>2</a>", None),
        ("/news", "<a rel='next' href='/news#more'>more</a>", None),
        ("/news", "<a href='/news?page=7'>7</a>", None),
    ],
)
def test_next_page_of_a_list_is_found(
    own: str, html: str, expected: str | None
) -> None:
    """By `rel=next`, else by the number that follows, whatever the language."""
    page = f"<html><body>{html}</body></html>".encode()
    found = find_links(page, f"https://paper.example{own}", None).next_page
    assert (found is None) if expected is None else (found or "").endswith(expected)


def test_sections_of_a_front_page_are_found() -> None:
    """What its menus lead to, less articles, accounts and other hosts."""
    page = b"""<nav><a href="/politics">P</a><a href="/fr/sport/">S</a><a href="/">H</a>
    <a href="/login">L</a><a href="/a/b/c">deep</a><a href="/x?y=1">query</a>
    <a href="https://other.example/news">O</a><a href="/a-b-c-d">A</a></nav>
    <main><a href="/culture">C</a></main>"""
    assert find_sections(page, "https://paper.example/") == (
        "https://paper.example/politics",
        "https://paper.example/fr/sport/",
    )


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([f"/news/{n}/a-{n}" for n in range(20)], ("/news/#/*",)),
        ([f"/2024/09/{n:02}/a-b-{n}x" for n in range(1, 20)], ("/#/#/#/*",)),
        ([f"/a-{n}.html" for n in range(100, 120)], ("/*-#.html",)),
        ([f"/{n}" for n in range(1_000, 1_020)], ("/#",)),
        (
            [f"/fr/{n}" for n in range(20)] + [f"/a/{n}/x{n}y" for n in range(12)],
            ("/fr/#", "/a/#/*"),
        ),
        ([f"/name-{n}x" for n in range(20)], ()),
        ([f"/news/{n}" for n in range(5)], ()),
        ([f"/news/name{n}x" for n in range(20)], ()),
        ([f"/n/{n}" for n in range(20)] + ["/a", "/b/c/d", "/e/f.php"], ()),
    ],
    ids=repr,
)
def test_patterns_are_what_addresses_share(
    paths: list[str], expected: tuple[str, ...]
) -> None:
    """None without a clear shape, of too few addresses, or if sections have it too."""
    urls = [f"https://paper.example{path}" for path in paths]
    others = ["https://paper.example/", "https://paper.example/news/world"]
    assert derive_patterns(urls, others) == expected


SHAPES = ("/news/{}", "/{}/harbour", "/a/{}/x{}y", "/a-{}.html", "/{}", "/b*/{}/", "/")
NAMED = st.builds(
    str.format, st.sampled_from(SHAPES), st.integers(0, 9_999), st.integers(0, 9)
)


@given(
    st.sets(st.sampled_from(SHAPES), min_size=1, max_size=2),
    st.integers(1, 30),
    st.lists(NAMED, max_size=2),
    st.lists(NAMED, max_size=1),
)
def test_patterns_match_nearly_all_and_no_others(
    shapes: set[str], count: int, strays: list[str], sections: list[str]
) -> None:
    """Whatever the addresses are."""
    regular = [shape.format(n, n) for shape in shapes for n in range(count)]
    urls = {f"https://paper.example{path}" for path in (*regular, *strays)}
    others = [f"https://paper.example{path}" for path in sections]
    patterns = derive_patterns(urls, others)
    rules = site(article_urls=patterns)
    if patterns:
        matched = sum(is_article_url(url, rules) for url in urls)
        assert matched >= 0.9 * len(urls)
        assert not any(is_article_url(url, rules) for url in others)


def damaged(body: bytes, places: list[tuple[int, int]]) -> bytes:
    """The body with some of its bytes replaced."""
    changed = bytearray(body)
    for place, byte in places:
        changed[place % len(changed)] = byte
    return bytes(changed)


SOURCES = st.sampled_from([RSS, ATOM, NEWS, INDEX, SECTION, JSON_FEED])
MARKUP = st.sampled_from(list(b"<>&;![]'\"/?:{}, az\x00\xff\xfe"))
PLACES = st.lists(st.tuples(st.integers(0, 5_000), MARKUP), max_size=6)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.builds(damaged, SOURCES, PLACES))
@example(b"<urlset><url><n:>")
def test_nothing_raises_and_all_addresses_are_of_the_web(body: bytes) -> None:
    """Any bytes, as they are and inside of each kind of source."""
    for each in (
        body,
        b"<rss version='2.0'><channel><item><link>" + body,
        b"<urlset><url><loc>" + body + b"</loc></url>",
        b"https://paper.example/a\n" + body,
        b'{"version": "https://jsonfeed.org/version/1", "items": [{"url": "' + body,
        b"<html><body><a href='" + body + b"'>A long enough headline",
    ):
        detect_format(each)
        for found in (
            parse_feed(each, BASE),
            parse_sitemap(each, BASE),
            find_links(each, BASE, None),
        ):
            assert all(url.startswith(("http://", "https://")) for url in urls(found))
        find_feeds(each, BASE)
        find_sections(each, BASE)


@pytest.mark.parametrize("start", [b" ", b"\n\t", b"<?x?>", b"<!-- a -->\n"], ids=repr)
def test_what_begins_with_much_of_nothing_is_soon_known(start: bytes) -> None:
    """Without an element behind it, it is not tried in all ways: a crawl would hang."""
    assert detect_format(start * 1_000 + b"x") is SourceFormat.OTHER
    assert detect_format(start * 100 + b"<rss version='2.0'>") is SourceFormat.FEED
