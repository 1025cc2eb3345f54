"""What was learnt of a site: a small file that is learnt first and then frozen.

`pipelines.learn` makes it of many pages of one site; `process_page` uses it. A count
says on how many of the site's *different articles* something stood when it was learnt:
an article that was captured twice is one.
"""

from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from schemas.model import FrozenModel
from schemas.site import PhraseElement

LETTERS_DIGEST = r"^[0-9a-f]{16}$"

SHOWN_CHARS = 80

LAYOUT_NAME = r"^layout-[1-9][0-9]*$"


class RepeatedLine(FrozenModel):
    """A line that stands on several articles of the site, word for word."""

    letters: str = Field(pattern=LETTERS_DIGEST)
    """First 16 hexadecimal digits of the sha256 of its letters and digits, case folded:
    what is compared."""

    text: str
    """How it begins, to be read by people."""

    articles: int = Field(ge=1)
    """Articles that it stood on."""

    paths: tuple[str, ...]
    """Where it stood on more than one of them. At another place where the site's
    articles stand it is not cut: it is an article's own, that others quote in a box."""


class SiteName(FrozenModel):
    """What the pages of a site declare as a title, or part of one, again and again."""

    text: str = Field(min_length=1)
    """The name of the site, or of a section."""

    articles: int = Field(ge=1)
    """Articles that it stood on."""


def _check_gaps(text: str, gaps: tuple[str, ...]) -> None:
    """A wording has each of these gaps once, and no other braces.

    Raises:
        ValueError: It has not; pydantic tells the field.
    """
    rest = text
    for gap in gaps:
        rest = rest.replace(gap, "", 1)
    if "{" in rest or "}" in rest:
        msg = f"braces that are no gap, or one gap twice: {text[:SHOWN_CHARS]!r}"
        raise ValueError(msg)


class DatedLine(FrozenModel):
    """A line that is the same on several articles but for a date, or a name and one."""

    text: str = Field(min_length=1)
    """Its fixed words, with `{date}`, and `{any}` for the name."""

    articles: int = Field(ge=1)
    """Articles that it stood on."""

    @model_validator(mode="after")
    def _gaps_are_known(self) -> Self:
        _check_gaps(self.text, ("{any}", "{date}"))
        return self


class LearntPhrase(FrozenModel):
    """A line of which is known what it says, as if a site definition named it."""

    element: PhraseElement
    """What it is: a published line, or a source link."""

    text: str = Field(min_length=1)
    """Its words, with `{publisher}` and `{date}` for what changes."""

    articles: int = Field(ge=1)
    """Articles that it stood on."""

    @model_validator(mode="after")
    def _gaps_are_known(self) -> Self:
        _check_gaps(self.text, ("{publisher}", "{date}"))
        return self


class PathCount(FrozenModel):
    """A place in the tree (`Block.path`) and how it was used."""

    path: str
    """Tags with class and id from the root down, no positions."""

    articles: int = Field(ge=1)
    """Articles that have text there."""

    kept_ratio: float = Field(ge=0, le=1)
    """Share of that text that was the article's."""

    repeated_ratio: float = Field(ge=0, le=1)
    """Share of all text there, repeated lines included, that stands on other articles
    too."""

    link_ratio: float = Field(ge=0, le=1)
    """Share of it that is links."""


class TemplateLayout(FrozenModel):
    """One page structure of the site, in which the article has its place."""

    name: str = Field(pattern=LAYOUT_NAME)
    """Names it in `provenance.extractor`: `template:NAME`."""

    articles: int = Field(ge=1)
    """Articles that it was learnt from."""

    first_captured: AwareDatetime | None
    """Earliest capture among them, null if none is dated."""

    last_captured: AwareDatetime | None
    """Latest capture among them."""

    container: str
    """Path of the deepest element that holds (nearly) all of the article's text."""

    usual_letters: int = Field(ge=1)
    """Letters of an article, the median."""

    text_paths: tuple[PathCount, ...]
    """Where the article's text stands."""

    other_paths: tuple[PathCount, ...]
    """Where other text stands, on several articles."""

    fields: dict[str, str]
    """Path of `title`, `lead`, `authors` and `date`, where most pages agree on one."""

    agreement: float = Field(ge=0, le=1)
    """How much of the text of the pages it was learnt from is the same by this layout
    and by the generic path (Dice coefficient of letters): a fall shows drift."""


class SiteTemplate(FrozenModel):
    """What many pages of one site have in common.

    The same pages give the same template, in whatever order they come.
    """

    schema_version: Literal[1] = 1
    """Version of this form."""

    site: str = Field(min_length=1)
    """Host whose pages it was learnt from, without `www.`; it is used on no other."""

    pages: int = Field(ge=1)
    """Pages that were looked at."""

    articles: int = Field(ge=1)
    """Different articles among them."""

    copydesk_version: str
    """Version of Copydesk that learnt it."""

    config_digest: str
    """sha256 of the configuration that it was learnt with."""

    names: tuple[SiteName, ...]
    """What the site calls itself in titles: no headline, and no part of one."""

    lines: tuple[RepeatedLine, ...]
    """Lines that repeat, the most frequent first."""

    dated_lines: tuple[DatedLine, ...]
    """Lines that repeat but for a date, or a name and a date."""

    phrases: tuple[LearntPhrase, ...]
    """Lines that name publisher and day of an article, or link to its source."""

    regions: tuple[PathCount, ...]
    """Elements that never hold anything of an article, with all below them."""

    layouts: tuple[TemplateLayout, ...]
    """Page structures, that of most articles first; none in text dumps."""

    @model_validator(mode="after")
    def _counts_are_of_these_articles(self) -> Self:
        counts = [
            each.articles
            for counted in (
                self.names,
                self.lines,
                self.dated_lines,
                self.phrases,
                self.regions,
                self.layouts,
            )
            for each in counted
        ]
        most = max(counts, default=0)
        if most > self.articles or self.articles > self.pages:
            msg = (
                f"counts that cannot be: {most} articles with one line or path, "
                f"{self.articles} articles, {self.pages} pages"
            )
            raise ValueError(msg)
        names = [layout.name for layout in self.layouts]
        if len(set(names)) != len(names):
            msg = "two layouts have one name"
            raise ValueError(msg)
        return self

    @property
    def file_digest(self) -> str:
        """`digest`: it names the template in each record."""
        return self.digest()

    def __hash__(self) -> int:
        """By some of what it holds, so that what is made of it can be cached.

        Asked for each page: all of its lines would take longer than a cache saves.
        """
        return hash((self.site, self.pages, self.articles))
