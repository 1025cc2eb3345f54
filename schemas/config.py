"""Every threshold of the pipeline: named, with its unit and where it comes from."""

from enum import StrEnum

from pydantic import Field

from schemas.model import FrozenModel


class LimitsConfig(FrozenModel):
    """What one page may cost."""

    max_page_bytes: int = Field(default=10_000_000, gt=0)
    """Bytes of a page after content decoding; the largest of 1,801 pages of news
    sites measured was 2.2 MB."""

    max_record_bytes: int = Field(default=64_000_000, gt=0)
    """Bytes of one archive record or dump line, decompressed; more is not read."""

    page_seconds: float = Field(default=30.0, gt=0)
    """Wall-clock seconds for one page; the slowest measured took 0.7."""


class RibbonConfig(FrozenModel):
    """How a run of headlines is told from prose by its shape.

    Public dumps of the ress family hold ribbons of 12 headlines and more (cut off) and
    48 (whole), parted by four blanks, or by three and more after normalisation.
    """

    min_items: int = Field(default=8, ge=2)
    """Headlines a ribbon has at least."""

    min_gap_chars: int = Field(default=3, ge=2)
    """Blanks that part two headlines at least."""

    min_link_ratio: float = Field(default=0.8, ge=0, le=1)
    """Share of a block's characters that are links, from which on it is a list."""

    min_median_chars: int = Field(default=20, ge=1)
    """Median length of linked headlines; shorter links are a menu."""


class Effort(StrEnum):
    """How much time is spent on finding the article (docs/quality.md has figures)."""

    FAST = "fast"
    """The page's blocks alone."""

    STANDARD = "standard"
    """And what trafilatura keeps in its fast mode."""

    BEST = "best"
    """And what trafilatura, its precision mode and readability keep."""


class ExtractionConfig(FrozenModel):
    """How the article is looked for where no layout says where it stands."""

    effort: Effort = Effort.STANDARD
    """What is asked for each page."""


class LanguageConfig(FrozenModel):
    """How the language of a text is decided."""

    max_chars: int = Field(default=500, ge=100)
    """Characters that are looked at: on 438 texts the first 500 gave the same answer
    as the whole, 3.8 times faster."""

    quick_chars: int = Field(default=200, ge=50)
    """Characters that are looked at first, twice; where both times one language is sure
    it is that. A text whose first characters say the same again and again is read on.
    On 1,616 texts it was always the same as after `max_chars` and seven times, in half
    the time."""

    min_letters: int = Field(default=20, ge=1)
    """Letters below which the language is `und`."""

    min_score: float = Field(default=0.7, ge=0, le=1)
    """Probability below which the language is `und`."""


class ValidateConfig(FrozenModel):
    """What makes a page an article."""

    min_text_chars: int = Field(default=100, ge=1)
    """Characters of text below which a page is `too-short`: two short sentences. A
    Han, kana, Hangul or Thai character counts 2.5, for it says as much."""

    min_paywalled_chars: int = Field(default=400, ge=1)
    """The same below which a page that is for subscribers is a teaser."""

    max_teasers: int = Field(default=2, ge=0)
    """Teasers ("… (...)") or published lines that an article's page may have; with
    more, and as many as half of its long lines, it is a listing."""

    min_long_chars: int = Field(default=80, ge=1)
    """Characters from which on a line counts as long in that comparison."""

    max_not_article: float = Field(default=0.6, ge=0, le=1)
    """Probability that a page is no article, by its shape, above which it is rejected;
    1: it is not asked for. The limit at which a cross-validation by site rejected 1.5 %
    of 1,616 articles and 85 % of 354 other pages (docs/quality.md)."""


class TemplateConfig(FrozenModel):
    """How a site's template is learnt, and what is asked of a page that it reads.

    The figures are from 54 sites of the labelled set `multilingual` (docs/quality.md).
    """

    sample_pages: int = Field(default=30, ge=3)
    """Pages of a site that are looked at, chosen by hash of their address."""

    min_articles: int = Field(default=3, ge=3)
    """Different articles from which on anything is learnt: two share a line by chance,
    or because one quotes the other."""

    min_line_ratio: float = Field(default=0.15, gt=0, le=1)
    """Share of a site's articles on which a line stands that is boilerplate."""

    min_kept_ratio: float = Field(default=0.75, ge=0.5, le=1)
    """Share of a path's text that is the articles', from which on it is where they
    stand."""

    max_unknown_ratio: float = Field(default=0.05, ge=0, le=1)
    """Text in the container at paths that were not learnt, as a share of the article's,
    above which the page is read on the generic path."""

    min_length_ratio: float = Field(default=0.15, ge=0, le=1)
    """Share of the usual length below which an article is not believed to be whole."""

    max_link_ratio: float = Field(default=0.5, ge=0, le=1)
    """Share of an article that is links, above which it is none."""

    min_body_ratio: float = Field(default=0.5, ge=0, le=1)
    """Share of `articleBody` (JSON-LD) that an article holds at least, where the page
    has one."""

    check_ratio: float = Field(default=0.01, ge=0, le=1)
    """Share of the pages read by a template that are read on the generic path too, to
    see whether both agree; chosen by hash of the address."""

    max_agreement_loss: float = Field(default=0.1, ge=0, le=1)
    """How far the agreement may fall below that of the pages it was learnt from before
    a template is reported as stale."""

    max_unfit_ratio: float = Field(default=0.5, ge=0, le=1)
    """Share of a site's articles that its template does not fit, above which it is
    reported as stale."""


class OptOutKind(StrEnum):
    """Where an opt-out stands: what its words begin with (`Article.opt_outs`)."""

    ROBOTS = "robots"
    """robots.txt keeps an agent of AI from the page."""

    HEADER = "header"
    """`X-Robots-Tag` says `noai` or `noimageai`."""

    META = "meta"
    """`<meta name="robots">` says so."""

    TDM_RESERVATION = "tdm-reservation"
    """The rights are reserved (TDM Reservation Protocol)."""


class OptOutsConfig(FrozenModel):
    """What is done about opt-outs from AI training and text and data mining."""

    obey: tuple[OptOutKind, ...] = ()
    """Kinds for which a page is `opted-out`; they are recorded in any case."""


class PipelineConfig(FrozenModel):
    """The whole configuration, written into each manifest."""

    limits: LimitsConfig = LimitsConfig()
    """What one page or record may cost."""

    ribbon: RibbonConfig = RibbonConfig()
    """The shape of a ribbon."""

    extraction: ExtractionConfig = ExtractionConfig()
    """How the article is looked for."""

    template: TemplateConfig = TemplateConfig()
    """What is learnt of a site, and when it is used."""

    language: LanguageConfig = LanguageConfig()
    """The language decision."""

    validation: ValidateConfig = ValidateConfig()
    """The rules that tell an article."""

    opt_outs: OptOutsConfig = OptOutsConfig()
    """The opt-outs that are obeyed."""
