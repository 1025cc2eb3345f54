"""News sites of many pages, made from parameters: for what is learnt from a whole site.

A `SitePlan` says what a site looks like; `iter_pages` makes its pages, each with what
is true of it. Everything follows from the seed alone: the same plan gives the same
bytes, in whatever order sites are made.

    python -m benchmarks.site_pages sites.warc.gz --sites 50 --pages 104
    python -m benchmarks.site_pages --folder sites --sites 10
"""

import argparse
import gzip
import hashlib
import io
import json
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache, partial
from html import escape
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from benchmarks.labelled import PAGE_TYPE, TRUTH
from benchmarks.site_texts import LANGUAGES, Writer

CRAWLED_FROM = datetime(2025, 9, 18, 6, tzinfo=UTC)
"""When the first page of a site is captured."""

MINUTES_BETWEEN_PAGES = 5
DAYS_OF_NEWS = 1200
"""How old the oldest article is; most are much younger."""

REDESIGNED = CRAWLED_FROM - timedelta(days=250)
"""Older articles keep the old design, on sites that have one."""

NEWSROOM_ZONE = timezone(timedelta(hours=1))
PAGES_PER_LISTING = 25
NEWS_PER_HOUR = 4
RIBBONS = ("links", "bare", "paragraphs")
NO_BREAK_SPACES = "\u00a0" * 4


@dataclass(frozen=True)
class Layout:
    """How an article lies in the DOM.

    In templates `{c_ROLE}` is the class attribute of an element in that role,
    `{t_KEY_N}` a fixed phrase of the language; the other slots are pieces of markup.
    """

    frame: str
    """Key of `FRAMES`: how the page round the article is built."""

    article: str
    """The article; `{body}` are all its containers."""

    container: str
    """An element that `{flow}` goes into."""

    blocks: Mapping[str, str]
    """Markup of a paragraph `p`, a subhead `h`, a quotation `q` and, `x`, of a box
    among them."""

    blocks_in_container: int = 10_000
    legacy: bool = False
    """Made before style sheets ruled."""


LAYOUTS: Mapping[str, Layout] = {
    "paragraphs": Layout(
        "modern",
        '<article{c_article} id="story-{number}"><header>{kicker}{title}'
        "{lead}{byline}{share}</header>{figure}{body}{foot}</article>",
        "<div{c_body}>\n{flow}</div>",
        {
            "p": "<p{c_text}>{inner}</p>\n",
            "h": "<h2>{inner}</h2>\n",
            "q": "<blockquote><p>{inner}</p></blockquote>\n",
            "x": "{inner}",
        },
    ),
    "breaks": Layout(
        "boxes",
        '<div id="story"{c_article}>{title}{byline}{figure}{lead}{body}{share}{foot}'
        "</div>",
        "<div{c_body}>\n{flow}</div>",
        {
            "p": "{inner}<br><br>\n",
            "h": "<b>{inner}</b><br><br>\n",
            "q": "<i>{inner}</i><br /><br />\n",
            "x": "{inner}",
        },
        legacy=True,
    ),
    "table": Layout(
        "table",
        '<table width="100%" cellpadding="4"{c_article}><tr><td{c_title}>{title}</td>'
        "</tr><tr><td{c_byline}>{byline}</td></tr><tr><td{c_body}>{figure}{lead}{body}"
        "</td></tr><tr><td>{share}{foot}</td></tr></table>",
        "{flow}",
        {
            "p": '<p align="left"><font face="Verdana" size="2">{inner}</font></p>\n',
            "h": '<p><font face="Verdana" size="3"><b>{inner}</b></font></p>\n',
            "q": '<p><font face="Verdana" size="2"><i>{inner}</i></font></p>\n',
            "x": "{inner}",
        },
        legacy=True,
    ),
    "sections": Layout(
        "modern",
        "<article{c_article}>{title}{lead}<div>{byline}{share}</div>{figure}{body}"
        "{foot}</article>",
        "<section{c_body}><div>\n{flow}</div></section>\n<div{c_ad}></div>\n",
        {
            "p": "<p>{inner}</p>\n",
            "h": "<h3{c_subhead}>{inner}</h3>\n",
            "q": "<blockquote>{inner}</blockquote>\n",
            "x": "<div>{inner}</div>\n",
        },
        blocks_in_container=4,
    ),
    "divs": Layout(
        "modern",
        "<div{c_article}><div>{kicker}{title}</div>{lead}<div>{byline}</div>{figure}"
        "<div>{body}</div>{foot}{share}</div>",
        '<div{c_body} data-component="text-block">\n{flow}</div>',
        {
            "p": "<div{c_text}>{inner}</div>\n",
            "h": "<div{c_subhead}><strong>{inner}</strong></div>\n",
            "q": "<div{c_quote}>{inner}</div>\n",
            "x": "{inner}",
        },
    ),
    "grid": Layout(
        "modern",
        "<article{c_article}><div{c_row}><div{c_column}>{kicker}{title}{lead}{byline}"
        "</div></div>{figure}{body}<div{c_row}>{share}{foot}</div></article>",
        "<div{c_body}>\n{flow}</div>",
        {
            "p": "<div{c_row}><div{c_column}><p>{inner}</p></div></div>\n",
            "h": "<div{c_row}><div{c_column}><h2>{inner}</h2></div></div>\n",
            "q": "<div{c_row}><div{c_column}><blockquote>{inner}</blockquote></div>"
            "</div>\n",
            "x": "<div{c_row}><div{c_column}>{inner}</div></div>\n",
        },
    ),
    "unclosed": Layout(
        "boxes",
        '<div id="text">{title}{byline}<hr>{figure}{lead}{body}<hr>{share}{foot}</div>',
        "{flow}",
        {
            "p": "{inner}\n<p>",
            "h": "<b>{inner}</b>\n<p>",
            "q": "<i>{inner}</i>\n<p>",
            "x": "{inner}\n<p>",
        },
        legacy=True,
    ),
}

FRAMES: Mapping[str, str] = {
    "modern": "{cookies}<header{c_header}><a href='/'>{logo}</a>{clock}{nav}</header>\n"
    "{ribbon}<main{c_main}>{article}\n<aside{c_rail}>{rail}</aside></main>\n{below}\n"
    "<footer{c_footer}>{footer}</footer>",
    "boxes": '<div id="page"><div id="top"{c_header}>{logo}{clock}</div>{ribbon}'
    '<div id="menu">{nav}</div>\n<div id="columns"><div id="side"{c_rail}>{rail}</div>'
    '\n<div id="middle">{article}\n{below}</div></div><div id="bottom"{c_footer}>'
    "{footer}</div></div>{cookies}",
    "table": '<table width="980"><tr><td>{logo}</td><td>{clock}</td></tr></table>'
    '{ribbon}<table width="980" align="center" border="0">\n<tr valign="top">'
    '<td width="160"{c_nav}>{nav}</td>\n<td width="560">{article}{below}</td>\n'
    '<td width="260"{c_rail}>{rail}</td></tr></table>\n'
    '<table width="980"{c_footer}><tr><td>{footer}</td></tr></table>{cookies}',
}

BOXES: Mapping[str, str] = {
    "appeal": "<em>{t_appeal_0}</em>",
    "author_box": "<div{c_bio}>{picture}<b>{name}</b><p>{about}</p></div>\n",
    "clock": "<span{c_clock}>{today}</span>",
    "comments": "<div{c_comments}><h3>{t_comments_0} ({count})</h3><ul>{items}</ul>"
    "</div>\n",
    "cookies": "<div{c_consent} role='dialog'><p>{t_cookies_0}</p>"
    "<button>{t_cookies_1}</button><button>{t_cookies_2}</button></div>",
    "kicker": '<a href="/section-{number}/"{c_kicker}>{section}</a>',
    "most_read": "<div{c_popular}><h4>{t_most_read_0}</h4><ol>{items}</ol></div>\n",
    "newsletter": "<div{c_newsletter}><h4>{t_newsletter_0}</h4><p>{t_newsletter_1}</p>"
    "<form><input type='email'><button>{t_newsletter_2}</button></form></div>\n",
    "published": "<p>{line}</p>\n",
    "pull_quotes": "<aside{c_pull}><p>{quoted}</p></aside>\n",
    "share": "<div{c_share}><span>{t_share_0}</span><ul>"
    + "".join(
        f'<li><a href="#" title="{{t_share_{number}}}"><svg width="24" height="24">'
        f'<use href="#i{number}"></use></svg><span>{{t_share_{number}}}</span></a></li>'
        for number in range(1, 6)
    )
    + "</ul></div>\n",
    "source": '<p><a href="https://wire.test/{number}">{t_source_0}</a></p>\n',
    "tags": "<div{c_tags}>{t_tags_0} {links}</div>\n",
}
"""What stands round articles on some sites."""

FOOTER = (
    "<ul>"
    + "".join(f'<li><a href="/s/{n}">{{t_service_{n}}}</a></li>' for n in range(12))
    + "</ul><p>© 2025 {site}. {t_rights_0}</p>"
)
COMMENT = (
    "<li{c_comment}><b>{name}</b> <span>{day}</span><p>{text}</p>"
    "<button>{t_comments_1}</button><button>{t_comments_2}</button></li>\n"
)
CARD = (
    "<li{c_card}><div{c_media}>{picture}</div><div{c_words}><h3>{link}</h3>{teaser}"
    "</div></li>\n"
)

NAMES: Mapping[str, tuple[str, ...]] = {
    "article": ("article", "story", "post", "entry", "single"),
    "body": ("body", "content", "text", "main-text", "article-body"),
    "lead": ("lead", "standfirst", "intro", "dek", "summary"),
    "byline": ("byline", "meta", "author-line", "credits", "info"),
    "related": ("related", "more", "also", "recirculation", "links"),
    "rail": ("sidebar", "rail", "right", "column-2", "aside"),
    "ribbon": ("ticker", "ribbon", "breaking", "strip", "flash"),
    "popular": ("popular", "most-read", "top", "trending", "ranking"),
    "share": ("share", "social", "tools", "actions", "buttons"),
}
"""What sites call the elements in some roles; others are called as their role."""

NAMINGS = ("bem", "hashed", "camel", "kebab", "utility", "none")
_LEGACY_NAMINGS = ("camel", "kebab", "none")
_UTILITIES = """flex block grid mt-4 mb-6 px-3 py-2 text-lg text-sm leading-7 w-full
 max-w-3xl mx-auto gap-4 font-serif font-bold text-gray-700 border-b md:w-2/3""".split()

FURNITURE: Mapping[str, float] = {
    "clock": 0.4,
    "kicker": 0.6,
    "newsletter": 0.6,
    "share": 0.8,
    "cookies": 0.6,
    "author_box": 0.4,
    "tags": 0.6,
    "comments": 0.4,
    "most_read": 0.7,
    "captions": 0.7,
    "published": 0.3,
    "updated": 0.3,
    "source": 0.15,
    "pull_quotes": 0.3,
    "read_also": 0.5,
    "standfirst": 0.6,
    "appeal": 0.25,
    "teasers": 0.4,
}
"""The share of sites that have each thing round their articles."""

METADATA: Mapping[str, float] = {
    "json_ld": 0.7,
    "open_graph": 0.85,
    "meta_author": 0.4,
    "meta_date": 0.5,
    "time_element": 0.6,
    "state": 0.15,
    "tracking": 0.6,
    "charset_in_header": 0.5,
    "search_title": 0.2,
}
"""The share of sites that tell machines each thing."""

ADDRESSES = (
    "/{year}/{month:02d}/{day:02d}/{slug}-{number}",
    "/{section}/{slug}-{number}.html",
    "/article.php?id={number}",
    "/news/{number}",
)
_OLD_ENCODINGS = {
    "fr": "iso-8859-1",
    "de": "windows-1252",
    "es": "iso-8859-1",
    "pl": "iso-8859-2",
    "ru": "windows-1251",
    "ar": "windows-1256",
    "zh": "gb18030",
}
_BULKS = (2_000, 10_000, 40_000, 50_000, 60_000, 70_000, 90_000, 150_000, 350_000)

_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_SENTENCE = re.compile(r".+?[.。]")


@dataclass(frozen=True)
class Design:
    """A layout, and how its elements are called."""

    layout: str
    naming: str


@dataclass(frozen=True)
class SitePlan:
    """All that tells one site from another."""

    name: str
    language: str
    seed: str
    pages: int
    design: Design
    other_design: Design | None
    other_for: str
    """Which articles have the other design: the old ones (`past`) or those of some
    sections (`section`)."""

    ribbon: str | None
    """One of `RIBBONS`."""

    related: str
    """Where related articles stand: `inside` the text, at its `end`, `below` the
    article, in the `rail`."""

    promos: int
    """How many sections show headlines below the article."""

    nav_links: int
    address: str
    """One of `ADDRESSES`."""

    byline: int
    """Which of the language's forms of byline."""

    furniture: tuple[str, ...]
    metadata: tuple[str, ...]
    bulk_bytes: int
    """Scripts, styles and drawings that are the same on all pages."""

    encoding: str = "utf-8"

    @property
    def stories(self) -> int:
        """How many pages the site links to: some more than were captured, if few."""
        return max(self.pages, 60)

    @property
    def host(self) -> str:
        """The site's host, under a domain reserved for tests."""
        return f"{self.name}.test"


@dataclass(frozen=True)
class Truth:
    """What is true of a page."""

    title: str
    lead: str | None
    """The standfirst, if one is printed above the article."""

    text: tuple[str, ...]
    """Paragraphs, subheads and quotations of the article; none of a listing."""

    authors: tuple[str, ...]
    date: str | None
    """ISO day."""

    language: str
    layout: str
    is_article: bool


@dataclass(frozen=True)
class Capture:
    """A page as a crawler would receive it."""

    url: str
    html: bytes
    content_type: str
    captured_at: datetime


@dataclass(frozen=True)
class GeneratedPage(Capture):
    """A page that was made, and what is true of it."""

    id: str
    site: str
    truth: Truth


@dataclass(frozen=True)
class Story:
    """What other pages of its site show of an article."""

    number: int
    url: str
    title: str
    teaser: str
    section: int
    published: datetime


@dataclass(frozen=True)
class _Article:
    authors: tuple[str, ...]
    lead: str | None
    blocks: tuple[tuple[str, str], ...]
    """Kind, as in `Layout.blocks`, and text."""


class _Site:
    """What the pages of a site share, made once."""

    def __init__(self, plan: SitePlan) -> None:
        self.plan = plan
        self.title = _site_title(plan)
        self.bulk = _bulk(plan)
        self.story = cache(partial(story, plan))
        self.class_of = cache(partial(_class, plan))


@dataclass(frozen=True)
class _Page:
    """What is needed to render a page."""

    site: _Site
    story: Story
    article: _Article
    design: Design
    captured_at: datetime
    writer: Writer

    @property
    def plan(self) -> SitePlan:
        return self.site.plan

    @property
    def is_article(self) -> bool:
        return not is_listing(self.story.number)

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.design.layout]

    @property
    def chance(self) -> Random:
        return self.writer.chance

    def has(self, feature: str) -> bool:
        return feature in self.plan.furniture or feature in self.plan.metadata

    def fill(self, template: str, /, **parts: str) -> str:
        """The template with these parts, and what `_Slots` adds to them."""
        return template.format_map(_Slots(self, parts))

    def box(self, name: str, /, **parts: str) -> str:
        """A piece of furniture; empty on sites that have none."""
        return self.fill(BOXES[name], **parts) if self.has(name) else ""


class _Slots(dict[str, str]):
    """Parts by name, and two kinds of slots that need none.

    `c_ROLE` is the class attribute of an element in that role, `t_KEY_N` the Nth of
    some fixed phrases of the language; with `v` for N, the one that the site uses.
    """

    def __init__(self, page: _Page, parts: Mapping[str, str]) -> None:
        super().__init__(parts)
        self._page = page

    def __missing__(self, key: str) -> str:
        kind, _, name = key.partition("_")
        if kind == "c":
            return self._page.site.class_of(self._page.design, name)
        phrase, _, number = name.rpartition("_")
        choice = self._page.plan.byline if number == "v" else int(number)
        return escape(self._page.writer.label(phrase, choice))


def plans(sites: int = 50, pages: int = 104, seed: int = 0) -> tuple[SitePlan, ...]:
    """Different sites; with 56 of them each layout occurs in each language."""
    return tuple(_plan(number, pages, seed) for number in range(sites))


def iter_pages(plan: SitePlan) -> Iterator[GeneratedPage]:
    """The pages of a site in the order in which they were captured, made one by one."""
    site = _Site(plan)
    for number in range(plan.pages):
        page = _page(site, number)
        yield GeneratedPage(
            id=f"{plan.name}-{number:05d}",
            site=plan.name,
            url=page.story.url,
            html=_html(page),
            content_type=_content_type(plan),
            captured_at=page.captured_at,
            truth=_truth(page),
        )


def write_archive(path: Path, pages: Iterable[Capture]) -> int:
    """The pages as response records of a WARC, each a gzip member; how many.

    The same pages give the same bytes.
    """
    count = 0
    with path.open("wb") as file:
        for page in pages:
            file.write(gzip.compress(_record(page), compresslevel=6, mtime=0))
            count += 1
    return count


def write_folder(folder: Path, pages: Iterable[GeneratedPage]) -> int:
    """The pages as a labelled set (`benchmarks.labelled`); how many."""
    (folder / "pages").mkdir(parents=True, exist_ok=True)
    count = 0
    for page in with_truth(pages, folder / TRUTH):
        (folder / _file(page)).write_bytes(gzip.compress(page.html, 6, mtime=0))
        count += 1
    return count


def _chance(*parts: object) -> Random:
    """Chance that depends on these alone."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - no secret


def _one_in(number: int, chance: Random) -> bool:
    return chance.randrange(number) == 0


# What a site is


def _plan(number: int, pages: int, seed: int) -> SitePlan:
    chance = _chance("plan", seed, number)
    language = LANGUAGES[number % len(LANGUAGES)]
    layouts = list(LAYOUTS)
    design = _design(layouts[number % len(layouts)], chance)
    other = _design(chance.choice(layouts), chance)
    is_old = LAYOUTS[design.layout].legacy and _one_in(3, chance)
    return SitePlan(
        name=f"site-{number:02d}",
        language=language,
        seed=f"{seed}/{number}",
        pages=pages,
        design=design,
        other_design=other if _one_in(3, chance) else None,
        other_for=chance.choice(("past", "section")),
        ribbon=chance.choice((None, None, None, *RIBBONS)),
        related=chance.choice(("inside", "end", "below", "below", "rail")),
        promos=chance.choice((0, 2, 5, 9, 13)),
        nav_links=chance.randint(40, 150),
        address=chance.choice(ADDRESSES),
        byline=chance.randrange(4),
        furniture=_drawn(FURNITURE, chance),
        metadata=_drawn(METADATA, chance),
        bulk_bytes=_BULKS[number % len(_BULKS)],
        encoding=_OLD_ENCODINGS.get(language, "utf-8") if is_old else "utf-8",
    )


def _design(layout: str, chance: Random) -> Design:
    namings = _LEGACY_NAMINGS if LAYOUTS[layout].legacy else NAMINGS
    return Design(layout, chance.choice(namings))


def _drawn(shares: Mapping[str, float], chance: Random) -> tuple[str, ...]:
    return tuple(name for name, share in shares.items() if chance.random() < share)


def _class(plan: SitePlan, design: Design, role: str) -> str:
    """The class attribute of the elements in a role, the same on all pages."""
    digest = hashlib.sha256(f"{plan.seed}/{design.layout}/{role}".encode()).hexdigest()
    drawn = int(digest[:8], 16)
    names = NAMES.get(role, (role,))
    words = names[drawn % len(names)].split("-")
    named = {
        "bem": f"c-{'-'.join(words)} l-page__{'-'.join(words)}",
        "hashed": f"css-{digest[:6]} e{digest[6:12]}0",
        "camel": "news" + "".join(map(str.capitalize, words)),
        "kebab": "-".join(words),
        "utility": " ".join(_chance(drawn).sample(_UTILITIES, 6)),
    }
    return f' class="{named[design.naming]}"' if design.naming in named else ""


def _site_title(plan: SitePlan) -> str:
    chance = _chance(plan.seed, "title")
    suffix = chance.choice(("24", "Post", "Info", "Online"))
    return f"{Writer(plan.language, chance).town()} {suffix}"


def _bulk(plan: SitePlan) -> str:
    """Scripts, styles and drawings of about `bulk_bytes`."""
    chance = _chance(plan.seed, "bulk")
    script = "".join(_statements(chance, plan.bulk_bytes * 2 // 3))
    style = "".join(_style_rules(chance, plan.bulk_bytes // 4))
    shapes = "".join(
        f'<symbol id="i{number}" viewBox="0 0 24 24"><path d="{_drawing(chance)}"/>'
        "</symbol>"
        for number in range(plan.bulk_bytes // 4000)
    )
    return (
        f"<style>{style}</style><script>{script}</script>"
        f'<svg width="0" height="0" aria-hidden="true">{shapes}</svg>'
    )


def _statements(chance: Random, size: int) -> Iterator[str]:
    names = [f"{chance.choice('etnrioas')}{chance.randrange(400):x}" for _ in range(90)]
    while size > 0:
        one, two, three = chance.choices(names, k=3)
        line = (
            f"function {one}({two},{three}){{var {three}={two}.{one}||"
            f"{chance.randrange(9999)};return {two}.push({{id:{three},"
            f"load:!{chance.randrange(2)}}})}}"
        )
        size -= len(line)
        yield line


def _style_rules(chance: Random, size: int) -> Iterator[str]:
    while size > 0:
        line = (
            f".x{chance.randrange(9999):x}{{margin:{chance.randrange(40)}px auto;"
            f"color:#{chance.randrange(4096):03x};display:flex}}"
        )
        size -= len(line)
        yield line


def _drawing(chance: Random) -> str:
    points = (
        f"{chance.uniform(0, 24):.2f} {chance.uniform(0, 24):.2f}L" for _ in "x" * 14
    )
    return f"M{''.join(points)}0 0z"


# What it writes


def is_listing(number: int) -> bool:
    """Whether a page is no article: the first, the home page, and some sections."""
    return number == 0 or number % PAGES_PER_LISTING == PAGES_PER_LISTING // 2


def story(plan: SitePlan, number: int) -> Story:
    """An article of a site as its other pages show it; for a listing, the listing."""
    chance = _chance(plan.seed, "story", number)
    writer = Writer(plan.language, chance)
    sections = writer.words("section")
    section = chance.randrange(1, len(sections))
    age = timedelta(
        days=int(DAYS_OF_NEWS * chance.random() ** 3), hours=chance.randint(2, 20)
    )
    published = (CRAWLED_FROM - age).replace(minute=chance.randrange(60))
    title = writer.write("headline")
    path = plan.address.format(
        year=published.year,
        month=published.month,
        day=published.day,
        section=f"section-{section}",
        slug=_NOT_IN_SLUG.sub("-", title.lower()).strip("-")[:60] or "news",
        number=410_000 + number,
    )
    if is_listing(number) and number < plan.stories:
        title = sections[section] if number else _site_title(plan)
        path = f"/section-{section}/?page={number}" if number else "/"
    return Story(
        number=number,
        url=f"https://{plan.host}{path}",
        title=title,
        teaser=writer.paragraph(1, 1),
        section=section,
        published=published.astimezone(NEWSROOM_ZONE),
    )


def _article(plan: SitePlan, told: Story) -> _Article:
    chance = _chance(plan.seed, "article", told.number)
    writer = Writer(plan.language, chance)
    lead = told.teaser if "standfirst" in plan.furniture else None
    blocks: list[tuple[str, str]] = []
    for place in range(int(chance.triangular(4, 26, 9))):
        if place and _one_in(8, chance):
            blocks.append(("h", f"{writer.town()}: {writer.write('object')}"))
        kind = "q" if place and _one_in(25, chance) else "p"
        blocks.append((kind, writer.paragraph(1 if _one_in(7, chance) else 2, 6)))
    if _one_in(7, chance):
        blocks.append(("p", writer.write("agency")))
    names = [writer.person() for _ in range(chance.choice((0, 1, 1, 1, 1, 1, 1, 2)))]
    return _Article(tuple(names), lead, tuple(blocks))


def _page(site: _Site, number: int) -> _Page:
    plan, told = site.plan, site.story(number)
    return _Page(
        site=site,
        story=told,
        article=_article(plan, told),
        design=_design_of(plan, told),
        captured_at=CRAWLED_FROM + timedelta(minutes=MINUTES_BETWEEN_PAGES * number),
        writer=Writer(plan.language, _chance(plan.seed, "page", number)),
    )


def _design_of(plan: SitePlan, told: Story) -> Design:
    if plan.other_design is None:
        return plan.design
    is_past = told.published < REDESIGNED
    is_apart = told.section % 4 == 0
    is_other = is_past if plan.other_for == "past" else is_apart
    return plan.other_design if is_other else plan.design


def _truth(page: _Page) -> Truth:
    article = page.article
    return Truth(
        title=page.story.title,
        lead=article.lead if page.is_article else None,
        text=tuple(text for _, text in article.blocks) if page.is_article else (),
        authors=article.authors if page.is_article else (),
        date=page.story.published.date().isoformat() if page.is_article else None,
        language=page.plan.language,
        layout=page.design.layout,
        is_article=page.is_article,
    )


# How it is shown


def _html(page: _Page) -> bytes:
    article = _article_markup(page) if page.is_article else _listing(page)
    body = page.fill(
        FRAMES[page.layout.frame],
        article=article,
        logo=f"<b>{escape(page.site.title)}</b>",
        clock=_clock(page),
        nav=_nav(page),
        ribbon=_ribbon(page),
        rail=_rail(page),
        below=_below(page),
        footer=page.fill(FOOTER, site=escape(page.site.title)),
        cookies=page.box("cookies"),
    )
    direction = ' dir="rtl"' if page.plan.language == "ar" else ""
    markup = (
        f'<!DOCTYPE html>\n<html lang="{page.plan.language}"{direction}>\n'
        f"<head>{_head(page)}</head>\n"
        f"<body>{body}\n{_state(page)}</body>\n</html>\n"
    )
    return markup.encode(page.plan.encoding, errors="xmlcharrefreplace")


def _content_type(plan: SitePlan) -> str:
    is_told = "charset_in_header" in plan.metadata
    return f"text/html; charset={plan.encoding}" if is_told else "text/html"


def _head(page: _Page) -> str:
    lines = [
        f'<meta charset="{page.plan.encoding}">',
        f"<title>{escape(f'{_search_title(page)} - {page.site.title}')}</title>",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="description" content="{escape(page.story.teaser)}">',
        f'<link rel="canonical" href="{escape(page.story.url)}">',
        *(f'<link rel="icon" sizes="{n}x{n}" href="/i{n}.png">' for n in (16, 32, 96)),
        *_open_graph(page),
        page.site.bulk,
    ]
    if page.is_article and page.has("meta_author"):
        lines += [
            f'<meta name="author" content="{escape(name)}">'
            for name in page.article.authors
        ]
    if page.is_article and page.has("meta_date"):
        moment = page.story.published.isoformat()
        lines.append(f'<meta property="article:published_time" content="{moment}">')
    if page.is_article and page.has("json_ld"):
        data = json.dumps(_json_ld(page))
        lines.append(f'<script type="application/ld+json">{data}</script>')
    return "\n".join(lines)


def _search_title(page: _Page) -> str:
    """The title that search engines are told: on some sites not the headline."""
    if not page.has("search_title") or is_listing(page.story.number):
        return page.story.title
    chance = _chance(page.plan.seed, "search title", page.story.number)
    return Writer(page.plan.language, chance).write("headline")


def _open_graph(page: _Page) -> Iterator[str]:
    if not page.has("open_graph"):
        return
    told = page.story
    for name, value in (
        ("title", _search_title(page)),
        ("type", "article" if page.is_article else "website"),
        ("url", told.url),
        ("description", told.teaser),
        ("site_name", page.site.title),
        ("image", f"https://{page.plan.host}/pictures/{told.number}/1200.jpg"),
    ):
        yield f'<meta property="og:{name}" content="{escape(value)}">'


def _json_ld(page: _Page) -> Mapping[str, Any]:
    told = page.story
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": told.title,
        "description": told.teaser,
        "datePublished": told.published.isoformat(),
        "dateModified": page.captured_at.isoformat(),
        "mainEntityOfPage": told.url,
        "author": [{"@type": "Person", "name": name} for name in page.article.authors],
        "publisher": {"@type": "Organization", "name": page.site.title},
    }


def _state(page: _Page) -> str:
    """What a script of the page starts with: among other things the text again."""
    if not (page.is_article and page.has("state")):
        return ""
    texts = [text for _, text in page.article.blocks]
    data = json.dumps({"page": page.story.url, "body": texts}).replace("<", "\\u003c")
    return f'<script id="__STATE__" type="application/json">{data}</script>'


def _article_markup(page: _Page) -> str:
    body = [page.fill(page.layout.container, flow=flow) for flow in _flows(page)]
    return page.fill(
        page.layout.article,
        number=str(page.story.number),
        kicker=_kicker(page),
        title=_title(page),
        lead=_lead(page),
        byline=_byline(page),
        share=page.box("share"),
        figure="" if _one_in(5, page.chance) else _figure(page, 0),
        body="".join(body),
        foot=_foot(page),
    )


def _flows(page: _Page) -> Iterator[str]:
    """What goes into each container: blocks, and the boxes that stand among them."""
    boxes = _boxes(page)
    size = page.layout.blocks_in_container
    pieces = [
        _block(page, kind, _inline(page, text)) + boxes.get(place, "")
        for place, (kind, text) in enumerate(page.article.blocks)
    ]
    for start in range(0, len(pieces), size):
        yield "".join(pieces[start : start + size])


def _block(page: _Page, kind: str, inner: str) -> str:
    return page.fill(page.layout.blocks[kind], inner=inner)


def _inline(page: _Page, text: str) -> str:
    """Some texts have a link or something bold in them."""
    markup = escape(text, quote=False)
    if not _one_in(5, page.chance) or " " not in text:
        return markup
    words = markup.split(" ")
    start = page.chance.randrange(len(words))
    marked = " ".join(words[start : start + 3])
    tag = page.chance.choice(('<a href="/tag/{}">{}</a>', "<strong>{1}</strong>"))
    words[start : start + 3] = [tag.format(page.chance.randrange(900), marked)]
    return " ".join(words)


def _boxes(page: _Page) -> Mapping[int, str]:
    """Boxes among the blocks, by the number of the block that they follow."""
    last = len(page.article.blocks) - 1
    drawn = [
        (1 + page.chance.randrange(last - 1), kind, inner)
        for kind, inner in _loose_boxes(page)
    ]
    placed: dict[int, str] = {}
    for place, kind, inner in (*drawn, *_fixed_boxes(page, last)):
        placed[place] = placed.get(place, "") + _block(page, kind, inner)
    return placed


def _loose_boxes(page: _Page) -> Iterator[tuple[str, str]]:
    """What stands anywhere among the blocks; some of it is marked up like them."""
    if page.has("read_also"):
        for told in _others(page, page.chance.randint(1, 2)):
            link = _link(page, told)
            yield "p", page.fill("<strong>{t_read_also_v}</strong> {link}", link=link)
    if page.has("pull_quotes"):
        yield "x", page.box("pull_quotes", quoted=_quoted(page))
    if page.has("captions") and _one_in(2, page.chance):
        yield "x", _figure(page, 1)
    if page.has("newsletter") and _one_in(2, page.chance):
        yield "x", page.box("newsletter")


def _fixed_boxes(page: _Page, last: int) -> Iterator[tuple[int, str, str]]:
    """What has its place, and after which block."""
    if page.plan.related == "inside":
        yield 2, "x", _related(page, 3)
    if page.plan.related == "end":
        yield last, "x", _related(page, 5)
    if page.has("appeal"):
        yield last, "p", page.box("appeal")


def _quoted(page: _Page) -> str:
    """A sentence of the text, which stands there a second time."""
    _, text = page.chance.choice(page.article.blocks)
    match = _SENTENCE.match(text)
    return escape(match[0] if match else text)


def _kicker(page: _Page) -> str:
    section = page.writer.words("section")[page.story.section]
    number = str(page.story.section)
    return page.box("kicker", number=number, section=escape(section))


def _title(page: _Page) -> str:
    title = escape(page.story.title, quote=False)
    if page.design.layout == "table":
        return f'<font face="Georgia" size="5"><b>{title}</b></font>'
    return page.fill("<h1{c_headline}>{title}</h1>", title=title)


def _lead(page: _Page) -> str:
    if page.article.lead is None:
        return ""
    lead = escape(page.article.lead, quote=False)
    if page.layout.legacy:
        return f"<b>{lead}</b><br><br>\n"
    return page.fill("<p{c_lead}>{lead}</p>", lead=lead)


def _byline(page: _Page) -> str:
    writer, told = page.writer, page.story
    names = f" {writer.label('and')} ".join(page.article.authors)
    form = writer.label("by", page.plan.byline)
    by = form.format(names=names) if names else page.site.title
    day = writer.day(told.published)
    printed = f"{day}, {told.published:%H:%M}"
    if page.has("time_element"):
        printed = f'<time datetime="{told.published.isoformat()}">{printed}</time>'
    elif page.has("published"):
        printed = ""
    if page.has("updated"):
        changed = f"{page.captured_at.astimezone(NEWSROOM_ZONE):%H:%M}"
        printed += f" - {writer.label('updated').format(time=changed)}"
    return page.fill(
        "<div{c_byline}><span{c_author}>{by}</span> <span{c_date}>{date}</span></div>",
        by=escape(by, quote=False),
        date=printed,
    )


def _figure(page: _Page, place: int) -> str:
    picture = _picture(page, page.story.number * 10 + place)
    if not page.has("captions"):
        return picture
    writer = page.writer
    caption = f"{writer.write('headline')}. {writer.label('photo')} {writer.person()}"
    tags = ("div", "small") if page.layout.legacy else ("figure", "figcaption")
    return page.fill(
        "<{outer}{c_figure}>{picture}<{tag}>{caption}</{tag}></{outer}>\n",
        outer=tags[0],
        tag=tags[1],
        picture=picture,
        caption=escape(caption, quote=False),
    )


def _picture(page: _Page, number: int) -> str:
    if page.layout.legacy:
        return f'<img alt="" src="/pictures/{number}/320.jpg" width="320" border="0">'
    sizes = (320, 640, 1024)
    sources = ", ".join(f"/pictures/{number}/{width}.webp {width}w" for width in sizes)
    return (
        f'<picture><source type="image/webp" srcset="{sources}"><img alt="" '
        f'loading="lazy" src="/pictures/{number}/640.jpg" width="640" height="360">'
        "</picture>"
    )


def _foot(page: _Page) -> str:
    """What stands under the text and still in the article's element."""
    writer, when = page.writer, page.story.published
    line = writer.label("published").format(date=writer.day(when), time=f"{when:%H:%M}")
    tags = [writer.town() for _ in range(page.chance.randint(2, 6))]
    links = " ".join(f'<a href="/tag/{n}">{escape(t)}</a>' for n, t in enumerate(tags))
    return (
        page.box("published", line=escape(line))
        + page.box("source", number=str(page.story.number))
        + page.box("tags", links=links)
        + "".join(_author_box(page, name) for name in page.article.authors)
    )


def _author_box(page: _Page, name: str) -> str:
    chance = _chance(page.plan.seed, "author", name)
    writer = Writer(page.plan.language, chance)
    about = writer.label("about").format(
        name=name, town=writer.town(), year=chance.randint(1996, 2022)
    )
    return page.box(
        "author_box",
        picture=_picture(page, chance.randrange(999)),
        name=escape(name),
        about=escape(about, quote=False),
    )


# What stands round it


def _others(page: _Page, count: int) -> Sequence[Story]:
    """Other articles of the site, as they were chosen for this page."""
    numbers = [
        number
        for number in range(page.plan.stories)
        if number != page.story.number and not is_listing(number)
    ]
    return [page.site.story(each) for each in page.chance.sample(numbers, count)]


def _link(page: _Page, told: Story) -> str:
    tracking = ""
    if page.has("tracking"):
        tracking = f' data-track=\'{{"id":{told.number},"module":"teaser"}}\''
    href, title = escape(told.url), escape(told.title, quote=False)
    return f'<a href="{href}"{tracking}>{title}</a>'


def _cards(page: _Page, news: Iterable[Story], *, with_teasers: bool) -> str:
    return "".join(
        page.fill(
            CARD,
            picture=_picture(page, told.number * 10),
            link=_link(page, told),
            teaser=f"<p>{escape(told.teaser, quote=False)}</p>" if with_teasers else "",
        )
        for told in news
    )


def _related(page: _Page, count: int) -> str:
    return page.fill(
        "<div{c_related}><h4>{t_related_v}</h4><ul>\n{cards}</ul></div>\n",
        cards=_cards(page, _others(page, count), with_teasers=page.has("teasers")),
    )


def _listing(page: _Page) -> str:
    return page.fill(
        "<div{c_list}><h1>{title}</h1><ul>\n{cards}</ul></div>\n",
        title=escape(page.story.title),
        cards=_cards(page, _others(page, 18), with_teasers=True),
    )


def _nav(page: _Page) -> str:
    """Sections, then places: the same on every page."""
    writer = Writer(page.plan.language, _chance(page.plan.seed, "nav"))
    sections = writer.words("section")
    more = page.plan.nav_links - len(sections)
    names = [*sections, *(writer.town() for _ in range(more))]
    template = '<li{}><a href="/section-{}/"><span>{}</span></a></li>\n'
    if page.layout.frame == "table":
        template = '<a{} href="/section-{}/">{}</a><br>\n'
    item = page.site.class_of(page.design, "item")
    items = "".join(
        template.format(item, number, escape(name)) for number, name in enumerate(names)
    )
    if page.layout.frame == "table":
        return items
    return page.fill("<nav{c_nav}><ul>\n{items}</ul></nav>", items=items)


def _clock(page: _Page) -> str:
    today = page.writer.day(page.captured_at)
    if page.has("time_element"):
        today = f'<time datetime="{page.captured_at.isoformat()}">{today}</time>'
    return page.box("clock", today=today)


def _ribbon(page: _Page) -> str:
    """The latest headlines: new ones each hour, the same on all pages of an hour."""
    if page.plan.ribbon is None:
        return ""
    hour = int(page.captured_at.timestamp()) // 3600
    count = _chance(page.plan.seed, "ribbon").randint(12, 30)
    newest = hour * NEWS_PER_HOUR
    news = [page.site.story(newest - place) for place in range(count)]
    return page.fill(
        "<div{c_ribbon}><b>{t_ribbon_0}</b> {items}</div>\n",
        items=_ribbon_items(page, news),
    )


def _ribbon_items(page: _Page, news: Sequence[Story]) -> str:
    if page.plan.ribbon == "links":
        return f"<ul>{''.join(f'<li>{_link(page, told)}</li>' for told in news)}</ul>"
    text = NO_BREAK_SPACES.join(escape(told.title, quote=False) for told in news)
    return f"<p>{text}</p>" if page.plan.ribbon == "paragraphs" else text


def _rail(page: _Page) -> str:
    related = _related(page, 6) if page.plan.related == "rail" else ""
    return related + _most_read(page) + page.box("newsletter")


def _most_read(page: _Page) -> str:
    """All pages of a day have the same list."""
    chance = _chance(page.plan.seed, "most read", page.captured_at.date())
    numbers = chance.sample(range(page.plan.stories), 10)
    news = [page.site.story(number) for number in numbers if not is_listing(number)]
    items = "".join(f"<li>{_link(page, told)}</li>" for told in news)
    return page.box("most_read", items=items)


def _below(page: _Page) -> str:
    related = _related(page, 6) if page.plan.related == "below" else ""
    sections = page.chance.sample(range(1, 16), page.plan.promos)
    promos = "".join(_promo(page, section) for section in sections)
    comments = _comments(page) if page.is_article else ""
    return related + comments + promos


def _promo(page: _Page, section: int) -> str:
    return page.fill(
        "<section{c_promo}><h3>{name}</h3><ul>\n{cards}</ul></section>\n",
        name=escape(page.writer.words("section")[section]),
        cards=_cards(page, _others(page, 4), with_teasers=False),
    )


def _comments(page: _Page) -> str:
    count = page.chance.choice((0, 0, 2, 4, 9))
    items = "".join(_comment(page) for _ in range(count))
    return page.box("comments", count=str(count), items=items)


def _comment(page: _Page) -> str:
    writer = page.writer
    texts = [writer.write("comment") for _ in range(page.chance.randint(1, 3))]
    return page.fill(
        COMMENT,
        name=escape(writer.person()),
        day=writer.day(page.story.published),
        text=escape(" ".join(texts), quote=False),
    )


# How it is written


def _record(page: Capture) -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=False, warc_version="1.1")
    headers = StatusAndHeaders(
        "200 OK",
        [
            ("Content-Type", page.content_type),
            ("Content-Length", str(len(page.html))),
            ("Cache-Control", "max-age=60"),
        ],
        protocol="HTTP/1.1",
    )
    record_id = uuid.uuid5(uuid.NAMESPACE_URL, page.url)
    record = writer.create_warc_record(
        page.url,
        "response",
        payload=io.BytesIO(page.html),
        length=len(page.html),
        http_headers=headers,
        warc_headers_dict={
            "WARC-Record-ID": f"<urn:uuid:{record_id}>",
            "WARC-Date": page.captured_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    )
    writer.write_record(record)
    return buffer.getvalue()


def _file(page: GeneratedPage) -> str:
    return f"pages/{page.id}.html.gz"


def _truth_row(page: GeneratedPage) -> Mapping[str, Any]:
    truth = page.truth
    row: dict[str, Any] = {
        "id": page.id,
        "file": _file(page),
        "url": page.url,
        "kind": "body" if truth.is_article else PAGE_TYPE,
        "site": page.site,
        "layout": truth.layout,
    }
    if not truth.is_article:
        return row | {"page_type": "listing"}
    parts = [truth.lead, *truth.text]
    return row | {
        "body": "\n\n".join(part for part in parts if part),
        "title": truth.title,
        "authors": truth.authors,
        "date": truth.date,
        "lang": truth.language,
    }


def with_truth(pages: Iterable[GeneratedPage], path: Path) -> Iterator[GeneratedPage]:
    """The same pages; what is true of them is written while they pass."""
    with path.open("w", encoding="utf-8") as lines:
        for page in pages:
            print(json.dumps(_truth_row(page), ensure_ascii=False), file=lines)
            yield page


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages of some sites as an archive, or as a labelled set."""
    parser = argparse.ArgumentParser(prog="benchmarks.site_pages", description=__doc__)
    parser.add_argument("archive", type=Path, nargs="?", help="OUT.warc.gz")
    parser.add_argument("--folder", type=Path, help="write a labelled set there")
    parser.add_argument(
        "--truth", type=Path, help="what is true of the archive's pages"
    )
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--pages", type=int, default=104, help="of each site")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    if (arguments.archive is None) is (arguments.folder is None):
        parser.error("either an archive or --folder")
    chosen = plans(arguments.sites, arguments.pages, arguments.seed)
    pages = chain.from_iterable(map(iter_pages, chosen))
    if arguments.folder is not None:
        count = write_folder(arguments.folder, pages)
    else:
        told = pages if arguments.truth is None else with_truth(pages, arguments.truth)
        count = write_archive(arguments.archive, told)
    print(f"{count} pages of {arguments.sites} sites")
    return 0


if __name__ == "__main__":
    sys.exit(main())
