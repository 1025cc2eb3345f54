"""Fixed lines of newspapers: which rule cuts a block for its words.

The phrases are data (`boilerplate.toml`), by rule and language. They are the last
resort: shape and place decide first (`pipelines.model`).
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from pipelines.blocks import letters


@dataclass(frozen=True, slots=True)
class BoilerplateRule:
    """The phrases of one rule, in all languages."""

    name: str
    max_letters: int
    """Letters of a block above which the rule does not look at it."""

    begins: tuple[str, ...]
    """What a block begins with, as letters."""


def boilerplate_rule(key: str) -> str | None:
    """The rule that cuts a block with these letters (`pipelines.blocks.letters`)."""
    for rule in boilerplate_rules():
        if len(key) <= rule.max_letters and key.startswith(rule.begins):
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
            phrases = {letters(each) for found in languages.values() for each in found}
            # "© " has no letters: such a phrase would begin every block.
            return BoilerplateRule(name, limit, tuple(sorted(phrases - {""})))
        case _:
            raise ValueError(f"{name}: no rule")
