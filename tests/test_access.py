"""Who may ask for what: every route is public or takes a scope, and a refused request leaves nothing behind."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, get_args

import pytest
from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from httpx import AsyncClient, Response

from app.changes.writing_routes import WriteTransaction
from app.db import Database
from app.deps import NeedsScope, PrimaryRead, Read
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.main import create_app
from app.settings import Settings
from app.web.caller import SCOPES, Scope, Scoped
from tests.answers import bearing, refusal
from tests.conftest import Load, Make, client
from tests.contents import everything
from tests.factories import article, collection, draft, note, scheduled, source, tag, withdrawn, words
from tests.openapi import check_answer, document, is_public

# What is open and no part of the API's content: it opens no session.
OPEN = {
    "/livez",
    "/readyz",
    "/openapi.json",
    "/openapi-3.2.json",
    "/v1/formats/story.css",
    "/robots.txt",
    "/llms.txt",
    "/license.xml",
    "/.well-known/api-catalog",
    "/pages/{name}",
    "/mcp",  # its tools ask the API with the key that is sent
    "/problems/{code}",
    "/",
    "/docs",
    "/docs/start.js",
    "/docs/{name}",
    "/client.py",
    "/client.ts",
    "/sample",
}


# --- the routes ------------------------------------------------------------------------------------------------------


def calls(dependant: Dependant) -> Iterator[Any]:
    """All that a route depends on, directly or not."""
    for one in dependant.dependencies:
        yield one.call
        yield from calls(one)


# What `PrimaryRead`, which `Read` depends on too, and `WriteTransaction` stand for.
READING, WRITING = (get_args(kind)[1].dependency for kind in (PrimaryRead, WriteTransaction))


def unguarded(app: FastAPI) -> set[str]:
    """The routes that are neither guarded by a scope nor public: reading alone, by GET alone, in no write
    transaction."""
    found = set()
    for route in iter_route_contexts(app.router.routes):
        taken = [*calls(route.dependant)] if getattr(route, "dependant", None) is not None else []
        guarded = any(isinstance(one, Scoped) for one in taken)
        reads = READING in taken and WRITING not in taken and (route.methods or set()) <= {"GET", "HEAD"}
        if not guarded and not reads and route.path not in OPEN:
            found.add(f"{'/'.join(sorted(route.methods or ()))} {route.path}")
    return found


def test_every_route_is_public_or_takes_a_scope() -> None:
    app = create_app(Settings())
    paths = {route.path for route in iter_route_contexts(app.router.routes)}
    assert unguarded(app) == set()
    assert paths >= OPEN, "what is not there need not be open"


def test_a_route_that_was_forgotten_is_found_out() -> None:
    app = create_app(Settings())

    @app.post("/v1/forgotten")
    async def write(transaction: WriteTransaction) -> None:
        pass

    @app.get("/v1/odd")
    async def write_by_reading(read: Read, transaction: WriteTransaction) -> None:
        pass

    @app.delete("/v1/bare")
    async def delete(read: Read) -> None:
        pass

    @app.get("/v1/helper")
    async def system() -> None:
        pass

    @app.post("/v1/guarded")
    async def guarded(caller: Annotated[object, Depends(NeedsScope("keys"))], transaction: WriteTransaction) -> None:
        pass

    assert unguarded(app) == {"POST /v1/forgotten", "GET /v1/odd", "DELETE /v1/bare", "GET /v1/helper"}


# --- each operation, with each key -----------------------------------------------------------------------------------

GROUND = [
    tag("river"),
    source("mayor"),
    note("lock", status="draft"),
    article("flood"),
    draft("plan"),
    withdrawn("gone"),
]
GROUND += [scheduled("feast"), article("ferry"), collection("picks", status="draft")]
NOWHERE = "01948e3c-7a5b-7cc3-8000-0f1d2c3b4a59"
# Something that is there, so that a request which is let through would find it.
PLACES = {"{ref}": "plan", "{revision}": "1", "{id}": NOWHERE, "{token}": "4Wb2"}
SLUGS = {"tags": "river", "sources": "mayor", "notes": "lock", "collections": "picks"}
Ask = Callable[..., Any]


def address(template: str) -> str:
    for place, value in PLACES.items():
        template = template.replace(place, value)
    return template.replace("{slug}", SLUGS.get(template.split("/")[2], NOWHERE))


def guarded() -> Iterator[Any]:
    for template, methods in document()["paths"].items():
        for method, operation in methods.items():
            # What one of several scopes opens, as the body says, has tests of its own.
            if not is_public(operation) and len(operation["security"]) == 1:
                ((name, scopes),) = operation["security"][0].items()
                assert (name, len(scopes)) == ("key", 1), template
                yield pytest.param(method.upper(), address(template), scopes[0], id=operation["operationId"])


def seen() -> Iterator[Any]:
    """Public operations that show more to a key with `drafts:read`."""
    for template, methods in document()["paths"].items():
        for operation in methods.values():
            if is_public(operation) and "perspective" in [one.get("name") for one in operation["parameters"]]:
                yield pytest.param(address(template), id=operation["operationId"])


@pytest.fixture
async def ground(api: AsyncClient, load: Load, database: Database) -> AsyncIterator[AsyncClient]:
    """A client whose requests, all of them refused, must leave the database as it was."""
    await load(*GROUND)
    before = await stored(database)
    yield api
    assert await stored(database) == before


async def stored(database: Database) -> dict[str, list[Any]]:
    """All that is stored, but for keys, of which it is noted when they were used."""
    return {name: some for name, some in (await everything(database)).items() if name != "keys"}


async def without(key: Make, scope: Scope) -> dict[str, dict[str, str]]:
    """Headers of a key for each other scope, and of one that has all the others."""
    others = [one for one in SCOPES if one != scope]
    found = {one: bearing(await key(one)) for one in others}
    return found | {"all the others": bearing(await key(*others))}


def lacks(answer: Response, scope: Scope) -> None:
    assert refusal(answer, 403, "forbidden")["scope"] == scope
    check_answer(answer)


def asks_for_a_key(answer: Response) -> None:
    refusal(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    check_answer(answer)


@pytest.mark.parametrize(("method", "path", "scope"), [*guarded()])
async def test_an_operation_is_refused_without_its_scope_and_writes_nothing(
    ground: AsyncClient, key: Make, method: str, path: str, scope: Scope
) -> None:
    for body in (None, {}, {"language": "en", "headline": "Water"}):
        asks_for_a_key(await ground.request(method, path, json=body, headers={"If-Match": "*"}))
    for headers in (await without(key, scope)).values():
        lacks(await ground.request(method, path, headers={"If-Match": "*", **headers}), scope)


@pytest.mark.parametrize(("method", "path", "scope"), [*guarded()])
async def test_an_operation_is_open_to_a_key_with_its_scope_alone(
    api: AsyncClient, load: Load, key: Make, method: str, path: str, scope: Scope
) -> None:
    await load(*GROUND)
    unpublishing = path.replace("/plan/", "/flood/")  # what is withdrawn, and what is public, can take more
    answer = await api.request(method, unpublishing, headers=bearing(await key(scope)))
    assert answer.status_code not in {401, 403}, answer.text


@pytest.mark.parametrize("path", [*seen()])
async def test_what_is_not_public_is_read_with_its_scope_alone(ground: AsyncClient, key: Make, path: str) -> None:
    needed = {"diff": {"from": "1", "to": "1"}, "search": {"q": "water"}, "suggest": {"q": "wa"}}
    asked = {"perspective": "drafts", **needed.get(path.rpartition("/")[2], {})}
    asks_for_a_key(await ground.get(path, params=asked))
    for headers in (await without(key, "drafts:read")).values():
        lacks(await ground.get(path, params=asked, headers=headers), "drafts:read")
    answer = await ground.request(
        "HEAD" if path.endswith("/stream") else "GET", path, params=asked, headers=bearing(await key("drafts:read"))
    )
    assert answer.status_code == 200, answer.text
    if not path.endswith("/stream"):
        check_answer(answer)


@pytest.mark.parametrize(
    ("method", "path", "has", "lacking"),
    [
        ("DELETE", "/v1/articles/flood", "content:write", "content:publish"),
        ("POST", "/v1/articles/gone/unpublish", "content:publish", "content:withdraw"),
    ],
)
async def test_what_is_public_or_withdrawn_takes_one_scope_more(
    ground: AsyncClient, key: Make, method: str, path: str, has: Scope, lacking: Scope
) -> None:
    headers = {"If-Match": "*"} if method == "DELETE" else {}
    lacks(await ground.request(method, path, headers={**headers, **bearing(await key(has))}), lacking)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/articles/plan/publish", 401),
        ("/v1/%61rticles/plan/publish", 401),
        ("/v1/articles/plan/%70ublish", 401),
        ("/v1/articles/plan/publish/", 404),
        ("/v1/articles//plan/publish", 404),
        ("//v1/articles/plan/publish", 404),
        ("/V1/articles/plan/publish", 404),
        ("/v1/Articles/plan/publish", 404),
        ("/v1/articles/plan/Publish", 404),
        ("/v1/articles/plan%2Fpublish", 401),
        ("/v1/tags/%2e%2e/articles/plan/publish", 404),
    ],
)
async def test_no_other_spelling_of_an_address_opens_it(ground: AsyncClient, key: Make, path: str, status: int) -> None:
    request = ground.build_request("POST", "http://dovidka.test")
    request.url = request.url.copy_with(raw_path=path.encode())
    assert (await ground.send(request)).status_code == status
    request.headers.update(bearing(await key("content:write")))
    assert (await ground.send(request)).status_code == {401: 403}.get(status, status)


async def test_a_key_that_is_revoked_or_made_up_writes_nothing(
    ground: AsyncClient, database: Database, database_url: str
) -> None:
    made = await keys.create(database, KeyIn(name="Gone", scopes=[*SCOPES]), created_by=None)
    await keys.revoke(database, made.id)
    async with client(database_url) as other:
        for token in (made.key, made.key[:-1] + "é", "dovidka_" + "0" * 49):
            for api in (ground, other):
                headers = {b"Authorization": f"Bearer {token}".encode()}
                answer = await api.post("/v1/articles/plan/publish", headers=headers)
                refusal(answer, 401, "unauthorized")


@pytest.mark.parametrize(
    "field",
    [
        {"id": NOWHERE},
        {"status": "published"},
        {"revision": 7},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"published_at": "2020-01-01T00:00:00Z"},
        {"first_published_at": "2020-01-01T00:00:00Z"},
        {"corrections": []},
        {"origin": None},
        {"withdrawal": None},
        {"former_slugs": []},
        {"author_id": 1},
        {"__proto__": {}},
    ],
    ids=lambda field: next(iter(field)),
)
async def test_no_key_sets_what_follows_from_actions(ground: AsyncClient, key: Make, field: dict[str, Any]) -> None:
    headers = bearing(await key(*SCOPES)) | {"If-Match": "*"}
    (name,) = field
    lock = {"language": "en", "heading": "Locks", "body": [words("They lift ships.")]}
    river, mayor = {"type": "topic", "labels": {"en": "River"}}, {"type": "person", "names": {"en": "Mayor"}}
    for method, path, rest in (
        ("POST", "/v1/articles", {"language": "en", "headline": "Water"}),
        ("PATCH", "/v1/articles/plan", {}),
        ("PATCH", "/v1/articles/flood/draft", {}),
        ("POST", "/v1/notes", {"slug": "locks", **lock}),
        ("PUT", "/v1/notes/lock", lock),
        ("PATCH", "/v1/notes/lock", {}),
        ("POST", "/v1/tags", {"slug": "rivers", **river}),
        ("PUT", "/v1/tags/river", river),
        ("PATCH", "/v1/tags/river", {}),
        ("POST", "/v1/sources", {"slug": "mayors", **mayor}),
        ("PUT", "/v1/sources/mayor", mayor),
        ("PATCH", "/v1/sources/mayor", {}),
    ):
        given = {one: value for one, value in headers.items() if method != "POST" or one != "If-Match"}
        answer = await ground.request(method, path, json={**rest, **field}, headers=given)
        (fault,) = refusal(answer, 422, "invalid")["errors"]
        assert (fault["pointer"], fault["code"]) == (f"/{name}", "extra-forbidden")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param(*operation.values[:2], id=operation.id)
        for operation in guarded()
        if operation.values[0] in {"POST", "PUT", "PATCH"} and operation.id != "import_documents"
    ],
)
async def test_what_is_sent_and_not_understood_is_refused_by_every_operation(
    ground: AsyncClient, key: Make, method: str, path: str
) -> None:
    headers = bearing(await key(*SCOPES)) | ({"If-Match": "*"} if method != "POST" else {})
    answer = await ground.request(method, path, json={"surprise": 1}, headers=headers)
    assert "/surprise" in {fault["pointer"] for fault in refusal(answer, 422, "invalid")["errors"]}
    check_answer(answer)
    unread = await ground.request(method, path, content=b"surprise", headers=headers)
    assert refusal(unread, 415, "unsupported-media-type")


@pytest.mark.parametrize(("method", "path", "scope"), [*guarded()])
async def test_what_is_asked_and_not_understood_is_refused_by_every_operation(
    ground: AsyncClient, key: Make, method: str, path: str, scope: Scope
) -> None:
    headers = bearing(await key(*SCOPES)) | ({"If-Match": "*"} if method not in {"GET", "POST"} else {})
    for query in ("surprise=1", "status=draft", "perspective=x", "limit=1&limit=2"):
        answer = await ground.request(method, f"{path}?{query}", json={}, headers=headers)
        assert {one["parameter"] for one in refusal(answer, 422, "invalid")["errors"]} == {query.split("=")[0]}
        check_answer(answer)
