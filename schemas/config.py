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


class PipelineConfig(FrozenModel):
    """The whole configuration, written into each manifest."""

    limits: LimitsConfig = LimitsConfig()
    """What one page or record may cost."""

    ribbon: RibbonConfig = RibbonConfig()
    """The shape of a ribbon."""

    extraction: ExtractionConfig = ExtractionConfig()
    """How the article is looked for."""

    language: LanguageConfig = LanguageConfig()
    """The language decision."""

    validation: ValidateConfig = ValidateConfig()
    """The rules that tell an article."""
