"""Blocks: paragraph-like pieces of a page, the common currency of all later stages.

A block knows its text, where it stands in the tree, how much of it is links, and from
which nodes its characters came, so that a cut can be taken out of the tree again
without touching anything else.
"""

import functools
import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import or_
from typing import NamedTuple, TypeAlias

from lxml import etree

from pipelines.marks import marks_of

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml names its type so
"""An element of a tree."""

SKIPPED_TAGS = frozenset(
    "script style noscript template title svg math iframe object embed audio video "
    "canvas map select option datalist textarea input button dialog".split()
)
"""Elements whose text is not part of the page as it is read. `head` is none of them:
where `<body>` is left out, as HTML allows, libxml2 puts an `<article>` into it."""

CLOSED_BY_HAND = frozenset({"button", "dialog", "object", "map"})
"""Those among them that only their end tag ends: without it the page goes on inside."""

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

MEDIA_TAGS = frozenset("img picture video audio iframe object embed svg canvas".split())

CACHED_CHARS = 2_000
"""Characters up to which a text is worth keeping in a cache: longer ones are seldom,
and would fill the memory."""

NEAR_ELEMENTS = 3
"""Elements of which one says more of a block than the rest of those round it."""

KEY_CHARS = 16
"""Hexadecimal digits that stand for a text: of a million texts two have the same with a
probability of one in forty million."""

LINE_END = re.compile(r"\r\n|\r|\n")

_DELETED = re.compile(
    f"[{re.escape(''.join(chr(code) for code, new in DELETED.items() if new is None))}]"
)
"""What goes before blanks are folded: the rest of `DELETED` is blank to Python too."""

_NO_LETTERS = re.compile(r"[\W_]+")

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

    ancestors: tuple[int, ...] = ()
    """The elements that it stands in, from the root down, each by its number on the
    page: blocks with an equal number share that element."""

    article: int = 0
    """The outermost `<article>` among them, 0 if it stands in none."""

    marks: int = 0
    """What the elements that it stands in call themselves (`pipelines.marks`)."""

    near_marks: int = 0
    """The same of the nearest `NEAR_ELEMENTS` of them only."""

    follows_media: bool = False
    """Whether a picture or player stands between it and the block before."""

    @property
    def link_ratio(self) -> float:
        """Share of its characters that are links, 0 to 1."""
        return min(1.0, sum(len(link.text) for link in self.links) / len(self.text))


@dataclass(frozen=True, slots=True)
class Region:
    """An element that was not looked into."""

    element: Element
    path: str
    place: int
    """How many blocks stand before it."""


def fold_blanks(text: str) -> str:
    """NFC, without control characters, blanks folded to one space. Idempotent."""
    # Most texts have none of those, and a search is many times faster than a table.
    if _DELETED.search(text):
        text = text.translate(DELETED)
    return " ".join(unicodedata.normalize("NFC", text).split())


def text_of(element: Element) -> str:
    """All text below an element, blanks folded."""
    return fold_blanks("".join(map(str, element.itertext())))


def letters(text: str) -> str:
    """Letters and digits only, case folded: two texts that read the same are equal."""
    return _letters_of_short(text) if len(text) <= CACHED_CHARS else _letters(text)


@functools.lru_cache(maxsize=4_000)
def _letters_of_short(text: str) -> str:
    """A pure function, so that the cache cannot change a result.

    Each block's letters are asked for by several stages.
    """
    return _letters(text)


def line_key(text: str) -> str:
    """What stands for a text in a template: equal for texts that read the same."""
    return _key_of_short(text) if len(text) <= CACHED_CHARS else _key(text)


@functools.lru_cache(maxsize=4_000)
def _key_of_short(text: str) -> str:
    """A pure function, so that the cache cannot change a result."""
    return _key(text)


def _key(text: str) -> str:
    return hashlib.sha256(letters(text).encode()).hexdigest()[:KEY_CHARS]


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", text.casefold())


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
    return segment_outside(tree, frozenset(), labels)[0]


def segment_outside(
    tree: Element,
    regions: Collection[str],
    labels: Mapping[Element, frozenset[str]] | None = None,
) -> tuple[tuple[Block, ...], tuple[Region, ...]]:
    """The blocks of a tree as `segment` gives them, but for those of some elements.

    Args:
        tree: The root; it is not changed.
        regions: Paths of elements that are not looked into: each is one region, even if
            it is empty.
        labels: As for `segment`.
    """
    named = {**dict.fromkeys(_set_as_blocks(tree), frozenset()), **(labels or {})}
    walk = _Walk(named, regions)
    blocks = tuple(walk.blocks(tree))
    return blocks, tuple(walk.regions)


def blank_out(cut: Iterable[Block], kept: Iterable[Block]) -> None:
    """Take the characters of `cut` out of their tree; all elements stay.

    A node that a kept block has a share in stays as it is.
    """
    for element, is_tail in _nodes_of(cut) - _nodes_of(kept):
        if is_tail:
            element.tail = None
        else:
            element.text = None


def _set_as_blocks(tree: Element) -> Iterator[Element]:
    """Inline elements that the page's style sets as blocks, as far as markup shows it.

    One with a class or an id that holds line breaks is no part of a line; nor are those
    beside it that have a name too: headline, byline and text as `<span>`s of a `<div>`.
    """
    breaking = {each.getparent() for each in tree.iter("br")}
    holders = {each for each in breaking if each is not None and _is_named_inline(each)}
    for parent in {each.getparent() for each in holders}:
        for child in parent if parent is not None else ():
            if child.tag in INLINE_TAGS and (child.get("class") or child.get("id")):
                yield child


def _is_named_inline(element: Element) -> bool:
    return element.tag in {"span", "font"} and (
        element.get("class") is not None or element.get("id") is not None
    )


def _nodes_of(blocks: Iterable[Block]) -> set[Node]:
    # The pieces of a block that was split share one tuple, which may be long.
    tuples = {id(block.nodes): block.nodes for block in blocks}
    return {node for nodes in tuples.values() for node in nodes}


class _Walk:
    """One pass over a tree, without recursion: pages may be nested very deeply."""

    def __init__(
        self,
        labels: Mapping[Element, frozenset[str]],
        regions: Collection[str] = frozenset(),
    ) -> None:
        self.regions: list[Region] = []
        self._region_paths = regions
        self._labels = labels
        self._pieces: list[str] = []
        self._nodes: list[Node] = []
        self._links: list[Link] = []
        self._link_start: tuple[str, int] | None = None
        self._steps: dict[tuple[str, str, str], str] = {}
        self._count = 0
        self._found: list[Block] = []
        self._open: list[_Open] = []
        self._children: Iterator[Element] = iter(())
        self._frame = _NOWHERE
        self._follows_media = False

    def blocks(self, root: Element) -> Iterable[Block]:
        """All blocks below `root`, in order."""
        self._enter(root, iter(()), _NOWHERE)
        while self._open:
            child = next(self._children, None)
            if child is None:
                self._leave()
            elif not self._enter(child, self._children, self._frame):
                self._take(child, is_tail=True)
        self._flush(self._frame)  # The root may be inline.
        return self._found

    def _enter(
        self, element: Element, siblings: Iterator[Element], outer: "_Frame"
    ) -> bool:
        """Whether the element has to be walked through."""
        inner = self._inner(element, element.tag, outer)
        if inner is None:
            return False
        is_link = element.tag == "a"
        self._open.append(_Open(element, siblings, outer, is_link=is_link))
        self._children, self._frame = iter(element), inner
        if is_link:
            self._link_start = (element.get("href", ""), len(self._pieces))
        self._take(element, is_tail=False)
        return True

    def _leave(self) -> None:
        closed = self._open.pop()
        if closed.is_link:
            self._end_link()
        if closed.outer is not self._frame:
            self._flush(self._frame)
        self._children, self._frame = closed.siblings, closed.outer
        if self._open:  # What follows the root is no part of it.
            self._take(closed.element, is_tail=True)

    def _inner(self, element: Element, tag: object, outer: "_Frame") -> "_Frame | None":
        """The frame inside an element; None if it is passed over with all below it."""
        if not isinstance(tag, str):
            return None
        if tag in MEDIA_TAGS:
            self._follows_media = True
        is_skipped = tag in SKIPPED_TAGS and not _holds_the_page(element, tag)
        if element not in self._labels:
            if tag in INLINE_TAGS:
                return outer
            if tag in INVISIBLE_TAGS:
                return None if is_skipped else outer
        self._flush(outer)
        if is_skipped:
            return None
        frame = self._block_frame(element, tag, outer)
        if frame.path in self._region_paths:
            self.regions.append(Region(element, frame.path, len(self._found)))
            return None
        return frame

    def _block_frame(self, element: Element, tag: str, outer: "_Frame") -> "_Frame":
        self._count += 1
        own = marks_of(element)
        step = self._step(element, tag)
        return _Frame(
            path=f"{outer.path}/{step}" if outer.path else tag,
            tag=tag if tag not in INLINE_TAGS else outer.tag,
            labels=self._all_labels(element, outer),
            ancestors=(*outer.ancestors, self._count),
            article=outer.article or (self._count if tag == "article" else 0),
            marks=outer.marks | own,
            nearest=(*outer.nearest[1 - NEAR_ELEMENTS :], own),
        )

    def _all_labels(self, element: Element, outer: "_Frame") -> frozenset[str]:
        own = self._labels.get(element) if self._labels else None
        return outer.labels | own if own else outer.labels

    def _step(self, element: Element, tag: str) -> str:
        key = (tag, element.get("class", ""), element.get("id", ""))
        step = self._steps.get(key)
        if step is None:
            step = self._steps[key] = _path_step(*key)
        return step

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

    def _flush(self, frame: "_Frame") -> None:
        """The block that has been gathered, if it has any text, ends here.

        A link that is open here (a block inside `<a>`) goes on in the next block.
        """
        if not self._pieces:
            return
        href = self._link_start[0] if self._link_start else None
        if href is not None:
            self._end_link()
            self._link_start = (href, 0)
        raw = "".join(self._pieces)
        # Most of what stands between blocks is the indentation of markup.
        text = "" if raw.isspace() else fold_blanks(raw)
        if text:
            block = Block(
                text=text,
                raw=raw,
                path=frame.path,
                tag=frame.tag,
                links=tuple(self._links),
                labels=frame.labels,
                nodes=tuple(self._nodes),
                ancestors=frame.ancestors,
                article=frame.article,
                marks=frame.marks,
                near_marks=functools.reduce(or_, frame.nearest, 0),
                follows_media=self._follows_media,
            )
            self._found.append(block)
            self._follows_media = False
        self._pieces.clear()
        self._nodes.clear()
        self._links.clear()


class _Frame(NamedTuple):
    """An open element that is no part of a line."""

    path: str
    tag: str
    labels: frozenset[str] = frozenset()
    ancestors: tuple[int, ...] = ()
    article: int = 0
    marks: int = 0
    nearest: tuple[int, ...] = ()
    """Marks of the nearest elements, its own last."""


class _Open(NamedTuple):
    """An open element and what goes on when it ends."""

    element: Element
    siblings: Iterator[Element]
    outer: _Frame
    """The one it stands in."""

    is_link: bool


_NOWHERE = _Frame(path="", tag="")


def _holds_the_page(element: Element, tag: str) -> bool:
    """Whether an element that was never closed has swallowed what follows it."""
    return (
        tag in CLOSED_BY_HAND
        and next(element.iter("main", "article"), None) is not None
    )


_DIGITS = re.compile(r"\d+")


def _path_step(tag: str, classes: str, identity: str) -> str:
    """A tag with its first class and its id, digits masked: they often count.

    The class of `body` says which section or campaign a page is of, not where a block
    stands.
    """
    step = tag
    if tag == "body":
        return step
    first = classes.split(maxsplit=1)
    if first:
        step += "." + _DIGITS.sub("0", first[0])
    if identity:
        step += "#" + _DIGITS.sub("0", identity.strip())
    # A slash parts steps; `w-1/3` is a class.
    return step[:MAX_STEP_CHARS].replace("/", "_")
