"""Which pages a site is learnt from: the same ones, in whatever order they come."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.learn import page_order
from pipelines.learn.sample import SiteRule, draw_sample, iter_sample, page_name
from pipelines.read import OtherRecord, Reading
from schemas.config import LimitsConfig, PipelineConfig, TemplateConfig
from schemas.page import Page
from schemas.site import SiteDefinition
from tests.learn.pages import dump, page

HOST = "one.example"
NOON = datetime(2025, 9, 18, 12, tzinfo=UTC)
RULE = SiteRule(None, ())
FEW = PipelineConfig(template=TemplateConfig(sample_pages=5))


def some_pages(count: int) -> list[Page]:
    """Pages of one site, each with an address and bytes of its own."""
    return [
        page(f"<p>{number}</p>", f"story/{number}", HOST) for number in range(count)
    ]


def drawn(
    readings: Sequence[Reading], rule: SiteRule = RULE, config: PipelineConfig = FEW
) -> list[tuple[str, Page]]:
    """The pages that are handed out, in a fixed order."""
    wanted = draw_sample(readings, rule, config)
    found = iter_sample(readings, rule, config, wanted)
    return sorted(found, key=lambda each: (each[0], each[1].to_json_line()))


def test_the_first_pages_in_the_order_of_hashes_are_drawn() -> None:
    """As many as the configuration says, of each site."""
    pages = some_pages(20)
    other = page("<p>x</p>", "x", "two.example")

    found = drawn([*pages, other])

    first = sorted(pages, key=lambda each: page_order(each, None))[:5]
    assert [each for host, each in found if host == "two.example"] == [other]
    assert {each.url for host, each in found if host == HOST} == {
        each.url for each in first
    }


CAPTURES: list[Reading] = [
    *some_pages(12),
    # Captures of the same addresses: other bytes; the same bytes at another time.
    *(page(f"<p>again {n}</p>", f"story/{n}", HOST) for n in range(12)),
    *(
        each.model_copy(update={"fetched_at": NOON + timedelta(hours=hours)})
        for each in some_pages(12)
        for hours in range(3)
    ),
    *some_pages(3),
    OtherRecord("request"),
]


@given(order=st.permutations(range(len(CAPTURES))))
def test_the_order_of_the_input_does_not_matter(order: list[int]) -> None:
    """Not even between captures that differ in nothing but their time."""
    assert drawn([CAPTURES[place] for place in order]) == drawn(CAPTURES)


def test_one_capture_of_an_address_is_drawn() -> None:
    """`www.`, scheme and tracking parameters make no other address."""
    pages = [
        page("<p>1</p>", "story/1", HOST),
        page("<p>2</p>", "story/1?utm_source=feed", f"www.{HOST}"),
        page("<p>3</p>", "story/1", HOST),
    ]

    ((host, _),) = drawn(pages)

    assert host == HOST


def test_a_page_that_stands_there_twice_is_handed_out_once() -> None:
    """Else it would count as two."""
    assert len(drawn(some_pages(3) * 2)) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"http_status": 404},
        {"http_status": 301},
        {"body": b""},
        {"body": b"x" * 101},
        {"url": "https://one.example/tag/harbour"},
    ],
    ids=str,
)
def test_what_cannot_be_an_article_is_not_drawn(change: dict[str, Any]) -> None:
    """By its status, its size, or its address, where the site says so."""
    site = SiteDefinition(
        name="one",
        family="one",
        hosts=(HOST,),
        languages=("en",),
        exclude_urls=("/tag/*",),
        file_digest="0" * 64,
    )
    config = PipelineConfig(limits=LimitsConfig(max_page_bytes=100))
    good = page("<p>1</p>", "story/1", HOST)
    bad = good.model_copy(update={"url": f"https://{HOST}/story/2", **change})

    assert drawn([bad, good], SiteRule(None, (site,)), config) == [(HOST, good)]


def test_a_page_without_an_address_is_of_the_site_that_is_named(
    maghress: SiteDefinition, ress: SiteDefinition
) -> None:
    """By `host`, else by the definition; of no site if neither is there."""
    nameless = dump("A headline\nA text.")
    addressed = page("<p>1</p>", "story/1", HOST)

    def sites(rule: SiteRule) -> list[str]:
        return [host for host, _ in drawn([nameless, addressed], rule)]

    assert sites(RULE) == [HOST]
    assert sites(SiteRule(ress, ())) == [HOST]
    assert sites(SiteRule(maghress, ())) == [maghress.host, HOST]
    assert sites(SiteRule(maghress, (), "aaa.example")) == ["aaa.example", HOST]


def test_a_name_tells_apart_what_differs_in_more_than_its_place() -> None:
    """Where a page lies is no part of it: archives are packed anew."""
    one = page("<p>1</p>", "story/1", HOST, NOON)
    moved = one.model_copy(
        update={"source": one.source.model_copy(update={"input_file": "b.html"})}
    )
    later = one.model_copy(update={"fetched_at": NOON + timedelta(days=1)})

    assert page_name(one, None) == page_name(moved, None) != page_name(later, None)
    assert page_name(later, None).startswith(page_order(one, None))
