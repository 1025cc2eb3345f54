"""Learning: the same pages give the same template, and an article counts once."""

import functools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.learn import Observation, TooFew, learn, observe, page_order
from schemas.config import TemplateConfig
from schemas.template import SiteTemplate, TemplateLayout
from tests.learn.pages import (
    CONFIG,
    FIRST_HOUR,
    GAP,
    HOST,
    MENU,
    NOTICE,
    Frame,
    Story,
    article,
    besides,
    cut_by_template,
    dump,
    learnt,
    markup,
    page,
    paragraph,
    seen,
    sentence,
    site_pages,
    story,
    tags,
    without,
)

OLD, NEW = Frame("tide"), Frame("kelp")
YEAR_2000 = datetime(2000, 1, 1, tzinfo=UTC)


@functools.cache
def pool() -> tuple[Observation, ...]:
    """Observations of a site with two layouts, a story told twice, and captures."""
    moved = site_pages([0, 1])
    again = [
        each.model_copy(update={"fetched_at": FIRST_HOUR + timedelta(days=9)})
        for each in site_pages([2, 3], replace(OLD, above="<p>Flood warning</p>"))
    ]
    return tuple(
        seen(
            [
                *site_pages(range(6)),
                *site_pages(range(6, 11), NEW),
                *(each.model_copy(update={"url": None}) for each in moved),
                *again,
            ]
        )
    )


@functools.cache
def template_of_pool() -> SiteTemplate:
    """The template of all of them in their first order."""
    template = learn(pool(), HOST, CONFIG)
    assert isinstance(template, SiteTemplate)
    return template


# -- order and copies ---------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(len(pool()))))
def test_the_order_of_pages_does_not_matter(order: Sequence[int]) -> None:
    """Not of the template, nor of its digest."""
    template = learn([pool()[index] for index in order], HOST, CONFIG)
    assert template == template_of_pool()
    assert isinstance(template, SiteTemplate)
    assert template.file_digest == template_of_pool().file_digest


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(range(len(pool()))), max_size=30))
def test_copies_of_pages_count_only_as_pages(copies: list[int]) -> None:
    """However often a page is given, its article is one."""
    given_twice = [*pool(), *(pool()[index] for index in copies)]
    template = learn(given_twice, HOST, CONFIG)
    assert isinstance(template, SiteTemplate)
    assert template.pages == len(given_twice)
    assert template.articles == template_of_pool().articles
    assert template.model_copy(update={"pages": len(pool())}) == template_of_pool()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(range(len(pool()))), min_size=1, unique=True),
    st.randoms(use_true_random=False),
)
def test_any_part_of_the_pages_gives_one_result(
    chosen: list[int], chance: object
) -> None:
    """A template, or too few, whatever the order of the part."""
    first = learn([pool()[index] for index in chosen], HOST, CONFIG)
    second = learn([pool()[index] for index in sorted(chosen)], HOST, CONFIG)
    assert first == second


def test_the_same_bytes_at_two_times_count_as_both() -> None:
    """Which of two equal captures is read first cannot change the layout's period."""
    pages = site_pages(range(5))
    late = pages[0].model_copy(update={"fetched_at": FIRST_HOUR + timedelta(days=30)})
    forth = learnt([*pages, late])
    back = learnt([late, *pages])
    assert forth == back


def test_learning_twice_gives_equal_json() -> None:
    """Byte for byte."""
    pages = site_pages(range(5))
    assert learnt(pages).to_json_line() == learnt(pages).to_json_line()


def test_pages_of_other_sites_are_passed_over() -> None:
    """They change nothing, not even the number of pages."""
    own = seen(site_pages(range(5)))
    other = seen(site_pages(range(20, 26), NEW, "ebb.example"), "ebb.example")
    assert learn([*other, *own], HOST, CONFIG) == learn(own, HOST, CONFIG)
    assert learn(other, HOST, CONFIG) == TooFew(HOST, 0, 3)


# -- one article --------------------------------------------------------------------


def changed_body(told: Story, capture: int) -> Story:
    """The story as it grew: one paragraph more at each capture."""
    more = tuple(paragraph("more", told.number, number) for number in range(capture))
    return without(told, paragraphs=told.paragraphs + more)


def renamed(told: Story, capture: int) -> Story:
    """The story under another headline at each capture."""
    return without(told, title=f"{told.title}, update number {capture}")


@pytest.mark.parametrize("times", [2, 5])
@pytest.mark.parametrize("ribbon_changes", [False, True])
def test_captures_of_one_article_are_one(times: int, *, ribbon_changes: bool) -> None:
    """Its own text is no repeated line, however often it was captured."""
    captures = [
        page(
            markup(
                changed_body(story(0), number),
                Frame(above=ribbon_of_links(number) if ribbon_changes else ""),
            ),
            "story/0",
            captured=FIRST_HOUR + timedelta(hours=number),
        )
        for number in range(times)
    ]
    template = learnt([*captures, *site_pages(range(1, 5))])
    assert (template.pages, template.articles) == (times + 4, 5)
    assert article(captures[0], template).text == story(0).text


def test_captures_of_one_address_are_one_article_under_any_headline() -> None:
    """A desk changes headlines: the address is still that of one article."""
    captures = [
        page(
            markup(renamed(story(0), number)),
            "story/0",
            captured=FIRST_HOUR + timedelta(hours=number),
        )
        for number in range(4)
    ]
    template = learnt([*captures, *site_pages(range(1, 5))])
    assert template.articles == 5
    assert article(captures[0], template).text == story(0).text


def test_one_article_under_two_addresses_is_one() -> None:
    """The print version has the same headline and text."""
    copies = [page(markup(story(0)), f"print/{number}/0") for number in range(4)]
    template = learnt([*copies, *site_pages(range(1, 5))])
    assert template.articles == 5
    assert article(copies[0], template).text == story(0).text


def test_two_articles_with_one_headline_are_two() -> None:
    """A forecast has the same each day."""
    forecasts = [
        page(markup(without(story(number), title="The weather of the day")), number)
        for number in range(5)
    ]
    assert learnt(forecasts).articles == 5


def test_pages_with_one_title_element_are_many_articles() -> None:
    """A site may give all its pages the same `<title>`."""
    frame = Frame(page_title="The Harbour Gazette")
    pages = site_pages(range(6), frame)
    template = learnt(pages)
    assert template.articles == 6
    for number, each in enumerate(pages):
        assert besides(article(each, template), story(number)) == []


def test_a_title_element_that_all_pages_share_is_no_headline() -> None:
    """The template knows that it repeats: the heading above the text is taken."""
    pages = site_pages(range(6), Frame(page_title="The Harbour Gazette"))
    template = learnt(pages)
    titles = [article(each, template).title for each in pages]
    assert titles == [story(number).title for number in range(6)]


def test_short_articles_with_one_title_and_a_long_notice_are_many() -> None:
    """What the site prints below each text does not make two articles one."""
    notice = tags(paragraph("terms", number) for number in range(3))
    frame = Frame(page_title="The Harbour Gazette", inside="", below="")
    pages = [
        page(
            markup(
                without(story(number, paragraphs=3, sentences=2), title="Short news"),
                frame,
            ).replace("</div></main>", f"{notice}</div></main>"),
            number,
        )
        for number in range(6)
    ]
    assert learnt(pages).articles == 6


@pytest.mark.parametrize("copies", [1, 2])
def test_a_story_quoted_by_others_is_kept(copies: int) -> None:
    """A paragraph that stands on two or three of 27 articles is kept."""
    quoted = story(0).paragraphs[1]
    others = [
        page(
            markup(without(story(n), paragraphs=(*story(n).paragraphs, quoted))),
            f"story/{n}",
        )
        for n in range(1, copies + 1)
    ]
    template = learnt([*site_pages([0]), *others, *site_pages(range(10, 34))])
    assert article(site_pages([0])[0], template).text == story(0).text
    for number, each in enumerate(others, 1):
        assert article(each, template).text == f"{story(number).text}\n\n{quoted}"


# -- too few ------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2])
def test_of_two_articles_nothing_is_learnt(count: int) -> None:
    """And it is said how many there are, and how many are wanted."""
    observations = seen(site_pages(range(count)))
    assert learn(observations, HOST, CONFIG) == TooFew(HOST, count, 3)


def test_captures_of_two_articles_are_too_few() -> None:
    """Ten pages, two articles."""
    observations = seen(site_pages([0, 1])) * 5
    assert learn(observations, HOST, CONFIG) == TooFew(HOST, 2, 3)


def test_how_many_are_wanted_is_configured() -> None:
    """Four are too few where five are asked for."""
    config = CONFIG.model_copy(update={"template": TemplateConfig(min_articles=5)})
    observations = seen(site_pages(range(4)))
    assert learn(observations, HOST, config) == TooFew(HOST, 4, 5)


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n",
        "<!-- nothing -->",
        b"\x00\xff\xfe\x80\x81",
        b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        '{"title": "no page", "text": []}',
        f"<html><body><ul>{MENU}</ul></body></html>",
        f"<h1>Short</h1><p>{sentence('short')[:80]}</p>",
    ],
    ids=[
        "empty",
        "blank",
        "comment",
        "bytes",
        "pdf",
        "png",
        "json",
        "menu",
        "short",
    ],
)
def test_a_page_without_an_article_teaches_nothing(body: str | bytes) -> None:
    """It is no error either."""
    assert observe(page(body, "x"), HOST, None, CONFIG) is None


def test_pages_without_a_headline_teach_where_the_text_stands() -> None:
    """Where a site writes its headlines may be known only once it is learnt."""
    pages = [page(f"<div>{tags(story(n).paragraphs)}</div>", n) for n in range(4)]
    (layout,) = learnt(pages).layouts
    assert layout.container == "html/body/div"


def test_an_error_page_teaches_nothing() -> None:
    """A page that says 404 may still show an old article."""
    gone = site_pages([0])[0].model_copy(update={"http_status": 404})
    assert observe(gone, HOST, None, CONFIG) is None


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text.replace("</p>", ""),
        lambda text: text.replace("</div>", "").replace("</main>", ""),
        lambda text: text.replace("<html", "<htm").replace("<body>", ""),
        lambda text: text.rpartition("</main>")[0],
        lambda text: text.replace("<p>", "<p><b><i>").replace("</main>", "</b>"),
    ],
    ids=["no end of p", "no end of div", "no body", "cut short", "open inline"],
)
def test_broken_markup_is_learnt_from_and_read(broken: object) -> None:
    """As far as a tree can be made of it."""
    assert callable(broken)
    pages = [page(broken(markup(story(number))), number) for number in range(5)]
    template = learnt(pages)
    for number, each in enumerate(pages):
        kept = article(each, template).text
        assert all(text in kept for text in story(number).paragraphs)
        assert NOTICE not in kept


# -- what is learnt -----------------------------------------------------------------


def ribbon_of_links(hour: int) -> str:
    """Headlines of an hour, each a link."""
    links = "".join(
        f'<a href="/h/{hour}-{n}">{sentence("ribbon", hour, n)[:60]}</a> '
        for n in range(12)
    )
    return f'<div class="tide-ribbon">{links}</div>'


def ribbon_of_text(hour: int) -> str:
    """Headlines of an hour, as bare text."""
    lines = [sentence("ribbon", hour, n)[:60] for n in range(12)]
    return f'<div class="tide-ribbon">{GAP.join(lines)}</div>'


def ribbon_of_paragraph(hour: int) -> str:
    """The same in one `<p>`."""
    return ribbon_of_text(hour).replace("<div", "<p").replace("</div", "</p")


def ribbon_of_paragraphs(hour: int) -> str:
    """The beginnings of stories, each in a `<p>` with a link to it."""
    lines = "".join(
        f'<p>{sentence("ribbon", hour, n)[:60]} <a href="/h/{hour}-{n}">more</a></p>'
        for n in range(5)
    )
    return f'<div class="tide-ribbon">{lines}</div>'


def ribbon_of_items(hour: int) -> str:
    """A list of links."""
    lines = "".join(
        f'<li><a href="/h/{hour}-{n}">{sentence("ribbon", hour, n)[:60]}</a></li>'
        for n in range(12)
    )
    return f'<ul class="tide-ribbon">{lines}</ul>'


RIBBONS = {
    each.__name__: each
    for each in (
        ribbon_of_links,
        ribbon_of_text,
        ribbon_of_paragraph,
        ribbon_of_paragraphs,
        ribbon_of_items,
    )
}


@pytest.mark.parametrize("shape", RIBBONS)
@pytest.mark.parametrize("side", ["above", "below"])
def test_a_ribbon_that_changes_every_hour_is_known_by_its_place(
    shape: str, side: str
) -> None:
    """Its text does not repeat; a page of a later hour is read without it."""
    ribbon = RIBBONS[shape]
    pages = [
        page(
            markup(story(number), replace(OLD, **{side: ribbon(number)})),
            f"story/{number}",
        )
        for number in range(7)
    ]
    template = learnt(pages[:6])
    record = article(pages[6], template)
    assert besides(record, story(6)) == []
    assert record.provenance.extractor == "template:layout-1"


def related(number: int) -> str:
    """A box with headlines and beginnings of three other stories of the site."""
    others = [story((number + step) % 7) for step in (1, 2, 3)]
    teasers = "".join(
        f'<div class="tide-teaser"><h3><a href="/story/{each.number}">{each.title}</a>'
        f"</h3><p>{each.paragraphs[0]}</p></div>"
        for each in others
    )
    return f'<section class="tide-related"><h2>Read on</h2>{teasers}</section>'


@pytest.mark.parametrize("side", ["above", "inside", "below"])
def test_related_boxes_that_quote_other_articles_take_nothing_from_them(
    side: str,
) -> None:
    """Each first paragraph stands on four of seven pages, and is its article's."""
    pages = [
        page(
            markup(story(number), replace(OLD, **{side: related(number)})),
            f"story/{number}",
        )
        for number in range(7)
    ]
    template = learnt(pages)
    for number, each in enumerate(pages):
        assert besides(article(each, template), story(number)) == []


def test_two_layouts_are_told_apart_and_dated() -> None:
    """By the times of their captures, that of most articles first."""
    old = [
        each.model_copy(update={"fetched_at": YEAR_2000 + timedelta(days=number)})
        for number, each in enumerate(site_pages(range(6), OLD))
    ]
    new = site_pages(range(10, 14), NEW)
    template = learnt([*old, *new])
    first, second = template.layouts
    assert [layout.articles for layout in template.layouts] == [6, 4]
    assert "tide-body" in first.container
    assert "kelp-body" in second.container
    assert period(first) == (YEAR_2000, YEAR_2000 + timedelta(days=5))
    hours = [FIRST_HOUR + timedelta(hours=number) for number in (10, 13)]
    assert period(second) == tuple(hours)
    for number, each in enumerate(old):
        assert article(each, template).provenance.extractor == f"template:{first.name}"
        assert article(each, template).text == story(number).text
    for number, each in enumerate(new, 10):
        assert article(each, template).provenance.extractor == f"template:{second.name}"
        assert article(each, template).text == story(number).text


def period(layout: TemplateLayout) -> tuple[datetime | None, datetime | None]:
    """From when to when it was captured."""
    return layout.first_captured, layout.last_captured


def test_layouts_without_times_are_not_dated() -> None:
    """A folder of files does not say when they were captured."""
    pages = [page(markup(story(number)), number) for number in range(4)]
    (layout,) = learnt(pages).layouts
    assert period(layout) == (None, None)


def test_a_layout_of_two_articles_is_not_believed() -> None:
    """Two of another design are read on the generic path."""
    template = learnt([*site_pages(range(6), OLD), *site_pages(range(10, 12), NEW)])
    assert [layout.articles for layout in template.layouts] == [6]


def test_counts_are_of_articles_and_of_regions_text() -> None:
    """A line of five articles has the count five; so has the footer it stands in."""
    template = learnt([*site_pages(range(5)), *site_pages([0])])
    counts = {line.text: line.articles for line in template.lines}
    assert counts[NOTICE] == 5
    assert {region.articles for region in template.regions} == {5}
    ends = [each for each in template.regions if each.path.endswith("tide-end")]
    assert [each.repeated_ratio for each in ends] == [1.0]
    assert [each.kept_ratio for each in ends] == [0.0]


def test_fields_have_their_places() -> None:
    """Title, lead, authors and date, where most pages have them."""
    frames = [
        Frame(
            head=f'<meta name="author" content="{story(number).author}">'
            f'<meta name="description" content="{story(number).lead}">'
            f'<meta property="article:published_time" content="2024-03-0{number}">'
        )
        for number in range(1, 7)
    ]
    pages = [
        page(
            markup(story(number), frame)
            .replace("</h1>", f'</h1><p class="tide-lead">{story(number).lead}</p>')
            .replace('tide-by">', f'tide-by">2024-03-0{number} '),
            number,
        )
        for number, frame in enumerate(frames, 1)
    ]
    (layout,) = learnt(pages).layouts
    assert {name: path.rpartition(".")[2] for name, path in layout.fields.items()} == {
        "title": "tide-title",
        "lead": "tide-lead",
        "authors": "tide-by",
        "date": "tide-by",
    }


# -- dumps --------------------------------------------------------------------------


def dump_of(number: int) -> str:
    """A story as the text of its page, with a menu and a notice."""
    told = story(number)
    top = ["News", "Region", "Harbour", told.title, f"By {told.author}"]
    return "\n".join([*top, *told.paragraphs, NOTICE, "Imprint and contact"])


@pytest.mark.parametrize("addressed", [False, True])
def test_dumps_teach_lines_and_no_layout(*, addressed: bool) -> None:
    """The lines are cut from a dump, with their count."""
    pages = [dump(dump_of(n), n if addressed else None) for n in range(6)]
    template = learnt(pages)
    assert template.layouts == ()
    assert template.regions == ()
    assert {"News", NOTICE, "Imprint and contact"} <= {
        line.text for line in template.lines
    }
    for number, each in enumerate(pages):
        assert besides(article(each, template), story(number)) == []
        assert NOTICE in cut_by_template(each, template)


def test_a_line_that_all_dumps_share_is_no_headline() -> None:
    """The first line that is the article's own is."""
    pages = [dump(dump_of(number), number) for number in range(6)]
    template = learnt(pages)
    titles = [article(each, template).title for each in pages]
    assert titles == [story(number).title for number in range(6)]


def test_pages_and_dumps_of_one_site_are_learnt_together() -> None:
    """The lines are those of both; layouts are of the pages that have a tree."""
    dumps = [dump(dump_of(number), number) for number in range(4)]
    template = learnt([*dumps, *site_pages(range(10, 14))])
    assert [layout.articles for layout in template.layouts] == [4]
    counts = {line.text: line.articles for line in template.lines}
    assert counts[NOTICE] == 8


# -- the order of hashes ------------------------------------------------------------


def test_page_order_names_address_and_bytes() -> None:
    """128 hexadecimal digits: captures of an address share the first half."""
    one, two = page("a", "x"), page("b", "x")
    www = page("a", "x/", f"www.{HOST}")
    first, second = page_order(one, None), page_order(two, None)
    assert len(first) == 128
    assert set(first) <= set("0123456789abcdef")
    assert first[:64] == second[:64]
    assert first[64:] != second[64:]
    assert page_order(www, None) == first
    bare = page_order(page("a"), None)
    assert bare[:64] == bare[64:] == first[64:]
