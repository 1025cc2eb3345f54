"""What was learnt from dumps of the ress family, idea by idea, on whole pages."""

from datetime import UTC, datetime

import pytest

from pipelines.process import process_page
from schemas.article import Article, DateSource
from schemas.config import PipelineConfig
from schemas.page import Page
from schemas.rejection import Rejection, RejectionReason
from schemas.site import SiteDefinition
from tests.conftest import MakePage
from tests.pipelines.core.stories import ARABIC, FRENCH, GAP, Story

CONFIG = PipelineConfig()
STORIES = pytest.mark.parametrize("story", [FRENCH, ARABIC], ids=["fr", "ar"])
PROMO = "شارك صحافة من وإلى المواطن"


@pytest.fixture(params=["dump", "html"])
def page_of(
    request: pytest.FixtureRequest, text_page: MakePage, html_page: MakePage
) -> MakePage:
    """A function from a story to its page: as a dump, and as HTML."""

    def make(story: Story, **fields: object) -> Page:
        if request.param == "dump":
            return text_page(story.as_dump(), **fields)
        return html_page(story.as_html(), **fields)

    return make


def article_of(page: Page, site: SiteDefinition) -> Article:
    """The article of a page that has one."""
    outcome = process_page(page, site, None, CONFIG)
    assert isinstance(outcome, Article), outcome
    return outcome


def rejection_of(page: Page, site: SiteDefinition) -> Rejection:
    """The rejection of a page that has no article."""
    outcome = process_page(page, site, None, CONFIG)
    assert isinstance(outcome, Rejection), outcome
    return outcome


# 1. The same article under two ribbons.


@STORIES
def test_two_ribbons_make_one_article(
    page_of: MakePage, ress: SiteDefinition, story: Story
) -> None:
    """Id and digest are those of the article, not of the hour of the crawl."""
    later = story.but(ribbon=tuple(f"{text} 18/9/2025" for text in story.ribbon * 2))
    first = article_of(page_of(story), ress)
    second = article_of(page_of(later), ress)
    assert (first.id, first.text_sha256) == (second.id, second.text_sha256)
    assert first.text == second.text == story.text
    assert first.provenance.html_sha256 != second.provenance.html_sha256


# 2. A promo among the headlines.


@pytest.mark.parametrize("place", [0, 6, 9])
def test_a_promo_among_the_headlines_goes_with_them(
    page_of: MakePage, ress: SiteDefinition, place: int
) -> None:
    """At either end of the ribbon, or in its middle."""
    ribbon = (*ARABIC.ribbon[:place], PROMO, *ARABIC.ribbon[place:])
    article = article_of(page_of(ARABIC.but(ribbon=ribbon)), ress)
    assert (article.title, article.text) == (ARABIC.title, ARABIC.text)
    assert article.cleaning.removed[0].rule == "ribbon"
    assert article.cleaning.removed[0].count == len(ribbon)


# 3. Headlines of two words.


def test_a_ribbon_of_two_word_headlines_is_a_ribbon(
    page_of: MakePage, ress: SiteDefinition
) -> None:
    """It is known as a whole, by its gaps."""
    ribbon = ("هنا المدينة", "الفراغ العاطفي", "مهرجان التمور", "خبر عاجل") * 3
    article = article_of(page_of(ARABIC.but(ribbon=ribbon)), ress)
    assert article.text == ARABIC.text
    assert article.cleaning.removed[0].count == 12


# 4. A ribbon in another language than the article's.


@pytest.mark.parametrize(
    ("story", "other"), [(FRENCH, ARABIC), (ARABIC, FRENCH)], ids=["fr", "ar"]
)
def test_the_language_is_that_of_the_article(
    page_of: MakePage, ress: SiteDefinition, story: Story, other: Story
) -> None:
    """However much longer the ribbon is."""
    article = article_of(page_of(story.but(ribbon=other.ribbon * 5)), ress)
    assert article.language == story.language
    assert article.text == story.text


# 5. A date in the ribbon that is newer than the published line.


@pytest.mark.parametrize(
    "headline",
    ["Météo du 24-11-2024", "Le temps ce jeudi 18 septembre 2025", "2025-09-18 : prix"],
)
@STORIES
def test_the_published_line_wins_over_a_date_in_the_ribbon(
    page_of: MakePage, ress: SiteDefinition, story: Story, headline: str
) -> None:
    """Day first, and no finer than a day."""
    fetched_at = datetime(2025, 9, 18, 12, tzinfo=UTC)
    page = page_of(story.but(ribbon=(headline, *story.ribbon)), fetched_at=fetched_at)
    article = article_of(page, ress)
    assert article.date_published == "2014-06-05"
    assert article.date_published_raw == "05 - 06 - 2014"
    assert article.date_precision == "day"
    assert article.date_source is DateSource.PUBLISHED_LINE
    assert article.warnings == ()


# 6. Paragraphs that look like the ribbon.


@STORIES
def test_a_paragraph_with_four_blanks_survives(
    page_of: MakePage, ress: SiteDefinition, story: Story
) -> None:
    """Few or many: it stands among the paragraphs."""
    few = f"{story.paragraphs[0]}{GAP}{story.paragraphs[1]}"
    many = GAP.join(f"{number}. {story.paragraphs[2]}" for number in range(12))
    paragraphs = (few, many, " ".join(story.paragraphs[1:]))
    article = article_of(page_of(story.but(paragraphs=paragraphs)), ress)
    assert article.text.split("\n\n") == [" ".join(each.split()) for each in paragraphs]


@STORIES
def test_a_paragraph_that_equals_a_headline_of_the_ribbon_survives(
    page_of: MakePage, ress: SiteDefinition, story: Story
) -> None:
    """A ribbon is cut by its place, never by its words."""
    paragraphs = (story.paragraphs[0], story.ribbon[3], story.paragraphs[2])
    article = article_of(page_of(story.but(paragraphs=paragraphs)), ress)
    assert article.text.split("\n\n") == list(paragraphs)


@STORIES
def test_an_article_that_is_itself_in_the_ribbon_keeps_its_title(
    page_of: MakePage, ress: SiteDefinition, story: Story
) -> None:
    """The page was crawled in the hour when it was news."""
    ribbon = (*story.ribbon[:4], story.title, *story.ribbon[4:])
    article = article_of(page_of(story.but(ribbon=ribbon)), ress)
    assert (article.title, article.text) == (story.title, story.text)


@STORIES
def test_the_last_paragraph_may_have_gaps(
    page_of: MakePage, ress: SiteDefinition, story: Story
) -> None:
    """There is no prose after it: its place below the published line must do."""
    last = GAP.join(story.paragraphs)
    article = article_of(page_of(story.but(paragraphs=(story.text, last))), ress)
    assert article.text.endswith(" ".join(last.split()))


# 7. A dump that is cut off in its ribbon.


@STORIES
@pytest.mark.parametrize("count", [1, 2, 5, 8, 9])
def test_a_dump_cut_off_in_its_ribbon_has_no_main_content(
    text_page: MakePage, ress: SiteDefinition, story: Story, count: int
) -> None:
    """With one headline or many, the last one torn."""
    page = text_page(GAP.join(story.ribbon[:count])[:-5])
    assert rejection_of(page, ress).reason is RejectionReason.NO_MAIN_CONTENT


# 8. Author pages.


def teasers(count: int = 8) -> list[str]:
    """Starts of articles, broken off as listings do."""
    start = " ".join(FRENCH.paragraphs)[:200]
    return [f"{start} {number} (...)" for number in range(count)]


@pytest.mark.parametrize(
    "url",
    [
        "https://www.djazairess.com/fr/author/Nom+Pr%C3%A9nom",
        "https://www.djazairess.com/author/Nom",
        None,
    ],
)
def test_an_author_page_is_no_article(
    html_page: MakePage, ress: SiteDefinition, url: str | None
) -> None:
    """By its address, and by its teasers where there is none."""
    items = "".join(
        f"<h2>Titre {number}</h2><p>{text}</p>" for number, text in enumerate(teasers())
    )
    page = html_page(f"<html><body><h1>Nom Prénom</h1>{items}</body></html>", url=url)
    assert rejection_of(page, ress).reason is RejectionReason.NOT_ARTICLE


def test_an_author_page_as_a_dump_is_no_article(
    text_page: MakePage, ress: SiteDefinition
) -> None:
    """A teaser may run over two lines."""
    lines = [f"Titre\n{text[:60]}\n{text[60:]}" for text in teasers()]
    rejection = rejection_of(text_page("\n".join(["Nom Prénom", *lines])), ress)
    assert rejection.reason is RejectionReason.NOT_ARTICLE
    assert rejection.measured == 8
    assert rejection.limit == CONFIG.validation.max_teasers


def test_an_article_that_quotes_a_teaser_is_an_article(
    page_of: MakePage, ress: SiteDefinition
) -> None:
    """Two of them are no listing."""
    paragraphs = (*FRENCH.paragraphs, *teasers(2))
    article = article_of(page_of(FRENCH.but(paragraphs=paragraphs)), ress)
    assert article.text.count("(...)") == 2


# 9. The widget under a picture.

WIDGETS = {
    "typographic": ("Merci d’avoir signalé !", FRENCH.widget[1].replace("'", "’")),
    "no-break": tuple(text.replace(" ", "\xa0") for text in FRENCH.widget),
    "two lines": (
        "Merci d'avoir signalé!",
        *FRENCH.widget[1].replace("bloquée ", "bloquée\n").split("\n"),
    ),
    "one line": (" ".join(FRENCH.widget),),
    "capitals": tuple(text.upper() for text in FRENCH.widget),
}


@pytest.mark.parametrize("widget", WIDGETS.values(), ids=WIDGETS)
def test_the_widget_is_cut_however_it_is_typed(
    page_of: MakePage, ress: SiteDefinition, widget: tuple[str, ...]
) -> None:
    """Apostrophes, blanks, lines and case do not count."""
    article = article_of(page_of(FRENCH.but(widget=widget)), ress)
    assert (article.title, article.text) == (FRENCH.title, FRENCH.text)
    assert "image-widget" in {each.rule for each in article.cleaning.removed}


@STORIES
def test_the_widget_is_cut_in_the_middle_of_the_article(
    page_of: MakePage, ress: SiteDefinition, story: Story
) -> None:
    """It stands under the photograph."""
    paragraphs = (story.paragraphs[0], *story.widget, *story.paragraphs[1:])
    article = article_of(page_of(story.but(paragraphs=paragraphs, widget=())), ress)
    assert article.text == story.text


@STORIES
def test_the_widget_is_cut_where_it_is_glued_to_a_paragraph(
    page_of: MakePage, ress: SiteDefinition, story: Story
) -> None:
    """Both of its lines, before or after the paragraph's own words."""
    widget = " ".join(story.widget)
    paragraphs = (
        f"{story.paragraphs[0]} {widget}",
        f"{widget} {story.paragraphs[1]}",
        story.paragraphs[2],
    )
    article = article_of(page_of(story.but(paragraphs=paragraphs, widget=())), ress)
    assert article.text == story.text


def test_the_same_words_in_a_sentence_are_the_articles_own(
    page_of: MakePage, ress: SiteDefinition
) -> None:
    """Somebody may thank for a report."""
    spoken = "Le maire a dit : merci d'avoir signalé ce danger, nous allons le réparer."
    paragraphs = (*FRENCH.paragraphs, spoken)
    article = article_of(page_of(FRENCH.but(paragraphs=paragraphs)), ress)
    assert article.text.endswith(spoken)


# 10. The source link.


@pytest.mark.parametrize(
    "links",
    [(), FRENCH.source_links * 2, (FRENCH.source_links[0].rstrip("."),)],
    ids=["absent", "doubled", "without dot"],
)
def test_the_source_link_may_be_absent_doubled_or_without_dot(
    page_of: MakePage, ress: SiteDefinition, links: tuple[str, ...]
) -> None:
    """The text is the same."""
    article = article_of(page_of(FRENCH.but(source_links=links)), ress)
    assert article.text == FRENCH.text
    counts = {each.rule: each.count for each in article.cleaning.removed}
    assert counts.get("source-link", 0) == len(links)


def test_the_source_link_names_the_source(
    html_page: MakePage, text_page: MakePage, ress: SiteDefinition
) -> None:
    """In HTML; a dump has no addresses."""
    html = article_of(html_page(FRENCH.as_html()), ress)
    assert html.source_url == "https://paper.example/1"
    assert article_of(text_page(FRENCH.as_dump()), ress).source_url is None


# 11. Days that do not exist.


@pytest.mark.parametrize(
    "raw", ["31 - 02 - 2019", "00 - 00 - 0000", "12 - 13 - 2018", "٣١ - ٠٢ - ٢٠١٩"]
)
@STORIES
def test_a_day_that_does_not_exist_is_no_date(
    page_of: MakePage, ress: SiteDefinition, story: Story, raw: str
) -> None:
    """Null with a warning: it is never swapped, rounded, or read elsewhere."""
    published = story.published.replace("05 - 06 - 2014", raw)
    article = article_of(page_of(story.but(published=published)), ress)
    assert article.date_published is None
    assert article.date_precision is None
    assert article.date_source is None
    assert article.date_published_raw == raw
    assert article.warnings == ("date-invalid:published-line",)
    assert article.publisher in {"Le Rivage", "الضفة"}
    assert article.text == story.text


def test_arabic_digits_are_digits(page_of: MakePage, ress: SiteDefinition) -> None:
    """The raw date keeps them."""
    published = "نشر في الضفة يوم ٠٥ - ٠٦ - ٢٠١٤"
    article = article_of(page_of(ARABIC.but(published=published)), ress)
    assert article.date_published == "2014-06-05"
    assert article.date_published_raw == "٠٥ - ٠٦ - ٢٠١٤"


# 12. Addresses.


@pytest.mark.parametrize(
    "path", ["/alkahera/344", "/akidaty/1206050600", "/fr/elwatan/1494142"]
)
def test_an_article_has_one_id_at_all_its_addresses(
    page_of: MakePage, maghress: SiteDefinition, path: str
) -> None:
    """With and without `www.`, TLS, a query, a final slash, a fragment."""
    urls = [
        f"https://www.maghress.com{path}",
        f"https://maghress.com{path}",
        f"http://maghress.com{path}/",
        f"http://www.maghress.com:80{path}?page=2&utm_source=x",
        f"https://MAGHRESS.com{path}#top",
    ]
    articles = [article_of(page_of(FRENCH, url=url), maghress) for url in urls]
    assert len({article.id for article in articles}) == 1
    assert {article.site for article in articles} == {"maghress.com"}
    assert [article.url for article in articles] == urls


def test_language_and_newspaper_belong_to_the_address(
    page_of: MakePage, maghress: SiteDefinition
) -> None:
    """Numbers are given per newspaper: other articles have other ids."""
    paths = ["/alam/344", "/fr/alam/344", "/alittihad/344", "/alam/3440"]
    articles = [
        article_of(page_of(FRENCH, url=f"https://maghress.com{path}"), maghress)
        for path in paths
    ]
    assert len({article.id for article in articles}) == len(paths)


def test_a_saved_page_is_known_by_its_canonical_address(
    html_page: MakePage, maghress: SiteDefinition
) -> None:
    """The same id as that of the page that was fetched."""
    url = "https://www.maghress.com/fr/rivage/344"
    fetched = article_of(html_page(FRENCH.as_html(), url=url), maghress)
    saved = article_of(html_page(FRENCH.as_html(canonical=url)), maghress)
    assert saved.id == fetched.id
    assert saved.canonical_url == url
    assert saved.url is None


# 13. windows-1256.


@pytest.mark.parametrize(
    ("charset", "content_type", "source"),
    [
        ("windows-1256", None, "meta"),
        ("utf-8", "text/html; charset=windows-1256", "http"),
        ("utf-8", None, "detected"),
    ],
)
def test_a_page_in_windows_1256_gives_the_same_article(
    html_page: MakePage,
    ress: SiteDefinition,
    charset: str,
    content_type: str | None,
    source: str,
) -> None:
    """Declared in the page, in the header, or nowhere."""
    body = ARABIC.as_html(charset=charset).encode("cp1256")
    article = article_of(html_page(body, content_type=content_type), ress)
    expected = article_of(html_page(ARABIC.as_html()), ress)
    assert (article.id, article.text) == (expected.id, ARABIC.text)
    assert article.title == ARABIC.title
    assert article.publisher == "الضفة"
    assert article.provenance.encoding == "cp1256"
    assert article.provenance.encoding_source == source


def test_a_dump_in_windows_1256_gives_the_same_article(
    text_page: MakePage, ress: SiteDefinition
) -> None:
    """A dump declares nothing."""
    article = article_of(text_page(ARABIC.as_dump().encode("cp1256")), ress)
    assert (article.title, article.text) == (ARABIC.title, ARABIC.text)
