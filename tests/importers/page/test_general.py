"""Rules that hold on pages no one has seen: heads, captions, speakers without a name, what is no note and no story."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.importers import page
from app.importers.page import attributions, credits, quotes
from app.importers.page.recognisers import recognise
from app.importers.page.text import Line
from benchmarks import pages
from tests.importers.page.reading import article, named, read_page

GOLDS = sorted(pages.FOLDER.glob("*.gold.json"))
STORY = "The bridge over the river was closed on Monday because of a crack in one of its oldest pillars."


@pytest.mark.parametrize("gold", GOLDS, ids=lambda path: path.name.split(".")[0])
def test_a_page_of_the_benchmark_is_read_as_a_careful_reader_does(gold: Path) -> None:
    wanted: dict[str, Any] = json.loads(gold.read_text())
    data = (pages.FOLDER / wanted["file"]).read_bytes()

    read = pages.result(page.read(data, zone=pages.ZONE, imported_at=pages.NOW))

    assert pages.total(pages.score(read, wanted), wanted) >= 0.95
    assert not pages.unaccounted(data, read)


@pytest.mark.parametrize(
    ("text", "caption", "shown"),
    [
        ("The mill at night (Photo: Ann Lee)", "The mill at night", "Photo: Ann Lee"),
        ("The old mill at night. © Ann Lee", "The old mill at night.", "© Ann Lee"),
        ("Fallen trees near the mill. (Mill Rescue Service/Telegram)", "Fallen trees near the mill.", None),
        ("Млин уночі. Фото: пресслужба музею", "Млин уночі.", "Фото: пресслужба музею"),
        ("Млин уночі. Ілюстративне фото", "Млин уночі.", "Ілюстративне фото"),
        ("Ключі від млина. Джерело: поліція", "Ключі від млина.", "Джерело: поліція"),
    ],
)
def test_a_credit_behind_a_caption_is_told_from_it(text: str, caption: str, shown: str | None) -> None:
    credit = credits.read(Line(9, text, True))

    assert credit is not None
    assert (credit.caption or "").rstrip(".") == caption.rstrip(".")
    assert shown is None or credit.credit_line == shown


def test_a_sentence_about_rights_is_no_photo() -> None:
    assert credits.read(Line(9, "© Передрук лише з дозволу редакції", True)) is None


@pytest.mark.parametrize(
    "text",
    ["👁 3 412", "Terms of use · Privacy policy · Contact", "1 | 2 | 3 | Next", "5 hours ago", "Усі коментарі (2)",
     '<iframe src="https://example.org/1"></iframe>', "Українська Русский English"],
)  # fmt: skip
def test_what_only_a_page_has_is_furniture(text: str) -> None:
    mark = recognise(Line(9, text, True))

    assert mark is not None
    assert mark.kind == "furniture"


@pytest.mark.parametrize("text", ["Довідка «Вісника»", "Довідка редакції", "Factfile", "For your information"])
def test_a_marker_needs_no_colon(text: str) -> None:
    mark = recognise(Line(9, text, True))

    assert mark is not None
    assert mark.kind == "note"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Міст відкриють восени, уточнили в громаді.", ["громада"]),
        ("«Вісник» із посиланням на дослідження інституту пише, що міст старий.", ["Вісник", "інститут"]),
        ("Як розповіли «Віснику» в обласній прокуратурі, міст перевірять.", ["обласна прокуратура"]),
        ("In a post on Facebook, the trust's chair, Ann Lee, thanked the divers.", ["Ann Lee"]),
        ("Asked for comment, the mayor Ann Lee said that the bridge was safe.", ["Ann Lee"]),
        ("The library will open on Sunday, its director confirmed to the Courier.", ["director"]),
    ],
)
def test_a_clause_is_no_source(text: str, names: list[str]) -> None:
    assert [one.party.name for one in attributions.find(text)] == names


def test_a_short_last_piece_belongs_to_the_quotation() -> None:
    found = quotes.find("“I counted them again,” Ann Lee, the trust's survey lead, recalled. “And again.”")

    assert found is not None
    assert found.parts == ["I counted them again,", "And again."]
    assert found.clause is not None
    assert found.clause.party.name == "Ann Lee"


def test_an_unnamed_director_who_is_named_later_is_one_source() -> None:
    read = read_page(
        f"Bridge closed\n\n{STORY} The repair will take a month, its director confirmed to the Courier.\n\n"
        "“We found it early,” director Ann Lee said.\n"
    )

    assert named(read, "source") == ["Ann Lee"]


def test_names_beside_a_date_are_the_byline_though_no_list_knows_them() -> None:
    read = read_page(f"Bridge closed for a month\nQuillon Brask and Ydwen Thorl\n3 May 2024, 10:00\n\n{STORY}\n")

    assert article(read)["byline"] == "Quillon Brask and Ydwen Thorl"


def test_a_list_below_the_story_needs_no_title_we_know() -> None:
    read = read_page(
        f"Bridge closed for a month\n\n{STORY}\n\nTags: bridge\n\nGems of the day\n"
        "The last ferry of the long season\nWhy swans like the old harbour\n"
    )

    assert named(read, "article")[1:] == ["The last ferry of the long season", "Why swans like the old harbour"]


def test_a_day_that_comes_again_is_no_date() -> None:
    note = "For reference:\nThe fair opens every year on 1 June. It began in 1950."

    read = read_page(f"Bridge closed\n\n3 May 2024\n\n{STORY}\n\n{note}\n")

    assert [one["on"] for one in read.documents[0]["facts"]] == ["1950"]
