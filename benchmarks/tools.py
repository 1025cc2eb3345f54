"""The tools that are compared, behind one call: a page in, an answer out."""

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, Self

import trafilatura
from pydantic import ValidationError

from benchmarks.held_out import held_out
from benchmarks.labelled import BenchmarkError, LabelledPage
from pipelines.process import process_page
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.page import Page, PageKind
from schemas.provenance import InputKind, Source
from schemas.rejection import Rejection

BASELINE = "trafilatura"
"""The tool that all times and differences are relative to."""

OURS = "copydesk"

STANDARD = "standard"

OUR_FIELDS = frozenset({"lead", "title", "authors", "date", "language"})

PAGE_SECONDS = 120.0
"""Seconds after which the peers' process is ended: the slowest page takes a few."""

PEERS_SCRIPT = Path(__file__).with_name("peers.py")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool says of one page."""

    text: str = ""
    title: str | None = None
    authors: tuple[str, ...] = ()
    date: str | None = None
    language: str | None = None
    error: str | None = None
    """Why there is no text: a reason of rejection, or the type of an error."""

    lead: str | None = None
    seconds: float = 0.0
    """Processor time that it took."""


class Tool(Protocol):
    """Anything that extracts articles."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    @property
    def fields(self) -> frozenset[str]:
        """Fields of `Answer` besides the text that it has at all.

        One that has `lead` keeps the headline out of its text.
        """

    def answer(self, page: LabelledPage, body: bytes) -> Answer:
        """What it says of a page; an error is an answer."""


@dataclass(frozen=True, slots=True)
class LocalTool:
    """A function of this process, timed."""

    name: str
    fields: frozenset[str]
    extract: Callable[[LabelledPage, bytes], Answer]

    def answer(self, page: LabelledPage, body: bytes) -> Answer:
        """What it says of a page, with the processor time of this process."""
        begun = time.process_time()
        try:
            found = self.extract(page, body)
        except Exception as error:  # noqa: BLE001 - a tool that fails is measured so
            found = Answer(error=type(error).__name__)
        return replace(found, seconds=time.process_time() - begun)


def copydesk(effort: str, folds: Path | None = None) -> LocalTool:
    """The real `process_page` on its generic path, at one effort.

    Args:
        effort: The effort.
        folds: Where the models of a cross-validation lie (`benchmarks/training`): each
            page is judged by those that have not seen its site. None: the models that
            ship, which have seen all sites of the labelled sets.

    Raises:
        BenchmarkError: The configuration has no such effort.
    """
    config = config_of(effort)

    def extract(page: LabelledPage, body: bytes) -> Answer:
        with held_out(folds, page) if folds is not None else contextlib.nullcontext():
            return answer_of(process_page(as_page(page, body), None, None, config))

    return LocalTool(f"{OURS} {effort}", OUR_FIELDS, extract)


def answer_of(outcome: Article | Rejection) -> Answer:
    """What is compared of an outcome; a rejection says nothing but why."""
    if isinstance(outcome, Rejection):
        return Answer(error=str(outcome.reason))
    return Answer(
        text=outcome.text,
        title=outcome.title,
        authors=outcome.authors,
        date=outcome.date_published,
        language=outcome.language,
        lead=outcome.lead,
    )


def config_of(effort: str) -> PipelineConfig:
    """The default configuration with another effort.

    Raises:
        BenchmarkError: The configuration has no such effort.
    """
    if effort == STANDARD:
        return PipelineConfig()
    try:
        return PipelineConfig.model_validate({"extraction": {"effort": effort}})
    except ValidationError as error:
        told = error.errors()[0]["msg"]
        raise BenchmarkError(f"no effort {effort!r}: {told}") from error


def as_page(page: LabelledPage, body: bytes) -> Page:
    """A labelled page as the pipeline gets it: bytes and address, no more."""
    source = Source(input=InputKind.HTML, input_file=page.path.name)
    return Page(kind=PageKind.HTML, body=body, source=source, url=page.url)


def trafilatura_tools() -> tuple[LocalTool, ...]:
    """The baseline: with metadata, and, for its text, in favour of precision."""
    fields = frozenset({"title", "authors", "date"})
    return (
        LocalTool(BASELINE, fields, _trafilatura(favor_precision=False)),
        LocalTool(f"{BASELINE} precision", fields, _trafilatura(favor_precision=True)),
    )


def _trafilatura(*, favor_precision: bool) -> Callable[[LabelledPage, bytes], Answer]:
    def extract(page: LabelledPage, body: bytes) -> Answer:
        found = trafilatura.extract(
            body,
            url=page.url,
            output_format="json",
            with_metadata=True,
            favor_precision=favor_precision,
        )
        if found is None:
            return Answer(error="no-text")
        record = json.loads(found)
        return Answer(
            text=record["text"] or "",
            title=record["title"],
            authors=tuple((record["author"] or "").split("; ")),
            date=record["date"],
        )

    return extract


class Peers:
    """The tools of another environment, asked over pipes; a context manager.

    One process answers for all of them; it is ended when the context is left, or when
    a page takes longer than `PAGE_SECONDS`, after which every answer is an error.
    """

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [python, PEERS_SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        greeting = self._receive()
        self.versions: Mapping[str, str] = greeting.get("versions", {})
        self._fields = greeting.get("fields", {})
        self._asked: LabelledPage | None = None
        self._answers: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def tools(self) -> tuple[Tool, ...]:
        """One tool for each of them."""
        return tuple(
            _Peer(name, frozenset(fields), self)
            for name, fields in self._fields.items()
        )

    def ask(self, name: str, page: LabelledPage) -> Answer:
        """What one of them says of a page."""
        if page is not self._asked:
            self._asked = page
            self._answers = self._exchange({"path": str(page.path), "url": page.url})
        found = self._answers.get(name)
        if found is None:
            return Answer(error="no-answer")
        return Answer(**{**found, "authors": tuple(found.get("authors", ()))})

    def _exchange(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.poll() is not None:
            return {}
        with contextlib.suppress(BrokenPipeError):  # ended just now: no answer
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        if self._process.stdout is None:
            return {}
        timer = threading.Timer(PAGE_SECONDS, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        received: dict[str, Any] = json.loads(line) if line.endswith("\n") else {}
        return received


@dataclass(frozen=True, slots=True)
class _Peer:
    """One tool of another environment."""

    name: str
    fields: frozenset[str]
    peers: Peers

    def answer(self, page: LabelledPage, body: bytes) -> Answer:
        """What it says of a page, which it reads from the disk itself."""
        del body
        return self.peers.ask(self.name, page)


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """The installed version of each."""
    return {name: version(name) for name in distributions}
