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
