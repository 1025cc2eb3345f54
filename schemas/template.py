"""What was learnt of a site. Nothing learns yet: the model is the agreed interface."""

from schemas.model import FrozenModel


class SiteTemplate(FrozenModel):
    """What many pages of one site have in common; empty until templates are learnt."""

    site: str
    """Host whose pages it was learnt from, without `www.`."""
