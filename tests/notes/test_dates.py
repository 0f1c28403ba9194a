"""Notes by date, and without tags: the filters that articles have, with the same meaning."""

from itertools import product
from typing import Any

import pytest
from httpx import AsyncClient

from app.db import Database
from app.web.purge_keys import purge_key
from tests.answers import blamed, get, pages, slugs
from tests.conftest import Load
from tests.contents import accept
from tests.factories import draft, note, source, tag
from tests.openapi import check_answer

Json = dict[str, Any]
PATH = "/v1/notes"


def dated(slug: str, published: str, updated: str | None = None, modified: str | None = None, **fields: Any) -> Json:
    """A published note with these dates."""
    updated = updated or published
    dates = {"published_at": published, "updated_at": updated, "modified_at": modified or updated}
    return note(slug, **dates, first_published_at=published, created_at=published, **fields)


DAM, BRIDGE, MILL, WEIR = "dam", "humpback-bridge", "mill", "weir"


@pytest.fixture
async def notes(load: Load) -> None:
    await load(tag("water"), tag("rivers", parent="water"), tag("roads"), source("gauge"))
    await load(
        dated(DAM, "2025-01-21T21:59:59.999Z", tags=["rivers"]),
        dated(BRIDGE, "2025-01-21T22:00:00.000Z", "2025-03-01T10:00:00.000Z", tags=["roads"]),
        dated(MILL, "2025-01-22T21:59:59.999Z", "2025-01-23T10:00:00.000Z", "2025-04-01T10:00:00.000Z", language="uk"),
        dated(WEIR, "2025-02-01T00:00:00.000Z", tags=["water", "roads"]),
    )


@pytest.mark.usefixtures("notes")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"date": "2025-01-22"}, [BRIDGE, MILL]),
        ({"date": "2025-01-22", "tz": "UTC"}, [MILL]),
        ({"date": "2025-01"}, [DAM, BRIDGE, MILL]),
        ({"date": "2024"}, []),
        ({"published_from": "2025-01-22"}, [BRIDGE, MILL, WEIR]),
        ({"published_from": "2025-01-21T22:00:00.001Z"}, [MILL, WEIR]),
        ({"published_to": "2025-01-22"}, [DAM, BRIDGE, MILL]),
        ({"published_to": "2025-01-21T22:00:00Z"}, [DAM, BRIDGE]),
        ({"published_from": "2025-01-22", "published_to": "2025-01-31"}, [BRIDGE, MILL]),
        ({"updated_since": "2025-01-23T10:00:00Z"}, [BRIDGE, MILL, WEIR]),
        ({"updated_since": "2025-02-01T00:00:00.001Z"}, [BRIDGE]),
        ({"modified_since": "2025-03-01T10:00:00.001Z"}, [MILL]),
        ({"modified_since": "2025-03-01", "sort": "-modified_at"}, [MILL, BRIDGE]),
        ({"tag_not": "water"}, [BRIDGE, MILL]),
        ({"tag_not": "rivers"}, [BRIDGE, MILL, WEIR]),
        ({"tag_not": "rivers,roads"}, [MILL]),
        ({"tag_not": ["rivers", "roads"]}, [MILL]),
        ({"tag_not": "nobody-knows-it"}, [DAM, BRIDGE, MILL, WEIR]),
        ({"tag": "water", "tag_not": "roads"}, [DAM]),
        ({"tag": "water", "published_from": "2025-01-22"}, [WEIR]),
        ({"language": "uk", "updated_since": "2025-01-23"}, [MILL]),
        ({"q": "mill", "modified_since": "2025-03-01"}, [BRIDGE, MILL]),
        ({"ids": f"{WEIR},{DAM},{MILL}", "published_to": "2025-01-22"}, [DAM, MILL]),
    ],
)
async def test_a_filter_selects_what_it_selects_of_articles(
    api: AsyncClient, query: dict[str, Any], expected: list[str]
) -> None:
    assert await slugs(api, PATH, **query) == expected
    counted = await get(api, PATH, **query, count="true")
    assert counted["count"] == {"value": len(expected), "exact": True}


@pytest.mark.usefixtures("notes")
@pytest.mark.parametrize("sort", ["slug", "-modified_at"])
async def test_pages_of_a_filtered_list_hold_each_note_once(api: AsyncClient, sort: str) -> None:
    query = {"updated_since": "2025-01-22", "tag_not": "rivers", "sort": sort}
    slugs_by_page = await pages(api, PATH, limit=1, **query)
    assert sorted(slug for page in slugs_by_page for slug in page) == [BRIDGE, MILL, WEIR]


@pytest.mark.usefixtures("notes")
async def test_the_desk_filters_its_drafts_by_when_they_were_made(desk: AsyncClient, database: Database) -> None:
    made = {"created_at": "2025-01-22T09:00:00.000Z", "modified_at": "2025-05-01T09:00:00.000Z"}
    await accept(database, note("plan", status="draft", tags=["roads"], **made))
    assert await slugs(desk, PATH, date="2025-01-22", perspective="drafts") == [BRIDGE, MILL, "plan"]
    assert await slugs(desk, PATH, modified_since="2025-05-01", perspective="drafts") == ["plan"]
    assert await slugs(desk, PATH, tag_not="roads", perspective="drafts", status="draft") == []
    assert await slugs(desk, PATH, date="2025-01-22") == [BRIDGE, MILL]


@pytest.mark.usefixtures("notes")
async def test_a_list_without_a_tag_depends_on_which_tags_stand_under_it(api: AsyncClient) -> None:
    for query in ("tag_not=water", "tag_not=water&language=uk", "tag_not=water&ids=mill"):
        keys = (await api.get(f"{PATH}?{query}")).headers["surrogate-key"].split()
        assert purge_key("tags") in keys, query
    keys = (await api.get(f"{PATH}?date=2025-01")).headers["surrogate-key"].split()
    assert keys == ["notes"]


@pytest.mark.usefixtures("notes")
async def test_a_filtered_list_is_explained(api: AsyncClient) -> None:
    answer = await api.get(f"{PATH}?tag_not=roads&updated_since=2025-01-22&tz=UTC&explain")
    check_answer(answer)
    explained = answer.json()["explain"]
    assert explained["sentence"] == (
        "Published notes, without the tag roads, updated since 2025-01-22, with dates read in UTC; by slug, at most"
        " 20 on a page."
    )
    assert explained["index"] == "Entries of notes by slug; looked up in lists of notes."


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("date=2025-13", "date"),
        ("date=yesterday", "date"),
        ("date=", "date"),
        ("date=2025&date=2024", "date"),
        ("date=2025&published_from=2025-01-01", "date"),
        ("published_from=2025-02-30", "published_from"),
        ("published_to=2025-01-22T10:00:00", "published_to"),
        ("updated_since=2025", "updated_since"),
        ("modified_since=2025-01-22T10:00:00%2B99:00", "modified_since"),
        ("tz=Europe/Kyiv", "tz"),
        ("tz=Kyiv&date=2025", "tz"),
        ("tag_not=No_slug", "tag_not"),
        ("tag_not=", "tag_not"),
        (f"tag_not={','.join(f't{n}' for n in range(21))}", "tag_not"),
        ("&".join(f"tag_not=t{n}" for n in range(11)), "tag_not"),
        ("&".join(f"tag_not={','.join(f't{m}-{n}' for n in range(16))}" for m in range(2)), "tag_not"),
    ],
)
async def test_a_filter_that_cannot_be_is_refused_and_named(api: AsyncClient, query: str, name: str) -> None:
    assert blamed(await api.get(f"{PATH}?{query}")) == {name}


async def test_no_filter_shows_the_public_a_draft(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    await load(tag("rivers"), note("canary", status="draft", created_at="2025-01-22T09:00:00.000Z"), draft("plan"))
    filters = ("date=2025-01-22", "updated_since=2020-01-01", "modified_since=2020-01-01", "tag_not=rivers")
    for query, rest in product(filters, ("", "&count=true", "&ids=canary")):
        page = (await api.get(f"{PATH}?{query}{rest}")).json()
        assert page["items"] == []
        assert page["count"] in (None, {"value": 0, "exact": True})
    assert await slugs(desk, PATH, tag_not="rivers", perspective="drafts") == ["canary"]
