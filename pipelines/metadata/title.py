"""The headline: candidates, and how they are weighed against each other."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping

from pipelines.blocks import Element, fold_blanks, letters
from pipelines.drafts import LINE_RULE, Draft
from pipelines.metadata.head import Candidate, Head
from pipelines.metadata.jsonld import NEWS_TYPES, strings_of, types_of
from pipelines.metadata.names import SiteNames
from pipelines.metadata.printed import shown_text

TITLE_LABEL = "title"
"""Label of blocks in an element that a layout names as title."""

SEPARATOR = re.compile(r"\s+[|–—·•»«:/-]+\s+|\s*[|｜ㅣ]\s*|\s*：\s*")
"""What stands between a headline and the name of a site."""

TAG = re.compile(r"</?[a-z][a-z0-9]*\s*/?>", re.IGNORECASE)
"""Markup without attributes in a declared title: a field was copied as it is."""

NEAR_PUBLISHED_LINE = 3
"""Blocks before the published line among which an `h1` or `h2` is the headline."""

MAX_HEADLINE_CHARS = 300
"""A line of a dump that is longer is no headline, and a longer title has no site's name
taken off."""

JSON_LD, OG, TWITTER, H1, TITLE = (
    "json-ld",
    "og:title",
    "twitter:title",
    "h1",
    "title-element",
)

WEIGHTS: Mapping[str, float] = {
    JSON_LD: 1.0,
    OG: 1.0,
    TWITTER: 0.0,
    H1: 2.7,
    TITLE: -0.5,
}
"""What a source adds to a value that it has. What is printed wins: head and JSON-LD are
mostly filled from one field for search engines and networks. `<title>` speaks against a
value: of two that stand elsewhere, it is the one that was made for search engines."""

NEWS_WEIGHTS: Mapping[str, float] = {**WEIGHTS, H1: 0.3}
"""Where the page calls itself a news article. Newsrooms write JSON-LD and `og:title` by
hand, whole; the printed heading often has its first half in another element."""

MIN_LIKENESS = 0.2
"""Share of letter triples that a heading has in common with some declared title, below
which it is the heading of something else ("Our blog")."""

MAX_TITLE_SHARE = 3
"""How many times as long a `<title>` may be as the headline in it, with the names
of sections and of the site."""

MIN_TITLE_LETTERS = 3
"""Letters below which what is declared is a placeholder."""

TRUNCATED_CHARS = 90
"""From that length on a title that breaks off is taken for cut short: search engines
ask for at most 110 characters."""


def title_candidates(
    draft: Draft, head: Head, tree: Element | None
) -> tuple[Candidate, ...]:
    """Possible headlines, the best first.

    The site's layout and the line above the published line come before all others.
    Those are JSON-LD, `og:title`, `twitter:title`, the likeliest `h1` and `<title>`,
    without the site's name: equal ones are one, and the sum of the weights of the
    sources it stands in decides. Of a `<title>` that wins, the part counts that is a
    line of the page. A candidate that is nothing but the site's name is none.
    """
    printed = (*_of_layout(draft), *_above_published_line(draft))
    declared = _cleaned(_declared(head), head.site)
    headings = tree.iter("h1") if tree is not None else ()
    heading = _heading(headings, declared, head.site)
    weighed = _weighed(_completed([*declared, *heading]), is_news=_is_news(head))
    if weighed and weighed[0].source == TITLE:
        # The headline may be one of the lines that the site repeats, in its lists.
        shown = draft.without_cuts(LINE_RULE)
        weighed = [*_part_on_page(shown, weighed[0].value, head.site), *weighed]
    return (*(each for each in printed if not head.site.has(each.value)), *weighed)


def line_candidates(draft: Draft) -> tuple[Candidate, ...]:
    """Possible headlines of a text dump: above the published line, else the first."""
    first = (
        Candidate("first-line", draft.blocks[index].text)
        for index in draft.open_indices()[:1]
    )
    candidates = (*_above_published_line(draft), *first)
    return tuple(each for each in candidates if len(each.value) <= MAX_HEADLINE_CHARS)


def title_index(draft: Draft, title: str) -> int | None:
    """The block that is the headline and nothing else.

    Where several are: an `h1` before another heading before any other block, since
    menus and bars that appear on scrolling repeat it; of equals the first.
    """
    wanted = letters(title)
    found = [
        index
        for index in draft.open_indices()
        if letters(draft.blocks[index].text) == wanted
    ]
    ranks = {"h1": 0, "h2": 1, "h3": 1}
    return min(found, key=lambda i: ranks.get(draft.blocks[i].tag, 2), default=None)


def _of_layout(draft: Draft) -> Iterator[Candidate]:
    for index in draft.open_indices():
        if TITLE_LABEL in draft.blocks[index].labels:
            yield Candidate("layout", draft.blocks[index].text)


def _above_published_line(draft: Draft) -> Iterator[Candidate]:
    published = draft.published_index()
    if published is None:
        return
    above = [index for index in draft.open_indices() if index < published]
    near = above[-NEAR_PUBLISHED_LINE:]
    headings = [index for index in near if draft.blocks[index].tag in {"h1", "h2"}]
    for index in [*headings[-1:], *above[-1:]]:
        yield Candidate("published-line", draft.blocks[index].text)


def _is_news(head: Head) -> bool:
    return bool(types_of(head.article) & NEWS_TYPES)


def _declared(head: Head) -> Iterator[Candidate]:
    sources = {
        JSON_LD: strings_of(head.article.get("headline")),
        OG: head.all(OG),
        TWITTER: head.all(TWITTER),
        TITLE: [head.title],
    }
    for source, texts in sources.items():
        for text in texts[:1]:
            plain = TAG.sub(" ", html.unescape(html.unescape(text)))
            yield Candidate(source, fold_blanks(plain))


def _cleaned(candidates: Iterable[Candidate], site: SiteNames) -> list[Candidate]:
    """The candidates without the site's name, less those that are nothing else.

    What follows a separator in one and is missing in another is no part of it either.
    """
    shorn = [Candidate(each.source, _shorn(each.value, site)) for each in candidates]
    known = {letters(each.value) for each in shorn}
    return [
        Candidate(each.source, _common_part(each.value, known))
        for each in shorn
        if len(letters(each.value)) >= MIN_TITLE_LETTERS and not site.has(each.value)
    ]


def _shorn(title: str, site: SiteNames) -> str:
    """A title without the site's name at its end, else at its start."""
    if len(title) > MAX_HEADLINE_CHARS:
        return title
    separators = list(SEPARATOR.finditer(title))
    for separator in separators:
        before, after = title[: separator.start()], title[separator.end() :]
        if letters(before) and _is_site(after, site):
            return _shorn(before.strip(), site)
    if separators and site.has(title[: separators[0].start()]):
        return title[separators[0].end() :].strip()
    return title


def _is_site(text: str, site: SiteNames) -> bool:
    """Whether a title's end is the site's name, or one part that resembles it."""
    first = SEPARATOR.split(text)[0]
    return site.has(text) or (first == text and site.resembles(text))


def _common_part(title: str, known: set[str]) -> str:
    for separator in SEPARATOR.finditer(title, 0, MAX_HEADLINE_CHARS):
        before = title[: separator.start()].strip()
        if letters(before) in known:
            return before
    return title


def _part_on_page(draft: Draft, title: str, site: SiteNames) -> list[Candidate]:
    """The longest line of the page that is in the title: the rest is the site's."""
    whole = letters(title)
    lines = [
        draft.blocks[index].text
        for index in draft.open_indices()
        if len(title) <= MAX_TITLE_SHARE * len(draft.blocks[index].text)
    ]
    parts = [text for text in lines if letters(text) and letters(text) in whole]
    parts = [text for text in parts if not site.has(text)]
    return [Candidate("line", text) for text in sorted(parts, key=len)[-1:]]


def _heading(
    headings: Iterable[Element], declared: list[Candidate], site: SiteNames
) -> list[Candidate]:
    """The `h1` that is most like a declared title, if any is; the first of equals."""
    known = {letters(each.value) for each in declared}
    shown = [_common_part(_without_kicker(each, declared), known) for each in headings]
    texts = [text for text in shown if letters(text) and not site.has(text)]
    likeness = {text: _likeness(text, declared) for text in reversed(texts)}
    best = max(reversed(likeness), key=likeness.__getitem__, default=None)
    if best is None or (declared and likeness[best] < MIN_LIKENESS):
        return []
    return [Candidate(H1, best)]


def _without_kicker(heading: Element, declared: Iterable[Candidate]) -> str:
    """The heading's text, less an element before the headline that is not in titles."""
    text = shown_text(heading, " ")
    kicker = letters(shown_text(heading[0], " ")) if len(heading) else ""
    rest = letters(text).removeprefix(kicker)
    titles = (each.value for each in declared if kicker and letters(each.value) == rest)
    return next(titles, text)


def _likeness(text: str, declared: Iterable[Candidate]) -> float:
    triples = _triples(text)
    shares = (
        len(triples & others) / len(triples | others)
        for others in (_triples(each.value) for each in declared)
    )
    return max(shares, default=0.0)


def _triples(text: str) -> set[str]:
    """Runs of three letters: they compare titles in any script."""
    plain = letters(text)
    return {plain[place : place + 3] for place in range(max(1, len(plain) - 2))}


def _completed(candidates: list[Candidate]) -> list[Candidate]:
    """The candidates, those that were cut short replaced by the whole of another."""
    return [
        Candidate(each.source, _whole(each.value, candidates)) for each in candidates
    ]


def _whole(title: str, candidates: Iterable[Candidate]) -> str:
    if len(title) < TRUNCATED_CHARS and not title.endswith(("…", "...")):
        return title
    start = letters(title)
    longer = (
        each.value for each in candidates if letters(each.value).startswith(start)
    )
    return max(longer, key=len, default=title)


def _weighed(candidates: Iterable[Candidate], *, is_news: bool) -> list[Candidate]:
    """The candidates by the weight of their value, then in their order."""
    weights = NEWS_WEIGHTS if is_news else WEIGHTS
    sums: dict[str, float] = {}
    for each in (listed := list(candidates)):
        key = letters(each.value)
        sums[key] = sums.get(key, 0.0) + weights[each.source]
    return sorted(listed, key=lambda each: -sums[letters(each.value)])
