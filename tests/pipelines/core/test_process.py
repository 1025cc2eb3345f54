"""process_page(): every way a page can end, the account, determinism, totality."""

import time
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.blocks import Block, letters, segment, segment_lines
from pipelines.html import decode, parse
from pipelines.process import examine_page, process_page
from schemas.article import Article
from schemas.config import (
    LimitsConfig,
    OptOutKind,
    OptOutsConfig,
    PipelineConfig,
    ValidateConfig,
)
from schemas.page import Discovery, Page, PageKind, SourceKind
from schemas.provenance import InputKind, Source
from schemas.rejection import Rejection, RejectionReason
from schemas.site import SiteDefinition
from tests.conftest import MakePage
from tests.pipelines.core.drafts_of import CONFIG, DUMPS, RESS
from tests.pipelines.core.stories import ARABIC, FRENCH, GAP, Story

Outcome = Article | Rejection

HTML_SOURCE = Source(input=InputKind.HTML, input_file="page.html")
TEXT_SOURCE = Source(input=InputKind.TEXT, input_file="page.txt")

PARAGRAPHS = "".join(f"<p>{text}</p>" for text in FRENCH.paragraphs)
ARTICLE = f"<article><h1>{FRENCH.title}</h1>{PARAGRAPHS}</article>"
LOCKED = """<script type="application/ld+json">
{"@type": "NewsArticle", "isAccessibleForFree": false}
</script>"""
COLLECTION = '<script type="application/ld+json">{"@type": "CollectionPage"}</script>'

CRAWLER_REASONS = {
    RejectionReason.ROBOTS_DISALLOWED,
    RejectionReason.ROBOTS_UNREACHABLE,
    RejectionReason.OFFSITE,
    RejectionReason.PRIVATE_ADDRESS,
    RejectionReason.NOT_HTML,
}
"""Reasons that are given before there is a page."""


@dataclass(frozen=True)
class Case:
    """A page that is rejected, and why."""

    reason: RejectionReason
    body: bytes | str
    kind: PageKind = PageKind.HTML
    status: int | None = None
    measured: float | None = None
    limit: float | None = None
    also: tuple[RejectionReason, ...] = ()

    def page(self) -> Page:
        """The page."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return html(body, status=self.status, kind=self.kind)


def html(
    body: bytes, *, status: int | None = None, kind: PageKind = PageKind.HTML
) -> Page:
    """A page."""
    source = HTML_SOURCE if kind is PageKind.HTML else TEXT_SOURCE
    return Page(kind=kind, body=body, source=source, http_status=status)


SHORT = "<h1>Titre</h1><p>Une seule phrase, et elle est courte.</p>"

CASES = {
    "error page": Case(
        RejectionReason.HTTP_STATUS, ARTICLE, status=404, measured=404, limit=200
    ),
    "redirect": Case(
        RejectionReason.HTTP_STATUS, "", status=301, measured=301, limit=200
    ),
    "status below 200": Case(
        RejectionReason.HTTP_STATUS, ARTICLE, status=199, measured=199, limit=200
    ),
    "one byte too many": Case(
        RejectionReason.TOO_LARGE, b"x" * 100_001, measured=100_001, limit=100_000
    ),
    "no byte": Case(RejectionReason.EMPTY, b""),
    "blanks": Case(RejectionReason.EMPTY, " \n\xa0\u2003"),
    "byte order mark": Case(RejectionReason.EMPTY, b"\xef\xbb\xbf"),
    "blank dump": Case(RejectionReason.EMPTY, b" \n", kind=PageKind.TEXT),
    "nothing but a comment": Case(RejectionReason.UNDECODABLE, "<!-- nothing -->"),
    "nested too deeply": Case(RejectionReason.UNDECODABLE, "<div>" * 3_000 + "x"),
    "listing by type": Case(RejectionReason.NOT_ARTICLE, COLLECTION + ARTICLE),
    "nothing left": Case(
        RejectionReason.NO_MAIN_CONTENT, "<html><body><h1>Titre</h1></body></html>"
    ),
    "an image alone": Case(
        RejectionReason.NO_MAIN_CONTENT,
        "<html><body><img src='a'></body></html>",
        also=(RejectionReason.HEADLINE_MISSING,),
    ),
    "no headline": Case(RejectionReason.HEADLINE_MISSING, f"<div>{PARAGRAPHS}</div>"),
    "a sentence": Case(RejectionReason.TOO_SHORT, SHORT, measured=37, limit=100),
    "a sentence in a dump": Case(
        RejectionReason.TOO_SHORT,
        "Titre\nUne phrase.",
        kind=PageKind.TEXT,
        measured=11,
        limit=100,
    ),
    "teaser of a paywall": Case(
        RejectionReason.PAYWALLED,
        LOCKED + ARTICLE,
        measured=len(FRENCH.text),
        limit=400,
    ),
    "opted out": Case(
        RejectionReason.OPTED_OUT, '<meta name="robots" content="noai">' + ARTICLE
    ),
    "short teaser": Case(
        RejectionReason.PAYWALLED,
        LOCKED + SHORT,
        measured=37,
        limit=400,
        also=(RejectionReason.TOO_SHORT,),
    ),
}

SMALL_PAGES = PipelineConfig(
    limits=LimitsConfig(max_page_bytes=100_000),
    opt_outs=OptOutsConfig(obey=(OptOutKind.META,)),
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_page_without_an_article_is_rejected_with_its_reason(case: Case) -> None:
    """With the numbers behind it, and all other broken rules."""
    page = case.page()
    outcome = process_page(page, None, None, SMALL_PAGES)
    assert isinstance(outcome, Rejection)
    assert outcome.reason is case.reason
    assert (outcome.measured, outcome.limit) == (case.measured, case.limit)
    assert tuple(rule.reason for rule in outcome.also) == case.also
    assert outcome.provenance is not None
    assert outcome.provenance.input_file == page.source.input_file
    assert Rejection.model_validate_json(outcome.to_json_line()) == outcome


def test_every_reason_has_a_case() -> None:
    """Here, or it is one of those that only the crawler gives."""
    here = {case.reason for case in CASES.values()}
    assert here | CRAWLER_REASONS == set(RejectionReason)
    assert not here & CRAWLER_REASONS


@pytest.mark.parametrize("status", [None, 200, 203, 299])
def test_a_page_that_was_answered_is_read(html_page: MakePage, status: int) -> None:
    """Any status of success, or none at all."""
    outcome = process_page(
        html_page(ARTICLE, http_status=status), None, None, SMALL_PAGES
    )
    assert isinstance(outcome, Article)
    assert outcome.provenance.http_status == status


def test_limits_are_not_broken_by_what_reaches_them(text_page: MakePage) -> None:
    """The largest page and the shortest text are still good."""
    body = "Titre\n" + "a" * 100
    config = PipelineConfig(
        limits=LimitsConfig(max_page_bytes=len(body)),
        validation=ValidateConfig(min_text_chars=100),
    )
    assert isinstance(process_page(text_page(body), None, None, config), Article)
    shorter = process_page(text_page(body[:-1]), None, None, config)
    assert shorter.to_json_line().startswith('{"schema_version":1,"reason":"too-short"')
    longer = process_page(text_page(body + "\n"), None, None, config)
    assert isinstance(longer, Rejection)
    assert longer.reason is RejectionReason.TOO_LARGE


def test_a_rejection_tells_what_was_known_of_the_page(html_page: MakePage) -> None:
    """Addresses, site, title, time, encoding and extractor."""
    fetched_at = datetime(2024, 5, 6, tzinfo=UTC)
    page = html_page(
        SHORT,
        url="https://www.paper.example/b",
        requested_url="https://paper.example/a",
        fetched_at=fetched_at,
    )
    outcome = process_page(page, None, None, CONFIG)
    assert isinstance(outcome, Rejection)
    assert outcome.url == "https://www.paper.example/b"
    assert outcome.requested_url == "https://paper.example/a"
    assert outcome.site == "paper.example"
    assert outcome.title == "Titre"
    assert outcome.fetched_at == fetched_at
    assert outcome.provenance is not None
    assert outcome.provenance.extractor == "model:standard"
    assert outcome.provenance.encoding == "utf-8"


def test_a_page_that_is_not_read_has_no_encoding(html_page: MakePage) -> None:
    """Nothing is said that was not looked at; the digest always is."""
    outcome = process_page(html_page(ARTICLE, http_status=500), None, None, CONFIG)
    assert outcome.provenance is not None
    assert outcome.provenance.encoding is None
    assert outcome.provenance.extractor is None
    assert len(outcome.provenance.html_sha256) == 64


@pytest.mark.parametrize("story", [FRENCH, ARABIC], ids=["fr", "ar"])
@pytest.mark.parametrize("kind", ["html", "dump"])
def test_the_same_page_gives_the_same_bytes(
    html_page: MakePage,
    text_page: MakePage,
    ress: SiteDefinition,
    *,
    story: Story,
    kind: str,
) -> None:
    """Twice in a row, and after another page."""
    page = html_page(story.as_html()) if kind == "html" else text_page(story.as_dump())
    other = html_page(ARTICLE)
    lines = []
    for _ in range(2):
        lines.append(process_page(page, RESS, None, CONFIG).to_json_line())
        process_page(other, None, None, CONFIG)
    assert lines[0] == lines[1]


def test_another_threshold_changes_the_digest_of_the_config(
    html_page: MakePage,
) -> None:
    """So that two runs can be told apart."""
    page = html_page(ARTICLE)
    digests = {
        outcome.provenance.config_digest
        for config in (CONFIG, SMALL_PAGES)
        if (outcome := process_page(page, None, None, config)).provenance
    }
    assert digests == {CONFIG.digest(), SMALL_PAGES.digest()}


def test_warnings_of_reader_decoding_and_date_are_all_told(text_page: MakePage) -> None:
    """In the order of the stages."""
    published = FRENCH.published.replace("05 - 06 - 2014", "31 - 02 - 2019")
    body = (
        b"\xef\xbb\xbf" + FRENCH.but(published=published).as_dump().encode() + b" \xff"
    )
    page = text_page(body, warnings=("content-encoding-mismatch",))
    outcome = process_page(page, RESS, None, CONFIG)
    assert isinstance(outcome, Article)
    assert outcome.warnings == (
        "content-encoding-mismatch",
        "encoding-errors",
        "date-invalid:published-line",
    )


def test_a_sample_of_what_was_removed_is_the_first_piece(text_page: MakePage) -> None:
    """Cut at 120 characters; the count is that of all pieces."""
    ribbon = ("Un titre " + "très " * 30 + "long", *FRENCH.ribbon)
    outcome = process_page(
        text_page(FRENCH.but(ribbon=ribbon).as_dump()), RESS, None, CONFIG
    )
    assert isinstance(outcome, Article)
    removed = outcome.cleaning.removed[0]
    assert (removed.rule, removed.count) == ("ribbon", 10)
    assert removed.sample == ribbon[0][:119] + "…"


def test_a_date_of_the_feed_is_used_where_the_page_has_none(
    text_page: MakePage,
) -> None:
    """What was known before the fetch comes with the page."""
    known = Discovery(
        source=SourceKind.FEED, date_raw="Thu, 20 Sep 2018 08:15:00 +0100"
    )
    page = text_page("\n".join([FRENCH.title, *FRENCH.paragraphs]), discovery=known)
    outcome = process_page(page, None, None, CONFIG)
    assert isinstance(outcome, Article)
    assert outcome.date_published == "2018-09-20T08:15:00+01:00"
    assert outcome.date_source == "feed"


def test_the_title_is_not_repeated_in_the_text(html_page: MakePage) -> None:
    """Nor in the account: it is kept once."""
    repeated = f"<h2>{FRENCH.title.upper()}</h2>"
    body = ARTICLE.replace("</h1>", f"</h1>{repeated}")
    outcome = process_page(html_page(body), None, None, CONFIG)
    assert isinstance(outcome, Article)
    assert (outcome.title, outcome.text) == (FRENCH.title, FRENCH.text)
    assert outcome.cleaning.kept_chars == len(FRENCH.title) + sum(
        map(len, FRENCH.paragraphs)
    )


def test_what_a_page_hides_is_never_text(html_page: MakePage) -> None:
    """Scripts, styles and comments, wherever they stand."""
    hidden = "<script>var a = 1;</script><style>p {}</style><!-- hidden -->"
    body = ARTICLE.replace("</p>", f"{hidden}</p>")
    outcome = process_page(html_page(body), None, None, CONFIG)
    assert isinstance(outcome, Article)
    assert outcome.text == FRENCH.text


def test_a_page_without_optional_tags_gives_its_article(html_page: MakePage) -> None:
    """Neither `<html>`, `<head>` nor `<body>`: minifiers drop them."""
    body = (
        f"<!DOCTYPE html><meta charset=utf-8><title>T</title><script></script>{ARTICLE}"
    )
    outcome = process_page(html_page(body), None, None, CONFIG)
    assert isinstance(outcome, Article)
    assert (outcome.title, outcome.text) == (FRENCH.title, FRENCH.text)


def test_a_page_with_a_declared_codec_that_is_none_is_read(html_page: MakePage) -> None:
    """A page cannot make the pipeline fail by what it says of itself."""
    for charset in ("zlib", "punycode", "undefined", "utf-16"):
        body = f"<html><head><meta charset='{charset}'></head>{ARTICLE}"
        assert isinstance(process_page(html_page(body), None, None, CONFIG), Article)


ELEMENTS = st.sampled_from("p div h1 h2 li span a b br td article section ul".split())
MARKUP = st.lists(
    st.tuples(
        ELEMENTS,
        st.sampled_from([*FRENCH.paragraphs, *FRENCH.widget, *FRENCH.source_links])
        | st.sampled_from(
            [FRENCH.title, FRENCH.published, GAP.join(FRENCH.ribbon), "* *"]
        )
        | st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="<&"),
            max_size=30,
        ),
        st.booleans(),
    ),
    max_size=15,
).map(
    lambda pieces: "".join(
        f"<{tag}>{text}" + (f"</{tag}>" if closed else "")
        for tag, text, closed in pieces
    )
)


def assert_balance(page: Page, blocks: tuple[Block, ...]) -> None:
    """Kept and cut are what was there, in the account and letter by letter."""
    examined = examine_page(page, RESS, None, CONFIG)
    draft, outcome = examined.draft, examined.outcome
    if not draft.blocks:
        assert not blocks
        return
    assert set(draft.roles) | set(draft.cuts) == set(range(len(draft.blocks)))
    assert not set(draft.roles) & set(draft.cuts)
    read = "".join(letters(block.text) for block in draft.blocks)
    assert read == "".join(letters(block.text) for block in blocks)
    account = draft.cleaning()
    whole = sum(len(block.text) for block in draft.blocks)
    assert account.kept_chars + account.removed_chars == whole
    if isinstance(outcome, Article):
        assert outcome.cleaning == account


@given(text=DUMPS)
def test_kept_and_cut_make_up_a_dump(text: str) -> None:
    """Whatever stands in it."""
    page = html(text.encode(), kind=PageKind.TEXT)
    assert_balance(page, segment_lines(decode(page.body).text))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markup=MARKUP)
def test_kept_and_cut_make_up_a_page(markup: str) -> None:
    """Whatever its markup is."""
    page = html(f"<html><body>{markup}</body></html>".encode())
    tree = parse(decode(page.body).text)
    assert tree is not None
    assert_balance(page, segment(tree))


@settings(max_examples=40, deadline=None)
@given(
    body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    content_type=st.none() | st.sampled_from(["text/html; charset=utf-16", "x", ""]),
    site=st.sampled_from([None, RESS]),
    kind=st.sampled_from(PageKind),
)
def test_any_bytes_end_as_a_record(
    body: bytes, content_type: str | None, site: SiteDefinition | None, kind: PageKind
) -> None:
    """Article or rejection, never an error; and it can be written and read."""
    page = html(body, kind=kind).model_copy(update={"content_type": content_type})
    outcome = process_page(page, site, None, CONFIG)
    line = outcome.to_json_line()
    assert type(outcome).model_validate_json(line).to_json_line() == line


@settings(max_examples=25, deadline=None)
@given(markup=MARKUP, noise=st.binary(max_size=20), place=st.integers(0, 400))
def test_any_markup_ends_as_a_record(markup: str, noise: bytes, place: int) -> None:
    """Torn and damaged pages too."""
    body = markup.encode()
    page = html(body[:place] + noise + body[place:])
    outcome = process_page(page, RESS, None, CONFIG)
    assert isinstance(outcome, typing.get_args(Outcome))


PATHOLOGICAL: dict[str, Callable[[], str]] = {
    "deep": lambda: "<div>" * 1_900 + ARTICLE,
    "unclosed": lambda: "<b><font>" * 900 + ARTICLE,
    "many tags": lambda: ARTICLE + "<br>" * 20_000,
    "long attribute": lambda: f'<p class="{"x" * 500_000}">a</p>{ARTICLE}',
    "many links": lambda: ARTICLE + "<a href='/x'>un lien</a> " * 3_000,
    "one long line": lambda: f"<p>{'mot ' * 100_000}</p>",
    "many entities": lambda: ARTICLE + "&amp;&eacute;&#0;&#xD800;" * 5_000,
    "long runs of blanks": lambda: f"<p>a{' ' * 300_000}b</p>{ARTICLE}",
    "endless class, deep": lambda: (
        f'<div class="{"x" * 1_000_000}">{"<div>" * 1_000}{ARTICLE}'
    ),
    "one phrase after the other": lambda: f"<p>{FRENCH.widget[0] * 20_000}</p>",
    "a paragraph a phrase": lambda: f"<p>{FRENCH.widget[0]}</p>" * 10_000,
    "a link a phrase": lambda: f"<p>{f'<a>{FRENCH.widget[0]}</a> ' * 10_000}</p>",
    "null characters": lambda: ARTICLE.replace(" ", " \0"),
    "broken json-ld": lambda: (
        f'<script type="application/ld+json">{"[" * 50_000}</script>{ARTICLE}'
    ),
}


@pytest.mark.parametrize("make", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
def test_a_page_made_to_hurt_ends_as_a_record(
    html_page: MakePage, make: Callable[[], str]
) -> None:
    """No recursion error, no explosion, and far from the limit for a page."""
    page = html_page(f"<html><body>{make()}</body></html>")
    started = time.process_time()
    outcome = process_page(page, RESS, None, CONFIG)
    assert isinstance(outcome, Article | Rejection)
    assert time.process_time() - started < CONFIG.limits.page_seconds / 2


def test_broken_bytes_without_any_tag_end_are_guessed_in_linear_time() -> None:
    """Tags are taken out of what the encoding is guessed from."""
    started = time.process_time()
    assert decode(b"<" * 200_000 + b"\xe9").source == "detected"
    assert time.process_time() - started < 10
