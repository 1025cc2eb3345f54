"""Inputs in, pages out: archives, saved pages, dumps, and folders of them.

`read_path` gives whatever a path holds; `read_page_at` one fetch of an archive of
ours. Both give `Reading`s: a `Page`; a `Failure` for what is damaged, after which
reading goes on; an `OtherRecord` for what is no page and is only counted.
"""

from pipelines.read.inputs import STDIN, read_page_at, read_path
from pipelines.read.reading import OtherRecord, Reading

__all__ = ["STDIN", "OtherRecord", "Reading", "read_page_at", "read_path"]
