"""Pages are read in a process of its own, which one page cannot take from the others."""

from collections.abc import Iterator

import pytest

from app.errors import Invalid
from app.importers.html.given import Given
from app.importers.html.reading import Reader
from tests.importers.html.pages import NOW, ZONE, data_of, page


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Given(ZONE, NOW)) as reader:
        yield reader


def test_pages_and_refusals_come_back(reader: Reader) -> None:
    assert reader.read(page().encode()).article["headline"] == "The weir holds"
    with pytest.raises(
        Invalid, match=r"The page asks for a password: it is a page to log in, and no story\."
    ) as refusal:
        reader.read(data_of("login.html"))
    assert [fault.detail for fault in refusal.value.faults] == [
        "asks for a password: it is a page to log in, and no story"
    ]
    assert reader.read(page(headline="<h1>The weir</h1>").encode()).article["headline"] == "The weir"


def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    with Reader(Given(ZONE, NOW), seconds=0.0) as reader:
        with pytest.raises(Invalid, match=r"takes longer than 0 seconds"):
            reader.read(page().encode())
        reader._seconds = 60.0
        assert reader.read(page().encode()).article["headline"] == "The weir holds"


def test_a_process_that_ends_costs_its_page_alone() -> None:
    with Reader(Given(ZONE, NOW)) as reader:
        reader.read(page().encode())
        assert reader._process is not None
        reader._process.kill()
        reader._process.join()
        with pytest.raises(Invalid, match="ends the parser"):
            reader.read(page().encode())
        assert reader.read(page().encode()).article["headline"] == "The weir holds"
