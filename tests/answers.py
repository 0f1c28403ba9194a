"""What tests ask the API and read from its answers."""

from typing import Any

from httpx import AsyncClient, Response

Pairs = list[tuple[str, str | int | float | bool | None]]


def query(**parameters: str | int | list[str]) -> Pairs:
    """Pairs of a query: a list repeats its parameter."""
    return [
        (name, str(one))
        for name, value in parameters.items()
        for one in (value if isinstance(value, list) else [value])
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
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        assert len(found) < 500, "the pages do not end"
        page = await get(api, path, **parameters, **cursor)
        found.append([item["slug"] for item in page["items"]])
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def refusal(answer: Response, status: int, code: str) -> Any:
    """The problem of a refused request; checked for what every problem has."""
    assert answer.status_code == status, (str(answer.url), answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert (found["status"], found["code"], found["type"]) == (status, code, f"/problems/{code}")
    assert found["request_id"] == answer.headers["x-request-id"]
    assert found["title"]
    assert found["detail"]
    return found


def blamed(answer: Response) -> set[str]:
    """The parameters that a 422 names."""
    return {error["parameter"] for error in refusal(answer, 422, "invalid")["errors"]}
