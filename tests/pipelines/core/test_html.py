"""Bytes to text to tree: how the encoding is decided, and what a tree never does."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.blocks import text_of
from pipelines.html import WEB_ENCODINGS, decode, parse

FRENCH = "Où êtes-vous ? Là-bas, la forêt brûle encore, disent les pompiers. Çà et là."
ARABIC = "قال الوزير إن الحكومة ستفتح مدارس جديدة في القرى البعيدة قبل نهاية السنة"


def with_meta(charset: str, text: str, encoding: str) -> bytes:
    """A page that declares `charset`, and is written in `encoding`."""
    return f'<meta charset="{charset}"><p>{text}</p>'.encode(encoding)


@pytest.mark.parametrize(
    ("body", "header", "encoding", "source"),
    [
        (b"", None, "utf-8", "utf-8"),
        (b"plain", None, "utf-8", "utf-8"),
        (b"plain", "text/html; charset=iso-8859-1", "cp1252", "http"),
        (FRENCH.encode(), None, "utf-8", "utf-8"),
        (FRENCH.encode(), "text/html; charset=utf-8", "utf-8", "http"),
        (with_meta("utf-8", FRENCH, "utf-8"), None, "utf-8", "meta"),
        (codecs.BOM_UTF8 + FRENCH.encode(), None, "utf-8", "bom"),
        (codecs.BOM_UTF8 + b"a", "text/html; charset=cp1256", "utf-8", "bom"),
        (codecs.BOM_UTF16_LE + FRENCH.encode("utf-16-le"), None, "utf-16-le", "bom"),
        (codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be"), None, "utf-16-be", "bom"),
        (
            FRENCH.encode("utf-16-le"),
            "text/html; charset=utf-16le",
            "utf-16-le",
            "http",
        ),
        # The bytes are valid UTF-8: no other encoding is that by chance.
        (FRENCH.encode(), "text/html; charset=iso-8859-1", "utf-8", "utf-8"),
        (with_meta("windows-1256", ARABIC, "utf-8"), None, "utf-8", "utf-8"),
        # They are not: what is declared, the header first.
        (FRENCH.encode("cp1252"), "text/html; charset=latin1", "cp1252", "http"),
        (with_meta("windows-1256", ARABIC, "cp1256"), None, "cp1256", "meta"),
        (
            with_meta("windows-1256", ARABIC, "cp1256"),
            "text/html; charset=utf-8",
            "cp1256",
            "meta",
        ),
        (
            with_meta("utf-8", ARABIC, "cp1256"),
            "text/html; charset=Windows-1256",
            "cp1256",
            "http",
        ),
        # Nothing is declared, or a lie: a guess.
        (ARABIC.encode("cp1256"), None, "cp1256", "detected"),
        (with_meta("utf-8", ARABIC, "cp1256"), None, "cp1256", "detected"),
        (FRENCH.encode("cp1252"), None, "cp1252", "detected"),
        (FRENCH.encode("cp1252"), "text/html; charset=utf-8", "cp1252", "detected"),
        (
            FRENCH.encode("cp1252"),
            "text/html; charset=nonsense",
            "cp1252",
            "detected",
        ),
    ],
)
def test_the_encoding_is_that_of_the_bytes(
    body: bytes, header: str | None, encoding: str, source: str
) -> None:
    """Mark, valid UTF-8, header, declaration, guess: in that order."""
    decoded = decode(body, header)
    assert (decoded.encoding, decoded.source) == (encoding, source)
    assert decoded.warnings == ()
    if FRENCH[:4] in decoded.text:
        assert FRENCH in decoded.text
    elif ARABIC[:4] in decoded.text:
        assert ARABIC in decoded.text
    else:
        assert decoded.text in {"", "a", "plain"}


@pytest.mark.parametrize(
    "charset",
    "zlib bz2 hex base64 uu quopri rot13 punycode idna undefined unicode_escape "
    "raw_unicode_escape utf-7 utf-16 utf-16le utf-32 cp037 mbcs".split(),
)
def test_a_page_cannot_choose_a_codec_that_is_no_encoding_of_the_web(
    charset: str,
) -> None:
    """Python would decompress, unescape or fail: the declaration is not believed."""
    header = f"text/html; charset={charset}"
    plain = decode(b"<p>a \\x41 +ADw- plain page</p>", header)
    assert plain.text == "<p>a \\x41 +ADw- plain page</p>"
    assert plain.source == "utf-8"
    declared = decode(with_meta(charset, ARABIC, "cp1256"))
    assert ARABIC in declared.text
    assert declared.source == "detected"


def test_a_page_that_is_a_compressed_bomb_under_its_own_header_stays_small() -> None:
    """No codec is run that makes more of a page than it is."""
    bomb = codecs.encode(b"a" * 10_000_000, "bz2")
    assert len(decode(bomb, "text/html; charset=bz2").text) <= len(bomb)


@pytest.mark.parametrize("encoding", sorted(WEB_ENCODINGS))
def test_every_encoding_that_is_believed_can_be_used(encoding: str) -> None:
    """Its name is the one under which Python finds it, and ASCII is part of it."""
    assert codecs.lookup(encoding).name == encoding
    decoded = decode(b"<p>plain</p>", f"text/html; charset={encoding}")
    assert (decoded.text, decoded.encoding) == ("<p>plain</p>", encoding)


def test_bytes_that_fit_nothing_are_replaced_and_told() -> None:
    """The text is kept as far as it can be read."""
    decoded = decode(b"<p>caf\xc3\xa9 \xff\xfe\x81</p>" + b"\x81\x8d\x8f" * 3, None)
    assert decoded.text.startswith("<p>caf")
    broken = decode(b"\xff\xfea", None)
    assert broken.source == "bom"
    assert broken.warnings == ("encoding-errors",)
    assert "\ufffd" in broken.text


def test_a_replacement_character_of_the_page_is_no_error_of_ours() -> None:
    """It stands in many pages that were once decoded wrongly."""
    assert decode("a \ufffd b".encode()).warnings == ()


def test_a_declaration_is_used_with_replacements_where_no_guess_fits() -> None:
    """Better the page's own word than UTF-8."""
    body = bytes(range(128, 256)) * 4
    decoded = decode(body, "text/html; charset=gb18030")
    if decoded.source == "http":
        assert decoded.warnings == ("encoding-errors",)
    assert decoded == decode(body, "text/html; charset=gb18030")


@given(body=st.binary(max_size=300), header=st.none() | st.text(max_size=30))
def test_decoding_never_fails_and_always_says_the_same(
    body: bytes, header: str | None
) -> None:
    """Total over bytes and headers; what it names is one of its own words."""
    content_type = None if header is None else f"text/html; charset={header}"
    decoded = decode(body, content_type)
    assert decoded == decode(body, content_type)
    assert decoded.source in {"bom", "http", "meta", "utf-8", "detected"}
    codecs.lookup(decoded.encoding)


@given(text=st.text(max_size=200))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    """Whatever the page is."""
    body = text.encode()
    if not body.startswith((codecs.BOM_UTF8, b"\0")):
        assert decode(body).text == text


@pytest.mark.parametrize(
    "markup",
    ["", " \n", "\0", "<!-- a -->", "<!DOCTYPE html>", "<?php x ?>", "<?xml a?> "],
)
def test_a_page_without_an_element_has_no_tree(markup: str) -> None:
    """None, and no error."""
    assert parse(markup) is None


def test_a_page_of_which_the_parser_loses_a_part_has_no_tree() -> None:
    """libxml2 stops at 2,048 levels, and would give the start of the page as all."""
    markup = "<p>before</p>" + "<div>" * 5_000 + "deep" + "</div>" * 5_000 + "<p>after"
    assert parse(markup) is None


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("<p>a<p>b", "ab"),
        ("<?xml version='1.0' encoding='utf-16'?><html><body>é</body></html>", "é"),
        ("<html><body>a\0b\x0bc</body></html>", "abc"),
        ("<p>a<!-- hidden -->b<?php hidden ?>c</p>", "abc"),
        ("<p>a &nbsp;&hellip; &#233;</p>", "a … é"),
        ("<p>\ud800 a", "? a"),
        ('<meta charset="windows-1256"><p>é ج</p>', "é ج"),
    ],
)
def test_markup_is_read_as_browsers_read_it(markup: str, text: str) -> None:
    """The text is decoded already: no declaration in it is heeded again."""
    tree = parse(markup)
    assert tree is not None
    assert text_of(tree) == text


@pytest.mark.parametrize("kind", ["SYSTEM", 'PUBLIC "-//x"'])
def test_no_external_entity_is_loaded(tmp_path: Path, kind: str) -> None:
    """A page cannot read a file of the machine that cleans it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    tree = parse(
        f'<!DOCTYPE html [<!ENTITY x {kind} "{secret.as_uri()}">'
        f'<!ENTITY % y SYSTEM "{secret.as_uri()}"> %y;]>'
        "<html><body><p>before &x; after</p></body></html>"
    )
    assert tree is not None
    assert "secret" not in text_of(tree).replace(secret.as_uri(), "")
    assert "before" in text_of(tree)


def test_entities_do_not_grow() -> None:
    """Internal entities of a document type are no macros in HTML."""
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(1, 12))
    tree = parse(f'<!DOCTYPE html [<!ENTITY e1 "lol">{entities}]><p>&e12;</p>')
    assert tree is not None
    assert len(text_of(tree)) < 5_000


@given(text=st.text())
def test_parsing_never_fails(text: str) -> None:
    """Whatever the markup is."""
    tree = parse(text)
    assert tree is None or isinstance(text_of(tree), str)


@given(
    pieces=st.lists(st.sampled_from("<a> </a> <p <!-- --> <![CDATA[ ]]> & ;".split()))
)
def test_parsing_never_fails_on_broken_tags(pieces: list[str]) -> None:
    """Nor where it is nearly markup."""
    tree = parse("".join(pieces))
    assert tree is None or tree.tag == "html"


def test_stray_byte_does_not_overrule_what_the_page_declares() -> None:
    """Python's windows-1252 has holes that browsers fill: one must not turn ê to ę."""
    text = "des êtres humains à l'œuvre, " * 20
    body = text.encode("cp1252") + b"\x9d"
    decoded = decode(body, "text/html; charset=windows-1252")
    assert decoded.text == text + "�"
    assert (decoded.encoding, decoded.source) == ("cp1252", "http")
    assert decoded.warnings == ("encoding-errors",)
