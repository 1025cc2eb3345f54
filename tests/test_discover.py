"""Discover: pages out of feeds, sitemaps and section pages, whatever their state."""

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.discover import (
    MAX_FEED_BYTES,
    Discovered,
    SourceFormat,
    detect_format,
    find_feeds,
    find_links,
    parse_feed,
    parse_sitemap,
)
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
<news:title>Lighthouse</news:title></news:news></url>
<url><loc>https://paper.example/n2</loc><lastmod>2024-01-01</lastmod></url>
<url><lastmod>2024-01-01</lastmod></url>
</urlset>"""

INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://paper.example/a.xml</loc></sitemap>
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
    assert (second.date_raw, second.source) == (None, SourceKind.SITEMAP)
    assert not found.damaged


def test_sitemap_index_gives_sitemaps() -> None:
    """Only http(s) ones, joined to the index's address."""
    found = parse_sitemap(gzip.compress(INDEX), BASE)
    assert found.sitemaps == (
        "https://paper.example/a.xml",
        "https://paper.example/list/b.xml",
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
    monkeypatch.setattr("pipelines.discover.MAX_SOURCE_BYTES", len(NEWS) - 80)
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
    <link rel="alternate" type="application/rss+xml" href="feed">
    <link rel="feed alternate" type=" Application/Atom+XML " href="/atom">
    <link rel="alternate" type="application/rss+xml" href="/comments/feed">
    <link rel="alternate" type="application/rss+xml">
    <link rel="alternate" hreflang="ar" href="/ar">
    <link rel="icon" href="/icon.png"></head></html>"""
    assert find_feeds(page, BASE) == (
        "https://paper.example/fr/feed",
        "https://paper.example/atom",
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
    """Headlines, slugs and numbers on the same host; not the page itself."""
    found = find_links(SECTION, BASE, None)
    assert urls(found) == [
        "https://paper.example/a",
        "https://paper.example/the-mayor-and-harbour",
        "https://paper.example/2024",
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


@given(st.binary(max_size=300) | st.sampled_from([RSS, ATOM, NEWS, INDEX, SECTION]))
def test_nothing_raises_and_all_addresses_are_of_the_web(body: bytes) -> None:
    """Any bytes, as they are and inside of each kind of source."""
    for each in (
        body,
        b"<rss version='2.0'><channel><item><link>" + body,
        b"<urlset><url><loc>" + body + b"</loc></url>",
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


@pytest.mark.parametrize("start", [b" ", b"\n\t", b"<?x?>", b"<!-- a -->\n"], ids=repr)
def test_what_begins_with_much_of_nothing_is_soon_known(start: bytes) -> None:
    """Without an element behind it, it is not tried in all ways: a crawl would hang."""
    assert detect_format(start * 1_000 + b"x") is SourceFormat.OTHER
    assert detect_format(start * 100 + b"<rss version='2.0'>") is SourceFormat.FEED
