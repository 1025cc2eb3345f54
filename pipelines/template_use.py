"""How well the templates of a run serve its pages, and which of them are stale.

Newsrooms change their pages; a template that was learnt before does not fit any more,
or fits and reads something else. The first shows in the articles that it does not fit,
the second in those that are read a second way (`config.template.check_ratio`).
"""

from collections.abc import Mapping

from pipelines.template_files import TemplateFolder
from schemas.article import Article, Duplicate
from schemas.config import TemplateConfig
from schemas.manifest import TemplateUse
from schemas.provenance import Provenance, TemplateCheck
from schemas.rejection import Failure, Rejection
from schemas.template import SiteTemplate

MIN_CHECKED = 5
"""Pages that were read both ways, below which agreement is not judged."""

MIN_ASKED = 10
"""Articles below which it is not judged how many do not fit."""

STEPS = 10_000
"""Agreement is rounded to so many parts of 1: sums of it are exact in whole numbers."""


class TemplateUses:
    """The use of each template, counted as records come.

    Args:
        templates: The templates of the run.
        known: What was counted before, in a run that goes on.
        config: From when on a template is stale.
    """

    def __init__(
        self,
        templates: TemplateFolder,
        known: Mapping[str, TemplateUse],
        config: TemplateConfig,
    ) -> None:
        self._templates = templates
        self._uses = dict(known)
        self._config = config
        self._sites = {digest: site for site, digest in templates.digests.items()}

    def count(self, record: Article | Duplicate | Rejection | Failure) -> None:
        """Add what a record tells of the template that it was made with."""
        made = None if isinstance(record, Failure) else record.provenance
        site = self._sites.get(made.template_digest or "") if made else None
        if made is None or site is None:
            return
        use = self._uses.get(site) or TemplateUse(
            learnt_agreement=learnt_agreement(self._templates.get(site))
        )
        is_article = not isinstance(record, Rejection)
        self._uses[site] = _counted(use, made, is_article=is_article)

    def judged(self) -> dict[str, TemplateUse]:
        """The use of each template that had pages, sorted by site."""
        return {
            site: judged(use, self._config) for site, use in sorted(self._uses.items())
        }


def learnt_agreement(template: SiteTemplate | None) -> float | None:
    """Agreement on the pages that a template was learnt from, over all its layouts."""
    layouts = template.layouts if template is not None else ()
    articles = sum(layout.articles for layout in layouts)
    if not articles:
        return None
    agreed = sum(layout.articles * layout.agreement for layout in layouts)
    return round(agreed / articles, 4)


def judged(use: TemplateUse, config: TemplateConfig) -> TemplateUse:
    """The same use, with whether it shows that the template is stale, and why."""
    reasons = []
    unfit = sum(use.unfit.values())
    asked = use.fits + unfit
    if asked >= MIN_ASKED and unfit > config.max_unfit_ratio * asked:
        reasons.append(f"{unfit} of {asked} articles do not fit")
    elif use.pages >= MIN_ASKED and not use.fits and use.learnt_agreement is not None:
        reasons.append(f"none of {use.pages} pages fits")
    if (
        use.checked >= MIN_CHECKED
        and use.agreement is not None
        and use.learnt_agreement is not None
        and use.agreement < use.learnt_agreement - config.max_agreement_loss
    ):
        reasons.append(
            f"agreement is {use.agreement:.2f} on {use.checked} pages, "
            f"and was {use.learnt_agreement:.2f} when it was learnt"
        )
    why = "; ".join(reasons) or None
    return use.model_copy(update={"stale": bool(reasons), "why": why})


def _counted(use: TemplateUse, made: Provenance, *, is_article: bool) -> TemplateUse:
    counted: dict[str, object] = {"pages": use.pages + 1}
    check = made.template_check
    if is_article and check is TemplateCheck.FITS:
        counted["fits"] = use.fits + 1
    elif is_article and check is not None:
        unfit = {**use.unfit, check: use.unfit.get(check, 0) + 1}
        counted["unfit"] = dict(sorted(unfit.items()))
    if made.template_agreement is not None:
        before = round((use.agreement or 0) * use.checked * STEPS)
        total = before + round(made.template_agreement * STEPS)
        counted["checked"] = use.checked + 1
        counted["agreement"] = total / (STEPS * (use.checked + 1))
    return use.model_copy(update=counted)
