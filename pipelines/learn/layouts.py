"""Where a site's articles sit, and which elements never hold any of them.

A path is a place in the tree without positions (`Block.path`). Over many pages it is
known of each how much of its text was the articles': so one page's mistakes do not
count, and a ribbon whose headlines change every hour is known by its place.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from pipelines.blocks import Role, letters
from pipelines.learn.lines import Repeated
from pipelines.learn.observe import Observation, SeenBlock
from schemas.config import TemplateConfig
from schemas.template import PathCount, TemplateLayout

COVER = 0.9
"""Share of the articles' text that a container holds."""

PAGE_LETTERS = 500
"""Letters of one page at one path from which on more count no more: a long page is one
page."""

FIELD_RATIO = 0.7
"""Share of the pages that have a field at the path that is named for it."""

MAX_LAYOUTS, MAX_PATHS = 10, 500
"""Page structures of a site, and paths of each or regions: 54 sites measured have up to
3, and 46. A template has to stay a small file."""

REGION_BLOCKS = 2
"""Blocks that a region has on each page, at least, on average: of fewer nothing is
gained, they are known by their path."""

TEXT_ROLES = frozenset({Role.TEXT, Role.LEAD})

LEAF_TAGS = frozenset("p li dd dt h1 h2 h3 h4 h5 h6 blockquote pre td".split())
"""Elements that hold a paragraph: where articles sit is the element around them, though
a short article may have only one."""


@dataclass(slots=True)
class _Count:
    """What was seen at one path, or below one element."""

    articles: int = 0
    blocks: int = 0
    letters: float = 0.0
    kept: float = 0.0
    shown: int = 0
    """Letters, repeated lines included."""

    repeated: int = 0
    linked: float = 0.0

    def is_mostly_furniture(self) -> bool:
        """Whether most of it is links, or lines that the site repeats."""
        return 2 * max(self.linked, self.repeated) >= self.shown

    def as_path(self, path: str) -> PathCount:
        return PathCount(
            path=path,
            articles=self.articles,
            kept_ratio=_ratio(self.kept, self.letters),
            repeated_ratio=_ratio(self.repeated, self.shown),
            link_ratio=_ratio(self.linked, self.shown),
        )


@dataclass(frozen=True, slots=True)
class _Page:
    """An article, and what of it counts."""

    seen: Observation
    text: Mapping[str, int]
    """Letters of its text by path, repeated lines left out."""

    main_path: str
    """Where most of it stands."""


def find_layouts(
    articles: Sequence[Observation], repeated: Repeated, config: TemplateConfig
) -> tuple[TemplateLayout, ...]:
    """The page structures of a site, that of most articles first.

    Pages whose text stands (mostly) at one path are of one layout: an old and a new
    design, or a section with a design of its own, differ there. A layout with fewer
    articles than `min_articles` is not believed.

    Args:
        articles: Different articles of one site.
        repeated: What is no article's, for the site repeats it.
        config: All thresholds.
    """
    groups: dict[str, list[_Page]] = defaultdict(list)
    for page in _pages(articles, repeated):
        groups[page.main_path].append(page)
    found = [
        layout
        for _, group in sorted(groups.items())
        if len(group) >= config.min_articles
        and (layout := _layout(group, repeated, config)) is not None
    ]
    found.sort(key=lambda layout: (-layout.articles, layout.container))
    return tuple(
        layout.model_copy(update={"name": f"layout-{number}"})
        for number, layout in enumerate(found[:MAX_LAYOUTS], 1)
    )


def find_regions(
    articles: Sequence[Observation],
    layouts: Iterable[TemplateLayout],
    repeated: Repeated,
    config: TemplateConfig,
) -> tuple[PathCount, ...]:
    """The largest elements that hold nothing of any of these articles.

    Neither text nor standfirst, headline, author or date of one stands in them; and
    they are on `min_articles` articles and more. One in a layout's container is mostly
    links or repeated lines, too: what else stands there may yet be text.
    """
    below: dict[str, _Count] = defaultdict(_Count)
    needed: set[str] = set()
    for article in articles:
        _count_elements(article, repeated, below)
        shown = (block.path for block in article.blocks if block.role is not None)
        for path in (*shown, *article.fields.values()):
            needed.update(elements_of_path(path))
    containers = tuple(f"{layout.container}/" for layout in layouts)
    return tuple(
        below[path].as_path(path)
        for path in _largest(below, needed)
        if below[path].articles >= config.min_articles
        and below[path].blocks >= REGION_BLOCKS * below[path].articles
        and (not path.startswith(containers) or below[path].is_mostly_furniture())
    )[:MAX_PATHS]


def elements_of_path(path: str) -> list[str]:
    """The paths of all elements on the way to a path, its own last."""
    steps = path.split("/")
    return ["/".join(steps[:end]) for end in range(1, len(steps) + 1)]


def _largest(paths: Iterable[str], needed: Collection[str]) -> Iterator[str]:
    """Those that are not needed, but whose parents are."""
    for path in sorted(paths):
        parent = path.rpartition("/")[0]
        if path not in needed and parent in needed:
            yield path


def _pages(articles: Sequence[Observation], repeated: Repeated) -> Iterator[_Page]:
    for article in articles:
        text: Counter[str] = Counter()
        for block in _text_blocks(article, repeated):
            text[block.path] += len(letters(block.text))
        if text.total():
            main = max(sorted(text), key=text.__getitem__)
            yield _Page(article, text, main)


def _text_blocks(article: Observation, repeated: Repeated) -> Iterator[SeenBlock]:
    for block in article.blocks:
        if block.role in TEXT_ROLES and not repeated.has(block.text):
            yield block


def _layout(
    group: Sequence[_Page], repeated: Repeated, config: TemplateConfig
) -> TemplateLayout | None:
    """The layout of these pages; None if no path of it is sure."""
    paths: dict[str, _Count] = defaultdict(_Count)
    for page in group:
        _count_paths(page.seen, repeated, paths)
    sure = {
        path: count
        for path, count in sorted(paths.items())
        if count.articles >= config.min_articles
    }
    text = {
        path: count
        for path, count in sure.items()
        if count.letters and count.kept >= config.min_kept_ratio * count.letters
    }
    if not text:
        return None
    moments = [
        page.seen.captured_at for page in group if page.seen.captured_at is not None
    ]
    return TemplateLayout(
        name="layout-1",
        articles=len(group),
        first_captured=min(moments, default=None),
        last_captured=max(moments, default=None),
        container=_container(group, text),
        usual_letters=max(1, round(median(sum(p.text.values()) for p in group))),
        text_paths=tuple(
            count.as_path(path) for path, count in list(text.items())[:MAX_PATHS]
        ),
        other_paths=tuple(
            count.as_path(path) for path, count in sure.items() if path not in text
        )[:MAX_PATHS],
        fields=_fields([page.seen for page in group]),
        agreement=_agreement(group, repeated, text),
    )


def _count_paths(
    article: Observation, repeated: Repeated, counts: dict[str, _Count]
) -> None:
    """Add one article to the counts of the paths that its blocks stand at."""
    own: dict[str, _Count] = defaultdict(_Count)
    for block in article.blocks:
        size = len(letters(block.text))
        count = own[block.path]
        count.shown += size
        count.linked += size * block.link_ratio
        if repeated.has(block.text):
            count.repeated += size
        elif block.role is not Role.TITLE:
            count.letters += size
            count.kept += size * (block.role in TEXT_ROLES)
    for path, count in own.items():
        _add(counts[path], count)


def _count_elements(
    article: Observation, repeated: Repeated, counts: dict[str, _Count]
) -> None:
    """Add one article to the counts of all elements that its blocks stand in."""
    own: dict[str, _Count] = defaultdict(_Count)
    for block in article.blocks:
        size = len(letters(block.text))
        is_repeated = repeated.has(block.text)
        for path in elements_of_path(block.path):
            count = own[path]
            count.repeated += size * is_repeated
            count.blocks += 1
            count.shown += size
            count.letters += size
            count.linked += size * block.link_ratio
    for path, count in own.items():
        _add(counts[path], count)


def _add(total: _Count, page: _Count) -> None:
    weight = min(1.0, PAGE_LETTERS / page.letters) if page.letters else 1.0
    total.articles += page.letters > 0
    total.blocks += page.blocks
    total.letters += page.letters * weight
    total.kept += page.kept * weight
    total.shown += page.shown
    total.repeated += page.repeated
    total.linked += page.linked


def _container(group: Sequence[_Page], text: Mapping[str, _Count]) -> str:
    """The deepest element around most of the text at these paths."""
    inside: Counter[str] = Counter()
    for path, count in text.items():
        holder = path.rpartition("/")[0] if _has_many(group, path) else path
        for element in elements_of_path(holder or path):
            inside[element] += round(count.kept)
    wanted = COVER * sum(count.kept for count in text.values())
    holders = [path for path, kept in inside.items() if kept >= wanted]
    return max(holders, key=lambda path: (path.count("/"), path), default="html")


def _has_many(group: Sequence[_Page], path: str) -> bool:
    """Whether one article has several elements of this path."""
    tag = path.rpartition("/")[2].partition(".")[0].partition("#")[0]
    if tag in LEAF_TAGS:
        return True
    several = 0
    for page in group:
        elements = {
            block.element
            for block in page.seen.blocks
            if block.path == path and block.role in TEXT_ROLES
        }
        several += (len(elements) > 1) - (len(elements) == 1)
    return several > 0


def _fields(articles: Sequence[Observation]) -> dict[str, str]:
    """For each field the path at which most articles have it."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        for name, path in article.fields.items():
            found[name][path] += 1
    best = {name: max(sorted(c), key=c.__getitem__) for name, c in found.items()}
    return {
        name: path
        for name, path in sorted(best.items())
        if found[name][path] >= FIELD_RATIO * len(articles)
    }


def _agreement(
    group: Sequence[_Page], repeated: Repeated, text: Collection[str]
) -> float:
    """How much of these articles both the layout and the generic path take."""
    shared = both = 0
    for page in group:
        here = sum(
            len(letters(block.text))
            for block in page.seen.blocks
            if block.path in text
            and block.role is not Role.TITLE
            and not repeated.has(block.text)
        )
        shared += sum(size for path, size in page.text.items() if path in text)
        both += here + sum(page.text.values())
    return _ratio(2 * shared, both)


def _ratio(part: float, whole: float) -> float:
    return round(min(1.0, part / whole), 4) if whole else 0.0
