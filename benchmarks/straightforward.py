"""The script that everybody writes first, as a measure: one archive, one process.

warcio reads the archive, trafilatura takes the article out of each page, langdetect
names its language, pydantic checks the record, and one line of JSON is written.

    python -m benchmarks.straightforward pages.warc.gz articles.jsonl
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import langdetect
import trafilatura
from pydantic import BaseModel
from warcio.archiveiterator import ArchiveIterator

from benchmarks.tools import versions

PACKAGES = ("trafilatura", "lxml", "langdetect", "warcio", "pydantic")
HTML_TYPES = ("text/html", "application/xhtml+xml")


class Record(BaseModel):
    """What the script writes of an article."""

    url: str
    title: str | None
    author: str | None
    date: str | None
    text: str
    language: str | None


class Counts(NamedTuple):
    """What a run did."""

    pages: int
    articles: int
    seconds: float
    """Wall clock."""

    cpu_seconds: float


def run(archive: Path, out: Path) -> Counts:
    """Write the articles of an archive as JSON lines; what was done, and how fast.

    The times have no imports in them.
    """
    started, cpu_started = time.perf_counter(), time.process_time()
    pages = articles = 0
    with out.open("w", encoding="utf-8") as lines:
        for _, record in write_records(archive, lines):
            pages += 1
            articles += record is not None
    return Counts(
        pages,
        articles,
        time.perf_counter() - started,
        time.process_time() - cpu_started,
    )


def write_records(archive: Path, lines: TextIO) -> Iterator[tuple[str, Record | None]]:
    """The address of each page, with the record once its line is written, or None."""
    langdetect.DetectorFactory.seed = 0
    for url, body in html_pages(archive):
        record = to_record(url, body)
        if record is not None:
            lines.write(record.model_dump_json() + "\n")
        yield url, record


def html_pages(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Address and body of each response that says it is HTML."""
    with archive.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type != "response" or record.http_headers is None:
                continue
            content_type = record.http_headers.get_header("Content-Type", "")
            if content_type.lower().startswith(HTML_TYPES):
                url = record.rec_headers.get_header("WARC-Target-URI")
                yield url, record.content_stream().read()


def to_record(url: str, body: bytes) -> Record | None:
    """The article as trafilatura has it; None where it finds none."""
    answer = trafilatura.extract(
        body, url=url, output_format="json", with_metadata=True
    )
    if answer is None:
        return None
    found = json.loads(answer)
    return Record(
        url=url,
        title=found["title"],
        author=found["author"],
        date=found["date"],
        text=found["text"],
        language=language_of(found["text"]),
    )


def language_of(text: str) -> str | None:
    """The code that langdetect gives; None if it sees no words."""
    try:
        return str(langdetect.detect(text))
    except langdetect.LangDetectException:
        return None


def main(argv: Sequence[str] | None = None) -> int:
    """Run it, and print how fast it was."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.straightforward", description=__doc__
    )
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args(argv)
    counts = run(arguments.archive, arguments.out)
    named = versions(PACKAGES)
    print(", ".join(f"{name} {version}" for name, version in named.items()))
    print(
        f"{counts.pages} pages, {counts.articles} articles: "
        f"{counts.pages / counts.cpu_seconds:.1f} pages per CPU second, "
        f"{counts.pages / counts.seconds:.1f} per second of wall clock"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
