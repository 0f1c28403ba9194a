"""A list that needs several filters looks through so many articles a page, and loses none of them by that."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from app.articles import listing
from tests.answers import get
from tests.conftest import serving
from tests.factories import article, tag

SORTS = ["-published_at", "published_at", "-updated_at", "updated_at"]


@pytest.fixture(scope="module")
async def thirty(module_url: str) -> AsyncIterator[AsyncClient]:
    """Thirty stories in two languages, two a day; every seventh has both tags."""
    stories = [
        article(
            f"a{n}",
            f"2025-01-{1 + n // 2:02}T00:00:00Z",
            language="en" if n % 3 else "uk",
            tags=["m", "n"] if n % 7 == 3 else ["m"] if n % 2 else ["n"],
        )
        for n in range(30)
    ]
    async with serving(module_url, tag("m"), tag("n"), *stories) as api:
        yield api


def _slugs(page: Any) -> list[str]:
    return [item["slug"] for item in page["items"]]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("filters", [{}, {"language": "en,uk"}, {"date": "2025-01"}, {"tag_not": "o"}])
async def test_short_pages_lead_to_all_that_match_there_and_back(
    thirty: AsyncClient, monkeypatch: pytest.MonkeyPatch, sort: str, filters: dict[str, str]
) -> None:
    wanted: dict[str, Any] = {"tag": ["m", "n"], "sort": sort, **filters}
    whole = _slugs(await get(thirty, "/v1/articles", **wanted))
    monkeypatch.setattr(listing, "LOOKED_AT", 4)

    there: list[str] = []
    page = await get(thirty, "/v1/articles", **wanted, limit=2)
    there += _slugs(page)
    while page["next"]:
        page = await get(thirty, "/v1/articles", **wanted, limit=2, cursor=page["next"])
        there += _slugs(page)
    back = _slugs(page)
    while page["prev"]:
        page = await get(thirty, "/v1/articles", **wanted, limit=2, cursor=page["prev"])
        back = [*_slugs(page), *back]

    assert len(whole) == 4
    assert there == whole
    assert back == whole
