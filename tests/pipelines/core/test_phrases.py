"""Fixed phrases are found however they are typed, and only whole."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.catalog import load_catalog
from pipelines.phrases import PhraseMatch, find_phrases
from schemas.site import Phrase, PhraseElement, PhraseGrade

RESS = load_catalog().get("ress").phrases
WORDINGS = [each for each in RESS if each.element is not PhraseElement.PUBLISHED_LINE]

PUBLISHED = PhraseElement.PUBLISHED_LINE
WIDGET = PhraseElement.IMAGE_WIDGET
SOURCE = PhraseElement.SOURCE_LINK
PROMO = PhraseElement.PROMO


def only(text: str) -> PhraseMatch:
    """The one phrase of the family that stands in a text."""
    (match,) = find_phrases(text, RESS)
    return match


def phrase(text: str, element: PhraseElement = PROMO) -> Phrase:
    """A phrase of our own."""
    return Phrase(element=element, language="ar", text=text, grade=PhraseGrade.MEMORY)


@pytest.mark.parametrize(
    ("text", "element"),
    [
        ("Merci d'avoir signalé!", WIDGET),
        ("Merci d’avoir signalé !", WIDGET),
        ("merci d`avoir   signalé", WIDGET),
        ("MERCI D'AVOIR SIGNALÉ !!", WIDGET),
        ("Merci\xa0d'avoir\xa0signalé\xa0!", WIDGET),
        ("Merci d'avoir\nsignalé!", WIDGET),
        ("Merci d ' avoir signalé…", WIDGET),
        (
            """Cette image sera automatiquement bloquée
            après qu’elle soit signalée par plusieurs personnes""",
            WIDGET,
        ),
        ("Cliquez ici pour lire l’article depuis sa source", SOURCE),
        ("« Cliquez ici » pour lire l'article depuis sa source .", SOURCE),
        ("Cliquez ici, pour lire l'article depuis sa source...", SOURCE),
        ("Clic here to read the story from its source", SOURCE),
        ("انقر هنا لقراءة الخبر من مصدره", SOURCE),
        ("إنقر هنا لقراءة الخبر من مصدره.", SOURCE),
        ("أنقر هنـــا لقراءة الخبر مِن مصدرهِ", SOURCE),
        ("اُنْقُرْ هُنا لِقِراءَةِ الخَبَرِ مِنْ مَصْدَرِهِ.", SOURCE),
        ("شُكراً على الابلاغ!", WIDGET),
        ("شكرًا على الإبلاغ", WIDGET),
        ("شارك صحافة من والى المواطن", PROMO),
        ("شارك «صحافة من وإلى المواطن»", PROMO),
    ],
)
def test_a_phrase_is_found_however_it_is_typed(
    text: str, element: PhraseElement
) -> None:
    """Apostrophes, blanks, line ends, dots, quotes, alef, tatweel and vowel signs."""
    assert only(text).element is element


@pytest.mark.parametrize(
    ("text", "publisher", "date"),
    [
        ("Publié dans Barlamane le 20 - 09 - 2018", "Barlamane", "20 - 09 - 2018"),
        ("Publié dans Barlamane\xa0le 20-09-2018", "Barlamane", "20-09-2018"),
        ("Publié dans Al Massae le 2/9/2018", "Al Massae", "2/9/2018"),
        ("PUBLIÉ DANS Le 360 LE 20.09.2018", "Le 360", "20.09.2018"),
        (
            "Publié dans L'Opinion le Soir le 20 - 09 - 2018",
            "L'Opinion le Soir",
            "20 - 09 - 2018",
        ),
        ("Publié dans « Le Matin » le 20 - 09 - 2018", "Le Matin", "20 - 09 - 2018"),
        ("نشر في العلم يوم 20 - 09 - 2018", "العلم", "20 - 09 - 2018"),
        ("نُشِرَ فِي العلم يـوم 20 - 09 - 2018", "العلم", "20 - 09 - 2018"),
        ("نشر في العلم يوم ٢٠ - ٠٩ - ٢٠١٨", "العلم", "٢٠ - ٠٩ - ٢٠١٨"),
        ("نشر في الأهرام اليومي يوم 1–9–2018", "الأهرام اليومي", "1–9–2018"),
        ("Published in Al-Ahram on 20 - 09 - 2018", "Al-Ahram", "20 - 09 - 2018"),
        ("Publié dans Barlamane le 31 - 02 - 2019", "Barlamane", "31 - 02 - 2019"),
    ],
)
def test_a_published_line_names_newspaper_and_day(
    text: str, publisher: str, date: str
) -> None:
    """As the page has them; whether the day exists is judged later."""
    match = only(text)
    assert match.element is PUBLISHED
    assert (match.publisher, match.date_raw) == (publisher, date)
    assert (match.start, match.end) == (0, len(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Merci d'avoir signalez!",
        "Merci davoir signalé!",
        "Remerci d'avoir signalé",
        "Merci d'avoir signaléx",
        "Merci de nous avoir signalé!",
        "Publié dans Barlamane",
        "Publié dans le 20 - 09 - 2018",
        "Publié dans Barlamane le 20 septembre 2018",
        "Publié dans Barlamane le 20 - 09 - 20185",
        "Publié dans Barlamane le 120 - 09 - 2018",
        "Publié dans\nBarlamane, un journal.\nC'était le\n20 - 09",
        f"Publié dans {'x' * 81} le 20 - 09 - 2018",
        "Publié dans Barlamane\nRabat le 20 - 09 - 2018",
    ],
)
def test_what_only_resembles_a_phrase_is_not_one(text: str) -> None:
    """Other words, other word ends, no date, or a name that no newspaper has."""
    assert find_phrases(text, RESS) == ()


@pytest.mark.parametrize(
    ("text", "span", "is_closed"),
    [
        ("Merci d'avoir signalé", (0, 21), True),
        ("Merci d'avoir signalé!", (0, 22), True),
        ("Merci d'avoir signalé ! ", (0, 23), True),
        ("a Merci d'avoir signalé. b", (2, 24), True),
        ("a Merci d'avoir signalé b", (2, 23), False),
        ("a Merci d'avoir signalé, b", (2, 23), False),
        ("Merci d'avoir signalé\nb", (0, 21), True),
        ("Merci d'avoir signalé…\nb", (0, 22), True),
    ],
)
def test_the_closing_punctuation_belongs_to_the_phrase(
    text: str, span: tuple[int, int], *, is_closed: bool
) -> None:
    """And says, as a line's end does, that no sentence goes on after it."""
    match = only(text)
    assert (match.start, match.end) == span
    assert match.is_closed is is_closed


def test_phrases_come_in_the_order_of_the_text() -> None:
    """Each as often as it stands there."""
    text = (
        "Merci d'avoir signalé!\nx\nPublié dans A le 1-2-2003\n"
        "Cliquez ici pour lire l'article depuis sa source. "
        "Cliquez ici pour lire l'article depuis sa source."
    )
    elements = [match.element for match in find_phrases(text, RESS)]
    assert elements == [WIDGET, PUBLISHED, SOURCE, SOURCE]


def test_of_two_phrases_that_overlap_the_longer_one_counts() -> None:
    """The order of a site file does not matter."""
    short = phrase("Lire la suite")
    long = phrase("Lire la suite ici", SOURCE)
    for phrases in ((short, long), (long, short)):
        (match,) = find_phrases("Lire la suite ici", phrases)
        assert match.element is SOURCE


@pytest.mark.parametrize(
    "wording", ["نُشِر هنا اليَوم", "نشـر هنا اليـوم", "نشر هنا أليوم"]
)
def test_the_wording_may_be_written_with_marks(wording: str) -> None:
    """Vowel signs, tatweel and alef forms count as little in a site file."""
    for text in ("نشر هنا اليوم", "نُشر هنا اليومَ", "نشر هنا إليــوم"):
        assert len(find_phrases(text, [phrase(wording)])) == 1


def test_a_wording_that_is_decomposed_is_found() -> None:
    """A site file written on another system is the same file."""
    wording = unicodedata.normalize("NFD", "Déjà publié")
    assert len(find_phrases("Déjà publié", [phrase(wording)])) == 1


def test_a_wording_is_no_expression() -> None:
    """Nothing in a site file is run as code or pattern."""
    odd = phrase("(.*) a+b [c] $1 \\d")
    assert find_phrases("anything at all 1", [odd]) == ()
    assert len(find_phrases("(.*) a+b [c] $1 \\d", [odd])) == 1


@given(
    wording=st.sampled_from(WORDINGS),
    blank=st.sampled_from([" ", "\xa0", "\n", "  ", "\u2009", " \n "]),
    before=st.sampled_from(["", "a ", "أ ", "1. ", "(", "\n"]),
    after=st.sampled_from(["", " a", ")", "\n", "!", " ."]),
)
def test_a_phrase_is_found_between_anything(
    wording: Phrase, blank: str, before: str, after: str
) -> None:
    """Its place is that of its words."""
    text = before + wording.text.replace(" ", blank) + after
    match = only(text)
    assert match.element is wording.element
    assert match.start == len(before)
    assert match.end >= len(text) - len(after) - 1


@given(text=st.text())
def test_finding_phrases_never_fails_and_never_overlaps(text: str) -> None:
    """Spans are in the text, in order."""
    ends = [0]
    for match in find_phrases(text + "\nMerci d'avoir signalé!", RESS):
        assert ends[-1] <= match.start < match.end
        ends.append(match.end)
    assert len(ends) > 1


@pytest.mark.parametrize("filler", ["Publié dans ", ".", "Publié dans x ....", "x-"])
def test_a_long_page_without_phrases_is_searched_in_linear_time(filler: str) -> None:
    """A published line that never ends is given up after a name's length."""
    text = "Publié dans x" + filler * (1_000_000 // len(filler))
    started = time.process_time()
    assert find_phrases(text, RESS) == ()
    assert time.process_time() - started < 10


def test_low_lines_are_gaps_and_cost_no_time() -> None:
    """They would be words and gaps at once, which has endlessly many readings."""
    line = Phrase(
        element=PhraseElement.IMAGE_WIDGET,
        language="en",
        text=f"{'_ ' * 25}Thanks _ for reporting",
        grade=PhraseGrade.SEEN,
    )
    assert find_phrases("_ " * 60, [line]) == ()
    (found,) = find_phrases("Thanks for reporting", [line])
    assert found.element is PhraseElement.IMAGE_WIDGET
