"""Lines that a site repeats but for a name and a date, and links to the sources.

An aggregator prints under each headline whose article it is and of which day, and
links to it. The words of that line are learnt like any other repeated line, with the
name and the date as gaps; so is the line that links away, each time to another host.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipelines.blocks import letters, line_key
from pipelines.dates import parse_day_first
from pipelines.learn.lines import limit_of
from pipelines.learn.observe import MAX_FIELD_CHARS, Observation, SeenBlock
from pipelines.phrases import DATE_LINE
from pipelines.sites import host_of
from schemas.config import TemplateConfig
from schemas.site import PhraseElement
from schemas.template import DatedLine, LearntPhrase

MIN_WORD_LETTERS = 4
"""Letters that the fixed words of a line have together, at least."""

MIN_AGREEING = 0.8
"""Share of the lines that are a day at all, and of those on pages that declare one that
are that day."""

LAST_MONTH = 12

GAP, PUBLISHER = "{any}", "{publisher}"

MAX_WORDINGS = 50
"""Dated lines and links that a template names, the most frequent: a page that prints a
new one each time must not make all others slow."""

_DATE = re.compile(DATE_LINE)

_BRACES = re.compile("[{}]")
"""What has braces of its own could not be told from a gap."""


@dataclass(frozen=True, slots=True)
class _DatedLine:
    """A short line with one date in numbers."""

    before: tuple[str, ...]
    """Words before the date."""

    raw: str
    after: tuple[str, ...]
    day: str | None
    """The day that the page declares elsewhere."""


def learn_phrases(
    articles: Sequence[Observation], site: str, config: TemplateConfig
) -> tuple[tuple[LearntPhrase, ...], tuple[DatedLine, ...]]:
    """Published lines and source links of a site, and its other dated lines.

    A dated line is a published line, which names publisher and day, on a site that
    links to its sources; elsewhere the name in it may be an author's. Nor is it one if
    its dates can be read month first, or are not those that the pages declare. A link
    away from the site leads to the source only on a site that has published lines.

    Args:
        articles: Different articles of one site.
        site: Its host.
        config: All thresholds.
    """
    limit = limit_of(len(articles), config)
    sources = _most_frequent(_source_links(articles, site, limit))
    frames = [each for each in _dated_frames(articles) if len(each[1]) >= limit]
    frames = sorted(frames, key=lambda each: (-len(each[1]), each[0]))[:MAX_WORDINGS]
    published = [
        frame for frame, lines in frames if GAP in frame and _is_day_first(lines)
    ]
    if not (sources and published):
        return (), tuple(DatedLine(text=f, articles=len(each)) for f, each in frames)
    named = tuple(
        LearntPhrase(
            element=PhraseElement.PUBLISHED_LINE,
            text=frame.replace(GAP, PUBLISHER),
            articles=len(lines),
        )
        for frame, lines in frames
        if frame in published
    )
    others = tuple(
        DatedLine(text=frame, articles=len(lines))
        for frame, lines in frames
        if frame not in published
    )
    return (*named, *sources), others


def _most_frequent(phrases: Iterable[LearntPhrase]) -> tuple[LearntPhrase, ...]:
    ranked = sorted(phrases, key=lambda each: (-each.articles, each.text))
    return tuple(ranked[:MAX_WORDINGS])


def _source_links(
    articles: Sequence[Observation], site: str, limit: int
) -> Iterator[LearntPhrase]:
    """Lines that are a link away from the site, from each article to another page.

    A button to share an article does that too, but names the article's own address.
    """
    leading: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for article in articles:
        lines = {line_key(b.text): b for b in article.blocks if _leads_away(b, site)}
        for key, block in lines.items():
            counts[key] += 1
            leading[key].add(block.leads_to or "")
            shown[key] = min(shown.get(key, block.text), block.text)
    for key, count in sorted(counts.items()):
        is_long = len(letters(shown[key])) >= MIN_WORD_LETTERS
        if count >= limit and len(leading[key]) == count and is_long:
            yield LearntPhrase(
                element=PhraseElement.SOURCE_LINK, text=shown[key], articles=count
            )


def _leads_away(block: SeenBlock, site: str) -> bool:
    host = host_of(block.leads_to)
    if _BRACES.search(block.text):
        return False
    if block.leads_to is None or host is None or host == site:
        return False
    _, _, rest = block.leads_to.partition(urlsplit(block.leads_to).netloc)
    return site not in rest


def _dated_frames(
    articles: Iterable[Observation],
) -> Iterator[tuple[str, Sequence[_DatedLine]]]:
    """The dated lines of all articles by their fixed words."""
    groups: dict[tuple[str, ...], list[_DatedLine]] = defaultdict(list)
    for article in articles:
        lines = {_ends(line): line for line in _dated_lines(article)}
        for ends, line in lines.items():
            groups[ends].append(line)
    for _, group in sorted(groups.items()):
        text = _frame(group)
        # Of equal lines nothing need be learnt: they repeat as they are.
        if text is not None and len({line.raw for line in group}) > 1:
            yield text, group


def _ends(line: _DatedLine) -> tuple[str, ...]:
    """The words by which lines are put together: first, last before the date, after."""
    words = (line.before[0], line.before[-1], *line.after)
    return tuple(word.casefold() for word in words)


def _dated_lines(article: Observation) -> Iterator[_DatedLine]:
    for block in reversed(article.blocks):
        if len(block.text) > MAX_FIELD_CHARS or _BRACES.search(block.text):
            continue
        found = list(_DATE.finditer(block.text))
        if len(found) != 1:
            continue
        before = tuple(block.text[: found[0].start()].split())
        after = tuple(block.text[found[0].end() :].split())
        if before:
            yield _DatedLine(before, found[0].group(), after, article.day)


def _frame(lines: Sequence[_DatedLine]) -> str | None:
    """The words that all these lines share, with gaps for what they do not share."""
    first = lines[0].before
    shortest = min(len(line.before) for line in lines)
    start = _shared(lines, range(shortest))
    end = _shared(lines, range(-1, start - shortest - 1, -1))
    fixed = " ".join((*first[:start], *first[len(first) - end :], *lines[0].after))
    if len(letters(fixed)) < MIN_WORD_LETTERS:
        return None
    whole = all(len(line.before) == start + end for line in lines)
    is_filled = all(len(line.before) > start + end for line in lines)
    if not (whole or is_filled):
        return None
    gaps = [] if whole else [GAP]
    words = (*first[:start], *gaps, *first[len(first) - end :], "{date}")
    return " ".join((*words, *lines[0].after))


def _shared(lines: Sequence[_DatedLine], places: Iterable[int]) -> int:
    """At how many of these places in a row all lines have the same word."""
    count = 0
    for place in places:
        if len({line.before[place].casefold() for line in lines}) > 1:
            break
        count += 1
    return count


def _is_day_first(lines: Sequence[_DatedLine]) -> bool:
    """Whether nearly all dates are days if read day first only, and those declared."""
    read = [parse_day_first(line.raw) for line in lines]
    if len(list(filter(None, read))) < MIN_AGREEING * len(read):
        return False
    proven = any(int(re.findall(r"\d+", line.raw)[0]) > LAST_MONTH for line in lines)
    told = [
        (line.day, found.iso)
        for line, found in zip(lines, read, strict=True)
        if line.day is not None and found is not None
    ]
    agreeing = sum(day == iso for day, iso in told)
    return proven and agreeing >= MIN_AGREEING * len(told)
