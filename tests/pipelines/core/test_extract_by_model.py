"""Extraction by model at each effort: what is asked, chosen, recovered and told."""

import json
from collections.abc import Callable

import pytest

from pipelines import extract
from pipelines.blocks import Element, Role, letters, segment
from pipelines.drafts import build_draft
from pipelines.extract import (
    EXTRACTORS,
    LONG_LETTERS,
    NEAR_LINES,
    LineFinder,
    extract_by_model,
    gather_evidence,
    recover_hidden_text,
)
from pipelines.features import feature_names
from pipelines.hidden_text import MIN_LETTERS
from pipelines.html import parse
from pipelines.metadata import Head, read_head
from pipelines.model import load_model
from pipelines.process import Examination, examine_page
from pipelines.versions import version_of
from schemas.article import Article
from schemas.config import Effort, ExtractionConfig, PipelineConfig, ValidateConfig
from tests.conftest import MakePage

TITLE = "Old mill will grind rye again"
FIRST = (
    "The water mill at the edge of the village will grind rye again this autumn, for "
    "the first time since its wheel broke in 1971."
)
SECOND = (
    "Volunteers spent six summers on the oak wheel, the sluice and the two stones, "
    "which had been lying under brambles behind the barn."
)
THIRD = (
    "“We had drawings of one half and had to guess the other,” said Karel Novotny, "
    "who led the work. The first sacks are meant for the school kitchen."
)
FOURTH = (
    "The district paid a third of the cost and will keep the building open on two "
    "Saturdays of each month, with a miller to explain what is done."
)
FIFTH = (
    "A path along the stream, closed since the flood, is to follow next year if the "
    "owners of three meadows agree to let walkers through."
)
BODY = (FIRST, SECOND, THIRD, FOURTH, FIFTH)
MENU = ("Village", "Weather", "Sport", "Classified")
FOOTER = "Printed by the Valley Courier since 1924"
EFFORTS = list(Effort)
UNASKED = ValidateConfig(max_not_article=1)
"""The page as a whole is not judged here."""


def config_of(effort: Effort) -> PipelineConfig:
    """A configuration of this effort."""
    return PipelineConfig(
        extraction=ExtractionConfig(effort=effort), validation=UNASKED
    )


def page_of(content: str, head: str = "") -> str:
    """A page of our paper, with its header, menu and footer, round some content."""
    menu = "".join(f"<li><a href='/{item}'>{item}</a></li>" for item in MENU)
    return (
        f"<html lang='en'><head><title>{TITLE} | Valley Courier</title>{head}</head>"
        f"<body><header><a href='/'>Valley Courier</a><nav><ul>{menu}</ul></nav>"
        f"</header><main>{content}</main><footer><p>{FOOTER}</p>"
        "<ul><li><a href='/imprint'>Imprint</a></li><li><a href='/jobs'>Jobs</a></li>"
        "</ul></footer></body></html>"
    )


def paragraphs(texts: tuple[str, ...] = BODY) -> str:
    """Paragraphs as markup."""
    return "".join(f"<p>{text}</p>" for text in texts)


def json_ld(**fields: str) -> str:
    """The element of a news article's JSON-LD."""
    thing = {"@context": "https://schema.org", "@type": "NewsArticle", **fields}
    return f"<script type='application/ld+json'>{json.dumps(thing)}</script>"


def as_script(**fields: str) -> str:
    """The element of a script that holds the state of a page."""
    return f"<script>window.STATE = {json.dumps(fields)};</script>"


SHOWN = page_of(
    f"<article><h1>{TITLE}</h1><p>By Jana Mala</p>{paragraphs()}"
    "<aside><h3>Most read</h3><ul><li><a href='/1'>Bus line moves</a></li>"
    "<li><a href='/2'>Choir sings in the barn</a></li></ul></aside></article>"
)
TEASER = f"<article><h1>{TITLE}</h1><p>Please wait while the page loads.</p></article>"
IN_JSON_LD = page_of(TEASER, json_ld(headline=TITLE, articleBody="\n".join(BODY)))
IN_SCRIPT = page_of(TEASER + as_script(id="7", html=paragraphs()))
PAGES = {"shown": SHOWN, "json-ld": IN_JSON_LD, "script-data": IN_SCRIPT}


def examined(make: MakePage, markup: str, effort: Effort) -> Examination:
    """What the pipeline makes of a page at an effort."""
    return examine_page(make(markup), None, None, config_of(effort))


def article_of(examination: Examination) -> Article:
    """The article that came of it."""
    assert isinstance(examination.outcome, Article), examination.outcome
    return examination.outcome


def tree_of(markup: str) -> Element:
    """The tree of a page."""
    tree = parse(markup)
    assert tree is not None
    return tree


def found_in(markup: str, effort: Effort = Effort.STANDARD) -> extract.Extraction:
    """What is found on a page, hidden text and all."""
    tree = tree_of(markup)
    draft = build_draft(segment(tree), (), PipelineConfig().ribbon)
    head = read_head(tree, None)
    found = extract_by_model(draft, tree, TITLE, head, effort)
    return recover_hidden_text(found, tree, head)


@pytest.mark.parametrize("effort", EFFORTS)
def test_each_effort_finds_a_plain_article(effort: Effort, html_page: MakePage) -> None:
    """All paragraphs, and neither menu, list nor footer."""
    article = article_of(examined(html_page, SHOWN, effort))
    for text in BODY:
        assert text in article.text
    for text in (*MENU, FOOTER, "Bus line moves", "Imprint"):
        assert text not in article.text
    assert article.title == TITLE


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("name", PAGES)
def test_the_same_page_gives_the_same_record(
    name: str, effort: Effort, html_page: MakePage
) -> None:
    """Byte for byte, also with another page between."""
    first = examined(html_page, PAGES[name], effort)
    examined(html_page, SHOWN, Effort.BEST)
    again = examined(html_page, PAGES[name], effort)
    assert again.outcome.model_dump_json() == first.outcome.model_dump_json()
    assert (again.draft.cuts, again.draft.roles) == (
        first.draft.cuts,
        first.draft.roles,
    )
    assert first.extraction is not None
    assert again.extraction is not None
    assert again.extraction.judgement == first.extraction.judgement


@pytest.mark.parametrize(
    ("effort", "asks"),
    [(Effort.FAST, False), (Effort.STANDARD, True), (Effort.BEST, True)],
)
def test_provenance_names_what_decided(
    effort: Effort, *, asks: bool, html_page: MakePage
) -> None:
    """The model of the effort by its digest; trafilatura only where it was asked."""
    provenance = article_of(examined(html_page, SHOWN, effort)).provenance
    assert provenance.extractor == f"model:{effort}"
    assert provenance.extractor_model == load_model(effort).digest
    assert provenance.extractor_version == (version_of("trafilatura") if asks else None)
    assert provenance.config_digest == config_of(effort).digest()


def test_each_effort_has_a_model_and_a_configuration_of_its_own() -> None:
    """So that the digests tell them apart."""
    assert set(EXTRACTORS) == set(Effort)
    assert len({load_model(effort).digest for effort in Effort}) == len(Effort)
    assert len({config_of(effort).digest() for effort in Effort}) == len(Effort)


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_model_looks_at_the_numbers_that_are_made_for_it(effort: Effort) -> None:
    """Those of the blocks, then those of each extractor that is asked."""
    assert load_model(effort).features == feature_names(EXTRACTORS[effort])


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("name", PAGES)
def test_what_is_kept_and_what_is_cut_is_what_was_there(
    name: str, effort: Effort, html_page: MakePage
) -> None:
    """Each block of the page once, hidden paragraphs after it; all characters count."""
    examination = examined(html_page, PAGES[name], effort)
    draft = examination.draft
    assert sorted([*draft.roles, *draft.cuts]) == list(range(len(draft.blocks)))
    shown = segment(tree_of(PAGES[name]))
    hidden = draft.blocks[len(shown) :]
    read = [block.text for block in draft.blocks]
    assert read == [block.text for block in (*shown, *hidden)]
    assert [block.text for block in hidden] == ([] if name == "shown" else list(BODY))
    cleaning = article_of(examination).cleaning
    assert cleaning.kept_chars + cleaning.removed_chars == sum(map(len, read))


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("name", ["json-ld", "script-data"])
def test_hidden_text_is_recovered_where_the_page_shows_little(
    name: str, effort: Effort, html_page: MakePage
) -> None:
    """All of it and no more; the record says where it was, and that no model chose."""
    examination = examined(html_page, PAGES[name], effort)
    article = article_of(examination)
    assert article.text == "\n\n".join(BODY)
    assert article.title == TITLE
    assert article.provenance.extractor == name
    assert article.provenance.extractor_version is None
    assert article.provenance.extractor_model is None
    hidden = examination.draft.blocks[-len(BODY) :]
    for block in hidden:
        assert block.path.startswith(f"{name}/")
        assert (block.nodes, block.ancestors) == ((), ())


DECLARED = json_ld(articleBody="\n".join(BODY))


@pytest.mark.parametrize(
    ("content", "head"),
    [
        # The page shows it all, or most of it.
        (f"<article><h1>{TITLE}</h1>{paragraphs()}</article>", DECLARED),
        (f"<article><h1>{TITLE}</h1>{paragraphs(BODY[:4])}</article>", DECLARED),
        (f"<article>{paragraphs()}</article>{as_script(html=paragraphs())}", ""),
        # What is hidden is as short as a teaser.
        (TEASER, json_ld(articleBody=FIRST)),
        (TEASER + as_script(html=f"<p>{FIRST}</p>" + " " * 400), ""),
        # It is another thing's text, or no string of JSON, or no markup.
        (TEASER, json_ld(description="\n".join(BODY))),
        (f"{TEASER}<script>s = '{paragraphs()}'</script>", ""),
        (TEASER + as_script(text=" ".join(BODY)), ""),
        (TEASER, ""),
    ],
)
def test_nothing_is_recovered_where_there_is_no_need_or_no_text(
    content: str, head: str
) -> None:
    """The model's answer stays as it is."""
    markup = page_of(content, head)
    found = found_in(markup)
    assert found.extractor == "model:standard"
    assert found.judgement is not None
    assert len(found.draft.blocks) == len(segment(tree_of(markup)))


def test_json_ld_comes_before_a_script() -> None:
    """It says itself that it is the article."""
    backwards = as_script(html=paragraphs(BODY[::-1]))
    found = found_in(page_of(TEASER + backwards, DECLARED))
    texts = [found.draft.blocks[index].text for index in found.draft.open_indices()]
    assert (found.extractor, texts) == ("json-ld", list(BODY))


def test_what_the_page_shows_is_cut_when_hidden_text_takes_its_place() -> None:
    """A message that the page is loading is no paragraph of it."""
    found = found_in(IN_SCRIPT)
    open_texts = {
        found.draft.blocks[index].text for index in found.draft.open_indices()
    }
    assert open_texts == set(BODY)
    assert {cut.rule for cut in found.draft.cuts.values()} == {"not-main-content"}


def test_the_bodies_here_are_long_enough_to_be_an_article() -> None:
    """Else the tables above would say nothing of the share that is shown."""
    assert sum(len(letters(text)) for text in BODY) > 1.5 * MIN_LETTERS
    assert len(letters(BODY[0])) < MIN_LETTERS


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_tree_is_left_as_it_is(effort: Effort) -> None:
    """Metadata is read from it again, and extractors like to change it."""
    tree = tree_of(SHOWN)
    draft = build_draft(segment(tree), (), PipelineConfig().ribbon)
    before = segment(tree)
    extract_by_model(draft, tree, TITLE, read_head(tree, None), effort)
    assert segment(tree) == before


@pytest.mark.parametrize("effort", EFFORTS)
def test_evidence_is_what_the_extractors_of_the_effort_keep(effort: Effort) -> None:
    """All of which keep the article here and not its footer; nobody else is asked."""
    tree = tree_of(SHOWN)
    draft = build_draft(segment(tree), (), PipelineConfig().ribbon)
    evidence = gather_evidence(draft, tree, TITLE, Head(), effort)
    assert tuple(evidence.kept_by) == EXTRACTORS[effort]
    for kept in evidence.kept_by.values():
        texts = {draft.blocks[index].text for index in kept}
        assert set(BODY) <= texts
        assert FOOTER not in texts


def test_evidence_tells_what_the_page_says_of_itself() -> None:
    """Headline and its place, description, and the body that JSON-LD repeats."""
    markup = page_of(
        f"<article><h1>{TITLE}</h1>{paragraphs()}</article>",
        f"<meta name='description' content='{BODY[1]}'>"
        + json_ld(articleBody=" ".join(BODY)),
    )
    tree = tree_of(markup)
    draft = build_draft(segment(tree), (), PipelineConfig().ribbon)
    head = read_head(tree, None)
    bare = gather_evidence(draft, tree, None, Head(), Effort.FAST)
    at = next(i for i, block in enumerate(draft.blocks) if block.tag == "h1")
    full = gather_evidence(
        draft.with_role([at], Role.TITLE), tree, TITLE, head, Effort.FAST
    )
    assert (bare.title, bare.title_at, bare.title_ancestors) == ("", None, ())
    assert (bare.description, bare.article_body) == ("", "")
    assert (full.title, full.title_at) == (TITLE, at)
    assert full.title_ancestors == draft.blocks[at].ancestors
    assert full.description == BODY[1]
    assert letters(full.article_body) == letters("".join(BODY))


@pytest.mark.parametrize("name", sorted(extract._ASKED))
@pytest.mark.parametrize("body", ["", "<p></p>", "<script>x()</script>", "* * *"])
def test_an_extractor_that_finds_nothing_keeps_nothing(name: str, body: str) -> None:
    """It answers with no line that has letters."""
    lines = extract._ASKED[name](tree_of(f"<html><body>{body}</body></html>"))
    assert [line for line in lines if letters(line)] == []


def test_each_extractor_that_an_effort_names_can_be_asked() -> None:
    """And none that can be is never asked."""
    named = {name for names in EXTRACTORS.values() for name in names}
    assert named == set(extract._ASKED)


def test_the_judgement_tells_of_each_block_that_was_open() -> None:
    """Its numbers and its score; those above zero are the text and the lead."""
    found = found_in(SHOWN)
    judgement = found.judgement
    assert judgement is not None
    assert set(judgement.scores) == set(range(len(found.draft.blocks)))
    assert judgement.rows.keys() == judgement.scores.keys()
    chosen = {index for index, score in judgement.scores.items() if score > 0}
    assert chosen == set(range(len(found.draft.blocks))) - set(found.draft.cuts)
    for index, row in judgement.rows.items():
        assert len(row) == len(judgement.model.features)
        assert judgement.model.score(row) == judgement.scores[index]


def finder(*lines: str) -> Callable[[str], bool]:
    """Whether the answer of these lines has a block, asked in the page's order."""
    answer = LineFinder(lines)
    return lambda text: answer.has(letters(text))


def test_a_long_line_may_be_asked_for_in_any_order() -> None:
    """One that stands before the place is found all the same, as a whole or a part."""
    has = finder(*BODY)
    assert [has(text) for text in (BODY[3], BODY[0], BODY[1][:60])] == [True] * 3
    assert not has("A sentence of another paper that stands nowhere in this answer.")


def test_a_short_line_is_looked_for_from_the_place_on() -> None:
    """Whole and near; before the place, or far behind it, it is somebody else's."""
    has = finder("Yes", BODY[0], "The wheel", BODY[1])
    assert has(BODY[0])
    assert not has("Yes")
    assert not has("wheel")
    assert has("The wheel")
    assert not has("The wheel")


@pytest.mark.parametrize(
    ("between", "is_near"), [(NEAR_LINES - 1, True), (NEAR_LINES, False)]
)
def test_near_is_a_number_of_lines(between: int, *, is_near: bool) -> None:
    """Counted from the place on."""
    lines = [f"line {number}" for number in range(between)]
    assert finder(*lines, "Oats")("Oats") is is_near


def test_long_is_a_number_of_letters() -> None:
    """One letter less and a line that comes before the place is not looked for."""
    long = "x" * LONG_LETTERS
    short = long[1:]
    has_long, has_short = finder(long, BODY[0]), finder(short, BODY[0])
    assert has_long(BODY[0])
    assert has_short(BODY[0])
    assert has_long(long)
    assert not has_short(short)


def test_a_finder_has_nothing_without_letters() -> None:
    """Neither of an answer nor of a block."""
    assert not finder(*BODY)("* * *")
    assert not finder("|", "")(BODY[0])
