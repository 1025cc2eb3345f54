"""Text of strangers on a terminal."""

REPLACEMENT = "�"


def printable(text: str) -> str:
    """The text without what a terminal obeys.

    Control characters (and with them escape sequences) and marks that turn the
    direction of what follows are replaced; letters of right-to-left scripts are not.
    """
    return "".join(
        char if char.isprintable() or char in "\u200c\u200d" else REPLACEMENT
        for char in text
    )
