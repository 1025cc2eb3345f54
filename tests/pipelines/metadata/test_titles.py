"""The headline: which of a page's titles is trusted."""

import pytest

from pipelines.blocks import segment_lines
from pipelines.drafts import Draft, build_draft
from pipelines.metadata import Candidate, title_index
from pipelines.metadata.title import MAX_HEADLINE_CHARS, line_candidates
from schemas.config import PipelineConfig
from schemas.site import Layout, SiteDefinition
from tests.pipelines.metadata.metadata_of import (
    PROSE,
    json_ld,
    meta,
    metadata_of,
    page_of,
    told_by,
)

LD = json_ld('{"@type":"NewsArticle","headline":"From JSON-LD &amp; more"}')
OG = meta("og:title", "From og:title")
TWITTER = meta("twitter:title", "From twitter:title")
TITLE = "<title>From the title element</title>"
H1 = f"<h1>From the h1</h1><p>{PROSE}</p>"
SITE = meta("og:site_name", "The Harbour Mail")


@pytest.mark.parametrize(
    ("head", "body", "expected", "source"),
    [
        (TITLE + OG + TWITTER + LD, H1, "From JSON-LD & more", "json-ld"),
        (TITLE + OG + TWITTER, f"<p>{PROSE}</p>", "From og:title", "og:title"),
        (TITLE + TWITTER, f"<p>{PROSE}</p>", "From twitter:title", "twitter:title"),
        # What is printed comes first where no newsroom filled in JSON-LD.
        (TITLE + OG + TWITTER, H1, "From the h1", "h1"),
        (TITLE, H1, "From the h1", "h1"),
        (TITLE, f"<p>{PROSE}</p>", "From the title element", "title-element"),
        ("<title>T</title>", H1, "From the h1", "h1"),
        ("", f"<p>{PROSE}</p>", None, None),
        # Nothing but the site's name is no title, wherever it stands.
        (
            SITE + meta("og:title", "The Harbour  MAIL"),
            H1,
            "From the h1",
            "h1",
        ),
        (
            SITE + "<title>The Harbour Mail</title>",
            "<h1>the harbour mail</h1>",
            None,
            None,
        ),
        (
            json_ld(
                '{"@type":"NewsArticle","headline":"Dunes Daily",'
                '"publisher":{"name":"Dunes Daily"}}'
            ),
            H1,
            "From the h1",
            "h1",
        ),
    ],
)
def test_trusts_the_sources_in_order(
    head: str, body: str, expected: str | None, source: str | None
) -> None:
    """Of a news article JSON-LD and `og:title`, of others the `h1`; then the rest."""
    metadata = metadata_of(head, body)

    assert metadata.title == expected
    assert [each.source for each in metadata.titles[:1]] == [source] * bool(source)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("The pier | The Harbour Mail", "The pier"),
        ("The pier - The Harbour Mail", "The pier"),
        ("The pier — the harbour mail", "The pier"),
        ("The pier » The Harbour Mail", "The pier"),
        ("The pier|The Harbour Mail", "The pier"),
        ("The pier：The Harbour Mail", "The pier"),
        ("The pier | Weather | The Harbour Mail", "The pier | Weather"),
        ("The pier | Harbour Mail", "The pier"),
        ("The pier | The Harbour Mail Online", "The pier"),
        ("The pier | Paper Ltd", "The pier"),
        ("The Harbour Mail | The pier", "The pier"),
        ("paper.example - The pier", "The pier"),
        ("The pier | The Harbour Mail | paper", "The pier"),
        ("The pier - News | The Harbour Mail", "The pier - News"),
        ("The pier |", "The pier"),
        ("<b>The</b> pier<br>rises", "The pier rises"),
        ("The pier &amp;amp;#8230;", "The pier …"),
        # Not the site's name, or not at the end: it is the headline's own.
        ("The pier - Another Paper", "The pier - Another Paper"),
        ("Storm-damaged pier", "Storm-damaged pier"),
        ("The Harbour Mail wins a prize", "The Harbour Mail wins a prize"),
        (
            "The pier | The Harbour Mail asks six of its readers",
            "The pier | The Harbour Mail asks six of its readers",
        ),
    ],
)
def test_takes_the_site_name_off_the_end(title: str, expected: str) -> None:
    """Whatever separates the two; nothing else is taken off."""
    assert metadata_of(f"{SITE}<title>{title}</title>").title == expected


def test_a_title_that_is_no_headline_s_length_stays_as_it_is() -> None:
    """Nothing is looked for in a title as long as an article."""
    title = "The pier | The Harbour Mail " * 40 + "| The Harbour Mail"

    assert metadata_of(f"{SITE}<title>{title}</title>").title == title


def test_what_only_one_title_has_after_a_separator_is_taken_off() -> None:
    """A section, a kind, another name of the site: the other titles lack it."""
    head = "<title>The pier - Sport - Elsewhere</title>" + meta("og:title", "The pier")

    assert [each.value for each in metadata_of(head).titles] == ["The pier"] * 2


NEWS = '"@type":"NewsArticle","headline":'
A, B, C = "Old pier to be rebuilt", "Council votes for the pier", "Pier: the facts"


@pytest.mark.parametrize(
    ("json_headline", "og", "h1", "title", "expected"),
    [
        # Agreement: what stands in two places wins over what stands in one.
        (A, B, B, C, B),
        (B, A, B, C, B),
        (A, A, B, B, A),
        # `<title>` speaks against: that one was made for search engines.
        (A, B, B, A, B),
        (A, B, A, B, A),
        # Cut short for search engines: the whole is found elsewhere.
        (A + "…", B, A + " at last", C, A + " at last"),
    ],
)
def test_the_titles_of_a_news_article_are_weighed(
    json_headline: str, og: str, h1: str, title: str, expected: str
) -> None:
    """The sum over the sources that agree decides."""
    head = f"<title>{title}</title>{meta('og:title', og)}" + json_ld(
        f'{{{NEWS}"{json_headline}"}}'
    )

    assert metadata_of(head, f"<h1>{h1}</h1><p>{PROSE}</p>").title == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # Of several headings the one that is like a declared title.
        (f"<h1>Paper shop</h1><h1>{A} now</h1><h1>Old news</h1>", A + " now"),
        (f"<h1>The Harbour Mail</h1><h1>{A}</h1>", A),
        # None is like it: they are those of something else.
        ("<h1>Weather</h1>", A),
        # A kicker in an element of its own is not the headline's.
        (f"<h1><span>Harbour</span>{A}</h1>", A),
        (f"<h1><small>Harbour</small> <b>{A}</b></h1>", A),
        (f"<h1>{A} | News of the coast</h1>", A),
        (f"<h1>{A}<br>and soon</h1>", f"{A} and soon"),
        (f"<h1><script>let pier;</script>{A} now</h1>", f"{A} now"),
        ("<h1>" + "<i>x</i>" * 300 + "</h1>", A),
    ],
)
def test_the_heading_is_the_article_s(body: str, expected: str) -> None:
    """Not the site's, not a kicker, not that of a box beside the article."""
    head = SITE + meta("og:title", A)

    assert metadata_of(head, body + f"<p>{PROSE}</p>").title == expected


@pytest.mark.parametrize(
    ("title", "line", "expected"),
    [
        (f"{A}_News_Elsewhere", A, A),
        (f"Elsewhere: {A} - News", A, A),
        (
            "海港旧码头将重建-海港-本地新闻",
            "海港旧码头将重建",
            "海港旧码头将重建",
        ),
        # The longest; not the site's name, nor a small part.
        (f"{A}, says mayor - News", A, A),
        (f"{A}_The Harbour Mail, of all papers", "The Harbour Mail", None),
        (f"{A} - Elsewhere", "Elsewhere", None),
        (f"{A} - Elsewhere", f"{A} soon", None),
    ],
)
def test_the_part_of_a_title_that_is_a_line_of_the_page_is_the_headline(
    title: str, line: str, expected: str | None
) -> None:
    """Where the page declares nothing else; the rest are sections and the site."""
    head = f"<title>{title}</title>{SITE}"
    body = f"<div>Old pier</div><div>{line}</div><p>{PROSE}</p>"

    assert metadata_of(head, body).title == (expected or title)


def test_all_titles_are_told_with_their_sources() -> None:
    """The one that won first, the others by their weight."""
    found = metadata_of(TITLE + OG, f"<h1>From og:title</h1><p>{PROSE}</p>").titles

    assert [each.source for each in found] == ["og:title", "h1", "title-element"]


def test_the_line_above_the_published_line_is_trusted_before_the_head(
    ress: SiteDefinition,
) -> None:
    """The head of such a site names the site, and not the article."""
    body = (
        "<div>Photo of the day</div><div>Le vieux quai</div>"
        f"<div>Publié dans Barlamane le 20 - 09 - 2018</div><p>{PROSE}</p>"
    )

    metadata = metadata_of(meta("og:title", "Something else"), body, ress)

    assert metadata.title == "Le vieux quai"
    assert metadata.titles[0].source == "published-line"


def test_a_heading_near_the_published_line_wins_over_the_last_line(
    ress: SiteDefinition,
) -> None:
    """A line of credits between headline and published line is not the headline."""
    body = (
        "<h1>Le vieux quai</h1><div>Photo: la rédaction</div>"
        f"<div>Publié dans Barlamane le 20 - 09 - 2018</div><p>{PROSE}</p>"
    )

    assert metadata_of("", body, ress).title == "Le vieux quai"


def test_a_published_line_with_nothing_above_tells_no_title(
    ress: SiteDefinition,
) -> None:
    """Then the other sources are asked."""
    body = f"<div>Publié dans Barlamane le 20 - 09 - 2018</div><p>{PROSE}</p>"

    assert metadata_of(OG, body, ress).title == "From og:title"


def test_a_layout_is_trusted_first(ress: SiteDefinition) -> None:
    """What the site's definition names as title comes before all that is declared."""
    layout = Layout(name="one", main=("p",), title=("span.top",))
    site = ress.model_copy(update={"layouts": (layout,)})

    told = told_by(page_of(LD + OG, f"<span class=top>Le quai</span>{H1}"), site)

    assert told.metadata.titles[0] == Candidate("layout", "Le quai")


def draft_of(text: str, site: SiteDefinition | None = None) -> Draft:
    """The draft of a text dump."""
    phrases = site.phrases if site is not None else ()
    return build_draft(segment_lines(text), phrases, PipelineConfig().ribbon)


def test_the_headline_of_a_dump_is_above_the_published_line(
    ress: SiteDefinition,
) -> None:
    """Else it is the first line."""
    text = "Merci\nLe quai\nPublié dans Barlamane le 20 - 09 - 2018\nLe texte."

    assert [each.value for each in line_candidates(draft_of(text, ress))] == [
        "Le quai",
        "Merci",
    ]
    assert [each.value for each in line_candidates(draft_of(text))] == ["Merci"]


def test_a_long_line_of_a_dump_is_no_headline() -> None:
    """A dump may begin with its first paragraph."""
    assert line_candidates(draft_of("x" * MAX_HEADLINE_CHARS)) != ()
    assert line_candidates(draft_of("x" * (MAX_HEADLINE_CHARS + 1))) == ()


def test_an_empty_dump_has_no_headline() -> None:
    """There is no line to take."""
    assert line_candidates(draft_of("")) == ()


def test_finds_the_block_that_is_the_headline() -> None:
    """Case, blanks and punctuation do not count; a part of a block is not it."""
    draft = draft_of("Le quai: un rêve\nLe Quai – un rêve!\nAutre")

    assert title_index(draft, "le quai un rêve") == 0
    assert title_index(draft, "le quai") is None
    assert draft.blocks[0].links == ()
