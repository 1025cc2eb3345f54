"""Blocks: paragraph-like pieces of a page, the common currency of all later stages.

A block knows its text, where it stands in the tree, how much of it is links, and from
which nodes its characters came, so that a cut can be taken out of the tree again
without touching anything else.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from lxml import etree

SKIPPED_TAGS = frozenset(
    "script style noscript template title svg math iframe object embed audio video "
    "canvas map select option datalist textarea input button dialog".split()
)
"""Elements whose text is not part of the page as it is read. `head` is none of them:
where `<body>` is left out, as HTML allows, libxml2 puts an `<article>` into it."""

INVISIBLE_TAGS = frozenset("script style noscript template data".split())
"""Those among them that leave no gap: text before and after is one paragraph."""

INLINE_TAGS = frozenset(
    "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark "
    "nobr q rp rt ruby s samp small span strike strong sub sup time tt u var "
    "wbr".split()
)
"""Elements that do not end a paragraph."""

LINE_TAG = "line"
"""Stands for the element of a block of a text dump."""

DELETED = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), 0xAD, 0xFEFF, 0xFFFE, 0xFFFF], None
) | {ord(blank): " " for blank in "\t\n\r\f\v\x85"}
"""Control characters, soft hyphens and byte order marks are no text."""

MAX_STEP_CHARS = 80
"""Characters of an element in a path: it is written again at each level, so that one
endless class would fill the memory."""

LINE_END = re.compile(r"\r\n|\r|\n")

BLANKS = re.compile(r"\s+")

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml names its type so
"""An element of a tree."""

Node = tuple[Element, bool]
"""An element and whether its tail (else its text) is meant."""


class Role(StrEnum):
    """What a block that was kept became."""

    TEXT = "text"
    TITLE = "title"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Link:
    """A link inside a block."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph-like piece of a page."""

    text: str
    """Its characters, NFC, blanks folded to one space, none at the ends."""

    raw: str
    """Its characters as they stand in the page, blanks and all."""

    path: str
    """Where it stands: tags with class and id from the root down, no positions; `line`
    in a text dump."""

    tag: str
    """The nearest element that is not inline; `line` in a text dump."""

    links: tuple[Link, ...] = ()
    """Its links."""

    labels: frozenset[str] = frozenset()
    """Which elements of a layout it stands in, as `segment` was told."""

    nodes: tuple[Node, ...] = ()
    """The nodes that its characters came from; none in a text dump."""

    @property
    def link_ratio(self) -> float:
        """Share of its characters that are links, 0 to 1."""
        return min(1.0, sum(len(link.text) for link in self.links) / len(self.text))


def fold_blanks(text: str) -> str:
    """NFC, without control characters, blanks folded to one space. Idempotent."""
    visible = unicodedata.normalize("NFC", text.translate(DELETED))
    return BLANKS.sub(" ", visible).strip()


def text_of(element: Element) -> str:
    """All text below an element, blanks folded."""
    return fold_blanks("".join(map(str, element.itertext())))


def letters(text: str) -> str:
    """Letters and digits only, case folded: two texts that read the same are equal."""
    return "".join(char for char in text.casefold() if char.isalnum())


def segment_lines(text: str) -> tuple[Block, ...]:
    """The non-blank lines of a text dump, in order."""
    # Not `splitlines`: form feeds and U+2028 are blanks here, as they are in HTML.
    lines = ((line, fold_blanks(line)) for line in LINE_END.split(text))
    return tuple(
        Block(text=folded, raw=line, path=LINE_TAG, tag=LINE_TAG)
        for line, folded in lines
        if folded
    )


def segment(
    tree: Element, labels: Mapping[Element, frozenset[str]] | None = None
) -> tuple[Block, ...]:
    """The blocks of a tree, in page order.

    Args:
        tree: The root; it is not changed.
        labels: Names given to elements. Such an element is a block even if it is
            inline, and its blocks and all below it carry the names.
    """
    walk = _Walk(labels or {})
    return tuple(walk.blocks(tree))


def blank_out(cut: Iterable[Block], kept: Iterable[Block]) -> None:
    """Take the characters of `cut` out of their tree; all elements stay.

    A node that a kept block has a share in stays as it is.
    """
    for element, is_tail in _nodes_of(cut) - _nodes_of(kept):
        if is_tail:
            element.tail = None
        else:
            element.text = None


def _nodes_of(blocks: Iterable[Block]) -> set[Node]:
    # The pieces of a block that was split share one tuple, which may be long.
    tuples = {id(block.nodes): block.nodes for block in blocks}
    return {node for nodes in tuples.values() for node in nodes}


class _Walk:
    """One pass over a tree, without recursion: pages may be nested very deeply."""

    def __init__(self, labels: Mapping[Element, frozenset[str]]) -> None:
        self._labels = labels
        self._pieces: list[str] = []
        self._nodes: list[Node] = []
        self._links: list[Link] = []
        self._link_start: tuple[str, int] | None = None
        self._frames: list[_Frame] = []

    def blocks(self, root: Element) -> Iterator[Block]:
        for event, element in etree.iterwalk(
            root, events=("start", "end", "comment", "pi")
        ):
            if event == "start":
                yield from self._start(element)
            elif event == "end":
                yield from self._end(element)
            elif not self._is_skipping():
                self._take(element, is_tail=True)
        yield from self._flush()

    def _start(self, element: Element) -> Iterator[Block]:
        tag = element.tag if isinstance(element.tag, str) else ""
        outer = self._frames[-1] if self._frames else _ROOT
        is_block = (
            tag not in INLINE_TAGS and tag not in INVISIBLE_TAGS
        ) or element in self._labels
        skips = outer.skips or tag in SKIPPED_TAGS
        if is_block and not outer.skips:
            yield from self._flush()
        self._frames.append(
            _Frame(
                path=f"{outer.path}/{_path_step(element)}" if outer.path else tag,
                tag=tag if tag not in INLINE_TAGS else outer.tag,
                labels=outer.labels | self._labels.get(element, frozenset()),
                is_block=is_block,
                skips=skips,
            )
            if not skips
            else _Frame(outer.path, tag, outer.labels, is_block=is_block, skips=True)
        )
        if not skips:
            if tag == "a":
                self._link_start = (element.get("href", ""), len(self._pieces))
            self._take(element, is_tail=False)

    def _end(self, element: Element) -> Iterator[Block]:
        frame = self._frames[-1]
        if element.tag == "a" and not frame.skips:
            self._end_link()
        if frame.is_block and not (frame.skips and self._is_skipped_inside()):
            yield from self._flush()
        self._frames.pop()
        if not self._is_skipping() and self._frames:
            self._take(element, is_tail=True)

    def _is_skipping(self) -> bool:
        return bool(self._frames) and self._frames[-1].skips

    def _is_skipped_inside(self) -> bool:
        return len(self._frames) > 1 and self._frames[-2].skips

    def _take(self, element: Element, *, is_tail: bool) -> None:
        text = element.tail if is_tail else element.text
        if text:
            self._pieces.append(text)
            self._nodes.append((element, is_tail))

    def _end_link(self) -> None:
        if self._link_start is not None:
            href, start = self._link_start
            text = fold_blanks("".join(self._pieces[start:]))
            if text:
                self._links.append(Link(href, text))
            self._link_start = None

    def _flush(self) -> Iterator[Block]:
        """The block that has been gathered, if it has any text.

        A link that is open here (a block inside `<a>`) goes on in the next block.
        """
        href = self._link_start[0] if self._link_start else None
        if href is not None:
            self._end_link()
            self._link_start = (href, 0)
        raw = "".join(self._pieces)
        text = fold_blanks(raw)
        if text:
            frame = self._frames[-1] if self._frames else _ROOT
            yield Block(
                text=text,
                raw=raw,
                path=frame.path,
                tag=frame.tag,
                links=tuple(self._links),
                labels=frame.labels,
                nodes=tuple(self._nodes),
            )
        self._pieces.clear()
        self._nodes.clear()
        self._links.clear()


@dataclass(frozen=True, slots=True)
class _Frame:
    """An open element."""

    path: str
    tag: str
    labels: frozenset[str]
    is_block: bool
    skips: bool


_ROOT = _Frame(path="", tag="", labels=frozenset(), is_block=True, skips=False)

_DIGITS = re.compile(r"\d+")


def _path_step(element: Element) -> str:
    """A tag with its first class and its id, digits masked: they often count."""
    step = str(element.tag)
    classes = element.get("class", "").split()
    if classes:
        step += "." + _DIGITS.sub("0", classes[0])
    identity = element.get("id")
    if identity:
        step += "#" + _DIGITS.sub("0", identity.strip())
    return step[:MAX_STEP_CHARS]
