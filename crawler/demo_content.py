"""What the sample site says: its folder of TOML files, read and checked.

Input: `data/demo-site`. Output: `DemoContent`, which knows each article word for word.
"""

import re
import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, cast

Shape = Literal["list", "links", "text", "paragraph"]
"""How a ribbon is built: links in a list, links in a `div`, bare text in a `div`, bare
text in a `p`. Bare headlines are parted by four no-break spaces."""

SHAPES = ("list", "links", "text", "paragraph")
LAYOUTS = ("spans", "columns")
WIDGETS = ("before-title", "photo", "none")
WORDINGS = ("plain", "typographic")
SOURCE_LINKS = ("once", "absent", "twice", "without-dot")
ACCESSES = ("unspecified", "free", "paywalled")
ENCODINGS = ("utf-8", "utf-8-bom", "windows-1256")

HEADLINES_LEFT_OUT = 6
"""Headlines of a section that a page does not show: pages differ in their ribbons."""

LANGUAGE_NAMES = {"ar": "العربية", "fr": "Français", "en": "English"}
WEEKDAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "ar": "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre "
    "novembre décembre",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "en": "January February March April May June July August September October "
    "November December",
}
ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

_PUBLISHED = re.compile(r"(\d{1,2}) - (\d{1,2}) - (\d{4})")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SLUG = re.compile(r"[a-z]+")
_ID = re.compile(r"[0-9]{3,10}")
_PATH = re.compile(r"(/[a-z0-9-]+)+")


@dataclass(frozen=True, kw_only=True)
class DemoArticle:
    """The truth about one article, and how its page is built."""

    path: str
    language: str
    """ISO 639-1 code of the text."""
    section: str
    """ISO 639-1 code of the frame and the ribbon; the path follows it."""
    publisher: str
    title: str
    paragraphs: tuple[str, ...]
    date_published: str | None
    """ISO 8601 day; None if `date_published_raw` is no day of the calendar."""
    date_published_raw: str
    authors: tuple[str, ...]
    topics: tuple[str, ...]
    source_url: str | None
    image: str | None
    """Path of the picture."""
    caption: str | None
    access: str
    shape: Shape
    layout: str
    widget: str
    widget_wording: str
    source_link: str
    encoding: str
    breaks: tuple[int, ...]
    """Numbers of the paragraphs, from 0, that begin a further content element."""
    ribbon_extra: tuple[str, ...]
    """Headlines that only this page's ribbon has."""
    moved_from: str | None
    """Path that redirects to `path`, and stands in the feed in its place."""
    cases: tuple[str, ...]
    """What is hard about the page."""

    @property
    def is_article(self) -> bool:
        """False for the page that shows no more than a teaser."""
        return self.access != "paywalled"

    @property
    def text(self) -> str:
        """The paragraphs, separated by a blank line."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True)
class Section:
    """The frame of the pages in one language."""

    language: str
    prefix: str
    """What the paths of the section begin with."""
    feed: str
    tagline: str
    published_line: str
    byline: str
    widget: tuple[str, ...]
    source_link: str
    paywall: str
    latest: str
    footer: str
    headlines: tuple[str, ...]
    """The headlines of the crawl hour, with the day filled in."""
    promo: str | None
    """A line of the site's own, set among them."""


@dataclass(frozen=True)
class Topic:
    """A listing of the articles that name a word."""

    word: str
    language: str
    title: str


@dataclass(frozen=True, kw_only=True)
class DemoContent:
    """All that lies in the folder."""

    name: str
    missing_path: str
    offsite_url: str
    sections: Mapping[str, Section]
    topics: tuple[Topic, ...]
    articles: tuple[DemoArticle, ...]
    private: tuple[DemoArticle, ...]
    images: Mapping[str, bytes]
    """Pictures by path."""
    frame: string.Template
    style: str


def load_content(root: Path, *, today: date) -> DemoContent:
    """What lies in a folder.

    Args:
        root: The folder, `data/demo-site` of a checkout.
        today: Day of the crawl, which headlines of the ribbon name.

    Raises:
        ValueError: A file is not as it should be; the text names file and field.
        OSError: A file cannot be read.
    """
    fields = _read_fields(root / "site.toml")
    sections = _load_sections(fields, root / "ribbon.toml", today)
    images = {
        f"/images/{path.name}": path.read_bytes()
        for path in sorted((root / "images").glob("*.png"))
    }
    content = DemoContent(
        name=fields.text("name"),
        missing_path=fields.text("missing_path"),
        offsite_url=fields.text("offsite_url"),
        sections=sections,
        topics=tuple(_load_topic(word, each) for word, each in fields.tables("topics")),
        articles=_load_articles(root / "articles", sections, images),
        private=_load_articles(root / "private", sections, images),
        images=images,
        frame=string.Template((root / "page.html").read_text("utf-8")),
        style=(root / "style.css").read_text("utf-8"),
    )
    fields.end()
    return content


class _Fields:
    """A table of a TOML file, read field by field: errors name file and field."""

    def __init__(
        self, table: Mapping[str, object], where: str, prefix: str = ""
    ) -> None:
        self._table = dict(table)
        self._where = where
        self._prefix = prefix

    def wrong(self, name: str, wanted: str) -> ValueError:
        return ValueError(f"{self._where}: {self._prefix}{name}: {wanted}")

    def text(self, name: str, *, may_be_blank: bool = False) -> str:
        value = self._table.pop(name, None)
        if not isinstance(value, str) or not (value.strip() or may_be_blank):
            raise self.wrong(name, "a text is needed")
        return value

    def phrase(self, name: str, *placeholders: str) -> str:
        value = self.text(name)
        if sorted(_PLACEHOLDER.findall(value)) != sorted(placeholders):
            wanted = " and ".join(f"{{{each}}}" for each in placeholders)
            raise self.wrong(name, f"{wanted} must stand in it, once")
        return value

    def optional(self, name: str) -> str | None:
        return self.text(name) if name in self._table else None

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        value = self.text(name)
        if not pattern.fullmatch(value):
            raise self.wrong(name, f"{value!r} is not of the form {pattern.pattern}")
        return value

    def choice(self, name: str, choices: Sequence[str], default: str = "") -> str:
        value = self._table.pop(name, default)
        if value not in choices:
            raise self.wrong(name, f"is not one of {', '.join(choices)}")
        return str(value)

    def texts(self, name: str, *, at_least: int = 0) -> tuple[str, ...]:
        value = self._table.pop(name, [])
        if not isinstance(value, list) or len(value) < at_least:
            raise self.wrong(name, f"a list of {at_least} or more is needed")
        if not all(isinstance(each, str) and each.strip() for each in value):
            raise self.wrong(name, "only texts that are not blank can stand here")
        return tuple(value)

    def numbers(self, name: str, *, below: int) -> tuple[int, ...]:
        value = self._table.pop(name, [])
        if not isinstance(value, list) or not all(
            isinstance(each, int) and 0 < each < below for each in value
        ):
            raise self.wrong(name, f"a list of numbers from 1 to {below - 1} is needed")
        return tuple(sorted(set(value)))

    def tables(self, name: str) -> "Iterator[tuple[str, _Fields]]":
        value = self._table.pop(name, {})
        if not isinstance(value, dict):
            raise self.wrong(name, "a table is needed")
        for key in value:
            yield key, self._below(f"{name}.{key}", value[key])

    def table(self, name: str) -> "_Fields":
        return self._below(name, self._table.pop(name, None))

    def _below(self, name: str, value: object) -> "_Fields":
        if not isinstance(value, dict):
            raise self.wrong(name, "a table is needed")
        return _Fields(value, self._where, f"{self._prefix}{name}.")

    def end(self) -> None:
        for name in self._table:
            raise self.wrong(name, "there is no such field")


def _read_fields(path: Path) -> _Fields:
    try:
        return _Fields(tomllib.loads(path.read_text("utf-8")), str(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: file: {error}") from error


def _load_sections(site: _Fields, ribbon_path: Path, today: date) -> dict[str, Section]:
    ribbon = _read_fields(ribbon_path)
    sections = {}
    for language, fields in site.tables("sections"):
        if language not in LANGUAGE_NAMES:
            raise site.wrong(f"sections.{language}", "the language has no words here")
        headlines, promo = _load_ribbon(ribbon.table(language), language, today)
        sections[language] = Section(
            language=language,
            prefix=fields.text("prefix", may_be_blank=True),
            feed=fields.text("feed"),
            tagline=fields.text("tagline"),
            published_line=fields.phrase("published_line", "publisher", "date"),
            byline=fields.phrase("byline", "author"),
            widget=fields.texts("widget", at_least=2),
            source_link=fields.text("source_link"),
            paywall=fields.text("paywall"),
            latest=fields.text("latest"),
            footer=fields.text("footer"),
            headlines=headlines,
            promo=promo,
        )
        fields.end()
    ribbon.end()
    return sections


def _load_ribbon(
    fields: _Fields, language: str, today: date
) -> tuple[tuple[str, ...], str | None]:
    """The headlines of the crawl hour, with the day filled in, and the promo."""
    words = _day_words(language, today)
    try:
        headlines = tuple(
            _PLACEHOLDER.sub(lambda match: words[match[1]], each)
            for each in fields.texts("headlines", at_least=HEADLINES_LEFT_OUT + 1)
        )
    except KeyError as error:
        raise fields.wrong("headlines", f"there is no placeholder {error}") from error
    promo = fields.optional("promo")
    fields.end()
    return headlines, promo


def _day_words(language: str, today: date) -> dict[str, str]:
    weekday = WEEKDAYS[language].split()[today.weekday()]
    month = MONTHS[language].split()[today.month - 1]
    number = "1er" if language == "fr" and today.day == 1 else str(today.day)
    return {
        "long": f"{weekday} {number} {month} {today.year}",
        "day": f"{number} {month}",
        "slash": f"{today.day}/{today.month}/{today.year}",
        "dash": f"{today:%d-%m-%Y}",
        "plus": f"{today.day}+{today.month}-{today.year}",
        "indic": f"{today.day} / {today.month} / {today.year}".translate(ARABIC_INDIC),
    }


def _load_topic(word: str, fields: _Fields) -> Topic:
    language = fields.choice("language", tuple(LANGUAGE_NAMES))
    topic = Topic(word, language, fields.text("title"))
    fields.end()
    return topic


def _load_articles(
    folder: Path, sections: Mapping[str, Section], images: Mapping[str, bytes]
) -> tuple[DemoArticle, ...]:
    return tuple(
        _load_article(path, sections, images) for path in sorted(folder.glob("*.toml"))
    )


def _load_article(
    path: Path, sections: Mapping[str, Section], images: Mapping[str, bytes]
) -> DemoArticle:
    fields = _read_fields(path)
    language = fields.choice("language", tuple(sections))
    section = fields.choice("section", tuple(sections), language)
    newspaper = fields.matching("newspaper", _SLUG)
    number = fields.matching("id", _ID)
    if path.stem != f"{newspaper}-{number}":
        raise fields.wrong("id", f"the file must be called {newspaper}-{number}.toml")
    raw = fields.matching("date", _PUBLISHED)
    image = fields.optional("image")
    paragraphs = fields.texts("paragraphs", at_least=1)
    source_link = fields.choice("source_link", SOURCE_LINKS, "once")
    source_url = f"https://newspaper.example/{newspaper}/{number}"
    article = DemoArticle(
        path=f"{sections[section].prefix}/{newspaper}/{number}",
        language=language,
        section=section,
        publisher=fields.text("publisher"),
        title=fields.text("title"),
        paragraphs=paragraphs,
        date_published=_iso_day(raw),
        date_published_raw=raw,
        authors=fields.texts("authors"),
        topics=fields.texts("topics"),
        source_url=None if source_link == "absent" else source_url,
        image=f"/images/{image}" if image else None,
        caption=fields.optional("caption"),
        access=fields.choice("access", ACCESSES, "unspecified"),
        shape=cast("Shape", fields.choice("ribbon", SHAPES)),
        layout=fields.choice("layout", LAYOUTS, "spans"),
        widget=fields.choice("widget", WIDGETS),
        widget_wording=fields.choice("widget_wording", WORDINGS, "plain"),
        source_link=source_link,
        encoding=fields.choice("encoding", ENCODINGS, "utf-8"),
        breaks=fields.numbers("breaks", below=len(paragraphs)),
        ribbon_extra=fields.texts("ribbon_extra"),
        moved_from=fields.optional("moved_from"),
        cases=fields.texts("cases"),
    )
    fields.end()
    _check_article(article, fields, images)
    return article


def _check_article(
    article: DemoArticle, fields: _Fields, images: Mapping[str, bytes]
) -> None:
    """What no field alone can tell."""
    if article.image is not None and article.image not in images:
        raise fields.wrong("image", f"there is no picture {article.image}")
    if article.widget == "photo" and article.image is None:
        raise fields.wrong("widget", "a widget under a photo needs an image")
    if article.layout == "columns" and article.breaks:
        raise fields.wrong("breaks", "columns have one content element only")
    if article.moved_from is not None and not _PATH.fullmatch(article.moved_from):
        raise fields.wrong("moved_from", f"is not of the form {_PATH.pattern}")
    for each in (article.title, article.publisher, *article.paragraphs):
        if not is_encodable(each, article.encoding):
            raise fields.wrong("encoding", f"{article.encoding} lacks a letter: {each}")


def _iso_day(raw: str) -> str | None:
    """The day of a published line, day first; None if the calendar lacks it."""
    match = _PUBLISHED.fullmatch(raw)
    day, month, year = map(int, match.groups()) if match else (0, 0, 0)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def is_encodable(text: str, encoding: str) -> bool:
    """Whether an encoding of `ENCODINGS` has all letters of `text`."""
    try:
        text.encode("utf-8" if encoding == "utf-8-bom" else encoding)
    except UnicodeEncodeError:
        return False
    return True
