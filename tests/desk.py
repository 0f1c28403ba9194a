"""What the desk does in tests: each is one request that succeeds, and is what the OpenAPI document says of it."""

from typing import Any

from httpx import AsyncClient, Response

from tests.openapi import check_answer

PATH = "/v1/articles"


def address(ref: str, rest: str = "") -> str:
    return f"{PATH}/{ref}{rest}"


async def write(desk: AsyncClient, headline: str = "The river rose", **fields: Any) -> Any:
    """A new draft."""
    answer = await desk.post(PATH, json={"language": "en", "headline": headline, **fields})
    return _written(answer, 201)


async def act(desk: AsyncClient, ref: str, verb: str, **sent: Any) -> Any:
    """The article after `publish`, `withdraw` and their like."""
    return _written(await desk.post(address(ref, f"/{verb}"), json=sent), 200)


async def publish(desk: AsyncClient, headline: str = "The river rose", **fields: Any) -> Any:
    """A new article that everyone reads."""
    return await act(desk, (await write(desk, headline, **fields))["id"], "publish")


async def newest(desk: AsyncClient, ref: str) -> Response:
    """The article as the desk sees it."""
    answer = await desk.get(address(ref), params={"perspective": "drafts"})
    assert answer.status_code == 200, answer.text
    check_answer(answer)
    return answer


async def send(desk: AsyncClient, ref: str, rest: str = "", **patch: Any) -> Response:
    """The answer to a patch of the newest state."""
    seen = (await newest(desk, ref)).headers["etag"]
    return await desk.patch(address(ref, rest), json=patch, headers={"If-Match": seen})


async def change(desk: AsyncClient, ref: str, rest: str = "", **patch: Any) -> Any:
    """The article after a patch of the newest state."""
    return _written(await send(desk, ref, rest, **patch), 200)


async def drop(desk: AsyncClient, ref: str, rest: str = "") -> Response:
    """The answer to a deletion of the newest state."""
    seen = (await newest(desk, ref)).headers["etag"]
    answer = await desk.delete(address(ref, rest), headers={"If-Match": seen})
    check_answer(answer)
    return answer


def _written(answer: Response, status: int) -> Any:
    assert answer.status_code == status, (str(answer.url), answer.text)
    check_answer(answer)
    found = answer.json()
    assert answer.headers["etag"] == f'"{found["revision"]}"'
    assert answer.headers["cache-control"] == "private, no-store"
    return found


def pointers(answer: Response, status: int = 422, code: str = "invalid") -> set[str]:
    """The places in the body that a refusal names."""
    check_answer(answer)
    found = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), answer.text
    return {one["pointer"] for one in found["errors"]}
