"""Other extractors, in their own environment, behind lines of JSON.

It greets with its tools and their versions; then each line on standard input,
`{"path", "url"}`, is answered by a line on standard output: for each tool its answer
(`text`, `title`, `authors`, `date`, `error`, `seconds`: processor time). It ends with
its input. It imports nothing of Copydesk, which is not installed here.
"""

import functools
import gzip
import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

Extract = Callable[[str, str], dict[str, Any]]


def newspaper4k() -> Extract:
    """Its parser on markup that is there already; no language is told."""
    import newspaper  # type: ignore[import-not-found]

    def extract(markup: str, url: str) -> dict[str, Any]:
        article = newspaper.Article(url or "http://localhost/", fetch_images=False)
        article.download(input_html=markup)
        article.parse()
        published = article.publish_date
        return {
            "text": article.text,
            "title": article.title,
            "authors": list(article.authors),
            "date": published.date().isoformat() if published else None,
        }

    return extract


def readability() -> Extract:
    """Its summary, made text by resiliparse, since it answers markup."""
    from readability import Document  # type: ignore[import-not-found]
    from resiliparse.extract.html2text import (  # type: ignore[import-not-found]
        extract_plain_text,
    )

    def extract(markup: str, url: str) -> dict[str, Any]:
        document = Document(markup, url=url or None)
        return {
            "text": extract_plain_text(document.summary(), alt_texts=False),
            "title": document.short_title(),
        }

    return extract


def resiliparse() -> Extract:
    """Its main content; it has no metadata."""
    from resiliparse.extract.html2text import extract_plain_text

    plain_text = functools.partial(
        extract_plain_text, main_content=True, alt_texts=False
    )

    def extract(markup: str, url: str) -> dict[str, Any]:
        del url
        return {"text": plain_text(markup)}

    return extract


TOOLS: dict[str, tuple[str, Callable[[], Extract], list[str]]] = {
    "newspaper4k": ("newspaper4k", newspaper4k, ["title", "authors", "date"]),
    "readability": ("readability-lxml", readability, ["title"]),
    "resiliparse": ("resiliparse", resiliparse, []),
}
"""Name, distribution, what builds it, and the fields it has besides the text."""


def main() -> None:
    """Answer until the input ends."""
    warnings.simplefilter("ignore")  # of optional parts that are not needed here
    logging.disable()
    out, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    from resiliparse.parse.encoding import (  # type: ignore[import-not-found]
        bytes_to_str,
        detect_encoding,
    )

    extractors = {name: build() for name, (_, build, _) in TOOLS.items()}
    greeting = {
        "versions": {name: version(name) for name, _, _ in TOOLS.values()},
        "fields": {name: fields for name, (_, _, fields) in TOOLS.items()},
    }
    print(json.dumps(greeting), file=out, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        body = gzip.decompress(Path(request["path"]).read_bytes())
        markup = bytes_to_str(body, detect_encoding(body))
        url = request["url"] or ""
        answers = {
            name: _timed(extract, markup, url) for name, extract in extractors.items()
        }
        print(json.dumps(answers), file=out, flush=True)


def _timed(extract: Extract, markup: str, url: str) -> dict[str, Any]:
    begun = time.process_time()
    try:
        found = extract(markup, url)
    except Exception as error:  # noqa: BLE001 - a tool that fails is measured so
        found = {"error": type(error).__name__}
    return {**found, "seconds": time.process_time() - begun}


if __name__ == "__main__":
    main()
