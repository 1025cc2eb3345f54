"""Fixed lines: what the phrases cut, and what only looks like one."""

import tomllib
from importlib import resources

import pytest

from pipelines.blocks import letters
from pipelines.boilerplate import (
    BoilerplateRule,
    _rule,
    boilerplate_rule,
    boilerplate_rules,
)

TABLES = tomllib.loads(
    resources.files("pipelines").joinpath("boilerplate.toml").read_text("utf-8")
)
PHRASES = [
    (rule, language, phrase)
    for rule, table in TABLES.items()
    for language, phrases in table["begins"].items()
    for phrase in phrases
]


def rule_of(text: str) -> str | None:
    """The rule that cuts a block of this text."""
    return boilerplate_rule(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("READ ALSO: The mill is for sale", "read-also"),
        ("À lire aussi : le moulin est à vendre", "read-also"),
        ("اقرأ أيضا: الطاحونة معروضة للبيع", "read-also"),
        ("関連記事：水車小屋", "read-also"),
        ("Sign up for our letter from the valley", "newsletter"),
        ("Abonnez-vous à la lettre de la vallée", "newsletter"),
        ("Подпишитесь на наш канал", "newsletter"),
        ("Share this with a neighbour", "share"),
        ("Diesen Artikel teilen", "share"),
        ("分享到", "share"),
        ("All rights reserved.", "legal"),
        ("© Riproduzione riservata", "legal"),
        ("Todos los derechos reservados", "legal"),
        ("Already a subscriber? Log in", "paywall-notice"),
        ("Déjà abonné ? Connectez-vous", "paywall-notice"),
        ("Masz już konto? Zaloguj się", "paywall-notice"),
    ],
)
def test_fixed_lines_are_cut_in_many_languages(text: str, rule: str) -> None:
    """Blanks, punctuation and case do not count; what follows is free."""
    assert rule_of(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The mill opens its doors again after ten years of repairs.",
        "The town's newsletters, which people sign up for, are printed at the mill.",
        "Er wollte lesen. Sie auch.",
        "Les merveilles de la cave attendent les visiteurs.",
        "Most readers of the paper agree with the miller.",
        "Les lecteurs peuvent lire aussi le journal de la vallée.",
        "Tous les droits des meuniers sont réservés au village.",
    ],
)
def test_articles_that_speak_of_such_lines_stay(text: str) -> None:
    """A phrase counts at the start of a block only, and only in full."""
    assert rule_of(text) is None


@pytest.mark.parametrize("rule", boilerplate_rules(), ids=lambda rule: rule.name)
def test_long_blocks_stay(rule: BoilerplateRule) -> None:
    """One letter more than a rule allows, and it is not looked at."""
    phrase = max(rule.begins, key=len)
    longest = f"{phrase} " + "x" * (rule.max_letters - len(letters(phrase)))
    assert boilerplate_rule(longest) == rule.name
    assert boilerplate_rule(longest + "x") != rule.name


@pytest.mark.parametrize(("rule", "language", "phrase"), PHRASES)
def test_each_phrase_is_found_by_its_own_rule(
    rule: str, language: str, phrase: str
) -> None:
    """No phrase is without letters, too long for its rule, or another rule's."""
    assert letters(phrase)
    assert rule_of(phrase) == rule, language


def test_phrases_without_letters_are_left_out() -> None:
    """A sign that has no letters would begin every block."""
    rule = _rule("x", {"max_letters": 9, "begins": {"en": ["© ", "Read on"]}})
    assert rule.begins == ("Read on",)


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"max_letters": 9},
        {"begins": {}},
        {"max_letters": "9", "begins": {}},
        {"max_letters": 9, "begins": ["read on"]},
    ],
)
def test_a_table_that_is_no_rule_is_refused(table: dict[str, object]) -> None:
    """The error names the rule."""
    with pytest.raises(ValueError, match="mine: no rule"):
        _rule("mine", table)
