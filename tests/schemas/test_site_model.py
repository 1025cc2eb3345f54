"""What a site file may say, and what becomes of a family."""

import pytest
from pydantic import ValidationError

from schemas.site import (
    Budget,
    Layout,
    Phrase,
    PhraseElement,
    PhraseGrade,
    Revisit,
    SiteDefinition,
    SiteFile,
    SiteMember,
    SiteRules,
    SiteSource,
)

DIGEST = "0" * 64

FAMILY = {
    "name": "family",
    "country": "MA",
    "languages": ["fr"],
    "aggregator": True,
    "keep_query": False,
    "sources": [{"kind": "feed", "url": "/rss"}],
    "members": [
        {"name": "plain", "hosts": ["plain.example", "old.example"]},
        {
            "name": "own",
            "hosts": ["own.example"],
            "country": "TN",
            "languages": ["ar"],
            "sources": [{"kind": "section", "url": "/"}],
        },
    ],
}


def phrase_of(element: PhraseElement, text: str) -> Phrase:
    """A phrase in French."""
    return Phrase(element=element, language="fr", text=text, grade=PhraseGrade.SEEN)


@pytest.mark.parametrize(
    ("element", "text", "message"),
    [
        ("published-line", "Publié le {date} ici", "has {publisher} exactly once"),
        ("published-line", "Publié dans {publisher}", "has {date} exactly once"),
        (
            "published-line",
            "{publisher} le {date}, le {date}",
            "has {date} exactly once",
        ),
        ("source-link", "Lire chez {publisher}", "has {publisher} not at all"),
        ("image-widget", "Signalé le {date} ici", "has {date} not at all"),
        ("promo", "Suivez {publisher} ici", "has {publisher} not at all"),
    ],
)
def test_a_phrase_with_the_wrong_placeholders_is_refused(
    element: str, text: str, message: str
) -> None:
    """Only a published line names a newspaper and a day, each once."""
    with pytest.raises(ValidationError) as caught:
        phrase_of(PhraseElement(element), text)
    assert f"a {element} phrase {message}" in str(caught.value)


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (PhraseElement.PUBLISHED_LINE, "Publié dans {publisher} le {date}"),
        (PhraseElement.PUBLISHED_LINE, "{date}: repris de {publisher}"),
        (PhraseElement.PROMO, "Suivez-nous ici"),
    ],
)
def test_a_phrase_with_its_placeholders_is_accepted(
    element: PhraseElement, text: str
) -> None:
    """In any order."""
    assert phrase_of(element, text).text == text


def test_a_phrase_of_a_word_or_two_is_refused() -> None:
    """It would be found in prose."""
    with pytest.raises(ValidationError, match="at least 8 characters"):
        phrase_of(PhraseElement.PROMO, "Lire la")


def test_hosts_stand_with_the_site_or_with_its_members() -> None:
    """A family has no host of its own; a site without a host is none."""
    with pytest.raises(ValidationError, match="either hosts, or members"):
        SiteFile.model_validate({**FAMILY, "hosts": ["family.example"]})
    with pytest.raises(ValidationError, match="either hosts, or members"):
        SiteFile(name="nothing")


@pytest.mark.parametrize("name", ["family", "plain"])
def test_a_name_stands_once_in_a_file(name: str) -> None:
    """A member is not named as its family or as another member."""
    members = [*FAMILY["members"], {"name": name, "hosts": ["x.example"]}]  # type: ignore[misc]
    with pytest.raises(ValidationError, match="a name stands twice among family"):
        SiteFile.model_validate({**FAMILY, "members": members})


def test_a_family_comes_first_and_its_members_inherit_from_it() -> None:
    """What a member has of its own wins; all rules of the family hold for it."""
    family, plain, own = SiteFile.model_validate(FAMILY).definitions(DIGEST)
    assert [each.name for each in (family, plain, own)] == ["family", "plain", "own"]
    assert {each.family for each in (family, plain, own)} == {"family"}
    assert {each.file_digest for each in (family, plain, own)} == {DIGEST}
    assert (family.host, plain.host, own.host) == (None, "plain.example", "own.example")
    assert (plain.country, plain.languages) == ("MA", ("fr",))
    assert plain.sources == (SiteSource(kind="feed", url="/rss"),)
    assert (own.country, own.languages) == ("TN", ("ar",))
    assert own.sources == (SiteSource(kind="section", url="/"),)
    assert plain.aggregator
    assert own.aggregator
    assert not own.keep_query


def test_a_site_of_its_own_is_its_only_definition() -> None:
    """It is its own family."""
    site = SiteFile(name="paper", hosts=("paper.example",), delay_seconds=1)
    assert site.definitions(DIGEST) == (
        SiteDefinition(
            name="paper",
            family="paper",
            file_digest=DIGEST,
            hosts=("paper.example",),
            delay_seconds=1,
        ),
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"articles_after_hours": (6, 1)}, "ascending order"),
        ({"articles_after_hours": (1, 1)}, "ascending order"),
        ({"articles_after_hours": (0,)}, "positive numbers"),
        ({"min_minutes": 1_441, "max_days": 1}, "longer than max_days"),
    ],
)
def test_times_of_visits_make_sense(fields: dict[str, object], message: str) -> None:
    """Else a page would be asked for in the wrong order, or a source never."""
    with pytest.raises(ValidationError, match=message):
        Revisit.model_validate(fields)


def test_no_rule_is_lost_on_the_way_from_file_to_definition() -> None:
    """Each field of the rules of a file arrives, so a new one cannot be forgotten."""
    rules = SiteRules(
        country="MA",
        languages=("fr",),
        hosts=("a.example",),
        sources=(SiteSource(kind="sitemap", url="https://a.example/s.xml"),),
        article_urls=("/#",),
        exclude_urls=("/x",),
        keep_query=False,
        aggregator=True,
        delay_seconds=9,
        concurrency=2,
        budget=Budget(pages=7),
        revisit=Revisit(articles_after_hours=(1, 6)),
        javascript=True,
        phrases=(phrase_of(PhraseElement.PROMO, "Suivez-nous"),),
        layouts=(Layout(name="a", main=("p",)),),
    )
    fields = rules.model_dump()
    assert all(
        fields[name] != field.default for name, field in SiteRules.model_fields.items()
    )
    (site,) = SiteFile(name="a", **fields).definitions(DIGEST)
    assert {name: getattr(site, name) for name in fields} == {
        name: getattr(rules, name) for name in fields
    }


@pytest.mark.parametrize("name", ["", "Site", "a b", "../a", "-a", "a.toml", "é"])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    """A name can be typed, and never leaves the folder of sites."""
    with pytest.raises(ValidationError, match="should match pattern"):
        SiteFile(name=name, hosts=("a.example",))
    with pytest.raises(ValidationError, match="should match pattern"):
        Layout(name=name, main=("p",))


@pytest.mark.parametrize("url", ["rss", "ftp://a.example/", "file:///etc/passwd", ""])
def test_a_source_that_is_no_web_address_is_refused(url: str) -> None:
    """A path of the site, or an absolute http(s) address."""
    with pytest.raises(ValidationError, match="should match pattern"):
        SiteSource(kind="feed", url=url)


def test_a_layout_says_where_the_text_is() -> None:
    """Without that it fits every page or none."""
    with pytest.raises(ValidationError, match="at least 1 item"):
        Layout(name="a", main=())


def test_a_member_has_a_host() -> None:
    """It could not be recognised."""
    with pytest.raises(ValidationError, match="at least 1 item"):
        SiteMember(name="a", hosts=())


@pytest.mark.parametrize(
    ("field", "value"),
    [("country", "ma"), ("country", "MAR"), ("delay_seconds", -1)],
)
def test_a_rule_with_an_impossible_value_is_refused(field: str, value: object) -> None:
    """Codes are those of ISO 3166-1; no pause is negative."""
    with pytest.raises(ValidationError):
        SiteRules.model_validate({field: value})
