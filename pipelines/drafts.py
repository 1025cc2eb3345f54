"""A page between segmentation and record: its blocks, and what was decided of them."""

import functools
import re
import unicodedata
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from pipelines.blocks import DELETED, Block, Link, Role
from pipelines.phrases import PhraseMatch, Wording, find_phrases
from schemas.article import Cleaning, RemovedText
from schemas.config import RibbonConfig
from schemas.site import PhraseElement

LINE_RULE = "template:line"
"""Rule of lines that are cut because the site repeats them."""

SAMPLE_CHARS = 120

LONG_CHARS = 80
"""Characters from which on a block counts as prose where it has few links."""

MAX_PROSE_LINK_RATIO = 0.5

ARTICLE_BLOCKS = 3
"""Blocks of prose that are an article, if a short one."""

GAP_CHARS = r"[ \u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]"
"""Blanks that part headlines on one line."""

ZERO_WIDTH = "\u200b"
"""The one among them that is no blank to `fold_blanks`."""

_INVISIBLE = {code: shown for code, shown in DELETED.items() if shown is None}

_INDENTATION = re.compile(r"(?<![ \t\r\f])[ \t\r\f]*+\n\s*|\t+")
"""It begins where a run of blanks does, or a page of blanks would take minutes."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A block was taken out."""

    rule: str
    pieces: tuple[str, ...]
    """What it was made of: headlines of a ribbon; else its text."""

    articles: int | None = None
    """On how many of the site's articles it stood, where that is why it was cut."""


@dataclass(frozen=True, slots=True)
class CutPiece:
    """A piece of the page that was cut before its blocks were looked at."""

    place: int
    """How many blocks of the draft stand before it."""

    block: Block
    cut: Cut


@dataclass(frozen=True, slots=True)
class Draft:
    """A page's blocks in order, each kept, cut or not decided yet."""

    blocks: tuple[Block, ...]
    phrases: Mapping[int, PhraseMatch] = field(default_factory=dict)
    """Blocks that are a fixed phrase of the site, whole."""

    cuts: Mapping[int, Cut] = field(default_factory=dict)
    roles: Mapping[int, Role] = field(default_factory=dict)

    def with_cuts(self, cuts: Mapping[int, Cut]) -> "Draft":
        """This draft with more cuts; what is decided already stays so."""
        new = {
            index: cut
            for index, cut in sorted(cuts.items())
            if index not in self.cuts and index not in self.roles
        }
        return replace(self, cuts={**self.cuts, **new}) if new else self

    def without_cuts(self, rule: str) -> "Draft":
        """This draft with all blocks open again that a rule has cut."""
        kept = {index: cut for index, cut in self.cuts.items() if cut.rule != rule}
        return self if len(kept) == len(self.cuts) else replace(self, cuts=kept)

    def with_role(self, indices: Iterable[int], role: Role) -> "Draft":
        """This draft with blocks kept as title, lead or text."""
        return replace(self, roles={**self.roles, **dict.fromkeys(indices, role)})

    def with_inserted(self, inserted: Sequence["CutPiece"]) -> "Draft":
        """This draft with pieces of the page that were cut before it was made.

        Args:
            inserted: The pieces, in the order of the page.
        """
        if not inserted:
            return self
        blocks: list[Block] = []
        cuts: dict[int, Cut] = {}
        moved: dict[int, int] = {}
        waiting = deque(inserted)
        for index in range(len(self.blocks) + 1):
            while waiting and waiting[0].place <= index:
                piece = waiting.popleft()
                cuts[len(blocks)] = piece.cut
                blocks.append(piece.block)
            if index < len(self.blocks):
                moved[index] = len(blocks)
                blocks.append(self.blocks[index])
        return Draft(
            blocks=tuple(blocks),
            phrases={moved[index]: each for index, each in self.phrases.items()},
            cuts=cuts | {moved[index]: cut for index, cut in self.cuts.items()},
            roles={moved[index]: role for index, role in self.roles.items()},
        )

    def open_indices(self) -> list[int]:
        """Blocks of which nothing is decided yet, in order."""
        return [
            index
            for index in range(len(self.blocks))
            if index not in self.cuts and index not in self.roles
        ]

    def texts(self, role: Role) -> list[str]:
        """Texts of the blocks of that role, in order."""
        return [block.text for block in self.kept_blocks(role)]

    def kept_blocks(self, role: Role) -> list[Block]:
        """The blocks of that role, in order."""
        return [self.blocks[index] for index in sorted(self._indices(role))]

    def published_index(self) -> int | None:
        """The first published line."""
        return next(
            (
                index
                for index, phrase in sorted(self.phrases.items())
                if phrase.element is PhraseElement.PUBLISHED_LINE
            ),
            None,
        )

    def cleaning(self) -> Cleaning:
        """The account of what was kept and cut.

        Every block is in it once: kept if it has a role, else cut.
        """
        removed: dict[str, list[str]] = {}
        seldom: dict[str, int | None] = {}
        removed_chars = 0
        for index, cut in sorted(self.cuts.items()):
            removed.setdefault(cut.rule, []).extend(cut.pieces)
            known = (seldom.get(cut.rule), cut.articles)
            seldom[cut.rule] = min((n for n in known if n is not None), default=None)
            removed_chars += len(self.blocks[index].text)
        return Cleaning(
            kept_chars=sum(len(self.blocks[index].text) for index in self.roles),
            removed_chars=removed_chars,
            removed=tuple(
                RemovedText(
                    rule=rule,
                    count=len(pieces),
                    sample=_sample(pieces[0]),
                    articles=seldom[rule],
                )
                for rule, pieces in removed.items()
            ),
        )

    def _indices(self, role: Role) -> list[int]:
        return [index for index, each in self.roles.items() if each is role]


def build_draft(
    blocks: Sequence[Block],
    phrases: Sequence[Wording],
    config: RibbonConfig,
    repeated: Collection[str] = frozenset(),
) -> Draft:
    """A draft in which each fixed phrase of the site is a block, or blocks, of its own.

    A phrase that runs over several blocks makes each of them one. A phrase that is
    glued to other text is split from it where that is safe (`_standing_apart`).

    Args:
        blocks: All blocks of the page.
        phrases: The fixed phrases of its site.
        config: The shape of a ribbon.
        repeated: Texts that the site repeats, and that are no prose of an article.
    """
    if not phrases:
        return Draft(tuple(blocks))
    starts: list[int] = []
    length = 0
    for block in blocks:
        starts.append(length)
        length += len(block.text) + 1
    matches = find_phrases("\n".join(block.text for block in blocks), phrases)
    edges = _Edges(blocks, starts, repeated)
    kept = _standing_apart(matches, edges, config)
    ends = [match.end for match in kept]
    pieces = [
        piece
        for start, block in zip(starts, blocks, strict=True)
        for piece in _pieces(block, start, _inside(kept, ends, start, len(block.text)))
    ]
    return Draft(
        blocks=tuple(block for block, _ in pieces),
        phrases={
            index: phrase
            for index, (_, phrase) in enumerate(pieces)
            if phrase is not None
        },
    )


def prose_span(draft: Draft, config: RibbonConfig) -> tuple[int, int]:
    """First and last block of what may be the article, both included.

    It begins at the published line if there is one, else at the first long block that
    is not mostly links, and ends with the last such block; (n, n) of n blocks if there
    is no prose at all.
    """
    prose = [
        index
        for index in draft.open_indices()
        if is_prose(draft.blocks[index], config) and index not in draft.phrases
    ]
    count = len(draft.blocks)
    published = draft.published_index()
    if published is not None:
        return published, max([published, *prose])
    return (prose[0], prose[-1]) if prose else (count, count)


def is_prose(block: Block, config: RibbonConfig) -> bool:
    """A block as long as a sentence or more, with few links, and no ribbon's gaps."""
    return (
        len(block.text) >= LONG_CHARS
        and block.link_ratio < MAX_PROSE_LINK_RATIO
        and len(gap_pieces(block, config)) < config.min_items
    )


def gap_pieces(block: Block, config: RibbonConfig) -> tuple[str, ...]:
    """The pieces of a block that are parted by wide gaps; one piece if there is none.

    Blanks round a line's end are how markup is indented, and part nothing.
    """
    gap = _gap(config.min_gap_chars)
    # Most blocks have no two blanks in a row: this is seen faster than searched for.
    is_folded = block.raw.strip() == block.text and ZERO_WIDTH not in block.text
    if is_folded or gap.search(block.raw) is None:
        return (block.text,) if any(map(str.isalnum, block.text)) else ()
    shown = _INDENTATION.sub(" ", block.raw)
    pieces = (" ".join(piece.split()) for piece in gap.split(shown))
    return tuple(piece for piece in pieces if any(map(str.isalnum, piece)))


@functools.cache
def _gap(chars: int) -> re.Pattern[str]:
    """A pure function of its argument, so that the cache cannot change a result."""
    return re.compile(f"{GAP_CHARS}{{{chars},}}")


class _Edges:
    """Where blocks begin and end in the joined text of a page."""

    def __init__(
        self, blocks: Sequence[Block], starts: Sequence[int], repeated: Collection[str]
    ) -> None:
        self._repeated = repeated
        self.starts = dict(zip(starts, blocks, strict=True))
        self.ends = frozenset(
            start + len(block.text) for start, block in self.starts.items()
        )

    def is_whole(self, match: PhraseMatch) -> bool:
        return match.start in self.starts and match.end in self.ends

    def prose_spans(
        self, matches: Iterable[PhraseMatch], config: RibbonConfig
    ) -> list[tuple[int, int]]:
        """Where the blocks of prose that are no phrase begin and end."""
        phrases = {match.start for match in matches if self.is_whole(match)}
        return [
            (start, start + len(block.text))
            for start, block in self.starts.items()
            if start not in phrases
            and block.text not in self._repeated
            and is_prose(block, config)
        ]


def _standing_apart(
    matches: Sequence[PhraseMatch], edges: _Edges, config: RibbonConfig
) -> tuple[PhraseMatch, ...]:
    """The matches that are the site's, and not a sentence of the article.

    Whole blocks are, but for a published line below the article. So is a closed phrase
    at either end of a block. A published line that is glued to other text counts only
    if the page has none that stands alone, and no prose before it: "publié dans … le
    12/03/2010" is also what a journalist writes.
    """
    has_published_line = any(
        match.element is PhraseElement.PUBLISHED_LINE and edges.is_whole(match)
        for match in matches
    )
    prose = edges.prose_spans(matches, config)
    first_prose_end = prose[0][1] if prose else 0
    kept: list[PhraseMatch] = []
    for match in matches:
        if edges.is_whole(match):
            if not _is_below_the_article(match, prose, edges):
                kept.append(match)
        elif match.element is PhraseElement.PUBLISHED_LINE:
            if not has_published_line and match.start < first_prose_end:
                kept.append(match)
                has_published_line = True
        elif match.is_closed:
            follows = bool(kept) and match.start - kept[-1].end <= 1
            if follows or match.start in edges.starts or match.end in edges.ends:
                kept.append(match)
    return _with_those_before(matches, kept)


def _is_below_the_article(
    match: PhraseMatch, prose: Sequence[tuple[int, int]], edges: _Edges
) -> bool:
    """A published line with an article's worth of prose above it, and less below.

    It is that of a teaser or a quotation. One long line above is not enough to say so.
    """
    if match.element is not PhraseElement.PUBLISHED_LINE:
        return False
    above = [end - start for start, end in prose if end <= match.start]
    is_prose_below = any(start >= match.end for start, _ in prose)
    below = max(edges.ends) - match.end
    return len(above) >= ARTICLE_BLOCKS and not is_prose_below and below < sum(above)


def _inside(
    matches: Sequence[PhraseMatch], ends: Sequence[int], start: int, length: int
) -> Sequence[PhraseMatch]:
    """Those of the matches, which have these ends, that lie in a part of the text."""
    first = bisect_right(ends, start)
    last = first
    while last < len(matches) and matches[last].start < start + length:
        last += 1
    return matches[first:last]


def _with_those_before(
    matches: Sequence[PhraseMatch], kept: Sequence[PhraseMatch]
) -> tuple[PhraseMatch, ...]:
    """With closed phrases that stand right before a kept one: a widget's first line."""
    found: list[PhraseMatch] = []
    is_kept = frozenset(kept)
    for match in reversed(matches):
        precedes = (
            match.is_closed
            and match.element is not PhraseElement.PUBLISHED_LINE
            and bool(found)
            and found[-1].start - match.end <= 1
        )
        if precedes or match in is_kept:
            found.append(match)
    return tuple(reversed(found))


def _pieces(
    block: Block, start: int, matches: Sequence[PhraseMatch]
) -> Iterator[tuple[Block, PhraseMatch | None]]:
    """A block split at the phrases in it; the pieces share its nodes.

    Args:
        block: The block.
        start: Where it begins in the joined text of the page.
        matches: The phrases that have a share in it, in order.
    """
    if not matches:
        yield block, None
        return
    parts = _Parts(block)
    end = start + len(block.text)
    place = start
    for match in matches:
        low, high = max(match.start, start), min(match.end, end)
        yield from _piece(block, parts.up_to(low - start), None)
        yield from _piece(block, parts.up_to(high - start), match)
        place = high
    if place < end:
        yield from _piece(block, parts.up_to(len(block.text)), None)


def _piece(
    block: Block, part: "_Part", match: PhraseMatch | None
) -> Iterator[tuple[Block, PhraseMatch | None]]:
    if part.text == block.text:
        yield block, match
    elif part.text:
        yield replace(block, text=part.text, raw=part.raw, links=part.links), match


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a block: folded text, the same with the page's gaps, and its links."""

    text: str
    raw: str
    links: tuple[Link, ...]


class _Parts:
    """The parts of a block, taken one after the other: a page has many at worst."""

    def __init__(self, block: Block) -> None:
        self._text = block.text
        self._low = 0
        self._shown = unicodedata.normalize("NFC", block.raw.translate(_INVISIBLE))
        self._places = re.finditer(r"\S", self._shown)
        self._links = deque(_link_spans(block))

    def up_to(self, high: int) -> _Part:
        """What follows the part before, up to a place in the block's text."""
        text = self._text[self._low : high]
        self._low = high
        return _Part(text.strip(), self._raw(text), self._links_up_to(high))

    def _raw(self, text: str) -> str:
        places = list(islice(self._places, len(text.replace(" ", ""))))
        return self._shown[places[0].start() : places[-1].end()] if places else ""

    def _links_up_to(self, high: int) -> tuple[Link, ...]:
        found: list[Link] = []
        while self._links and self._links[0][0] < high:
            _, end, link = self._links[0]
            found.append(link)
            if end > high:
                break
            self._links.popleft()
        return tuple(found)


def _link_spans(block: Block) -> Iterator[tuple[int, int, Link]]:
    """Where a block's links begin and end in its text."""
    end = 0
    for link in block.links:
        start = block.text.find(link.text, end)
        if start >= 0:
            end = start + len(link.text)
            yield start, end, link


def _sample(text: str) -> str:
    return text if len(text) <= SAMPLE_CHARS else text[: SAMPLE_CHARS - 1] + "…"
