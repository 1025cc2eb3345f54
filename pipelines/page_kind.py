"""Whether a page as a whole is an article: what a trained model says of its shape.

Home pages, sections, shops, offers, log-ins, consent and error pages differ from
articles in many small things, none of which is sure (docs/rules.md). What is sure is in
`pipelines.listing`.
"""

from pipelines.blocks import Role
from pipelines.extract import FEW_BLOCKS
from pipelines.model import Model, load_model, probability
from pipelines.page_features import PageView, page_numbers
from schemas.article import PageType
from schemas.config import ValidateConfig
from schemas.rejection import BrokenRule, RejectionReason

MAX_REASONS = 5
"""Features that a rejection names."""


def kind_signs(page: PageView, config: ValidateConfig) -> tuple[BrokenRule, ...]:
    """What the model has against a page; empty for an article.

    Live blogs, which are long listings by shape, are not asked about; nor are pages
    without text, which are rejected as such, and pages of few blocks, on which nothing
    round the text would tell.

    Returns:
        At most one rule, with the probability that the page is no article, and the
        features that spoke loudest for that, each with its value.
    """
    has_text = Role.TEXT in page.draft.roles.values()
    is_asked = config.max_not_article < 1 and has_text
    is_bare = len(page.draft.blocks) < FEW_BLOCKS
    if page.metadata.page_type is PageType.LIVEBLOG or is_bare or not is_asked:
        return ()
    model = load_model("page")
    numbers = page_numbers(page)
    row = [numbers[name] for name in model.features]
    measured = round(probability(model.score(row)), 4)
    if measured <= config.max_not_article:
        return ()
    return (
        BrokenRule(
            reason=RejectionReason.NOT_ARTICLE,
            measured=measured,
            limit=config.max_not_article,
            detail=f"shape of the page: {_reasons(model, row)}",
        ),
    )


def _reasons(model: Model, row: list[float]) -> str:
    loudest = model.reasons(row, len(model.features))
    against = [name for name, share in loudest if share > 0][:MAX_REASONS]
    values = dict(zip(model.features, row, strict=True))
    return ", ".join(f"{name} {values[name]:.3g}" for name in against)
