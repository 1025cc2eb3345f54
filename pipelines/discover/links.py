"""Pages of HTML: the feeds they offer, the articles they link to, where they go on."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from lxml import etree, html

from pipelines.discover.entries import (
    Discovered,
    Entry,
    FeedLink,
    each_once,
    folded,
    joined,
    make_entry,
)
from pipelines.discover.formats import MAX_FEED_BYTES
from pipelines.sites import host_of, is_article_url, url_key
from schemas.page import SourceKind
from schemas.site import SiteDefinition

MIN_LINK_CHARS = 20
"""Characters of a link's text from which on it reads like a headline."""

MIN_UNSPACED_CHARS = 10
"""The same for scripts that do not part words, such as Chinese."""

MIN_SLUG_HYPHENS = 3
MIN_SLUG_DIGITS = 4
"""What the last path segment of an article's address has, where no pattern says."""

OTHER_PAGES = frozenset(
    "about account advertise archive archives author authors autor basket cart "
    "categories category categorie checkout connexion contact cookies donate etiqueta "
    "etiquetas faq feed feeds help imprint impressum inscription jobs label legal "
    "login logout member mentions-legales newsletter newsletters people privacy "
    "privacy-policy profile register rss search shop signin sign-in signup sign-up "
    "sitemap staff store subscribe subscription subscriptions tag tagged tags terms "
    "terms-of-service terms-of-use thema topic topics user users wp-admin "
    "wp-login".split()
)
"""Path segments of pages that are no articles: lists, accounts, shops, the small
print."""

_NO_PAGE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|mp3|mp4|zip|xml|rss|css|js|ico)$", re.IGNORECASE
)
_DAY_IN_PATH = re.compile(
    r"/(?:19|20)\d\d[/-](?:0?[1-9]|1[0-2])(?:[/-](?:[0-2]?\d|3[01]))?/[^/]"
    r"|/(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?!\d)"
)
_NUMBER_IN_PATH = re.compile(r"/(?!(?:19|20)\d\d/)\d{4,}/")
_ONLY_A_DAY = re.compile(r"/(?:19|20)\d\d(?:[/-]\d{1,2}){0,2}/?$")
_FEED_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
}
_MENUS = frozenset({"nav", "footer"})
_MENU_ROLES = frozenset({"navigation", "contentinfo", "menu", "menubar"})
_NUMBERED_PATH = re.compile(r"((?:/[^/\d]+)?)/([0-9]{1,4})/?$")


def find_feeds(
    body: bytes, base_url: str, encoding: str | None = None
) -> tuple[FeedLink, ...]:
    """The feeds that an HTML page offers for itself, comment feeds left out.

    Args:
        body: The page after content decoding.
        base_url: Its address.
        encoding: Its character encoding, if known.
    """
    root = _html_root(body, encoding)
    if root is None:
        return ()
    base = _base_of(root, base_url)
    feeds: dict[str, FeedLink] = {}
    for link in root.iter("link"):
        media_type = (link.get("type") or "").partition(";")[0].strip().lower()
        url = joined(base, link.get("href"))
        is_feed = "alternate" in _words(link.get("rel")) and media_type in _FEED_TYPES
        if is_feed and url is not None and "comment" not in url.lower():
            feeds.setdefault(url, FeedLink(url, folded(link.get("title"))))
    return tuple(feeds.values())


def find_links(
    body: bytes,
    base_url: str,
    site: SiteDefinition | None,
    encoding: str | None = None,
) -> Discovered:
    """The links of a page that look like articles of the same host, and its next page.

    With a site definition that has `article_urls`, its patterns decide; else the
    address and the text of the link, and where it stands (`reads_like_news`).

    Args:
        body: The page after content decoding.
        base_url: Its address; links to it are left out.
        site: What is known of the site.
        encoding: The page's character encoding, if known.
    """
    root = _html_root(body, encoding)
    if root is None:
        return Discovered(damaged=True)
    base = _base_of(root, base_url)
    host, own_key = host_of(base_url), url_key(base_url, site)
    has_patterns = site is not None and bool(site.article_urls)
    entries = (
        make_entry(
            anchor.get("href"),
            base,
            title=anchor.text_content(),
            source=SourceKind.SECTION,
        )
        for anchor in root.iter("a")
        if has_patterns or not _is_in_menu(anchor)
    )
    found = tuple(
        entry
        for entry in each_once(entries)
        if host_of(entry.url) == host
        and url_key(entry.url, site) != own_key
        and is_article_url(entry.url, site)
        and (has_patterns or reads_like_news(entry))
    )
    return Discovered(found, next_page=_next_page(root, base, base_url))


def find_sections(
    body: bytes, base_url: str, encoding: str | None = None
) -> tuple[str, ...]:
    """The pages that a front page's menus lead to, as far as they may be sections.

    Of the same host, with one or two plain path segments.
    """
    root = _html_root(body, encoding)
    if root is None:
        return ()
    base, host = _base_of(root, base_url), host_of(base_url)
    found: dict[str, None] = {}
    for anchor in root.iter("a"):
        url = joined(base, anchor.get("href"))
        if url is None or host_of(url) != host or not _is_in_menu(anchor):
            continue
        if url_key(url) != url_key(base_url) and _may_be_section(url):
            found.setdefault(url)
    return tuple(found)


def is_slug(url: str) -> bool:
    """Whether the last path segment looks like the name of an article."""
    segment = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    digits = sum(character.isdigit() for character in segment)
    return segment.count("-") >= MIN_SLUG_HYPHENS or digits >= MIN_SLUG_DIGITS


def reads_like_news(entry: Entry) -> bool:
    """Whether a link may lead to an article, where no pattern says.

    Not to a file, to a day's archive, or to a page that each site has; and its path has
    a date, a number or a slug, or its text is long enough for a headline.
    """
    parts = urlsplit(entry.url)
    if _is_other_page(parts.path) or _NO_PAGE.search(parts.path):
        return False
    if _ONLY_A_DAY.search(parts.path):
        return False
    has_page = parts.path.strip("/") != "" or bool(parts.query)
    is_named = _DAY_IN_PATH.search(parts.path) or _NUMBER_IN_PATH.search(parts.path)
    return has_page and (
        is_named is not None or is_slug(entry.url) or _is_headline(entry.title or "")
    )


def _is_headline(text: str) -> bool:
    """Whether it is long enough, by what its script needs for as much."""
    if " " in text:
        return len(text) >= MIN_LINK_CHARS
    return not text.isascii() and len(text) >= MIN_UNSPACED_CHARS


def _is_other_page(path: str) -> bool:
    return not OTHER_PAGES.isdisjoint(path.lower().split("/"))


def _may_be_section(url: str) -> bool:
    parts = urlsplit(url)
    segments = [each for each in parts.path.split("/") if each]
    return (
        len(segments) in {1, 2}
        and not parts.query
        and not is_slug(url)
        and not _is_other_page(parts.path)
        and _NO_PAGE.search(parts.path) is None
    )


def _is_in_menu(anchor: html.HtmlElement) -> bool:
    return any(
        parent.tag in _MENUS or (parent.get("role") or "").lower() in _MENU_ROLES
        for parent in anchor.iterancestors()
    )


def _next_page(root: html.HtmlElement, base: str, own_url: str) -> str | None:
    """Where a list goes on: `rel=next`, else a link to the next number."""
    host, own_key = host_of(own_url), url_key(own_url)
    own = set(_numbers_of(own_url)) | {(own_key, 1)}
    numbered: str | None = None
    for link in root.iter("link", "a"):
        url = joined(base, link.get("href"))
        if url is None or host_of(url) != host or url_key(url) == own_key:
            continue
        if "next" in _words(link.get("rel")):
            return url
        if numbered is None and link.tag == "a":
            number = _following(url, own)
            if number is not None and _says_next(link, number):
                numbered = url
    return numbered


def _following(url: str, own: set[tuple[str, int]]) -> int | None:
    """The number of the page at `url` if it is the one behind our own."""
    for list_key, number in _numbers_of(url):
        if (list_key, number - 1) in own:
            return number
    return None


def _numbers_of(url: str) -> Iterator[tuple[str, int]]:
    """What list a page may belong to, and its number there: each way to read it.

    The number is the value of any parameter of the query, or ends the path, alone or
    behind a word: `?page=2`, `/news/2`, `/news/page/2`.
    """
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in pairs:
        if re.fullmatch(r"[0-9]{1,4}", value):
            rest = "&".join(f"{n}={v}" for n, v in pairs if n != name)
            yield url_key(urlunsplit(parts._replace(query=rest))), int(value)
    found = _NUMBERED_PATH.search(parts.path)
    if found is not None:
        for start in {found.start(), found.end(1)}:
            list_url = urlunsplit(parts._replace(path=parts.path[:start]))
            yield url_key(list_url), int(found[2])


def _says_next(anchor: html.HtmlElement, number: int) -> bool:
    """Whether a link says that it leads on: by the number, an arrow or "next"."""
    text = folded(anchor.text_content()) or ""
    names = (anchor.get("class"), anchor.get("aria-label"), anchor.get("title"))
    is_arrow = not any(character.isalnum() for character in text)
    return text == str(number) or is_arrow or any("next" in _words(n) for n in names)


def _words(text: str | None) -> list[str]:
    return re.split(r"[\s_-]+", (text or "").strip().lower())


def _html_root(body: bytes, encoding: str | None) -> html.HtmlElement | None:
    for name in dict.fromkeys((encoding or _utf_8_if_it_is(body), None)):
        try:
            parser = html.HTMLParser(encoding=name, no_network=True, huge_tree=False)
            root = html.document_fromstring(body[:MAX_FEED_BYTES], parser=parser)
        except LookupError:  # an encoding that libxml2 does not know
            continue
        except (etree.ParserError, ValueError):
            return None
        return root
    return None


def _utf_8_if_it_is(body: bytes) -> str | None:
    """Bytes that happen to be UTF-8 are that; libxml2 would take them for Latin-1."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _base_of(root: html.HtmlElement, base_url: str) -> str:
    """What links are joined to: `<base href>`, else the page's own address."""
    declared = next(root.iter("base"), None)
    if declared is None:
        return base_url
    return joined(base_url, declared.get("href")) or base_url


def declared_language(body: bytes) -> str | None:
    """What `<html lang>` says, as it stands there."""
    root = _html_root(body, None)
    return None if root is None else folded(root.get("lang"))
