"""Dates as pages write them, read as precisely as they are written and no finer."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from schemas.article import DatePrecision

MONTHS_OF_A_YEAR = 12

EARLIEST = date(1700, 1, 1)
"""No newspaper article on the web is older; a year before it is a misread number."""

AHEAD_OF_UTC = timedelta(hours=14)
"""The largest offset there is (RFC 3339 allows more, no clock uses it): a date without
an offset may be that far ahead of UTC and not be in the future."""

MONTH_NAMES = """
january jan janvier janv enero ene januar januari gennaio gen janeiro stycznia
  января янв ιανουαρίου ιαν січня ocak يناير جانفي كانون_الثاني
february feb février fevrier févr fevr febrero februar februari febbraio fevereiro
  fev lutego февраля фев φεβρουαρίου φεβ лютого şubat فبراير فيفري شباط
march mar mars marzo märz maart março marca марта мар μαρτίου μαρ березня mart
  مارس آذار
april apr avril avr abril abr aprile kwietnia апреля апр απριλίου απρ квітня nisan
  أبريل ابريل إبريل أفريل افريل نيسان
may mai mayo maggio mag mei maio maj maja мая μαΐου μαϊ травня mayıs مايو ماي أيار
june jun juin junio juni giugno giu junho czerwca июня июн ιουνίου ιουν червня
  haziran يونيو يونيه جوان حزيران
july jul juillet juil julio juli luglio lug julho lipca июля июл ιουλίου ιουλ
  липня temmuz يوليو يوليوز يوليه جويلية تموز
august aug août aout agosto ago augustus augusti sierpnia августа авг αυγούστου
  αυγ серпня ağustos أغسطس اغسطس غشت أوت آب
september sep sept septembre septiembre settembre set setembro września сентября
  сен σεπτεμβρίου σεπ вересня eylül سبتمبر شتنبر أيلول
october oct octobre octubre oktober okt ottobre ott outubro października октября
  окт οκτωβρίου οκτ жовтня ekim أكتوبر اكتوبر تشرين_الأول
november nov novembre noviembre novembro listopada ноября ноя νοεμβρίου νοε
  листопада kasım نوفمبر نونبر تشرين_الثاني
december dec décembre decembre déc diciembre dic dezember dez dicembre dezembro
  desember grudnia декабря дек δεκεμβρίου δεκ грудня aralık ديسمبر دجنبر كانون_الأول
""".replace("\n  ", " ").split("\n")[1:-1]
"""As dates have them: English, French, Spanish, German, Italian, Portuguese, Dutch, the
Scandinavian languages, Polish, Russian, Ukrainian, Greek and Turkish, and the Arabic
names of the Maghreb (Morocco; Algeria and Tunisia), Egypt and the Gulf, and the
Levant. A line for each month."""

_SPELLINGS = str.maketrans("أإآı", "اااi")
"""Many write the month names without hamza and madda; capitals of Turkish lose the dot,
or get one."""


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold()).translate(_SPELLINGS)


MONTHS = {
    _folded(name.replace("_", " ")): number
    for number, names in enumerate(MONTH_NAMES, start=1)
    for name in names.split()
}

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z)?)?")
_MONTH_ONLY = re.compile(r"(\d{4})-(\d{2})")
_DAY_FIRST = re.compile(
    r"(\d{1,2})\s*[-–—/.]\s*(\d{1,2})\s*[-–—/.]\s*(\d{4})"
    r"(?:[,\sàa]+(\d{1,2})[:hH](\d{2}))?"
)
_WORDS = re.compile(
    r"(?:^|\D)(\d{1,2})(?:er|st|nd|rd|th|\.|º)?\s+(?:de\s+)?"
    r"(كانون \w+|تشرين \w+|[^\W\d_]+)\.?,?\s+(?:del?\s+)?(\d{4})(?!\d)"
)
_WORDS_MONTH_FIRST = re.compile(
    r"(?:^|[^\w])([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)"
)
_CJK = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_PRINTED_NUMBERS = re.compile(
    r"(?<![\d/.-])(\d{1,2})([./])(\d{1,2})\2(\d{4})(?![\d/]|[.-]\d)"
)
_PRINTED_ISO = re.compile(r"(?<!\d)(\d{4})([-./])(\d{1,2})\2(\d{1,2})(?![\d/]|[.-]\d)")
_PRINTED_SHORT = re.compile(r"(?<![\d/.-])(\d{2})\.(\d{2})\.(\d{2})(?![\d/]|[.-]\d)")
_CTIME = re.compile(
    r"[a-z]{3} ([a-z]{3}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?: [a-z]{1,5})? (\d{4})",
    re.IGNORECASE | re.ASCII,
)
_RFC = re.compile(
    r"(?:[a-z]{3,9},?\s+)?\d{1,2}\s+[a-z]{3,9}\s+(?:\d{2}|\d{4})\s+"
    r"\d{1,2}:\d{2}(?P<second>:\d{2})?(?:\s+(?:[+-]\d{4}|(?![ap]m$)[a-z]{1,5}))?",
    re.IGNORECASE | re.ASCII,
)
_URL_DATE = re.compile(
    r"/((?:19|20)\d{2})[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?!\d)"
)


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A date that was read."""

    iso: str
    """ISO 8601, cut at its precision; with the offset if one was given."""

    precision: DatePrecision
    earliest: datetime
    """The earliest moment it may mean, for comparison with the fetch."""


def parse_date(raw: str) -> ReadDate | None:
    """The date in a string that is one, None if it cannot be read as a possible date.

    ISO 8601, RFC 5322 and `ctime` forms; numbers with the day first ("05 - 06 - 2014"
    is in June: a month over 12 is refused, never swapped); day, month name and year; in
    a longer string, what `find_dates` finds. Digits may be Arabic-Indic. What the
    string does not say is not made up: no time, no offset.
    """
    text = _ascii_digits(raw)
    for pattern, read in _WHOLE:
        match = pattern.fullmatch(text)
        if match is not None:
            return read(match)
    moment = _rfc_date(text)
    if moment is not None:
        return moment
    for pattern, read in _SEARCHED:
        match = pattern.search(text)
        if match is not None:
            return read(match)
    return None


def parse_day_first(raw: str) -> ReadDate | None:
    """The date of a published line: day, month, year in numbers; None if impossible."""
    match = _DAY_FIRST.fullmatch(_ascii_digits(raw))
    return _from_day_first(match) if match else None


def date_in_url(url: str) -> tuple[str, ReadDate] | None:
    """Year, month and day as path segments, with the text they were read from."""
    match = _URL_DATE.search(url)
    if match is None:
        return None
    read = _build(match[1], match[2], match[3])
    return (match[0].strip("/"), read) if read else None


def find_dates(text: str) -> Iterator[tuple[int, int, ReadDate]]:
    """Days that are printed in a line, with where they begin and end, in no order.

    Written out, year first, or day, month and year in numbers. Of these, points have
    the day first ("20.09.18" is of this century); between slashes a second number over
    12 is the day, and where both orders are possible ("5/6/2014") nothing is read. Nor
    is a time of day.
    """
    plain = _decimal(text)
    for pattern, read in _SEARCHED:
        for match in pattern.finditer(plain):
            found = read(match)
            if found is not None:
                yield match.start(1), match.end(), found


def is_after(read: ReadDate, fetched_at: datetime | None) -> bool:
    """Whether a date is later than the fetch, whatever its time zone may be."""
    return fetched_at is not None and read.earliest > fetched_at


def _ascii_digits(raw: str) -> str:
    """Blanks folded, direction marks dropped, all decimal digits as ASCII."""
    if raw.isascii():
        return " ".join(raw.split())
    shown = "".join(char for char in raw if unicodedata.category(char) != "Cf")
    return " ".join(_decimal(shown).split())


def _decimal(text: str) -> str:
    """All decimal digits as ASCII, and nothing moved."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text
    )


def _build(  # noqa: PLR0913 - the parts of a date
    year: str,
    month: str,
    day: str,
    hour: str | None = None,
    minute: str | None = None,
    second: str | None = None,
    zone: str | None = None,
) -> ReadDate | None:
    try:
        moment = datetime(  # noqa: DTZ001 - the zone, if any, is put in below
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
        )
        offset = _offset(zone)
        if moment.date() < EARLIEST:
            return None
        earliest = _earliest(moment, offset)
    except (ValueError, OverflowError):
        return None
    if hour is None:
        return ReadDate(moment.date().isoformat(), DatePrecision.DAY, earliest)
    aware = moment if offset is None else moment.replace(tzinfo=offset)
    timespec = "minutes" if second is None else "seconds"
    return ReadDate(
        _iso(aware, timespec),
        DatePrecision.MINUTE if second is None else DatePrecision.SECOND,
        earliest,
    )


def _earliest(moment: datetime, offset: timezone | None) -> datetime:
    if offset is None:
        return moment.replace(tzinfo=UTC) - AHEAD_OF_UTC
    return moment.replace(tzinfo=offset).astimezone(UTC)


def _iso(moment: datetime, timespec: str) -> str:
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")


def _offset(zone: str | None) -> timezone | None:
    if zone is None:
        return None
    if zone in "Zz":
        return UTC
    digits = zone[1:].replace(":", "")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-delta if zone[0] == "-" else delta)


def _from_iso(match: re.Match[str]) -> ReadDate | None:
    return _build(*match.groups())


def _from_iso_day(match: re.Match[str]) -> ReadDate | None:
    return _build(match[1], match[2], match[3])


def _from_day_first(match: re.Match[str]) -> ReadDate | None:
    day, month, year, hour, minute = match.groups()
    return _build(year, month, day, hour, minute)


def _from_month_only(match: re.Match[str]) -> ReadDate | None:
    read = _build(match[1], match[2], "1")
    if read is None:
        return None
    return ReadDate(match[0], DatePrecision.MONTH, read.earliest)


def _from_words(match: re.Match[str]) -> ReadDate | None:
    month = _month(match[2])
    return _build(match[3], str(month), match[1]) if month else None


def _from_words_month_first(match: re.Match[str]) -> ReadDate | None:
    month = _month(match[1])
    return _build(match[3], str(month), match[2]) if month else None


def _from_printed_iso(match: re.Match[str]) -> ReadDate | None:
    return _build(match[1], match[3], match[4])


def _from_printed_numbers(match: re.Match[str]) -> ReadDate | None:
    first, mark, second, year = match.groups()
    if mark == "." or int(first) > MONTHS_OF_A_YEAR:
        return _build(year, second, first)
    return _build(year, first, second) if int(second) > MONTHS_OF_A_YEAR else None


def _from_printed_short(match: re.Match[str]) -> ReadDate | None:
    return _build(f"20{match[3]}", match[2], match[1])


def _from_ctime(match: re.Match[str]) -> ReadDate | None:
    name, day, hour, minute, second, year = match.groups()
    month = _month(name)
    return _build(year, str(month), day, hour, minute, second) if month else None


def _month(name: str) -> int | None:
    return MONTHS.get(_folded(name))


def _rfc_date(text: str) -> ReadDate | None:
    """RFC 5322 section 3.3, as in feeds: `Thu, 20 Sep 2018 08:15:00 +0100`."""
    match = _RFC.fullmatch(text)
    if match is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
        if moment.date() < EARLIEST:
            return None
        zone = moment.tzinfo
        earliest = moment if zone else moment.replace(tzinfo=UTC) - AHEAD_OF_UTC
        earliest = earliest.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if match["second"] is None:
        return ReadDate(_iso(moment, "minutes"), DatePrecision.MINUTE, earliest)
    return ReadDate(_iso(moment, "seconds"), DatePrecision.SECOND, earliest)


_WHOLE = (
    (_ISO, _from_iso),
    (_COMPACT, _from_iso),
    (_MONTH_ONLY, _from_month_only),
    (_DAY_FIRST, _from_day_first),
    (_CTIME, _from_ctime),
)
_SEARCHED = (
    (_CJK, _from_iso_day),
    (_WORDS, _from_words),
    (_WORDS_MONTH_FIRST, _from_words_month_first),
    (_PRINTED_ISO, _from_printed_iso),
    (_PRINTED_NUMBERS, _from_printed_numbers),
    (_PRINTED_SHORT, _from_printed_short),
)
"""Forms that may stand in a longer string: "Le jeudi 20 septembre 2018 à Rabat"."""
