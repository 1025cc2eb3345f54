"""Bytes and headers to text and tree, with how the encoding was decided."""

import re
from dataclasses import dataclass

from lxml import etree
from lxml import html as lxml_html
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

from pipelines.blocks import Element

WEB_ENCODINGS = frozenset(
    "utf-8 cp866 cp874 cp932 cp949 big5hkscs euc_jp gb18030 iso2022_jp "
    "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 iso8859-2 "
    "iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 "
    "iso8859-13 iso8859-14 iso8859-15 iso8859-16 koi8-r koi8-u mac-roman "
    "mac-cyrillic".split()
)
"""What Python calls the encodings of the WHATWG standard that extend ASCII. A page that
names another is not believed: Python also knows `bz2` and `punycode` by such names."""

GUESSED = (
    "big5hkscs cp866 cp874 cp932 cp949 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 "
    "cp1256 cp1257 cp1258 euc_jp gb18030 iso8859_2 iso8859_5 iso8859_6 iso8859_7 "
    "iso8859_8 koi8_r koi8_u mac_cyrillic mac_roman".split()
)
"""Those that are guessed where a page declares none, as charset-normalizer calls them;
it would also answer with code pages of mainframes."""

WIDE_ENCODINGS = frozenset("utf-16 utf-16-le utf-16-be".split())
"""Encodings of which ASCII text has every second byte zero."""

DETECTION_BYTES = 65_536
"""Bytes that are looked at to guess an encoding: the guess costs 1 ms for each 100 kB,
and does not get better."""

STRAY_CHARS = 1_000
"""Characters among which one may be invalid in an encoding that a page declares."""

XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")

_HTML_ELEMENTS = etree.ElementDefaultClassLookup(element=lxml_html.HtmlElement)

NOT_IN_MARKUP = bytes({*range(0x20), 0x7F} - set(b"\t\n\r"))
NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())
"""Characters that libxml2 stops at, or that no text needs."""


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The characters of a page."""

    text: str
    encoding: str
    source: str
    """`bom`, `http`, `meta`, `utf-8` or `detected` (see `Provenance`)."""

    warnings: tuple[str, ...] = ()


def decode(body: bytes, content_type: str | None = None) -> DecodedText:
    """The characters of `body`; never fails.

    Byte order mark first, then bytes that are valid UTF-8 beyond ASCII (a page that is
    so by chance is not known, a wrong header is common), then the `Content-Type`
    header, the page's own declaration, and a guess. A declaration is passed over if
    many bytes are not valid under it; if few are not, it is right about the others.
    If nothing fits, the first declaration (else UTF-8) is used. Where characters were
    replaced, the warning `encoding-errors` says so.

    Source: WHATWG HTML, section 13.2.3 ("determining the character encoding"), from
    which the place of UTF-8 departs on purpose.
    """
    bom_encoding, bom = read_bom(body)
    if bom_encoding is not None and bom is not None:
        return _decoded(body[len(bom) :], bom_encoding, "bom")
    declared = [
        (encoding, source)
        for encoding, source in (
            (http_content_type_encoding(content_type), "http"),
            (html_body_declared_encoding(body), "meta"),
        )
        if encoding is not None and _is_believable(body, encoding)
    ]
    if not body.isascii() and _is_valid(body, "utf-8"):
        source = next((source for name, source in declared if name == "utf-8"), "utf-8")
        return _decoded(body, "utf-8", source)
    for encoding, source in declared:
        if _is_valid(body, encoding):
            return _decoded(body, encoding, source)
    for encoding, source in declared:
        almost = _decoded(body, encoding, source)
        if almost.text.count("�") <= 1 + len(almost.text) // STRAY_CHARS:
            return almost
    guessed = None if body.isascii() else _guess(body)
    if guessed is not None:
        return _decoded(body, guessed, "detected")
    encoding, source = declared[0] if declared else ("utf-8", "utf-8")
    return _decoded(body, encoding, source)


def parse(text: str) -> Element | None:
    """The tree of a page, None if it has none; never fails.

    There is none without an element. Nor is there one for markup nested deeper than
    libxml2 goes (2,048 levels): it leaves out all that follows, and a page of which a
    part is lost in silence is worse than none.

    Comments and processing instructions are left out. Entities are those of HTML only;
    nothing is loaded from anywhere.
    """
    markup = text.encode("utf-8", "replace").translate(None, NOT_IN_MARKUP)
    for noncharacter in NONCHARACTERS:
        markup = markup.replace(noncharacter, b"")
    if b"<?xml" in markup:  # Seldom, and its blanks are those of Unicode.
        markup = XML_DECLARATION.sub("", markup.decode()).encode()
    parser = lxml_html.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        no_network=True,
        # Nesting deeper than 256 is not an attack; size is limited before.
        huge_tree=True,
    )
    # lxml.html would ask a function of Python for the class of each element.
    parser.set_element_class_lookup(_HTML_ELEMENTS)
    try:
        tree = lxml_html.document_fromstring(markup, parser=parser)
    except etree.LxmlError:
        return None
    limit = etree.ErrorTypes.ERR_RESOURCE_LIMIT
    return None if any(each.type == limit for each in parser.error_log) else tree


def _decoded(body: bytes, encoding: str, source: str) -> DecodedText:
    text = body.decode(encoding, "replace")
    has_errors = "�" in text and not _is_valid(body, encoding)
    warnings = ("encoding-errors",) if has_errors else ()
    return DecodedText(text, encoding, source, warnings)


def _is_believable(body: bytes, encoding: str) -> bool:
    """Whether a page may be in an encoding that it is said to be in.

    A page in which "utf-16" can be read as ASCII is not in it (WHATWG HTML, section
    13.2.3.2, last step of the prescan).
    """
    return encoding in WEB_ENCODINGS or (encoding in WIDE_ENCODINGS and b"\0" in body)


def _is_valid(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _guess(body: bytes) -> str | None:
    """The encoding that charset-normalizer finds most likely, if it can be used.

    Of several that are equally likely windows-1252, which is what browsers assume: it
    and windows-1250 differ in letters that a French text has no others for.
    """
    import charset_normalizer

    # Tags are ASCII and say nothing of the encoding; they only thin out the evidence.
    sample = re.sub(rb"<[^<>]*>", b" ", body)[:DETECTION_BYTES]
    matches = charset_normalizer.from_bytes(sample, cp_isolation=GUESSED)
    best = matches.best()
    if best is None:
        return None
    names = [
        name
        for match in matches
        if (match.chaos, match.coherence) == (best.chaos, best.coherence)
        for name in match.could_be_from_charset
    ]
    encoding = resolve_encoding("cp1252" if "cp1252" in names else best.encoding)
    return encoding if encoding and _is_valid(body, encoding) else None
