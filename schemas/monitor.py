"""When the monitors of a crawl raise an alarm."""

from typing import Annotated

from pydantic import Field

from schemas.model import FrozenModel

Ratio = Annotated[float, Field(ge=0, le=1)]


class MonitorConfig(FrozenModel):
    """Thresholds, and numbers of cases below which nothing is judged."""

    finish_reasons: tuple[str, ...] = ("finished",)
    """How a session may end."""

    window_hours: float = Field(default=24, gt=0)
    """Articles are counted over this time, so that a quiet night is no alarm."""

    min_windows: int = Field(default=3, ge=1)
    """Earlier windows with a session that there must be to compare with."""

    max_windows: int = Field(default=14, ge=1)
    """The newest so many of them are compared with."""

    min_articles_ratio: Ratio = 0.2
    """Articles of the last window, by the median of the earlier ones, at least."""

    min_median_articles: float = Field(default=10, ge=0)
    """A site whose median is smaller is not judged."""

    field_coverage: dict[str, Ratio] = Field(
        default_factory=lambda: {
            "title": 1.0,
            "text": 1.0,
            "language": 0.95,
            "date_published": 0.8,
            "authors": 0.0,
        }
    )
    """Share of articles that have the field, at least; many sites name no authors."""

    min_articles: int = Field(default=10, ge=1)
    """Articles from which on the coverage of fields is judged."""

    max_failed_ratio: Ratio = 0.1
    """Failed pages among those that were settled, at most."""

    max_rejected_ratio: Ratio = 0.5
    """Rejected pages among those that were settled, at most."""

    min_pages: int = Field(default=20, ge=1)
    """Settled pages from which on these two are judged."""

    stale_days: float = Field(default=14, gt=0)
    """A source, other than a plain sitemap, that names no new page so long is stale."""

    max_blocked_ratio: Ratio = 0.5
    """Answers 403 and 429 among all of a site, at most."""

    min_responses: int = Field(default=5, ge=1)
    """Answers from which on a site is judged to block us."""
