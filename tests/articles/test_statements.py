"""What a request costs in statements: the number that the docstrings say, whatever the number of items."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import literal, select

from app.db import SHAPES, Database, Reader
from tests.conftest import Load, serving
from tests.factories import Line, article, article_id, box, collection, credit, note, said, section, source, tag
from tests.processes import until

pytestmark = pytest.mark.usefixtures("uncached")


def world(size: int) -> list[Line]:
    """Stories that name each other and much else."""
    names = [f"n{n}" for n in range(size)]
    return [
        section("town"),
        *map(tag, names),
        *map(source, names),
        *(
            note(slug, tags=[slug], attributions=[credit(slug)], facts=[{"on": "1811", "text": "Built."}])
            for slug in names
        ),
        *(
            article(
                f"a{n}",
                f"2025-01-01T00:00:{n:02}Z",
                section="town",
                tags=names,
                attributions=[credit(slug) for slug in names],
                body=[box(names[n]), box(names[n - 1], 1), said(names[n])],
                relations=[{"relation": "background", "article": article_id(f"a{m}")} for m in range(size)],
                **({"translation_of": article_id("a0"), "language": f"q{chr(97 + n)}"} if n else {}),
            )
            for n in range(size)
        ),
        collection("front", pinned=[article_id(f"a{n}") for n in range(size // 2)], fill="tag=n0", length=size),
    ]


@pytest.fixture(scope="module")
async def small(module_url: str) -> AsyncIterator[AsyncClient]:
    async with serving(module_url, *world(2)) as api:
        yield api


@pytest.fixture(scope="module")
def large_url(fresh: Any) -> Any:
    with fresh(True) as url:
        yield url


@pytest.fixture(scope="module")
async def large(large_url: str) -> AsyncIterator[AsyncClient]:
    async with serving(large_url, *world(20)) as api:
        yield api


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("/v1/articles", 1),
        ("/v1/articles?tag=n0&sort=-updated_at&fields=body", 1),
        ("/v1/articles?tag=n0,n1&language=en,qb", 1),
        ("/v1/articles?tag=n0&source=n1&note=n0", 2),
        ("/v1/articles?language=qb&fallback=en,qc", 2),
        ("/v1/articles?tag=n0&source=n1&language=qb&fallback=en,qc&count=true", 5),
        ("/v1/articles?count=true", 2),
        ("/v1/articles?tag=n0,n1&count=true&modified_since=2020", 2),
        (f"/v1/articles?ids={article_id('a0')},{article_id('a1')}", 1),
        ("/v1/articles?facets=tag,language,month", 5),
        ("/v1/articles?tag=n0,n1&facets=section,author", 5),
        ("/v1/articles?tag=n0&source=n1&facets=tag,section,source", 13),
        ("/v1/articles?include=tags", 2),
        ("/v1/articles?include=tags,sources,relations,translations", 3),
        ("/v1/articles?include=notes", 2),
        ("/v1/articles?include=notes&fields=body", 3),
        ("/v1/articles/a0", 1),
        ("/v1/articles/a0?include=tags,sources,notes,relations,translations", 5),
        ("/v1/articles/nowhere", 2),
        ("/v1/articles/a0/revisions", 2),
        ("/v1/articles/a0/revisions/1", 2),
        ("/v1/articles/a0/related", 5),
        ("/v1/archive?by=day", 1),
        ("/v1/quotes?include=articles", 2),
        ("/v1/quotes?source=n0,n1&language=en", 2),
        ("/v1/timeline", 3),
        ("/v1/timeline?tag=n0&source=n0", 4),
        ("/v1/tags", 1),
        ("/v1/tags?include=counts&count=true&type=topic", 3),
        ("/v1/tags?ids=n0,n1", 1),
        ("/v1/tags/n0", 1),
        ("/v1/sources?sort=-modified_at", 1),
        ("/v1/notes?tag=n0&source=n0&language=en", 1),
        ("/v1/collections/front", 1),
        ("/v1/collections/front/items", 3),
        ("/v1/collections/front/items?include=tags,sources,relations&language=en", 4),
        ("/v1/notes?include=tags,sources", 2),
        ("/v1/notes/n0?include=tags,sources", 2),
        ("/v1/articles?limit=0", 0),
        ("/livez", 0),
    ],
)
async def test_a_request_costs_a_fixed_number_of_statements(
    small: AsyncClient, large: AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str, statements: int
) -> None:
    path = path.replace("modified_since=2020", "modified_since=2020-01-01")
    seen: list[object] = []
    rows, asking = Reader.rows, asyncio.current_task()

    async def counting(self: Reader, statement: Any, *args: Any, **kwargs: Any) -> Any:
        if asyncio.current_task() is asking:  # the server reads for itself too
            seen.append(statement)
        return await rows(self, statement, *args, **kwargs)

    monkeypatch.setattr(Reader, "rows", counting)
    for api in (small, large):
        seen.clear()
        answer = await api.get(path)
        assert answer.status_code in {200, 404, 422}
        assert len(seen) == statements


async def test_a_refusal_costs_no_connection(api: AsyncClient, load: Load) -> None:
    await load(article("flood"))
    await api.get("/v1/articles")
    pool = api._transport.app.state.database.pool  # type: ignore[attr-defined]
    connections = {*pool._free}
    for path in (
        "/v1/articles/nowhere?include=tags",
        "/v1/notes/nowhere",
        "/v1/articles?cursor=x",
        "/v1/articles/flood",
    ):
        assert (await api.get(path)).status_code in {200, 404, 422}
    assert connections
    await until(lambda: connections <= {*pool._free})  # the ticker may be using one


async def test_no_client_can_fill_the_memory_with_shapes_of_statements(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.database.SHAPES", 5)
    assert SHAPES <= 1_000
    statements = [select(literal(n)) for n in range(20)]
    for n, statement in enumerate(statements):
        assert await database.reader().rows(statement) == [(n,)]
    assert len(database._compiled) == 5
    assert await database.reader().rows(statements[0]) == [(0,)]
