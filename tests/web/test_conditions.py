"""If-Match: which revisions it names, and how a request is refused whose condition does not hold."""

import time
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Malformed, Stale, Unconditional
from app.web import problems
from app.web.caching import digest
from app.web.conditions import Condition, IfMatch, read_if_match
from app.web.freshness import Freshness
from app.web.guard import Guard
from tests.answers import refusal

PRESENT = 7


@pytest.fixture
async def desk() -> AsyncIterator[AsyncClient]:
    api = FastAPI(openapi_url=None)
    problems.install(api)

    @api.patch("/thing")
    async def change(if_match: IfMatch) -> str:
        if_match.check(PRESENT)
        return "changed"

    @api.put("/nothing")
    async def put(if_match: IfMatch) -> str:
        if_match.check(None)
        return "created"

    api.add_middleware(Guard, origins=None, freshness=Freshness(), is_content=lambda path: False)
    async with AsyncClient(transport=ASGITransport(api), base_url="http://dovidka.test") as desk:
        yield desk


@pytest.mark.parametrize(
    "header",
    [
        *('"7"', '"7-gzip"', "*", " * ", '"6", "7"', '"7","8"', ',, "7" ,', '\t"7"\t', 'W/"7", "7"', '"a,b", "7"'),
        '"x", ' * 500 + '"7"',
    ],
)
async def test_a_condition_that_names_the_present_revision_holds(desk: AsyncClient, header: str) -> None:
    answer = await desk.patch("/thing", headers={"If-Match": header})

    assert (answer.status_code, answer.json()) == (200, "changed")


@pytest.mark.parametrize(
    "header",
    [
        *('"6"', '"8", "9"', 'W/"7"', 'W/"7-gzip"', '"07"', '"+7"', '"7-br"', '"7-gzip-gzip"', '"*"', '""'),
        *('"70"', '"99999999999999999999"', '"７"'.encode().decode("latin-1"), '"-7"', '"7.0"', '"a,7"'),
    ],
)
async def test_a_condition_that_names_another_revision_is_stale(desk: AsyncClient, header: str) -> None:
    answer = await desk.patch("/thing", headers={b"If-Match": header.encode("latin-1")})

    problem = refusal(answer, 412, "stale")
    assert (problem["revision"], answer.headers["etag"]) == (7, '"7"')
    assert ("weak" in problem["detail"]) == header.startswith("W/")


@pytest.mark.parametrize("coding", ["", "-gzip"])
async def test_the_etag_of_a_selection_is_refused_as_what_it_is(desk: AsyncClient, coding: str) -> None:
    selection = f'"{digest(b"{}")}{coding}"'
    answer = await desk.patch("/thing", headers={"If-Match": f'{selection}, W/"7"'})

    problem = refusal(answer, 412, "no-revision")
    assert (problem["revision"], answer.headers["etag"]) == (7, '"7"')
    assert [fault["parameter"] for fault in problem["errors"]] == ["If-Match"]
    assert "fields" in problem["detail"]
    assert (await desk.patch("/thing", headers={"If-Match": f'{selection}, "7"'})).status_code == 200
    refusal(await desk.patch("/thing", headers={"If-Match": f'{selection}, "6"'}), 412, "stale")


@pytest.mark.parametrize(
    "header",
    [
        *("", " ", "7", "'7'", '"7', '7"', '"7" "8"', '"7";"8"', '*, "7"', '"7", *', "**", 'w/"7"', 'W/ "7"', "W/7"),
        *('"7 "', ",", ", ,", '"7"x', '"a b"', '"a\x7f"'),
    ],
)
async def test_what_is_no_condition_is_refused(desk: AsyncClient, header: str) -> None:
    answer = await desk.patch("/thing", headers={"If-Match": header})

    (fault,) = refusal(answer, 400, "malformed")["errors"]
    assert fault["parameter"] == "If-Match"


async def test_several_headers_are_one_list(desk: AsyncClient) -> None:
    answer = await desk.patch("/thing", headers=[("If-Match", '"6"'), ("If-Match", '"7"')])
    broken = await desk.patch("/thing", headers=[("If-Match", '"7"'), ("If-Match", "*")])

    assert answer.status_code == 200
    refusal(broken, 400, "malformed")


async def test_what_is_there_is_not_changed_without_a_condition(desk: AsyncClient) -> None:
    answer = await desk.patch("/thing")

    (fault,) = refusal(answer, 428, "if-match-required")["errors"]
    assert fault["parameter"] == "If-Match"
    assert "etag" not in answer.headers


async def test_where_nothing_is_there_a_condition_does_not_hold_and_none_is_needed(desk: AsyncClient) -> None:
    assert (await desk.put("/nothing")).json() == "created"
    for header in ("*", '"1"'):
        answer = await desk.put("/nothing", headers={"If-Match": header})
        assert refusal(answer, 412, "stale")["revision"] is None
        assert "etag" not in answer.headers


@given(header=st.text(st.sampled_from('"W/7-gzip*, \t\\'), max_size=20))
def test_any_header_is_read_or_refused(header: str) -> None:
    try:
        read_if_match(header).check(PRESENT)
    except (Malformed, Stale):
        return
    assert header.strip(" \t") == "*" or '"7"' in header or '"7-gzip"' in header


@pytest.mark.parametrize("header", ['"' * 30_000, " " * 30_000, "," * 30_000, 'W/"' * 10_000, '"x",' * 8_000 + "x"])
def test_no_header_takes_long(header: str) -> None:
    begun = time.process_time()
    with pytest.raises(Malformed):
        read_if_match(header)
    assert time.process_time() - begun < 0.1


def test_a_missing_condition_is_refused_whatever_the_revision() -> None:
    with pytest.raises(Unconditional):
        Condition(revisions=None, is_missing=True).check(1)
