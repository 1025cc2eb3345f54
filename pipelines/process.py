"""process_page(): one page to one record, the whole sequence on one screen.

The live crawl, the replay of an archive and the readers of dumps all call it. It is a
pure function: no clock, no network, no memory of other pages.
"""

import hashlib
from dataclasses import dataclass, field

from pipelines.blocks import Block, Element, Role, blank_out, segment, segment_lines
from pipelines.clean import clean, cut_structure, prune
from pipelines.drafts import Draft, build_draft
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
from pipelines.page_features import PageView
from pipelines.page_kind import kind_signs
from pipelines.sites import host_of, url_key
from pipelines.validate import Findings, broken_rules
from pipelines.versions import version_of
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.page import Page, PageKind
from schemas.provenance import Provenance
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
        template: What was learnt of the site; nothing learns yet, so None.
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
    return _examine_tree(bench, tree)


def _examine_text(bench: "_Bench", decoded: DecodedText) -> Examination:
    """A text dump: its lines are the blocks, and all that is not cut is the article."""
    draft = _pruned(segment_lines(decoded.text), bench.site, bench.config)
    head = Head()
    metadata = read_metadata(bench.page, draft, head, None, bench.site)
    draft = _with_title(draft, metadata.title)
    extraction = extract_all(draft)
    return _finish(bench, extraction, metadata, head, None)


def _examine_tree(bench: "_Bench", tree: Element) -> Examination:
    """A page of HTML: pruned, read for metadata, and searched for its main text."""
    ready = prepare(bench.page, tree, bench.site, bench.config)
    if ready.fit is not None:
        extraction = extract_by_layout(ready.draft, ready.fit)
    else:
        effort = bench.config.extraction.effort
        title = ready.metadata.title
        found = extract_by_model(ready.draft, tree, title, ready.head, effort)
        extraction = recover_hidden_text(found, tree, ready.head)
    return _finish(bench, extraction, ready.metadata, ready.head, tree)


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
    head = read_head(tree, page.url)
    fetched_on = page.fetched_at.date() if page.fetched_at else None
    fit = fit_layout(tree, site, fetched_on)
    blocks = segment(tree, fit.labels if fit is not None else None)
    draft = _pruned(blocks, site, config)
    blank_out(
        cut=(draft.blocks[index] for index in draft.cuts),
        kept=(draft.blocks[index] for index in draft.open_indices()),
    )
    metadata = read_metadata(page, draft, head, tree, site)
    draft = cut_structure(_with_title(draft, metadata.title), config)
    return Prepared(head, fit, draft, metadata)


def _pruned(
    blocks: tuple[Block, ...], site: SiteDefinition | None, config: PipelineConfig
) -> Draft:
    phrases = site.phrases if site is not None else ()
    return prune(build_draft(blocks, phrases, config.ribbon), config)


def _with_title(draft: Draft, title: str | None) -> Draft:
    index = title_index(draft, title) if title is not None else None
    return draft if index is None else draft.with_role((index,), Role.TITLE)


def _finish(
    bench: "_Bench",
    extraction: Extraction,
    metadata: Metadata,
    head: Head,
    tree: Element | None,
) -> Examination:
    """Clean what was found, judge it, and make the record."""
    bench.extraction = extraction
    draft = cut_structure(extraction.draft, bench.config)
    draft = clean(draft, bench.config, metadata.authors)
    draft = draft.with_role(draft.open_indices(), Role.TEXT)
    text = "\n\n".join(draft.texts(Role.TEXT))
    url = bench.page.url or head.canonical_url
    signs = listing_signs(draft, head, url, bench.site, bench.config.validation)
    if tree is not None and not extraction.extractor.startswith("layout:"):
        judgement = extraction.judgement
        scores = judgement.scores if judgement is not None else {}
        view = PageView(draft, head, metadata, tree, bench.page.url, scores)
        signs += kind_signs(view, bench.config.validation)
    findings = Findings(metadata.title, text, metadata.access, signs)
    broken = broken_rules(findings, bench.config.validation)
    if broken:
        rejection = bench.rejection(broken, metadata.title)
        return Examination(rejection, draft, metadata, extraction)
    language = detect_language(text, bench.config.language)
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
        self.site = site
        self.config = config
        self.decoded: DecodedText | None = None
        self.extraction: Extraction | None = None
        self._template = template

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
            id=_article_id(page.url or head.canonical_url, text, self.site),
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
        named = self.site.host if self.site is not None else None
        return host_of(self.page.url) or named or host_of(canonical_url)

    def _warnings(self, metadata: Metadata) -> tuple[str, ...]:
        decoding = self.decoded.warnings if self.decoded is not None else ()
        return (*self.page.warnings, *decoding, *metadata.published.warnings)

    def _provenance(self) -> Provenance:
        decoded, extraction, site = self.decoded, self.extraction, self.site
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
            template_digest=self._template.digest() if self._template else None,
            config_digest=self.config.digest(),
        )


def _article_id(url: str | None, text: str, site: SiteDefinition | None) -> str:
    """32 hexadecimal digits: of the URL's normal form, else of the text."""
    named = f"text\n{text}" if url is None else f"url\n{url_key(url, site)}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]
