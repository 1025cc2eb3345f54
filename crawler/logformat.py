"""One line per page in the log, and never a whole record."""

import logging

from scrapy import Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure as TwistedFailure

from pipelines.dedup import Outcome
from pipelines.sites import host_of
from schemas.article import Article
from schemas.manifest import Disposition
from schemas.rejection import Failure


class OneLineLogFormatter(LogFormatter):
    """Scrapy's messages about items, without the items."""

    def scraped(
        self, item: object, response: Response | TwistedFailure | None, spider: Spider
    ) -> LogFormatterResult:
        """One INFO line for an article: its addresses and its record."""
        del response, spider
        if not isinstance(item, Article):
            return _line(logging.DEBUG, "%s", type(item).__name__)
        return _line(
            logging.INFO,
            "articles: %s %s",
            item.url,
            item.provenance.warc_record_id,
        )

    def dropped(
        self,
        item: object,
        exception: BaseException,
        response: Response | TwistedFailure | None,
        spider: Spider,
    ) -> LogFormatterResult:
        """One INFO line for a page that gave no article; the error has all of it."""
        del item, response, spider
        return _line(logging.INFO, "%s", exception)

    def item_error(
        self,
        item: object,
        exception: BaseException,
        response: Response | TwistedFailure | None,
        spider: Spider,
    ) -> LogFormatterResult:
        """The error's own text: the traceback follows it."""
        del item, response, spider
        return _line(logging.ERROR, "error while storing a page: %s", exception)


def log_fields(disposition: Disposition, outcome: Outcome) -> dict[str, object]:
    """What a line about a page says beside its message: give it as `extra`."""
    source = outcome.source if isinstance(outcome, Failure) else outcome.provenance
    site = None if isinstance(outcome, Failure) else outcome.site
    return {
        "event": disposition.value,
        "url": outcome.url or outcome.requested_url,
        "record_id": source and source.warc_record_id,
        "site": site or host_of(outcome.url or outcome.requested_url),
        "reason": None if isinstance(outcome, Article) else outcome.reason.value,
    }


def _line(level: int, message: str, *arguments: object) -> LogFormatterResult:
    return {"level": level, "msg": message, "args": arguments}
