"""JSON-LD of a page: the objects in it that describe an article."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.blocks import Element

ARTICLE_TYPES = frozenset(
    "Article NewsArticle ReportageNewsArticle OpinionNewsArticle AnalysisNewsArticle "
    "BackgroundNewsArticle ReviewNewsArticle AskPublicNewsArticle BlogPosting "
    "LiveBlogPosting SocialMediaPosting Report TechArticle ScholarlyArticle "
    "AdvertiserContentArticle SatiricalArticle".split()
)
"""schema.org's Article and the types below it that newspapers use."""

NEWS_TYPES = frozenset(
    name for name in ARTICLE_TYPES if name.endswith("NewsArticle")
) | {"LiveBlogPosting"}
"""Those among them that only a newsroom gives its pages."""

LISTING_TYPES = frozenset(
    "CollectionPage ProfilePage SearchResultsPage ContactPage CheckoutPage".split()
)
"""Types of pages that are no article. (FAQPage and ItemList also stand for a part of
one.)"""

MAX_DEPTH = 12

_COMMENTS = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*.*?\*/)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/)\s*$"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x1f]")

Thing = dict[str, Any]
"""A JSON object as it was read; nothing is known of its values."""


def read_json_ld(scripts: Iterable[Element]) -> tuple[Thing, ...]:
    """All objects with a `@type` in the JSON-LD among scripts, outer ones first.

    A script that is not JSON even after control characters and comment marks were taken
    out is passed over.
    """
    return tuple(
        thing
        for script in scripts
        if "ld+json" in script.get("type", "").lower()
        for thing in _things(_loads(script.text or ""), 0)
    )


def types_of(thing: Thing) -> frozenset[str]:
    """The names of its types, without the address of the vocabulary."""
    declared = thing.get("@type")
    names = declared if isinstance(declared, list) else [declared]
    return frozenset(
        name.rsplit("/", 1)[-1].removeprefix("schema:")
        for name in names
        if isinstance(name, str)
    )


def article_of(things: tuple[Thing, ...]) -> Thing:
    """The object that describes the page's article; empty if none does.

    Where it only refers to another object of the page by `@id`, that one is put in.
    """
    articles = [thing for thing in things if types_of(thing) & ARTICLE_TYPES]
    with_headline = [thing for thing in articles if thing.get("headline")]
    return _linked(next(iter(with_headline or articles), {}), things)


def strings_of(value: object, key: str = "name") -> list[str]:
    """The strings in a value that may be a string, an object with `key`, or a list.

    Half a surrogate pair (an emoji that a site's cut went through) becomes U+FFFD: no
    file of ours can hold it.
    """
    match value:
        case str():
            return [_SURROGATES.sub("\ufffd", value)] if value.strip() else []
        case dict():
            return strings_of(value.get(key), key)
        case list():
            return [text for each in value for text in strings_of(each, key)]
        case _:
            return []


def _linked(article: Thing, things: tuple[Thing, ...]) -> Thing:
    named = {
        thing["@id"]: thing for thing in things if isinstance(thing.get("@id"), str)
    }

    def target(value: object) -> object:
        if isinstance(value, list):
            return [target(each) for each in value]
        if isinstance(value, dict) and "name" not in value:
            reference = value.get("@id")
            return named.get(reference, value) if isinstance(reference, str) else value
        return value

    return {key: target(value) for key, value in article.items()}


def _loads(text: str) -> object:
    stripped = _CONTROLS.sub(" ", _COMMENTS.sub("", text)).strip().rstrip(";")
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        return None


def _things(value: object, depth: int) -> Iterator[Thing]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for each in value:
            yield from _things(each, depth + 1)
    elif isinstance(value, dict):
        if "@type" in value:
            yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _things(value.get(key), depth + 1)
