"""Dates at the precision that was written; no year that nobody wrote, unless it is marked as inferred."""

from datetime import date

import pytest

from app.importers.page import dates
from app.importers.page.periods import periods
from app.importers.page.text import low
from tests.importers.page.reading import read_page

PUBLISHED = date(2024, 5, 6)


@pytest.mark.parametrize(
    ("text", "on", "to"),
    [
        ("Збудували 1950 року", "1950", None),
        ("у березні 2010 року", "2010-03", None),
        ("14 липня 2019 року", "2019-07-14", None),
        ("У 1998–2003 роках", "1998", "2003"),
        ("навесні 2001-го", "2001-03", "2001-05"),
        ("торік", "2023", None),
        ("opened on May 3rd, 1951", "1951-05-03", None),
        ("ran from March 2008 to November 2009", "2008-03", "2009-11"),
        ("between 1950 and 1990", "1950", "1990"),
        ("in the 1990s", "1990", "1999"),
        ("on 18–20 May 2022", "2022-05-18", "2022-05-20"),
        ("last spring", "2023-03", "2023-05"),
        ("since 2014", "2014", None),
        ("позаторік", "2022", None),
        ("two years ago", "2022", None),
        ("1908: the first ward opens", "1908", None),
        ("взимку 2020 року", "2020-12", "2021-02"),
    ],
)
def test_a_period_is_read_as_precisely_as_it_is_written(text: str, on: str, to: str | None) -> None:
    assert [(one.on, one.to) for one in periods(low(text), PUBLISHED)] == [(on, to)]


@pytest.mark.parametrize("text", ["4 100 предметів", "1,500 people", "room 2010b", "It may rain in spring", "№ 1950"])
def test_other_numbers_are_no_dates(text: str) -> None:
    assert [one for one in periods(low(text), PUBLISHED) if one.on] == []


def test_a_relative_date_needs_the_day_of_publication() -> None:
    assert [one.on for one in periods("торік", None)] == [None]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12 травня 2021, 08:05", "2021-05-12T08:05:00"),
        ("3 March 2020 at 9:15 p.m. GMT", "2020-03-03T21:15:00+00:00"),
        ("Tue 14 Jan 2020 09.05 CET", "2020-01-14T09:05:00+01:00"),
        ("October 2, 2025, 7:30 AM ET", "2025-10-02T07:30:00-04:00"),
        ("22:15, 01.02.2023", "2023-02-01T22:15:00"),
        ("2024-01-05T18:20:00+02:00", "2024-01-05T18:20:00+02:00"),
    ],
)
def test_a_stamp_is_read_with_its_time_and_zone(text: str, moment: str) -> None:
    (stamp,) = dates.stamps(low(text))
    assert stamp.day is not None
    assert stamp.at is not None
    read = f"{stamp.day.isoformat()}T{stamp.at.isoformat()}"
    zone = stamp.moment(stamp.zone).isoformat()[-6:] if stamp.zone and (stamp.moment(stamp.zone)) else ""  # type: ignore[union-attr]

    assert read + zone == moment


NOTE = "Довідково:\n\n{note}\n"


def test_the_year_of_a_note_s_date_comes_from_the_story_and_is_marked() -> None:
    text = "Острів знову відкрили\n\nОстрів закрили 5 червня 2021 року через зсув ґрунту на стежці.\n\n" + NOTE.format(
        note="6 червня на острові почали роботи. Восени стежку укріпили."
    )
    note = next(one for one in read_page(text.encode()).documents if one["noun"] == "note")

    assert [(fact["on"], fact["year_inferred"]) for fact in note["facts"]] == [("2021-06-06", True)]


def test_the_same_note_on_two_pages_has_one_slug_and_another_text_another() -> None:
    def slug(headline: str, note: str) -> str:
        text = f"{headline}\n\nПорт прийняв перше судно цього року у вівторок.\n\n" + NOTE.format(note=note)
        return next(one["slug"] for one in read_page(text.encode()).documents if one["noun"] == "note")  # type: ignore[no-any-return]

    assert slug("Перша новина", "Дев’ять причалів збудували 1950 року.") == slug(
        "Друга новина", "Дев'ять причалів  збудували 1950 року."
    )
    assert slug("Перша новина", "Дев’ять причалів збудували 1950 року.") != slug(
        "Перша новина", "Десять причалів збудували 1950 року."
    )
