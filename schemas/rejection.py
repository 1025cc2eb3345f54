"""What becomes of pages that give no article: expected drops and unexpected errors."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from schemas.model import FrozenModel
from schemas.provenance import Provenance, Source


class RejectionReason(StrEnum):
    """What is wrong with a page; closed, so that analysts can count on the words."""

    ROBOTS_DISALLOWED = "robots-disallowed"
    """robots.txt forbids the address (RFC 9309 section 2.2.2)."""

    ROBOTS_UNREACHABLE = "robots-unreachable"
    """robots.txt could not be had: all is disallowed (RFC 9309 section 2.3.1.4)."""

    OPTED_OUT = "opted-out"
    """Page or site are closed to AI training or data mining, and that is obeyed
    (`opt_outs.obey`)."""

    OFFSITE = "offsite"
    """A source or a redirect names a host that is not the site's."""

    PRIVATE_ADDRESS = "private-address"
    """The address is loopback, private or link-local, and that was not allowed."""

    HTTP_STATUS = "http-status"
    """The server answered with another status than 2xx."""

    NOT_HTML = "not-html"
    """The payload is something else than a page of HTML."""

    TOO_LARGE = "too-large"
    """The payload is larger than `limits.max_page_bytes`."""

    EMPTY = "empty"
    """The payload has no characters, or only blank ones."""

    UNDECODABLE = "undecodable"
    """The payload cannot be read as text or parsed as a tree."""

    NOT_ARTICLE = "not-article"
    """A listing, an author, topic or home page: there are many stories or none."""

    NO_MAIN_CONTENT = "no-main-content"
    """Nothing is left once what is not the article has been cut."""

    HEADLINE_MISSING = "headline-missing"
    """No title could be found."""

    TOO_SHORT = "too-short"
    """The text is shorter than `validate.min_text_chars`."""

    PAYWALLED = "paywalled"
    """The page says that it is for subscribers, and shows no more than a teaser."""


class BrokenRule(FrozenModel):
    """One reason with the numbers behind it."""

    reason: RejectionReason
    """What is wrong."""

    measured: float | None = None
    """The number that was measured, in the unit of `limit`."""

    limit: float | None = None
    """The number it was measured against."""

    detail: str | None = None
    """What was seen, in a few words."""


class Rejection(FrozenModel):
    """A page that was dropped as expected; one line of `rejected/`."""

    schema_version: int = 1
    """Version of this form."""

    reason: RejectionReason
    """The first broken rule."""

    measured: float | None = None
    """The number that was measured, in the unit of `limit`."""

    limit: float | None = None
    """The number it was measured against."""

    detail: str | None = None
    """What was seen, in a few words."""

    also: tuple[BrokenRule, ...] = ()
    """All other broken rules."""

    url: str | None
    """Final address of the page."""

    requested_url: str | None
    """Address that was asked for."""

    site: str | None
    """Who served the page."""

    title: str | None = None
    """The page's title if one was found before it was rejected."""

    fetched_at: AwareDatetime | None
    """When the response was received, UTC."""

    provenance: Provenance | None
    """Where the page lies and what judged it; null if it was never fetched."""


class FailureReason(StrEnum):
    """What went wrong; closed."""

    DAMAGED_RECORD = "damaged-record"
    """A record of an input could not be read: torn, truncated, malformed."""

    FETCH_ERROR = "fetch-error"
    """No response: DNS, connection, time-out, protocol."""

    EXCEPTION = "exception"
    """The pipeline raised an error: a bug of ours, or of a library."""

    WORKER_DIED = "worker-died"
    """The worker process ended while it had the page (crash, out of memory)."""

    TIMEOUT = "timeout"
    """The page took longer than `limits.page_seconds`; its worker was killed."""


class Failure(FrozenModel):
    """A page that was lost to an unexpected error; one line of `failed/`."""

    schema_version: int = 1
    """Version of this form."""

    reason: FailureReason
    """What went wrong."""

    error: str
    """Type of the error."""

    message: str
    """Its text, cut at 1,000 characters."""

    traceback: tuple[str, ...] = Field(default=(), max_length=20)
    """The innermost places, `file:line function`, outermost first."""

    url: str | None
    """Final address of the page, if known."""

    requested_url: str | None
    """Address that was asked for, if known."""

    fetched_at: AwareDatetime | None = None
    """When the response was received, UTC, if there was one."""

    source: Source | None
    """Where the page lies, so that it can be tried again; null if never fetched."""
