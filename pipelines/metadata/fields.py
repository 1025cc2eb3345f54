"""Publisher, section, tags, images, access and type: one function each."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from pipelines.blocks import Block, Element, fold_blanks, text_of
from pipelines.drafts import Draft
from pipelines.metadata.head import Candidate, Head
from pipelines.metadata.jsonld import Thing, strings_of, types_of
from schemas.article import Access, Image, PageType
from schemas.page import Discovery
from schemas.site import PhraseElement, SiteDefinition

AUTHOR_LABEL = "authors"
SECTION_LABEL = "section"

MAX_IMAGES = 20

PAYWALL_CLASS = re.compile(
    r"(?:^|[\s_-])(?:paywall|regwall)(?:$|[\s_-])", re.IGNORECASE
)
NOT_FREE = frozenset({"false", "0", "no"})
LIVEBLOG_PATH = re.compile(
    r"(?:^|[/_-])(?:live-?blog|live-?ticker)(?:$|[/_.-])", re.IGNORECASE
)
LOCKED_TIERS = frozenset({"locked", "metered", "paid", "premium"})


def publisher_candidates(
    draft: Draft, head: Head, site: SiteDefinition | None
) -> tuple[Candidate, ...]:
    """Whose article it is, the best first: the published line, JSON-LD, `og:site_name`.

    On an aggregator only the published line tells: the rest names the aggregator.
    """
    published = draft.published_index()
    if published is not None:
        publisher = draft.phrases[published].publisher
        return (Candidate("published-line", publisher),) if publisher else ()
    if site is not None and site.aggregator:
        return ()
    return _declared(
        {
            "json-ld": strings_of(head.article.get("publisher")),
            "og:site_name": head.all("og:site_name"),
        }
    )


def read_source_url(draft: Draft, head: Head) -> str | None:
    """Where the source link leads; None if the page has no such link."""
    for index, phrase in sorted(draft.phrases.items()):
        if phrase.element is PhraseElement.SOURCE_LINK:
            for link in draft.blocks[index].links:
                url = head.absolute(link.href)
                if url is not None:
                    return url
    return None


def read_description(head: Head) -> str | None:
    """What the metadata says of the page."""
    declared = head.all("og:description", "description", "twitter:description")
    described = strings_of(head.article.get("description"))
    return next((fold_blanks(each) for each in [*declared, *described]), None)


def section_candidates(draft: Draft, head: Head) -> tuple[Candidate, ...]:
    """The section of the newspaper, the best first: layout, JSON-LD, meta elements."""
    blocks = (block for block in draft.blocks if SECTION_LABEL in block.labels)
    return _declared(
        {
            "layout": [block.text for block in blocks],
            "json-ld": strings_of(head.article.get("articleSection")),
            "meta": head.all("article:section", "parsely-section", "section"),
        }
    )


def read_tags(head: Head) -> tuple[str, ...]:
    """Keywords, each once, in the order of the page."""
    keywords = head.all("article:tag", "news_keywords") or [
        *strings_of(head.article.get("keywords")),
        *head.all("keywords"),
    ]
    tags = (tag.strip() for text in keywords for tag in re.split("[,;،]", text))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def language_candidates(
    head: Head, discovery: Discovery | None
) -> tuple[Candidate, ...]:
    """The language that the page declares, as it stands there, the best first.

    Args:
        head: The page's metadata.
        discovery: What the feed or sitemap says that named it, which comes last.
    """
    known = discovery.language if discovery is not None else None
    return _declared(
        {
            "html-lang": [head.language or ""],
            "json-ld": strings_of(head.article.get("inLanguage")),
            "meta": head.all("og:locale", "content-language"),
            "source": [known or ""],
        }
    )


def read_images(
    head: Head, tree: Element | None, kept: Iterable[Block]
) -> tuple[Image, ...]:
    """The main picture, then those of figures in the article; each address once.

    Args:
        head: The page's metadata.
        tree: Its root.
        kept: The blocks of the article: a figure counts that stands among them.
    """
    captions: dict[str, str | None] = {}
    declared = [
        *strings_of(head.article.get("image"), "url"),
        *head.all("og:image", "og:image:url"),
    ]
    main = next((url for url in map(head.absolute, declared) if url is not None), None)
    if main is not None:
        captions[main] = None
    for hrefs, caption in _figures(tree, kept):
        # A picture that is loaded late has a `data:` placeholder in its `src`.
        url = next(filter(None, map(head.absolute, hrefs)), None)
        if url is not None:
            captions[url] = captions.get(url) or caption
    pairs = list(captions.items())[:MAX_IMAGES]
    return tuple(Image(url=url, caption=caption) for url, caption in pairs)


def access_candidates(head: Head, tree: Element | None) -> tuple[Candidate, ...]:
    """Whether all may read it: `isAccessibleForFree`, the content tier, else markers.

    Parts that are not free (`hasPart`) say it of the whole, where that says nothing.
    """
    parts = head.article.get("hasPart")
    things = [head.article, *(parts if isinstance(parts, list) else [parts])]
    declared = [
        Candidate("json-ld", Access.FREE if is_free else Access.PAYWALLED)
        for is_free in map(_is_free, things)
        if is_free is not None
    ]
    for tier in head.all("article:content_tier"):
        is_locked = tier.lower() in LOCKED_TIERS
        value = Access.PAYWALLED if is_locked else Access.FREE
        declared.append(Candidate("article:content_tier", value))
    if not declared and tree is not None and _has_paywall(tree):
        declared.append(Candidate("class", Access.PAYWALLED))
    return tuple(declared)


def page_type_candidates(head: Head, url: str | None) -> tuple[Candidate, ...]:
    """What says that it is a live blog: JSON-LD, or its address; nothing for others."""
    types = {name for thing in head.things for name in types_of(thing)}
    found: list[Candidate] = []
    if "LiveBlogPosting" in types or "liveBlogUpdate" in head.article:
        found.append(Candidate("json-ld", PageType.LIVEBLOG))
    if LIVEBLOG_PATH.search(_path(url or head.canonical_url)):
        found.append(Candidate("url", PageType.LIVEBLOG))
    return tuple(found)


def _declared(sources: Mapping[str, list[str]]) -> tuple[Candidate, ...]:
    """All values of the sources, in their order, as they are read."""
    return tuple(
        Candidate(source, value)
        for source, texts in sources.items()
        for value in (fold_blanks(html.unescape(text)) for text in texts)
        if value
    )


def _is_free(thing: Thing | object) -> bool | None:
    declared = thing.get("isAccessibleForFree") if isinstance(thing, dict) else None
    return None if declared is None else str(declared).strip().lower() not in NOT_FREE


def _has_paywall(tree: Element) -> bool:
    classes = (box.get("class", "") for box in tree.iter("div", "section", "aside"))
    # Few classes have the word in them; the expression alone takes twice as long.
    return any(PAYWALL_CLASS.search(name) for name in classes if "wall" in name.lower())


def _path(url: str | None) -> str:
    try:
        return urlsplit(url or "").path
    except ValueError:
        return ""


def _figures(
    tree: Element | None, kept: Iterable[Block]
) -> Iterator[tuple[tuple[str | None, ...], str | None]]:
    """Pictures in the elements that hold the article's blocks, with their captions."""
    if tree is None:
        return
    holders = {
        element.getparent() if is_tail else element
        for block in kept
        for element, is_tail in block.nodes
    }
    article = _common_ancestor([each for each in holders if each is not None])
    for image in article.iter("img") if article is not None else ():
        figure = next(image.iterancestors("figure"), None)
        caption = figure.find(".//figcaption") if figure is not None else None
        text = text_of(caption) if caption is not None else ""
        yield (image.get("src"), image.get("data-src")), text or None


def _common_ancestor(elements: list[Element]) -> Element | None:
    """The deepest element that holds all of these, None for none."""
    if not elements:
        return None
    chain = [elements[0], *elements[0].iterancestors()]
    places = {element: place for place, element in enumerate(chain)}
    deepest = 0
    for element in elements[1:]:
        # Nearly all of them share a parent: the way up to the chain is short.
        meeting: Element | None = element
        while meeting is not None and meeting not in places:
            meeting = meeting.getparent()
        if meeting is None:
            return None
        deepest = max(deepest, places[meeting])
    return chain[deepest]
