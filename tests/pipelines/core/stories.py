"""Two stories of our own, in French and Arabic, in the shape of the ress family."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

GAP = "\N{NO-BREAK SPACE}" * 4

AR_BLOCKED = (
    "سيتم حجب هذه الصورة تلقائيا عندما يتم الإبلاغ عنها من طرف عدة أشخاص."  # one line
)
FR_BLOCKED = """Cette image sera automatiquement bloquée après qu'elle soit signalée par
plusieurs personnes.""".replace("\n", " ")


@dataclass(frozen=True)
class Story:
    """The pieces of a page."""

    ribbon: tuple[str, ...]
    title: str
    published: str
    paragraphs: tuple[str, ...]
    widget: tuple[str, ...]
    source_links: tuple[str, ...]
    language: str

    @property
    def text(self) -> str:
        """The text that its record has."""
        return "\n\n".join(self.paragraphs)

    def but(self, **changed: object) -> "Story":
        """The same story with other pieces."""
        return replace(self, **changed)  # type: ignore[arg-type]

    def as_dump(self) -> str:
        """As the text of its page."""
        lines = [
            GAP.join(self.ribbon),
            *self.widget,
            self.title,
            self.published,
            *self.paragraphs,
            *self.source_links,
        ]
        return "\n".join(lines)

    def as_html(self, *, charset: str = "utf-8", canonical: str = "") -> str:
        """As a page with the classes of the family, and its ribbon as bare text."""
        link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
        links = "".join(
            f'<p><a href="https://paper.example/1">{escape(text)}</a></p>'
            for text in self.source_links
        )
        return (
            f'<html lang="{self.language}"><head><meta charset="{charset}">{link}'
            f"<title>Ress</title></head><body><div>{_escaped(self.ribbon, GAP)}</div>"
            f"<div>{_escaped(self.widget, '<br>')}</div>"
            f'<span class="articletitle">{escape(self.title)}</span><br>'
            f'<span class="articlenewspaper">{escape(self.published)}</span><br>'
            f'<span class="articlecontent">{_escaped(self.paragraphs, "<br>")}</span>'
            f"{links}</body></html>"
        )


def _escaped(texts: Sequence[str], separator: str) -> str:
    return separator.join(map(escape, texts))


FRENCH = Story(
    ribbon=tuple(
        f"La ville rouvre son marché numéro {number} ce jeudi" for number in range(9)
    ),
    title="Un pont relie enfin les deux rives de la rivière",
    published="Publié dans Le Rivage le 05 - 06 - 2014",
    paragraphs=(
        "Le pont a été ouvert lundi matin devant quelques centaines d'habitants.",
        "Il remplace un bac que la crue du printemps avait emporté avec son ponton.",
        "Les camions devront attendre la fin des essais, prévue pour le mois de mai.",
    ),
    widget=("Merci d'avoir signalé!", FR_BLOCKED),
    source_links=("Cliquez ici pour lire l'article depuis sa source.",),
    language="fr",
)

ARABIC = Story(
    ribbon=tuple(
        f"افتتاح السوق رقم {number} في المدينة هذا اليوم الخميس" for number in range(9)
    ),
    title="جسر جديد يربط ضفتي النهر بعد سنوات من الانتظار",
    published="نشر في الضفة يوم 05 - 06 - 2014",
    paragraphs=(
        "افتتح الجسر صباح الاثنين أمام مئات السكان الذين جاؤوا من القرى المجاورة.",
        "ويعوض الجسر القارب الذي جرفه فيضان الربيع الماضي مع رصيفه الخشبي القديم.",
        "وستنتظر الشاحنات نهاية التجارب التي حددت السلطات موعدها في شهر ماي المقبل.",
    ),
    widget=("شكرا على الإبلاغ!", AR_BLOCKED),
    source_links=("انقر هنا لقراءة الخبر من مصدره.",),
    language="ar",
)
