"""What strangers wrote does nothing to a terminal."""

from crawler.terminal import printable


def test_escape_sequences_and_bidi_overrides_are_defused() -> None:
    """A headline that clears the screen, or turns the line round, only shows."""
    assert printable("a\x1b[2Jb\u202ec\r\nd") == "a�[2Jb�c��d"


def test_letters_of_all_scripts_stay() -> None:
    """Arabic, accents, blanks and joiners are text."""
    text = "نشر في الأهرام می‌خواهم – « Été » 北京"
    assert printable(text) == text
