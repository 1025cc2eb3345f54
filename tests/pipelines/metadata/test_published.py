"""The publication date: its sources in order, and what it is never read from."""

from datetime import UTC, date, datetime

import pytest

from pipelines.metadata.published import PUBLISHED_META
from pipelines.process import process_page
from schemas.article import Article, DateSource
from schemas.config import PipelineConfig
from schemas.page import Discovery, Page, SourceKind
from schemas.site import Layout, SiteDefinition
from tests.conftest import MakePage
from tests.pipelines.metadata.metadata_of import (
    FETCHED,
    PROSE,
    json_ld,
    meta,
    metadata_of,
    page_of,
    told_by,
)

LINE = "<div>Publié dans Barlamane le 20 - 09 - 2018</div>"
LD = json_ld('{"@type":"NewsArticle","datePublished":"2018-09-19T08:15:00+01:00"}')
META = meta("article:published_time", "2018-09-18")
TIME = f'<time datetime="2018-09-17T10:00">a while ago</time><p>{PROSE}</p>'
DATED_URL = "https://paper.example/2018/09/16/story"
FEED = Discovery(source=SourceKind.FEED, date_raw="Sat, 15 Sep 2018 08:00:00 GMT")
SITEMAP = Discovery(source=SourceKind.NEWS_SITEMAP, date_raw="2018-09-14")
TEXT = f"<p class=date>13 September 2018</p><p>{PROSE}</p>"


@pytest.mark.parametrize(
    ("page", "iso", "source"),
    [
        (
            page_of(LD + META, LINE + TIME, url=DATED_URL),
            "2018-09-20",
            "published-line",
        ),
        (page_of(LD + META, TIME), "2018-09-19T08:15:00+01:00", "json-ld"),
        (page_of(META, TIME, url=DATED_URL), "2018-09-18", "meta"),
        (page_of("", TIME, url=DATED_URL), "2018-09-17T10:00", "time-element"),
        (page_of("", TEXT, url=DATED_URL, discovery=FEED), "2018-09-16", "url"),
        (page_of("", TEXT, discovery=FEED), "2018-09-15T08:00:00Z", "feed"),
        (page_of("", TEXT, discovery=SITEMAP), "2018-09-14", "sitemap"),
        (page_of("", TEXT), "2018-09-13", "text"),
        (page_of("", f"<p>{PROSE}</p>"), None, None),
    ],
)
def test_the_first_source_that_has_a_date_wins(
    page: Page, iso: str | None, source: str | None, ress: SiteDefinition
) -> None:
    """In the order of `read_published`; the precision is that of the source."""
    published = told_by(page, ress).metadata.published

    assert (published.iso, published.source) == (iso, source)
    assert (published.precision is None) == (iso is None)
    assert published.warnings == ()


def test_a_dump_has_the_published_line_or_the_feed(text_page: MakePage) -> None:
    """There is no markup to be searched."""
    text = f"Pier\n{PROSE}"

    def date_of(discovery: Discovery | None) -> str | None:
        page = text_page(text, discovery=discovery)
        record = process_page(page, None, None, PipelineConfig())
        assert isinstance(record, Article)
        return record.date_published

    assert date_of(None) is None
    assert date_of(FEED) == "2018-09-15T08:00:00Z"


@pytest.mark.parametrize("name", PUBLISHED_META)
def test_reads_each_meta_element(name: str) -> None:
    """Whatever the case of its name."""
    published = metadata_of(meta(name.upper(), "2018-09-18")).published

    assert (published.iso, published.source) == ("2018-09-18", DateSource.META)


def test_the_address_may_be_the_canonical_one() -> None:
    """A saved page has no other."""
    canonical = f'<link rel="canonical" href="{DATED_URL}">'

    assert told_by(page_of(canonical, url=None)).metadata.published.iso == "2018-09-16"


def test_a_date_in_a_section_page_or_start_url_does_not_count() -> None:
    """Only feeds and news sitemaps tell when an article was published."""
    discovery = Discovery(source=SourceKind.SECTION, date_raw="2018-09-14")

    published = told_by(page_of(discovery=discovery)).metadata.published

    assert published.iso is None
    assert published.candidates == ()


def test_an_impossible_published_line_is_told_and_the_next_source_asked(
    ress: SiteDefinition,
) -> None:
    """The date is not swapped or guessed."""
    line = LINE.replace("20 - 09", "12 - 13")

    only = metadata_of("", line + f"<p>{PROSE}</p>", ress).published
    other = metadata_of(META, line, ress).published

    assert (only.iso, only.raw, only.source) == (None, "12 - 13 - 2018", None)
    assert only.warnings == ("date-invalid:published-line",)
    assert (other.iso, other.raw) == ("2018-09-18", "2018-09-18")
    assert other.warnings == ("date-invalid:published-line",)
    assert [each.source for each in other.candidates] == ["published-line", "meta"]


def test_a_date_is_never_later_than_the_fetch() -> None:
    """A source that says so is passed over with a warning."""
    late = json_ld('{"@type":"NewsArticle","datePublished":"2025-09-18T12:00:01Z"}')

    passed = metadata_of(late + META).published
    alone = metadata_of(late).published
    unknown = told_by(page_of(late, fetched_at=None)).metadata.published

    assert (passed.iso, passed.warnings) == (
        "2018-09-18",
        ("date-in-future:json-ld",),
    )
    assert (alone.iso, alone.precision, alone.source) == (None, None, None)
    assert alone.raw == "2025-09-18T12:00:01Z"
    assert unknown.iso == "2025-09-18T12:00:01Z"


@pytest.mark.parametrize(
    "time",
    [
        "<aside><p class=date>1 September 2025</p></aside>",
        "<aside><time datetime=2025-09-01>x</time></aside>",
        "<ul><li><time datetime=2025-09-01>x</time></li></ul>",
        "<nav><div><time datetime=2025-09-01>x</time></div></nav>",
        "<footer><time datetime=2025-09-01>x</time></footer>",
        "<time itemprop=dateModified datetime=2025-09-01>x</time>",
        "<time></time>",
    ],
)
def test_a_time_that_is_not_the_article_s_does_not_count(time: str) -> None:
    """Those of other stories, of the footer, of the last change, and empty ones."""
    own = "<div><time>17 September 2018</time></div>"

    alone = metadata_of("", f"{time}<p>{PROSE}</p>").published
    beside = metadata_of("", f"{time}{own}<p>{PROSE}</p>").published

    assert (alone.iso, alone.source) == (None, None)
    assert (beside.iso, beside.source) == ("2018-09-17", DateSource.TIME_ELEMENT)


def test_the_layout_s_date_comes_before_time_elements(ress: SiteDefinition) -> None:
    """It stands where the site's definition says."""
    layout = Layout(name="one", main=("p",), date=("b.on",))
    site = ress.model_copy(update={"layouts": (layout,)})

    metadata = metadata_of("", f"<b class=on>12 mai 2017</b>{TIME}", site)

    assert metadata.published.iso == "2017-05-12"
    assert metadata.published.source is DateSource.TIME_ELEMENT


@pytest.mark.parametrize(
    "ribbon",
    [
        "<div>{}</div>",
        "<ul>{}</ul>",
        "<div class=links>{}</div>",
    ],
    ids=["text", "list", "links"],
)
def test_a_date_in_a_ribbon_is_never_the_article_s(
    ribbon: str, html_page: MakePage
) -> None:
    """The crawl's day stands in the ribbon only, and the page has no published line."""
    titles = [
        f"Météo et horaires du jour, 18 September 2025, numéro {number}"
        for number in range(12)
    ]
    items = {
        "<div>{}</div>": "\u00a0\u00a0\u00a0\u00a0".join(titles),
        "<ul>{}</ul>": "".join(f"<li><a href=/{t}>{t}</a></li>" for t in titles),
    }.get(ribbon) or " ".join(f"<a href=/{t}>{t}</a>" for t in titles)
    body = f"{ribbon.format(items)}<h1>Le vieux quai</h1>" + f"<p>{PROSE}</p>" * 3
    markup = f"<html><body><article>{body}</article></body></html>"

    record = process_page(
        html_page(markup, fetched_at=FETCHED), None, None, PipelineConfig()
    )

    assert isinstance(record, Article)
    assert record.cleaning.removed[0].rule == "ribbon"
    assert record.date_published is None
    assert record.date_published_raw is None


def test_the_published_line_wins_over_newer_dates_round_it(
    ress: SiteDefinition,
) -> None:
    """Nor are other lines where there is such a line, even an impossible one."""
    body = f"<p class=date>17 September 2025</p>{LINE}<p>{PROSE}</p>"
    impossible = body.replace("20 - 09", "31 - 02")

    assert metadata_of("", body, ress).published.iso == "2018-09-20"
    assert metadata_of("", impossible, ress).published.iso is None


HEADLINE = "<h1>The old pier is rebuilt</h1>"
DAY = "13 September 2018"


@pytest.mark.parametrize(
    ("body", "raw"),
    [
        (f"{HEADLINE}<div>{DAY}</div><p>{PROSE}</p>", DAY),
        (f"{HEADLINE}<div>By Jo March • {DAY} • 5 min</div><p>{PROSE}</p>", DAY),
        (f"<div>{DAY}</div>{HEADLINE}<p>{PROSE}</p>", DAY),
        (f"{HEADLINE}<p>{PROSE}</p><div>{DAY}</div><p>{PROSE}</p>", DAY),
        # Between headline and text it may stand in a list or an aside.
        (f"{HEADLINE}<ul><li>{DAY}</li></ul><p>{PROSE}</p>", DAY),
        (f"{HEADLINE}<aside>{DAY}</aside><p>{PROSE}</p>", DAY),
        (f"<article>{HEADLINE}<footer>{DAY}</footer><p>{PROSE}</p></article>", DAY),
        (
            f"{HEADLINE}<div>Stand: 13.09.2018, 19:20 Uhr</div><p>{PROSE}</p>",
            "13.09.2018",
        ),
        (f"{HEADLINE}<div>Do 13.09.18 | 14:07</div><p>{PROSE}</p>", "13.09.18"),
        (f"{HEADLINE}<div>2018年9月13日 08:15</div><p>{PROSE}</p>", "2018年9月13日"),
        (f"{HEADLINE}<div>09/13/2018</div><p>{PROSE}</p>", "09/13/2018"),
        # Further away only where it says what it is.
        (f"{HEADLINE}{f'<p>{PROSE}</p>' * 3}<p>Published on {DAY}</p>", DAY),
        (f"{HEADLINE}<div>Updated 1 May 2019, posted {DAY}</div>", None),
        (f"{HEADLINE}{f'<p>{PROSE}</p>' * 3}<p>{DAY}</p>", None),
        (f"<ul><li>{DAY}</li></ul>{HEADLINE}<p>{PROSE}</p>", None),
        (f"{HEADLINE}<p>{PROSE}</p><ul><li>{DAY}</li></ul>", None),
        (f"{HEADLINE}<div>Updated {DAY}</div><p>{PROSE}</p>", None),
        (f"{HEADLINE}<div>Aktualisiert: {DAY}</div><p>{PROSE}</p>", None),
        (f"{HEADLINE}<div>05/06/2018</div><p>{PROSE}</p>", None),
        (f"{HEADLINE}<p>{PROSE} It was {DAY}.</p>", None),
        (f"{HEADLINE}<div>{'On the quay, in the evening, ' * 3}{DAY}</div>", None),
    ],
)
def test_a_line_by_the_headline_may_be_the_date(body: str, raw: str | None) -> None:
    """Short, next to the headline, and not that of a change; never out of the text."""
    published = metadata_of("", body).published

    assert published.raw == raw
    assert published.iso == (raw and "2018-09-13")
    assert published.source == (raw and DateSource.TEXT)


@pytest.mark.parametrize(
    ("time", "iso"),
    [
        (
            "<time class='entry published updated'>13 September 2018</time>",
            "2018-09-13",
        ),
        ("<span itemprop=datePublished content=2018-09-13>then</span>", "2018-09-13"),
        ("<ul><li><time>13 September 2018</time></li></ul>", "2018-09-13"),
        ("<time class=updated>13 September 2018</time>", None),
        ("<time>Updated 13 September 2018</time>", None),
        ("<p>Last change: <time>13 September 2018</time></p>", None),
        ("<p class=changed><time class=day>13 September 2018</time></p>", None),
    ],
)
def test_a_time_by_the_headline_is_the_article_s(time: str, iso: str | None) -> None:
    """Also in a list; not where its words or classes say that it is a change's."""
    later = "<p>One more</p><time datetime=2018-01-01>x</time>" if iso else ""

    published = metadata_of("", f"{HEADLINE}{time}<p>{PROSE}</p>{later}").published

    assert published.iso == iso


@pytest.mark.parametrize(
    ("head", "iso"),
    [
        (json_ld('{"@type":"WebPage","datePublished":"2018-09-13"}'), "2018-09-13"),
        (
            LD + json_ld('{"@type":"WebPage","datePublished":"2018-09-13"}'),
            "2018-09-19T08:15:00+01:00",
        ),
        (json_ld('{"@type":"Event","datePublished":"2018-09-13"}'), None),
        (meta("cms-published-date", "September 13, 2018"), "2018-09-13"),
        (meta("og:published_time", "2018-09-13"), "2018-09-13"),
        (meta("article:published_time", "Thu, 09/13/2018 - 08:15"), "2018-09-13"),
        (meta("unpublished", "2018-09-13"), None),
        (meta("publisher", "2018-09-13"), None),
    ],
)
def test_reads_dates_of_the_page_and_of_other_names(head: str, iso: str | None) -> None:
    """JSON-LD of the page where the article has none; names that say "published"."""
    assert metadata_of(head).published.iso == iso


def test_the_date_that_won_comes_first_among_all() -> None:
    """Those that were passed over follow."""
    late = json_ld('{"@type":"NewsArticle","datePublished":"2031-01-01"}')

    def values_of(head: str) -> list[str]:
        return [each.value for each in metadata_of(head).candidates["published"]]

    assert values_of(late + META) == ["2018-09-18", "2031-01-01"]
    assert values_of(late) == ["2031-01-01"]


def test_a_printed_date_is_never_after_the_fetch() -> None:
    """A day that was still to come is no publication date."""
    early = datetime(2018, 9, 1, tzinfo=UTC)

    published = told_by(page_of("", TEXT, fetched_at=early)).metadata.published

    assert published.iso is None
    assert early.date() < date(2018, 9, 13)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            json_ld('{"@type":"NewsArticle","dateModified":"2018-09-21"}')
            + meta("article:modified_time", "2018-09-22"),
            "2018-09-21",
        ),
        (meta("article:modified_time", "2018-09-22T10:00Z"), "2018-09-22T10:00Z"),
        (meta("og:updated_time", "2018-09-23"), "2018-09-23"),
        (
            meta("article:modified_time", "soon")
            + meta("article:modified_time", "2030-01-01")
            + meta("datemodified", "2018-09-24"),
            "2018-09-24",
        ),
        (json_ld('{"@type":"WebPage","dateModified":"2018-09-25"}'), "2018-09-25"),
        (meta("article:published_time", "2018-09-18"), None),
    ],
)
def test_the_day_of_the_last_change_is_a_field_of_its_own(
    head: str, expected: str | None
) -> None:
    """It is never the publication date, nor the other way round, nor in the future."""
    metadata = metadata_of(head)

    assert metadata.date_modified == expected
    if expected is not None:
        assert metadata.published.iso is None
