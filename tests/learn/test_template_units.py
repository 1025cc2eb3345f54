"""The parts of using a template, each alone; and the file itself."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.blocks import Block, Link, Role, line_key, segment_outside
from pipelines.drafts import LINE_RULE, Draft
from pipelines.html import parse
from pipelines.process import prepare
from pipelines.template import (
    PATH_RULE,
    REGION_RULE,
    ArticleSigns,
    KnownSite,
    agreement,
    cut_regions,
    cut_repeated,
    is_checked,
    read_by_template,
    signs_of,
    template_for,
)
from schemas.config import PipelineConfig, TemplateConfig
from schemas.page import Page
from schemas.provenance import TemplateCheck
from schemas.template import (
    DatedLine,
    PathCount,
    RepeatedLine,
    SiteTemplate,
    TemplateLayout,
)
from tests.learn.pages import HOST, learnt, page, paragraph, site_pages
from tests.schemas.model_strategies import built

CONFIG = TemplateConfig()

BODY = "html/body/div.body"
P = f"{BODY}/p"
SIDE = "html/body/aside"
SIGNS = ArticleSigns("A headline", "", "")


def place(path: str, articles: int) -> PathCount:
    """A place that was learnt."""
    return PathCount(
        path=path, articles=articles, kept_ratio=1, repeated_ratio=0, link_ratio=0
    )


def with_fields(template: SiteTemplate, **fields: object) -> SiteTemplate:
    """A template with other fields, checked."""
    return SiteTemplate.model_validate(template.model_dump() | fields)


LEARNT = learnt(site_pages(range(9)))

TEMPLATE = with_fields(
    LEARNT,
    lines=(
        RepeatedLine(
            letters=line_key("A line"), text="A line", articles=7, paths=(P, SIDE)
        ),
    ),
    dated_lines=(DatedLine(text="Updated on {date}", articles=6),),
    phrases=(),
    regions=(place("html/body/nav", 8),),
    layouts=(
        TemplateLayout(
            name="layout-1",
            articles=9,
            first_captured=None,
            last_captured=None,
            container=BODY,
            usual_letters=400,
            text_paths=(place(P, 9),),
            other_paths=(place(f"{BODY}/aside", 5), place("html/body/footer", 9)),
            fields={},
            agreement=1.0,
        ),
    ),
)


def known_site() -> KnownSite:
    """What is known of the site by this template."""
    known = template_for(page("x"), TEMPLATE)
    assert known is not None
    return known


SITE = known_site()
(LAYOUT,) = SITE.layouts


def block(text: str, path: str = P, links: int = 0) -> Block:
    """A block, with so many characters of links."""
    tag = path.rpartition("/")[2]
    linked = (Link("/x", "x" * links),) if links else ()
    return Block(text=text, raw=text, path=path, tag=tag, links=linked)


def draft(*blocks: Block) -> Draft:
    """A draft in which nothing is decided."""
    return Draft(blocks)


def body(letters: int = 400) -> Block:
    """A paragraph of so many letters."""
    return block("a" * letters)


# -- which template -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "used"),
    [
        (page("x", "a"), True),
        (page("x", "a", f"www.{HOST}"), True),
        (page("x"), True),
        (page("x", "a", "ebb.example"), False),
        (page("x", "a", f"x.{HOST}"), False),
    ],
)
def test_a_template_is_for_pages_of_its_host(told: Page, *, used: bool) -> None:
    """And for those that have no address."""
    template = learnt(site_pages(range(4)))
    known = template_for(told, template)
    assert (known is not None) is used
    assert template_for(told, None) is None


def test_what_is_known_is_what_was_learnt() -> None:
    """Counts by text and path."""
    template = learnt(site_pages(range(4)))
    known = template_for(page("x"), template)
    assert known is not None
    assert known.digest == template.file_digest
    assert known.articles == 4
    for line in template.lines:
        assert known.repeats(block(line.text, line.paths[0])) == line.articles
    assert set(known.regions) == {each.path for each in template.regions}
    (layout,), (first,) = known.layouts, template.layouts
    assert layout.container == first.container
    assert set(layout.text_paths) == {each.path for each in first.text_paths}


# -- regions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("<ul><li><a href=x>One</a></li><li>two</li></ul>", "One two"),
        ("<p>One</p><script>x()</script><style>y</style>two", "One two"),
        ("<!-- no --><p>One</p>", "One"),
        ("<p> \n </p>", None),
        ("", None),
        ("<select><option>One</option></select>", None),
    ],
)
def test_a_region_is_one_piece(inside: str, text: str | None) -> None:
    """With the text that it has as a page is read."""
    tree = parse(f"<html><body><p>Top</p><nav>{inside}</nav>tail</body></html>")
    assert tree is not None
    blocks, regions = segment_outside(tree, SITE.regions)
    assert [each.text for each in blocks] == ["Top", "tail"]
    pieces = cut_regions(regions, SITE)
    assert [(each.block.text, each.place) for each in pieces] == (
        [] if text is None else [(text, 1)]
    )
    for piece in pieces:
        assert (piece.cut.rule, piece.cut.articles) == (REGION_RULE, 8)


# -- lines --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("A line", 7),
        ("a LINE!", 7),
        ("A line more", None),
        ("Updated on 1.2.2020", 6),
        ("Updated on 1.2.2020 by us", None),
        ("Updated on Monday", None),
        (f"Updated on 1.2.2020 {'. ' * 60}", None),
    ],
)
def test_lines_that_are_cut(text: str, articles: int | None) -> None:
    """Those that repeat, whole or but for a date, where no text of articles stands."""
    cut = cut_repeated(draft(block(text, SIDE)), SITE).cuts
    assert {each.articles for each in cut.values()} == (
        set() if articles is None else {articles}
    )
    assert {each.rule for each in cut.values()} <= {LINE_RULE}


@pytest.mark.parametrize(
    ("path", "is_cut"), [(P, False), (SIDE, True), (f"{BODY}/h2", True)]
)
def test_a_line_is_not_cut_where_text_stands_unless_it_repeats_there(
    path: str, *, is_cut: bool
) -> None:
    """It may be the beginning of an article, which boxes quote."""
    line = TEMPLATE.lines[0].model_copy(update={"paths": (SIDE,)})
    known = template_for(page("x"), with_fields(TEMPLATE, lines=(line,)))
    assert known is not None
    assert bool(cut_repeated(draft(block("A line", path)), known).cuts) is is_cut


@pytest.mark.parametrize("role", list(Role))
def test_a_line_that_has_a_role_is_not_cut(role: Role) -> None:
    """The headline may be a line of the menu."""
    told = draft(block("A line"), block("A line")).with_role([0], role)
    assert set(cut_repeated(told, SITE).cuts) == {1}


# -- reading ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "signs", "check"),
    [
        ([body()], SIGNS, TemplateCheck.FITS),
        ([], SIGNS, TemplateCheck.NO_LAYOUT),
        ([block("a" * 400, "html/body/p")], SIGNS, TemplateCheck.NO_LAYOUT),
        ([body()], ArticleSigns("", "", ""), TemplateCheck.NO_TITLE),
        ([body(60)], SIGNS, TemplateCheck.FITS),
        ([body(59)], SIGNS, TemplateCheck.TEXT_SHORT),
        ([block("a" * 400, links=200)], SIGNS, TemplateCheck.FITS),
        ([block("a" * 400, links=201)], SIGNS, TemplateCheck.LINK_DENSE),
        ([body(), block("b" * 20, f"{BODY}/div")], SIGNS, TemplateCheck.FITS),
        ([body(), block("b" * 21, f"{BODY}/div")], SIGNS, TemplateCheck.UNKNOWN_TEXT),
        ([body(), block("b" * 99, f"{BODY}/aside")], SIGNS, TemplateCheck.FITS),
        ([body(), block("b" * 79, f"{BODY}-x/p")], SIGNS, TemplateCheck.FITS),
        ([body(), block("b" * 80, f"{BODY}-x/p")], SIGNS, TemplateCheck.UNKNOWN_TEXT),
        ([body()], ArticleSigns("A", "", "b" * 800), TemplateCheck.FITS),
        ([body()], ArticleSigns("A", "", "b" * 801), TemplateCheck.BODY_DIFFERS),
    ],
)
def test_what_is_asked_of_a_page(
    blocks: list[Block], signs: ArticleSigns, check: TemplateCheck
) -> None:
    """The cheap signs, each at its limit."""
    reading = read_by_template(draft(*blocks), SITE, signs, CONFIG)
    assert reading.check is check
    assert (reading.extraction is not None) is (check is TemplateCheck.FITS)


def test_what_is_not_the_articles_is_cut_with_its_count() -> None:
    """By path where the place is known, else as not found to be the article's."""
    told = draft(
        body(),
        block("beside", f"{BODY}/aside"),
        block("below", "html/body/footer"),
        block("elsewhere", "html/body/p"),
    )
    extraction = read_by_template(told, SITE, SIGNS, CONFIG).extraction
    assert extraction is not None
    assert extraction.extractor == "template:layout-1"
    assert extraction.is_by_place
    cut = {i: (c.rule, c.articles) for i, c in extraction.draft.cuts.items()}
    assert cut == {
        1: (PATH_RULE, 5),
        2: (PATH_RULE, 9),
        3: ("not-main-content", None),
    }
    assert extraction.draft.open_indices() == [0]


def test_a_paragraph_at_an_unknown_place_is_the_articles() -> None:
    """If it is in the container, and little beside all else."""
    text = paragraph("unknown", sentences=1)
    told = draft(
        body(9_000), block(text, f"{BODY}/blockquote/p"), block(text, "html/body/p")
    )
    site = replace(SITE, layouts=(replace(LAYOUT, usual_letters=9_000),))
    extraction = read_by_template(told, site, SIGNS, CONFIG).extraction
    assert extraction is not None
    assert extraction.draft.open_indices() == [0, 1]


def test_links_at_an_unknown_place_are_not_the_articles() -> None:
    """A list of stories to read on, in the container."""
    told = draft(body(9_000), block("x" * 60, f"{BODY}/ul/li", links=60), body())
    site = replace(SITE, layouts=(replace(LAYOUT, usual_letters=9_000),))
    extraction = read_by_template(told, site, SIGNS, CONFIG).extraction
    assert extraction is not None
    assert extraction.draft.open_indices() == [0, 2]


def test_the_layout_with_most_text_is_taken() -> None:
    """Of equals the first, which is that of most articles."""
    other = replace(
        LAYOUT, name="layout-2", container="html/body", text_paths={"html/body/p": 3}
    )
    other = replace(other, other_paths={P: 3})
    site = replace(SITE, layouts=(LAYOUT, other))
    site = replace(
        site, layouts=(replace(LAYOUT, other_paths={"html/body/p": 3}), other)
    )
    for here, there, name in [(400, 300, 1), (300, 400, 2), (300, 300, 1)]:
        told = draft(body(here), block("b" * there, "html/body/p"))
        extraction = read_by_template(told, site, SIGNS, CONFIG).extraction
        assert extraction is not None
        assert extraction.extractor == f"template:layout-{name}"


def test_a_standfirst_is_the_lead() -> None:
    """That the description repeats, and that is set otherwise."""
    lead = paragraph("lead", sentences=1)
    path = f"{BODY}/div.intro"
    layout = replace(LAYOUT, text_paths={P: 9, path: 9})
    told = draft(block(lead, path), body())
    signs = ArticleSigns("A headline", lead, "")
    reading = read_by_template(told, replace(SITE, layouts=(layout,)), signs, CONFIG)
    assert reading.extraction is not None
    assert reading.extraction.draft.texts(Role.LEAD) == [lead]


def test_no_layout_fits_where_there_is_none() -> None:
    """A template of dumps has none."""
    reading = read_by_template(draft(body()), replace(SITE, layouts=()), SIGNS, CONFIG)
    assert reading.check is TemplateCheck.NO_LAYOUT


# -- checks -------------------------------------------------------------------------


@given(st.text("0123456789abcdef", min_size=32, max_size=32))
def test_all_or_no_pages_are_checked_at_the_ends(key: str) -> None:
    """A ratio of 1 is each page, 0 is none; the same id is always the same."""
    assert is_checked(key, TemplateConfig(check_ratio=1))
    assert not is_checked(key, TemplateConfig(check_ratio=0))
    assert is_checked(key, CONFIG) == is_checked(key, CONFIG)


def line_digest(number: int) -> str:
    """An id like those of articles."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


@pytest.mark.parametrize("ratio", [0.01, 0.1, 0.5])
def test_about_that_share_is_checked(ratio: float) -> None:
    """Of ten thousand articles, and more with a higher ratio, none less."""
    config = TemplateConfig(check_ratio=ratio)
    keys = [line_digest(number) for number in range(10_000)]
    checked = {key for key in keys if is_checked(key, config)}
    assert len(checked) == pytest.approx(ratio * len(keys), rel=0.25)
    more = TemplateConfig(check_ratio=ratio * 1.5)
    assert checked <= {key for key in keys if is_checked(key, more)}


@pytest.mark.parametrize(
    ("text", "other", "share"),
    [
        (["aaaa"], ["aaaa"], 1.0),
        (["aaaa"], ["bbbb"], 0.0),
        (["aaaa", "bbbb"], ["aaaa"], 0.6667),
        (["A, aaa!"], ["aaaa"], 1.0),
        (["aaaa", "bb"], ["bb", "aaaa"], 1.0),
        (["aaaa", "aaaa"], ["aaaa"], 0.6667),
        ([], ["aaaa"], 0.0),
        ([], [], 1.0),
    ],
)
def test_agreement_of_two_readings(
    text: list[str], other: list[str], share: float
) -> None:
    """Twice what both have, by what each has, in letters; either way round."""
    first, second = [block(each) for each in text], [block(each) for each in other]
    assert agreement(first, second) == share
    assert agreement(second, first) == share


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, ""),
        ({"articleBody": "All of it."}, "All of it."),
        ({"articleBody": ["One", "two"]}, "One two"),
        ({"articleBody": None}, ""),
    ],
)
def test_signs_of_a_page(facts: dict[str, object], text: str) -> None:
    """Title, description, and the text that its JSON-LD gives."""
    data = json.dumps({"@type": "NewsArticle", "headline": "A headline", **facts})
    tree = parse(
        "<html><head><meta name=description content='In short'>"
        f"<script type='application/ld+json'>{data}</script></head>"
        "<body><h1>A headline</h1></body></html>"
    )
    assert tree is not None
    ready = prepare(page("x"), tree, None, PipelineConfig())
    assert signs_of(ready.metadata, ready.head) == ArticleSigns(
        "A headline", "In short", text
    )


def test_signs_of_a_page_without_any() -> None:
    """Are empty."""
    tree = parse("<html><body></body></html>")
    assert tree is not None
    ready = prepare(page("x"), tree, None, PipelineConfig())
    assert signs_of(ready.metadata, ready.head) == ArticleSigns("", "", "")


# -- the file -----------------------------------------------------------------------

COUNTS = st.integers(1, 50)
PATHS = built(PathCount, articles=COUNTS)
LAYOUTS = built(TemplateLayout, articles=COUNTS, text_paths=st.tuples(PATHS))
TEMPLATES = st.builds(
    with_fields,
    st.just(LEARNT),
    pages=st.integers(101, 200),
    articles=st.integers(50, 100),
    lines=st.lists(built(RepeatedLine, articles=COUNTS), max_size=3).map(tuple),
    dated_lines=st.lists(
        built(DatedLine, articles=COUNTS, text=st.just("x {date}")), max_size=2
    ).map(tuple),
    phrases=st.just(()),
    regions=st.lists(PATHS, max_size=3).map(tuple),
    layouts=st.lists(LAYOUTS, max_size=3, unique_by=lambda each: each.name).map(tuple),
)


@given(TEMPLATES)
def test_a_template_survives_its_json(template: SiteTemplate) -> None:
    """On one line or indented: equal, with an equal digest and hash."""
    for text in (template.to_json_line(), template.model_dump_json(indent=2)):
        again = SiteTemplate.model_validate_json(text)
        assert again == template
        assert again.file_digest == template.file_digest == template.digest()
        assert hash(again) == hash(template)


def test_a_learnt_template_survives_its_json() -> None:
    """As one that was made up."""
    template = learnt(site_pages(range(5)))
    again = SiteTemplate.model_validate_json(template.model_dump_json(indent=1))
    assert again == template
    assert again.to_json_line() == template.to_json_line()


@given(TEMPLATES, st.integers(1, 10**6))
def test_the_digest_is_of_all_that_is_in_it(template: SiteTemplate, pages: int) -> None:
    """Another number of pages is another template."""
    other = template.model_copy(update={"pages": template.pages + pages})
    # A copy has the digest that was counted for the first.
    fresh = SiteTemplate.model_validate(other.model_dump())
    assert fresh.file_digest != template.file_digest


def test_a_copy_has_a_digest_of_its_own() -> None:
    """Though that of the first was counted before it was made."""
    template = learnt(site_pages(range(4)))
    before = template.file_digest
    other = template.model_copy(update={"pages": template.pages + 1})
    assert other.file_digest == other.digest()
    assert other.file_digest != before


LINE = {"letters": "0123456789abcdef", "text": "x", "articles": 2, "paths": ["p"]}
SHAPE = {
    "name": "layout-1",
    "articles": 2,
    "first_captured": None,
    "last_captured": None,
    "container": "html",
    "usual_letters": 1,
    "text_paths": [],
    "other_paths": [],
    "fields": {},
    "agreement": 1.0,
}
PLACE = {
    "path": "html",
    "articles": 2,
    "kept_ratio": 0,
    "repeated_ratio": 0,
    "link_ratio": 0,
}


@pytest.mark.parametrize(
    "fields",
    [
        {"articles": 4, "pages": 3},
        {"articles": 0},
        {"pages": 0},
        {"site": ""},
        {"unknown": 1},
        {"lines": [{**LINE, "articles": 4}]},
        {"lines": [{**LINE, "articles": 0}]},
        {"lines": [{**LINE, "letters": "0123456789ABCDEF"}]},
        {"lines": [{**LINE, "letters": "0123"}]},
        {"dated_lines": [{"text": "x {date}", "articles": 4}]},
        {"dated_lines": [{"text": "", "articles": 1}]},
        {"phrases": [{"element": "source-link", "text": "x", "articles": 4}]},
        {"phrases": [{"element": "joke", "text": "x", "articles": 1}]},
        {"regions": [{**PLACE, "articles": 4}]},
        {"regions": [{**PLACE, "kept_ratio": 1.1}]},
        {"regions": [{**PLACE, "link_ratio": -0.1}]},
        {"layouts": [{**SHAPE, "articles": 4}]},
        {"layouts": [SHAPE, SHAPE]},
        {"layouts": [{**SHAPE, "name": "layout-0"}]},
        {"layouts": [{**SHAPE, "name": "first"}]},
        {"layouts": [{**SHAPE, "usual_letters": 0}]},
        {"layouts": [{**SHAPE, "agreement": 2}]},
        {"layouts": [{**SHAPE, "first_captured": "2024-01-01T00:00:00"}]},
    ],
)
def test_a_template_that_cannot_be_is_refused(fields: dict[str, object]) -> None:
    """Counts above the articles, unknown names, ratios that are none."""
    good = with_fields(
        LEARNT,
        pages=5,
        articles=3,
        lines=[LINE],
        dated_lines=[],
        phrases=[],
        regions=[PLACE],
        layouts=[SHAPE, {**SHAPE, "name": "layout-2"}],
    )
    assert good.articles == 3
    with pytest.raises(ValidationError):
        with_fields(good, **fields)
