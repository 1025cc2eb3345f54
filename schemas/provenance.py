"""Where a record comes from and what made it, so that it can be made again."""

from enum import StrEnum

from schemas.model import FrozenModel


class InputKind(StrEnum):
    """What a page was read from."""

    LIVE = "live"
    WARC = "warc"
    WET = "wet"
    HTML = "html"
    TEXT = "text"
    JSONL = "jsonl"


class Source(FrozenModel):
    """Where the bytes of a page lie, so that they can be found again."""

    input: InputKind
    """What the page was read from."""

    input_file: str | None = None
    """The file it was read from: its path below the folder that was given, or its
    bare name; `-` for standard input; null for a live page."""

    input_line: int | None = None
    """Line of a JSONL dump, counted from 1."""

    warc_file: str | None = None
    """Name of the WARC file that holds the response, without its folder."""

    warc_offset: int | None = None
    """Where the record starts in that file, in bytes; for a compressed file, where
    its gzip member starts."""

    warc_record_id: str | None = None
    """`WARC-Record-ID` of the response, `<urn:uuid:…>`."""


class TemplateCheck(StrEnum):
    """What came of asking a page whether the site's learnt template fits it."""

    FITS = "fits"
    """The article was read where the template says that it stands."""

    NO_LAYOUT = "no-layout"
    """The page has text at none of the places where the site's articles stand."""

    NO_TITLE = "no-title"
    """No headline was found, or nothing stands where the site's articles have it."""

    TEXT_SHORT = "text-short"
    """What stands there is far shorter than the site's articles are."""

    LINK_DENSE = "link-dense"
    """It is mostly links."""

    UNKNOWN_TEXT = "unknown-text"
    """Beside it is text of which the template does not know whose it is."""

    BODY_DIFFERS = "body-differs"
    """It holds too little of the text that the page's JSON-LD gives."""

    REJECTED = "rejected"
    """What stands there is no article by the rules."""


class Provenance(Source):
    """A source, with the code and the rules that made the record from it."""

    http_status: int | None
    """Status code of the response; null where there was no HTTP."""

    html_sha256: str
    """sha256 of the page's bytes after content decoding, in hexadecimal."""

    encoding: str | None
    """Character encoding the bytes were read as (WHATWG name), null if not decoded."""

    encoding_source: str | None
    """How the encoding was decided: `bom`, `http`, `meta`, `utf-8` (it decodes as
    such) or `detected`."""

    extractor: str | None
    """What found the main text: `layout:NAME`, `template:NAME` (a layout of the learnt
    template), `model:EFFORT`, `json-ld`, `script-data`, `text-dump`; null where the
    page was rejected before."""

    extractor_version: str | None
    """Version of trafilatura if it was asked, null if not."""

    extractor_model: str | None
    """sha256 of the model that judged the blocks, null if none did."""

    copydesk_version: str
    """Version of Copydesk."""

    site_definition: str | None
    """Name of the site file that was used, null if none was."""

    site_digest: str | None
    """sha256 of that file."""

    template_digest: str | None
    """sha256 of the learnt template that was used, null if none was."""

    template_check: TemplateCheck | None
    """Whether its layouts fit the page: `fits`, or why the generic path was taken; null
    where it has none, or a layout of the site definition came first."""

    template_agreement: float | None
    """How much of the text the generic path takes too, 0 to 1 (Dice coefficient of
    letters); null for pages that were not chosen for this check."""

    config_digest: str
    """sha256 of the whole configuration (`PipelineConfig.digest`)."""
