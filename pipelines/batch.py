"""Runs over archives: pages in, records out, in the order of the input.

The order makes all of it simple: the output does not depend on the number of workers,
and a run that was killed goes on where its manifest says.
"""

import dataclasses
import functools
import hashlib
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pipelines.dedup import ExactIndex, Outcome, Record
from pipelines.learn.archive import LearnRun, learn_archive
from pipelines.learn.sample import SiteRule
from pipelines.manifest import current_versions, load_manifest, write_manifest
from pipelines.process import process_page
from pipelines.read import STDIN, OtherRecord, Reading, read_path
from pipelines.recognize import recognize_site
from pipelines.store import Store, locked
from pipelines.template_files import (
    TEMPLATES_FOLDER,
    TemplateFolder,
    write_template,
)
from pipelines.template_use import TemplateUses
from pipelines.workers import WorkerPool
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.errors import StoreError
from schemas.manifest import (
    Counts,
    Disposition,
    Manifest,
    Part,
    RunState,
    Session,
)
from schemas.page import Page
from schemas.rejection import Failure, Rejection
from schemas.site import SiteDefinition, file_digests

CHECKPOINT_RECORDS = 2_000
"""Records of the input after which parts are closed. It decides where parts end, so it
is no option: the same input gives the same parts."""

WINDOW_PAGES = 4
"""Pages in work or waiting, for each worker: enough to keep it busy while a slow page
holds back the order."""

SAME_ON_RESUME = (
    "command",
    "inputs",
    "inputs_digest",
    "site",
    "host",
    "site_digests",
    "learns",
    "templates_given",
    "config",
    "versions",
)
"""Fields of the manifest that an unfinished run and the one asked for must share."""

Handler = Callable[[Page], Article | Rejection]


@dataclass(frozen=True, slots=True)
class CleanRun:
    """What is to be cleaned, and with what."""

    inputs: tuple[str, ...]
    """Paths, or `-`."""

    site: SiteDefinition | None
    """The definition for all pages; None: each page's is looked up."""

    definitions: tuple[SiteDefinition, ...]
    """All definitions at hand."""

    config: PipelineConfig
    workers: int
    handler: Handler | None = None
    """What is done to a page, picklable; None: `clean_page` with the fields above."""

    stdin: BinaryIO | None = None

    host: str | None = None
    """Site of pages without an address, which templates are looked up by."""

    templates: TemplateFolder | None = None
    """Learnt templates at hand."""

    learns: bool = False
    """Whether templates are learnt from the inputs first (`freeze_templates`)."""

    @property
    def rule(self) -> SiteRule:
        """Which site a page is of."""
        return SiteRule(self.site, self.definitions, self.host)


def clean_page(
    page: Page,
    *,
    rule: SiteRule,
    config: PipelineConfig,
    templates: TemplateFolder | None = None,
) -> Article | Rejection:
    """`process_page` with the site that was named, or else the page's own.

    Raises:
        TemplateError: The template of the page's site is not what it was.
    """
    known = rule.site or recognize_site(page, rule.definitions)
    template = templates.get(rule.host_of(page)) if templates is not None else None
    return process_page(page, known, template, config)


def freeze_templates(run: CleanRun, folder: Path) -> CleanRun:
    """The run with all templates that it is to use in `folder`, whatever comes after.

    Those that it was given; and, if it learns, those of the sites in its inputs, which
    stand in the place of what was given.

    Raises:
        UsageError: It learns, and an input can be read only once.
        TemplateError: A template that was given is not what it was.
    """
    digests: dict[str, str] = {}
    if run.learns:
        job = LearnRun(run.inputs, run.rule, run.config, run.workers)
        for template in learn_archive(job).templates:
            write_template(folder, template)
            digests[template.site] = template.file_digest
    given = run.templates or TemplateFolder(folder, {})
    for site, digest in given.digests.items():
        if site not in digests:
            write_template(folder, given.read(site))
            digests[site] = digest
    frozen = TemplateFolder(folder, dict(sorted(digests.items())))
    return dataclasses.replace(run, templates=frozen, learns=False)


def iter_records(run: CleanRun) -> Iterator[tuple[Disposition, Record] | OtherRecord]:
    """Every record of the input and where it goes, in the order of the input.

    Nothing is learnt: `freeze_templates` comes before.

    Raises:
        InputError: A path cannot be read at all; raised before the first record.
    """
    index = ExactIndex()
    for outcome in _outcomes(run, _readings(run)):
        if isinstance(outcome, OtherRecord):
            yield outcome
        else:
            yield index.dispose(outcome)


def clean_to_folder(
    run: CleanRun,
    out: Path,
    *,
    now: Callable[[], datetime],
    on_progress: Callable[[Counts], None] | None = None,
) -> Manifest:
    """The records of the input are in `out`, with a manifest that balances.

    A run of the same inputs, site, configuration and versions that did not finish goes
    on from its last checkpoint, and ends with the same bytes as an undisturbed one.

    Args:
        run: What is to be done.
        out: The output folder.
        now: The clock, UTC; only `manifest.sessions` depends on it.
        on_progress: Called after each record.

    Raises:
        StoreError: The folder holds a finished run or another one, or is in use.
        InputError: A path cannot be read at all.
        KeyboardInterrupt: The run was stopped; what was done up to the last checkpoint
            is kept, and the manifest says `interrupted`.
    """
    with locked(out):
        ledger = _Ledger.open(run, out, now)
        run = ledger.freeze(run)
        # Before a manifest is written: a path that is not there leaves none.
        readings = _readings(run)
        store = Store(out, parts=ledger.parts)
        ledger.write(RunState.RUNNING)
        try:
            left = islice(readings, ledger.done, None)
            with closing(_outcomes(run, left)) as outcomes:
                _clean_into(outcomes, store, ledger, on_progress)
        except KeyboardInterrupt:
            store.discard()
            ledger.write(RunState.INTERRUPTED, finished_at=now())
            raise
        ledger.commit(store.checkpoint())
        return ledger.write(RunState.FINISHED, finished_at=now())


def _clean_into(
    outcomes: Iterable[Outcome | OtherRecord],
    store: Store,
    ledger: "_Ledger",
    on_progress: Callable[[Counts], None] | None,
) -> None:
    for number, outcome in enumerate(outcomes, ledger.done + 1):
        if isinstance(outcome, OtherRecord):
            ledger.count_other(outcome)
        else:
            ledger.count(store.add(outcome), outcome)
        if number % CHECKPOINT_RECORDS == 0:
            ledger.commit(store.checkpoint())
            ledger.write(RunState.RUNNING)
        if on_progress is not None:
            on_progress(ledger.counts())


def _outcomes(
    run: CleanRun, readings: Iterable[Reading]
) -> Generator[Outcome | OtherRecord]:
    """What becomes of each record of the input, in order."""
    handler = run.handler or functools.partial(
        clean_page, rule=run.rule, config=run.config, templates=run.templates
    )
    limit = run.config.limits.page_seconds
    pool = WorkerPool(handler, workers=run.workers, limit_seconds=limit)
    try:
        yield from _in_order(readings, pool, WINDOW_PAGES * run.workers)
    finally:
        pool.close()


def _readings(run: CleanRun) -> Iterator[Reading]:
    limits = run.config.limits
    # All inputs are opened before the first is read: a path that is not there is
    # found at once, not after hours.
    opened = [read_path(path, limits, stdin=run.stdin) for path in run.inputs]
    return (reading for readings in opened for reading in readings)


def _in_order(
    readings: Iterable[Reading],
    pool: "WorkerPool[Page, Article | Rejection]",
    window: int,
) -> Iterator[Outcome | OtherRecord]:
    waiting: deque[Future[Outcome] | Failure | OtherRecord] = deque()
    for reading in readings:
        waiting.append(pool.submit(reading) if isinstance(reading, Page) else reading)
        if len(waiting) >= window:
            yield _result(waiting.popleft())
    while waiting:
        yield _result(waiting.popleft())


def _result(
    waiting: "Future[Outcome] | Failure | OtherRecord",
) -> Outcome | OtherRecord:
    return waiting.result() if isinstance(waiting, Future) else waiting


class _Ledger:
    """The manifest while it is written: what is certain, and what is not yet."""

    def __init__(
        self, out: Path, manifest: Manifest, sessions: tuple[Session, ...]
    ) -> None:
        self._out = out
        self._manifest = manifest
        self._sessions = sessions
        self._counts = Counter(
            {each: getattr(manifest.counts, each) for each in Disposition}
        )
        self._reasons = {
            Disposition.REJECTED: Counter(manifest.rejected_by_reason),
            Disposition.FAILED: Counter(manifest.failed_by_reason),
        }
        self._others = Counter(manifest.other_records)
        self._uses: TemplateUses | None = None

    @classmethod
    def open(cls, run: CleanRun, out: Path, now: Callable[[], datetime]) -> "_Ledger":
        fresh = _fresh_manifest(run)
        old = load_manifest(out)
        if old is None and any(out.glob("*/part-*.jsonl")):
            raise StoreError(f"{out}: holds records, but no manifest that names them")
        manifest = fresh if old is None else _resumed(old, fresh, out)
        session = Session(started_at=now(), finished_at=None, workers=run.workers)
        return cls(out, manifest, (*manifest.sessions, session))

    @property
    def parts(self) -> tuple[Part, ...]:
        return self._manifest.parts

    @property
    def done(self) -> int:
        """Records of the input that are dealt with for certain."""
        settled = self._manifest.counts.seen - self._manifest.counts.pending
        return settled + sum(self._manifest.other_records.values())

    def freeze(self, run: CleanRun) -> CleanRun:
        """The run with its templates, which from now on the manifest names.

        A run that goes on has the same ones as before: nothing is learnt twice.
        """
        folder = self._out / TEMPLATES_FOLDER
        is_resumed = len(self._sessions) > 1
        if is_resumed:
            known = TemplateFolder(folder, self._manifest.templates)
            for site in known.digests:
                known.read(site)
            run = dataclasses.replace(run, templates=known, learns=False)
        elif run.learns or run.templates is not None:
            run = freeze_templates(run, folder)
        if run.templates is not None:
            named = {"templates": dict(run.templates.digests)}
            self._manifest = self._manifest.model_copy(update=named)
            self._uses = TemplateUses(
                run.templates, self._manifest.template_use, run.config.template
            )
        return run

    def count(self, disposition: Disposition, outcome: Outcome) -> None:
        self._counts[disposition] += 1
        if self._uses is not None:
            self._uses.count(outcome)
        if isinstance(outcome, Rejection | Failure):
            self._reasons[disposition][outcome.reason.value] += 1

    def count_other(self, record: OtherRecord) -> None:
        self._others[record.kind] += 1

    def counts(self) -> Counts:
        counts = {each.value: self._counts[each] for each in Disposition}
        return Counts(seen=sum(counts.values()), **counts)

    def commit(self, parts: tuple[Part, ...]) -> None:
        """What was counted so far is on disk, in the parts up to these."""
        self._manifest = self._manifest.model_copy(
            update={
                "counts": self.counts(),
                "rejected_by_reason": _sorted(self._reasons[Disposition.REJECTED]),
                "failed_by_reason": _sorted(self._reasons[Disposition.FAILED]),
                "other_records": _sorted(self._others),
                "template_use": self._uses.judged() if self._uses else {},
                "parts": (*self._manifest.parts, *parts),
            }
        )

    def write(
        self, state: RunState, *, finished_at: datetime | None = None
    ) -> Manifest:
        *earlier, session = self._sessions
        ended = session.model_copy(update={"finished_at": finished_at})
        known = self._manifest.counts
        # Pages that were dealt with since the last checkpoint are not on disk.
        seen = self.counts().seen
        pending = seen - (known.seen - known.pending)
        fields = self._manifest.model_dump() | {
            "state": state,
            "sessions": (*earlier, ended),
            "counts": known.model_dump() | {"seen": seen, "pending": pending},
        }
        manifest = Manifest.model_validate(fields)
        write_manifest(self._out, manifest)
        return manifest


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _fresh_manifest(run: CleanRun) -> Manifest:
    return Manifest(
        command="clean",
        inputs=run.inputs,
        inputs_digest=_inputs_digest(run.inputs),
        site=run.site.name if run.site is not None else None,
        site_digests=_site_digests(run),
        host=run.host,
        learns=run.learns,
        templates_given=dict(run.templates.digests) if run.templates else {},
        config=run.config,
        config_digest=run.config.digest(),
        versions=current_versions(),
        state=RunState.RUNNING,
        counts=Counts(),
        rejected_by_reason={},
        failed_by_reason={},
        other_records={},
        parts=(),
        sessions=(),
    )


def _inputs_digest(inputs: Sequence[str]) -> str | None:
    """Names and sizes of all files: what a run that goes on takes for granted."""
    if STDIN in inputs:
        return None
    listing = hashlib.sha256()
    for given in map(Path, inputs):
        files = sorted(each for each in given.rglob("*") if each.is_file())
        for path in files or [given]:
            size = path.stat().st_size if path.exists() else -1
            listing.update(f"{path.as_posix()}\0{size}\n".encode(errors="replace"))
    return listing.hexdigest()


def _site_digests(run: CleanRun) -> dict[str, str]:
    """Those at hand, and that of a file which was named for this run only."""
    named = () if run.site is None else (run.site,)
    return file_digests((*run.definitions, *named))


def _resumed(old: Manifest, fresh: Manifest, out: Path) -> Manifest:
    """The manifest of an unfinished run that is the same as the one asked for."""
    if old.state is RunState.FINISHED:
        raise StoreError(f"{out}: holds a finished run; choose another folder")
    if STDIN in fresh.inputs:
        raise StoreError(f"{out}: standard input cannot be read again from its middle")
    for field in SAME_ON_RESUME:
        if getattr(old, field) != getattr(fresh, field):
            raise StoreError(
                f"{out}: holds an unfinished run with other {field}; "
                "choose another folder, or remove it"
            )
    return old
