"""Lines that a site repeats word for word, counted over its different articles."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipelines.blocks import letters, line_key
from pipelines.learn.observe import MAX_FIELD_CHARS, Observation
from pipelines.metadata.title import SEPARATOR
from pipelines.phrases import is_phrase
from schemas.config import TemplateConfig
from schemas.template import RepeatedLine, SiteName

MIN_NAME_LETTERS = 3

MARKS = " -–—|·•»«:/"
"""What stands round the parts of a title."""

MAX_LINES, MAX_NAMES, MAX_LINE_PATHS = 2_000, 50, 3
"""Entries of a template, the most frequent: 54 sites measured have up to 426 lines."""

SHOWN_CHARS = 120
"""Characters of a line that a template shows."""


def limit_of(articles: int, config: TemplateConfig) -> int:
    """On how many of so many articles a line stands that is boilerplate."""
    return max(config.min_articles, math.ceil(config.min_line_ratio * articles))


def repeated_lines(
    articles: Sequence[Observation], config: TemplateConfig
) -> tuple[RepeatedLine, ...]:
    """The lines that stand on many of these articles, the most frequent first.

    Args:
        articles: Different articles of one site.
        config: From how many on it is many.
    """
    counts: Counter[str] = Counter()
    at_paths: Counter[tuple[str, str]] = Counter()
    shown: dict[str, str] = {}
    for article in articles:
        lines = {line_key(block.text): block.text for block in article.blocks}
        counts.update(lines.keys())
        at_paths.update(
            {(line_key(block.text), block.path) for block in article.blocks}
        )
        for key, text in lines.items():
            shown[key] = min(shown.get(key, text), text)
    limit = limit_of(len(articles), config)
    paths: dict[str, list[str]] = defaultdict(list)
    for (key, path), count in sorted(at_paths.items()):
        if count > 1:
            paths[key].append(path)
    return tuple(
        RepeatedLine(
            letters=key,
            text=shown[key][:SHOWN_CHARS],
            articles=count,
            paths=tuple(paths.get(key, ())[:MAX_LINE_PATHS]),
        )
        for key, count in _ordered(counts)
        if count >= limit and letters(shown[key])
    )[:MAX_LINES]


def site_names(
    articles: Sequence[Observation], config: TemplateConfig
) -> tuple[SiteName, ...]:
    """What the site adds to its titles, or sets in their place.

    A title, or a part of one between separators, that many articles share.
    """
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for article in articles:
        parts = {
            letters(part): part
            for title in article.declared_titles
            for part in (title, *(each.strip(MARKS) for each in SEPARATOR.split(title)))
        }
        counts.update(parts.keys())
        for key, text in parts.items():
            shown[key] = min(shown.get(key, text), text)
    limit = limit_of(len(articles), config)
    return tuple(
        SiteName(text=shown[key], articles=count)
        for key, count in _ordered(counts)
        if count >= limit and len(key) >= MIN_NAME_LETTERS
    )[:MAX_NAMES]


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


@dataclass(frozen=True, slots=True)
class Repeated:
    """All that a site repeats: such a text is no article's."""

    lines: Collection[str]
    """Keys of the lines (`line_key`)."""

    wordings: Sequence[str]
    """Lines with gaps for a name and a date."""

    def has(self, text: str) -> bool:
        """Whether a text is one of these lines."""
        if line_key(text) in self.lines:
            return True
        is_short = len(text) <= MAX_FIELD_CHARS
        return is_short and any(is_phrase(text, each) for each in self.wordings)
