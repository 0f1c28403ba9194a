"""Who says what: quotations in their pieces, speakers, names in any case, attributions of single sentences."""

import pytest

from app.importers.page import attributions, names, quotes
from tests.importers.page.reading import article, read_page


@pytest.mark.parametrize(
    ("text", "parts", "speaker"),
    [
        ("«Міст тримається», — сказав інженер Іван Лис.", ["Міст тримається"], "Іван Лис"),
        (
            "«Міст тримається, — сказав інженер Іван Лис. — Але йому сто років».",
            ["Міст тримається", "Але йому сто років"],
            "Іван Лис",
        ),
        ("— Міст тримається, — каже Олена Гай. — Поки що.", ["Міст тримається", "Поки що."], "Олена Гай"),
        ("Інженерка Олена Гай каже: «Міст простоїть ще рік».", ["Міст простоїть ще рік"], "Олена Гай"),
        ("“It holds,” said Ann Lee. “It holds well enough.”", ["It holds,", "It holds well enough."], "Ann Lee"),
        ("„Міст простоїть ще рік“, – запевняє вона.", ["Міст простоїть ще рік"], "вона"),
        (
            '"The bridge will last a year," the chief engineer, Ann Lee, told us.',
            ["The bridge will last a year,"],
            "Ann Lee",
        ),
        ("Lee replied: “Nobody asked me about that.”", ["Nobody asked me about that."], "Lee"),
    ],
)
def test_a_quotation_has_its_pieces_and_its_speaker(text: str, parts: list[str], speaker: str) -> None:
    found = quotes.find(text)

    assert found is not None
    assert found.clause is not None
    assert found.parts == parts
    assert found.clause.party.name == speaker


@pytest.mark.parametrize(
    "text",
    [
        "Пароплав «Зоря» зайшов у порт.",
        "Вони назвали міст «тимчасовим дивом» і пішли.",
        "The crew of the “Morning Star” called the trip “a little too long”.",
        "Учні школи «Промінь» виграли кубок.",
    ],
)
def test_names_and_fragments_in_quotation_marks_are_no_quotations(text: str) -> None:
    assert quotes.find(text) is None


@pytest.mark.parametrize(
    ("phrase", "oblique", "name", "organisation"),
    [
        ("речниця Служби мостів Олена Гай", False, "Олена Гай", "Служба мостів"),
        ("директора музею Івана Петренка", True, "Іван Петренко", "музей"),
        ("Марії Калинової", True, "Марія Калинова", None),
        ("the harbour trust's director, Ann Lee", False, "Ann Lee", "harbour trust"),
        ("Tom Reed, a spokesman for the water board", False, "Tom Reed", "water board"),
        ("Тихорічанської громади", True, "Тихорічанська громада", None),
        ("Міністерства культури", True, "Міністерство культури", None),
        ("видання «Вісник»", False, "Вісник", None),
        ("the ferry operator Blue Line", False, "Blue Line", None),
    ],
)
def test_a_name_is_read_in_the_nominative(phrase: str, oblique: bool, name: str, organisation: str | None) -> None:
    party = names.read(phrase, oblique=oblique)

    assert party is not None
    assert (party.name, party.organisation) == (name, organisation)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Про це повідомляє Служба мостів у Telegram.", [("Служба мостів", "reported_by", "telegram")]),
        ("This was a hard year, according to the Bakers' Guild.", [("Bakers' Guild", "reported_by", None)]),
        (
            "Міст закриють, пише «Вісник» з посиланням на Службу мостів.",
            [("Вісник", "reported_by", None), ("Служба мостів", "reported_by", None)],
        ),
        ("The water board said in a statement that the dam was safe.", [("water board", "said_by", "press_release")]),
        ("Рух відновили, ідеться в пресрелізі громади.", [("громада", "reported_by", "press_release")]),
        ("Речник порту Іван Лис повідомив редакції, що рух відновили.", [("Іван Лис", "said_by", "interview")]),
        ("Ferry prices will rise, Blue Line announced on its website.", [("Blue Line", "reported_by", "website")]),
        ("У мерії пояснили, що рух відновлять уранці.", [("мерія", "said_by", None)]),
        (
            "A spokesman for the water board said repairs had begun.",
            [("spokesman for the water board", "said_by", None)],
        ),
        ("The dam is safe.", []),
        ("Очевидці кажуть, що чули гуркіт.", []),
    ],
)
def test_a_sentence_tells_where_its_information_comes_from(text: str, found: list[tuple[str, str, str | None]]) -> None:
    assert [(one.party.name, one.role, one.channel) for one in attributions.find(text)] == found


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("“It holds,” said Ann Lee. “It holds well.”", "It holds. It holds well."),
        ("“It holds,” said Ann Lee, “and holds well.”", "It holds, and holds well."),
        ("— Міст тримається, — каже Олена Гай. — Поки що.", "Міст тримається. Поки що."),
    ],
)
def test_a_broken_quotation_reads_as_it_was_said(text: str, joined: str) -> None:
    read = read_page(f"Bridge holds\n\n{text}\n")

    assert article(read)["body"][0]["html"] == joined
