"""The desk's lists of notes: by status, by what changed last, by when they are due; and for the desk alone."""

import pytest
from httpx import AsyncClient
from sqlalchemy.dialects.sqlite import dialect

from app.changes import slug_lists
from app.notes.listing import _conditions
from tests import sql
from tests.answers import get
from tests.conftest import Fresh, Load
from tests.factories import note, tag
from tests.openapi import check_answer

PATH = "/v1/notes"
EARLY, LATE = "2098-01-01T06:00:00.000Z", "2099-01-01T06:00:00.000Z"


@pytest.fixture
async def mills(desk: AsyncClient, load: Load) -> AsyncClient:
    """Notes of each status."""
    await load(
        tag("mills"),
        note("open", tags=["mills"], modified_at="2026-01-01T00:00:00.000Z"),
        note("begun", status="draft", tags=["mills"], modified_at="2026-01-02T00:00:00.000Z"),
        note("late", status="scheduled", publish_at=LATE, modified_at="2026-01-03T00:00:00.000Z"),
        note("soon", status="scheduled", publish_at=EARLY, modified_at="2026-01-04T00:00:00.000Z"),
    )
    answer = await desk.post(f"{PATH}/open/withdraw", json={"reason": "error"})
    assert answer.status_code == 200
    await load(note("shown", tags=["mills"], modified_at="2026-01-05T00:00:00.000Z"))
    return desk


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"status": "draft"}, ["begun"]),
        ({"status": "scheduled"}, ["late", "soon"]),
        ({"status": "scheduled", "sort": "publish_at"}, ["soon", "late"]),
        ({"status": "scheduled", "sort": "-modified_at"}, ["soon", "late"]),
        ({"status": "withdrawn"}, ["open"]),
        ({"status": "published"}, ["shown"]),
        ({"status": "draft,published"}, ["begun", "shown"]),
        ({"status": "draft,published", "q": "mill"}, ["begun", "shown"]),
        ({"status": "draft", "tag": "mills"}, ["begun"]),
        ({"working_copy": "true"}, []),
        ({"working_copy": "false"}, ["begun", "late", "open", "shown", "soon"]),
    ],
)
async def test_the_desk_lists_notes_of_a_status(mills: AsyncClient, asked: dict[str, str], found: list[str]) -> None:
    answer = await mills.get(PATH, params={"perspective": "drafts", "count": "true", **asked})

    check_answer(answer)
    assert [item["slug"] for item in answer.json()["items"]] == found
    assert answer.json()["count"] == {"value": len(found), "exact": True}


async def test_pages_of_what_is_due_lead_there_and_back(mills: AsyncClient) -> None:
    asked = {"perspective": "drafts", "status": "scheduled", "sort": "publish_at", "limit": "1"}
    first = await get(mills, PATH, **asked)
    second = await get(mills, PATH, **asked, cursor=first["next"])
    back = await get(mills, PATH, **asked, cursor=second["prev"])

    assert [page["items"][0]["slug"] for page in (first, second, back)] == ["soon", "late", "soon"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("asked", "parameter", "reason"),
    [
        ({"status": "draft"}, "status", "perspective=drafts"),
        ({"working_copy": "false"}, "working_copy", "perspective=drafts"),
        ({"sort": "publish_at", "perspective": "drafts"}, "sort", "status=scheduled"),
    ],
)
async def test_what_only_the_desk_knows_is_refused_to_others(
    desk: AsyncClient, asked: dict[str, str], parameter: str, reason: str
) -> None:
    answer = await desk.get(PATH, params=asked)

    check_answer(answer)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["parameter"]) == (422, parameter)
    assert reason in fault["detail"]


async def test_readers_sort_notes_by_what_changed_last_as_before(mills: AsyncClient, api: AsyncClient) -> None:
    assert [item["slug"] for item in (await get(api, PATH, sort="-modified_at"))["items"]] == ["shown"]


async def test_what_is_due_is_read_from_an_index(sqlite: Fresh) -> None:
    conditions = _conditions("desk", (), (), (), (2,), frozenset())
    shape = slug_lists._Shape("desk", ("desk",), False, True, False, False, False, None)
    statement = str(slug_lists._page(shape, conditions).compile(dialect=dialect()))

    with sqlite() as url:
        plan = await sql.query(url, f"EXPLAIN QUERY PLAN {statement.replace('?', '0')}")

    steps = [row.detail for row in plan]
    assert [step for step in steps if "ix_view_entries_due_at" in step], steps
