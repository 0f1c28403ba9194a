"""API keys over HTTP: who may manage them, what is shown only once, and when a key is refused."""

from datetime import timedelta
from typing import Any, Final

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from app.db import Database, utcnow
from app.keys import secrets
from app.keys import store as keys
from app.keys.models import Key
from app.keys.schemas import KeyIn
from app.web.caching import PRIVATE
from app.web.caller import SCOPES
from app.web.fields import format_instant
from tests.answers import bearing, blamed, get, refusal
from tests.conftest import Load, Make, client
from tests.contents import rows
from tests.factories import article, tag
from tests.openapi import check_answer

NEW: Final[dict[str, Any]] = {"name": "Night desk", "scopes": ["drafts:read", "content:write"]}
NOBODY: Final = "01a2058d-a89b-7340-a748-d61240eaae1e"
# Each route, and its status for a key with the scope.
ROUTES: Final = [
    ("GET", "/v1/keys", 200),
    ("POST", "/v1/keys", 201),
    ("GET", f"/v1/keys/{NOBODY}", 404),
    ("DELETE", f"/v1/keys/{NOBODY}", 404),
]
EACH = pytest.mark.parametrize(("method", "path", "status"), ROUTES)


async def created(desk: AsyncClient, **fields: Any) -> Any:
    answer = await desk.post("/v1/keys", json={**NEW, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def check_challenge(answer: Response, challenge: str) -> None:
    refusal(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == challenge
    check_answer(answer)


# --- scopes ----------------------------------------------------------------------------------------------------------


@EACH
async def test_a_route_needs_a_key_with_its_scope(
    api: AsyncClient, key: Make, database: Database, method: str, path: str, status: int
) -> None:
    without = await key(*{*SCOPES} - {"keys"})
    new = NEW if method == "POST" else None

    check_challenge(await api.request(method, path, json=new), "Bearer")
    lacking = await api.request(method, path, headers=bearing(without), json=new)
    assert refusal(lacking, 403, "forbidden")["scope"] == "keys"
    assert "keys" in lacking.json()["detail"]
    check_answer(lacking)
    assert len(await rows(database, select(Key.id))) == 1

    allowed = await api.request(method, path, headers=bearing(await key("keys", *NEW["scopes"])), json=new)
    assert allowed.status_code == status
    check_answer(allowed)


@EACH
async def test_a_missing_key_is_reported_before_any_other_fault(
    api: AsyncClient, method: str, path: str, status: int
) -> None:
    check_challenge(await api.request(method, f"{path}?x=1", content=b"{"), "Bearer")


async def test_a_key_grants_only_scopes_that_it_has(api: AsyncClient, key: Make, database: Database) -> None:
    headers = bearing(await key("keys", "drafts:read"))
    new = {"name": "More", "scopes": ["keys", "drafts:read", "content:withdraw"]}

    refused = await api.post("/v1/keys", json=new, headers=headers)

    assert refusal(refused, 403, "forbidden")["scope"] == "content:withdraw"
    assert len(await rows(database, select(Key.id))) == 1
    granted = await api.post("/v1/keys", json={**new, "scopes": ["keys", "drafts:read"]}, headers=headers)
    assert granted.status_code == 201


async def test_a_key_creates_none_that_expires_later(api: AsyncClient, database: Database) -> None:
    end = utcnow() + timedelta(days=1)
    creator = await keys.create(database, KeyIn(name="Creator", scopes=["keys"], expires_at=end), created_by=None)
    headers = bearing(creator.key)

    for too_late in ({}, {"expires_at": None}, {"expires_at": format_instant(end + timedelta(milliseconds=1))}):
        answer = await api.post("/v1/keys", json={"name": "More", "scopes": ["keys"], **too_late}, headers=headers)
        (fault,) = refusal(answer, 422, "invalid")["errors"]
        assert (fault["pointer"], format_instant(end) in fault["detail"]) == ("/expires_at", True)
        check_answer(answer)
    assert len(await rows(database, select(Key.id))) == 1
    new = {"name": "More", "scopes": ["keys"], "expires_at": format_instant(end)}
    assert (await api.post("/v1/keys", json=new, headers=headers)).status_code == 201


# --- refused keys ----------------------------------------------------------------------------------------------------


async def test_a_key_that_is_not_valid_is_refused_on_every_path(
    api: AsyncClient, key: Make, database: Database
) -> None:
    expired, revoked = await key("keys"), await key("drafts:read")
    changes = {expired: {"expires_at": utcnow() - timedelta(seconds=1)}, revoked: {"revoked_at": utcnow()}}
    for secret, change in changes.items():
        async with database.begin() as connection:
            await connection.execute(update(Key).where(Key.digest == secrets.digest(secret)).values(change))

    for token in (expired, revoked, secrets.generate(), revoked[:-1], "not-a-key"):
        for path in ("/v1/keys", "/v1/tags", "/v1/articles/nowhere"):
            check_challenge(await api.get(path, headers=bearing(token)), 'Bearer error="invalid_token"')


@pytest.mark.parametrize("token", ["é", "ключ", "dovidka_" + "й" * 49, "dovidka_\x80\xff"])
@pytest.mark.parametrize("path", ["/v1/keys", "/v1/tags"])
async def test_a_key_with_non_ascii_characters_is_refused(api: AsyncClient, path: str, token: str) -> None:
    for encoding in ("utf-8", "latin-1"):
        header = f"Bearer {token}".encode(encoding, "ignore")
        refusal(await api.get(path, headers={b"Authorization": header}), 401, "unauthorized")


async def test_a_revoked_key_is_refused_by_every_process_at_its_next_request(
    desk: AsyncClient, database_url: str, database: Database
) -> None:
    new = await created(desk)
    headers = bearing(new["key"])
    async with client(database_url) as other:
        assert (await other.get("/v1/tags", headers=headers)).status_code == 200
        assert (await desk.delete(f"/v1/keys/{new['id']}")).status_code == 204
        check_challenge(await other.get("/v1/tags", headers=headers), 'Bearer error="invalid_token"')


async def test_a_key_can_revoke_itself(api: AsyncClient, key: Make) -> None:
    headers = bearing(await key("keys"))
    (key_itself,) = (await api.get("/v1/keys", headers=headers)).json()["items"]

    assert (await api.delete(f"/v1/keys/{key_itself['id']}", headers=headers)).status_code == 204
    refusal(await api.delete(f"/v1/keys/{key_itself['id']}", headers=headers), 401, "unauthorized")


# --- creating --------------------------------------------------------------------------------------------------------


async def test_a_new_key_is_shown_once_and_works(desk: AsyncClient, api: AsyncClient) -> None:
    end = format_instant(utcnow() + timedelta(days=30))

    answer = await desk.post("/v1/keys", json={**NEW, "expires_at": end})

    check_answer(answer)
    assert answer.headers["cache-control"] == PRIVATE
    new = answer.json()
    secret = new.pop("key")
    assert answer.headers["location"] == f"/v1/keys/{new['id']}"
    assert {**new, **NEW, "expires_at": end, "revoked_at": None, "last_used_at": None} == new
    read = await desk.get(answer.headers["location"])
    check_answer(read)
    assert read.json() == new
    assert (await get(desk, "/v1/keys"))["items"][0] == new
    assert secret not in read.text + (await desk.get("/v1/keys")).text
    assert (await api.get("/v1/tags", headers=bearing(secret))).status_code == 200
    assert (await get(desk, answer.headers["location"]))["last_used_at"] is not None


async def test_the_creator_of_a_key_is_stored(desk: AsyncClient, database: Database) -> None:
    new = await created(desk)

    ((created_by,),) = await rows(database, select(Key.created_by).where(Key.id == new["id"]))
    assert created_by == f"Holder of {', '.join(SCOPES)}"


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"name": ""}, {"/name"}),
        ({"name": "two\nlines"}, {"/name"}),
        ({"name": "nul\x00"}, {"/name"}),
        ({"name": 7}, {"/name"}),
        ({"name": "x" * 501}, {"/name"}),
        ({"scopes": []}, {"/scopes"}),
        ({"scopes": ["keys", "everything"]}, {"/scopes/1"}),
        ({"scopes": "keys"}, {"/scopes"}),
        ({"expires_at": "2020-01-01T00:00:00Z"}, {"/expires_at"}),
        ({"expires_at": "2999-01-01T00:00:00"}, {"/expires_at"}),
        ({"expires_at": "2999-01-01"}, {"/expires_at"}),
        ({"expires_at": 32503680000}, {"/expires_at"}),
        ({"id": NOBODY}, {"/id"}),
        ({"key": "dovidka_mine", "revoked_at": None, "created_by": "x"}, {"/key", "/revoked_at", "/created_by"}),
    ],
)
async def test_an_invalid_key_is_refused_with_a_pointer(
    desk: AsyncClient, database: Database, fields: dict[str, Any], pointers: set[str]
) -> None:
    answer = await desk.post("/v1/keys", json={**NEW, **fields})

    assert {error["pointer"] for error in refusal(answer, 422, "invalid")["errors"]} == pointers
    assert len(await rows(database, select(Key.id))) == 1


async def test_a_key_needs_a_name_and_scopes(desk: AsyncClient) -> None:
    answer = await desk.post("/v1/keys", json={})

    assert {error["pointer"] for error in refusal(answer, 422, "invalid")["errors"]} == {"/name", "/scopes"}


async def test_an_idempotency_key_is_refused(desk: AsyncClient, database: Database) -> None:
    answer = await desk.post("/v1/keys", json=NEW, headers={"Idempotency-Key": "7"})

    assert blamed(answer) == {"Idempotency-Key"}
    assert len(await rows(database, select(Key.id))) == 1


# --- reading ---------------------------------------------------------------------------------------------------------


async def pages(desk: AsyncClient, limit: int) -> list[list[str]]:
    """The names on all pages. Checks that `prev` leads back to the same pages."""
    names: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await desk.get("/v1/keys", params={"limit": str(limit), **cursor})
        check_answer(page)
        body = page.json()
        if names:
            previous = (await get(desk, "/v1/keys", limit=limit, cursor=body["prev"]))["items"]
            assert [item["name"] for item in previous] == names[-1]
        names.append([item["name"] for item in body["items"]])
        if body["next"] is None:
            return names
        assert f'cursor={body["next"]}>; rel="next"' in page.headers["link"]
        cursor = {"cursor": body["next"]}


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_keys_are_listed_newest_first_in_pages(desk: AsyncClient, limit: int) -> None:
    names = [f"key {n}" for n in range(6)]
    for name in names:
        await created(desk, name=name)

    listed = await pages(desk, limit)

    assert [len(page) for page in listed[:-1]] == [limit] * (len(listed) - 1)
    assert [name for page in listed for name in page][:-1] == names[::-1]
    assert (await get(desk, "/v1/keys", count="true", limit=1))["count"] == {"value": 7, "exact": True}


async def test_a_key_created_between_two_pages_does_not_shift_them(desk: AsyncClient) -> None:
    for n in range(3):
        await created(desk, name=f"key {n}")
    first = await get(desk, "/v1/keys", limit=2)
    await created(desk, name="newer")
    second = await get(desk, "/v1/keys", limit=2, cursor=first["next"])

    assert [item["name"] for item in first["items"] + second["items"]][:3] == ["key 2", "key 1", "key 0"]


@pytest.mark.parametrize(
    ("query", "name"),
    [("limit=0", "limit"), ("limit=101", "limit"), ("cursor=x", "cursor"), ("count=1", "count"), ("digest=x", "digest"),
     ("fields=id", "fields"), ("sort=name", "sort"), ("limit=1&limit=1", "limit"), ("cursor=", "cursor")],
)  # fmt: skip
async def test_a_wrong_parameter_is_named(desk: AsyncClient, query: str, name: str) -> None:
    assert blamed(await desk.get(f"/v1/keys?{query}")) == {name}


@pytest.mark.parametrize("id", [NOBODY, "x", "0", "%00", "%F0%9F%90%88", "x" * 5_000, "a%22b", "null"])
async def test_an_unknown_key_is_404(desk: AsyncClient, id: str) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        answer = await desk.request(method, f"/v1/keys/{id}")
        assert answer.status_code == 404
    refusal(await desk.get(f"/v1/keys/{id}"), 404, "not-found")


async def test_an_id_has_one_spelling(desk: AsyncClient) -> None:
    new = await created(desk)

    refusal(await desk.delete(f"/v1/keys/{new['id'].upper()}"), 404, "not-found")
    assert (await get(desk, f"/v1/keys/{new['id']}"))["revoked_at"] is None


async def test_an_unknown_method_is_refused_with_the_allowed_ones(desk: AsyncClient) -> None:
    for method, path, allowed in (
        ("PUT", "/v1/keys", "GET, HEAD, POST"),
        ("POST", f"/v1/keys/{NOBODY}", "DELETE, GET, HEAD"),
    ):
        answer = await desk.request(method, path)
        refusal(answer, 405, "method-not-allowed")
        assert answer.headers["allow"] == allowed


# --- revoking --------------------------------------------------------------------------------------------------------


async def test_a_revoked_key_stays_in_the_list_and_may_be_revoked_again(desk: AsyncClient) -> None:
    new = await created(desk)
    first = await desk.delete(f"/v1/keys/{new['id']}")
    at = (await get(desk, f"/v1/keys/{new['id']}"))["revoked_at"]
    second = await desk.delete(f"/v1/keys/{new['id']}")

    for answer in (first, second):
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["cache-control"] == PRIVATE
        check_answer(answer)
    assert at is not None
    assert [item["revoked_at"] for item in (await get(desk, "/v1/keys"))["items"]] == [at, None]


# --- caches ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/v1/keys", "/v1/tags", "/v1/tags/rivers", "/v1/articles", "/v1/articles/flood?include=tags", "/v1/archive",
     "/v1/articles/flood/revisions", "/v1/articles/flood/revisions/1", "/openapi.json"],
)  # fmt: skip
async def test_responses_to_a_key_are_not_cached(desk: AsyncClient, api: AsyncClient, load: Load, path: str) -> None:
    await load(tag("rivers"), article("flood", tags=["rivers"]))

    keyed = await desk.get(path)
    again = await desk.get(path, headers={"If-None-Match": keyed.headers["etag"]})
    public = await api.get(path)

    assert (keyed.status_code, again.status_code) == (200, 304)
    for answer in (keyed, again):
        assert answer.headers["cache-control"] == PRIVATE
        assert "authorization" in answer.headers["vary"].lower()
    if path != "/v1/keys":
        assert public.headers["cache-control"].startswith("public")
        assert public.headers["vary"] == keyed.headers["vary"]


async def test_scripts_of_other_origins_may_write_with_a_key_that_they_have(desk: AsyncClient) -> None:
    preflight = {"Origin": "https://desk.example", "Access-Control-Request-Method": "DELETE"}
    answer = await desk.options("/v1/keys", headers=preflight)

    assert answer.headers["access-control-allow-methods"] == "DELETE, GET, HEAD, PATCH, POST, PUT"
