"""The record: what analysts read."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from schemas.model import FrozenModel
from schemas.provenance import Provenance


class DatePrecision(StrEnum):
    """How fine a date is; it is written no finer than this."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"


class DateSource(StrEnum):
    """Where a date was read."""

    PUBLISHED_LINE = "published-line"
    JSON_LD = "json-ld"
    META = "meta"
    TIME_ELEMENT = "time-element"
    URL = "url"
    FEED = "feed"
    SITEMAP = "sitemap"
    TEXT = "text"


class Access(StrEnum):
    """Whether all may read the page, as far as it says so itself."""

    FREE = "free"
    PAYWALLED = "paywalled"
    UNKNOWN = "unknown"


class PageType(StrEnum):
    """What kind of article it is."""

    ARTICLE = "article"
    LIVEBLOG = "liveblog"


class Image(FrozenModel):
    """A picture of the article."""

    url: str
    """Absolute http(s) address."""

    caption: str | None
    """The caption printed with it, null if none."""


class RemovedText(FrozenModel):
    """What one rule cut from the page."""

    rule: str
    """Name of the rule (docs/rules.md)."""

    count: int = Field(ge=1)
    """How many pieces it cut: headlines of a ribbon, lines of a widget, blocks."""

    sample: str
    """The first piece, cut at 120 characters."""

    articles: int | None
    """For rules of a learnt template (`template:…`): on how many of the site's articles
    the rarest of the pieces stood, or had its place, when it was learnt; else null."""


class Cleaning(FrozenModel):
    """The account of the cleaning: kept and removed make up the page's text."""

    kept_chars: int = Field(ge=0)
    """Characters of title, lead and text, blanks folded."""

    removed_chars: int = Field(ge=0)
    """Characters of all that was cut, blanks folded."""

    removed: tuple[RemovedText, ...]
    """What was cut, by rule, in the order of the first cut on the page."""


class Article(FrozenModel):
    """One article, cleaned and validated; one line of `articles/`."""

    schema_version: int = 1
    """Version of this form; it grows when a field changes its meaning or goes."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    """Names the article: from the normal form of its URL (or, if none is known, from
    its text), never from the time of the crawl. A later version of an article has the
    same `id` and another `text_sha256`."""

    url: str | None
    """Final address, after redirects; null in dumps that do not tell it."""

    requested_url: str | None
    """Address that was asked for."""

    canonical_url: str | None
    """What the page declares as `rel=canonical`, made absolute."""

    site: str | None
    """Who served the page: its host, without `www.`. In a dump without addresses, the
    site that was named by the caller."""

    publisher: str | None
    """Whose article it is; on an aggregator the newspaper, not the aggregator."""

    source_url: str | None
    """Where an aggregator says that the original stands."""

    title: str
    """The headline. It is not repeated in `text`."""

    lead: str | None
    """The standfirst printed above the article; not repeated in `text`."""

    description: str | None
    """What the page's metadata says of it; never shown on the page as such."""

    text: str
    """The article's paragraphs, separated by a blank line."""

    authors: tuple[str, ...]
    """Names of the authors, in the order of the page."""

    date_published: str | None
    """ISO 8601, as precise as it is known: `2018-09-20`, `2018-09-20T08:15+01:00`. The
    offset is written if the page gives one, and never invented."""

    date_published_raw: str | None
    """The same as the page has it, also where it cannot be read as a date."""

    date_precision: DatePrecision | None
    """How fine `date_published` is."""

    date_source: DateSource | None
    """Where it was read."""

    date_modified: str | None
    """When the article was last changed, in the same form; null if not said."""

    section: str | None
    """Section of the newspaper, as the page names it."""

    tags: tuple[str, ...]
    """Keywords that the page gives."""

    language: str
    """ISO 639-1 code (`zh-cn`, `zh-tw` for Chinese) of the text; `und` if uncertain."""

    language_score: float | None
    """Probability of that language, 0 to 1; null where the script decided."""

    language_declared: str | None
    """What the page declares, else the feed or sitemap that named it, as it stands
    there."""

    images: tuple[Image, ...]
    """Pictures of the article, the main one first."""

    access: Access
    """Whether all may read it."""

    opt_outs: tuple[str, ...]
    """What page and site say against AI training and text and data mining, sorted:
    `header:noai`, `header:noimageai`, `meta:noai`, `meta:noimageai`, `robots:AGENT`,
    `tdm-reservation` (docs/rules.md). Empty also where nothing is known of them."""

    page_type: PageType
    """An article, or a live blog, which is kept as it stood when it was fetched."""

    word_count: int = Field(ge=0)
    """Words of `text`; a Han, kana or Thai character counts as one."""

    text_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """sha256 of `text` in UTF-8, in hexadecimal."""

    cluster_id: str | None
    """Cluster of near duplicates; null until a deduplication has set it."""

    fetched_at: AwareDatetime | None
    """When the response was received, UTC."""

    warnings: tuple[str, ...]
    """What an analyst should know before trusting the record (docs/rules.md)."""

    cleaning: Cleaning
    """What was kept and cut."""

    provenance: Provenance
    """Where the page lies and what made the record."""


class Duplicate(FrozenModel):
    """A page that gave an article which the run has already; one line of `duplicates/`.

    Same `id` and same `text_sha256`. A page with the same `id` and another text is a
    new version of the article, and no duplicate.
    """

    schema_version: int = 1
    """Version of this form."""

    id: str
    """`Article.id`."""

    text_sha256: str
    """`Article.text_sha256`."""

    url: str | None
    """Final address of the page."""

    requested_url: str | None
    """Address that was asked for."""

    fetched_at: AwareDatetime | None
    """When the response was received, UTC."""

    provenance: Provenance
    """Where this page lies and what read it."""
