"""Whatever order and shape lines come in: valid documents, every line that holds text accounted for; or a refusal,
where chance has put the story into a list of other stories, or begun the page as JSON or HTML begins."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.errors import Invalid
from app.importers.page import Page
from app.importers.page.text import normalise
from tests.importers.page.reading import PAGES, read_page

LINES = [line for path in sorted(PAGES.glob("*.txt")) for line in path.read_text().split("\n")]
LAST = ["The bridge opens", "It will carry lorries again in May, when its last crack is mended."]

PIECES = st.one_of(
    st.sampled_from(LINES),
    st.tuples(st.sampled_from(LINES), st.integers(0, 200)).map(lambda cut: cut[0][: cut[1]]),
    st.tuples(st.sampled_from(LINES), st.sampled_from(LINES)).map(" ".join),
    st.text(max_size=60),
    st.sampled_from(
        ["", "", "«", "“", "— ", '"', "Фото:", "Довідка.", "Background:", "1", "• ", "#", "\u200b", "\t", "UPD"]
    ),
)


REFUSALS = {
    "The page holds no story.",
    "The file is JSON; documents come in by `import ndjson`.",
    "The file is HTML or XML; give the plain text of the page, as a scraper extracts it.",
}


def read_page_with_a_story(text: str) -> Page | None:
    try:
        return read_page(text.encode())
    except Invalid as refusal:
        if refusal.detail not in REFUSALS:
            raise
        return None


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=40), st.sampled_from(["\n", "\r\n", "\r"]))
@example(['{"'], "\n")
@example(["<html>"], "\n")
def test_any_lines_in_any_order_are_read_and_every_one_is_accounted_for(pieces: list[str], newline: str) -> None:
    text = newline.join(re.sub(r"[\r\n]|[\ud800-\udfff]", " ", piece) for piece in [*pieces, *LAST])
    numbers = [number for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1) if normalise(line)]

    read = read_page_with_a_story(text)
    if read is None:
        return

    assert [use.line for use in read.lines] == numbers
    assert read.documents == read_page(text.encode()).documents


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(PAGES.glob("*.txt"))), st.randoms(use_true_random=False))
def test_the_shuffled_lines_of_a_page_are_read(path, random) -> None:  # type: ignore[no-untyped-def]
    lines = path.read_text().split("\n")
    random.shuffle(lines)

    read_page_with_a_story("\n".join([*lines, *LAST]))
