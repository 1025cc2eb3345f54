"""Authors: people first, each name clean, and nobody else's."""

import pytest

from schemas.site import Layout, SiteDefinition
from tests.pipelines.metadata.metadata_of import PROSE, json_ld, meta, metadata_of

SITE = meta("og:site_name", "The Harbour Mail")
HEADLINE = "<h1>The old pier is rebuilt</h1>"
TEXT = f"<p>{PROSE}</p>" * 3


def article_ld(fields: str) -> str:
    """A script that describes an article by these fields."""
    return json_ld(f'{{"@type": "NewsArticle", {fields}}}')


META_AUTHOR = meta("author", "Meta Name")
REL_AUTHOR = f"<a rel='author me' href=/x>Rel Name</a><p>{PROSE}</p>"


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (
            article_ld('"author": [{"name": "Amal Idrissi"}, "Jo March"]')
            + META_AUTHOR,
            REL_AUTHOR,
            ("Amal Idrissi", "Jo March"),
        ),
        (article_ld('"creator": "Amal Idrissi"'), "<p>x</p>", ("Amal Idrissi",)),
        (META_AUTHOR, REL_AUTHOR, ("Meta Name",)),
        (meta("article:author", "https://social.example/x"), REL_AUTHOR, ("Rel Name",)),
        ("", "<div itemprop=author>Item Name</div>", ("Item Name",)),
        ("", "<p>x</p>", ()),
    ],
)
def test_the_authors_are_those_of_the_first_source_that_has_any(
    head: str, body: str, expected: tuple[str, ...]
) -> None:
    """JSON-LD, meta elements, marked elements; an address is no name."""
    assert metadata_of(head, body).authors == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("By Amal Idrissi", ("Amal Idrissi",)),
        ("Par : Amal Idrissi et Jo March", ("Amal Idrissi", "Jo March")),
        ("Amal Idrissi, Jo March and Zoë O'Hara", "Amal Idrissi|Jo March|Zoë O'Hara"),
        ("Amal Idrissi | Amal  IDRISSI", ("Amal Idrissi",)),
        ("بقلم: أمل الإدريسي، جو مارش", ("أمل الإدريسي", "جو مارش")),
        ("Byron Parker", ("Byron Parker",)),
        ("Roland Etienne", ("Roland Etienne",)),
        ("Amal &amp;amp; Jo", ("Amal", "Jo")),
        ("Amal Idrissi y Jo March", ("Amal Idrissi", "Jo March")),
        ("Amal Idrissi og Jo March", ("Amal Idrissi", "Jo March")),
        ("Written by Amal Idrissi", ("Amal Idrissi",)),
        ("Text: Amal Idrissi", ("Amal Idrissi",)),
        ("Amal Idrissi, Rabat", ("Amal Idrissi",)),
        ("Amal Idrissi / Фото: Jo March", ("Amal Idrissi",)),
        ("Amal Idrissi, Senior Reporter", ("Amal Idrissi",)),
        ("Amal Idrissi / Photo: Jo March", ("Amal Idrissi",)),
        ("Amal Idrissi | Reviewed by | Jo March", ("Amal Idrissi",)),
        ("Amal Idrissi, MD, Ph.D.", ("Amal Idrissi, MD, Ph.D.",)),
        ("Amal Idrissi on 3 May 2018", ("Amal Idrissi",)),
        ("김하늘 기자", ("김하늘",)),
        ("海野一郎、山川花子", ("海野一郎", "山川花子")),
        ("A name that has far too many words", ()),
        ("admin", ()),
        ("2 hours ago", ()),
        ("Amal Idrissi, 3 hours ago", ("Amal Idrissi",)),
        ("desk@paper.example", ()),
        ("1234567", ()),
        ("https://paper.example/amal", ()),
        ("paper.com", ()),
        ("{{author}}", ()),
        ("12/03/2019", ()),
        ("—", ()),
        ("x" * 61, ()),
    ],
)
def test_names_are_cleaned(text: str, expected: tuple[str, ...] | str) -> None:
    """No "By", no ages of the page, no addresses, each name once."""
    wanted = tuple(expected.split("|")) if isinstance(expected, str) else expected

    assert metadata_of(meta("author", text)).authors == wanted


def test_a_layout_names_authors_and_section_first(ress: SiteDefinition) -> None:
    """What the site's definition names comes before what is declared."""
    layout = Layout(name="one", main=("p",), authors=("i.by",), section=("b.in",))
    site = ress.model_copy(update={"layouts": (layout,)})
    head = META_AUTHOR + meta("article:section", "Declared")

    metadata = metadata_of(
        head, f"<b class=in>Société</b><i class=by>Par Amal</i><p>{PROSE}</p>", site
    )

    assert metadata.authors == ("Amal",)
    assert metadata.section == "Société"


def house(name: str) -> str:
    """An organisation in JSON-LD."""
    return f'{{"@type": "NewsMediaOrganization", "name": "{name}"}}'


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        # People before houses; the site itself is no author beside them.
        (
            f'[{house("Sea Agency")}, "Jo March", {house("The Harbour Mail")}]',
            ("Jo March", "Sea Agency"),
        ),
        ('["Jo March", "Sports desk team"]', ("Jo March", "Sports desk team")),
        # A house alone is what the page says, the site's own name last of all.
        (house("Sea Agency"), ("Sea Agency",)),
        ('["The Harbour Mail", "Newsroom"]', ("Newsroom",)),
        ('"The Harbour Mail"', ("The Harbour Mail",)),
        ('"A house with a name of many words"', ()),
        ('{"@type": "Person", "url": "/jo"}', ()),
        ("7", ()),
    ],
)
def test_people_come_before_houses(author: str, expected: tuple[str, ...]) -> None:
    """A desk, an agency or the site is named where the page names nobody else."""
    assert metadata_of(SITE + article_ld(f'"author": {author}')).authors == expected


def test_an_author_may_be_described_elsewhere_in_the_page() -> None:
    """JSON-LD refers to other objects of the page by `@id`."""
    graph = (
        '{"@graph": [{"@type": "Article", "headline": "x", "author": [{"@id": "#jo"}, '
        '{"@id": "#nobody"}, {"@id": 7}], "publisher": {"@id": "#house"}}, '
        '{"@type": "Person", "@id": "#jo", "name": "Jo March"}, '
        '{"@type": "Organization", "@id": "#house", "name": "Dunes"}]}'
    )

    metadata = metadata_of(json_ld(graph))

    assert (metadata.authors, metadata.publisher) == (("Jo March",), "Dunes")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Written by", ("Jo March",)),
        ("Verfasst von", ("Jo March",)),
        ("Author", ("Jo March",)),
        ("Reading time", ()),
    ],
)
def test_the_card_of_a_network_may_name_the_author(
    label: str, expected: tuple[str, ...]
) -> None:
    """Where its label says so."""
    head = meta("twitter:label1", label) + meta("twitter:data1", "Jo March")

    assert metadata_of(head).authors == expected


NAMED = "<a class=author-name>Jo March</a>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{HEADLINE}<div class=byline>By {NAMED} | 3 min</div>", ("Jo March",)),
        (f"{HEADLINE}<a href=/authors/jo>Jo March</a>", ("Jo March",)),
        (f"{HEADLINE}<article><address>Jo March</address></article>", ("Jo March",)),
        (f"<p class=byline>Jo March</p>{HEADLINE}", ("Jo March",)),
        # After the headline comes before what stands above it.
        (f"<p class=byline>Amal Idrissi</p>{HEADLINE}{NAMED}", ("Jo March",)),
        # Several: in one byline, or one beside the other.
        (
            f"{HEADLINE}<p class=byline><span>Jo March</span> <span>Amal B</span></p>",
            ("Jo March", "Amal B"),
        ),
        (f"{HEADLINE}<p>{NAMED} and <a rel=author>Amal B</a>", ("Jo March", "Amal B")),
        (f"{HEADLINE}<p>{NAMED}</p><p><a rel=author>Amal B</a></p>", ("Jo March",)),
        # Other parts of a byline, and what follows it.
        (
            f"{HEADLINE}<p class=author>{NAMED}<i class=author-title>Sailor</i></p>",
            ("Jo March",),
        ),
        (
            f"{HEADLINE}<div class=author><b>Jo March</b>{TEXT}</div>",
            ("Jo March",),
        ),
        (
            f"{HEADLINE}<p class=byline>{NAMED}<br>Edited by <a rel=author>Amal B</a>",
            ("Jo March",),
        ),
        (f"{HEADLINE}<div class=byline>Share <b>Facebook</b></div>", ()),
        (f"{HEADLINE}<div class=author-box><i class=author-image></i></div>", ()),
        # Other people: of comments, of other stories, of the page.
        (f"{HEADLINE}<div class=comments><p>{NAMED}</p></div>", ()),
        (f"{HEADLINE}<ul class=related><li>{NAMED}</li></ul>", ()),
        (f"{HEADLINE}<nav>{NAMED}</nav>", ()),
        (f"{HEADLINE}<footer>{NAMED}</footer>", ()),
        (f"<article>{HEADLINE}<footer>{NAMED}</footer></article>", ("Jo March",)),
        # A desk, where nobody is named.
        (f"{HEADLINE}<div class=byline>By Sports team</div>", ("Sports team",)),
    ],
)
def test_bylines_are_known_by_their_marks(body: str, expected: tuple[str, ...]) -> None:
    """Classes, `rel`, `address` and links to an author's page, near the headline."""
    assert metadata_of("", body + TEXT).authors == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("By Jo March", ("Jo March",)),
        ("Von Jo March, Hafenstadt", ("Jo March",)),
        ("Par Jo March et Amal B", ("Jo March", "Amal B")),
        ("Por Jo March", ("Jo March",)),
        ("di Jo March", ("Jo March",)),
        ("Автор: Иван Петров", ("Иван Петров",)),
        ("بقلم: أمل الإدريسي", ("أمل الإدريسي",)),
        ("Text: Jo March • 3 May 2018 • 5 min", ("Jo March",)),
        ("By Jo March December 2, 2025", ("Jo March",)),
        ("By the sea", ()),
        ("Jo March", ()),
        (f"By Jo March, who {PROSE}", ()),
    ],
)
def test_a_printed_byline_is_the_last_source(
    line: str, expected: tuple[str, ...]
) -> None:
    """A short line by the headline that begins as a byline does."""
    assert metadata_of("", f"{HEADLINE}<div>{line}</div>{TEXT}").authors == expected


def test_a_byline_far_from_the_headline_does_not_count() -> None:
    """It is that of a teaser."""
    assert metadata_of("", f"{HEADLINE}{TEXT}<div>By Jo March</div>").authors == ()


def test_the_authors_are_bounded() -> None:
    """A page that names thousands does not swell the record."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names = [f"Jo {one}{two.lower()}z" for one in letters for two in letters]
    listed = ", ".join(f'"{name}"' for name in names)

    assert metadata_of(article_ld(f'"author": [{listed}]')).authors == tuple(
        names[:100]
    )


def test_the_sources_are_told() -> None:
    """Both that declare authors; the page itself is not searched then."""
    head = article_ld('"author": "Jo March"') + meta("author", "J. March; Amal B")

    found = metadata_of(head, f"{HEADLINE}{NAMED}{TEXT}").candidates["authors"]

    assert [(each.source, each.value) for each in found] == [
        ("json-ld", "Jo March"),
        ("meta", "J. March; Amal B"),
    ]
