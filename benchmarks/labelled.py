"""Labelled sets: folders of pages, with what is true of each.

A set is `truth.jsonl`, one page a line, and the files that its lines name in `file`:
the bytes as received, gzipped.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TRUTH = "truth.jsonl"

OF_ARTICLES = ("news", "multilingual", "articles")
"""The order in which sets are shown; others follow by name."""

PAGE_TYPE = "page_type"
"""The kind of a page of which only its type is known: it is no article."""


class BenchmarkError(Exception):
    """What was asked for cannot be measured; the text says why."""


@dataclass(frozen=True)
class LabelledPage:
    """A page with what is true of it; None and empty where that is not known."""

    path: Path
    """The gzipped page."""

    truth: Mapping[str, Any]
    """Its line."""

    @property
    def id(self) -> str:
        """Its name, unique in its set."""
        return str(self.truth["id"])

    @property
    def url(self) -> str | None:
        """Its address."""
        return self.truth.get("url")

    @property
    def is_article(self) -> bool:
        """Whether there is an article to extract."""
        return str(self.truth["kind"]) != PAGE_TYPE

    @property
    def body(self) -> str:
        """The article's text."""
        return self.truth.get("body") or ""

    @property
    def snippets(self) -> tuple[Sequence[str], Sequence[str]] | None:
        """What the text must and must not hold."""
        if "with" in self.truth and "without" in self.truth:
            return self.truth["with"], self.truth["without"]
        return None

    @property
    def title(self) -> str | None:
        """The headline."""
        return self.truth.get("title")

    @property
    def authors(self) -> Sequence[str]:
        """Who wrote it."""
        return self.truth.get("authors") or ()

    @property
    def date(self) -> str | None:
        """When it was published, ISO."""
        return self.truth.get("date")

    @property
    def language(self) -> str | None:
        """ISO 639-1 code of its language."""
        return self.truth.get("lang")

    def group(self, key: str) -> str:
        """What stands under a key of its line, `?` if nothing."""
        return str(self.truth.get(key) or "?")

    def read(self) -> bytes:
        """Its bytes as received."""
        return gzip.decompress(self.path.read_bytes())


FOLDS = 5


def fold_of(group: str) -> int:
    """The part of a cross-validation that a site is in, 0 to `FOLDS` - 1."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def site_of(page: LabelledPage) -> str:
    """The site of a page, as far as its set tells it; the same in all sets."""
    truth = page.truth
    name = truth.get("site") or truth.get("publisher") or truth.get("domain")
    host = (urlsplit(page.url or "").hostname or page.id).removeprefix("www.")
    return str(name or host)


@dataclass(frozen=True)
class LabelledSet:
    """A folder of labelled pages."""

    folder: Path
    pages: tuple[LabelledPage, ...]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def has_articles(self) -> bool:
        """Whether its pages are articles; else none of them is."""
        return any(page.is_article for page in self.pages)

    @cached_property
    def digest(self) -> str:
        """sha256 of the truth and of every page, in the order of the truth."""
        total = hashlib.sha256()
        for path in (self.folder / TRUTH, *(page.path for page in self.pages)):
            total.update(hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()


def load_sets(folder: Path, names: Iterable[str] = ()) -> tuple[LabelledSet, ...]:
    """The named sets of a folder; all of them where none is named.

    Raises:
        BenchmarkError: There is none, or not the one that was named.
    """
    found = {path.parent.name for path in folder.glob(f"*/{TRUTH}")}
    missing = sorted(set(names) - found)
    if missing or not found:
        raise BenchmarkError(f"no set {' or '.join(missing)} in {folder}")
    order = {name: place for place, name in enumerate(OF_ARTICLES)}
    chosen = sorted(
        set(names) or found, key=lambda name: (order.get(name, len(order)), name)
    )
    return tuple(_load(folder / name) for name in chosen)


def _load(folder: Path) -> LabelledSet:
    with (folder / TRUTH).open(encoding="utf-8") as lines:
        truths = [json.loads(line) for line in lines if line.strip()]
    return LabelledSet(
        folder, tuple(LabelledPage(folder / each["file"], each) for each in truths)
    )
