"""What can be seen as of another instant, and how what cannot be is refused."""

import pytest
from httpx import AsyncClient

from tests.answers import refusal

PAST, TO_COME = "2025-01-22T12:00:00Z", "2098-01-22T12:00:00Z"


@pytest.mark.parametrize("path", ["/v1/articles", "/feeds/articles.json"])
async def test_a_list_of_articles_says_why_it_is_not_told_for_the_past(api: AsyncClient, path: str) -> None:
    (fault,) = refusal(await api.get(path, params={"perspective": PAST}), 422, "invalid")["errors"]

    assert (fault["parameter"], fault["code"]) == ("perspective", "past")
    assert "which articles a list had then is not kept" in fault["detail"]
    assert "single articles" in fault["detail"]


@pytest.mark.parametrize("at", [PAST, TO_COME])
@pytest.mark.parametrize(
    "path", ["/v1/notes", "/v1/tags", "/v1/tags/trams", "/v1/sources", "/v1/sources/wire", "/v1/changes"]
)
async def test_what_is_shown_as_it_is_now_says_so_of_any_instant(api: AsyncClient, path: str, at: str) -> None:
    (fault,) = refusal(await api.get(path, params={"perspective": at}), 422, "invalid")["errors"]

    assert (fault["parameter"], fault["code"], fault["allowed"]) == ("perspective", "not-told", ["drafts"])
    assert "this is shown as it is now" in fault["detail"]
