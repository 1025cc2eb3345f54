"""The commands of the command line, one file each: parse, call one function, print."""

import argparse
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Subparsers: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names its type so
else:
    Subparsers = object

__all__ = ["Subparsers"]
