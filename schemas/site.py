"""What is known of a site, as data: one TOML file a site or a family of sites."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.model import FrozenModel

SITE_NAME = r"^[a-z0-9][a-z0-9_-]*$"


class SiteSource(FrozenModel):
    """Where a site lists its articles."""

    kind: Literal["feed", "news-sitemap", "sitemap", "section"]
    """RSS or Atom feed, Google News sitemap, plain sitemap (or an index of either),
    or an HTML page whose links are followed."""

    url: str = Field(pattern=r"^(/|https?://)")
    """Absolute address, or a path that is joined to `https://` and the first host."""

    max_pages: int = Field(default=1, ge=1, le=100)
    """Pages of a section that are read: itself, and those that its links to the next
    page lead to."""


class Budget(FrozenModel):
    """What one session may take from a site, at most; null: no limit."""

    pages: int | None = Field(default=None, ge=1)
    """Pages that are fetched."""

    megabytes: float | None = Field(default=None, gt=0)
    """Bytes that are received, in millions, for pages, sources and robots.txt."""

    minutes: float | None = Field(default=None, gt=0)
    """Time from the first request on."""


class Revisit(FrozenModel):
    """When what was fetched is asked for again."""

    min_minutes: float = Field(default=90, ge=0)
    """A source is asked again after this long at the soonest."""

    max_days: float = Field(default=90, gt=0)
    """A source is asked again after this long at the latest."""

    articles_after_hours: tuple[float, ...] = ()
    """How old an article is, since it was first fetched, when it is asked for again to
    find edits; each number once. None: never."""

    @model_validator(mode="after")
    def _times_ascend(self) -> Self:
        hours = self.articles_after_hours
        if list(hours) != sorted(set(hours)) or any(each <= 0 for each in hours):
            msg = "articles_after_hours: positive numbers in ascending order"
            raise ValueError(msg)
        if self.min_minutes > self.max_days * 24 * 60:
            msg = "min_minutes is longer than max_days"
            raise ValueError(msg)
        return self


class PhraseElement(StrEnum):
    """Which fixed element of a page a phrase belongs to."""

    PUBLISHED_LINE = "published-line"
    """The line that names newspaper and day, as `{publisher}` and `{date}`."""

    IMAGE_WIDGET = "image-widget"
    """Lines of a widget under a picture."""

    SOURCE_LINK = "source-link"
    """The line that links to the article on the newspaper's own site."""

    PROMO = "promo"
    """A line that the site repeats among others, for instance inside a ribbon."""


class PhraseGrade(StrEnum):
    """How sure we are of a phrase's wording."""

    SEED = "seed"
    """Stands word for word in `data/seed.txt`."""

    SEEN = "seen"
    """Seen word for word in a public dump or in public code."""

    MEMORY = "memory"
    """From general knowledge; no page has confirmed it yet."""


class Phrase(FrozenModel):
    """A fixed wording of a site.

    It is compared after folding case, blanks, apostrophes, quotes, a final dot,
    Arabic alef forms and tatweel (`pipelines.phrases`).
    """

    element: PhraseElement
    """Which element it belongs to."""

    language: str = Field(pattern=r"^[a-z]{2}$")
    """ISO 639-1 code of its wording."""

    text: str = Field(min_length=8)
    """The wording, with the placeholders of its element."""

    grade: PhraseGrade
    """How sure we are of the wording."""

    note: str = ""
    """Where it was seen."""

    @model_validator(mode="after")
    def _placeholders_belong_to_the_element(self) -> Self:
        wanted = (
            ("{publisher}", "{date}")
            if self.element is PhraseElement.PUBLISHED_LINE
            else ()
        )
        for placeholder in ("{publisher}", "{date}"):
            if self.text.count(placeholder) != (placeholder in wanted):
                expected = "exactly once" if placeholder in wanted else "not at all"
                msg = f"a {self.element} phrase has {placeholder} {expected}"
                raise ValueError(msg)
        return self


class Layout(FrozenModel):
    """One page structure of a site: lists of CSS selectors, the first match wins."""

    name: str = Field(pattern=SITE_NAME)
    """Names the layout in `provenance.extractor`."""

    valid_until: date | None = None
    """Last day on which pages of this structure were captured; null for the present
    one. A page fetched on a later day is not tried with it."""

    main: tuple[str, ...] = Field(min_length=1)
    """Elements that hold the article's text. All matches of a selector are joined; a
    layout fits a page if one of these selectors finds text."""

    title: tuple[str, ...] = ()
    """Elements that hold the headline."""

    lead: tuple[str, ...] = ()
    """Elements that hold the standfirst."""

    authors: tuple[str, ...] = ()
    """Elements that hold one author's name each."""

    date: tuple[str, ...] = ()
    """Elements whose text, or `datetime` attribute, is the publication date."""

    section: tuple[str, ...] = ()
    """Elements that hold the section's name."""

    remove: tuple[str, ...] = ()
    """Elements that are never article text, wherever they stand."""


class SiteRules(FrozenModel):
    """What a site file may say of a site, or of a whole family."""

    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """ISO 3166-1 code."""

    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of the languages that the site publishes in."""

    hosts: tuple[str, ...] = ()
    """Host names without `www.`; the first one is written as `site`."""

    sources: tuple[SiteSource, ...] = ()
    """Where articles are listed, in the order they are tried."""

    article_urls: tuple[str, ...] = ()
    """Path patterns of article pages: `*` stands for one path segment, `**` for any
    number of them, `#` for digits. None: every path may be an article."""

    exclude_urls: tuple[str, ...] = ()
    """Path patterns of pages that are never an article."""

    keep_query: bool = True
    """Whether the query (less known tracking parameters) tells pages apart."""

    aggregator: bool = False
    """Whether the site shows other publishers' articles: then the site's own name is
    never taken for the publisher."""

    delay_seconds: float = Field(default=2.0, ge=0)
    """Pause between two requests to the site, in seconds."""

    concurrency: int = Field(default=1, ge=1, le=16)
    """Requests to the site at a time."""

    budget: Budget = Budget()
    """What one session may take."""

    revisit: Revisit = Revisit()
    """When sources, and articles, are asked for again."""

    javascript: bool = False
    """Whether articles are only there once a browser has run the page's scripts; needs
    the extra `javascript`."""

    phrases: tuple[Phrase, ...] = ()
    """Fixed wordings."""

    layouts: tuple[Layout, ...] = ()
    """Page structures, tried in order; with none, the generic extractor runs."""


class SiteMember(FrozenModel):
    """One site of a family: what it has of its own."""

    name: str = Field(pattern=SITE_NAME)
    """Name on the command line."""

    hosts: tuple[str, ...] = Field(min_length=1)
    """As in `SiteRules`."""

    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """As in `SiteRules`."""

    languages: tuple[str, ...] = ()
    """As in `SiteRules`."""

    sources: tuple[SiteSource, ...] = ()
    """As in `SiteRules`; none: those of the family."""


class SiteDefinition(SiteRules):
    """One site as the pipeline uses it; a family as a whole has no hosts."""

    name: str = Field(pattern=SITE_NAME)
    """Name on the command line."""

    family: str = Field(pattern=SITE_NAME)
    """Name of the site file: the family's, or the site's own."""

    file_digest: str
    """sha256 of the site file, in hexadecimal."""

    @property
    def host(self) -> str | None:
        """The host that is written as `site`, null for a family."""
        return self.hosts[0] if self.hosts else None


def file_digests(definitions: Iterable[SiteDefinition]) -> dict[str, str]:
    """sha256 of each site file, by the name of the site or family."""
    return {each.family: each.file_digest for each in definitions}


class SiteFile(SiteRules):
    """A site file as it is written: one site, or a family with its members."""

    name: str = Field(pattern=SITE_NAME)
    """Name of the site or family; the file is called `NAME.toml`."""

    members: tuple[SiteMember, ...] = ()
    """The sites of a family."""

    @model_validator(mode="after")
    def _hosts_are_in_one_place(self) -> Self:
        if bool(self.members) == bool(self.hosts):
            msg = "a site file has either hosts, or members that have them"
            raise ValueError(msg)
        names = [self.name, *(member.name for member in self.members)]
        if len(set(names)) < len(names):
            msg = f"a name stands twice among {', '.join(names)}"
            raise ValueError(msg)
        return self

    def definitions(self, file_digest: str) -> tuple[SiteDefinition, ...]:
        """The site itself or, for a family, the family first and then its members.

        Args:
            file_digest: sha256 of the file this was read from, in hexadecimal.
        """
        rules = {name: getattr(self, name) for name in SiteRules.model_fields}
        own = SiteDefinition(
            **rules, name=self.name, family=self.name, file_digest=file_digest
        )
        return (own, *(self._member(own, member) for member in self.members))

    @staticmethod
    def _member(family: SiteDefinition, member: SiteMember) -> SiteDefinition:
        return family.model_copy(
            update={
                "name": member.name,
                "hosts": member.hosts,
                "country": member.country or family.country,
                "languages": member.languages or family.languages,
                "sources": member.sources or family.sources,
            }
        )
