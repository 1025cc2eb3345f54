"""Versions of the code at work, read from disk once."""

import functools
from importlib.metadata import version


@functools.cache
def version_of(distribution: str) -> str:
    """The installed version; cached, since each record names it and none changes it.

    Raises:
        importlib.metadata.PackageNotFoundError: It is not installed.
    """
    return version(distribution)
