"""What makes a page an article: each rule with its numbers, all that are broken."""

import pytest

from pipelines.blocks import segment_lines
from pipelines.drafts import Draft, build_draft
from pipelines.listing import listing_signs
from pipelines.metadata.head import Head
from pipelines.validate import Findings, broken_rules
from schemas.article import Access
from schemas.config import PipelineConfig, ValidateConfig
from schemas.rejection import BrokenRule, RejectionReason
from schemas.site import SiteDefinition

CONFIG = ValidateConfig()
SIGN = BrokenRule(reason=RejectionReason.NOT_ARTICLE, detail="a sign")


def findings(
    text: str = "x" * 100,
    title: str | None = "Title",
    access: Access = Access.UNKNOWN,
    signs: tuple[BrokenRule, ...] = (),
    opt_outs: tuple[str, ...] = (),
) -> Findings:
    """What the rules look at; as it stands, an article."""
    return Findings(title, text, access, signs, opt_outs)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (findings(), []),
        (findings("x" * 99), [("too-short", 99, 100)]),
        (findings(""), [("no-main-content", None, None)]),
        (findings(title=None), [("headline-missing", None, None)]),
        (findings(title=""), [("headline-missing", None, None)]),
        (findings("x" * 399, access=Access.PAYWALLED), [("paywalled", 399, 400)]),
        (findings("x" * 400, access=Access.PAYWALLED), []),
        (findings("x" * 100, access=Access.FREE), []),
        (findings(signs=(SIGN,)), [("not-article", None, None)]),
        (findings(opt_outs=("meta:noai",)), [("opted-out", None, None)]),
        # All that are broken are told, the one that explains most first.
        (
            findings("x" * 9, None, Access.PAYWALLED, (SIGN, SIGN), ("meta:noai",)),
            [
                ("opted-out", None, None),
                ("not-article", None, None),
                ("not-article", None, None),
                ("paywalled", 9, 400),
                ("headline-missing", None, None),
                ("too-short", 9, 100),
            ],
        ),
        (
            findings("", None, Access.PAYWALLED),
            [
                ("paywalled", 0, 400),
                ("no-main-content", None, None),
                ("headline-missing", None, None),
            ],
        ),
    ],
)
def test_tells_all_broken_rules_with_their_numbers(
    found: Findings, expected: list[tuple[str, int | None, int | None]]
) -> None:
    """In a fixed order; none for an article."""
    broken = broken_rules(found, CONFIG)

    assert [(each.reason, each.measured, each.limit) for each in broken] == expected


def test_opt_outs_that_are_obeyed_are_told() -> None:
    """As one rule, by their words."""
    broken = broken_rules(findings(opt_outs=("meta:noai", "robots:CCBot")), CONFIG)

    assert [each.detail for each in broken] == ["meta:noai robots:CCBot"]


def test_thresholds_are_those_of_the_configuration() -> None:
    """Not constants of the rules."""
    strict = ValidateConfig(min_text_chars=101, min_paywalled_chars=102)

    broken = broken_rules(findings(access=Access.PAYWALLED), strict)

    assert [(each.reason, each.limit) for each in broken] == [
        ("paywalled", 102),
        ("too-short", 101),
    ]


PROSE = "A sentence of an article that is long enough to count as one among the long."
LONG = PROSE + " And on."
TEASER = "The beginning of a story which is cut off after some two hundred characters{}"
NEWS: dict[str, object] = {"@type": "NewsArticle"}
PROFILE: dict[str, object] = {"@type": ["Thing", "https://schema.org/ProfilePage"]}
SEARCH: dict[str, object] = {"@type": "SearchResultsPage"}


def draft_of(*lines: str, site: SiteDefinition | None = None) -> Draft:
    """A draft of these lines."""
    phrases = site.phrases if site is not None else ()
    return build_draft(
        segment_lines("\n".join(lines)), phrases, PipelineConfig().ribbon
    )


def signs_of(
    draft: Draft,
    *things: dict[str, object],
    url: str | None = None,
    site: SiteDefinition | None = None,
) -> list[tuple[str | None, float | None, float | None]]:
    """The signs of a listing, with their numbers."""
    signs = listing_signs(draft, Head(things=things), url, site, CONFIG)
    assert all(sign.reason is RejectionReason.NOT_ARTICLE for sign in signs)
    return [(sign.detail, sign.measured, sign.limit) for sign in signs]


def test_the_sample_lines_are_as_long_as_they_should_be() -> None:
    """Else what follows would prove nothing."""
    assert len(PROSE) < CONFIG.min_long_chars <= len(LONG)
    assert len(TEASER.format(" (...)")) >= CONFIG.min_long_chars


@pytest.mark.parametrize("end", [" (...)", " (…)", " [...]", "[…]"])
@pytest.mark.parametrize(
    ("teasers", "others", "is_listing"),
    [(3, 0, True), (3, 3, True), (3, 4, False), (2, 0, False), (0, 5, False)],
)
def test_teasers_that_break_off_are_a_sign(
    end: str, teasers: int, others: int, *, is_listing: bool
) -> None:
    """More than an article quotes, and at least half of all long lines."""
    lines = [TEASER.format(f" number {n}{end}") for n in range(teasers)]
    draft = draft_of(*lines, *[LONG] * others, "short (...)", "short (...)")

    expected = [("teasers that break off", teasers, 2)] if is_listing else []
    assert signs_of(draft) == expected


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7])
def test_several_published_lines_are_a_sign(number: int, ress: SiteDefinition) -> None:
    """An article has one, and may quote another."""
    lines = [f"Publié dans Barlamane le 0{n + 1} - 09 - 2018" for n in range(number)]
    draft = draft_of(*[line for each in lines for line in (each, LONG)], site=ress)

    expected = [("published lines", number, 2)] if number > 2 else []
    assert signs_of(draft) == expected


@pytest.mark.parametrize(
    ("things", "detail"),
    [
        ((PROFILE,), "JSON-LD type ProfilePage"),
        ((SEARCH, PROFILE), "JSON-LD type ProfilePage"),
        ((PROFILE, NEWS), None),
        ((NEWS,), None),
        (({"@type": "WebPage"},), None),
        ((), None),
    ],
)
def test_the_declared_type_is_a_sign(
    things: tuple[dict[str, object], ...], detail: str | None
) -> None:
    """Unless the page declares an article as well."""
    assert signs_of(draft_of(LONG), *things) == (
        [(detail, None, None)] if detail else []
    )


def test_the_address_is_a_sign_where_the_site_says_so(
    maghress: SiteDefinition,
) -> None:
    """A page without address, or without a site, is not judged by it."""
    article = "https://www.maghress.com/fr/barlamane/61507"
    author = "https://www.maghress.com/fr/author/A+B"
    detail = "the site's definition says that no article has this address"

    assert signs_of(draft_of(LONG), url=author, site=maghress) == [(detail, None, None)]
    assert signs_of(draft_of(LONG), url=article, site=maghress) == []
    assert signs_of(draft_of(LONG), url=None, site=maghress) == []
    assert signs_of(draft_of(LONG), url=author) == []


def test_all_signs_are_told(maghress: SiteDefinition) -> None:
    """Each with its own numbers."""
    line = "Publié dans Barlamane le 20 - 09 - 2018"
    teasers = [TEASER.format(f" {number} (...)") for number in range(3)]
    draft = draft_of(*[each for t in teasers for each in (line, t)], site=maghress)

    signs = signs_of(draft, PROFILE, url="https://maghress.com/", site=maghress)

    assert [measured for _, measured, _ in signs] == [None, 3, 3, None]
