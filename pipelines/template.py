"""What was learnt of a site, put to use on a page: cuts, and where the article sits.

A template is used on pages of its own site only. Lines that the site repeats are cut
from every page. Where one of its layouts fits, the article is read from the places
where the site's articles stand, and checked by signs that cost nothing; else the
generic path finds it, and provenance says why.
"""

import functools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from lxml import etree

from pipelines.blocks import (
    SKIPPED_TAGS,
    Block,
    Region,
    Role,
    fold_blanks,
    letters,
    line_key,
)
from pipelines.drafts import LINE_RULE, Cut, CutPiece, Draft
from pipelines.extract import NOT_MAIN_RULE, Extraction
from pipelines.features import is_mostly_links, is_paragraph
from pipelines.lead import find_lead
from pipelines.metadata import Head, Metadata
from pipelines.metadata.jsonld import strings_of
from pipelines.phrases import is_phrase
from pipelines.sites import host_of
from schemas.config import TemplateConfig
from schemas.page import Page
from schemas.provenance import TemplateCheck
from schemas.template import DatedLine, LearntPhrase, RepeatedLine, SiteTemplate

PATH_RULE = "template:path"
REGION_RULE = "template:region"

UNNAMED_TAGS = frozenset(
    "p h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote table tbody tr td th pre".split()
)
"""Elements of running text, as they stand in a path if they have no class and no id."""

SUBHEAD_TAGS = frozenset({"h2", "h3", "h4", "h5", "h6"})

MAX_DATED_CHARS = 120
"""A line that dates an article is no longer (as in `pipelines.learn`)."""

NOTICE_RATIO = 0.5
"""Share of a site's articles on which a paragraph among those of the text is a notice;
on fewer it is what a newsroom tells again in each article of a story."""

ID_DIGITS = 8
"""Digits of an article's id that decide whether it is read a second way."""

HIGHEST_ID = 16.0**ID_DIGITS


_TEXTS = etree.XPath("descendant::text()", smart_strings=False)


@dataclass(frozen=True, slots=True)
class KnownLayout:
    """A layout with its paths at hand; of each, on how many articles it was seen."""

    name: str
    container: str
    usual_letters: int
    agreement: float
    title_path: str | None
    """Where the headline stands, if it does on most pages."""

    text_paths: Mapping[str, int]
    other_paths: Mapping[str, int]
    holders: frozenset[str]
    """The text's places, and the elements right above."""


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A template with all that is looked up in it at hand."""

    digest: str
    articles: int
    lines: Mapping[str, RepeatedLine]
    """By their keys (`line_key`)."""

    text_paths: frozenset[str]
    """Where the articles' text stands, in any layout."""

    regions: Mapping[str, int]
    phrases: tuple[LearntPhrase, ...]
    dated_lines: tuple[DatedLine, ...]
    layouts: tuple[KnownLayout, ...]
    names: frozenset[str] = frozenset()
    """Letters of what the site calls itself."""

    def repeats(
        self, block: Block, text_paths: Collection[str] = frozenset()
    ) -> int | None:
        """On how many articles a line stands, whole or but for name and date.

        None for one that does not repeat, and for one that is an article's own where it
        stands, since others quote it elsewhere.

        Args:
            block: The line.
            text_paths: Where articles stand, besides the layouts that are known.
        """
        is_text = block.path in self.text_paths or block.path in text_paths
        line = self.lines.get(line_key(block.text))
        if line is None:
            # Among the paragraphs such words are a sentence.
            return None if is_text else _dated(block.text, self)
        if is_text and (
            block.path not in line.paths or self._is_background(block, line)
        ):
            return None
        return line.articles

    def _is_background(self, block: Block, line: RepeatedLine) -> bool:
        """Whether a paragraph among others may be told in several articles."""
        return line.articles < NOTICE_RATIO * self.articles and is_paragraph(block)


@dataclass(frozen=True, slots=True)
class ArticleSigns:
    """What the page says of its article besides the text."""

    title: str
    description: str
    body: str
    """`articleBody` of its JSON-LD, empty if it gives none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a page by a template."""

    check: TemplateCheck
    extraction: Extraction | None = None
    """The article, if the template fits."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What stands where the articles do, and beside, in letters."""

    size: int
    linked: float
    unknown: int


def template_for(page: Page, template: SiteTemplate | None) -> KnownSite | None:
    """What is known of the page's site; None where the template is another site's.

    A page without an address is of the site that the caller says, who gave the
    template.
    """
    if template is None or host_of(page.url) not in {None, template.site}:
        return None
    return _known(template)


@functools.lru_cache(maxsize=200)
def _known(template: SiteTemplate) -> KnownSite:
    """A pure function of its argument, so that the cache cannot change a result."""
    return KnownSite(
        digest=template.file_digest,
        articles=template.articles,
        lines={line.letters: line for line in template.lines},
        text_paths=frozenset(
            each.path for layout in template.layouts for each in layout.text_paths
        ),
        regions={region.path: region.articles for region in template.regions},
        phrases=template.phrases,
        names=frozenset(letters(name.text) for name in template.names),
        dated_lines=template.dated_lines,
        layouts=tuple(
            KnownLayout(
                name=layout.name,
                container=layout.container,
                usual_letters=layout.usual_letters,
                agreement=layout.agreement,
                title_path=layout.fields.get(Role.TITLE.value),
                text_paths={each.path: each.articles for each in layout.text_paths},
                other_paths={each.path: each.articles for each in layout.other_paths},
                holders=frozenset(
                    holder
                    for each in layout.text_paths
                    for holder in (each.path, each.path.rpartition("/")[0])
                ),
            )
            for layout in template.layouts
        ),
    )


def cut_regions(regions: Iterable[Region], known: KnownSite) -> list[CutPiece]:
    """The text of regions, cut.

    Scripts, buttons and the like, which `segment` passes over, are taken out of the
    regions; nothing is read from there any more.
    """
    pieces = []
    for region in regions:
        etree.strip_elements(region.element, *SKIPPED_TAGS, with_tail=False)
        raw = " ".join(cast("list[str]", _TEXTS(region.element)))
        text = fold_blanks(raw)
        if text:
            tag = str(region.element.tag)
            block = Block(text=text, raw=raw, path=region.path, tag=tag)
            cut = Cut(REGION_RULE, (text,), known.regions[region.path])
            pieces.append(CutPiece(region.place, block, cut))
    return pieces


def text_paths_of(draft: Draft, known: KnownSite) -> frozenset[str]:
    """Where open text stands that the site does not repeat."""
    blocks = (draft.blocks[index] for index in draft.open_indices())
    return frozenset(each.path for each in blocks if known.repeats(each) is None)


def cut_repeated(
    draft: Draft, known: KnownSite, text_paths: Collection[str] = frozenset()
) -> Draft:
    """The draft less the lines that the site repeats, whole or but for name and date.

    The headline stays, and whatever else is kept already. Of what was cut for no better
    reason than not being found to be the article's, the cut now says why.

    Args:
        draft: The draft.
        known: The site.
        text_paths: Where the article stands, as far as it was found (`text_paths_of`).
            A subhead among what was found stays: "Pros" and "Cons" may stand in every
            review of a site.
    """
    cuts = {}
    for index, block in enumerate(draft.blocks):
        cut = draft.cuts.get(index)
        is_decided = cut is not None and cut.rule != NOT_MAIN_RULE
        if is_decided or index in draft.roles or index in draft.phrases:
            continue
        is_subhead = cut is None and bool(text_paths) and block.tag in SUBHEAD_TAGS
        articles = None if is_subhead else known.repeats(block, text_paths)
        if articles is not None:
            cuts[index] = Cut(LINE_RULE, (block.text,), articles)
    return replace(draft, cuts={**draft.cuts, **cuts}) if cuts else draft


def name_phrases(draft: Draft, known: KnownSite) -> Draft:
    """The draft in which the cuts of learnt phrases say that they are learnt."""
    counts = {each.element: each.articles for each in reversed(known.phrases)}
    named = {
        index: replace(
            cut,
            rule=f"template:{cut.rule}",
            articles=counts[draft.phrases[index].element],
        )
        for index, cut in draft.cuts.items()
        if index in draft.phrases and draft.phrases[index].element in counts
    }
    return replace(draft, cuts={**draft.cuts, **named}) if named else draft


def read_by_template(
    draft: Draft, known: KnownSite, article: ArticleSigns, config: TemplateConfig
) -> Reading:
    """The article, read from where the site's articles stand, if a layout fits.

    Args:
        draft: The page's blocks; the lines that the site repeats are cut, the headline
            has its role.
        known: The site.
        article: What the page's metadata says of its article.
        config: What is asked of the page.

    Returns:
        The extraction, in which all else is cut: with `template:path` what stands at a
        place that is known from other articles, and is none of theirs. If no layout
        fits, why not.
    """
    sizes = {i: len(letters(draft.blocks[i].text)) for i in draft.open_indices()}
    layout = _fitting(draft, sizes, known)
    if layout is None:
        return Reading(TemplateCheck.NO_LAYOUT)
    if not article.title or not _has_headline(draft, layout):
        return Reading(TemplateCheck.NO_TITLE)
    chosen = {i for i in sizes if draft.blocks[i].path in layout.text_paths}
    unknown = {i for i in sizes if _is_unknown(draft.blocks[i], layout)}
    inside = {i for i in unknown if _is_inside(draft.blocks[i], layout)}
    read = _Read(
        size=sum(sizes[i] for i in chosen),
        linked=sum(sizes[i] * draft.blocks[i].link_ratio for i in chosen),
        unknown=sum(sizes[i] for i in unknown),
    )
    check = _check(read, layout, len(letters(article.body)), config)
    if check is not TemplateCheck.FITS:
        return Reading(check)
    chosen |= {i for i in inside if _is_article_text(draft.blocks[i], layout)}
    return Reading(check, _extraction(draft, chosen, layout, article))


def signs_of(metadata: Metadata, head: Head) -> ArticleSigns:
    """What metadata says of the article, as `read_by_template` wants it."""
    bodies = strings_of(head.article.get("articleBody"))
    return ArticleSigns(
        metadata.title or "", metadata.description or "", " ".join(bodies)
    )


def is_checked(article_id: str, config: TemplateConfig) -> bool:
    """Whether an article is one of those that are read on the generic path too.

    Args:
        article_id: `Article.id`, a digest of its address: the same in each run.
        config: How many are.
    """
    number = int(article_id[:ID_DIGITS], 16)
    return number / HIGHEST_ID < config.check_ratio


def agreement(text: Iterable[Block], other: Iterable[Block]) -> float:
    """How much two readings of a page have in common: Dice coefficient of letters."""
    sizes, others = _sizes(text), _sizes(other)
    whole = sizes.total() + others.total()
    return round(2 * (sizes & others).total() / whole, 4) if whole else 1.0


def _sizes(blocks: Iterable[Block]) -> Counter[str]:
    """Letters of each text, as often as it stands there."""
    sizes: Counter[str] = Counter()
    for block in blocks:
        sizes[line_key(block.text)] += len(letters(block.text))
    return sizes


def _dated(text: str, known: KnownSite) -> int | None:
    if len(text) > MAX_DATED_CHARS:
        return None
    return next(
        (p.articles for p in known.dated_lines if is_phrase(text, p.text)), None
    )


def _fitting(
    draft: Draft, sizes: Mapping[int, int], known: KnownSite
) -> KnownLayout | None:
    """The layout at whose places most text stands; None if none has any."""
    best, most = None, 0
    for layout in known.layouts:
        paths = layout.text_paths
        here = sum(n for i, n in sizes.items() if draft.blocks[i].path in paths)
        if here > most:
            best, most = layout, here
    return best


def _has_headline(draft: Draft, layout: KnownLayout) -> bool:
    """Whether something stands where the site's articles have their headline."""
    path = layout.title_path
    return path is None or any(block.path == path for block in draft.blocks)


def _is_unknown(block: Block, layout: KnownLayout) -> bool:
    """Whether it may be the article's: it stands at a place that was not learnt.

    Outside of the container only a paragraph may be.
    """
    is_known = block.path in layout.text_paths or block.path in layout.other_paths
    return not is_known and (_is_inside(block, layout) or is_paragraph(block))


def _is_inside(block: Block, layout: KnownLayout) -> bool:
    return f"{block.path}/".startswith(f"{layout.container}/")


def _is_article_text(block: Block, layout: KnownLayout) -> bool:
    """Whether a block at an unknown place in the container is taken for text.

    A paragraph is; and what stands among the paragraphs in elements without a name: a
    list, a subheading, a quotation.
    """
    if is_mostly_links(block):
        return False
    path = block.path
    while path.rpartition("/")[2] in UNNAMED_TAGS and path not in layout.holders:
        path = path.rpartition("/")[0]
    return path in layout.holders or is_paragraph(block)


def _check(
    read: _Read, layout: KnownLayout, body_size: int, config: TemplateConfig
) -> TemplateCheck:
    if read.size < config.min_length_ratio * layout.usual_letters:
        return TemplateCheck.TEXT_SHORT
    if read.linked > config.max_link_ratio * read.size:
        return TemplateCheck.LINK_DENSE
    if read.unknown > config.max_unknown_ratio * read.size:
        return TemplateCheck.UNKNOWN_TEXT
    if read.size < config.min_body_ratio * body_size:
        return TemplateCheck.BODY_DIFFERS
    return TemplateCheck.FITS


def _extraction(
    draft: Draft, chosen: set[int], layout: KnownLayout, article: ArticleSigns
) -> Extraction:
    """The draft with lead and text open, all else cut."""
    indices = draft.open_indices()
    title_at = min(draft.roles, default=None)
    leads = find_lead(draft.blocks, indices, chosen, title_at, article.description)
    draft = draft.with_role(leads, Role.LEAD)
    cuts = {}
    for index in indices:
        block = draft.blocks[index]
        articles = layout.other_paths.get(block.path)
        rule = NOT_MAIN_RULE if articles is None else PATH_RULE
        if index not in chosen:
            cuts[index] = Cut(rule, (block.text,), articles)
    return Extraction(draft.with_cuts(cuts), f"template:{layout.name}", None)
