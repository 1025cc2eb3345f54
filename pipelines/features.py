"""What is known of each block of a page: the numbers that decide whether it is kept.

All of them are about shape, place and agreement; none is about a site, and none reads
the words of a language. `FEATURES` says what each is, in the order of a row.
"""

import functools
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import log2

from pipelines.blocks import Block, letters
from pipelines.marks import NAMES

PROSE_SIZE = 80
"""Letters from which on a block with few links is a paragraph."""

PROSE_LINK_RATIO = 0.5

WIDE_LETTERS = 2.5
"""A Han character, a kana or a Thai one says as much as so many letters."""

WIDE = re.compile(
    "[\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff]"
)

TAG_CODES = {
    tag: code
    for code, tags in enumerate(
        (
            "p", "blockquote q", "h2", "h3 h4 h5 h6", "li dd", "td th", "pre",
            "figcaption caption", "h1", "dt", "div", "section article main", "a span",
            "header footer nav aside form",
        )
    )
    for tag in tags.split()
}  # fmt: skip
OTHER_TAG = len(set(TAG_CODES.values()))

ENDS = {
    end: code
    for code, ends in enumerate(
        (".。۔।", "!！", "?？؟", ":：", "…", "\"”»’'」"), start=1
    )
    for end in ends
}
"""What a block ends with: a sentence, a label, a teaser, a quotation."""

LABEL = re.compile(r"^[^.:：!?]{2,28}[:：]\s?\S")
SYMBOLS = re.compile(r"[|©@»›→►▶•#/+]")
COMMAS = re.compile("[,،、，;；:]")
DIGITS = re.compile(r"\d")
WORDS = re.compile(r"[^\W\d_]+")

FAR = 40
"""Blocks beyond which one is no neighbour."""

START_CHARS = 200
"""Characters that are looked at where a block's kind shows at its start."""

PAGE_HEADINGS = frozenset({"h1", "h2"})

MAX_STEPS = 12
MAX_REPEATS = 6

AGREEING_LETTERS = 20
"""Letters from which on a text is unlikely to stand elsewhere by chance."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What else is known of the page when its blocks are judged."""

    kept_by: Mapping[str, Collection[int]] = field(default_factory=dict)
    """For each extractor that was asked, the blocks that it keeps."""

    title: str = ""
    title_at: int | None = None
    """The block that is the headline."""

    title_ancestors: tuple[int, ...] = ()
    """The elements that it stands in."""

    description: str = ""
    article_body: str = ""
    """`articleBody` of the page's JSON-LD."""


OWN = (
    "size", "link_ratio", "links", "tag", "ends_with", "commas", "digits", "capitals",
    "starts_small", "label", "symbols", "follows_media",
)  # fmt: skip
PLACE = (
    "position", "text_before", "depth", "after_title", "up_to_title", "down_to_title",
    "after_heading", "prose_before", "prose_after", "to_prose_before", "to_prose_after",
)  # fmt: skip
CONTAINER = (
    "parent_prose", "parent_links", "parent_blocks", "outer_prose", "outer_links",
    "outer_ratio", "main_distance", "in_main", "main_share",
)  # fmt: skip
KIND = ("same_path", "path_prose", "path_size", "path_links", "repeats")
NEIGHBOURS = (
    "size_before", "size_after", "links_before", "links_after", "same_before",
    "same_after",
)  # fmt: skip
AGREEMENT = ("in_description", "in_article_body", "in_title")
PAGE = ("page_blocks", "page_prose", "page_links")

MARKS = tuple(f"{where} {name}" for where in ("near", "in") for name in NAMES)
"""What its elements call themselves: the nearest of them, and all."""

FAMILIES = {
    "own": OWN,
    "place": PLACE,
    "container": CONTAINER,
    "kind": KIND,
    "neighbours": NEIGHBOURS,
    "agreement": AGREEMENT,
    "page": PAGE,
}
"""What a block is; where it stands; what its container holds; how others of its path
are; its neighbours; what agrees with it; and the page."""

FEATURES = (*(name for family in FAMILIES.values() for name in family), *MARKS)
"""Names of the numbers in a row that need no extractor."""

KEPT = (
    "kept", "kept_before", "kept_after", "kept_inside", "kept_in_parent",
    "kept_of_path", "kept_share",
)  # fmt: skip
"""For each extractor that was asked, after its name."""


def feature_names(extractors: Iterable[str]) -> tuple[str, ...]:
    """Names of the numbers in a row, if these extractors were asked."""
    return (*FEATURES, *(f"{name} {each}" for name in extractors for each in KEPT))


def feature_rows(
    blocks: Sequence[Block], indices: Sequence[int], evidence: Evidence
) -> list[list[float]]:
    """A row of numbers for each of these blocks, in the order of `feature_names`.

    Args:
        blocks: All blocks of a page, in order.
        indices: Those that are judged; the others are as if they were not there.
        evidence: What else is known.
    """
    if not indices:
        return []
    page = _Page([blocks[index] for index in indices], indices, evidence)
    answers = [
        _Answer(page, [index in kept for index in indices])
        for kept in evidence.kept_by.values()
    ]
    rows = []
    for place in range(len(indices)):
        row = page.row(place)
        for answer in answers:
            row += answer.columns(place)
        rows.append(row)
    return rows


def size_of(text: str) -> float:
    """Its length in letters of an alphabet."""
    if text.isascii():
        return float(len(text))
    return len(text) + (WIDE_LETTERS - 1) * len(WIDE.findall(text))


def is_paragraph(block: Block) -> bool:
    """Whether it is as long as a paragraph, and mostly no links."""
    return is_prose_of(size_of(block.text), block.link_ratio)


def is_mostly_links(block: Block) -> bool:
    """Whether it is no text, but a list or a button."""
    return block.link_ratio >= PROSE_LINK_RATIO


def is_prose_of(size: float, link_ratio: float) -> bool:
    """Whether a block of this size (`size_of`) and share of links is a paragraph."""
    return size >= PROSE_SIZE and link_ratio < PROSE_LINK_RATIO


class _Sum:
    """What an element, or all elements of a path, hold."""

    __slots__ = ("blocks", "links", "prose", "size")

    def __init__(self) -> None:
        self.blocks = 0
        self.size = 0.0
        self.links = 0.0
        self.prose = 0.0

    def add(self, size: float, links: float, prose: float) -> None:
        self.blocks += 1
        self.size += size
        self.links += links
        self.prose += prose

    def link_ratio(self) -> float:
        return self.links / self.size if self.size else 0.0


class _Page:
    """The judged blocks of a page, and what is known of all of them together."""

    def __init__(
        self, blocks: Sequence[Block], indices: Sequence[int], evidence: Evidence
    ) -> None:
        self.blocks = blocks
        self.indices = indices
        self.count = len(blocks)
        self.sizes = [size_of(block.text) for block in blocks]
        self.logs = [log2(1 + size) for size in self.sizes]
        self.ratios = [block.link_ratio for block in blocks]
        self.is_prose = [
            is_prose_of(size, ratio)
            for size, ratio in zip(self.sizes, self.ratios, strict=True)
        ]
        self.prose_at = [i for i, is_prose in enumerate(self.is_prose) if is_prose]
        self.size_before = [0.0, *accumulate(self.sizes)]
        self.total = self.size_before[-1] or 1.0
        self.prose = sum(self.sizes[i] for i in self.prose_at)
        self.elements: defaultdict[int, _Sum] = defaultdict(_Sum)
        self.paths: defaultdict[str, _Sum] = defaultdict(_Sum)
        self._add_up()
        self.keys = [letters(block.text) for block in blocks]
        self.counts = Counter(self.keys)
        self.description = letters(evidence.description)
        self.article_body = letters(evidence.article_body)
        self.title_words = frozenset(WORDS.findall(evidence.title.casefold()))
        self.title_at = evidence.title_at
        title = () if self.title_at is None else evidence.title_ancestors
        self.title_depths = {number: depth for depth, number in enumerate(title)}
        self.after_heading = self._after_heading()
        self.main = self._main()
        self.main_depths = {number: depth for depth, number in enumerate(self.main)}
        main = self.elements[self.main[-1]].prose if self.main else 0.0
        self.main_share = main / self.prose if self.prose else 0.0
        links = sum(s * r for s, r in zip(self.sizes, self.ratios, strict=True))
        self.page = [log2(1 + self.count), log2(1 + self.prose), links / self.total]

    def _add_up(self) -> None:
        for i, block in enumerate(self.blocks):
            size = self.sizes[i]
            links = size * self.ratios[i]
            prose = size if self.is_prose[i] else 0.0
            for number in block.ancestors:
                self.elements[number].add(size, links, prose)
            self.paths[block.path].add(size, links, prose)

    def _main(self) -> tuple[int, ...]:
        """The elements from the root down to the one with most prose right below it.

        A paragraph counts in full for its parent, by half for the element above, and
        so on, four times; after readability (Arc90, 2009).
        """
        scores: defaultdict[int, float] = defaultdict(float)
        chains: dict[int, tuple[int, ...]] = {}
        for i in self.prose_at:
            chain = self.blocks[i].ancestors
            share = self.sizes[i]
            for end in range(len(chain) - 1, max(0, len(chain) - 5), -1):
                scores[chain[end - 1]] += share
                chains[chain[end - 1]] = chain[:end]
                share /= 2
        if not scores:
            return ()
        return chains[max(scores, key=lambda number: (scores[number], -number))]

    def row(self, i: int) -> list[float]:
        block = self.blocks[i]
        return [
            *self._own(i, block),
            *self._place(i, block),
            *self._container(block),
            *self._kind(i, block),
            *self._neighbours(i, block),
            *self._agreement(i, block),
            *self.page,
            *_bits(block.near_marks),
            *_bits(block.marks),
        ]

    def _own(self, i: int, block: Block) -> tuple[float, ...]:
        text, size = block.text, self.sizes[i]
        start = text[:START_CHARS]
        words = WORDS.findall(start)
        return (
            self.logs[i],
            self.ratios[i],
            min(len(block.links), 20),
            TAG_CODES.get(block.tag, OTHER_TAG),
            ENDS.get(text[-1], 0),
            len(COMMAS.findall(text)) / size,
            len(DIGITS.findall(start)) / len(start),
            sum(word[0].isupper() for word in words) / len(words) if words else -1.0,
            float(text[0].islower()),
            float(LABEL.match(text) is not None),
            min(len(SYMBOLS.findall(start)), 5),
            float(block.follows_media),
        )

    def _place(self, i: int, block: Block) -> tuple[float, ...]:
        before = bisect_left(self.prose_at, i)
        after = before + self.is_prose[i]
        prose, count = self.prose_at, len(self.prose_at)
        title_at = self.title_at
        return (
            i / self.count,
            self.size_before[i] / self.total,
            len(block.ancestors),
            FAR + 1
            if title_at is None
            else max(-FAR, min(FAR, self.indices[i] - title_at)),
            *self._to_title(block.ancestors),
            self.after_heading[i],
            min(before, FAR),
            min(count - after, FAR),
            min(i - prose[before - 1], FAR) if before else FAR + 1,
            min(prose[after] - i, FAR) if after < count else FAR + 1,
        )

    def _to_title(self, chain: tuple[int, ...]) -> tuple[float, float]:
        """Steps up to an element that also holds the headline, and down to that."""
        for steps, number in enumerate(reversed(chain)):
            depth = self.title_depths.get(number)
            if depth is not None:
                down = len(self.title_depths) - depth - 1
                return min(steps, MAX_STEPS), min(down, MAX_STEPS)
        return 2.0 * MAX_STEPS, 2.0 * MAX_STEPS

    def _after_heading(self) -> list[int]:
        """How many blocks ago the last heading of a page was, for each block."""
        since = FAR
        found = []
        for block in self.blocks:
            since = min(since + 1, FAR)
            found.append(since)
            if block.tag in PAGE_HEADINGS:
                since = 0
        return found

    def _container(self, block: Block) -> tuple[float, ...]:
        chain = block.ancestors
        parent = self.elements[chain[-2]] if len(chain) > 1 else _NOTHING
        outer = self.elements[chain[-3]] if chain[:-2] else _NOTHING
        prose = self.prose
        return (
            parent.prose / prose if prose else -1.0,
            parent.link_ratio(),
            log2(1 + parent.blocks),
            outer.prose / prose if prose else -1.0,
            outer.link_ratio(),
            parent.prose / outer.prose if outer.prose else -1.0,
            self._main_distance(chain),
            float(bool(self.main) and self.main[-1] in chain),
            self.main_share,
        )

    def _main_distance(self, chain: tuple[int, ...]) -> float:
        """Steps up to an element that holds the main one too; half steps down to it."""
        for steps, number in enumerate(reversed(chain)):
            depth = self.main_depths.get(number)
            if depth is not None:
                down = len(self.main) - depth - 1
                return min(steps, MAX_STEPS) + min(down, MAX_STEPS) / 2
        return 2.0 * MAX_STEPS

    def _kind(self, i: int, block: Block) -> tuple[float, ...]:
        path = self.paths[block.path]
        return (
            log2(path.blocks),
            path.prose / self.prose if self.prose else -1.0,
            log2(1 + path.size / path.blocks),
            path.link_ratio(),
            min(self.counts[self.keys[i]], MAX_REPEATS),
        )

    def _neighbours(self, i: int, block: Block) -> tuple[float, ...]:
        before, after = i > 0, i + 1 < self.count
        return (
            self.logs[i - 1] if before else 0.0,
            self.logs[i + 1] if after else 0.0,
            self.ratios[i - 1] if before else -1.0,
            self.ratios[i + 1] if after else -1.0,
            float(before and self.blocks[i - 1].path == block.path),
            float(after and self.blocks[i + 1].path == block.path),
        )

    def _agreement(self, i: int, block: Block) -> tuple[float, ...]:
        key = self.keys[i]
        return (
            _agreement(key, self.description),
            _agreement(key, self.article_body),
            _overlap(block.text[:START_CHARS], self.title_words),
        )


class _Answer:
    """Which blocks an extractor keeps, and what that says of the others."""

    def __init__(self, page: _Page, kept: Sequence[bool]) -> None:
        self._page = page
        self._kept = kept
        places = [i for i, is_kept in enumerate(kept) if is_kept]
        self._first, self._last = (places[0], places[-1]) if places else (0, -1)
        self._in_parent: defaultdict[int, float] = defaultdict(float)
        self._of_path: defaultdict[str, float] = defaultdict(float)
        for i in places:
            block, size = page.blocks[i], page.sizes[i]
            self._in_parent[_parent(block)] += size
            self._of_path[block.path] += size
        self._share = sum(page.sizes[i] for i in places) / page.total

    def columns(self, i: int) -> tuple[float, ...]:
        kept, block = self._kept, self._page.blocks[i]
        parent = _parent(block)
        return (
            float(kept[i]),
            float(i > 0 and kept[i - 1]),
            float(i + 1 < len(kept) and kept[i + 1]),
            float(self._first <= i <= self._last),
            self._in_parent[parent] / self._page.elements[parent].size
            if parent
            else 0.0,
            self._of_path[block.path] / self._page.paths[block.path].size,
            self._share,
        )


_NOTHING = _Sum()


def _parent(block: Block) -> int:
    """The element that holds the block's own; 0 if none does."""
    return block.ancestors[-2] if len(block.ancestors) > 1 else 0


@functools.lru_cache(maxsize=20_000)
def _bits(marks: int) -> tuple[float, ...]:
    return tuple(float(marks >> number & 1) for number in range(len(NAMES)))


def _agreement(key: str, known: str) -> float:
    """-1 if nothing is known; 1 if the one stands in the other, else 0."""
    if not known:
        return -1.0
    return float(len(key) >= AGREEING_LETTERS and (key in known or known in key))


def _overlap(text: str, title_words: frozenset[str]) -> float:
    """Share of its words that stand in the title; -1 if either has no words."""
    words = set(WORDS.findall(text.casefold()))
    if not words or not title_words:
        return -1.0
    return len(words & title_words) / len(words)
