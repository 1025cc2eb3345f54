"""What the addresses of a site's articles have in common, as `article_urls`."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from pipelines.sites import is_article_url
from schemas.site import SiteDefinition

MIN_ADDRESSES = 8
"""Addresses from which on something is said of a site."""

MIN_SHARE = 0.97
"""Share of the addresses that the patterns must match: the others would be lost."""

MAX_PATTERNS = 8
MIN_PATTERN_SHARE = 0.02
"""Share of the addresses from which on a shape is no chance."""

_NUMBER_AT_END = re.compile(r"^(.*?\D)?([0-9]{3,})(\.[a-z]{2,5})?$", re.IGNORECASE)
_ENDING = re.compile(r"\.[a-z]{3,5}$", re.IGNORECASE)

Shape = tuple[str, ...]


def derive_patterns(
    urls: Iterable[str], others: Collection[str] = ()
) -> tuple[str, ...]:
    """Path patterns (`SiteRules.article_urls`) that the articles clearly share.

    Addresses of one shape (as many segments, numbers at the same places) give one
    pattern; a segment that all of them have stands in it as it is. None are given if
    these do not match nearly all of `urls`, or if they match any of `others`, or if one
    says nothing but how many segments there are.

    Args:
        urls: Addresses of articles.
        others: Addresses of other pages, as front page and sections.
    """
    paths = sorted({urlsplit(url).path.rstrip("/") for url in urls})
    if len(paths) < MIN_ADDRESSES:
        return ()
    groups: defaultdict[Shape, list[list[str]]] = defaultdict(list)
    for path in paths:
        segments = path.split("/")[1:]
        groups[tuple(map(_shape_of, segments))].append(segments)
    common = [
        (shape, group)
        for shape, group in groups.items()
        if len(group) >= max(2, MIN_PATTERN_SHARE * len(paths))
    ]
    patterns = tuple(
        dict.fromkeys(_pattern(*each) for each in sorted(common, key=_by_size))
    )
    is_covered = sum(len(group) for _, group in common) >= MIN_SHARE * len(paths)
    is_telling = all(re.search(r"[^/*]", each) for each in patterns)
    if not is_covered or not is_telling or len(patterns) > MAX_PATTERNS:
        return ()
    rules = SiteDefinition(
        name="site", family="site", file_digest="", article_urls=patterns
    )
    return () if any(is_article_url(each, rules) for each in others) else patterns


def _by_size(item: tuple[Shape, list[list[str]]]) -> tuple[int, Shape]:
    shape, group = item
    return -len(group), shape


def _shape_of(segment: str) -> str:
    """`#` for digits, `*-#.html` for a name that ends with a number, else `*`."""
    if segment.isascii() and segment.isdigit():
        return "#"
    numbered = _NUMBER_AT_END.match(segment)
    if numbered is not None:
        name, _, ending = numbered.groups()
        return f"{f'*{name[-1]}' if name else ''}#{ending or ''}"
    ending = _ENDING.search(segment)
    return f"*{ending[0]}" if ending else "*"


def _pattern(shape: Shape, group: list[list[str]]) -> str:
    """The shape, with the segments that are the same everywhere."""
    columns = zip(*group, strict=True)
    return "".join(
        f"/{values[0] if _is_fixed(values) else part}"
        for part, values in zip(shape, columns, strict=True)
    )


def _is_fixed(values: tuple[str, ...]) -> bool:
    """Whether a segment is a fixed word: not one that only happens to be the same.

    A number, such as the year of all articles of a feed, is another one tomorrow.
    """
    is_plain = re.fullmatch(r"[a-z._~-]+", values[0], re.IGNORECASE) is not None
    return len(set(values)) == 1 and is_plain
