"""What is known of a page as a whole: the numbers that tell articles from other pages.

Most are amounts and shapes: does the prose stand together, as an article's does, or in
many places; how much stands round it; what the page declares of itself; where it lies.
Words are read in addresses, class names, links and headlines; of the text only the
little words that tell who speaks. What is not known of a page is `UNKNOWN`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log2
from statistics import median
from urllib.parse import urlsplit

from pipelines.blocks import Element, Role, text_of
from pipelines.drafts import Draft
from pipelines.features import (
    PROSE_LINK_RATIO,
    PROSE_SIZE,
    is_prose_of,
    size_of,
)
from pipelines.marks import bit
from pipelines.metadata import Head, Metadata
from pipelines.metadata.jsonld import ARTICLE_TYPES, types_of
from pipelines.page_words import (
    ASKING_WORDS,
    CLASS_WORDS,
    OFFER_WORDS,
    PATH_WORDS,
    PRODUCT_TYPES,
    SPEAKER_WORDS,
)
from schemas.article import DateSource

UNKNOWN = -1.0

DATE_TRUST = {
    DateSource.TEXT: 1.0,
    DateSource.URL: 2.0,
    DateSource.TIME_ELEMENT: 3.0,
    DateSource.META: 4.0,
    DateSource.JSON_LD: 5.0,
    DateSource.PUBLISHED_LINE: 6.0,
}
"""Where the date was read, the more trusted the higher; feed and sitemap count as none:
the same page would be judged otherwise when it is read from an archive."""

BUTTONS = ("btn", "button")
"""What the classes of links hold that look like buttons."""

SHARES = ("share", "/intent/", "whatsapp", "/pin/create", "mailto:?")
"""Parts of addresses that pass a page on: readers share stories, seldom price lists."""

PHONES = ("tel:", "callto:")
PRICE = re.compile(r"[$€£¥₹₩₽]\s?\d|\d\s?(?:[€£¥₹₩₽]|zł|руб)")
QUOTES = re.compile('["“”„«»「」『』]')
QUESTIONS = re.compile("[!?！？؟]")
DIGITS = re.compile(r"\d")
WORDS = re.compile(r"[^\W\d_]+")
SLUG_PARTS = re.compile(r"[-_+]|%20")
ID = re.compile(r"[-_]?\d+$")
FILE_SUFFIX = re.compile(r"\.\w{2,5}$")
SENTENCE_ENDS = frozenset(".。!！?？…。۔।\"”»’'」)")

HEADINGS = frozenset("h2 h3 h4 h5 h6".split())
COUNTED_TAGS = (
    "a",
    "article",
    "button",
    "h1",
    "img",
    "input",
    "li",
    "select",
    "textarea",
)
TYPED_INPUTS = frozenset({"text", "email", "tel", "search", "number", "password", ""})

MIN_CARD_SIZE = 15
"""Letters from which on a link is a headline and not an entry of a menu."""

LONG_SIZE = 250
"""Letters from which on a paragraph is a long one."""

MAX_LABEL_CHARS = 40
"""Characters up to which the text of a link or button is a label."""

MAX_TEXT_CHARS = 6000
"""Characters of the text in which words are counted."""

MAX_COUNT = 30.0
MAX_TITLE_SIZE = 200.0

EVEN = 500.0
"""Letters that are added to an amount of text before something is divided by it, so
that little text makes no large number."""

DOUBT = 1.0
"""Log odds up to which the block model may as well have said the other."""

_OUTSIDE = bit("<nav>") | bit("<footer>") | bit("<header>")
_MENU = bit("nav") | bit("footer") | bit("<nav>") | bit("<footer>")
_IN_ARTICLE = bit("<article>")
_NAMED_BODY = bit("body")
_CARD = bit("related")
_COMMENT = bit("comment")


@dataclass(frozen=True, slots=True)
class PageView:
    """A page of HTML of which the text was found."""

    draft: Draft
    """Blocks with the role of text or lead are what was kept."""

    head: Head
    metadata: Metadata
    tree: Element
    url: str | None = None
    """Its final address, if that is known."""

    scores: Mapping[int, float] = field(default_factory=dict)
    """What the block model said of each block; empty if it was not asked."""


def page_numbers(page: PageView) -> dict[str, float]:
    """Everything that is measured of a page, by name; the same names for every page."""
    shape = _Shape(page.draft)
    return {
        **_amounts(shape),
        **_kept(shape),
        **_spread(shape),
        **_headings(shape),
        **_cards(shape),
        **_elements(page.tree, shape),
        **_style(shape),
        **_speakers(shape),
        **_offers(page.tree, shape),
        **_declared(page.head, page.metadata),
        **_classes(page.tree),
        **_address(page),
        **_title(page),
        **_certainty(shape, page.scores),
    }


def _certainty(shape: "_Shape", scores: Mapping[int, float]) -> dict[str, float]:
    """How sure the block model is: of an article it keeps much and doubts little."""
    kept = [index for index in shape.kept if index in scores]
    prose = [index for index in shape.prose if index in scores]
    doubtful = [index for index in prose if abs(scores[index]) < DOUBT]
    size = shape.size_of(kept)
    return {
        "kept_score": sum(scores[i] * shape.sizes[i] for i in kept) / size
        if size
        else 0,
        "best_score": max((scores[index] for index in prose), default=0.0),
        "doubtful": shape.size_of(doubtful) / (shape.size_of(prose) or 1.0),
    }


class _Shape:
    """The blocks of a page, with their sizes, and which of them are prose or kept."""

    def __init__(self, draft: Draft) -> None:
        self.blocks = draft.blocks
        self.sizes = [size_of(block.text) for block in self.blocks]
        self.ratios = [
            block.link_ratio if block.links else 0.0 for block in self.blocks
        ]
        self.total = sum(self.sizes) or 1.0
        self.prose = [
            index
            for index, size in enumerate(self.sizes)
            if is_prose_of(size, self.ratios[index])
        ]
        self.prose_size = self.size_of(self.prose)
        kept = {Role.TEXT, Role.LEAD}
        self.kept = sorted(i for i, role in draft.roles.items() if role in kept)
        self.kept_size = self.size_of(self.kept)
        self.thousands = (EVEN + self.prose_size) / 1000

    def size_of(self, indices: Iterable[int]) -> float:
        return sum(self.sizes[index] for index in indices)

    def links_of(self, indices: Iterable[int]) -> float:
        return sum(self.sizes[index] * self.ratios[index] for index in indices)

    def share_of_prose(self, indices: Iterable[int]) -> float:
        return self.size_of(indices) / self.prose_size


def _amounts(shape: _Shape) -> dict[str, float]:
    sizes = [shape.sizes[index] for index in shape.prose]
    return {
        "prose": log2(1 + shape.prose_size),
        "prose_share": shape.prose_size / shape.total,
        "paragraph_longest": log2(1 + max(sizes)) if sizes else UNKNOWN,
        "page_size": log2(1 + shape.total),
        "page_links": shape.links_of(range(len(shape.blocks))) / shape.total,
    }


_KEPT = (
    "kept",
    "kept_paragraphs",
    "kept_median",
    "kept_long",
    "kept_links",
    "kept_of_span",
)


def _kept(shape: _Shape) -> dict[str, float]:
    """What the extraction kept; of an article that is most from its first line on."""
    if not shape.kept:
        return dict.fromkeys(_KEPT, UNKNOWN)
    sizes = [shape.sizes[index] for index in shape.kept]
    span = shape.size_of(range(shape.kept[0], shape.kept[-1] + 1))
    values = (
        log2(1 + shape.kept_size),
        log2(1 + sum(size >= PROSE_SIZE for size in sizes)),
        log2(1 + median(sizes)),
        sum(size for size in sizes if size >= LONG_SIZE) / shape.kept_size,
        shape.links_of(shape.kept) / shape.kept_size,
        shape.kept_size / span,
    )
    return dict(zip(_KEPT, values, strict=True))


_SPREAD = (
    "holders",
    "main_share",
    "outer_share",
    "runs",
    "in_p",
    "in_article",
    "in_body",
    "in_cards",
)


def _spread(shape: _Shape) -> dict[str, float]:
    """Whether the prose stands in one element, as an article's does, or in many."""
    if not shape.prose:
        return dict.fromkeys(_SPREAD, UNKNOWN)
    blocks, prose, share = shape.blocks, shape.prose, shape.share_of_prose
    inner: Counter[int] = Counter()
    outer: Counter[int] = Counter()
    for index in prose:
        chain = blocks[index].ancestors
        inner[chain[-2] if len(chain) > 1 else 0] += 1
        outer[chain[-3] if len(chain) > 2 else 0] += 1  # noqa: PLR2004 - the one above
    runs = sum(
        after - before == 1 and blocks[before].path == blocks[after].path
        for before, after in pairwise(prose)
    )
    values = (
        len(inner) / len(prose),
        max(inner.values()) / len(prose),
        max(outer.values()) / len(prose),
        runs / len(prose),
        share(i for i in prose if blocks[i].tag == "p"),
        share(i for i in prose if blocks[i].marks & _IN_ARTICLE),
        share(i for i in prose if blocks[i].near_marks & _NAMED_BODY),
        share(i for i in prose if blocks[i].near_marks & _CARD),
    )
    return dict(zip(_SPREAD, values, strict=True))


def _headings(shape: _Shape) -> dict[str, float]:
    """Headings over one paragraph each are the shape of a page that sells something."""
    heads = [i for i, block in enumerate(shape.blocks) if block.tag in HEADINGS]
    linked = sum(shape.ratios[i] > PROSE_LINK_RATIO for i in heads)
    prose = frozenset(shape.prose)
    followed = [i for i in heads if i + 1 in prose]
    single = sum(i + 2 not in prose for i in followed)
    return {
        "headings": log2(1 + len(heads)),
        "headings_for_prose": len(heads) / shape.thousands,
        "headings_linked": linked / len(heads) if heads else UNKNOWN,
        "headings_followed": len(followed) / len(heads) if heads else UNKNOWN,
        "headings_single": single / len(followed) if followed else UNKNOWN,
    }


def _cards(shape: _Shape) -> dict[str, float]:
    """Headlines that are links, outside of menus: those of a listing share a path."""
    cards = [
        index
        for index, block in enumerate(shape.blocks)
        if shape.ratios[index] > PROSE_LINK_RATIO
        and shape.sizes[index] >= MIN_CARD_SIZE
        and not (block.near_marks & _MENU or block.marks & _OUTSIDE)
    ]
    paths = Counter(shape.blocks[index].path for index in cards)
    size = shape.size_of(cards)
    return {
        "cards": log2(1 + len(cards)),
        "cards_of_path": log2(1 + max(paths.values(), default=0)),
        "cards_for_prose": log2((EVEN + size) / (EVEN + shape.prose_size)),
        "prices": log2(1 + len(PRICE.findall("\n".join(b.text for b in shape.blocks)))),
    }


def _elements(tree: Element, shape: _Shape) -> dict[str, float]:
    counts: Counter[object] = Counter()
    for element in tree.iter(*COUNTED_TAGS):
        tag = element.tag
        counts[tag] += 1
        if tag == "a":
            href = element.get("href", "")
            classes = element.get("class", "").lower()
            counts["cta"] += _has_one(classes, BUTTONS)
            counts["share"] += _has_one(href, SHARES)
            counts["phone"] += href.startswith(PHONES)
        elif tag == "input":
            counts["field"] += element.get("type", "").lower() in TYPED_INPUTS
    fields = counts["field"] + counts["select"] + counts["textarea"]
    comments = sum(bool(block.near_marks & _COMMENT) for block in shape.blocks)
    return {
        "buttons": (counts["cta"] + counts["button"]) / shape.thousands,
        "images": counts["img"] / shape.thousands,
        "fields": log2(1 + fields),
        "items": log2(1 + counts["li"]),
        "links": log2(1 + counts["a"]),
        "shares": log2(1 + counts["share"]),
        "phones": log2(1 + counts["phone"]),
        "articles": log2(1 + counts["article"]),
        "h1": min(float(counts["h1"]), MAX_COUNT),
        "comments": log2(1 + comments),
    }


def _has_one(text: str, parts: Iterable[str]) -> bool:
    return any(part in text for part in parts)


def _style(shape: _Shape) -> dict[str, float]:
    """How what was kept is written: in sentences, with quotations, with numbers."""
    kept = [(shape.blocks[index].text, shape.sizes[index]) for index in shape.kept]
    joined = "".join(text for text, _ in kept)
    sentences = sum(size for text, size in kept if text[-1] in SENTENCE_ENDS)
    thousands = (EVEN + shape.kept_size) / 1000
    return {
        "sentences": sentences / shape.kept_size if kept else UNKNOWN,
        "quotes": len(QUOTES.findall(joined)) / thousands,
        "digits": len(DIGITS.findall(joined)) / thousands,
        "exclaims": len(QUESTIONS.findall(joined)) / thousands,
    }


def _speakers(shape: _Shape) -> dict[str, float]:
    """Who speaks in the text: a house of itself, to its reader, or of others."""
    text = " ".join(shape.blocks[index].text for index in shape.kept)
    words = WORDS.findall(text[:MAX_TEXT_CHARS].lower())
    hundreds = (MAX_COUNT + len(words)) / 100
    return {
        f"words_{name}": sum(word in group for word in words) / hundreds
        for name, group in SPEAKER_WORDS.items()
    }


def _offers(tree: Element, shape: _Shape) -> dict[str, float]:
    """Links and buttons that ask to buy, to book, to call."""
    labels = [link.text for block in shape.blocks for link in block.links]
    labels += map(text_of, tree.iter("button"))
    short = (label.lower() for label in labels if len(label) <= MAX_LABEL_CHARS)
    offers = sum(not OFFER_WORDS.isdisjoint(label.split()) for label in short)
    return {"offers": log2(1 + offers)}


DECLARED_NUMBERS = (
    "type_known", "type_article", "type_product", "og_article", "date", "authors",
    "tags", "description",
)  # fmt: skip
"""Names of what a page declares of itself, 0 where it does not."""


def _declared(head: Head, metadata: Metadata) -> dict[str, float]:
    types = {name for thing in head.things for name in types_of(thing)}
    source = metadata.published.source
    values = (
        float(bool(types)),
        float(bool(types & ARTICLE_TYPES)),
        float(bool(types & PRODUCT_TYPES)),
        float((head.first("og:type") or "").strip().lower() == "article"),
        DATE_TRUST.get(source, 0.0) if source else 0.0,
        min(float(len(metadata.authors)), MAX_COUNT),
        log2(1 + len(metadata.tags)),
        log2(1 + size_of(metadata.description or "")),
    )
    return dict(zip(DECLARED_NUMBERS, values, strict=True))


def _classes(tree: Element) -> dict[str, float]:
    body = next(tree.iter("body"), tree)
    named = " ".join(
        each.get(name, "") for each in (tree, body) for name in ("class", "id")
    ).lower()
    words = {*WORDS.findall(named), *(ID.sub("", word) for word in named.split())}
    return {
        f"class_{name}": float(not group.isdisjoint(words)) if words else UNKNOWN
        for name, group in CLASS_WORDS.items()
    }


ADDRESS_NUMBERS = (
    "depth",
    "slug_words",
    "path_digits",
    *(f"path_{name}" for name in PATH_WORDS),
)
"""Names of what the address says, `UNKNOWN` where there is none."""


def _address(page: PageView) -> dict[str, float]:
    """The shape of the address that the page declares, else of where it was fetched.

    Archives often know no more than the site of a page, so that a site's root says
    nothing; but a page that declares it is a home page.
    """
    declared = page.head.canonical_url
    steps = _steps(declared or page.url)
    if not steps:
        unknown = dict.fromkeys(ADDRESS_NUMBERS, UNKNOWN)
        return {**unknown, "depth": 0.0} if declared else unknown
    slug = max((SLUG_PARTS.split(step) for step in steps[-2:]), key=len)
    words = {FILE_SUFFIX.sub("", step) for step in steps}
    values = (
        float(len(steps)),
        min(float(len(slug)), MAX_COUNT),
        min(float(len(DIGITS.findall("".join(steps)))), MAX_COUNT),
        *(float(bool(words & each)) for each in PATH_WORDS.values()),
    )
    return dict(zip(ADDRESS_NUMBERS, values, strict=True))


def _steps(url: str | None) -> Sequence[str]:
    try:
        path = urlsplit(url or "").path
    except ValueError:
        return ()
    return [step for step in path.lower().split("/") if step]


def _title(page: PageView) -> dict[str, float]:
    title = page.metadata.title or ""
    words = WORDS.findall(title.lower())
    titles = (i for i, role in page.draft.roles.items() if role is Role.TITLE)
    place = min(titles, default=None)
    return {
        "title_size": min(size_of(title), MAX_TITLE_SIZE),
        "title_words": min(float(len(words)), MAX_COUNT),
        "title_digits": float(bool(DIGITS.search(title))),
        "title_asks": float(not ASKING_WORDS.isdisjoint(words)),
        "title_at": UNKNOWN if place is None else place / len(page.draft.blocks),
    }
