"""The authors: people that a page names as such, from the first source with any."""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from lxml import etree

from pipelines.blocks import Element, fold_blanks, letters, text_of
from pipelines.dates import find_dates
from pipelines.drafts import Draft
from pipelines.metadata.fields import AUTHOR_LABEL
from pipelines.metadata.head import Candidate, Head
from pipelines.metadata.jsonld import strings_of, types_of
from pipelines.metadata.names import SiteNames
from pipelines.metadata.printed import elements_of, lines_by_headline, shown_text

JSON_LD, BYLINE_SOURCE = "json-ld", "byline"
AUTHOR_META = (
    "author",
    "article:author",
    "dc.creator",
    "dcterms.creator",
    "parsely-author",
    "sailthru.author",
    "byl",
)

BYLINE = re.compile(
    r"^(?:(?:(?:written|words|story|posted|published|reported|created|text|article|"
    r"geschrieben|verfasst|ein artikel|escrito|scritto|écrit|rédigé)\s+)?"
    r"(?:by|par|von|por|door|av|af)\b|(?:di|da|de|от)\s|"
    r"(?:authors?|autore?|autor(?:en|in|es|a)?|auteurs?|text[eo]?|words|redaktion|"
    r"автор|текст|作者|文|글|بقلم|كتب)\s*[:：]|بقلم\b)[\s:：]*",
    re.IGNORECASE,
)
"""How a byline begins; a name follows."""

OTHER_ROLE = re.compile(
    r"\b(?:updated|reviewed|edited|fact[- ]checked|checked|photo\w*|foto\w*|фото\w*|"
    r"images?|illustration|illustrated|video|translated|medically|presented|sponsored)\b",
    re.IGNORECASE,
)
"""Words of a line that names somebody who is not the author."""

LINE_SEPARATOR = re.compile(r"\s*[;|·•●⋅∙/]\s*|\s+[–—-]\s+")
"""What parts the names of a line from its other contents."""

NAME_SEPARATOR = re.compile(
    r"\s*[,،、]\s*(?:(?:and|et|und|y|e)\s)?\s*|\s&\s|"
    r"\s(?:and|et|und|y|e|og|och|и|та)\s"
)
MAX_POSTNOMINAL_CHARS = 8
MIN_POSTNOMINAL_CAPITALS = 2

NOT_A_NAME = re.compile(
    r"https?:|www\.|[@<>{}\[\]()#=_?!\"“”*]|\d|\.(?:com|net|org|de|html?)\b",
    re.IGNORECASE,
)
ROLE = re.compile(
    r"\b(?:staff|admin\w*|editor\w*|team|redaktion|redaktör|rédaction|redacción|"
    r"redazione|redacção|newsroom|newsdesk|desk|contributor\w*|guest|user|author\w*|"
    r"autor\w*|writer|reporter|reviewer|correspondent|journalist\w*|redakteur\w*|"
    r"director|manager|expert|former|consultant|marketing|coordinator|ceo|licensed|"
    r"certified|educator|engineer|analyst|specialist|officer|founder|senior|president|"
    r"producer|anonymous|agency|agencies|agentur|news|magazine|press|online|company|"
    r"inc|ltd|llc|gmbh)\b",
    re.IGNORECASE,
)
"""Words of a role, a desk or a house, which no name of a person has."""

BUTTON = re.compile(
    r"\b(?:published|posts?|posted|all|view|share|follow|read|more|about|min|minutes|"
    r"ago|bio|profile|twitter|facebook|linkedin|instagram|whatsapp|bluesky|youtube|"
    r"comments?|subscribe|login|articles?|home|head|chief|blog|"
    r"category|sources?|quelle|fuente|źródło|materiały|источник|войти|来源|编辑|編輯)\b",
    re.IGNORECASE,
)
"""Words of what is printed beside a name, and may be a name elsewhere."""

NOBODY = re.compile(
    r"(?:site\s*)?(?:admin\w*|user|author|guest|anonymous|editor|root|webmaster|unknown|"
    r"none|null|undefined)",
    re.IGNORECASE,
)
"""What software writes where nobody was named."""

LOOSE_SOURCES = frozenset({"layout", "json-ld", "meta"})
"""Sources in which a name may be in small letters: nothing else stands there."""

DATE_LABEL = re.compile(r"\s+(?:on|am|le|el|il|em|op|den)\s*$", re.IGNORECASE)
ROLE_SUFFIX = re.compile(r"\s*(?:記者|기자|특파원)$")
MAX_NAME_CHARS = 60
MAX_NAME_WORDS = 5
MAX_BYLINE_CHARS = 200
MAX_TEXTS, MAX_TEXT_CHARS = 100, 2_000
"""What is read of the authors that one source names."""

MAX_LEVELS = 6
"""Elements above a byline that tell what it belongs to; those above hold all."""

MAX_MARKED = 400
"""Marked elements that are looked at: a page with more is a listing."""

# Parts that begin with a name are found faster than one expression over all elements.
_MARKED = etree.XPath(
    "descendant::h1"
    " | descendant::*[@class[contains(., 'uthor') or contains(., 'yline')]]"
    " | descendant::a[@href[contains(., '/aut') and (contains(., '/author')"
    " or contains(., '/autor') or contains(., '/auteur'))"
    " or contains(., '/contributor') or contains(., '/people/')"
    " or contains(., '/journalist')]]"
    " | descendant::*[@rel[contains(., 'author')]]"
    " | descendant::*[@itemprop[. = 'author']]"
    " | descendant::article/descendant::address"
)
_NOT_THE_NAME = re.compile(
    r"(?:bio|desc\w*|title|role|job|position|image|img|avatar|photo|picture|pic|thumb|"
    r"social|follow|date|time|icon|email|twitter|posts|count)s?(?:[-_\s]|$)",
    re.IGNORECASE,
)
"""Classes of the other parts of a byline."""

_ELSEWHERE = re.compile(
    r"comment|related|recommend|teaser|popular|trending|latest|sidebar|newsletter|"
    r"most-?read|carousel|promo",
    re.IGNORECASE,
)
"""Classes of what stands beside an article and names other people."""


def author_candidates(
    draft: Draft, head: Head, tree: Element | None, title: str | None
) -> tuple[tuple[Candidate, tuple[str, ...]], ...]:
    """Sources that name authors, with the names; the one to be used first.

    The site's layout; JSON-LD; meta elements; marked elements by the headline
    (`rel=author`, `itemprop=author`, `address`, classes of bylines); a printed byline.
    The first that names people wins; then the page itself is not searched. Where none
    does, the first that names a desk, an agency or a house wins.
    """
    found: list[tuple[Candidate, tuple[str, ...]]] = []
    tried: list[tuple[str, list[str]]] = []
    for source, read in _sources(draft, head, tree, title):
        is_loose = source in LOOSE_SOURCES
        if found and not is_loose:
            break
        texts = [each[:MAX_TEXT_CHARS] for each in islice(read(), MAX_TEXTS)]
        people = _people(texts, head.site, is_loose=is_loose)
        houses = _json_ld_authors(head, of_house=True) if source == JSON_LD else []
        if people:
            others = [
                each for each in texts if not any(_people_in(each, is_loose=True))
            ]
            beside = _houses([*others, *houses], head.site) if source == JSON_LD else []
            found.append(_found(source, [*people, *beside]))
        elif source != BYLINE_SOURCE:
            tried.append((source, [*texts, *houses]))
    return tuple(found) or _house_candidates(tried, head.site)


def _house_candidates(
    tried: list[tuple[str, list[str]]], site: SiteNames
) -> tuple[tuple[Candidate, tuple[str, ...]], ...]:
    """Desks, agencies and houses; the site's own names after those of others."""
    others = [(source, _houses(texts, site)) for source, texts in tried]
    own = [(source, _houses(texts, SiteNames())) for source, texts in tried]
    return tuple(_found(source, names) for source, names in [*others, *own] if names)


def _found(source: str, names: list[str]) -> tuple[Candidate, tuple[str, ...]]:
    return Candidate(source, "; ".join(names)), tuple(names)


def _sources(
    draft: Draft, head: Head, tree: Element | None, title: str | None
) -> Iterator[tuple[str, Callable[[], Iterable[str]]]]:
    yield (
        "layout",
        lambda: [each.text for each in draft.blocks if AUTHOR_LABEL in each.labels],
    )
    yield JSON_LD, lambda: _json_ld_authors(head, of_house=False)
    yield "meta", lambda: [*head.all(*AUTHOR_META), *_labelled(head)]
    if tree is not None:
        yield "marked", lambda: _marked_authors(tree, head.site)
    yield BYLINE_SOURCE, lambda: _bylines(draft, title)


def _json_ld_authors(head: Head, *, of_house: bool) -> list[str]:
    declared = head.article.get("author") or head.article.get("creator")
    authors = declared if isinstance(declared, list) else [declared]
    return [
        name
        for author in authors
        for name in strings_of(author)
        if _is_house(author) is of_house
    ]


def _is_house(author: object) -> bool:
    return isinstance(author, dict) and any(
        name.endswith("Organization") or name == "WebSite" for name in types_of(author)
    )


def _labelled(head: Head) -> list[str]:
    """The card of a network says "Written by" in one element, the name in another."""
    label = head.first("twitter:label1") or ""
    is_author = BYLINE.fullmatch(label.strip()) or BYLINE.match(f"{label.strip()}: ")
    return head.all("twitter:data1") if label and is_author else []


def _bylines(draft: Draft, title: str | None) -> list[str]:
    lines = (block.text for block in lines_by_headline(draft, title))
    return [line for line in lines if BYLINE.match(line)][:1]


def _marked_authors(tree: Element, site: SiteNames) -> list[str]:
    """Texts of the first byline after the headline, else before it, that names people.

    A second element beside it counts too: an author each. Where no byline names people,
    the first that has a text.
    """
    sides = [[_texts(group) for group in side] for side in _groups(tree)]
    for side in sides:
        named = [each for each in side if any(_people(each[1], site, is_loose=False))]
        if named:
            parent, _ = named[0]
            beside = (texts for holder, texts in named if holder is parent)
            return [text for texts in beside for text in texts]
    others = (texts for side in sides for _, texts in side)
    return next((each for each in others if each and not BUTTON.search(each[0])), [])


def _groups(tree: Element) -> tuple[list[list[Element]], list[list[Element]]]:
    """Marked elements in no other with those in them, after and before the headline."""
    groups: list[list[Element]] = []
    before = 0
    for element in elements_of(_MARKED, tree)[:MAX_MARKED]:
        if element.tag == "h1":
            before = before or len(groups)
        elif groups and groups[-1][0] in element.iterancestors():
            groups[-1].append(element)
        elif not _is_elsewhere(element):
            groups.append([element])
    return groups[before:], groups[:before]


def _is_elsewhere(element: Element) -> bool:
    above = [element, *islice(element.iterancestors(), MAX_LEVELS)]
    tags = {each.tag for each in above}
    return (
        "nav" in tags
        or ("footer" in tags and "article" not in tags)
        or any(_ELSEWHERE.search(each.get("class", "")) for each in above)
    )


def _texts(group: list[Element]) -> tuple[Element | None, list[str]]:
    """What holds a byline, and the texts of its innermost elements, else its own."""
    outer = group[0]
    holders = {each.getparent() for each in group}
    inner = [
        shown_text(each, " | ", apart={"a", "span"})
        for each in group
        if each not in holders
        and not _NOT_THE_NAME.search(each.get("class", ""))
        and not _is_of_other_role(each)
    ]
    texts = [text for text in inner if letters(text)] or [
        shown_text(outer, " | ", apart={"a", "span"})
    ]
    return outer.getparent(), [_start(text) for text in texts if letters(text)]


def _start(text: str) -> str:
    """The lines at the beginning of a byline; a biography follows."""
    if len(text) <= MAX_BYLINE_CHARS:
        return text
    return text[:MAX_BYLINE_CHARS].rpartition("|")[0]


def _is_of_other_role(element: Element) -> bool:
    """Whether what stands right before it says "reviewed by"."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        label = (before.tail or "").strip() or text_of(before)
    else:
        label = (parent.text or "") if parent is not None else ""
    return len(label) <= MAX_NAME_CHARS and bool(OTHER_ROLE.search(label))


def _people(texts: Iterable[str], site: SiteNames, *, is_loose: bool) -> list[str]:
    """Names of people, each once."""
    names: dict[str, str] = {}
    for text in texts:
        for name in _people_in(text, is_loose=is_loose):
            if not site.has(name):
                names.setdefault(letters(name), name)
    return list(names.values())


def _people_in(text: str, *, is_loose: bool) -> Iterator[str]:
    if "://" in text:
        return
    is_others = False
    for line in LINE_SEPARATOR.split(_plain(text)):
        is_label = OTHER_ROLE.search(line) is not None
        if is_label or is_others:
            # "Reviewed by" may be a line of its own before the name.
            is_others = is_label and _ends_as_label(line)
            continue
        yield from _people_of_line(line, is_loose=is_loose)


def _ends_as_label(line: str) -> bool:
    return line.rstrip().lower().endswith(("by", ":"))


def _people_of_line(line: str, *, is_loose: bool) -> list[str]:
    names: list[str] = []
    for piece in NAME_SEPARATOR.split(_without_label(line)):
        name = ROLE_SUFFIX.sub("", _without_label(piece)).strip(" .:–-")
        # After a full name a single word is a place or a role.
        is_place = bool(names) and " " in names[0] and " " not in name
        if names and _is_postnominal(piece):
            names[-1] += f", {piece}"
        elif _is_name(name, is_loose=is_loose) and not (is_place and name.isascii()):
            names.append(name)
    return names


def _plain(text: str) -> str:
    """The text as it is read, without the dates in it."""
    plain = fold_blanks(html.unescape(html.unescape(text)))
    spans = sorted((start, end) for start, end, _ in find_dates(plain))
    for start, end in reversed(spans):
        plain = f"{DATE_LABEL.sub('', plain[:start])} | {plain[end:]}"
    return plain


def _without_label(text: str) -> str:
    return BYLINE.sub("", BYLINE.sub("", text.strip()))


def _is_name(name: str, *, is_loose: bool) -> bool:
    words = name.split()
    is_short = len(name) <= MAX_NAME_CHARS and len(words) <= MAX_NAME_WORDS
    if not is_short or not letters(name):
        return False
    if NOT_A_NAME.search(name) or ROLE.search(name):
        return False
    is_low = words[0][0].islower() or words[-1][0].islower()
    return is_loose or not (is_low or BUTTON.search(name))


def _is_postnominal(text: str) -> bool:
    capitals = sum(map(str.isupper, text))
    return (
        " " not in text
        and len(text) <= MAX_POSTNOMINAL_CHARS
        and capitals >= MIN_POSTNOMINAL_CAPITALS
    )


def _houses(texts: Iterable[str], site: SiteNames) -> list[str]:
    """Names of desks, agencies and houses other than the site: each text whole."""
    names: dict[str, str] = {}
    for text in texts:
        lines = LINE_SEPARATOR.split(_plain(text))
        name = next(filter(letters, map(_without_label, lines)), "")
        if (
            any(map(str.isalpha, name))
            and len(name) <= MAX_NAME_CHARS
            and not site.has(name)
            and len(name.split()) <= MAX_NAME_WORDS
            and not NOT_A_NAME.search(name)
            and not NOBODY.fullmatch(name)
        ):
            names.setdefault(letters(name), name)
    return list(names.values())
