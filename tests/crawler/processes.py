"""What stands in for `process_page` in tests; named by `COPYDESK_PROCESS`."""

import os
import signal
import time

from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.page import Page
from schemas.rejection import Rejection, RejectionReason
from schemas.site import SiteDefinition


def reject_all(
    page: Page, site: SiteDefinition | None, template: None, config: PipelineConfig
) -> Article | Rejection:
    """Cheap, and tells which site definition it was called with."""
    return Rejection(
        reason=RejectionReason.NOT_ARTICLE,
        detail=site.name if site else None,
        url=page.url,
        requested_url=page.requested_url,
        site=None,
        fetched_at=page.fetched_at,
        provenance=None,
    )


def misbehave(
    page: Page, site: SiteDefinition | None, template: None, config: PipelineConfig
) -> Article | Rejection:
    """Dies on `/die`, hangs on `/hang`, raises on `/raise`.

    On `/killed` it is killed, on `/server-killed` what workers are forked from.
    """
    url = page.url or ""
    if url.endswith("/killed"):
        os.kill(os.getpid(), signal.SIGKILL)
    if url.endswith("/server-killed"):
        os.kill(os.getppid(), signal.SIGKILL)
    if url.endswith("/die"):
        os._exit(9)
    if url.endswith("/hang"):
        time.sleep(30)  # far beyond the limit of the tests, and yet an end
    if url.endswith("/raise"):
        raise RuntimeError("a bug")
    return reject_all(page, site, template, config)
