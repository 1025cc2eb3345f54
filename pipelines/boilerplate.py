"""Fixed lines of newspapers: which rule cuts a block for its words.

The phrases are data (`boilerplate.toml`), by rule and language. They are the last
resort: shape and place decide first (`pipelines.model`).
"""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from pipelines.blocks import letters
from pipelines.features import WIDE

WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class BoilerplateRule:
    """The phrases of one rule, in all languages."""

    name: str
    max_letters: int
    """Letters of a block above which the rule does not look at it."""

    begins: tuple[str, ...]
    """What a block begins with."""

    pattern: re.Pattern[str]
    """Finds any of them at the start of a text in folded case."""


def boilerplate_rule(text: str) -> str | None:
    """The rule that cuts a block with this text, None if none does."""
    size, folded = len(letters(text)), text.casefold()
    for rule in boilerplate_rules():
        if size <= rule.max_letters and rule.pattern.match(folded):
            return rule.name
    return None


@functools.cache
def boilerplate_rules() -> tuple[BoilerplateRule, ...]:
    """All rules, read once from the file that ships with Copydesk."""
    file = resources.files("pipelines").joinpath("boilerplate.toml")
    tables: Mapping[str, Mapping[str, Any]] = tomllib.loads(file.read_text("utf-8"))
    return tuple(_rule(name, table) for name, table in tables.items())


def _rule(name: str, table: Mapping[str, Any]) -> BoilerplateRule:
    match table:
        case {"max_letters": int(limit), "begins": dict(languages)}:
            found = {each for phrases in languages.values() for each in phrases}
            # "© " has no letters: such a phrase would begin every block.
            begins = tuple(sorted(each for each in found if letters(each)))
            starts = "|".join(map(_start, begins))
            return BoilerplateRule(
                name, limit, begins, re.compile(rf"[\W_]*(?:{starts})")
            )
        case _:
            raise ValueError(f"{name}: no rule")


def _start(phrase: str) -> str:
    """The words of a phrase, whatever stands between them.

    The last one ends there, in scripts that part words: "les mer" does not begin
    "Les merveilles".
    """
    words = WORD.findall(phrase.casefold())
    end = "" if WIDE.match(words[-1][-1]) else r"(?![^\W_])"
    return r"[\W_]*".join(words) + end
