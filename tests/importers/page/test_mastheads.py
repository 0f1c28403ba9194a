"""What stands above and between the lines of a head: masthead, menu, strays; and the page that holds no story."""

import pytest

from app.errors import Invalid
from tests.importers.page.reading import article, read_page

STORY = "The ferry between the two banks of the Marsh sailed again on Friday morning with forty people aboard."
HEADLINE = "Ferry returns to Lower Marsh after six years"


def uses(text: str) -> list[str]:
    return [line.use for line in read_page(text).lines]


@pytest.mark.parametrize(
    "above",
    [
        "The Marsh Echo\nHome News Sport Weather Shop\nWe use cookies to make this site better. Accept all",
        "Lower Marsh Gazette",
        "Menu\nSearch\nMarsh Online\nSign in",
        "Лиманський вісник\nНовини  Події  Культура  Контакти\nНаш сайт використовує cookie. Погоджуюсь",
        "News\nSport\nCulture",
        "МАЯК.МЕДІА\nСтрічка | Вулиці | Люди | Подкаст",
    ],
)
def test_name_menu_and_cookie_line_above_a_headline_are_not_the_headline(above: str) -> None:
    text = f"{above}\n{HEADLINE}\nBy Ann Lee\n3 May 2024\n\n{STORY}\n"

    assert article(read_page(text))["headline"] == HEADLINE
    assert set(uses(text)[: above.count("\n") + 1]) == {"furniture"}


def test_a_name_that_comes_back_in_the_story_is_the_sites_and_a_section_below_it_stays() -> None:
    read = article(
        read_page(f"ЛИМАН\nНомер тижня\nПередплата\n\nКУЛЬТУРА\n\n{HEADLINE}\n\n{STORY}\n\n© «Лиман», 2025\n")
    )

    assert (read["headline"], read["section"]) == (HEADLINE, "kultura")


def test_a_short_headline_that_the_story_repeats_is_the_headline() -> None:
    read = read_page(f"Kestrel Bridge\n\nWhat the closure means for the town\n\nKestrel Bridge is shut. {STORY}\n")

    assert article(read)["headline"] == "Kestrel Bridge"


def test_a_motto_close_below_the_name_goes_with_it() -> None:
    above = "Skip to content\nThe Harbour Lamp\nIndependent news for the coast"
    read = read_page(f"{above}\n\n{HEADLINE}\n\n{STORY}\n\nThe council told The Harbour Lamp nothing.\n")

    assert article(read)["headline"] == HEADLINE
    assert [line.use for line in read.lines[:3]] == ["furniture"] * 3


def test_a_section_and_its_part_above_a_headline_are_the_section() -> None:
    read = read_page(f"Opinion | Ferries\n\n{HEADLINE}\n\n{STORY}\n")

    assert article(read)["headline"] == HEADLINE
    assert [one["labels"] for one in read.documents if one["noun"] == "tag"] == [{"en": "Opinion | Ferries"}]


def test_a_cookie_line_below_a_headline_makes_no_masthead_of_it() -> None:
    read = read_page(f"{HEADLINE}\nBy Ann Lee\nWe use cookies on this site\nA crowd came to see it\n\n{STORY}\n")

    assert article(read)["headline"] == HEADLINE


def test_a_line_nobody_knows_does_not_end_the_head_and_is_kept() -> None:
    read = read_page(
        f"{HEADLINE}\nThe first sailing took forty people across\nBy Ann Lee\n"
        f"Marsh Echo prize of the year for reports from the river\n3 May 2024, 10:00\nCulture\n\n{STORY}\n"
    )

    assert article(read)["section"] == "culture"
    assert "prize of the year" in article(read)["body"][0]["html"]


@pytest.mark.parametrize(
    "text",
    [
        "Home\nNews\nSport\nSubscribe now\n© 2024 The Marsh Echo. All rights reserved.",
        "Поділитися\nРеклама\nКоментарі (3)",
        "Share",
    ],
)
def test_a_page_of_furniture_alone_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="holds no story"):
        read_page(text)


def test_a_headline_with_its_date_is_a_story_that_has_no_text_yet() -> None:
    assert article(read_page(f"{HEADLINE}\n3 May 2024\nShare\n"))["headline"] == HEADLINE


@pytest.mark.parametrize(
    ("line", "below"),
    [
        (
            "Forty people crossed the river in the rain.",
            "The ferry sailed again at noon with forty aboard, the council said.",
        ),
        ("Our reporter stood on the quay all day long and wrote it down hour by hour.", "18:40"),
    ],
)
def test_a_sentence_above_the_lead_or_a_chronicle_is_the_standfirst(line: str, below: str) -> None:
    read = read_page(f"{HEADLINE}\n3 May 2024\n\n{line}\n\n{below}\n\n{STORY}\n")

    assert article(read)["standfirst"] == line


def test_a_sentence_that_leans_on_the_headline_is_the_standfirst() -> None:
    line = "Вона стояла в доку два роки, а тепер возитиме ще й велосипеди та човни."
    lead = "Паром «Лиман» у Лимані знову ходить щодня, крім середи, і перший рейс має о шостій ранку."

    assert article(read_page(f"Паром у Лимані повернувся\n\n3 травня 2024\n\n{line}\n\n{lead}\n"))["standfirst"] == line


def test_a_first_sentence_that_names_its_source_is_the_story() -> None:
    read = read_page(f"{HEADLINE}\n\nThe ferry sailed, the council said.\n\n{STORY}\n")

    assert article(read)["standfirst"] is None


def test_the_site_is_no_section_and_a_name_for_an_outlet_is_the_byline() -> None:
    read = read_page(f"{HEADLINE}\nMarsh Telegraph\nAnn Lee, for the Marsh Echo\n3 May 2024\n\n{STORY}\n")

    assert (article(read)["section"], article(read)["byline"]) == (None, "Ann Lee")


@pytest.mark.parametrize(
    ("line", "byline", "section"),
    [
        ("Ida Moss reports from Lower Marsh", "Ida Moss", None),
        ("Marsh reporters", None, None),
        ("Staff and agencies", None, None),
        ("Богдан Жаринка, фото авторки", "Богдан Жаринка", None),
        ("Column by Ida Moss", "Ida Moss", None),
        ("Written by Ida Moss, Marsh Tribune", "Ida Moss", None),
        ("Лісова газета, 4 жовтня 2025", None, None),
        ("Section: City. \t Author: Ida Moss", "Ida Moss", "city"),
        ("Harbour | Ida Moss, Local Democracy Reporter", "Ida Moss", "harbour"),
        ("City news | 1 hour ago", None, "city-news"),
        ("City news \t 3 May 2024 \t 👁 512", None, "city-news"),
    ],
)
def test_a_line_of_the_head_tells_who_or_where(line: str, byline: str | None, section: str | None) -> None:
    read = article(read_page(f"{HEADLINE}\n\n{line}\n3 May 2024, 10:00\n\n{STORY}\n"))

    assert (read["byline"], read["section"], read["standfirst"]) == (byline, section, None)


def test_a_time_above_the_story_and_the_day_below_it_are_one_instant() -> None:
    read = read_page(f"{HEADLINE}\n\nToday, 18:06\n\n{STORY}\n\nPublished 3 May 2024\n")

    assert article(read)["published_at"] == "2024-05-03T15:06:00.000Z"


def test_a_whole_date_in_the_head_is_the_pages_whatever_words_stand_about_it() -> None:
    read = article(
        read_page(f"{HEADLINE}\nSent out 18:30 GMT, 4 February 2024\nImran Sethi and Quill Tarn\n\n{STORY}\n")
    )

    assert (read["published_at"], read["byline"]) == ("2024-02-04T18:30:00.000Z", "Imran Sethi and Quill Tarn")


@pytest.mark.parametrize(("above", "byline"), [("", "Андрій ГАЙДУК"), ("By Ann Lee\n", "Ann Lee")])
def test_a_name_alone_below_the_story_is_the_byline_where_the_head_has_none(above: str, byline: str) -> None:
    read = read_page(f"{HEADLINE}\n{above}3 May 2024\n\n{STORY}\n\nАндрій ГАЙДУК\nКоментарі (3)\n")

    assert article(read)["byline"] == byline


def test_authors_in_two_places_are_two_authors() -> None:
    read = read_page(f"{HEADLINE}\nBy Ann Lee in Lower Marsh and Tom Reed in Upper Marsh\n\n{STORY}\n")

    assert article(read)["byline"] == "Ann Lee and Tom Reed"
