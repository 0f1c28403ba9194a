"""What tests ask the API and read from its answers."""

from typing import Any

from httpx import AsyncClient, Response

from app.web.caching import PRIVATE, PUBLIC

Pairs = list[tuple[str, str | int | float | bool | None]]


def query(**parameters: str | int | list[str]) -> Pairs:
    """Pairs of a query: a list repeats its parameter."""
    return [
        (name, str(item))
        for name, value in parameters.items()
        for item in (value if isinstance(value, list) else [value])
    ]


def bearing(key: str) -> dict[str, str]:
    """The header of a request that carries the key."""
    return {"Authorization": f"Bearer {key}"}


async def get(api: AsyncClient, path: str, **parameters: Any) -> Any:
    """The body of a 200."""
    answer = await api.get(path, params=query(**parameters))
    assert answer.status_code == 200, (str(answer.url), answer.text)
    return answer.json()


async def slugs(api: AsyncClient, path: str = "/v1/articles", **parameters: Any) -> list[str]:
    """Slugs of the items on one page."""
    return [item["slug"] for item in (await get(api, path, **parameters))["items"]]


async def pages(api: AsyncClient, path: str = "/v1/articles", **parameters: Any) -> list[list[str]]:
    """Slugs of all pages from the first to the last, by `next`."""
    slugs_by_page: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        assert len(slugs_by_page) < 500, "the pages do not end"
        page = await get(api, path, **parameters, **cursor)
        slugs_by_page.append([item["slug"] for item in page["items"]])
        if page["next"] is None:
            return slugs_by_page
        cursor = {"cursor": page["next"]}


def refusal(answer: Response, status: int, code: str) -> Any:
    """The problem of a refused request; checked for what every problem has."""
    assert answer.status_code == status, (str(answer.url), answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    kept = PRIVATE if "authorization" in answer.request.headers else PUBLIC
    assert answer.headers["cache-control"] == (kept if code == "withdrawn" else "no-store")
    document = answer.json()
    assert (document["status"], document["code"], document["type"]) == (status, code, f"/problems/{code}")
    assert document["request_id"] == answer.headers["x-request-id"]
    assert document["title"]
    assert document["detail"]
    return document


def blamed(answer: Response) -> set[str]:
    """The parameters that a 422 names."""
    return {error["parameter"] for error in refusal(answer, 422, "invalid")["errors"]}
