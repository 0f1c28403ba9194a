"""Every problem leads to a page that explains it."""

import pytest
from httpx import AsyncClient

from app.errors import CATALOGUE
from tests.answers import refusal


@pytest.mark.parametrize("code", CATALOGUE)
async def test_each_kind_of_problem_has_a_page(newsroom: AsyncClient, code: str) -> None:
    answer = await newsroom.get(f"/problems/{code}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert CATALOGUE[code].title in answer.text
    assert f"{CATALOGUE[code].status} {code}" in answer.text


@pytest.mark.parametrize("code", ["nothing", "%3Cscript%3E", "NOT-FOUND", "%00", "x" * 500])
async def test_a_kind_of_problem_that_is_not_there_is_404(newsroom: AsyncClient, code: str) -> None:
    answer = await newsroom.get(f"/problems/{code}")
    refusal(answer, 404, "not-found")
    assert "<script>" not in answer.text


def test_each_code_says_its_status_once() -> None:
    assert [*CATALOGUE] == [refusal.code for refusal in CATALOGUE.values()]
    assert len({refusal.title for refusal in CATALOGUE.values()}) == len(CATALOGUE)
