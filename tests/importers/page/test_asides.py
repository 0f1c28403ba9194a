"""What stands in and beside a story: notes with titles, links to other stories, captions, tables, buttons."""

import io

import pytest
from rich.console import Console

from app.commands.outline import print_outline
from app.importers.page import credits, tables
from app.importers.page.recognisers import recognise
from app.importers.page.text import Line
from tests.importers.page.reading import article, named, read_page

STORY = "The lighthouse on Long Cape was lit again on Friday after two years of repairs to its lamp room."


def facts(text: str) -> list[tuple[str | None, str | None]]:
    note = next(one for one in read_page(text).documents if one["noun"] == "note")
    return [(fact["on"], fact["to"]) for fact in note["facts"]]


def test_a_title_behind_the_marker_is_the_notes_heading_and_its_text_follows() -> None:
    read = read_page(
        f"Lighthouse shines again\n\n{STORY}\n\nFact box: The Long Cape light\nIt was built of limestone in 1874.\n"
        "In 1931 the lamp was replaced by an electric one.\n"
    )

    assert named(read, "note") == ["Fact box: The Long Cape light"]
    assert [fact["on"] for fact in read.documents[0]["facts"]] == ["1874", "1931"]


@pytest.mark.parametrize("marker", ["Factfile: the light", "ABOUT THE LIGHT"])
def test_a_marker_may_name_its_subject(marker: str) -> None:
    read = read_page(f"Lighthouse shines again\n\n{STORY}\n\n{marker}\nIt was built of limestone in 1874.\n")

    assert named(read, "note") == [marker]


def test_a_list_of_a_page_without_blank_lines_is_the_storys() -> None:
    read = read_page(
        f"Lighthouse shines again\n\n{STORY}\nFor reference\nIt was built of limestone in 1874.\nWhat has changed:\n"
        "- the lamp is electric;\n- the door is new.\n"
    )

    assert [block["type"] for block in article(read)["body"]][-2:] == ["paragraph", "list"]


def test_what_the_outlet_reported_first_is_earlier_coverage() -> None:
    read = article(
        read_page(f"Lighthouse shines again\n\n{STORY}\n\nThe Marsh Tribune first reported on the lamp in May.\n")
    )

    assert [one["relation"] for one in read["relations"]] == ["previous_coverage"]


def test_a_sentence_behind_the_marker_is_text() -> None:
    read = read_page(f"Lighthouse shines again\n\n{STORY}\n\nFact box: It was built in 1874.\nThe trust owns it.\n")

    assert named(read, "note") == ["Fact box:"]


def test_a_list_with_its_introduction_belongs_to_the_note() -> None:
    text = (
        f"Lighthouse shines again\n\n3 May 2024\n\n{STORY}\n\nFor reference:\nThe light was built in 1874.\n"
        "It failed:\n"
        "* in March 1931;\n* last year in May.\n"
    )

    assert facts(text) == [("1874", None), ("1931-03", None), ("2023-05", None)]


@pytest.mark.parametrize(
    ("sentence", "dates"),
    [
        ("It was electrified in 1931 and left without a keeper in June 1983.", [("1931", None), ("1983-06", None)]),
        ("The lamp was mended this spring.", [("2024-03", "2024-05")]),
        ("The lamp was mended this year.", [("2024", None)]),
        ("1988-го вежу пофарбували.", [("1988", None)]),
        ("It failed in 1958, 1966 and 2004.", [("1958", None)]),
    ],
)
def test_a_note_dates_what_it_tells(sentence: str, dates: list[tuple[str, str | None]]) -> None:
    assert facts(f"Lighthouse shines again\n\n3 June 2024\n\n{STORY}\n\nFor reference:\n{sentence}\n") == dates


def test_a_note_ends_before_what_is_to_come() -> None:
    read = read_page(
        "Маяк світить\n\nМаяк на мисі засвітили в п'ятницю після ремонту, який тривав два роки.\n\n"
        "Довідка.\nМаяк збудували 1874 року.\n\nСвято маяка триватиме до 8 жовтня.\n"
    )

    assert [block["type"] for block in article(read)["body"]] == ["paragraph", "reference_note", "paragraph"]


@pytest.mark.parametrize(
    ("label", "relation"),
    [
        ("Earlier coverage:", "previous_coverage"),
        ("Раніше ми писали:", "previous_coverage"),
        ("See also", "background"),
    ],
)
def test_headlines_below_a_label_are_relations_with_or_without_a_day(label: str, relation: str) -> None:
    links = "Ferry to return in spring, says trust\n3 May 2024\nMuseum of anchors opens in the port\n1 May 2024"
    read = article(read_page(f"Lighthouse shines again\n\n{STORY}\n\n{label}\n{links}\n"))

    assert [(one["relation"], one["text"]) for one in read["relations"]] == [
        (relation, "Ferry to return in spring, says trust"),
        (relation, "Museum of anchors opens in the port"),
    ]


def test_a_headline_below_a_label_may_have_one_of_its_own() -> None:
    links = "Ferry to return in spring\nExplainer: How a lamp is lit"
    read = article(read_page(f"Lighthouse shines again\n\n{STORY}\n\nRead next\n{links}\n\nLoading comments...\n"))

    assert [one["text"] for one in read["relations"]] == links.split("\n")


@pytest.mark.parametrize("title", ["‘You learn a light by sitting in it’", "«Ми звикли до темряви»"])
def test_a_few_quoted_words_above_a_paragraph_are_a_subhead(title: str) -> None:
    read = article(read_page(f"Lighthouse shines again\n\n{STORY}\n\n{title}\n\n{STORY}\n"))

    assert [block["type"] for block in read["body"]] == ["paragraph", "heading", "paragraph"]


def test_a_label_may_name_the_outlet() -> None:
    read = read_page(f"Lighthouse shines again\n\n{STORY}\n\nPreviously in The Marsh Echo: Storm fells last poplar\n")

    assert [one["text"] for one in article(read)["relations"]] == ["Storm fells last poplar"]


def test_headlines_with_times_of_day_are_a_feed() -> None:
    links = "Ferry to return in spring\n3 May 2024, 10:40\nMuseum of anchors opens\n1 May 2024, 09:00"
    read = read_page(
        f"Lighthouse shines again\n\n{STORY}\n\nRead also\n{links}\n\nYesterday, 21:14 Garage burns down\n"
    )

    assert named(read, "article")[1:] == ["Ferry to return in spring", "Museum of anchors opens", "Garage burns down"]


@pytest.mark.parametrize(
    ("text", "caption", "people"),
    [
        ("Pickets at the north slip at dawn. MARSH WIRE/Ann Lee", "Pickets at the north slip at dawn.", ["Ann Lee"]),
        ("[The lens in its crate. Credit: Ann Lee/Marsh Trust]", "The lens in its crate", ["Ann Lee"]),
        ("Photo: Marsh Hospital (free for editorial use)", None, []),
        ("Команда після матчу. Фото надало управління освіти", "Команда після матчу", []),
    ],
)
def test_a_credit_is_read_round_what_stands_beside_it(text: str, caption: str | None, people: list[str]) -> None:
    credit = credits.read(Line(9, text, True))

    assert credit is not None
    assert ((credit.caption or "").rstrip(".") or None) == (caption.rstrip(".") if caption else None)
    assert [one.name for one in credit.photographers] == people
    assert credit.source is None or "(" not in credit.source.name


def test_two_words_behind_the_article_are_no_photographer() -> None:
    read = read_page(
        f"Lighthouse shines again\n\n{STORY} The Lenn Sodality paid.\n\n"
        "The lamp room\nImage: Lenn Sodality/Dara Kempe\n\nWithout the Lenn Sodality there is no light.\n"
    )
    image = next(block for block in article(read)["body"] if block["type"] == "image")

    assert (image["photographer"], image["source"]) == ("Dara Kempe", "lenn-sodality")


def test_a_line_close_above_a_credit_is_its_caption() -> None:
    read = article(
        read_page(f"Lighthouse shines again\n\n{STORY}\n\nThe lamp room at night\nPhoto: Ann Lee\n\n{STORY}\n")
    )
    image = next(block for block in read["body"] if block["type"] == "image")

    assert (image["caption"], image["photographer"]) == ("The lamp room at night", "Ann Lee")


def test_days_are_cells_of_a_table() -> None:
    cells = ["Street", "Start", "End", "Mill Lane", "4 March", "29 September", "High Street", "1 April", "10 November"]

    table = tables.read([Line(number, text, False) for number, text in enumerate(cells, 1)])

    assert table is not None
    assert table.rows == [["Mill Lane", "4 March", "29 September"], ["High Street", "1 April", "10 November"]]


def test_frosts_are_figures_of_a_table_and_no_counters() -> None:
    cells = ["Прогноз, °C", "Ніч", "День", "Четвер", "−19", "−11", "П’ятниця", "−24", "−14"]
    body = article(read_page("Морози\n\nШколи Лимана вчать удома.\n\n" + "\n".join(cells) + "\n\nКінець.\n"))["body"]

    assert [block["type"] for block in body if block["type"] == "table"] == ["table"]


def test_a_line_of_what_it_corrects_is_a_correction() -> None:
    line = "Corrects the height of the tower in paragraph 3 to 41 metres, not 14."
    story = "The light will be run by computers from April, the harbour trust said on Tuesday."

    assert article(read_page(f"Light goes dark\n\n{line}\n\n{story}\n"))["editors_note"] == line


def test_a_label_before_the_name_is_no_part_of_a_byline_beside_a_date() -> None:
    text = "Light goes dark\n\nWords: Dilys Quarrie · 6 June 2024\n\nThe light went out, the harbour trust said.\n"

    assert article(read_page(text))["byline"] == "Dilys Quarrie"


@pytest.mark.parametrize(
    "text",
    ["1 / 7", "👍 48   👎 3", "« Назад   1   2   3   Далі »", "18+", "- ENDS -", "Download as PDF",
     "▶ Listen to the Reed Podcast",
     "Marsh Weekly on WhatsApp", "Enjoying the Echo? Support us from £3 a month", "Слухати подкаст «Хвиля»",
     "Сподобався текст? Пригостіть нас кавою", "Коментувати можуть лише зареєстровані користувачі",
     "«Хвиля», 2017–2025. Передрук лише з гіперпосиланням", "Стати патроном «Хвилі»"],
)  # fmt: skip
def test_what_stands_at_the_foot_of_a_page_is_furniture(text: str) -> None:
    mark = recognise(Line(9, text, True))

    assert mark is not None
    assert mark.kind == "furniture"


def test_a_day_with_its_weekday_behind_is_the_pages_date() -> None:
    read = article(read_page(f"Lighthouse shines again\n\n8 грудня 2023 року, п’ятниця\n\n{STORY}\n"))

    assert read["published_at"] == "2023-12-07T22:00:00.000Z"


def test_the_outline_shows_sections_and_tags_as_readers_know_them() -> None:
    shown = io.StringIO()

    print_outline(
        read_page(f"Lighthouse shines again\n\n{STORY}\n\nTags: Long Cape, lamps\n", section="Місто і море"),
        "light.txt",
        Console(file=shown, width=200),
    )

    assert "section Місто і море" in shown.getvalue()
    assert "tags Long Cape, lamps" in shown.getvalue()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"Light\u00adhouse\n\n{STORY}", ["1 line held"]),
        (f"Light\u00adhouse\n\n{STORY}\u00a0", ["2 lines held"]),
        (f"Lighthouse  shines\n\n{STORY}", []),
    ],
)  # fmt: skip
def test_odd_characters_are_counted_line_by_line(text: str, says: list[str]) -> None:
    assert [one.partition(" characters")[0] for one in read_page(text).odd] == says


@pytest.mark.parametrize("box", ["Most read", "Most read\nOtters return to the mill pond\nBus 14 gets a roof at last"])
@pytest.mark.parametrize(
    "again", ["“Nobody was hurt,” said Ann Lee, the keeper of the bridge.", "Photo: Ann Lee/Mill Trust"]
)
def test_a_list_within_the_story_ends_where_the_story_goes_on(box: str, again: str) -> None:
    closed = "The bridge was closed on Monday because of a crack in its oldest pillar, the Mill Trust said."
    walk = "Those who have to cross the river walk to the ferry, which sails every hour until dusk, and wait for it."
    read = read_page(f"Bridge closed\n\n{closed}\n\n{walk}\n\n{box}\n\n{again}\n\n{walk}\n\nA ford\n\n{walk}\n")

    kinds = [block["type"] for block in article(read)["body"]]
    assert kinds[-4] in ("quote", "image")
    assert kinds[-3:] == ["paragraph", "heading", "paragraph"]
    assert len(named(read, "article")) == (3 if "\n" in box else 1)


@pytest.mark.parametrize("apart", ["\n", "\n\n"])
@pytest.mark.parametrize("when", ["13 November 2024", "2 hours ago", "14:05"])
@pytest.mark.parametrize("bullet", ["", "• "])
def test_words_above_each_headline_of_a_list_are_sections(bullet: str, when: str, apart: str) -> None:
    entries = [("Harbour", "Brisk opens a winter berth for boats"), ("Islands", "First chemist arrives on Little Tarn")]
    listed = apart.join(apart.join([bullet + section, headline, when]) for section, headline in entries)
    read = read_page(
        "Bridge closed\n\nThe bridge was closed on Monday because of a crack in its oldest pillar.\n\n"
        f"Latest posts\n\n{listed}\n"
    )
    stubs = [one for one in read.documents if one["noun"] == "article"][1:]

    assert [(one["section"], one["headline"]) for one in stubs] == [(name.lower(), line) for name, line in entries]


def test_a_day_before_a_headline_of_a_list_is_its_date() -> None:
    read = read_page(
        "Міст закрили\n\nМіст закрили в понеділок через тріщину в найстарішій опорі.\n\nОстанні новини\n\n"
        "13.11.2024 У Бриску відкрили зимову пристань для катерів\n12.11.2024 На Малому Тарні є аптека\n"
    )
    stubs = [one for one in read.documents if one["noun"] == "article"][1:]

    assert [one["headline"] for one in stubs] == [
        "У Бриску відкрили зимову пристань для катерів",
        "На Малому Тарні є аптека",
    ]
    assert stubs[0]["published_at"] == "2024-11-12T22:00:00.000Z"


@pytest.mark.parametrize(
    ("behind", "paragraphs"),
    [
        ("In 1947 the ferry got its old name back, and in 1962 it was laid up.", 2),
        ("The ferry will sail again in May 2026.", 1),
        ("The ferry was late on Monday.", 1),
        ("The captain said the ferry had been late since 2020.", 1),
    ],
)
def test_a_note_behind_its_marker_goes_on_while_it_tells_years(behind: str, paragraphs: int) -> None:
    read = read_page(
        "Ferry back at sea\n\nThe ferry will sail again on Monday, the harbour trust said.\n\n"
        f"Background: The ferry was built in 1911 at a yard in Brisk.\n\n{behind}\n"
    )
    note = next(one for one in read.documents if one["noun"] == "note")

    assert len(note["body"]) == paragraphs
