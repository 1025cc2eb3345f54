"""Dates: read as precisely as they are written, and no finer."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.dates import (
    MONTHS,
    date_in_url,
    find_dates,
    is_after,
    parse_date,
    parse_day_first,
)


def offset_of(minutes: int) -> timezone:
    """A zone of that offset."""
    return timezone(timedelta(minutes=minutes))


READ = [
    ("2018-09-20", "2018-09-20", "day"),
    ("2018-9-2", "2018-09-02", "day"),
    (" 2018-09-20\n", "2018-09-20", "day"),
    ("2018-09-20T08:15", "2018-09-20T08:15", "minute"),
    ("2018-09-20T08:15Z", "2018-09-20T08:15Z", "minute"),
    ("2018-09-20T08:15:07", "2018-09-20T08:15:07", "second"),
    ("2018-09-20T08:15:07Z", "2018-09-20T08:15:07Z", "second"),
    ("2018-09-20t08:15:07z", "2018-09-20T08:15:07Z", "second"),
    ("2018-09-20T08:15:07.123456+01:00", "2018-09-20T08:15:07+01:00", "second"),
    ("2018-09-20 08:15:07 +0100", "2018-09-20T08:15:07+01:00", "second"),
    ("2018-09-20 08:15:07-05", "2018-09-20T08:15:07-05:00", "second"),
    ("2018-09-20T08:15:07+00:00", "2018-09-20T08:15:07Z", "second"),
    ("2018-09", "2018-09", "month"),
    ("20180920", "2018-09-20", "day"),
    ("20180920T081507Z", "2018-09-20T08:15:07Z", "second"),
    ("20180920T0815", "2018-09-20T08:15", "minute"),
    ("20 - 09 - 2018", "2018-09-20", "day"),
    ("05 - 06 - 2014", "2014-06-05", "day"),
    ("5/6/2014", "2014-06-05", "day"),
    ("05.06.2014", "2014-06-05", "day"),
    ("05/06/2014 à 14h30", "2014-06-05T14:30", "minute"),
    ("05/06/2014, 14:30", "2014-06-05T14:30", "minute"),
    ("٠٥ - ٠٦ - ٢٠١٤", "2014-06-05", "day"),
    ("٢٠١٤-٠٦-٠٥", "2014-06-05", "day"),
    ("\u200f05 - 06 - 2014\u200e", "2014-06-05", "day"),
    ("Le jeudi 20 septembre 2018 à Rabat", "2018-09-20", "day"),
    ("1er août 2019", "2019-08-01", "day"),
    ("20 de septiembre de 2018", "2018-09-20", "day"),
    ("20. September 2018", "2018-09-20", "day"),
    ("3 März 2018", "2018-03-03", "day"),
    ("September 20, 2018", "2018-09-20", "day"),
    ("Sept. 3rd, 2018", "2018-09-03", "day"),
    ("20 شتنبر 2018", "2018-09-20", "day"),
    ("5 غشت 2018", "2018-08-05", "day"),
    ("الجمعة 7 دجنبر 2018", "2018-12-07", "day"),
    ("9 نونبر 2018", "2018-11-09", "day"),
    ("1 يوليوز 2018", "2018-07-01", "day"),
    ("12 جانفي 2018", "2018-01-12", "day"),
    ("12 فيفري 2018", "2018-02-12", "day"),
    ("12 أفريل 2018", "2018-04-12", "day"),
    ("12 جويلية 2018", "2018-07-12", "day"),
    ("12 أوت 2018", "2018-08-12", "day"),
    ("20 أيلول 2018", "2018-09-20", "day"),
    ("20 ايلول 2018", "2018-09-20", "day"),
    ("12 اوت 2018", "2018-08-12", "day"),
    ("3 تشرين الاول 2019", "2019-10-03", "day"),
    ("3 كانون الثاني 2019", "2019-01-03", "day"),
    ("3 تشرين الأول، 2019", None, None),
    ("3 تشرين الأول 2019", "2019-10-03", "day"),
    ("2018年9月20日 08:15", "2018-09-20", "day"),
    ("2018년 9월 20일", "2018-09-20", "day"),
    ("Thu, 20 Sep 2018 08:15:07 +0100", "2018-09-20T08:15:07+01:00", "second"),
    ("Thu, 20 Sep 2018 08:15:07 GMT", "2018-09-20T08:15:07Z", "second"),
    ("20 Sep 18 08:15:07 EST", "2018-09-20T08:15:07-05:00", "second"),
    ("20 Sep 2018 08:15 +0100", "2018-09-20T08:15+01:00", "minute"),
    # -0000 and a zone that is not one of RFC 5322 tell no offset.
    ("Thu, 20 Sep 2018 08:15:07 -0000", "2018-09-20T08:15:07", "second"),
    ("Thu, 20 Sep 2018 08:15:07 CEST", "2018-09-20T08:15:07", "second"),
    # Not RFC 5322: half a day may hang on a word, so that only the day is certain.
    ("September 20, 2018 8:15 pm", "2018-09-20", "day"),
    ("20 Sep 2018 8:15 PM", "2018-09-20", "day"),
    ("20 Sep 2018 8:15:00 pm", "2018-09-20", "day"),
    # As Java and C write it; in a longer string, numbers whose order is certain.
    ("Thu Sep 20 08:15:07 CEST 2018", "2018-09-20T08:15:07", "second"),
    ("Thu Foo 20 08:15:07 2018", None, None),
    ("Thu, 09/20/2018 - 08:15", "2018-09-20", "day"),
    ("Thu, 20/09/2018 - 08:15", "2018-09-20", "day"),
    ("Thu, 05/06/2014 - 08:15", None, None),
    ("Stand: 05.06.2014, 12 Uhr", "2014-06-05", "day"),
    ("Do 20.09.18 | 08:15", "2018-09-20", "day"),
    ("v. 2018/9/2 (new)", "2018-09-02", "day"),
    ("1.2.2014.5", None, None),
    ("7 août 2018, 8 heures", "2018-08-07", "day"),
    ("20 settembre 2018", "2018-09-20", "day"),
    ("20 de setembro de 2018", "2018-09-20", "day"),
    ("20 września 2018", "2018-09-20", "day"),
    ("20 сентября 2018 г.", "2018-09-20", "day"),
    ("20 ΜΑΪΟΥ 2018", None, None),
    ("20 Μαΐου 2018", "2018-05-20", "day"),
    ("20 KASIM 2018", "2018-11-20", "day"),
    # That moment is beyond what UTC can be computed for.
    ("31 Dec 9999 23:59:59 -0500", "9999-12-31", "day"),
]

NOT_READ = [
    "",
    "yesterday",
    "31 - 02 - 2019",
    "00 - 00 - 0000",
    "12 - 13 - 2018",
    "2019-02-29",
    "2018-13",
    "2018-13-01",
    "2018-09-20T25:00",
    "2018-09-20T08:15+99:00",
    "29 février 2019",
    "20 brumaire 2018",
    "Brumaire 20, 2018",
    "1537430400",
    "0212345678",
    "1066-10-14",
    "14 Oct 1066 10:00:00 +0000",
    "30 Feb 2018 10:00:00 +0000",
    "2018年13月1日",
    "9999-99",
]


@pytest.mark.parametrize(("raw", "iso", "precision"), READ)
def test_reads_a_date_as_precisely_as_it_is_written(
    raw: str, iso: str | None, precision: str | None
) -> None:
    """Each form gives its ISO date, its own precision and no made-up midnight."""
    read = parse_date(raw)

    got = (read.iso, read.precision) if read is not None else (None, None)
    assert got == (iso, precision)


def test_finds_the_dates_of_a_line_where_they_stand() -> None:
    """Each with its place; Arabic-Indic digits keep theirs."""
    line = "Posted 3 May 2018, updated 04.06.2018 and ٢٠١٨-٠٧-٠٥"

    found = {line[start:end]: read.iso for start, end, read in find_dates(line)}

    assert found == {
        "3 May 2018": "2018-05-03",
        "04.06.2018": "2018-06-04",
        "٢٠١٨-٠٧-٠٥": "2018-07-05",
    }


@pytest.mark.parametrize("raw", NOT_READ)
def test_does_not_read_what_is_no_possible_date(raw: str) -> None:
    """Impossible days, numbers that are no dates and unknown months give nothing."""
    assert parse_date(raw) is None


@pytest.mark.parametrize("name", sorted(MONTHS))
def test_knows_each_month_name(name: str) -> None:
    """Every name in the table is read, with a capital too."""
    read = parse_date(f"7 {name.capitalize()} 2018")

    assert read is not None
    assert read.iso == f"2018-{MONTHS[name]:02}-07"


def test_knows_all_months_in_the_maghreb_and_the_levant() -> None:
    """The names that dateparser does not know, month by month."""
    morocco = "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر"
    algeria = "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر"

    for names in (morocco, algeria):
        read = [parse_date(f"7 {name} 2018") for name in names.split()]
        assert [each.iso for each in read if each] == [
            f"2018-{month:02}-07" for month in range(1, 13)
        ]


@given(st.text(max_size=60))
def test_never_raises_on_any_text(raw: str) -> None:
    """Whatever stands in a page, the answer is a date or None."""
    for read in (parse_date(raw), parse_day_first(raw)):
        assert read is None or read.iso


@given(
    st.from_regex(
        r"\A[A-Z][a-z]{2}, [0-3]?\d (Jan|Feb|Dec) \d{1,5} \d\d:\d\d(:\d\d)?"
        r"( [+-]\d{4}| [A-Z]{1,4})?\Z"
    )
)
def test_never_raises_on_what_looks_like_rfc_5322(raw: str) -> None:
    """Years, offsets and times out of any range are no error."""
    parse_date(raw)


@given(st.dates(min_value=date(1700, 1, 1)))
def test_an_iso_day_reads_as_itself(day: date) -> None:
    """A bare day stays a bare day."""
    read = parse_date(day.isoformat())

    assert read is not None
    assert (read.iso, read.precision) == (day.isoformat(), "day")


@given(
    st.datetimes(
        min_value=datetime(1700, 1, 2),  # noqa: DTZ001 - a zone is put in by the next
        max_value=datetime(9000, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-14 * 60, 14 * 60).map(offset_of),
    )
)
def test_an_iso_moment_reads_as_the_same_moment(moment: datetime) -> None:
    """Time and offset are kept; `earliest` is the very moment."""
    moment = moment.replace(microsecond=0)
    raw = moment.isoformat()
    read = parse_date(raw)

    assert read is not None
    assert read.iso == raw.replace("+00:00", "Z")
    assert read.earliest == moment


@given(st.dates(min_value=date(1700, 1, 1)), st.sampled_from(["-", " - ", "/", "."]))
def test_day_first_is_never_swapped(day: date, separator: str) -> None:
    """The first number is the day, also where the second could be one."""
    raw = separator.join((f"{day.day:02}", f"{day.month:02}", f"{day.year}"))

    for read in (parse_date(raw), parse_day_first(raw)):
        assert read is not None
        assert read.iso == day.isoformat()


@given(st.integers(1, 99), st.integers(13, 99), st.integers(1700, 2100))
def test_a_month_over_twelve_is_refused(day: int, month: int, year: int) -> None:
    """It is not taken for a day."""
    assert parse_day_first(f"{day:02} - {month} - {year}") is None


def test_a_published_line_is_read_day_first_only() -> None:
    """An ISO date is no published line's date."""
    assert parse_day_first("2018-09-20") is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/2018/09/20/story", ("2018/09/20", "2018-09-20")),
        ("https://a.example/2018/9/2/story", ("2018/9/2", "2018-09-02")),
        ("https://a.example/news/2018-09-20-story", ("2018-09-20", "2018-09-20")),
        ("https://a.example/2018/02/31/story", None),
        ("https://a.example/2018/13/01/story", None),
        ("https://a.example/2018/09/201", None),
        ("https://a.example/2018/09/story", None),
        ("https://a.example/barlamane/2018114", None),
        ("", None),
    ],
)
def test_finds_a_date_in_an_address(url: str, expected: tuple[str, str] | None) -> None:
    """Year, month and day as segments; an article's number is no date."""
    found = date_in_url(url)

    assert (None if found is None else (found[0], found[1].iso)) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2025-09-18T12:00:00Z", False),
        ("2025-09-18T12:00:01Z", True),
        ("2025-09-18T13:30:00+02:00", False),
        ("2025-09-18T14:00:01+02:00", True),
        # Somewhere on earth it is that day already.
        ("2025-09-19", False),
        ("2025-09-20", True),
        ("2025-10", True),
    ],
)
def test_compares_a_date_with_the_fetch(raw: str, *, expected: bool) -> None:
    """A date without offset is late only if it is so in every time zone."""
    read = parse_date(raw)

    assert read is not None
    assert is_after(read, datetime(2025, 9, 18, 12, tzinfo=UTC)) is expected
    assert not is_after(read, None)
