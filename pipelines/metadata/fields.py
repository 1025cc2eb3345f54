"""Authors, publisher, section, tags, images, access and type: one function each."""

import html
import re
from collections.abc import Iterable, Iterator

from pipelines.blocks import Block, Element, fold_blanks, letters, text_of
from pipelines.drafts import Draft
from pipelines.metadata.head import Head
from pipelines.metadata.jsonld import Thing, strings_of, types_of
from schemas.article import Access, Image, PageType
from schemas.site import PhraseElement, SiteDefinition

AUTHOR_LABEL = "authors"
SECTION_LABEL = "section"

BYLINE = re.compile(r"^(?:by|par|von|por|بقلم)\b[\s:]*", re.IGNORECASE)
NAME_SEPARATOR = re.compile(r"\s*(?:[,;،|]|\band\b|\bet\b|\bund\b|\s&\s)\s*")
NOT_A_NAME = re.compile(r"https?:|[@<>{}]|\d|\.(?:com|net|org)\b", re.IGNORECASE)
MAX_NAME_CHARS = 60

MAX_IMAGES = 20

PAYWALL_CLASS = re.compile(
    r"(?:^|[\s_-])(?:paywall|regwall)(?:$|[\s_-])", re.IGNORECASE
)
LOCKED_TIERS = frozenset({"locked", "metered", "paid", "premium"})


def read_publisher(draft: Draft, head: Head, site: SiteDefinition | None) -> str | None:
    """Whose article it is: the published line, JSON-LD, `og:site_name`.

    On an aggregator only the published line tells: the rest names the aggregator.
    """
    published = draft.published_index()
    if published is not None:
        return draft.phrases[published].publisher
    if site is not None and site.aggregator:
        return None
    names = [*strings_of(head.article.get("publisher")), *head.all("og:site_name")]
    return next((fold_blanks(html.unescape(name)) for name in names), None)


def read_source_url(draft: Draft, head: Head) -> str | None:
    """Where the source link leads; None if the page has no such link."""
    for index, phrase in sorted(draft.phrases.items()):
        if phrase.element is PhraseElement.SOURCE_LINK:
            for link in draft.blocks[index].links:
                url = head.absolute(link.href)
                if url is not None:
                    return url
    return None


def read_authors(draft: Draft, head: Head, tree: Element | None) -> list[str]:
    """Names of people, in the order of the first source that has any.

    The site's layout; JSON-LD; meta elements; `rel=author`, `itemprop=author`.
    """
    for source in (
        (block.text for block in draft.blocks if AUTHOR_LABEL in block.labels),
        _json_ld_authors(head.article),
        head.all("author", "article:author", "dc.creator", "parsely-author"),
        _marked_authors(tree),
    ):
        names = list(_names(source))
        if names:
            return names
    return []


def read_description(head: Head) -> str | None:
    """What the metadata says of the page."""
    declared = head.all("og:description", "description", "twitter:description")
    described = strings_of(head.article.get("description"))
    return next((fold_blanks(each) for each in [*declared, *described]), None)


def read_section(draft: Draft, head: Head) -> str | None:
    """The section of the newspaper: layout, JSON-LD, meta elements."""
    printed = [block.text for block in draft.blocks if SECTION_LABEL in block.labels]
    declared = strings_of(head.article.get("articleSection"))
    return next(
        (
            fold_blanks(html.unescape(each))
            for each in [*printed, *declared, *head.all("article:section")]
        ),
        None,
    )


def read_tags(head: Head) -> tuple[str, ...]:
    """Keywords, each once, in the order of the page."""
    keywords = head.all("article:tag", "news_keywords") or [
        *strings_of(head.article.get("keywords")),
        *head.all("keywords"),
    ]
    tags = (tag.strip() for text in keywords for tag in re.split("[,;،]", text))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def read_language_declared(head: Head) -> str | None:
    """The language that the page declares, as it stands there."""
    declared = [
        head.language,
        *strings_of(head.article.get("inLanguage")),
        *head.all("og:locale", "content-language"),
    ]
    return next((each.strip() for each in declared if each and each.strip()), None)


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


def read_access(head: Head, tree: Element | None) -> Access:
    """Whether all may read it: `isAccessibleForFree`, the content tier, markers."""
    declared = head.article.get("isAccessibleForFree")
    if declared is not None:
        is_free = str(declared).strip().lower() not in {"false", "0", "no"}
        return Access.FREE if is_free else Access.PAYWALLED
    tier = head.first("article:content_tier")
    if tier is not None:
        is_locked = tier.lower() in LOCKED_TIERS
        return Access.PAYWALLED if is_locked else Access.FREE
    if tree is not None and any(
        PAYWALL_CLASS.search(element.get("class", ""))
        for element in tree.iter("div", "section", "aside")
    ):
        return Access.PAYWALLED
    return Access.UNKNOWN


def read_page_type(head: Head) -> PageType:
    """What kind of article the metadata declares."""
    types = {name for thing in head.things for name in types_of(thing)}
    return PageType.LIVEBLOG if "LiveBlogPosting" in types else PageType.ARTICLE


def _json_ld_authors(article: Thing) -> list[str]:
    return strings_of(article.get("author")) or strings_of(article.get("creator"))


def _marked_authors(tree: Element | None) -> Iterator[str]:
    if tree is None:
        return
    for element in tree.iter("a", "span", "address", "div", "p"):
        marks = f"{element.get('rel', '')} {element.get('itemprop', '')}".split()
        if "author" in marks:
            yield text_of(element)


def _names(texts: Iterable[str]) -> Iterator[str]:
    """Single names, each once, without "By" and what is no name."""
    seen: set[str] = set()
    for text in texts:
        plain = BYLINE.sub("", fold_blanks(html.unescape(text)))
        for name in NAME_SEPARATOR.split(plain):
            key = letters(name)
            is_name = len(name) <= MAX_NAME_CHARS and not NOT_A_NAME.search(name)
            if key and key not in seen and is_name:
                seen.add(key)
                yield name.strip()


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
    first, *others = [[each, *each.iterancestors()] for each in elements]
    shared = set(first).intersection(*others)
    return next(element for element in first if element in shared)
