"""Exact duplicates as data: where an outcome goes, decided by what the run has already.

Near duplicates are another matter (`Article.cluster_id`); nothing is deleted for them.
"""

import hashlib
from collections.abc import Callable

from schemas.article import Article, Duplicate
from schemas.manifest import Disposition
from schemas.rejection import Failure, Rejection

Outcome = Article | Rejection | Failure
"""What becomes of a page before it is known whether the run has the article already."""

Record = Article | Duplicate | Rejection | Failure
"""A line of one of the four folders."""


class ExactIndex:
    """The articles that a run has, by `id` and `text_sha256`.

    Args:
        is_known: Whether an article of that key was had before; for a run that keeps
            its keys elsewhere, since they may be many.
    """

    def __init__(self, is_known: Callable[[bytes], bool] | None = None) -> None:
        self._is_known = is_known
        self._seen: set[bytes] = set()

    def take_new(self) -> frozenset[bytes]:
        """The keys since the last call; from now on `is_known` knows them."""
        new = frozenset(self._seen)
        self._seen.clear()
        return new

    def dispose(self, outcome: Outcome) -> tuple[Disposition, Record]:
        """Where an outcome goes, and the record that is written there.

        The first article of an `id` and a text is one; from then on such a page is a
        duplicate.
        """
        match outcome:
            case Rejection():
                return Disposition.REJECTED, outcome
            case Failure():
                return Disposition.FAILED, outcome
            case Article():
                key = _key(outcome)
                if key in self._seen or (self._is_known and self._is_known(key)):
                    return Disposition.DUPLICATES, _duplicate(outcome)
                self._seen.add(key)
                return Disposition.ARTICLES, outcome


def _key(article: Article) -> bytes:
    """16 bytes for the set of what the run has, in place of two strings of 96."""
    named = f"{article.id} {article.text_sha256}".encode()
    return hashlib.blake2b(named, digest_size=16).digest()


def _duplicate(article: Article) -> Duplicate:
    return Duplicate(
        id=article.id,
        text_sha256=article.text_sha256,
        url=article.url,
        requested_url=article.requested_url,
        fetched_at=article.fetched_at,
        provenance=article.provenance,
    )
