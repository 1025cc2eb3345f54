"""A template on pages of its site: what it cuts, what it leaves, what it says."""

import functools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from pipelines.blocks import Role, blank_out, letters, line_key, segment
from pipelines.drafts import LINE_RULE
from pipelines.html import parse
from pipelines.learn import Observation, TooFew, learn, observe
from pipelines.process import Examination, examine_page, process_page
from pipelines.template import PATH_RULE, REGION_RULE
from schemas.article import Access, Article
from schemas.config import TemplateConfig
from schemas.page import Page
from schemas.provenance import TemplateCheck
from schemas.rejection import Rejection, RejectionReason
from schemas.template import SiteTemplate
from tests.learn.pages import (
    CONFIG,
    FOOTER,
    GAP,
    HOST,
    NOTICE,
    Frame,
    Story,
    article,
    besides,
    cut_by_template,
    cuts,
    dump,
    learnt,
    markup,
    page,
    paragraph,
    sentence,
    site_pages,
    story,
    tags,
    without,
)

STORIES = 7

CHECKED = CONFIG.model_copy(update={"template": TemplateConfig(check_ratio=1)})

TEMPLATE_RULES = {LINE_RULE, PATH_RULE, REGION_RULE}


# -- sites of any make --------------------------------------------------------------


def ribbon_of(number: int) -> str:
    """Headlines of the hour."""
    links = [
        f'<li><a href="/h/{n}">{sentence(number, n)[:70]}</a></li>' for n in "abcd"
    ]
    return f'<ul class="hour">{"".join(links)}</ul>'


def ribbon_line(number: int) -> str:
    """The same on one line."""
    return f"<p>{GAP.join(sentence(number, n)[:70] for n in range(9))}</p>"


def teasers(number: int) -> str:
    """Two other stories, quoted in a box."""
    return teasers_of(*((number + step) % STORIES for step in (1, 2)))


def teasers_of(*numbers: int) -> str:
    """A box that quotes these stories."""
    boxes = [
        f'<div><h3><a href="/story/{each.number}">{each.title}</a></h3>'
        f"<p>{each.paragraphs[0]}</p></div>"
        for each in map(story, numbers)
    ]
    return f'<section class="more">{"".join(boxes)}</section>'


def gallery(number: int) -> str:
    """Two pictures with captions."""
    figures = [
        f'<figure><img src="/img/{number}{n}.jpg"><figcaption>'
        f"{sentence('caption', number, n)[:60]}</figcaption></figure>"
        for n in range(2)
    ]
    return f'<div class="gallery">{"".join(figures)}</div>'


def date_bar(number: int) -> str:
    """A moment that only its attribute tells."""
    return (
        '<div class="bar"><p><time datetime="2024-02-1'
        f'{number}T08:30:00+01:00">some days ago</time></p><p>Share this</p></div>'
    )


def widget(number: int) -> str:
    """What is not read as text stands between words that are."""
    return (
        f"<div class='poll'><p>Vote<b>now</b> on {number}<script>x()</script>!</p>"
        "<button>Yes<p>No</p></button><!-- poll --><p>Thank you<br>all</p></div>"
    )


def quotation(number: int) -> str:
    """Words of somebody, on this page only."""
    return f'<blockquote class="says-{number}">{sentence("quote", number)}</blockquote>'


def table(number: int) -> str:
    """Figures, on this page only."""
    cells = "".join(f"<tr><td>pier {n}</td><td>{number}{n}</td></tr>" for n in range(4))
    return f"<table>{cells}</table>"


PIECES: dict[str, Callable[[int], str]] = {
    each.__name__: each
    for each in (
        ribbon_of,
        ribbon_line,
        teasers,
        gallery,
        date_bar,
        widget,
        quotation,
        table,
    )
}

Plan = tuple[int, str, tuple[tuple[str, str], ...]]
"""A page: number of its story, its design, and which piece stands where."""

SPOTS = st.tuples(
    st.sampled_from(["above", "inside", "below"]), st.sampled_from(sorted(PIECES))
)
FRAMES = st.tuples(
    st.sampled_from(["tide", "tide", "tide", "kelp"]),
    st.lists(SPOTS, max_size=3, unique_by=lambda spot: spot[0]).map(sorted).map(tuple),
)
SITES = st.lists(FRAMES, min_size=STORIES, max_size=STORIES).map(
    lambda frames: tuple((number, *frame) for number, frame in enumerate(frames))
)
"""Sites whose pages are all different, and have most in common."""

ONE_FRAME = FRAMES.map(
    lambda frame: tuple((number, *frame) for number in range(STORIES))
)
"""Sites whose pages have the same pieces, each with words of its own."""


def page_of(plan: Plan) -> Page:
    """The page of a plan."""
    number, name, spots = plan
    pieces = {spot: PIECES[piece](number) for spot, piece in spots}
    frame = replace(Frame(name), **pieces)
    return page(markup(story(number), frame), f"story/{number}")


@functools.lru_cache(maxsize=4_000)
def seen_of(plan: Plan) -> Observation:
    """What is observed of it."""
    found = observe(page_of(plan), HOST, None, CONFIG)
    assert found is not None
    return found


@functools.lru_cache(maxsize=4_000)
def generic_of(plan: Plan) -> Examination:
    """The page by the generic path."""
    return examine_page(page_of(plan), None, None, CONFIG)


def template_of(site: tuple[Plan, ...]) -> SiteTemplate:
    """What is learnt of a site."""
    template = learn(map(seen_of, site), HOST, CONFIG)
    assert isinstance(template, SiteTemplate)
    return template


def letters_of(examined: Examination) -> str:
    """All letters of a page in order."""
    return "".join(letters(block.text) for block in examined.draft.blocks)


site_laws = settings(
    max_examples=20,
    deadline=None,
    # A site that fails is told as it is: to make it smaller takes minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
every_site = given(st.one_of(SITES, ONE_FRAME))


@site_laws
@every_site
def test_nothing_of_a_page_is_lost(site: tuple[Plan, ...]) -> None:
    """What is kept and what is cut are the page, as they are without a template."""
    template = template_of(site)
    for plan in site:
        examined = examine_page(page_of(plan), None, template, CONFIG)
        assert letters_of(examined) == letters_of(generic_of(plan))
        draft = examined.draft
        assert not set(draft.cuts) & set(draft.roles)
        assert set(draft.cuts) | set(draft.roles) == set(range(len(draft.blocks)))
        assert isinstance(examined.outcome, Article)
        account = examined.outcome.cleaning
        assert account.kept_chars + account.removed_chars == sum(
            len(block.text) for block in draft.blocks
        )


@site_laws
@every_site
def test_a_block_of_one_article_is_never_cut(site: tuple[Plan, ...]) -> None:
    """What a template cuts repeats by its text or by its place, on as many as it says.

    The place of what is cut with an element is that element's.
    """
    template = template_of(site)
    texts: Counter[str] = Counter()
    paths: Counter[str] = Counter()
    for plan in site:
        blocks = generic_of(plan).draft.blocks
        texts.update({line_key(block.text) for block in blocks})
        paths.update(
            {
                "/".join(block.path.split("/")[:end])
                for block in blocks
                for end in range(1, block.path.count("/") + 2)
            }
        )
    for plan in site:
        draft = examine_page(page_of(plan), None, template, CONFIG).draft
        for index, cut in draft.cuts.items():
            if cut.rule not in TEMPLATE_RULES:
                continue
            block = draft.blocks[index]
            by_text = cut.rule == LINE_RULE
            count = texts[line_key(block.text)] if by_text else paths[block.path]
            assert cut.articles is not None
            assert 3 <= cut.articles <= count


@site_laws
@every_site
def test_without_what_was_cut_the_text_is_the_same(site: tuple[Plan, ...]) -> None:
    """A page that is cleaned already is left as it is, where a template reads it.

    The generic path looks at what stands round a block, boilerplate too.
    """
    template = template_of(site)
    for plan in site[:3]:
        first = examine_page(page_of(plan), None, template, CONFIG)
        made = first.outcome.provenance
        if made is None or made.template_check is not TemplateCheck.FITS:
            continue
        second = process_page(cleaned(page_of(plan), first), None, template, CONFIG)
        assert isinstance(first.outcome, Article)
        assert isinstance(second, Article)
        assert second.text == first.outcome.text
        assert second.title == first.outcome.title


def cleaned(told: Page, examined: Examination) -> Page:
    """The page less what a template cut of it."""
    draft = examined.draft
    rules = {index: cut.rule for index, cut in draft.cuts.items()}
    lines = {
        draft.blocks[i].text for i, rule in rules.items() if rule in TEMPLATE_RULES
    }
    regions = tuple(
        f"{draft.blocks[i].path}/" for i, rule in rules.items() if rule == REGION_RULE
    )
    kept = {draft.blocks[index].text for index in draft.roles}
    tree = parse(told.body.decode())
    assert tree is not None
    blocks = segment(tree)
    gone = [
        block
        for block in blocks
        if (block.text in lines or f"{block.path}/".startswith(regions))
        and block.text not in kept
    ]
    blank_out(gone, [block for block in blocks if block not in gone])
    body = etree.tostring(tree, encoding="utf-8", method="html")
    return told.model_copy(update={"body": body})


@site_laws
@every_site
def test_reading_by_a_template_loses_no_field(site: tuple[Plan, ...]) -> None:
    """What the generic path finds of a page beside its text is found with it too."""
    template = template_of(site)
    for plan in site:
        record = process_page(page_of(plan), None, template, CONFIG)
        generic = generic_of(plan).outcome
        assert isinstance(record, Article)
        assert isinstance(generic, Article)
        assert fields_of(record) == fields_of(generic)


def fields_of(record: Article) -> dict[str, object]:
    """The fields that do not follow from where the text was found."""
    return record.model_dump(
        exclude={
            "text",
            "lead",
            "word_count",
            "text_sha256",
            "language_score",
            "cleaning",
            "provenance",
            "images",
        }
    )


@site_laws
@every_site
def test_each_article_is_read_whole(site: tuple[Plan, ...]) -> None:
    """With a template no paragraph is lost that the generic path keeps."""
    template = template_of(site)
    for plan in site:
        record = process_page(page_of(plan), None, template, CONFIG)
        generic = generic_of(plan).outcome
        assert isinstance(record, Article)
        assert isinstance(generic, Article)
        own = set(story(plan[0]).paragraphs)
        kept = own & set(record.text.split("\n\n"))
        assert kept >= own & set(generic.text.split("\n\n"))


@site_laws
@given(SITES, SITES)
def test_another_sites_template_changes_nothing(
    site: tuple[Plan, ...], other: tuple[Plan, ...]
) -> None:
    """Not a byte of a record: hosts are compared."""
    moved = [replace(seen_of(plan), site="ebb.example") for plan in other]
    template = learn(moved, "ebb.example", CONFIG)
    assert isinstance(template, SiteTemplate)
    for plan in site[:4]:
        record = process_page(page_of(plan), None, template, CONFIG)
        assert record.to_json_line() == generic_of(plan).outcome.to_json_line()


# -- one record ---------------------------------------------------------------------


@functools.cache
def plain() -> SiteTemplate:
    """The template of a plain site."""
    return learnt(site_pages(range(8)))


@pytest.mark.parametrize(
    "told",
    [
        site_pages([0])[0],
        site_pages([30])[0],
        page(markup(story(0)), None),
        page("<p>x</p>", "x"),
        dump(f"{story(0).title}\n{story(0).text}\n{NOTICE}", "x"),
    ],
    ids=["learnt", "new", "no address", "no article", "dump"],
)
def test_the_same_page_gives_the_same_record(told: Page) -> None:
    """However often, and whatever was read between."""
    first = process_page(told, None, plain(), CONFIG).to_json_line()
    process_page(site_pages([3])[0], None, None, CONFIG)
    copy = SiteTemplate.model_validate_json(plain().to_json_line())
    assert process_page(told, None, copy, CONFIG).to_json_line() == first


@pytest.mark.parametrize(
    ("host", "used"),
    [
        (HOST, True),
        (f"www.{HOST}", True),
        (HOST.upper(), True),
        (f"{HOST}:8080", True),
        (f"news.{HOST}", False),
        (f"{HOST}.evil.example", False),
        ("ebb.example", False),
    ],
)
def test_a_template_is_of_one_host(host: str, *, used: bool) -> None:
    """With or without `www.`, in any case, at any port; not of its subdomains."""
    (told,) = site_pages([40], host=host)
    record = article(told, plain())
    assert (record.provenance.template_digest == plain().file_digest) is used
    same = record.to_json_line() == article(told, None).to_json_line()
    assert same is not used


def test_a_page_without_an_address_is_read_by_the_template_it_is_given() -> None:
    """The caller knows the site."""
    record = article(page(markup(story(40))), plain())
    assert record.provenance.extractor == "template:layout-1"
    assert record.text == story(40).text


def test_provenance_names_the_template() -> None:
    """Digest, layout and check; none of them where there is no template."""
    made = article(site_pages([0])[0], plain()).provenance
    assert made.extractor == "template:layout-1"
    assert made.template_digest == plain().file_digest
    assert made.template_check is TemplateCheck.FITS
    assert made.template_agreement is None
    bare = article(site_pages([0])[0], None).provenance
    assert (bare.template_digest, bare.template_check) == (None, None)


def test_cuts_say_on_how_many_articles_it_stands() -> None:
    """With the rule, the least of several counts: three of eight are by one author."""
    told = page(markup(story(20)), "story/20")
    removed = {each.rule: each for each in article(told, plain()).cleaning.removed}
    assert (removed[LINE_RULE].articles, removed[LINE_RULE].count) == (3, 2)
    assert (removed[REGION_RULE].articles, removed[REGION_RULE].count) == (8, 2)


# -- pages that do not fit ----------------------------------------------------------


def json_ld(body: str) -> str:
    """A JSON-LD article with this text."""
    facts = {"@type": "NewsArticle", "headline": story(20).title, "articleBody": body}
    return f'<script type="application/ld+json">{json.dumps(facts)}</script>'


def linked(told: Story) -> str:
    """The page of a story whose every word is a link."""
    text = markup(told)
    for each in told.paragraphs:
        text = text.replace(each, f'<a href="/tag/{len(each)}">{each}</a>')
    return text


def third_layout(told: Story) -> str:
    """The page of a story in a design that was never seen."""
    return markup(told, Frame("foam"))


@dataclass(frozen=True)
class Unfit:
    """A page that the template does not fit."""

    markup: str
    check: TemplateCheck


LONG = paragraph("unknown", sentences=9)

UNFIT = {
    "third layout": Unfit(third_layout(story(20)), TemplateCheck.NO_LAYOUT),
    "far too short": Unfit(markup(story(20, 1, 2)), TemplateCheck.TEXT_SHORT),
    "all links": Unfit(linked(story(20)), TemplateCheck.LINK_DENSE),
    "text beside": Unfit(
        markup(story(20), Frame(inside=f"<div class='box'>{tags([LONG])}</div>")),
        TemplateCheck.UNKNOWN_TEXT,
    ),
    "body differs": Unfit(
        markup(story(20), Frame(head=json_ld(story(20, 20).text))),
        TemplateCheck.BODY_DIFFERS,
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_page_that_does_not_fit_is_read_on_the_generic_path(name: str) -> None:
    """It says why, and its text is the same but for lines that the site repeats."""
    told = page(UNFIT[name].markup, "story/20")
    examined = examine_page(told, None, plain(), CONFIG)
    generic = examine_page(told, None, None, CONFIG)
    made = examined.outcome.provenance
    assert made is not None
    assert made.template_check is UNFIT[name].check
    assert made.extractor is None or not made.extractor.startswith("template:")
    assert made.template_digest == plain().file_digest
    assert type(examined.outcome) is type(generic.outcome)
    lines = {line.letters for line in plain().lines}
    wanted = [
        text for text in generic.draft.texts(Role.TEXT) if line_key(text) not in lines
    ]
    # Of mere links, what is kept is a matter of the smallest difference.
    if made.template_check is not TemplateCheck.LINK_DENSE:
        assert examined.draft.texts(Role.TEXT) == wanted


def test_a_page_without_a_title_is_not_read_by_a_template() -> None:
    """It is rejected as it is without one, and says what the template missed."""
    body = markup(story(20)).replace(story(20).title, "")
    outcome = process_page(page(body, "x"), None, plain(), CONFIG)
    assert isinstance(outcome, Rejection)
    assert outcome.reason is RejectionReason.HEADLINE_MISSING
    assert outcome.provenance is not None
    assert outcome.provenance.template_check is TemplateCheck.NO_TITLE


def test_what_is_no_article_where_articles_stand_is_rejected() -> None:
    """A listing in the site's design, as without a template."""
    kind = '<script type="application/ld+json">{"@type": "CollectionPage"}</script>'
    told = page(markup(story(20), Frame(head=kind)), "x")
    outcome = process_page(told, None, plain(), CONFIG)
    assert isinstance(outcome, Rejection)
    assert outcome.provenance is not None
    assert outcome.provenance.template_check is TemplateCheck.REJECTED
    generic = process_page(told, None, None, CONFIG)
    assert isinstance(generic, Rejection)
    assert outcome.reason is generic.reason


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n\xa0",
        "<!-- nothing -->",
        "<html></html>",
        "<div>" * 3_000 + "x",
        b"\x00\xff\xfe\x80\x81",
        b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj",
        '{"title": "no page"}',
    ],
)
def test_a_page_with_nothing_on_it_ends_as_without_a_template(
    body: str | bytes,
) -> None:
    """Rejected for the same reason."""
    told = page(body, "x")
    outcome = process_page(told, None, plain(), CONFIG)
    generic = process_page(told, None, None, CONFIG)
    assert isinstance(outcome, Rejection)
    assert isinstance(generic, Rejection)
    assert outcome.reason is generic.reason


@pytest.mark.parametrize("texts", [["News"], [NOTICE], [NOTICE, FOOTER]])
def test_a_page_of_repeated_lines_holds_no_article(texts: list[str]) -> None:
    """Nothing of it is the text."""
    outcome = process_page(page(tags(texts), "x"), None, plain(), CONFIG)
    assert isinstance(outcome, Rejection)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 3_000),
    st.integers(0, 3_000),
    st.sampled_from(["", "<", "</div>", "<p", "<table><tr>", "\x00", "<!--", "]]>"]),
)
def test_broken_markup_raises_nothing_and_keeps_the_account(
    start: int, length: int, junk: str
) -> None:
    """A page with a hole in it, and something else in its place."""
    text = markup(story(20))
    told = page(text[:start] + junk + text[start + length :], "x")
    examined = examine_page(told, None, plain(), CONFIG)
    generic = examine_page(told, None, None, CONFIG)
    assert letters_of(examined) == letters_of(generic)
    if isinstance(examined.outcome, Article):
        account = examined.outcome.cleaning
        assert account.kept_chars + account.removed_chars == sum(
            len(block.text) for block in examined.draft.blocks
        )


# -- articles that are unlike others ------------------------------------------------


@pytest.mark.parametrize(
    ("paragraphs", "sentences"), [(2, 2), (3, 2), (25, 3), (40, 4)]
)
def test_an_article_of_another_length_is_read_whole(
    paragraphs: int, sentences: int
) -> None:
    """Much shorter or longer than usual, as long as it is one."""
    told = story(21, paragraphs, sentences)
    record = article(page(markup(told), "x"), plain())
    assert record.text == told.text


UNKNOWN = {
    "quotation": (f"<blockquote>{sentence('q')}</blockquote>", [sentence("q")]),
    "quoted paragraph": (
        f"<blockquote><p>{sentence('q')}</p></blockquote>",
        [sentence("q")],
    ),
    "subheading": ("<h2>After the flood</h2>", ["After the flood"]),
    "list": ("<ul><li>Three boats</li><li>Nine sheds</li></ul>", ["Nine sheds"]),
    "table": (
        "<table><tr><td>12 boats</td></tr><tr><td>7 boats</td></tr></table>",
        ["12 boats", "7 boats"],
    ),
    "long table": (
        f"<table><tr><td>{LONG}</td></tr></table>",
        [LONG],
    ),
    "section": (f"<section><p>{sentence('s')}</p></section>", [sentence("s")]),
    "paragraph with a class": (f'<p class="x">{sentence("c")}</p>', [sentence("c")]),
    "bare text": (sentence("bare"), [sentence("bare")]),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_element_in_the_article_is_kept_as_without_a_template(
    name: str,
) -> None:
    """What the generic path keeps of it is in the text."""
    inside, texts = UNKNOWN[name]
    told = page(markup(story(20), Frame(inside=inside)), "x")
    generic, record = article(told, None), article(told, plain())
    kept = {text for text in texts if text in generic.text}
    assert kept <= {text for text in texts if text in record.text}


PLEA = "Those who like to read on may order the letter that we send on Fridays."


@functools.cache
def pleading() -> SiteTemplate:
    """The template of a site that prints the same line in the text of each article."""
    return learnt(site_pages(range(8), Frame(inside=tags([PLEA]))))


@pytest.mark.parametrize(
    "typed", [PLEA, PLEA.upper().replace(" ", "\N{NO-BREAK SPACE}").rstrip(".") + " …"]
)
def test_a_line_that_the_site_repeats_in_the_text_is_cut_alone(typed: str) -> None:
    """All else of the article stays; case, blanks and punctuation do not count."""
    told = without(
        story(22), paragraphs=(*story(22).paragraphs[:2], typed, LONG, sentence("end"))
    )
    shown = page(markup(told), "x")
    wanted = [each for each in told.paragraphs if each != typed]
    assert article(shown, pleading()).text == "\n\n".join(wanted)
    found = examine_page(shown, None, pleading(), CONFIG).draft
    key = line_key(typed)
    (cut,) = [c for i, c in found.cuts.items() if line_key(found.blocks[i].text) == key]
    assert (cut.rule, cut.articles) == (LINE_RULE, 8)


def test_a_line_that_the_site_repeats_elsewhere_is_the_articles_in_its_text() -> None:
    """So is the beginning of a story that boxes quote; beside the text it is cut."""
    told = without(story(22), paragraphs=(*story(22).paragraphs, NOTICE))
    shown = page(markup(told), "x")
    assert article(shown, plain()).text == told.text
    assert cuts(shown, plain())[LINE_RULE].count(NOTICE) == 1


def test_a_quoted_story_in_a_layout_of_its_own_is_read_whole() -> None:
    """Boxes on other pages quote it: no place tells that the paragraph is its own."""
    odd = page(markup(story(1), Frame("kelp")), "story/1")
    quoting = [
        page(markup(story(n), Frame(above=teasers_of(1))), f"story/{n}") for n in (2, 3)
    ]
    template = learnt([odd, *quoting, *site_pages([4, 5, 6, 7])])
    assert besides(article(odd, template), story(1)) == []
    for number, each in zip((2, 3), quoting, strict=True):
        assert besides(article(each, template), story(number)) == []


def test_an_article_beside_its_usual_place_is_read_on_the_generic_path() -> None:
    """Its last paragraphs stand in an element that no page learnt from has."""
    told = story(20)
    inside = without(told, paragraphs=told.paragraphs[:2])
    rest = "".join(f"<p>{text}</p>" for text in told.paragraphs[2:])
    beside = Frame(below=f'<section class="longread">{rest}</section>')
    shown = page(markup(inside, beside), "x")
    made = article(shown, plain()).provenance
    assert made.template_check is TemplateCheck.UNKNOWN_TEXT
    assert article(shown, plain()).text == article(shown, None).text


def test_a_sentence_with_a_date_is_no_dated_line() -> None:
    """Where the articles' text stands, its words are a sentence."""
    lines = [f"The session of {n + 13}.03.2020" for n in range(9)]
    pages = [
        page(markup(without(story(n), paragraphs=(*story(n).paragraphs, line))), f"{n}")
        for n, line in enumerate(lines)
    ]
    template = learnt(pages)
    assert [each.text for each in template.dated_lines] == ["The session of {date}"]
    for each, line in zip(pages, lines, strict=True):
        assert line in article(each, template).text


def test_a_wall_in_a_region_is_still_seen() -> None:
    """Metadata is read from the whole page, also where no article ever stands."""
    bar = (
        "<div class='tide-bar'><div class='{}'><p>Join us</p><p>Log in</p></div></div>"
    )
    free = [
        page(markup(story(n), Frame(below=bar.format("x"))), f"{n}") for n in range(6)
    ]
    told = page(markup(story(20), Frame(below=bar.format("paywall"))), "x")
    record = article(told, learnt(free))
    assert record.access is Access.PAYWALLED
    assert record.provenance.template_check is TemplateCheck.FITS


def test_words_of_a_repeated_line_in_a_sentence_are_kept() -> None:
    """Only whole blocks are compared."""
    quote = f"The letter says: {PLEA} Nobody knows why."
    told = without(story(20), paragraphs=(*story(20).paragraphs, quote))
    assert article(page(markup(told), "x"), pleading()).text == told.text


@pytest.mark.parametrize("title", ["Weather", "Letters", NOTICE])
def test_a_headline_that_is_a_repeated_line_stays(title: str) -> None:
    """It is the record's title, and its menu item is cut."""
    told = without(story(20), title=title)
    record = article(page(markup(told), "x"), plain())
    assert record.title == title
    assert record.text == told.text
    assert record.provenance.extractor == "template:layout-1"


def test_a_new_text_in_a_known_place_is_the_articles() -> None:
    """Pages that were not learnt from are read as those that were."""
    for told in site_pages(range(60, 70)):
        record = article(told, plain())
        number = int(str(told.url).rpartition("/")[2])
        assert record.text == story(number).text
        assert record.provenance.extractor == "template:layout-1"


def test_a_body_in_json_ld_that_agrees_fits() -> None:
    """So does one that is only the beginning."""
    for body in (story(20).text, story(20).paragraphs[0], ""):
        told = page(markup(story(20), Frame(head=json_ld(body))), "x")
        made = article(told, plain()).provenance
        assert made.template_check is TemplateCheck.FITS


def test_pictures_of_an_article_are_found_with_a_template() -> None:
    """In a figure of the article, or in a gallery that never holds text of it."""
    pages = [
        page(markup(story(n), Frame(inside=gallery(n))), f"story/{n}") for n in range(8)
    ]
    template = learnt(pages)
    for each in pages:
        assert article(each, template).images == article(each, None).images


def test_a_date_that_only_an_attribute_tells_is_found() -> None:
    """Though the bar that it stands in never holds anything of an article."""
    pages = [
        page(markup(story(n), Frame(above=date_bar(n))), f"story/{n}") for n in range(8)
    ]
    template = learnt(pages)
    for number, each in enumerate(pages):
        record, generic = article(each, template), article(each, None)
        assert generic.date_published is not None
        assert f"2024-02-1{number}" in generic.date_published
        assert record.date_published == generic.date_published


def test_an_author_box_is_read_before_it_is_cut() -> None:
    """`rel=author` in an element that never holds text of an article."""
    box = (
        '<div class="writer"><p><a rel="author" href="/a">{}</a></p><p>has worked for '
        "this newspaper for many years.</p></div>"
    )
    pages = []
    for number in range(8):
        text = markup(story(number), Frame(below=box.format(story(number).author)))
        head, _, body = text.partition("</head>")
        meta = f'<meta name="author" content="{story(number).author}">'
        body = body.replace(f'<p class="tide-by">By {story(number).author}</p>', "")
        pages.append(page(f"{head.replace(meta, '')}</head>{body}", f"story/{number}"))
    template = learnt(pages)
    for each in pages:
        assert article(each, None).authors != ()
        assert article(each, template).authors == article(each, None).authors


# -- checks against the generic path ------------------------------------------------


def test_checked_pages_say_how_far_both_ways_agree() -> None:
    """The record is the template's; the agreement is 1 where both read the same."""
    told = site_pages([20])[0]
    record = article(told, plain(), CHECKED)
    assert record.provenance.extractor == "template:layout-1"
    assert record.provenance.template_agreement == 1.0
    assert record.text == article(told, plain()).text


def test_pages_are_checked_by_their_address() -> None:
    """About as many as are asked for, the same in each run."""
    config = CONFIG.model_copy(update={"template": TemplateConfig(check_ratio=0.5)})
    pages = site_pages(range(30, 60))
    checked = [
        article(each, plain(), config).provenance.template_agreement for each in pages
    ]
    again = [
        article(each, plain(), config).provenance.template_agreement for each in pages
    ]
    assert checked == again
    assert 6 <= sum(each is not None for each in checked) <= 24


# -- dumps --------------------------------------------------------------------------


def test_a_template_of_pages_cuts_lines_of_dumps() -> None:
    """It has no layout for them."""
    text = "\n".join([story(20).title, *story(20).paragraphs, NOTICE, "Culture"])
    told = dump(text, "x")
    record = article(told, plain())
    assert record.provenance.extractor == "text-dump"
    assert record.text == story(20).text
    assert cuts(told, plain())[LINE_RULE] == [NOTICE, "Culture"]
    assert record.cleaning.removed[0].articles == 8


def test_a_template_of_dumps_cuts_lines_of_pages() -> None:
    """Their text is found on the generic path."""
    dumps = [
        dump(f"{story(n).title}\n{story(n).text}\n{NOTICE}\n{FOOTER}", n)
        for n in range(5)
    ]
    template = learnt(dumps)
    told = site_pages([20])[0]
    record = article(told, template)
    assert besides(record, story(20)) == []
    assert record.provenance.template_check is None
    assert NOTICE in cut_by_template(told, template)


def test_a_dump_of_repeated_lines_is_rejected() -> None:
    """Nothing is left of it."""
    outcome = process_page(dump(f"{NOTICE}\n{FOOTER}", "x"), None, plain(), CONFIG)
    assert isinstance(outcome, Rejection)


def test_too_few_is_no_template() -> None:
    """Nothing can be used by mistake: it is another type."""
    few = learn([], HOST, CONFIG)
    assert isinstance(few, TooFew)
    assert not isinstance(few, SiteTemplate)
