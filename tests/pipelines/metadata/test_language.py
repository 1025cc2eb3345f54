"""The language of a text, and its words."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.language import Language, count_words, detect_language
from schemas.config import LanguageConfig
from tests.conftest import ROOT

CONFIG = LanguageConfig()

FRENCH = "Le conseil de la ville a voté lundi la reconstruction du vieux quai du port."
ENGLISH = "The council of the town voted on Monday to rebuild the old pier."
SPANISH = "El consejo de la ciudad votó el lunes la reconstrucción del viejo muelle."
ARABIC = "صوت مجلس المدينة يوم الاثنين على إعادة بناء الرصيف القديم في الميناء."
PERSIAN = "شورای شهر روز دوشنبه به بازسازی اسکله قدیمی بندر که آسیب دیده بود رأی داد."
RUSSIAN = "Городской совет проголосовал в понедельник за восстановление пристани."
SIMPLIFIED = [
    "北京时间今天上午,市议会投票决定重建旧码头,居民表示欢迎。",
    "公司第三季度营业收入同比增长百分之十二,净利润达到三亿元。",
]
TRADITIONAL = "本報訊,氣象署今日表示,颱風預計將於週末接近,請民眾注意防範強風。"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (FRENCH, "fr"),
        (ENGLISH, "en"),
        (SPANISH, "es"),
        (ARABIC, "ar"),
        (PERSIAN, "fa"),
        (RUSSIAN, "ru"),
        (SIMPLIFIED[0], "zh-cn"),
        (SIMPLIFIED[1], "zh-cn"),
        (TRADITIONAL, "zh-tw"),
    ],
)
def test_names_the_language_with_its_probability(text: str, code: str) -> None:
    """Where several languages share a script, langdetect chooses among them only."""
    language = detect_language(text, CONFIG)

    assert language.code == code
    assert language.score is not None
    assert CONFIG.min_score <= language.score <= 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("市議会は月曜日に古い桟橋の再建を可決し、住民は歓迎しています。", "ja"),
        ("시의회는 월요일에 낡은 부두를 다시 짓기로 의결하고 예산을 정했다.", "ko"),
        ("Το δημοτικό συμβούλιο ψήφισε τη Δευτέρα για την παλιά προβλήτα.", "el"),
        ("สภาเมืองลงมติเมื่อวันจันทร์ให้สร้างท่าเรือเก่าขึ้นใหม่อีกครั้ง", "th"),
        ("מועצת העיר הצביעה ביום שני על בנייה מחדש של המזח הישן בנמל", "he"),
    ],
)
def test_a_script_of_one_language_decides_alone(text: str, code: str) -> None:
    """There is no probability then."""
    assert detect_language(text, CONFIG).code == code
    assert detect_language(text, CONFIG).score is None


@pytest.mark.parametrize("text", ["", "Botola", "20 - 09 - 2018 " * 20, "…"])
def test_few_letters_are_uncertain(text: str) -> None:
    """Below `min_letters` nothing is guessed."""
    assert detect_language(text, CONFIG).code == "und"
    assert detect_language(text, CONFIG).score is None


def test_a_low_probability_is_uncertain() -> None:
    """The score is told all the same."""
    strict = LanguageConfig(min_score=1.0)
    mixed = "Oslo Berlin Madrid Paris London Roma"

    language = detect_language(mixed, strict)

    assert language.code == "und"
    assert language.score is not None
    assert language.score < 1


def test_a_schedule_before_the_text_does_not_decide() -> None:
    """Its first lines say the same again and again: what follows is read too."""
    schedule = "September 1 12 Uhr Raum 217 Dr. Kahn\n" * 7
    text = (
        "The council of the town has decided on Monday that the old pier will be "
        "rebuilt, and that the fishermen may use the northern harbour until then. "
        "Nobody knows yet what the work will cost, said the mayor after the session."
    )
    assert detect_language(schedule + text, CONFIG) == detect_language(
        schedule + text, LanguageConfig(quick_chars=500)
    )
    assert detect_language(schedule + text, CONFIG).code == "en"


def test_a_script_without_profiles_is_uncertain() -> None:
    """Armenian is none of langdetect's languages."""
    armenian = "Քաղաքային խորհուրդը երկուշաբթի օրը քվեարկեց հին նավամատույցի մասին"

    assert detect_language(armenian, CONFIG).code == "und"


def test_letters_that_no_language_has_are_uncertain() -> None:
    """Epigraphic letters are Latin by name, and stand in no profile."""
    assert detect_language("ꟻꟼ " * 30, CONFIG) == Language("und", 0.0)


def test_only_the_start_of_a_text_is_looked_at() -> None:
    """`max_chars` bounds the work, whatever follows."""
    config = LanguageConfig(max_chars=100)
    start = (FRENCH + " ")[:90] * 2

    assert detect_language(start + ARABIC * 50, config).code == "fr"


@given(st.text(max_size=300))
def test_never_raises_and_is_repeatable(text: str) -> None:
    """The same text gives the same answer, and a score between 0 and 1."""
    language = detect_language(text, CONFIG)

    assert language == detect_language(text, CONFIG)
    assert language.score is None or 0 <= language.score <= 1


@given(
    st.text(
        alphabet="的一是不了人我在有他这中大来上国个到说们為時會對來後", min_size=20
    )
)
def test_chinese_is_never_called_korean(text: str) -> None:
    """The script decides which languages are asked about."""
    assert detect_language(text, CONFIG).code in {"zh-cn", "zh-tw", "und"}


def test_the_answer_is_the_same_in_another_process() -> None:
    """Neither the hash seed nor what was asked before counts."""
    code = (
        "import sys; from pipelines.language import detect_language as d;"
        "from schemas.config import LanguageConfig as C;"
        "print([d(t, C()) for t in sys.argv[1:]])"
    )
    texts = [ENGLISH, "Maroc: le Raja gagne encore un match", ARABIC, *SIMPLIFIED]

    answers = {
        subprocess.run(
            [sys.executable, "-c", code, *texts],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert answers == {f"{[detect_language(text, CONFIG) for text in texts]}\n"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one two, three.", 3),
        ("one - two – three", 3),
        ("l'homme d’affaires", 2),
        ("aujourd'hui porte-parole", 2),
        ("« Bonjour ! »", 1),
        ("مجلس المدينة", 2),
        ("مَجْلِس المَدينة", 2),
        ("市議会は", 4),
        ("公司ABC公司", 5),
        ("ท่าเรือ", 7),
        ("시의회는 월요일에", 2),
        ("cafe\u0301 noir", 2),
        ("3,4 %", 2),
        ("- ' ’ -", 0),
    ],
)
def test_counts_words(text: str, words: int) -> None:
    """Han, kana and Thai characters count one each; marks and dashes never alone."""
    assert count_words(text) == words
