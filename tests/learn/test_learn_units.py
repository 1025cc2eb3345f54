"""The parts of learning, each alone: lines, phrases, layouts and regions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.blocks import Role, line_key
from pipelines.learn.layouts import elements_of_path, find_layouts, find_regions
from pipelines.learn.lines import SHOWN_CHARS, Repeated, limit_of, repeated_lines
from pipelines.learn.observe import Observation, SeenBlock
from pipelines.learn.phrases import learn_phrases
from schemas.config import TemplateConfig
from schemas.site import PhraseElement
from schemas.template import DatedLine, LearntPhrase, PathCount, TemplateLayout
from tests.learn.pages import HOST, paragraph, seen, site_pages, story

CONFIG = TemplateConfig()

BODY = "html/body/main/div.body"
P = f"{BODY}/p"
TEXT = Role.TEXT


(BASE,) = seen(site_pages([0]))
"""An observation, of which cases take what they don't say."""


def block(  # noqa: PLR0913 - one argument for each field that a case varies
    text: str,
    path: str = P,
    role: Role | None = None,
    *,
    element: int = 9,
    links: float = 0.0,
    leads_to: str | None = None,
) -> SeenBlock:
    """A block as it was seen."""
    return replace(
        BASE.blocks[0],
        text=text,
        path=path,
        element=element,
        role=role,
        is_open=True,
        link_ratio=links,
        leads_to=leads_to,
    )


def page(
    *blocks: SeenBlock,
    day: str | None = None,
    fields: Mapping[str, str] | None = None,
    captured: datetime | None = None,
) -> Observation:
    """An article as it was seen."""
    return replace(
        BASE,
        title="A headline",
        blocks=blocks,
        fields=fields or {},
        day=day,
        captured_at=captured,
    )


def own(number: int, place: int = 0) -> str:
    """A paragraph that only this article has."""
    return paragraph("own", number, place)


def repeats(*texts: str, wordings: Sequence[str] = ()) -> Repeated:
    """What a site repeats: these lines, and these with gaps."""
    return Repeated(frozenset(map(line_key, texts)), wordings)


# -- lines --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("articles", "least", "ratio", "limit"),
    [
        (3, 3, 0.15, 3),
        (20, 3, 0.15, 3),
        (21, 3, 0.15, 4),
        (30, 3, 0.15, 5),
        (100, 3, 0.15, 15),
        (100, 3, 0.01, 3),
        (10, 5, 0.15, 5),
        (10, 3, 1.0, 10),
    ],
)
def test_how_often_a_line_must_stand(
    articles: int, least: int, ratio: float, limit: int
) -> None:
    """On so many articles at least, and on that share of them, rounded up."""
    config = TemplateConfig(min_articles=least, min_line_ratio=ratio)
    assert limit_of(articles, config) == limit


@given(st.integers(3, 10_000))
def test_no_line_of_one_or_two_articles_is_boilerplate(articles: int) -> None:
    """Whatever the number of articles."""
    assert limit_of(articles, CONFIG) >= 3


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([["a one"], ["a one"], ["a one"]], [("a one", 3)]),
        ([["a one"], ["a one"], ["b two"]], []),
        ([["a one", "a one"], ["a one"], []], []),
        ([["A, one!"], ["a one"], ["a  ONE"]], [("A, one!", 3)]),
        ([["* * *"], ["* * *"], ["* * *"]], []),
        ([["x"], ["x"], ["x"], ["x"]], [("x", 4)]),
        (
            [["b", "a"], ["a", "b"], ["a", "b"], ["b"]],
            [("b", 4), ("a", 3)],
        ),
        ([], []),
    ],
    ids=[
        "three",
        "two",
        "twice on one",
        "typed otherwise",
        "no letters",
        "four",
        "most first",
        "no article",
    ],
)
def test_lines_that_repeat(
    texts: list[list[str]], expected: list[tuple[str, int]]
) -> None:
    """Each with the number of articles, the most frequent first."""
    articles = [page(*map(block, lines)) for lines in texts]
    found = repeated_lines(articles, CONFIG)
    assert [(line.text, line.articles) for line in found] == expected
    assert [line.letters for line in found] == [line_key(t) for t, _ in expected]


def test_a_line_has_the_places_where_several_articles_have_it() -> None:
    """Not that of the one article whose text it is."""
    boxes = [page(block("a one", "html/aside/p")) for _ in range(2)]
    (line,) = repeated_lines([page(block("a one", P, TEXT)), *boxes], CONFIG)
    assert (line.articles, line.paths) == (3, ("html/aside/p",))
    apart = [page(block("a one", f"html/p.x{n}")) for n in range(3)]
    (line,) = repeated_lines(apart, CONFIG)
    assert (line.articles, line.paths) == (3, ())


def test_of_a_long_line_the_beginning_is_shown() -> None:
    """The digest is that of all of it."""
    text = "word " * 100
    (line,) = repeated_lines([page(block(text))] * 3, CONFIG)
    assert line.text == text[:SHOWN_CHARS]
    assert line.letters == line_key(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A line", True),
        ("a LINE!", True),
        ("A line more", False),
        ("By Ann on 1.2.2020", True),
        ("By on 1.2.2020", False),
        ("By Ann on 1.2.2020, and more", False),
        (f"By Ann on 1.2.2020 {'. ' * 60}", False),
    ],
)
def test_what_a_site_repeats(text: str, *, expected: bool) -> None:
    """A whole line, or a short one with its gaps filled."""
    known = repeats("A line", wordings=["By {any} on {date}"])
    assert known.has(text) is expected


# -- paths --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "elements"),
    [
        ("html", ["html"]),
        ("html/body/p.x", ["html", "html/body", "html/body/p.x"]),
        ("line", ["line"]),
    ],
)
def test_elements_of_a_path(path: str, elements: list[str]) -> None:
    """From the root down, its own last."""
    assert elements_of_path(path) == elements


def in_layout(number: int, *more: SeenBlock, path: str = P) -> Observation:
    """An article with two paragraphs at a path, in an element each."""
    first = block(own(number), path, TEXT, element=10)
    return page(first, block(own(number, 1), path, TEXT, element=11), *more)


def only_layout(
    articles: Sequence[Observation], lines: Sequence[str] = ()
) -> TemplateLayout:
    """The one layout of these articles, on which these lines repeat."""
    (layout,) = find_layouts(articles, repeats(*lines), CONFIG)
    return layout


def test_a_layout_has_the_element_around_its_paragraphs() -> None:
    """And the place of each text, with what share of it was the articles'."""
    layout = only_layout([in_layout(number) for number in range(3)])
    assert (layout.name, layout.articles) == ("layout-1", 3)
    assert layout.container == BODY
    (text,) = layout.text_paths
    assert (text.path, text.articles, text.kept_ratio) == (P, 3, 1.0)
    assert layout.other_paths == ()
    assert layout.agreement == 1.0


@pytest.mark.parametrize(
    ("path", "elements", "container"),
    [
        (P, [10, 10], BODY),
        (f"{BODY}/li.x", [10, 10], BODY),
        (f"{BODY}/h2#y", [10, 10], BODY),
        (f"{BODY}/div.para", [10, 11], BODY),
        (f"{BODY}/div.all", [10, 10], f"{BODY}/div.all"),
        ("html", [10, 10], "html"),
        ("p", [10, 10], "p"),
    ],
    ids=["p", "li", "h2", "many divs", "one div", "root", "root that is a leaf"],
)
def test_the_container_is_around_paragraphs(
    path: str, elements: list[int], container: str
) -> None:
    """An element that an article has one of is the container itself."""
    articles = [
        page(
            *(
                block(own(number, place), path, TEXT, element=element)
                for place, element in enumerate(elements)
            )
        )
        for number in range(3)
    ]
    assert only_layout(articles).container == container


def test_the_container_holds_nearly_all() -> None:
    """A standfirst outside of it, a tenth of the text, does not widen it; more does."""
    lead = "html/body/main/p.lead"
    short = [in_layout(n, block(f"Short lead {n}", lead, Role.LEAD)) for n in range(3)]
    assert only_layout(short).container == BODY
    long = [in_layout(n, block(own(n, 7), lead, Role.LEAD)) for n in range(3)]
    assert only_layout(long).container == "html/body/main"
    assert {each.path for each in only_layout(long).text_paths} == {P, lead}


def test_a_layout_needs_three_articles_with_text_of_their_own() -> None:
    """Pages whose text repeats, or stands elsewhere, are not counted."""
    articles = [in_layout(0), in_layout(1), in_layout(2, path=f"{BODY}/div")]
    assert find_layouts(articles, repeats(), CONFIG) == ()
    same = page(block("A line", P, TEXT))
    assert find_layouts([same] * 3, repeats("A line"), CONFIG) == ()
    assert find_layouts([], repeats(), CONFIG) == ()


def test_a_layout_without_a_sure_path_is_none() -> None:
    """Where more was cut than kept at the place where most text stands."""
    dropped = [block(own(9, place)) for place in range(9)]
    articles = [in_layout(number, *dropped) for number in range(3)]
    assert find_layouts(articles, repeats(), CONFIG) == ()


@pytest.mark.parametrize(("cut", "is_text"), [(1, True), (2, False)])
def test_a_path_is_the_articles_above_a_share(cut: int, *, is_text: bool) -> None:
    """Three quarters of what is there, by letters; else it is another place."""
    quote = f"{BODY}/blockquote"
    more = [block("Q" * 90, quote, TEXT), *[block("R" * 30, quote)] * cut]
    layout = only_layout([in_layout(number, *more) for number in range(3)])
    places = layout.text_paths if is_text else layout.other_paths
    assert quote in {each.path for each in places}


def test_ratios_of_a_path() -> None:
    """Repeated lines and links are shares of all text there, the headline too."""
    side = "html/body/aside"
    more = [
        block("the same line", side),
        block("another0", side, links=1.0),
        block("A headline", side, Role.TITLE),
    ]
    layout = only_layout(
        [in_layout(number, *more) for number in range(3)], ["the same line"]
    )
    (other,) = layout.other_paths
    letters_there = len("thesameline" + "another0" + "Aheadline")
    assert (other.path, other.kept_ratio) == (side, 0.0)
    assert other.repeated_ratio == round(len("thesameline") / letters_there, 4)
    assert other.link_ratio == round(len("another0") / letters_there, 4)


def test_a_long_page_does_not_outvote_the_others() -> None:
    """A path that holds a novel of one article, and menus of five, is no text path."""
    side = "html/body/aside"
    novel = " ".join(own(0, place) for place in range(90))
    articles = [in_layout(0, block(novel, side, TEXT))]
    articles += [in_layout(n, block(own(n, 5) * 2, side)) for n in range(1, 6)]
    layouts = find_layouts(articles, repeats(), CONFIG)
    for layout in layouts:
        assert side not in {each.path for each in layout.text_paths}


def test_layouts_are_named_by_their_size() -> None:
    """That of most articles is the first; of equals the first by path."""
    articles = [
        *(in_layout(n, path="html/body/div.b/p") for n in range(3)),
        *(in_layout(n, path="html/body/div.a/p") for n in range(3)),
        *(in_layout(n, path="html/body/div.c/p") for n in range(4)),
    ]
    layouts = find_layouts(articles, repeats(), CONFIG)
    assert [(each.name, each.container) for each in layouts] == [
        ("layout-1", "html/body/div.c"),
        ("layout-2", "html/body/div.a"),
        ("layout-3", "html/body/div.b"),
    ]


def test_a_layout_is_dated_by_the_captures_that_are() -> None:
    """Earliest and latest; those without a time do not count."""
    days = [datetime(2020, 1, day, tzinfo=UTC) for day in (5, 2, 9)]
    texts = [block(own(n), P, TEXT) for n in range(4)]
    articles = [
        page(each, captured=day) for each, day in zip(texts, days, strict=False)
    ]
    layout = only_layout([*articles, page(texts[3])])
    assert layout.first_captured == days[1]
    assert layout.last_captured == days[2]


def test_the_usual_length_is_the_median() -> None:
    """In letters, of the text that is the article's own."""
    texts = ["a" * 100, "b" * 200, "c" * 900]
    articles = [
        page(block(text, P, TEXT), block("same line", P, TEXT)) for text in texts
    ]
    assert only_layout(articles, ["same line"]).usual_letters == 200


@pytest.mark.parametrize(("having", "named"), [(10, True), (7, True), (6, False)])
def test_a_field_has_a_place_if_most_articles_have_it_there(
    having: int, *, named: bool
) -> None:
    """Seven of ten."""
    articles = [
        page(
            block(own(n), P, TEXT),
            fields={"title": "html/h1"} if n < having else {"title": f"html/h1.x{n}"},
        )
        for n in range(10)
    ]
    assert only_layout(articles).fields == ({"title": "html/h1"} if named else {})


def test_agreement_is_what_both_ways_read() -> None:
    """Half of what stands at the places was kept: two thirds (Dice)."""
    kept, cut = block("k" * 80, P, TEXT), block("c" * 20, P)
    articles = [page(kept, cut) for _ in range(3)]
    assert only_layout(articles).agreement == round(2 * 80 / (80 + 100), 4)


# -- regions ------------------------------------------------------------------------

FOOT = "html/body/footer"


def with_foot(
    number: int, *paths: str, fields: Mapping[str, str] | None = None
) -> Observation:
    """An article with a line at each of these paths below it."""
    feet = [block(f"line {place} {number}", path) for place, path in enumerate(paths)]
    return page(block(own(number), P, TEXT), *feet, fields=fields)


def regions_of(articles: Sequence[Observation]) -> tuple[PathCount, ...]:
    """The regions of these articles, whatever their layouts."""
    return find_regions(articles, (), repeats(), CONFIG)


@pytest.mark.parametrize(
    ("paths", "regions"),
    [
        ([f"{FOOT}/p", f"{FOOT}/p"], [FOOT]),
        ([f"{FOOT}/ul/li", f"{FOOT}/div/p", f"{FOOT}/p"], [FOOT]),
        ([f"{FOOT}/p"], []),
        (["html/body/main/aside/p"] * 2, ["html/body/main/aside"]),
        ([P, P], []),
    ],
    ids=["two blocks", "largest", "one block", "in main", "at the text"],
)
def test_regions_hold_nothing_of_an_article(
    paths: list[str], regions: list[str]
) -> None:
    """The largest of two blocks and more."""
    articles = [with_foot(number, *paths) for number in range(3)]
    found = regions_of(articles)
    assert [each.path for each in found] == regions
    assert all(each.articles == 3 for each in found)


def test_a_region_is_on_three_articles() -> None:
    """Two do not tell."""
    articles = [with_foot(n, f"{FOOT}/p", f"{FOOT}/p") for n in range(2)]
    assert regions_of([*articles, with_foot(2)]) == ()


@pytest.mark.parametrize("role", list(Role))
def test_an_element_with_anything_of_one_article_is_no_region(role: Role) -> None:
    """Be it the headline of one page."""
    articles = [with_foot(n, f"{FOOT}/div/p", f"{FOOT}/div/p") for n in range(9)]
    odd = page(block(own(10), P, TEXT), block("odd", f"{FOOT}/div/p", role))
    assert regions_of([*articles, odd]) == ()


def test_an_element_with_a_field_of_one_article_is_no_region() -> None:
    """Its sibling is one."""
    date = f"{FOOT}/div/p"
    paths = [date, date, f"{FOOT}/ul/li", f"{FOOT}/ul/li"]
    articles = [with_foot(n, *paths) for n in range(9)]
    odd = with_foot(10, *paths, fields={"date": date})
    found = regions_of([*articles, odd])
    assert [each.path for each in found] == [f"{FOOT}/ul"]


def test_an_element_in_a_container_is_no_region() -> None:
    """There stands what the template does not know yet, and that may be text."""
    aside = f"{BODY}/aside/p"
    articles = [with_foot(n, aside, aside, f"{FOOT}/p", f"{FOOT}/p") for n in range(3)]
    layouts = find_layouts(articles, repeats(), CONFIG)
    assert [each.container for each in layouts] == [BODY]
    found = find_regions(articles, layouts, repeats(), CONFIG)
    assert [each.path for each in found] == [FOOT]


# -- phrases ------------------------------------------------------------------------

SOURCE = "Read it at its source"

AWAY = "https://paper.example/{}"


def mirrored(
    number: int, line: str, *, leads_to: str | None = AWAY, day: str | None = None
) -> Observation:
    """An article with a dated line, and a link to a page of its own."""
    blocks = [block(own(number), P, TEXT), block(line, "html/body/p")]
    if leads_to is not None:
        away = leads_to.format(number)
        blocks.append(block(SOURCE, "html/body/a", links=1.0, leads_to=away))
    return page(*blocks, day=day)


def dated(number: int, text: str = "Published in {} on {:02} - 05 - 2014") -> str:
    """A dated line of one of three newspapers, on a day of its own."""
    paper = ("Harbour Mail", "Delta", "The Old Town Weekly")[number % 3]
    return text.format(paper, 13 + number)


PUBLISHED = LearntPhrase(
    element=PhraseElement.PUBLISHED_LINE,
    text="Published in {publisher} on {date}",
    articles=6,
)
PAIR = {PhraseElement.PUBLISHED_LINE, PhraseElement.SOURCE_LINK}
"""Neither is believed without the other."""

SOURCE_LINK = LearntPhrase(element=PhraseElement.SOURCE_LINK, text=SOURCE, articles=6)


def test_published_line_and_source_link_are_learnt_together() -> None:
    """The line names publisher and day where the site links away."""
    articles = [mirrored(n, dated(n)) for n in range(6)]
    phrases, lines = learn_phrases(articles, HOST, CONFIG)
    assert set(phrases) == {PUBLISHED, SOURCE_LINK}
    assert lines == ()


@pytest.mark.parametrize(
    "articles",
    [
        [mirrored(n, dated(n), leads_to=None) for n in range(6)],
        [mirrored(n, dated(n), leads_to="https://paper.example/") for n in range(6)],
        [mirrored(n, dated(n), leads_to=f"https://{HOST}/{{}}") for n in range(6)],
        [mirrored(n, dated(n), leads_to=AWAY if n < 2 else None) for n in range(6)],
    ],
    ids=["no link", "one page", "own host", "two articles"],
)
def test_without_source_links_a_dated_line_is_only_cut(
    articles: list[Observation],
) -> None:
    """The name in it may be that of an author."""
    phrases, lines = learn_phrases(articles, HOST, CONFIG)
    assert phrases == ()
    assert lines == (DatedLine(text="Published in {any} on {date}", articles=6),)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Published in {} on 05 - {:02} - 2014", None),
        ("Published in {} on 05 - 05 - 2014, note {}", None),
        ("Published in {} on 31 - 02 - 2014", None),
        ("Published in {} on {:02} - 05 - 2014", "1999-01-01"),
    ],
    ids=["month first", "never over twelve", "no day", "declared otherwise"],
)
def test_a_line_with_other_dates_is_no_published_line(
    line: str, day: str | None
) -> None:
    """Its dates must be possible day first, and those that the pages declare."""
    articles = [mirrored(n, dated(n, line), day=day) for n in range(6)]
    phrases, _ = learn_phrases(articles, HOST, CONFIG)
    assert phrases == ()


def test_a_link_away_is_no_source_without_a_published_line() -> None:
    """It may be an advertisement."""
    articles = [mirrored(n, "Not a date") for n in range(6)]
    assert learn_phrases(articles, HOST, CONFIG) == ((), ())


def test_declared_days_that_agree_confirm_it() -> None:
    """Four of five are enough."""
    days = [f"2014-05-{13 + n}" for n in range(5)]
    articles = [mirrored(n, dated(n), day=day) for n, day in enumerate(days)]
    wrong = mirrored(5, dated(5), day="2014-06-01")
    phrases, _ = learn_phrases([*articles, wrong], HOST, CONFIG)
    assert set(phrases) == {PUBLISHED, SOURCE_LINK}


@pytest.mark.parametrize(
    ("texts", "frame"),
    [
        (["Updated on 1.2.2020", "Updated on 13.4.2021"], "Updated on {date}"),
        (["UPDATED: 1.2.2020", "updated: 3.4.2021"], "UPDATED: {date}"),
        (["By Ann, on 1/2/2020", "By Bo Li, on 3/4/2021"], "By {any} on {date}"),
        (
            ["Written by Ann on 1/2/2020", "Written by Bo Li on 3/4/2021"],
            "Written by {any} on {date}",
        ),
        (
            ["Seen 1/2/2020 by the harbour", "Seen 3/4/2021 by the harbour"],
            "Seen {date} by the harbour",
        ),
        (["On 1/2/2020", "On 3/4/2021"], None),
        (["1/2/2020 it rained", "3/4/2021 it rained"], None),
        (["Open from 1/2/2020 to 2/3/2020", "Open from 3/4/2021 to 4/5/2021"], None),
        (["Written on 1/2/2020", "Written by Bo on 3/4/2021"], None),
        ([f"{'Weather ' * 20}on 1/2/2020", f"{'Weather ' * 20}on 3/4/2021"], None),
    ],
    ids=[
        "fixed words",
        "case",
        "comma is part of the name",
        "name in between",
        "words after",
        "too few letters",
        "date first",
        "two dates",
        "name on some only",
        "too long",
    ],
)
def test_frames_of_dated_lines(texts: list[str], frame: str | None) -> None:
    """The words that all lines share, with gaps for name and date."""
    lines = [re.sub(r"20\d\d", str(2010 + n), texts[n % 2]) for n in range(6)]
    articles = [page(block(line)) for line in lines]
    phrases, found = learn_phrases(articles, HOST, CONFIG)
    assert phrases == ()
    wanted = () if frame is None else (DatedLine(text=frame, articles=6),)
    assert found == wanted


def test_lines_that_begin_otherwise_are_other_lines() -> None:
    """Each is learnt for itself, if it is on enough articles."""
    words = ("Printed", "Printed", "Printed", "Posted", "Posted")
    articles = [page(block(f"{word} {n + 1}/2/2020")) for n, word in enumerate(words)]
    _, lines = learn_phrases(articles, HOST, CONFIG)
    assert lines == (DatedLine(text="Printed {date}", articles=3),)


def test_a_dated_line_of_two_articles_is_not_learnt() -> None:
    """Three are needed, as of any line."""
    articles = [page(block(f"Updated on {n}.2.2020")) for n in (1, 2)]
    assert learn_phrases(articles, HOST, CONFIG) == ((), ())
    assert learn_phrases([], HOST, CONFIG) == ((), ())


def test_a_line_twice_on_a_page_counts_once() -> None:
    """As any line."""
    articles = [page(*[block(f"Updated on {n}.2.2020")] * 2) for n in (1, 2, 3)]
    _, lines = learn_phrases(articles, HOST, CONFIG)
    assert lines == (DatedLine(text="Updated on {date}", articles=3),)


@pytest.mark.parametrize(
    ("text", "leads_to", "found"),
    [
        (SOURCE, "https://{}.example/", True),
        (SOURCE, "https://paper.example/{}", True),
        (SOURCE, f"https://not-{HOST}/{{}}", True),
        (SOURCE, f"https://network.example/?share=https://{HOST}/{{}}", False),
        (SOURCE, "https://paper.example/", False),
        (SOURCE, f"https://{HOST}/{{}}", False),
        (SOURCE, f"https://www.{HOST}/{{}}", False),
        ("Go", "https://paper.example/{}", False),
        ("→", "https://paper.example/{}", False),
    ],
    ids=[
        "host of its own",
        "page of its own",
        "host that ends like ours",
        "button to share",
        "one page",
        "our host",
        "our host with www",
        "too short",
        "no letters",
    ],
)
def test_source_links(text: str, leads_to: str, *, found: bool) -> None:
    """One line that leads away from the site, from each article to another page."""
    articles = [
        page(block(dated(n)), block(text, links=1.0, leads_to=leads_to.format(n)))
        for n in range(6)
    ]
    phrases, _ = learn_phrases(articles, HOST, CONFIG)
    kinds = {each.element for each in phrases}
    assert kinds == (PAIR if found else set())


@pytest.mark.parametrize(("having", "found"), [(3, True), (2, False)])
def test_a_source_link_is_on_enough_articles(having: int, *, found: bool) -> None:
    """As any line."""
    articles = [
        mirrored(n, dated(n), leads_to=AWAY if n < having else None) for n in range(10)
    ]
    phrases, _ = learn_phrases(articles, HOST, CONFIG)
    assert bool(phrases) is found


# -- bounds -------------------------------------------------------------------------


def test_a_line_with_braces_is_no_wording() -> None:
    """It could not be told from a gap, and a gap named twice is no expression."""
    lines = [
        f"Seen in {{publisher}} Paper {n} on {13 + n} - 01 - 2012" for n in range(6)
    ]
    articles = [mirrored(number, line) for number, line in enumerate(lines)]
    phrases, dated = learn_phrases(articles, HOST, CONFIG)
    texts = [*(each.text for each in phrases), *(each.text for each in dated)]
    assert not [text for text in texts if "Seen in" in text]


@pytest.mark.parametrize("text", ["{date} {date}", "{publisher}", "{x}", "}"])
def test_a_wording_with_other_braces_is_refused(text: str) -> None:
    """A template may have been written by others."""
    with pytest.raises(ValueError, match="braces"):
        DatedLine(text=text, articles=3)


def test_what_is_nested_endlessly_is_not_learnt_from() -> None:
    """Paths of all elements on the way to it would fill the memory."""
    deep = "<div class='very-long-name-of-a-class'>" * 90
    told = site_pages([1])[0]
    body = told.body.replace(b"</body>", f"{deep}At the bottom</body>".encode())
    (page_seen,) = seen([told.model_copy(update={"body": body})])
    texts = {each.text for each in page_seen.blocks}
    assert story(1).paragraphs[0] in texts
    assert "At the bottom" not in texts
