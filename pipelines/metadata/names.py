"""The names that a site goes by: no headline, and no author."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pipelines.blocks import letters

MIN_LABEL_CHARS = 4
"""A shorter part of a host name is found in any headline."""

MAX_NAME_WORDS = 5
"""A part of a title with more words is no name of a site."""


@dataclass(frozen=True, slots=True)
class SiteNames:
    """What a site calls itself."""

    names: frozenset[str] = frozenset()
    """Its declared names and its host's, letters only."""

    label: str = ""
    """The longest part of its host name but for the last: `paper` of `paper.co.uk`."""

    def with_names(self, learnt: frozenset[str]) -> "SiteNames":
        """These and others, letters only."""
        return replace(self, names=self.names | learnt) if learnt else self

    def has(self, text: str) -> bool:
        """Whether a text is one of its names, or its host's, and nothing else."""
        named = letters(text)
        return named in self.names or (bool(named) and named == self.label)

    def resembles(self, text: str) -> bool:
        """Whether a short text is the site's name, more or less, or nothing at all.

        "The Harbour Mail" is also "Harbour Mail"; the owner of `oldpier.example` also
        "Old Pier Ltd".
        """
        named = letters(text)
        if not named:
            return True
        if len(text.split()) > MAX_NAME_WORDS:
            return False
        known = {*self.names, self.label}
        return any(
            named.startswith(name) or (named in name and 2 * len(named) >= len(name))
            for name in known
            if len(name) >= MIN_LABEL_CHARS
        )


def site_names(declared: Iterable[str], url: str | None) -> SiteNames:
    """The names of a site.

    Args:
        declared: What its pages call it.
        url: An address of it, if one is known.
    """
    host = _host(url).removeprefix("www.")
    label = max(map(letters, host.split(".")[:-1]), key=len, default="")
    names = frozenset(filter(None, map(letters, (*declared, host))))
    return SiteNames(names, label)


def _host(url: str | None) -> str:
    try:
        return urlsplit(url or "").hostname or ""
    except ValueError:
        return ""
