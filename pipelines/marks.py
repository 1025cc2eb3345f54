"""What elements call themselves: words of their classes, ids and roles, in groups.

Designers of sites nobody has seen still call a sidebar a sidebar. No group decides
anything alone (pruning by class names alone does not pay, measured); each is a feature
among others (`pipelines.features`).
"""

import functools
import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pipelines.blocks import Element

ATTRIBUTES = frozenset(
    ("class", "id", "itemprop", "role", "data-testid", "data-component")
)
"""Attributes in which elements say what they are."""

HIDING = frozenset(("hidden", "aria-hidden", "style"))
"""Attributes that may hide an element."""

GROUPS = {
    "body": r"article[-_]?(?:body|text|content|copy|detail|main|view)|"
    r"(?:story|news|post|entry|content|main|body)[-_]?(?:body|text|content|copy)|"
    r"articlebody|rich[-_]?text|wysiwyg|prose|paragraph|txt",
    "content": r"article|story|entry|post|content|main|news|body|text|read",
    "lead": r"lead|lede|standfirst|sub[-_]?title|sub[-_]?head|dek|deck|intro|"
    r"summary|chapo|excerpt|abstract|sumario|bajada|entradilla|copete|"
    r"vorspann|teaser[-_]?text|kicker|sapo|perex|ingress|resumo|description|"
    r"desc",
    "nav": r"nav|menu|breadcrumb|crumb|header|masthead|top[-_]?bar|skip|ticker|"
    r"pagin|pager|toolbar|tabs?(?![a-z])",
    "footer": r"foot|copyright|legal|imprint|colophon|disclaimer|bottom",
    "side": r"side|aside|rail|right|left|column|widget|infobox|fact|module|"
    r"complementary",
    "related": r"relat|recommend|more|also|teaser|card|promo|popular|most|trend|latest|"
    r"similar|outbrain|taboola|other|suggest|next|prev|headline[-_]?list|"
    r"read[-_]?next|feed|list|item|carousel|slider|swiper|grid",
    "comment": r"comment|disqus|repl(?:y|ies)|forum|discuss|respond|opinion|review",
    "share": r"shar|social|facebook|twitter|whatsapp|sns|follow|bookmark|print|tools|"
    r"like|button|btn|icon|action",
    "signup": r"newsletter|subscri|sign[-_]?up|paywall|premium|login|log[-_]?in|"
    r"regist|offer|piano|donat|support|member|abo(?![a-z])|cta|"
    r"app[-_]?(?:store|promo)|banner",
    "byline": r"author|byline|meta|date|time|publish|credit|writer|reporter|"
    r"journalist|bio|profile|avatar|info|source|update",
    "topics": r"tag|topic|keyword|categor|label|section[-_]?(?:name|title)|rubri|theme",
    "ad": r"(?<![a-z])ads?(?![a-z])|advert|sponsor|dfp|gpt|adsense|werbung|"
    r"anzeige|publicid",
    "media": r"caption|figure|figcaption|image|photo|picture|galler|media|video|"
    r"player|embed|img|thumb|audio|podcast|legend|infograph|chart|"
    r"quote[-_]?card",
    "dialog": r"cookie|consent|gdpr|modal|popup|overlay|hidden|dialog|form|search|"
    r"poll|quiz|survey|lightbox|offcanvas|drawer|notice|alert|toast|"
    r"sr[-_]?only|screen[-_]?reader|d-none",
}
"""Words by what they say of an element."""

TAG_GROUPS = (
    "article", "main", "aside", "nav", "footer", "header", "form", "figure",
    "figcaption", "table", "ul", "ol", "blockquote", "section", "details", "address",
)  # fmt: skip
"""Elements whose name says as much as a class."""

NAMES = (*GROUPS, *(f"<{tag}>" for tag in TAG_GROUPS), "invisible")
"""All marks; the number of one is its bit."""

_BIT = {name: 1 << number for number, name in enumerate(NAMES)}

_TAG_BITS: dict[object, int] = {tag: _BIT[f"<{tag}>"] for tag in TAG_GROUPS}

_EACH = tuple((_BIT[name], re.compile(words)) for name, words in GROUPS.items())

CACHED_CHARS = 1_000
"""Characters of classes up to which they are worth keeping in a cache."""

INVISIBLE_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE
)


def bit(name: str) -> int:
    """The bit of a mark in `marks_of`."""
    return _BIT[name]


def marks_of(element: "Element") -> int:
    """The bits of all marks of an element."""
    bits = _TAG_BITS.get(element.tag, 0)
    # lxml's hints allow bytes, which it never gives in Python 3.
    attributes = cast("list[tuple[str, str]]", element.items())
    if attributes:
        words = [value for name, value in attributes if name in ATTRIBUTES]
        if words:
            joined = " ".join(words)
            is_short = len(joined) <= CACHED_CHARS
            bits |= _bits_of_short(joined) if is_short else _bits_of(joined)
        for name, value in attributes:
            if name in HIDING and _is_hiding(name, value):
                bits |= _BIT["invisible"]
    return bits


def _is_hiding(name: str, value: str) -> bool:
    return (
        name == "hidden"
        or (name == "aria-hidden" and value == "true")
        or (name == "style" and INVISIBLE_STYLE.search(value) is not None)
    )


@functools.lru_cache(maxsize=20_000)
def _bits_of_short(words: str) -> int:
    """A pure function, so that the cache cannot change a result: sites repeat them."""
    return _bits_of(words)


def _bits_of(words: str) -> int:
    lower = words.lower()
    return sum(bit for bit, pattern in _EACH if pattern.search(lower))
