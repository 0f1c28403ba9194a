"""Previews: the whole story with the drafts it names, at the newsroom's own address, followed while the desk writes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx import AsyncClient, Response

from app.changes.live import Live
from tests.answers import bearing, blamed, get, refusal
from tests.conftest import Clock, Load, Make, client
from tests.factories import article, article_id, box, draft, note, source, tag, words
from tests.processes import until

ALL = "tags,sources,notes,relations,translations"
PLAN = article_id("plan")
QUAY = article_id("quay")


def related(slug: str) -> dict[str, str]:
    return {"relation": "background", "article": article_id(slug), "text": "What came before."}


@pytest.fixture
async def story(load: Load) -> None:
    """A draft that names drafts, beside drafts that it does not name."""
    await load(
        tag("ferries"),
        tag("secrets"),
        source("lev"),
        note("pier", status="draft", heading="kanarek pier"),
        note("shed", status="draft", heading="Not named"),
        draft("quay", headline="The quay", ednote="for the desk"),
        draft("vault", headline="Not named"),
        draft(
            "plan",
            headline="A ferry for Zalyv",
            ednote="for the desk",
            tags=["ferries"],
            attributions=[{"source": "lev", "role": "said_by"}],
            body=[words("It would sail at six."), box("pier")],
            relations=[related("quay")],
            translation_of=QUAY,
            language="uk",
        ),
        draft("plan-pl", headline="Prom", language="pl", translation_of=QUAY),
    )


async def opened(desk: AsyncClient, path: str = f"/v1/articles/{PLAN}") -> str:
    """The path at which a new preview opens."""
    answer = await desk.post(f"{path}/previews")
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def test_an_idempotency_key_is_refused(desk: AsyncClient, story: None) -> None:
    for path in (f"/v1/articles/{PLAN}", "/v1/notes/pier"):
        answer = await desk.post(f"{path}/previews", headers={"Idempotency-Key": "once"})
        assert refusal(answer, 422, "invalid")["errors"][0]["parameter"] == "Idempotency-Key"


# --- the whole story ---------------------------------------------------------------------------------------------


async def test_a_preview_shows_the_drafts_that_it_names_and_no_others(
    story: None, desk: AsyncClient, api: AsyncClient
) -> None:
    url = await opened(desk)

    answer = await api.get(url, params={"include": ALL})

    included = answer.json()["included"]
    assert {group: [*members] for group, members in included.items()} == {
        "tags": ["ferries"],
        "sources": ["lev"],
        "articles": [QUAY],
        "notes": ["pier"],
        "translations": [PLAN],
    }
    assert included["notes"]["pier"]["heading"] == "kanarek pier"
    assert included["articles"][QUAY]["headline"] == "The quay"
    assert included["translations"][PLAN] == {"en": {"id": QUAY, "slug": "quay", "headline": "The quay"}}
    assert answer.headers["cache-control"] == "private, no-store"
    assert "Not named" not in answer.text
    assert "for the desk" not in answer.text
    for path in ("/v1/notes/pier", f"/v1/articles/{QUAY}", "/v1/tags/ferries"):
        refusal(await api.get(path), 404, "not-found")


async def test_a_preview_shows_nothing_that_was_withdrawn(
    story: None, desk: AsyncClient, api: AsyncClient, load: Load
) -> None:
    url = await opened(desk)
    pier = note("pier", heading="kanarek pier", tags=["secrets"], attributions=[{"source": "wim", "role": "data"}])
    await load(source("wim"), pier, article("quay", headline="kanarek quay"))
    shown = (await get(api, url, include=ALL))["included"]
    assert ([*shown["tags"]], [*shown["sources"]]) == (["ferries", "secrets"], ["lev", "wim"])
    await desk.post("/v1/notes/pier/withdraw", json={"reason": "legal"})
    await desk.post(f"/v1/articles/{QUAY}/withdraw", json={"reason": "legal"})

    answer = await api.get(url, params={"include": ALL})

    included = answer.json()["included"]
    assert (included["notes"], included["articles"], included["translations"]) == ({}, {}, {PLAN: {}})
    assert ([*included["tags"]], [*included["sources"]]) == (["ferries"], ["lev"])
    assert "kanarek" not in answer.text


async def test_a_preview_shows_translations_that_are_public(desk: AsyncClient, api: AsyncClient, load: Load) -> None:
    await load(article("quay"), article("pryshan", language="uk", translation_of=QUAY))
    await load(draft("nabrzeze", language="pl", translation_of=QUAY))

    of_original = await get(api, await opened(desk, f"/v1/articles/{QUAY}"), include="translations")

    assert [*of_original["included"]["translations"][QUAY]] == ["uk"]


async def test_a_preview_has_only_the_fields_that_are_asked_for(
    story: None, desk: AsyncClient, api: AsyncClient
) -> None:
    url = await opened(desk)

    whole, part = await api.get(url), await api.get(url, params={"fields": "headline"})

    assert part.json() == {"id": PLAN, "slug": "plan", "headline": "A ferry for Zalyv"}
    assert (whole.headers["etag"], "body" in whole.json()) == ('"1-gzip"', True)
    assert part.headers["etag"] != whole.headers["etag"]


async def test_a_preview_of_a_note_takes_what_a_note_takes(
    story: None, desk: AsyncClient, api: AsyncClient, load: Load
) -> None:
    await load(note("pier", status="draft", heading="The pier", tags=["ferries"]))
    url = await opened(desk, "/v1/notes/pier")

    found = await get(api, url, include="tags", fields="heading")

    assert (found["slug"], found["heading"], [*found["included"]["tags"]]) == ("pier", "The pier", ["ferries"])
    assert blamed(await api.get(url, params={"include": "notes"})) == {"include"}
    assert blamed(await api.get(url, params={"fields": "headline"})) == {"fields"}


async def test_the_fields_that_previews_take_are_those_of_the_document(
    story: None, desk: AsyncClient, api: AsyncClient
) -> None:
    taken: set[str] = set()
    for path in (f"/v1/articles/{PLAN}", "/v1/notes/pier"):
        refused = refusal(await api.get(await opened(desk, path), params={"fields": "x"}), 422, "invalid")
        taken |= {*refused["errors"][0]["allowed"]}
    described = (await get(api, "/openapi.json"))["paths"]["/v1/previews/{token}"]["get"]["parameters"]
    (fields,) = (one for one in described if one.get("name") == "fields")
    assert {*fields["schema"]["items"]["enum"]} == taken


async def test_a_preview_refuses_what_it_does_not_take(story: None, desk: AsyncClient, api: AsyncClient) -> None:
    url = await opened(desk)
    for parameter in (
        "include=x",
        "fields=ednote",
        "wait=31",
        "wait=-1",
        "wait=x",
        "perspective=drafts",
        "wait=1&wait=2",
    ):
        assert blamed(await api.get(f"{url}?{parameter}")) == {parameter.partition("=")[0]}


# --- drafts and revisions ----------------------------------------------------------------------------------------


async def test_a_working_copy_takes_include_and_fields(desk: AsyncClient, load: Load) -> None:
    await load(tag("ferries"), note("pier", status="draft"), article("quay"))
    change = {"tags": ["ferries"], "body": [box("pier")]}
    await desk.patch(f"/v1/articles/{QUAY}/draft", json=change, headers={"If-Match": "*"})

    found = await get(desk, f"/v1/articles/{QUAY}/draft", include="tags,notes", fields="tags")

    assert (found["tags"], "headline" in found) == (["ferries"], False)
    assert ([*found["included"]["tags"]], [*found["included"]["notes"]]) == (["ferries"], ["pier"])
    assert blamed(await desk.get(f"/v1/articles/{QUAY}/draft?include=x")) == {"include"}


async def test_a_revision_takes_include_and_fields(api: AsyncClient, desk: AsyncClient, load: Load) -> None:
    await load(tag("ferries"), note("pier", tags=["ferries"]), draft("hidden"))
    await load(article("quay", tags=["ferries"], body=[box("pier")], relations=[related("hidden")]))
    path = "/v1/articles/quay/revisions/1"

    found = await get(api, path, include="tags,notes,relations", fields="headline")

    assert (found["headline"], "body" in found) == ("quay", False)
    included = found["included"]
    assert ([*included["tags"]], [*included["notes"]], included["articles"]) == (["ferries"], ["pier"], {})
    at_the_desk = await get(desk, path, include="relations", perspective="drafts")
    assert [*at_the_desk["included"]["articles"]] == [article_id("hidden")]
    assert blamed(await api.get(f"{path}?include=x")) == {"include"}
    of_note = await get(api, "/v1/notes/pier/revisions/1", include="tags", fields="heading")
    assert ([*of_note["included"]["tags"]], "facts" in of_note) == (["ferries"], False)
    assert (await api.get(path)).headers["etag"] in {'"1"', '"1-gzip"'}


# --- the newsroom's own address ----------------------------------------------------------------------------------


@pytest.fixture
async def site(database_url: str, key: Make, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncClient]:
    """The desk of a newsroom whose site shows previews."""
    monkeypatch.setenv("SITE_PREVIEW_URL", "https://zalyv.example/{language}/{slug}?preview={token}")
    async with client(database_url) as api:
        api.headers.update(bearing(await key("drafts:read")))
        yield api


async def test_a_preview_has_an_address_of_the_site_that_is_set(
    story: None, site: AsyncClient, api: AsyncClient
) -> None:
    for path, start in ((f"/v1/articles/{PLAN}", "/uk/plan"), ("/v1/notes/pier", "/en/pier")):
        answer = await site.post(f"{path}/previews")
        url = urlsplit(answer.json()["url"])
        token = url.query.removeprefix("preview=")
        assert (url.scheme, url.netloc, url.path) == ("https", "zalyv.example", start)
        assert answer.headers["location"] == f"/v1/previews/{token}"
        assert (await api.get(f"/v1/previews/{token}")).status_code == 200


# --- followed ----------------------------------------------------------------------------------------------------


async def save(desk: AsyncClient, **fields: Any) -> None:
    answer = await desk.patch(f"/v1/articles/{PLAN}", json=fields, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


async def following(api: AsyncClient, url: str, **parameters: str) -> asyncio.Task[Response]:
    """A request that waits for another state than the present one, once it is waiting."""
    etag = (await api.get(url, params=parameters)).headers["etag"]
    request = api.get(url, params={**parameters, "wait": "30"}, headers={"If-None-Match": etag})
    waiting = asyncio.create_task(request)
    await until(lambda: live(api).desk._followers > 0)
    return waiting


def live(api: AsyncClient) -> Live:
    found: Live = api._transport.app.state.live  # type: ignore[attr-defined]
    return found


async def test_a_preview_is_answered_as_soon_as_the_desk_has_saved(
    story: None, desk: AsyncClient, api: AsyncClient
) -> None:
    waiting = await following(api, await opened(desk))
    await desk.post("/v1/articles", json={"language": "en", "headline": "Another story"})
    await save(desk, headline="A ferry for Zalyv, after all")

    answer = await asyncio.wait_for(waiting, 10)

    assert (answer.status_code, answer.json()["headline"]) == (200, "A ferry for Zalyv, after all")
    assert answer.headers["etag"] == '"2-gzip"'


async def test_a_preview_with_included_notes_is_answered_when_one_of_them_was_saved(
    story: None, desk: AsyncClient, api: AsyncClient
) -> None:
    waiting = await following(api, await opened(desk), include="notes")
    await desk.patch("/v1/notes/pier", json={"heading": "The long pier"}, headers={"If-Match": "*"})

    answer = await asyncio.wait_for(waiting, 10)

    assert answer.json()["included"]["notes"]["pier"]["heading"] == "The long pier"


async def test_a_preview_that_nobody_saves_is_304_at_the_end_of_the_wait(
    story: None, desk: AsyncClient, api: AsyncClient
) -> None:
    url = await opened(desk)
    etag = (await api.get(url)).headers["etag"]
    begun = asyncio.get_running_loop().time()

    answer = await api.get(url, params={"wait": 1}, headers={"If-None-Match": etag})

    assert (answer.status_code, answer.headers["etag"]) == (304, etag)
    assert 0.9 < asyncio.get_running_loop().time() - begun < 10


async def test_a_preview_of_another_state_is_answered_without_a_wait(
    story: None, desk: AsyncClient, api: AsyncClient
) -> None:
    url = await opened(desk)
    for headers in ({}, {"If-None-Match": '"7"'}):
        answer = await asyncio.wait_for(api.get(url, params={"wait": 30}, headers=headers), 10)
        assert answer.status_code == 200


async def test_a_preview_that_is_withdrawn_meanwhile_is_refused(
    desk: AsyncClient, api: AsyncClient, load: Load
) -> None:
    await load(article("plan"))
    url = await opened(desk)
    first, second = await following(api, url), await following(api, url)
    await desk.post(f"/v1/articles/{PLAN}/withdraw", json={"reason": "legal"})
    for waiting in (first, second):
        refusal(await asyncio.wait_for(waiting, 10), 410, "withdrawn")


async def test_a_preview_that_expires_meanwhile_is_refused(
    story: None, desk: AsyncClient, api: AsyncClient, clock: Clock
) -> None:
    waiting = await following(api, await opened(desk))
    clock.move(days=2)
    await save(desk, headline="Too late")

    refusal(await asyncio.wait_for(waiting, 10), 404, "not-found")


async def test_those_who_wait_for_a_preview_are_sent_away_at_the_end(
    story: None, desk: AsyncClient, api: AsyncClient
) -> None:
    waiting = await following(api, await opened(desk))
    live(api).end()

    assert (await asyncio.wait_for(waiting, 10)).status_code == 304
