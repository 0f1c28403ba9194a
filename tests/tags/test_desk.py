"""Tags at the desk: what stands under them keeps them in their place."""

from typing import Any

from httpx import AsyncClient

from app.db import Database
from tests.answers import refusal
from tests.conftest import Load
from tests.contents import written
from tests.factories import draft, section, tag


def pointers(answer: Any, status: int = 422, code: str = "invalid") -> list[str]:
    return [one["pointer"] for one in refusal(answer, status, code)["errors"]]


async def test_a_tag_under_which_articles_stand_keeps_its_place(
    desk: AsyncClient, load: Load, database: Database
) -> None:
    await load(section("town"), section("suburb"), tag("zoo"), tag("ape"), tag("free"))
    await load(draft("a", section="suburb", tags=["ape"]))
    before = await written(database)
    for slug, patch, pointer in (
        ("ape", {"parent": "zoo"}, "/parent"),
        ("ape", {"type": "section"}, "/type"),
        ("suburb", {"parent": "town"}, "/parent"),
        ("suburb", {"type": "place"}, "/type"),
    ):
        answer = await desk.patch(f"/v1/tags/{slug}", json=patch, headers={"If-Match": "*"})
        assert pointers(answer, 409, "conflict") == [pointer], patch
    assert await written(database) == before
    for slug, patch in (("free", {"parent": "zoo"}), ("ape", {"type": "place"}), ("town", {"type": "place"})):
        answer = await desk.patch(f"/v1/tags/{slug}", json=patch, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text


async def test_sections_stand_under_sections_alone(desk: AsyncClient, load: Load) -> None:
    await load(section("town"), section("suburb", parent="town"), tag("zoo"), tag("ape", parent="zoo"))
    for slug, patch in (("ape", {"parent": "town"}), ("suburb", {"parent": "zoo"})):
        answer = await desk.patch(f"/v1/tags/{slug}", json=patch, headers={"If-Match": "*"})
        assert pointers(answer) == ["/parent"], slug
    for slug, kind in (("town", "place"), ("zoo", "section")):
        answer = await desk.patch(f"/v1/tags/{slug}", json={"type": kind}, headers={"If-Match": "*"})
        assert pointers(answer, 409, "conflict") == ["/type"], slug
