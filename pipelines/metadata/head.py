"""What stands in a page's head and JSON-LD, read once for all fields."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from pipelines.blocks import Element, fold_blanks, text_of
from pipelines.metadata.jsonld import (
    Thing,
    article_of,
    read_json_ld,
    strings_of,
    types_of,
)
from pipelines.metadata.names import SiteNames, site_names

SITE_TYPES = frozenset("WebSite Organization NewsMediaOrganization Corporation".split())
"""JSON-LD types of objects whose name is the site's."""

TAGS = ("meta", "link", "title", "base", "script")
"""Elements that metadata stands in; they are gathered in one walk over the tree."""

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a field could take, and where it was read."""

    source: str
    value: str


@dataclass(frozen=True, slots=True)
class Head:
    """Metadata as it stands in the page; empty for a text dump."""

    meta: dict[str, list[str]] = field(default_factory=dict)
    """Contents of `<meta>` by name, property or itemprop in lower case."""

    things: tuple[Thing, ...] = ()
    """All JSON-LD objects."""

    article: Thing = field(default_factory=dict)
    """The JSON-LD object that describes the article; empty if none does."""

    title: str = ""
    """`<title>`."""

    canonical_url: str | None = None
    """`rel=canonical` (else `og:url`), absolute."""

    language: str | None = None
    """`lang` of the root."""

    base_url: str | None = None
    """What relative addresses are relative to."""

    site: SiteNames = field(default_factory=SiteNames)
    """What the site calls itself."""

    def all(self, *names: str) -> list[str]:
        """All contents of these names, in their order."""
        return [text for name in names for text in self.meta.get(name, ())]

    def first(self, *names: str) -> str | None:
        """The first content of these names, in their order."""
        return next(iter(self.all(*names)), None)

    def absolute(self, href: str | None) -> str | None:
        """An address of the page as an absolute http(s) address, None if it is none."""
        return absolute_url(href, self.base_url)


def read_head(tree: Element, url: str | None) -> Head:
    """The metadata of a page.

    Args:
        tree: Its root; it is not changed.
        url: Its final address, if known; relative addresses are joined to it.
    """
    found: dict[str, list[Element]] = {}
    for element in tree.iter(*TAGS):
        found.setdefault(str(element.tag), []).append(element)
    hrefs = filter(None, (element.get("href") for element in found.get("base", ())))
    base_url = next((absolute_url(href, url) for href in hrefs), None) or url
    things = read_json_ld(found.get("script", ()))
    article = article_of(things)
    meta = _read_meta(found.get("meta", ()))
    return Head(
        meta=meta,
        things=things,
        article=article,
        title=next(map(text_of, found.get("title", ())), ""),
        canonical_url=_canonical_url(found.get("link", ()), meta, base_url),
        language=tree.get("lang") or tree.get(XML_LANG),
        base_url=base_url,
        site=site_names(_declared_names(meta, things, article), url),
    )


def absolute_url(href: str | None, base_url: str | None) -> str | None:
    """`href` joined to `base_url`; None unless that is an http(s) address."""
    if not href or not href.strip():
        return None
    try:
        joined = urljoin(base_url or "", href.strip())
        parts = urlsplit(joined)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return joined


def _read_meta(elements: Iterable[Element]) -> dict[str, list[str]]:
    meta: dict[str, list[str]] = {}
    for element in elements:
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = fold_blanks(element.get("content") or "")
        if name and content:
            meta.setdefault(name.strip().lower(), []).append(content)
    return meta


def _declared_names(
    meta: dict[str, list[str]], things: Iterable[Thing], article: Thing
) -> Iterator[str]:
    for name in ("og:site_name", "application-name", "apple-mobile-web-app-title"):
        yield from meta.get(name, ())
    yield from strings_of(article.get("publisher"))
    for thing in things:
        if types_of(thing) & SITE_TYPES:
            yield from strings_of(thing.get("name"))


def _canonical_url(
    links: Iterable[Element], meta: dict[str, list[str]], base_url: str | None
) -> str | None:
    declared = [
        link.get("href")
        for link in links
        if "canonical" in (link.get("rel") or "").lower().split()
    ]
    for href in [*declared, *meta.get("og:url", ())]:
        url = absolute_url(href, base_url)
        if url is not None:
            return url
    return None
