"""Records for the store, and what an output folder holds."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from schemas.article import Access, Article, Cleaning, PageType
from schemas.provenance import InputKind, Provenance
from schemas.rejection import Failure, FailureReason

FETCHED = datetime(2025, 9, 18, 12, tzinfo=UTC)


def provenance(config_digest: str = "c" * 64) -> Provenance:
    """Where a record comes from."""
    return Provenance(
        input=InputKind.TEXT,
        input_file="page.txt",
        http_status=None,
        html_sha256="0" * 64,
        encoding="utf-8",
        encoding_source="utf-8",
        extractor="text-dump",
        extractor_version=None,
        extractor_model=None,
        copydesk_version="0",
        site_definition=None,
        site_digest=None,
        template_digest=None,
        template_check=None,
        template_agreement=None,
        config_digest=config_digest,
    )


def article(text: str, name: str = "a") -> Article:
    """An article with this text; `name` stands for its address."""
    return Article(
        id=hashlib.sha256(name.encode()).hexdigest()[:32],
        url=None,
        requested_url=None,
        canonical_url=None,
        site=None,
        publisher=None,
        source_url=None,
        title="Title",
        lead=None,
        description=None,
        text=text,
        authors=(),
        date_published=None,
        date_published_raw=None,
        date_precision=None,
        date_source=None,
        date_modified=None,
        section=None,
        tags=(),
        language="und",
        language_score=None,
        language_declared=None,
        images=(),
        access=Access.UNKNOWN,
        opt_outs=(),
        page_type=PageType.ARTICLE,
        word_count=1,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        cluster_id=None,
        fetched_at=FETCHED,
        warnings=(),
        cleaning=Cleaning(kept_chars=1, removed_chars=0, removed=()),
        provenance=provenance(),
    )


def failure(message: str) -> Failure:
    """A failure with this message."""
    return Failure(
        reason=FailureReason.EXCEPTION,
        error="ValueError",
        message=message,
        url=None,
        requested_url=None,
        source=None,
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
