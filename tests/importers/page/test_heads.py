"""What stands between the lines of a head costs none of its facts."""

import pytest

from tests.importers.page.reading import article, named, read_page

STORY = """{above}
By Ann Lee
{between}
Transport
3 May 2024, 14:20

The ferry will sail again on Monday after a week in the dock, the harbour trust said.

Its engine was taken apart and put together twice, and nobody knows why it works now."""


@pytest.mark.parametrize(
    "between",
    [
        "UPDATE 12:30: Adds what the mayor said.",
        "Correction: an earlier version misspelled the name of the bridge.",
        "See also: How bees spend the winter in Lowmere",
        "Top stories",
        "• Live",
        "Photo: Mark Pond",
        "For reference: this story was supported by our readers.",
        "Advertisement",
    ],
)
@pytest.mark.parametrize("above", ["Ferry back at sea\n", "Ferry back at sea\n\nIt was a week in the dock for repairs"])
def test_a_line_between_byline_and_date_ends_no_head(above: str, between: str) -> None:
    read = read_page(STORY.format(above=above, between=between))
    found = article(read)

    assert (found["byline"], found["published_at"]) == ("Ann Lee", "2024-05-03T11:20:00.000Z")
    assert found["section"] == "transport"


def test_tags_between_byline_and_date_are_tags() -> None:
    read = read_page(STORY.format(above="Ferry back at sea\n", between="#ferry #port"))

    assert article(read)["published_at"] == "2024-05-03T11:20:00.000Z"
    assert {"ferry", "port"} <= set(named(read, "tag"))


def test_a_correction_above_the_date_is_kept() -> None:
    line = "Correction: an earlier version misspelled the name of the bridge."

    assert article(read_page(STORY.format(above="Ferry back at sea\n", between=line)))["editors_note"] == line


def test_a_known_section_wins_over_a_few_words_above_it() -> None:
    text = STORY.format(above="Ferry back at sea\n\nSlow read", between="3 min read")

    assert article(read_page(text))["section"] == "transport"


def test_a_rubric_right_above_the_story_opens_no_list_of_others() -> None:
    text = "Ferry back at sea\n\nTop stories\n\n" + STORY.split("\n\n", 1)[1]

    assert len(article(read_page(text))["body"]) == 2


@pytest.mark.parametrize(
    ("line", "byline", "section"),
    [
        ("13.11.2024 14.05", None, None),
        ("Рубрика: Культура | Ганна Лис, кореспондентка | 13.11.2024 14:05", "Ганна Лис", "культура"),
        ("Авторка — Ганна Лис | Опубліковано 13 листопада 2024 року о 14.05", "Ганна Лис", None),
        ("Ann Lee in Tarnmouth • Posted on November 13, 2024 at 2:05 pm • Culture", "Ann Lee", "culture"),
        (
            "By Ann Lee and Tom Reed • Posted on November 13, 2024 at 2:05 pm • Culture",
            "Ann Lee and Tom Reed",
            "culture",
        ),
        ("13 листопада 2024, 14:05\n\nДзвенимир Лугодар", "Дзвенимир Лугодар", None),
        ("Дзвенимир Лугодар\n\n13 листопада 2024, 14:05\n\nКультура", "Дзвенимир Лугодар", "культура"),
    ],
)
def test_facts_of_a_head_are_told_apart(line: str, byline: str | None, section: str | None) -> None:
    summary = "A week in the dock: how the oldest ferry of the region was mended"
    read = read_page("\n\n".join(["Ferry back at sea", summary, line, STORY.split("\n\n", 1)[1]]))
    found = article(read)
    labels = {one["slug"]: next(iter(one["labels"].values())) for one in read.documents if one["noun"] == "tag"}

    assert found["standfirst"] == summary
    assert (found["byline"], found["published_at"]) == (byline, "2024-11-13T12:05:00.000Z")
    assert labels.get(found["section"], "").lower() == (section or "")
