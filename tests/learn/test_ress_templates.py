"""Aggregators: what a template alone knows of them, without a site definition."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape

import pytest

from crawler.demo_site import DemoArticle, load_demo_site
from pipelines.blocks import fold_blanks, letters
from pipelines.process import examine_page, process_page
from schemas.article import Article
from schemas.page import Page
from schemas.site import PhraseElement, SiteDefinition
from schemas.template import SiteTemplate
from tests.conftest import DEMO_SITE
from tests.learn.pages import (
    CONFIG,
    FIRST_HOUR,
    GAP,
    Story,
    article,
    cuts,
    dump,
    learnt,
    page,
    sentence,
    story,
)
from tests.pipelines.core.seed_pages import RIBBONS

HOST = "mirror.example"

PAPERS = (
    "The Harbour Mail",
    "Delta Gazette",
    "Le Phare",
    "Echo",
    "The Old Town Weekly",
    "Barlow's Post",
)


@dataclass(frozen=True)
class Wording:
    """The fixed phrases of a section."""

    published: str
    widget: tuple[str, str]
    source: str


WORDINGS = {
    "en": Wording(
        "Published in {paper} on {date}",
        (
            "Thanks for reporting!",
            "This picture will be hidden as soon as several readers have reported it.",
        ),
        "Click here to read the story from its source.",
    ),
    "fr": Wording(
        "Publié dans {paper} le {date}",
        (
            "Merci d'avoir signalé!",
            "Cette image sera masquée dès que plusieurs lecteurs l'auront signalée.",
        ),
        "Cliquez ici pour lire l'article depuis sa source.",
    ),
    "ar": Wording(
        "نشر في {paper} يوم {date}",
        ("شكرا على الإبلاغ!", "سيتم إخفاء هذه الصورة بعد أن يبلغ عنها عدة قراء."),
        "انقر هنا لقراءة الخبر من مصدره.",
    ),
}


@dataclass(frozen=True)
class Mirrored:
    """A newspaper's story as the aggregator shows it."""

    told: Story
    words: Wording
    hour: int

    @property
    def paper(self) -> str:
        """Whose it is."""
        return PAPERS[self.told.number % len(PAPERS)]

    @property
    def day(self) -> date:
        """When it was published: long before it was captured."""
        return date(2012, 1 + self.told.number % 12, 13 + self.told.number % 9)

    @property
    def published(self) -> str:
        """The published line."""
        return self.words.published.format(paper=self.paper, date=self.raw)

    @property
    def raw(self) -> str:
        """The day as the line has it."""
        return f"{self.day:%d - %m - %Y}"

    @property
    def source_url(self) -> str:
        """Where it stands in the newspaper."""
        return f"https://paper-{self.told.number % len(PAPERS)}.example/{self.hour}"

    @property
    def headlines(self) -> list[str]:
        """The ribbon of the hour, with a date that is none of the story's."""
        day = f"Weather on {12 + self.hour % 9}-03-2024 in all valleys"
        return [day, *(sentence("hour", self.hour, n)[:70] for n in range(18))]

    def __str__(self) -> str:
        """Its number."""
        return str(self.told.number)


def spans(shown: Mirrored) -> str:
    """Spans with classes, paragraphs parted by line breaks."""
    return (
        f'<div><span class="articletitle">{escape(shown.told.title)}</span><br>'
        f'<span class="articlenewspaper">{escape(shown.published)}</span><br>'
        '<span class="articlecontent">'
        f"{'<br>'.join(map(escape, shown.told.paragraphs))}</span><br>"
        f"{source_link(shown)}</div>"
    )


def column(shown: Mirrored) -> str:
    """A column with a heading and paragraphs."""
    body = "".join(f"<p>{escape(text)}</p>" for text in shown.told.paragraphs)
    return (
        f'<div class="col-md-12"><h1>{escape(shown.told.title)}</h1>'
        f'<div class="papers">{escape(shown.published)}</div>'
        f'<div class="content">{body}</div><p>{source_link(shown)}</p></div>'
    )


def lines_in_div(shown: Mirrored) -> str:
    """One element for all, with line breaks."""
    texts = [shown.told.title, shown.published, *shown.told.paragraphs]
    return f"<div>{'<br>'.join(map(escape, texts))}<br><br>{source_link(shown)}</div>"


BODIES = {each.__name__: each for each in (spans, column, lines_in_div)}


def source_link(shown: Mirrored) -> str:
    """The link to the newspaper."""
    return f'<a href="{shown.source_url}">{escape(shown.words.source)}</a>'


def mirrored(language: str, numbers: Sequence[int], hours: int = 1) -> list[Mirrored]:
    """Stories in a section; `hours` of them share a ribbon."""
    words = WORDINGS[language]
    return [Mirrored(story(n, 5), words, n // hours) for n in numbers]


def as_page(
    shown: Mirrored, ribbon: str, body: str, *, named_title: bool = False
) -> Page:
    """The page of HTML; `<title>` is the site's name, after the headline if asked."""
    title = f"{escape(shown.told.title)} - Mirror" if named_title else "Mirror"
    widget = "<br>".join(map(escape, shown.words.widget))
    markup = (
        '<!DOCTYPE html><html><head><meta charset="utf-8">'
        f"<title>{title}</title></head>"
        f"<body>{RIBBONS[ribbon](shown.headlines)}<div>{widget}</div>"
        f"{BODIES[body](shown)}</body></html>"
    )
    return page(markup, f"paper/{shown.told.number}", HOST, FIRST_HOUR)


def as_dump(shown: Mirrored) -> Page:
    """The text of the page, without an address."""
    lines = [
        GAP.join(shown.headlines),
        *shown.words.widget,
        shown.told.title,
        shown.published,
        *shown.told.paragraphs,
        shown.words.source,
    ]
    return dump("\n".join(lines))


def boilerplate(shown: Mirrored) -> list[str]:
    """What stands round the story."""
    words = shown.words
    return [*shown.headlines, *words.widget, shown.published, words.source]


def check(told: Page, shown: Mirrored, template: SiteTemplate) -> None:
    """The text is the story's, and all round it was cut."""
    record = article(told, template)
    found = cuts(told, template)
    cut = letters("".join(text for texts in found.values() for text in texts))
    assert [each for each in boilerplate(shown) if letters(each) not in cut] == []
    left = [text for text in record.text.split("\n\n") if text != shown.told.title]
    assert left == list(shown.told.paragraphs)


def check_fields(told: Page, shown: Mirrored, template: SiteTemplate) -> None:
    """What the record says beside the text, which the title is no part of."""
    record = article(told, template)
    assert record.text == shown.told.text
    assert record.title == shown.told.title
    assert record.publisher == shown.paper
    assert record.date_published == shown.day.isoformat()
    assert record.date_published_raw == shown.raw
    assert record.source_url == shown.source_url


every_shape = [
    pytest.mark.parametrize("body", BODIES),
    pytest.mark.parametrize("ribbon", RIBBONS),
    pytest.mark.parametrize("named_title", [True, False], ids=["named", "unnamed"]),
]


def in_every_shape(test: Callable[..., None]) -> Callable[..., None]:
    """A test of each body under each ribbon, the headline in `<title>` or not."""
    return functools.reduce(lambda marked, mark: mark(marked), every_shape, test)


@in_every_shape
@pytest.mark.parametrize("hours", [1, 3])
def test_what_stands_round_a_story_is_boilerplate(
    ribbon: str, body: str, hours: int, *, named_title: bool
) -> None:
    """Ribbon, widget, published line and source link, by the template alone."""
    known = mirrored("en", range(8), hours)
    pages = [as_page(each, ribbon, body, named_title=named_title) for each in known]
    template = learnt(pages, HOST)
    for shown in [*known[:3], *mirrored("en", [21, 22], hours)]:
        check(as_page(shown, ribbon, body, named_title=named_title), shown, template)


@in_every_shape
def test_the_published_line_dates_a_story_by_the_template_alone(
    ribbon: str, body: str, *, named_title: bool
) -> None:
    """It names newspaper and day, and the headline stands above it."""
    known = mirrored("en", range(8))
    pages = [as_page(each, ribbon, body, named_title=named_title) for each in known]
    template = learnt(pages, HOST)
    for shown in mirrored("en", [1, 21, 22]):
        told = as_page(shown, ribbon, body, named_title=named_title)
        check_fields(told, shown, template)


@pytest.mark.parametrize("language", WORDINGS)
@pytest.mark.parametrize("count", [4, 6, 12])
def test_four_stories_of_a_section_are_enough(language: str, count: int) -> None:
    """The words round them may be of any language."""
    known = mirrored(language, range(count))
    template = learnt(
        [as_page(each, "text_in_div", "spans", named_title=True) for each in known],
        HOST,
    )
    for shown in [*known, *mirrored(language, [21])]:
        check(as_page(shown, "text_in_div", "spans", named_title=True), shown, template)


@pytest.mark.parametrize("language", WORDINGS)
@pytest.mark.parametrize("count", [4, 8])
def test_a_dump_is_the_story_by_the_template_alone(language: str, count: int) -> None:
    """Without an address: the host is told, and the lines are compared."""
    known = mirrored(language, range(count))
    template = learnt(map(as_dump, known), HOST)
    for shown in [*known, *mirrored(language, [21])]:
        check(as_dump(shown), shown, template)


@pytest.mark.parametrize("language", WORDINGS)
def test_a_dump_has_its_headline_by_the_template_alone(language: str) -> None:
    """The first line that is neither ribbon nor repeated."""
    known = mirrored(language, range(8))
    template = learnt(map(as_dump, known), HOST)
    for shown in known:
        assert article(as_dump(shown), template).title == shown.told.title


def test_a_template_of_pages_reads_dumps() -> None:
    """The phrases and lines are the same in both."""
    known = mirrored("en", range(8))
    template = learnt(
        [as_page(each, "links_in_div", "spans", named_title=True) for each in known],
        HOST,
    )
    for shown in [known[0], *mirrored("en", [21])]:
        check(as_dump(shown), shown, template)


def test_the_phrases_are_learnt_word_for_word() -> None:
    """With gaps for newspaper and day; the counts are those of the articles."""
    template = learnt(
        [as_page(each, "links_in_list", "column") for each in mirrored("fr", range(6))],
        HOST,
    )
    assert {(each.element, each.text, each.articles) for each in template.phrases} == {
        (PhraseElement.PUBLISHED_LINE, "Publié dans {publisher} le {date}", 6),
        (PhraseElement.SOURCE_LINK, WORDINGS["fr"].source, 6),
    }
    assert [each.text for each in template.dated_lines] == [
        "Weather on {date} in all valleys"
    ]


def test_stories_of_one_newspaper_only_are_cleaned_too() -> None:
    """Then the newspaper is no gap: the line repeats but for its date."""
    known = mirrored("en", [0, 6, 12, 18, 24])
    template = learnt(
        [as_page(each, "links_in_div", "spans", named_title=True) for each in known],
        HOST,
    )
    for shown in known:
        assert shown.paper == PAPERS[0]
        told = as_page(shown, "links_in_div", "spans", named_title=True)
        record = article(told, template)
        assert shown.published not in record.text
        assert shown.words.source not in record.text


def test_two_sections_of_one_site_are_learnt_together() -> None:
    """Each has phrases of its own."""
    known = [*mirrored("fr", range(6)), *mirrored("ar", range(6, 12))]
    template = learnt(
        [as_page(each, "text_in_div", "spans", named_title=True) for each in known],
        HOST,
    )
    for shown in known:
        check(as_page(shown, "text_in_div", "spans", named_title=True), shown, template)


def test_one_article_under_two_ribbons_is_one() -> None:
    """Ids and texts of its captures are equal; its text is no repeated line."""
    first = mirrored("en", range(6))
    again = mirrored("en", [0], hours=1)
    later = [
        Mirrored(each.told, each.words, 77 + n) for n, each in enumerate(again * 4)
    ]
    pages = [
        as_page(each, "text_in_div", "spans", named_title=True)
        for each in [*first, *later]
    ]
    template = learnt(pages, HOST)
    assert template.articles == 6
    records = [article(each, template) for each in [pages[0], *pages[6:]]]
    assert {each.text for each in records} == {story(0, 5).text}
    assert len({each.id for each in records}) == 1


# -- the sample site ----------------------------------------------------------------

TODAY = date(2025, 9, 18)
BASE = "http://demo.example"
CAPTURED = datetime(2025, 9, 18, 12, tzinfo=UTC)

OF_THE_RULES = {"cleaning", "provenance"}
"""What says how a record was made, not what it is."""


@functools.cache
def sample_articles() -> tuple[DemoArticle, ...]:
    """The articles of the sample site."""
    return load_demo_site(DEMO_SITE, today=TODAY).articles


def sample_page(told: DemoArticle) -> Page:
    """A page as the server sends it."""
    site = load_demo_site(DEMO_SITE, today=TODAY)
    response = site.render(told.path, BASE)
    assert response is not None
    made = page(response.body, told.path.lstrip("/"), "demo.example", CAPTURED)
    return made.model_copy(
        update={"content_type": response.content_type, "url": BASE + told.path}
    )


@functools.cache
def sample_template() -> SiteTemplate:
    """What is learnt of its pages, without a definition."""
    pages = [sample_page(each) for each in sample_articles() if each.is_article]
    return learnt(pages, "demo.example")


SAMPLE = [each for each in sample_articles() if each.is_article]


@pytest.mark.parametrize("told", SAMPLE, ids=lambda each: each.path)
def test_the_template_reads_what_the_definition_reads(
    told: DemoArticle, ress: SiteDefinition
) -> None:
    """The same record, but for what names the rules that made it."""
    shown = sample_page(told)
    by_definition = process_page(shown, ress, None, CONFIG)
    assert isinstance(by_definition, Article)
    record = process_page(shown, None, sample_template(), CONFIG)
    assert isinstance(record, Article), record
    wanted = by_definition.model_dump(exclude=OF_THE_RULES)
    got = record.model_dump(exclude=OF_THE_RULES)
    assert {name: got[name] for name in got if got[name] != wanted[name]} == {}


def test_the_template_rejects_what_the_definition_rejects(ress: SiteDefinition) -> None:
    """The teaser of a paywall."""
    (teaser,) = [each for each in sample_articles() if not each.is_article]
    shown = sample_page(teaser)
    outcomes = [
        process_page(shown, ress, None, CONFIG),
        process_page(shown, None, sample_template(), CONFIG),
    ]
    assert not any(isinstance(each, Article) for each in outcomes)


def test_definition_and_template_together_give_the_same_records(
    ress: SiteDefinition,
) -> None:
    """The layouts of a definition come first; learnt lines change nothing of them."""
    for told in SAMPLE:
        shown = sample_page(told)
        alone = process_page(shown, ress, None, CONFIG)
        both = process_page(shown, ress, sample_template(), CONFIG)
        assert isinstance(alone, Article)
        assert isinstance(both, Article)
        assert both.model_dump(exclude=OF_THE_RULES) == alone.model_dump(
            exclude=OF_THE_RULES
        )


@pytest.mark.parametrize("told", SAMPLE, ids=lambda each: each.path)
def test_the_template_cuts_all_that_stands_round_a_sample(told: DemoArticle) -> None:
    """Headlines, widget, published line and source link."""
    shown = sample_page(told)
    examined = examine_page(shown, None, sample_template(), CONFIG)
    assert isinstance(examined.outcome, Article)
    assert examined.outcome.text == "\n\n".join(map(fold_blanks, told.paragraphs))
