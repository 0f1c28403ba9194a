"""`explain=true` on notes: what was asked and which index answers it; and that no cache keeps that."""

import pytest
from httpx import AsyncClient

from app.notes.explaining import WORDING, sentence
from app.notes.schemas import NoteQuery
from tests.answers import get
from tests.conftest import Load
from tests.factories import note, tag
from tests.openapi import check_answer


async def test_an_explained_answer_has_a_sentence_an_index_and_a_cost(load: Load, api: AsyncClient) -> None:
    await load(tag("trams"), note("depot", tags=["trams"]))

    answer = await api.get("/v1/notes?tag=trams&explain=true")

    check_answer(answer)
    assert [item["slug"] for item in answer.json()["items"]] == ["depot"]
    explained = answer.json()["explain"]
    assert explained["sentence"] == "Published notes, with the tag trams; by slug, at most 20 on a page."
    assert explained["index"] == "Entries of notes by slug; looked up in lists of notes."
    assert explained["cost_ms"] >= 0
    assert answer.headers["cache-control"] == "private, no-store"
    assert "surrogate-key" not in answer.headers
    assert "explain" not in await get(api, "/v1/notes")


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("", "Entries of notes by slug."),
        ("sort=-modified_at&language=uk", "Entries of notes by modified_at; looked up in lists of notes."),
        ("ids=depot", "Entries of notes by slug."),
        ("q=tram&tag=trams", "Entries of notes by slug; looked up in lists of notes and the index of words."),
    ],
)
async def test_the_index_is_the_one_that_answers(api: AsyncClient, asked: str, index: str) -> None:
    answer = await api.get(f"/v1/notes?explain&{asked}")

    check_answer(answer)
    assert answer.json()["explain"]["index"] == index


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"tag": ["trams,bridges", "city"], "source": ["wire"], "language": "uk,en", "q": "tram"},
            (
                "Published notes, with the tag trams or bridges, with the tag city, resting on the source wire, in the"
                " language uk or en, answering the words tram; by slug, at most 20 on a page."
            ),
        ),
        (
            {"sort": "-modified_at", "limit": 5, "perspective": "drafts"},
            "The newest states of all notes; those changed last first, at most 5 on a page.",
        ),
        ({"ids": "depot,dam"}, "Published notes, those with the 2 given slugs in their order."),
    ],
)
def test_the_sentence_says_what_is_asked(asked: dict[str, object], words: str) -> None:
    assert sentence(NoteQuery.model_validate(asked)) == words


def test_every_filter_has_its_words() -> None:
    assert NoteQuery().filters().keys() - {"sort", "perspective"} == WORDING.keys()
