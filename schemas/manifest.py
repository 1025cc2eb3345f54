"""The account of a run: what it read, what it wrote, and that nothing is missing."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from schemas.config import PipelineConfig
from schemas.model import FrozenModel
from schemas.provenance import TemplateCheck


class Disposition(StrEnum):
    """Where a page ends; each has a folder of that name."""

    ARTICLES = "articles"
    DUPLICATES = "duplicates"
    REJECTED = "rejected"
    FAILED = "failed"


class Counts(FrozenModel):
    """How many pages were seen, and where they are: the sum is checked."""

    seen: int = Field(default=0, ge=0)
    """Pages that the run knows of."""

    articles: int = Field(default=0, ge=0)
    """Pages that gave an article."""

    duplicates: int = Field(default=0, ge=0)
    """Pages that gave an article which the run has already."""

    rejected: int = Field(default=0, ge=0)
    """Pages dropped with a reason."""

    failed: int = Field(default=0, ge=0)
    """Pages and records lost to an error, which is told."""

    pending: int = Field(default=0, ge=0)
    """Pages that were not dealt with when the run ended."""

    @model_validator(mode="after")
    def _nothing_is_lost(self) -> Self:
        ends = self.articles + self.duplicates + self.rejected + self.failed
        if self.seen != ends + self.pending:
            msg = (
                f"the counts do not balance: {self.seen} seen, but {self.articles} "
                f"articles + {self.duplicates} duplicates + {self.rejected} rejected "
                f"+ {self.failed} failed + {self.pending} pending"
            )
            raise ValueError(msg)
        return self


class Part(FrozenModel):
    """One closed output file."""

    path: str
    """Path below the output folder, with `/`."""

    disposition: Disposition
    """Which kind of record it holds."""

    records: int = Field(ge=1)
    """Lines in it."""

    size_bytes: int = Field(ge=1)
    """Its size."""

    sha256: str
    """Its digest, in hexadecimal."""


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    """At work, or killed: the same command goes on from here."""

    INTERRUPTED = "interrupted"
    """Stopped on request: the same command goes on from here."""

    FINISHED = "finished"
    """Ended by itself."""


class Session(FrozenModel):
    """One call of the command that worked on this output folder."""

    started_at: AwareDatetime
    """When it began, UTC."""

    finished_at: AwareDatetime | None
    """When it ended, UTC; null if it was killed, or is at work."""

    workers: int = Field(ge=0)
    """Worker processes."""


class Versions(FrozenModel):
    """Versions of the code whose change can change a record."""

    copydesk: str
    """Copydesk."""

    trafilatura: str
    """The extractor of main text."""

    langdetect: str
    """The language detector."""

    lxml: str
    """The HTML parser."""


class TemplateUse(FrozenModel):
    """What came of using the learnt template of one site."""

    pages: int = Field(default=0, ge=0)
    """Pages that were given the template, whatever became of them."""

    fits: int = Field(default=0, ge=0)
    """Articles that were read by one of its layouts."""

    unfit: dict[TemplateCheck, int] = Field(default_factory=dict)
    """Articles that were read on the generic path, by why no layout did."""

    checked: int = Field(default=0, ge=0)
    """Articles read by a layout that were read on the generic path too."""

    agreement: float | None = None
    """How much both had in common, the mean (Dice coefficient of letters); null if none
    was checked."""

    learnt_agreement: float | None = None
    """The same of the pages that the template was learnt from; null if it has no
    layout."""

    stale: bool = False
    """Whether the site has changed since: the template should be learnt again."""

    why: str | None = None
    """What tells that it is stale, null if it is not."""


class MonitorResult(FrozenModel):
    """What one monitor found at the end of a crawl."""

    name: str
    """Which one."""

    passed: bool
    """Whether all is well."""

    message: str
    """What was measured, and against what, in a few words."""


class Manifest(FrozenModel):
    """`manifest.json`: what a run read and wrote.

    All but `sessions` is deterministic for `clean`.
    """

    schema_version: int = 1
    """Version of this form."""

    command: Literal["clean", "crawl"]
    """What made the output."""

    inputs: tuple[str, ...]
    """Paths or addresses that were given, as they were given."""

    inputs_digest: str | None = None
    """sha256 of the names and sizes of all files of the inputs, in hexadecimal: with
    other files a run does not go on. Null for a crawl and for standard input."""

    site: str | None
    """Site definition that was named, null if each page's was looked up."""

    site_digests: dict[str, str]
    """sha256 of each site file at hand, by name."""

    host: str | None = None
    """Site of pages without an address, where it was named."""

    learns: bool = False
    """Whether templates were learnt from the inputs before they were cleaned."""

    templates_given: dict[str, str] = Field(default_factory=dict)
    """`template_digest` of each template of earlier runs that was given, by site."""

    templates: dict[str, str] = Field(default_factory=dict)
    """The same of each template that was used, in `templates/`: those given, and in
    their place those learnt."""

    template_use: dict[str, TemplateUse] = Field(default_factory=dict)
    """What came of using them, by site, as far as it had pages."""

    config: PipelineConfig
    """The whole configuration."""

    config_digest: str
    """`PipelineConfig.digest`, as in each record's provenance."""

    versions: Versions
    """Versions of the code."""

    state: RunState
    """How the run stands."""

    finish_reason: str | None = None
    """Why the last session of a crawl ended; null while it is at work, and for
    `clean`."""

    monitors: tuple[MonitorResult, ...] = ()
    """What the monitors of the last session found, if any were asked."""

    counts: Counts
    """How many pages were seen, and where they are."""

    rejected_by_reason: dict[str, int]
    """Rejected pages by the first broken rule."""

    failed_by_reason: dict[str, int]
    """Failed pages and records by what went wrong."""

    other_records: dict[str, int]
    """Records of the input that are not pages, by kind (`request`, `redirect`,
    `not-html`, …)."""

    parts: tuple[Part, ...]
    """Every file of records, in the order they were closed."""

    sessions: tuple[Session, ...]
    """The calls that worked on this folder, in order."""

    @model_validator(mode="after")
    def _records_are_all_in_parts(self) -> Self:
        for disposition in Disposition:
            counted = getattr(self.counts, disposition)
            written = sum(
                part.records for part in self.parts if part.disposition is disposition
            )
            if counted != written:
                msg = f"{counted} {disposition} counted, {written} in parts"
                raise ValueError(msg)
        for counts, name in (
            (self.rejected_by_reason, "rejected"),
            (self.failed_by_reason, "failed"),
        ):
            if sum(counts.values()) != getattr(self.counts, name):
                msg = f"{name} by reason do not add up to {name}"
                raise ValueError(msg)
        return self
