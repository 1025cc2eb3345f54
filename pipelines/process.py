"""process_page(): one page to one record, the whole sequence on one screen.

The live crawl, the replay of an archive and the readers of dumps all call it. It is a
pure function: no clock, no network, no memory of other pages.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date
from typing import cast

from pipelines.blocks import (
    Block,
    Element,
    Region,
    Role,
    blank_out,
    segment,
    segment_lines,
    segment_outside,
)
from pipelines.clean import clean, cut_structure, prune
from pipelines.drafts import LINE_RULE, CutPiece, Draft, build_draft
from pipelines.extract import (
    Extraction,
    Fit,
    extract_all,
    extract_by_layout,
    extract_by_model,
    fit_layout,
    recover_hidden_text,
)
from pipelines.html import DecodedText, decode, parse
from pipelines.language import Language, count_words, detect_language
from pipelines.listing import listing_signs
from pipelines.metadata import (
    Head,
    Metadata,
    read_head,
    read_metadata,
    title_index,
)
from pipelines.metadata.fields import read_images
from pipelines.opt_outs import add_meta_opt_outs, obeyed
from pipelines.page_features import PageView
from pipelines.page_kind import kind_signs
from pipelines.phrases import Wording
from pipelines.sites import host_of, url_key
from pipelines.template import (
    KnownSite,
    agreement,
    cut_regions,
    cut_repeated,
    is_checked,
    name_phrases,
    read_by_template,
    signs_of,
    template_for,
    text_paths_of,
)
from pipelines.validate import Findings, broken_rules
from pipelines.versions import version_of
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.page import Page, PageKind
from schemas.provenance import Provenance, TemplateCheck
from schemas.rejection import BrokenRule, Rejection, RejectionReason
from schemas.site import SiteDefinition
from schemas.template import SiteTemplate

FIRST_OK, FIRST_REDIRECT = 200, 300


@dataclass(frozen=True, slots=True)
class Examination:
    """A page's outcome with all that led to it, for `explain`."""

    outcome: Article | Rejection
    draft: Draft = field(default_factory=lambda: Draft(()))
    metadata: Metadata | None = None
    extraction: Extraction | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page of which all is known but where its main text stands."""

    head: Head
    fit: Fit | None
    draft: Draft
    metadata: Metadata
    pieces: tuple[CutPiece, ...] = ()
    """What a template cut before there were blocks."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a page is judged by."""

    site: SiteDefinition | None
    known: KnownSite | None
    config: PipelineConfig


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a page falls into."""

    head: Head
    fit: Fit | None
    blocks: tuple[Block, ...]


def process_page(
    page: Page,
    site: SiteDefinition | None,
    template: SiteTemplate | None,
    config: PipelineConfig,
) -> Article | Rejection:
    """The article of a page, or why it has none.

    Args:
        page: The page as it was received.
        site: The definition of its site; None: the generic path.
        template: What was learnt of the site, None if nothing was. One of another host
            changes nothing.
        config: All thresholds.

    Returns:
        An article, or a rejection with the first broken rule as its reason and all
        others in `also`. The same arguments give the same record, byte for byte.
    """
    return examine_page(page, site, template, config).outcome


def reject_page(
    page: Page,
    broken: BrokenRule,
    site: SiteDefinition | None,
    config: PipelineConfig,
) -> Rejection:
    """The rejection of a page for what was seen before it could be processed."""
    return _Bench(page, site, None, config).rejection((broken,))


def examine_page(
    page: Page,
    site: SiteDefinition | None,
    template: SiteTemplate | None,
    config: PipelineConfig,
) -> Examination:
    """The same as `process_page`, with every block and what was decided of it."""
    bench = _Bench(page, site, template, config)
    unfit = _unfit(page, config)
    if unfit is not None:
        return Examination(bench.rejection((unfit,)))
    decoded = decode(page.body, page.content_type)
    bench.decoded = decoded
    if not decoded.text.strip():
        return Examination(bench.rejection((BrokenRule(reason=RejectionReason.EMPTY),)))
    if page.kind is PageKind.TEXT:
        return _examine_text(bench, decoded)
    tree = parse(decoded.text)
    if tree is None:
        detail = "the markup cannot be read as a tree"
        unfit = BrokenRule(reason=RejectionReason.UNDECODABLE, detail=detail)
        return Examination(bench.rejection((unfit,)))
    return _examine_tree(bench, decoded.text, tree)


def _examine_text(bench: "_Bench", decoded: DecodedText) -> Examination:
    """A text dump: its lines are the blocks, and all that is not cut is the article."""
    parts = _Parts(Head(), None, segment_lines(decoded.text))
    ready = _prepared(bench.page, None, parts, bench.rules)
    known = bench.rules.known
    draft = cut_repeated(ready.draft, known) if known is not None else ready.draft
    return _finish(bench, extract_all(draft), ready, None)


def _examine_tree(bench: "_Bench", text: str, tree: Element) -> Examination:
    """A page of HTML: by the site's layout, its template, or the generic path."""
    known = bench.rules.known
    if known is None or not known.layouts:
        return _examine_generic(bench, tree)
    if fit_layout(tree, bench.rules.site, _day_of(bench.page)) is not None:
        return _examine_generic(bench, tree)
    blocks, regions = segment_outside(tree, known.regions)
    if not any(block.path in known.text_paths for block in blocks):
        bench.template_check = TemplateCheck.NO_LAYOUT
        return _examine_generic(bench, tree)
    read = _examine_by_template(bench, tree, known, blocks, regions)
    if read is not None and not _is_checked(read, bench.rules.config):
        return read
    # The tree is not what it was.
    generic = _examine_generic(bench, cast("Element", parse(text)))
    return generic if read is None else _compared(read, generic)


def _examine_generic(bench: "_Bench", tree: Element) -> Examination:
    """By a layout of the site definition, else by a model."""
    ready = _ready(bench.page, tree, bench.rules)
    if ready.fit is not None:
        extraction = extract_by_layout(ready.draft, ready.fit)
    else:
        effort = bench.rules.config.extraction.effort
        title = ready.metadata.title
        found = extract_by_model(ready.draft, tree, title, ready.head, effort)
        extraction = recover_hidden_text(found, tree, ready.head)
    known = bench.rules.known
    if known is not None:
        # Only now: the model knows pages with all their lines.
        text_paths = text_paths_of(extraction.draft, known)
        draft = cut_repeated(extraction.draft, known, text_paths)
        extraction = replace(extraction, draft=draft)
    return _finish(bench, extraction, ready, tree)


def _examine_by_template(
    bench: "_Bench",
    tree: Element,
    known: KnownSite,
    blocks: tuple[Block, ...],
    regions: tuple[Region, ...],
) -> Examination | None:
    """By a layout of the template; None if none fits.

    Ribbons and the like are blanked out in the tree.
    """
    page, rules = bench.page, bench.rules
    head = read_head(tree, page.url)
    ready = _prepared(page, tree, _Parts(head, None, blocks), rules)
    signs = signs_of(ready.metadata, head)
    draft = cut_repeated(ready.draft, known)
    reading = read_by_template(draft, known, signs, rules.config.template)
    bench.template_check = reading.check
    if reading.extraction is None:
        return None
    # Metadata is read from the whole tree; this takes something out of it.
    ready = replace(ready, pieces=tuple(cut_regions(regions, known)))
    read = _finish(bench, reading.extraction, ready, tree)
    if isinstance(read.outcome, Rejection):
        bench.template_check = TemplateCheck.REJECTED
        return None
    return read


def _is_checked(read: Examination, config: PipelineConfig) -> bool:
    """Whether an article is one of those that are read a second way."""
    outcome = read.outcome
    return isinstance(outcome, Article) and is_checked(outcome.id, config.template)


def _compared(read: Examination, generic: Examination) -> Examination:
    """What was read by a template, with how much of it the generic path takes too."""
    share = agreement(
        read.draft.kept_blocks(Role.TEXT), generic.draft.kept_blocks(Role.TEXT)
    )
    made = read.outcome.provenance
    if made is not None:
        made = made.model_copy(update={"template_agreement": share})
    return replace(read, outcome=read.outcome.model_copy(update={"provenance": made}))


def prepare(
    page: Page, tree: Element, site: SiteDefinition | None, config: PipelineConfig
) -> Prepared:
    """A page of HTML up to where its main text is looked for.

    Args:
        page: The page.
        tree: Its tree; what is cut is blanked out in it.
        site: Its site definition, if there is one.
        config: All thresholds.
    """
    return _ready(page, tree, _Rules(site, None, config))


def _ready(page: Page, tree: Element, rules: "_Rules") -> Prepared:
    head = read_head(tree, page.url)
    fit = fit_layout(tree, rules.site, _day_of(page))
    blocks = segment(tree, fit.labels if fit is not None else None)
    return _prepared(page, tree, _Parts(head, fit, blocks), rules)


def _prepared(
    page: Page, tree: Element | None, parts: "_Parts", rules: "_Rules"
) -> Prepared:
    """A page pruned, and read for metadata."""
    site, known, config = rules.site, rules.known, rules.config
    draft = prune(_drafted(parts.blocks, rules), config)
    printed = draft.without_cuts(LINE_RULE)
    if tree is not None:
        blank_out(
            cut=(draft.blocks[index] for index in printed.cuts),
            kept=(draft.blocks[index] for index in printed.open_indices()),
        )
    heads = [parts.head]
    if known is not None and known.names:
        site_names = parts.head.site.with_names(known.names)
        heads.insert(0, replace(parts.head, site=site_names))
    for head in heads:
        metadata = read_metadata(page, draft, head, tree, site)
        # A title that many articles have is better than none.
        if metadata.title is not None:
            break
    draft = _with_title(printed, metadata.title)
    if tree is not None:
        draft = cut_structure(draft, config)
    if known is not None and site is None:
        draft = name_phrases(draft, known)
    return Prepared(head, parts.fit, draft, metadata)


def _drafted(blocks: tuple[Block, ...], rules: "_Rules") -> Draft:
    """The draft with the site's phrases apart, and the lines cut that it repeats."""
    site, known = rules.site, rules.known
    named: tuple[Wording, ...] = site.phrases if site is not None else ()
    if known is None:
        return build_draft(blocks, named, rules.config.ribbon)
    repeated = {block.text for block in blocks if known.repeats(block)}
    phrases = (*named, *known.phrases)
    return cut_repeated(
        build_draft(blocks, phrases, rules.config.ribbon, repeated), known
    )


def _with_title(draft: Draft, title: str | None) -> Draft:
    index = title_index(draft, title) if title is not None else None
    return draft if index is None else draft.with_role((index,), Role.TITLE)


def _day_of(page: Page) -> date | None:
    return page.fetched_at.date() if page.fetched_at else None


def _finish(
    bench: "_Bench", extraction: Extraction, ready: Prepared, tree: Element | None
) -> Examination:
    """Clean what was found, judge it, and make the record."""
    bench.extraction = extraction
    config, metadata, head = bench.rules.config, ready.metadata, ready.head
    draft = cut_structure(extraction.draft, config)
    draft = clean(draft, config, metadata.authors)
    draft = draft.with_role(draft.open_indices(), Role.TEXT)
    text = "\n\n".join(draft.texts(Role.TEXT))
    url = bench.page.url or head.canonical_url
    signs = listing_signs(draft, head, url, bench.rules.site, config.validation)
    if tree is not None and not extraction.is_by_place:
        judgement = extraction.judgement
        scores = judgement.scores if judgement is not None else {}
        view = PageView(draft, head, metadata, tree, bench.page.url, scores)
        signs += kind_signs(view, config.validation)
    draft = draft.with_inserted(ready.pieces)
    opt_outs = add_meta_opt_outs(bench.page.opt_outs, head.meta)
    findings = Findings(
        metadata.title,
        text,
        metadata.access,
        signs,
        obeyed(opt_outs, config.opt_outs.obey),
    )
    broken = broken_rules(findings, config.validation)
    if broken:
        rejection = bench.rejection(broken, metadata.title)
        return Examination(rejection, draft, metadata, extraction)
    language = detect_language(text, config.language)
    article = bench.article(draft, metadata, head, tree, language)
    return Examination(article, draft, metadata, extraction)


def _unfit(page: Page, config: PipelineConfig) -> BrokenRule | None:
    """What can be said of a page before it is read."""
    status = page.http_status
    if status is not None and not FIRST_OK <= status < FIRST_REDIRECT:
        return BrokenRule(
            reason=RejectionReason.HTTP_STATUS, measured=status, limit=FIRST_OK
        )
    limit = config.limits.max_page_bytes
    if len(page.body) > limit:
        return BrokenRule(
            reason=RejectionReason.TOO_LARGE, measured=len(page.body), limit=limit
        )
    return None


class _Bench:
    """What one page is worked on with; builds its records and their provenance."""

    def __init__(
        self,
        page: Page,
        site: SiteDefinition | None,
        template: SiteTemplate | None,
        config: PipelineConfig,
    ) -> None:
        self.page = page
        self.rules = _Rules(site, template_for(page, template), config)
        self.decoded: DecodedText | None = None
        self.extraction: Extraction | None = None
        self.template_check: TemplateCheck | None = None

    def rejection(
        self, broken: tuple[BrokenRule, ...], title: str | None = None
    ) -> Rejection:
        first, *others = broken
        return Rejection(
            reason=first.reason,
            measured=first.measured,
            limit=first.limit,
            detail=first.detail,
            also=tuple(others),
            url=self.page.url,
            requested_url=self.page.requested_url,
            site=self._site_name(None),
            title=title,
            fetched_at=self.page.fetched_at,
            provenance=self._provenance(),
        )

    def article(
        self,
        draft: Draft,
        metadata: Metadata,
        head: Head,
        tree: Element | None,
        language: Language,
    ) -> Article:
        page = self.page
        text = "\n\n".join(draft.texts(Role.TEXT))
        kept = [draft.blocks[i] for i, role in draft.roles.items() if role is Role.TEXT]
        published = metadata.published
        return Article(
            id=_article_id(page.url or head.canonical_url, text, self.rules.site),
            url=page.url,
            requested_url=page.requested_url,
            canonical_url=head.canonical_url,
            site=self._site_name(head.canonical_url),
            publisher=metadata.publisher,
            source_url=metadata.source_url,
            title=metadata.title or "",
            lead="\n\n".join(draft.texts(Role.LEAD)) or None,
            description=metadata.description,
            text=text,
            authors=metadata.authors,
            date_published=published.iso,
            date_published_raw=published.raw,
            date_precision=published.precision,
            date_source=published.source,
            date_modified=metadata.date_modified,
            section=metadata.section,
            tags=metadata.tags,
            language=language.code,
            language_score=language.score,
            language_declared=metadata.language_declared,
            images=read_images(head, tree, kept),
            access=metadata.access,
            opt_outs=add_meta_opt_outs(page.opt_outs, head.meta),
            page_type=metadata.page_type,
            word_count=count_words(text),
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            cluster_id=None,
            fetched_at=page.fetched_at,
            warnings=self._warnings(metadata),
            cleaning=draft.cleaning(),
            provenance=self._provenance(),
        )

    def _site_name(self, canonical_url: str | None) -> str | None:
        named = self.rules.site.host if self.rules.site is not None else None
        return host_of(self.page.url) or named or host_of(canonical_url)

    def _warnings(self, metadata: Metadata) -> tuple[str, ...]:
        decoding = self.decoded.warnings if self.decoded is not None else ()
        return (*self.page.warnings, *decoding, *metadata.published.warnings)

    def _provenance(self) -> Provenance:
        decoded, extraction, rules = self.decoded, self.extraction, self.rules
        site, known = rules.site, rules.known
        return Provenance(
            **self.page.source.model_dump(),
            http_status=self.page.http_status,
            html_sha256=hashlib.sha256(self.page.body).hexdigest(),
            encoding=decoded.encoding if decoded else None,
            encoding_source=decoded.source if decoded else None,
            extractor=extraction.extractor if extraction else None,
            extractor_version=extraction.extractor_version if extraction else None,
            extractor_model=extraction.model_digest if extraction else None,
            copydesk_version=version_of("copydesk"),
            site_definition=site.family if site else None,
            site_digest=site.file_digest if site else None,
            template_digest=known.digest if known else None,
            template_check=self.template_check,
            template_agreement=None,
            config_digest=rules.config.digest(),
        )


def _article_id(url: str | None, text: str, site: SiteDefinition | None) -> str:
    """32 hexadecimal digits: of the URL's normal form, else of the text."""
    named = f"text\n{text}" if url is None else f"url\n{url_key(url, site)}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]
