"""The byline of a story that was given none: written from its authors' names at each write, and kept between."""

from typing import Any

import pytest
from httpx import AsyncClient

from tests.answers import get
from tests.conftest import Load
from tests.desk import act, address, change, publish, write
from tests.factories import article, credit, source

AUTHORS = [
    source("kit", type="person", names={"en": "Olena Kit", "uk": "Олена Кіт"}),
    source("lys", type="person", names={"en": "Ivan Lys"}),
]
KIT, LYS = credit("kit", "author"), credit("lys", "author")


@pytest.fixture(autouse=True)
async def _authors(load: Load) -> None:
    await load(*AUTHORS, source("wire"))


async def rename(desk: AsyncClient, slug: str, name: str) -> None:
    answer = await desk.patch(f"/v1/sources/{slug}", json={"names": {"en": name}}, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("fields", "byline"),
    [
        ({"attributions": [KIT]}, "Olena Kit"),
        ({"attributions": [LYS, KIT, LYS]}, "Ivan Lys, Olena Kit"),
        ({"attributions": [KIT, LYS], "language": "uk"}, "Олена Кіт, Ivan Lys"),
        ({"attributions": [KIT], "byline": None}, "Olena Kit"),
        ({"attributions": [KIT], "byline": "By our desk"}, "By our desk"),
        ({"attributions": [credit("wire"), credit("kit", "editor")]}, None),
        ({}, None),
    ],
    ids=str,
)
async def test_a_byline_that_is_left_out_has_the_names_of_the_authors(
    desk: AsyncClient, fields: dict[str, Any], byline: str | None
) -> None:
    assert (await write(desk, **fields))["byline"] == byline


async def test_it_stays_until_the_next_write(desk: AsyncClient, api: AsyncClient) -> None:
    made = await publish(desk, attributions=[KIT])
    await rename(desk, "kit", "Olena Kit-Lys")
    assert (await get(api, address(made["id"])))["byline"] == "Olena Kit"
    changed = await change(desk, made["id"], headline="The river fell")
    assert changed["byline"] == "Olena Kit-Lys"
    again = await change(desk, made["id"], attributions=[LYS])
    assert again["byline"] == "Ivan Lys"
    assert (await change(desk, made["id"], attributions=[]))["byline"] is None


async def test_what_somebody_wrote_stays_whatever_the_authors_are(desk: AsyncClient) -> None:
    made = await write(desk, attributions=[KIT], byline="Olena Kit in Zghariv")
    assert (await change(desk, made["id"], attributions=[LYS]))["byline"] == "Olena Kit in Zghariv"
    assert (await change(desk, made["id"], byline="Olena Kit"))["byline"] == "Olena Kit"
    assert (await change(desk, made["id"], byline=None))["byline"] == "Ivan Lys"


async def test_a_working_copy_has_a_byline_of_its_own(desk: AsyncClient, api: AsyncClient) -> None:
    made = await publish(desk, attributions=[KIT])
    copy = await change(desk, made["id"], "/draft", attributions=[KIT, LYS])
    assert copy["byline"] == "Olena Kit, Ivan Lys"
    assert (await get(api, address(made["id"])))["byline"] == "Olena Kit"
    assert (await act(desk, made["id"], "publish"))["byline"] == "Olena Kit, Ivan Lys"


async def test_names_that_do_not_fit_into_a_line_are_left_out(desk: AsyncClient, load: Load) -> None:
    await load(source("long", names={"en": "L" * 499}), source("lines", names={"en": "Two\nlines"}))
    authors = [credit(slug, "author") for slug in ("long", "kit")]
    assert (await write(desk, attributions=authors))["byline"] == "L" * 499
    assert (await write(desk, "Other", attributions=[credit("lines", "author")]))["byline"] == "Two lines"


async def test_a_line_without_a_byline_has_the_names_and_one_with_null_has_none(api: AsyncClient, load: Load) -> None:
    await load(
        article("a", attributions=[KIT]),
        article("b", attributions=[KIT], byline=None),
        article("c", attributions=[credit("new", "author")]),
        source("new", names={"en": "Nina Nova"}),
    )
    bylines = [(await get(api, f"/v1/articles/{slug}"))["byline"] for slug in "abc"]
    assert bylines == ["Olena Kit", None, "Nina Nova"]
    report = await load(article("a", attributions=[KIT]))
    assert report.counts["unchanged"] == 1
