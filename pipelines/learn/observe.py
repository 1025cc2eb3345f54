"""A page as learning sees it: its blocks, and what the generic path made of them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.blocks import (
    LINE_TAG,
    Block,
    Element,
    Role,
    fold_blanks,
    letters,
)
from pipelines.drafts import Draft
from pipelines.extract import NOT_MAIN_RULE
from pipelines.html import decode, parse
from pipelines.metadata import Metadata, read_head
from pipelines.metadata.jsonld import strings_of
from pipelines.process import examine_page
from pipelines.sites import host_of, url_key
from schemas.article import Article, DateSource
from schemas.config import PipelineConfig
from schemas.page import Page, PageKind
from schemas.rejection import Rejection, RejectionReason
from schemas.site import SiteDefinition

FINAL_CUTS = frozenset({NOT_MAIN_RULE})
"""Rules that say only that a block was not found to be the article's; all others know
why they cut, and cut with a template as they do without."""


DECLARED = frozenset(
    {DateSource.JSON_LD, DateSource.META, DateSource.TIME_ELEMENT, DateSource.URL}
)

DAY_CHARS = len("2018-09-20")

MAX_FIELD_CHARS = 120
"""A line that dates or signs is no longer."""

MIN_FIELD_LETTERS = 4

MAX_BLOCKS, MAX_PATH_CHARS = 5_000, 1_500
"""Blocks of a page, and characters of their paths, that are learnt from: the largest of
1,972 pages measured has 2,641 blocks, the longest path 1,031 characters. A page that is
nested thousands of times, or has a million lines, must not fill the memory of the
process that learns."""

ADDRESS_DIGITS = 64
"""Digits of `page_order` that stand for the address."""

MIN_LINK_RATIO = 0.9
"""Share of a block that is one link, from which on the block is that link."""


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """A block of a page."""

    text: str
    path: str
    element: int
    """Number of the element that it is directly in; 0 in a text dump."""

    role: Role | None
    """What the generic path took it for; None: it was cut."""

    is_open: bool
    """Whether a template may decide of it: no rule knows better."""

    link_ratio: float
    leads_to: str | None
    """Where it leads away from the site, if it is one link."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A page on which an article was found."""

    site: str
    """Host that it is of."""

    order: str
    """Its place among others, whatever order they were read in: two digests, of its
    address and of its bytes."""

    captured_at: datetime | None
    title: str
    declared_titles: tuple[str, ...]
    """What the page's head and its JSON-LD give as title."""

    blocks: tuple[SeenBlock, ...]
    fields: Mapping[str, str]
    """Paths of the blocks that hold `title`, `lead`, `authors` and `date`, as far as
    they are known."""

    day: str | None
    """Day of publication by the page's metadata, `YYYY-MM-DD`."""

    @property
    def address(self) -> str:
        """What its address is known by."""
        return self.order[:ADDRESS_DIGITS]

    @property
    def is_dump(self) -> bool:
        """Whether it is a text dump, which has no tree."""
        return all(block.path == LINE_TAG for block in self.blocks)


def page_order(page: Page, site: SiteDefinition | None) -> str:
    """Where a page stands in the order of hashes that samples are drawn by.

    First what names its address, so that the captures of one article stand together
    and a sample holds one of them; then what names its bytes.
    """
    named = page.body if page.url is None else url_key(page.url, site).encode()
    return f"{_digest(named)}{_digest(page.body)}"


def observe(
    page: Page, host: str, site: SiteDefinition | None, config: PipelineConfig
) -> Observation | None:
    """What one page teaches of its site; None if it holds no article.

    Args:
        page: The page.
        host: The site that it is of, which a page without an address does not tell.
        site: The site's definition, if there is one.
        config: All thresholds; the generic path is run with its effort.
    """
    examined = examine_page(page, site, None, config)
    if examined.metadata is None or not _is_article(examined.outcome):
        return None
    draft = examined.draft
    tree = None
    if page.kind is not PageKind.TEXT:
        tree = parse(decode(page.body, page.content_type).text)
    return Observation(
        site=host,
        order=page_order(page, site),
        captured_at=page.fetched_at,
        title=examined.metadata.title or "",
        declared_titles=() if tree is None else _declared_titles(page, tree),
        blocks=tuple(_seen_blocks(draft)),
        fields=dict(_field_paths(draft, examined.metadata)),
        day=_declared_day(examined.metadata),
    )


def _is_article(outcome: Article | Rejection) -> bool:
    """Whether the page holds an article.

    One without a headline too: what the site repeats may be why none was found.
    """
    if isinstance(outcome, Article):
        return True
    return outcome.reason is RejectionReason.HEADLINE_MISSING and not outcome.also


def _declared_titles(page: Page, tree: Element) -> tuple[str, ...]:
    head = read_head(tree, page.url)
    headlines = strings_of(head.article.get("headline"))
    given = (head.title, *head.all("og:title"), *headlines)
    return tuple(dict.fromkeys(filter(None, map(fold_blanks, given))))


def _seen_blocks(draft: Draft) -> Iterator[SeenBlock]:
    for index, block in enumerate(draft.blocks[:MAX_BLOCKS]):
        if len(block.path) <= MAX_PATH_CHARS:
            yield _seen(draft, index)


def _seen(draft: Draft, index: int) -> SeenBlock:
    block = draft.blocks[index]
    cut = draft.cuts.get(index)
    hrefs = [link.href for link in block.links if host_of(link.href) is not None]
    is_link = len(block.links) == 1 and block.link_ratio >= MIN_LINK_RATIO
    return SeenBlock(
        text=block.text,
        path=block.path,
        element=block.ancestors[-1] if block.ancestors else 0,
        role=draft.roles.get(index),
        is_open=cut is None or cut.rule in FINAL_CUTS,
        link_ratio=block.link_ratio,
        leads_to=hrefs[0] if hrefs and is_link else None,
    )


def _field_paths(draft: Draft, metadata: Metadata) -> Iterator[tuple[str, str]]:
    """Where the values of fields are printed: the first short block that holds one."""
    by_role = {role: index for index, role in reversed(list(draft.roles.items()))}
    for role in (Role.TITLE, Role.LEAD):
        if role in by_role:
            yield role.value, draft.blocks[by_role[role]].path
    for name, values in (
        ("authors", metadata.authors[:1]),
        ("date", _given(metadata.published.raw)),
    ):
        path = _path_of(draft.blocks, values)
        if path is not None:
            yield name, path


def _path_of(blocks: Sequence[Block], values: Iterable[str]) -> str | None:
    keys = [letters(value) for value in values]
    return next(
        (
            block.path
            for key in keys
            if len(key) >= MIN_FIELD_LETTERS
            for block in blocks
            if len(block.text) <= MAX_FIELD_CHARS and key in letters(block.text)
        ),
        None,
    )


def _given(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _declared_day(metadata: Metadata) -> str | None:
    """The day that the article has by what is declared, not by what is printed."""
    published = metadata.published
    if published.iso is None or published.source not in DECLARED:
        return None
    return published.iso[:DAY_CHARS]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
