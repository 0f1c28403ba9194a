"""Whole pages of layouts that newsrooms use, all invented: what a careful reader takes from each."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.importers import page
from tests.importers.page.reading import article, named, read_page


def kinds(read: page.Page) -> list[str]:
    return [block["type"] for block in article(read)["body"]]


def quotes(read: page.Page) -> list[tuple[str | None, str | None]]:
    """Speaker and speaker as written of every quotation."""
    names = {one["slug"]: next(iter(one["names"].values())) for one in read.documents if one["noun"] == "source"}
    return [
        (names.get(block["source"]), block["attribution"])
        for block in article(read)["body"]
        if block["type"] == "quote"
    ]


def attributed(read: page.Page) -> set[tuple[str, str, str | None]]:
    names = {one["slug"]: next(iter(one["names"].values())) for one in read.documents if one["noun"] == "source"}
    return {(names[one["source"]], one["role"], one["channel"]) for one in article(read)["attributions"]}


HEADS: dict[str, dict[str, Any]] = {
    "uk-agency.txt": {"byline": "Ірина Дзвінка", "published_at": None, "section": "suspilstvo", "language": "uk"},
    "uk-suspilne.txt": {
        "headline": "У Заріччі журавлі повернулися на болото Мохове раніше, ніж торік",
        "byline": "Оксана Лелека",
        "published_at": "2023-03-15T09:47:00.000Z",
        "section": "pryroda",
        "standfirst": None,
    },
    "uk-wordpress.txt": {
        "headline": "Кленодар: у міському парку висадили 200 молодих лип",
        "byline": "Марта Сокіл",
        "published_at": "2024-10-20T21:00:00.000Z",
        "section": "dovkillia",
        "tags": ["park", "lypy", "toloka"],
    },
    "uk-mchs.txt": {
        "published_at": "2022-08-03T19:15:00.000Z",
        "updated_at": "2022-08-04T04:40:00.000Z",
        "standfirst": "Увечері 3 серпня вантажівка з’їхала в кювет біля села Глинище. Водій не постраждав.",
    },
    "uk-interview.txt": {"byline": "Надія Промінь", "published_at": "2023-09-07T05:30:00.000Z", "section": "kultura"},
    "uk-river-port.txt": {
        "byline": "Степан Якір",
        "standfirst": "Баржа «Мальва» привезла 600 тонн щебеню, наступну чекають у п’ятницю",
        "published_at": None,
    },
    "en-bbc.txt": {
        "byline": "Ruth Penhale",
        "published_at": "2023-03-13T22:00:00.000Z",
        "tags": ["port-ennis", "fishing-industry"],
        "standfirst": None,
    },
    "en-guardian.txt": {
        "byline": "Amy Haldane",
        "published_at": "2020-01-14T09:05:00.000Z",
        "updated_at": "2020-01-15T18:30:00.000Z",
        "standfirst": "Residents of Nether Coombe formed a cooperative when the owner announced he would retire",
    },
    "en-press-release.txt": {
        "byline": "Tom Ridley",
        "published_at": "2024-06-05T07:15:00.000Z",
        "updated_at": "2024-06-06T05:00:00.000Z",
        "tags": ["schools", "trees", "council"],
    },
    "en-lighthouse.txt": {
        "headline": "Lighthouse keepers' cottages to become a hostel",
        "byline": "Sally Trew and Mark Penrose",
        "published_at": "2022-02-11T09:15:00.000Z",
        "updated_at": "2022-02-11T13:02:00.000Z",
        "section": "heritage",
    },
    "en-ferry.txt": {
        "byline": "Rowan Pike",
        "section": "business",
        "published_at": None,
        "updated_at": "2023-09-04T13:20:00.000Z",
        "standfirst": None,
    },
    "uk-lynx.txt": {
        "byline": "Марко Стріха",
        "section": "ekonomika-dovkillia",
        "published_at": "2021-01-26T08:05:00.000Z",
        "updated_at": "2021-01-26T10:40:00.000Z",
    },
    "uk-batteries.txt": {
        "byline": "Ніна Осока",
        "published_at": "2024-11-18T10:05:00.000Z",
        "standfirst": "У громаді запевняють: рекорд попередніх років перевершили вдвічі.",
    },
    "en-soup.txt": {"byline": "Tessa Moor", "published_at": "2023-10-09T08:30:00.000Z"},
    "en-short.txt": {"language": "en", "section": None, "tags": [], "published_at": None},
}


@pytest.mark.parametrize("name", HEADS)
def test_the_head_of_a_page_gives_its_fields(name: str) -> None:
    read = article(read_page(name))

    assert {field: read[field] for field in HEADS[name]} == HEADS[name]


SPEAKERS: dict[str, list[tuple[str | None, str | None]]] = {
    "uk-agency.txt": [("Леся Плавець", "тренерка Леся Плавець"), ("Юрій Берег", "Берег")],
    "uk-suspilne.txt": [("Андрій Крук", "Андрій Крук"), ("Мар'яна Рись", "науковиця заповідника Мар'яна Рись")],
    "uk-wordpress.txt": [("Зоряна Липа", "вона")],
    "uk-mchs.txt": [("патрульна поліція Кам'янщини", "поліції"), ("Віра Сокирко", "вона")],
    "uk-interview.txt": [("Орися Жито", None), ("Орися Жито", None), ("Орися Жито", "пекарка"), ("Гнат Жито", "він")],
    "uk-river-port.txt": [
        ("Яким Весло", "начальник порту Яким Весло"),
        ("Яким Весло", "Він"),
        ("Устим Річний", "капітан"),
    ],
    "en-bbc.txt": [
        ("Fiona Trewin", "the trust's chairwoman, Fiona Trewin"),
        ("Fiona Trewin", None),
        ("Colin Pascoe", "He"),
    ],
    "en-guardian.txt": [
        ("Derek Vale", "Derek Vale, who has run the shop since 1988"),
        ("Derek Vale", "Vale"),
        ("member of the cooperative", "a member of the cooperative who asked not to be named"),
    ],
    "en-soup.txt": [("Marge Tilley", "she"), ("Marge Tilley", "Tilley, 61"), ("Leo", "her friend Leo")],
    "uk-lynx.txt": [
        ("Марина Бук", "завідувачка наукового відділу заповідника Марина Бук"),
        ("Федір Тур", "Колега Бук, зоолог Федір Тур, називає результат «обережно добрим»"),
        ("Федір Тур", "він"),
    ],
    "en-lighthouse.txt": [
        ("Hazel Quick", "the trust's director, Hazel Quick"),
        ("Hazel Quick", "she"),
        ("Rory Blake", "A local councillor, Rory Blake"),
        ("neighbour", "one neighbour, who did not want to be named"),
    ],
}


@pytest.mark.parametrize("name", SPEAKERS)
def test_every_quotation_has_its_speaker(name: str) -> None:
    assert quotes(read_page(name)) == SPEAKERS[name]


def test_attributions_tell_role_and_channel() -> None:
    assert {
        ("міська рада Верхнього Яру", "reported_by", "website"),
        ("департамент спорту", "reported_by", None),
        ("представниця підрядника", "said_by", "interview"),
    } <= attributed(read_page("uk-agency.txt"))
    assert {
        ("адміністрація порту «Лиман»", "reported_by", "telegram"),
        ("Держводагентство", "reported_by", None),
        ("Степан Дуб", "photographer", None),
        ("Обрій", "published_by", None),
    } <= attributed(read_page("uk-river-port.txt"))
    assert {
        ("Marrow Vale Council", "said_by", "press_release"),
        ("Nina Holloway", "said_by", "broadcast"),
        ("Grace Ames", "photographer", None),
    } <= attributed(read_page("en-press-release.txt"))


def test_a_source_under_several_names_is_one_and_an_unnamed_one_belongs_to_its_story() -> None:
    read = read_page("uk-river-port.txt")
    captain = next(one for one in read.documents if one["noun"] == "source" and "Річний" in one["names"]["uk"])
    unnamed = next(one for one in read.documents if one["noun"] == "source" and one["identity"] == "role_only")
    other = read_page("Інша новина\n\nДжерело в адміністрації порту каже, що ремонт завершать восени.")

    assert "Річного" in captain["aliases"]
    assert unnamed["parent"] == "administratsiia-portu-lyman"
    assert [one["slug"] for one in other.documents if one["noun"] == "source"] != [unnamed["slug"]]


@pytest.mark.parametrize(
    "name", ["uk-agency.txt", "uk-wordpress.txt", "en-bbc.txt", "en-guardian.txt", "en-lighthouse.txt"]
)
def test_furniture_stands_in_no_document(name: str) -> None:
    everything = str(read_page(name).documents).lower()

    for phrase in (
        "cookie",
        "telegram-каналі\n",
        "поділит",
        "sign up to",
        "share on",
        "читання",
        "follow us",
        "e-mail",
        "advert",
    ):
        assert phrase not in everything


def test_lists_of_other_stories_become_drafts_without_touching_the_article() -> None:
    read = read_page("uk-suspilne.txt")

    assert named(read, "article")[1:] == ["Пекарня на Зарічній відкрила музей хліба", "Школярі зняли фільм про млин"]
    assert [one["status"] for one in read.documents[-2:]] == ["draft", "draft"]
    assert read.documents[-1]["published_at"] == "2023-03-11T14:30:00.000Z"
    assert read_page("en-guardian.txt").documents[-1]["headline"] == "The library that lends tools"


def test_notes_end_where_the_story_returns() -> None:
    suspilne, lighthouse = read_page("uk-suspilne.txt"), read_page("en-lighthouse.txt")
    note = next(one for one in suspilne.documents if one["noun"] == "note")

    assert [len(one["body"]) for one in lighthouse.documents if one["noun"] == "note"] == [3]
    assert len(note["body"]) == 2
    assert [(fact["on"], fact["to"]) for fact in note["facts"]] == [("1978-04", None), ("2004", "2006"), ("2019", None)]
    assert kinds(suspilne)[kinds(suspilne).index("reference_note") + 1] == "paragraph"


def test_two_notes_with_a_marker_before_their_text_are_two() -> None:
    assert named(read_page("uk-river-port.txt"), "note") == ["Довідка «Обрію».", "Контекст:"]


def test_tables_lists_and_subheads_keep_their_kind() -> None:
    release = article(read_page("en-press-release.txt"))["body"]
    table = next(block for block in release if block["type"] == "table")

    assert table["header"] == ["School", "Hedge, metres", "Year"]
    assert table["rows"][0] == ["Marrow Primary", "210", "2025"]
    assert [len(block["items"]) for block in release if block["type"] == "list"] == [3]
    assert [block["text"] for block in release if block["type"] == "heading"] == ["What happens next"]


def test_figures_behind_words_are_a_table_and_days_of_a_list_are_no_date_of_the_page() -> None:
    table = next(block for block in article(read_page("uk-lynx.txt"))["body"] if block["type"] == "table")

    assert table["header"] == ["Ділянка", "Дорослі", "Малята"]
    assert table["rows"] == [["Чорний хребет", "4", "1"], ["Долина Срібна", "3", "1"], ["Полонини", "2", "0"]]
    assert "1921" not in str(article(read_page("en-ferry.txt"))["published_at"])


def test_a_correction_with_its_day_is_a_record_and_one_without_an_editors_note() -> None:
    assert [one["at"] for one in article(read_page("en-ferry.txt"))["corrections"]] == ["2023-09-04T21:00:00.000Z"]
    assert "зоолога" in article(read_page("uk-lynx.txt"))["editors_note"]


def test_what_the_caller_says_wins_over_the_page() -> None:
    read = article(
        read_page(
            "uk-agency.txt",
            url="https://example.org/1",
            published=datetime(2024, 5, 6, 7, tzinfo=UTC),
            language="en",
            section="Спорт",
        )
    )

    assert (read["published_at"], read["language"], read["section"]) == ("2024-05-06T07:00:00.000Z", "en", "sport")
    assert read["origin"]["url"] == "https://example.org/1"


def test_a_page_in_a_language_without_a_file_keeps_its_text_and_its_date() -> None:
    read = article(
        read_page(
            "Most nad rzeką znowu otwarty\n\n14 maja 2023, 12:30\n\n"
            "Po dwóch latach remontu most nad rzeką znowu jest otwarty dla wszystkich, którzy czekali.".encode()
        )
    )

    assert (read["language"], read["published_at"]) == ("pl", "2023-05-14T09:30:00.000Z")
    assert len(read["body"]) == 1


def test_reading_a_page_twice_gives_the_same_documents() -> None:
    assert read_page("en-bbc.txt") == read_page("en-bbc.txt")
