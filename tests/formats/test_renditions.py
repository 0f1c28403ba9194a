"""What all renditions have in common with the JSON: who sees what, and how answers are cached, moved and refused."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from httpx import AsyncClient

from app.formats.routes import FORMATS
from app.web.purge_keys import purge_key
from tests.answers import bearing, blamed, get, refusal
from tests.conftest import Load, Make, client
from tests.desk import act, change, publish, write
from tests.factories import article, article_id, box, credit, draft, note, said, section, source, tag, words
from tests.openapi import check_answer, operations

NAMES: Final = [format.name for format in FORMATS]
MEDIA_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "jsonld": "application/ld+json",
    "ninjs": "application/vnd.iptc.ninjs+json",
}
CANARY: Final = "kanarek"


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[AsyncClient]:
    """The public, beside the desk."""
    async with client(database_url) as api:
        yield api


async def shown(api: AsyncClient, path: str, **parameters: str) -> str:
    """The text of a rendition that is as the OpenAPI document says."""
    answer = await api.get(path, params=parameters or None)
    assert answer.status_code == 200, (path, answer.text)
    check_answer(answer)
    return answer.text


def keys(answer: Any) -> set[str]:
    return {*answer.headers["surrogate-key"].split(" ")}


@pytest.mark.parametrize("name", NAMES)
async def test_a_rendition_has_its_media_type_and_runs_nothing(api: AsyncClient, load: Load, name: str) -> None:
    await load(article("a"))
    answer = await api.get(f"/v1/articles/a/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPES[name])
    assert answer.headers["cache-control"].startswith("public")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = await api.head(f"/v1/articles/a/{name}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])


@pytest.mark.parametrize("name", NAMES)
async def test_it_is_not_sent_again_until_what_it_shows_changes(desk: AsyncClient, load: Load, name: str) -> None:
    await load(note("mill"), article("a", body=[box("mill")]))
    first = await desk.get(f"/v1/articles/a/{name}")
    known = {"If-None-Match": first.headers["etag"]}
    again = await desk.get(f"/v1/articles/a/{name}", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    changed = await desk.patch("/v1/notes/mill", json={"heading": "The old mill"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    last = await desk.get(f"/v1/articles/a/{name}", headers=known)
    assert last.status_code == 200
    assert "The old mill" in last.text
    # The article is as it was: the change is one of the note, of which the answer has the key.
    assert "note.mill" in keys(first)


@pytest.mark.parametrize("name", NAMES)
async def test_it_names_all_that_it_shows_or_may_come_to_show(api: AsyncClient, load: Load, name: str) -> None:
    await load(
        section("city"),
        tag("rivers"),
        *(source(slug) for slug in ("wire", "office")),
        note("dam", facts=[{"text": "x", "attributions": [credit("office")]}]),
        article("b"),
        draft("later"),
        article(
            "a",
            section="city",
            tags=["rivers"],
            attributions=[credit("wire")],
            body=[box("dam"), {"type": "related", "relation": "background", "article": article_id("b")}],
        ),
    )
    expected = {"tag.city", "tag.rivers", "source.wire", "source.office", "note.dam"}
    expected |= {purge_key(f"article:{article_id(slug)}") for slug in ("a", "b")}
    if any(each.name == name and "translations" in each.include for each in FORMATS):
        expected.add(purge_key(f"articles:translation:{article_id('a')}"))
    assert keys(await api.get(f"/v1/articles/a/{name}")) == expected


@pytest.mark.parametrize("name", NAMES)
async def test_a_former_slug_leads_to_the_rendition(desk: AsyncClient, name: str) -> None:
    made = await publish(desk, "Trams", slug="trams")
    await change(desk, made["id"], slug="new-trams")
    for rest in ("", "/revisions/1"):
        answer = await desk.get(f"/v1/articles/trams{rest}/{name}?perspective=drafts")
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/v1/articles/new-trams{rest}/{name}?perspective=drafts"


@pytest.mark.parametrize("name", NAMES)
async def test_what_was_withdrawn_is_gone_in_every_format(desk: AsyncClient, load: Load, name: str) -> None:
    await load(note("mill"), article("a"))
    await act(desk, "a", "withdraw", reason="privacy", public_note="A person asked for it.")
    assert (await desk.post("/v1/notes/mill/withdraw", json={"reason": "error"})).status_code == 200
    for path in ("/v1/articles/a", "/v1/articles/a/revisions/1", "/v1/notes/mill", "/v1/notes/mill/revisions/1"):
        assert refusal(await desk.get(f"{path}/{name}"), 410, "withdrawn")["reason"] in {"privacy", "error"}


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_not_there_is_not_found(api: AsyncClient, load: Load, name: str) -> None:
    await load(draft("a"), note("mill", status="draft"), article("b"))
    paths = ["articles/a", "articles/none", "articles/b/revisions/2", "notes/mill", "notes/none", "previews/4Wb2"]
    for path in paths:
        refusal(await api.get(f"/v1/{path}/{name}"), 404, "not-found")
    refusal(await api.get(f"/v1/articles/a/{name}?perspective=drafts"), 401, "unauthorized")
    refusal(await api.get(f"/v1/articles/b/draft/{name}"), 401, "unauthorized")
    assert blamed(await api.get(f"/v1/articles/b/{name}?fields=body")) == {"fields"}


@pytest.mark.parametrize("name", NAMES)
async def test_the_desk_reads_drafts_and_working_copies(desk: AsyncClient, reader: AsyncClient, name: str) -> None:
    made = await publish(desk, "Public words")
    await change(desk, made["id"], "/draft", headline="Words to come")
    assert "Words to come" in await shown(desk, f"/v1/articles/{made['id']}/draft/{name}")
    assert "Words to come" in await shown(desk, f"/v1/articles/{made['id']}/{name}", perspective="drafts")
    answer = await desk.get(f"/v1/articles/{made['id']}/draft/{name}")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "Public words" in await shown(reader, f"/v1/articles/{made['slug']}/{name}")


@pytest.mark.parametrize("name", NAMES)
async def test_a_revision_is_shown_as_it_was(desk: AsyncClient, reader: AsyncClient, name: str) -> None:
    made = await publish(desk, "First words")
    await change(desk, made["id"], headline="Second words")
    path = f"/v1/articles/{made['id']}"
    assert "First words" in await shown(reader, f"{path}/revisions/2/{name}")
    assert "Second words" in await shown(reader, f"{path}/{name}")
    # The first revision is the draft.
    refusal(await reader.get(f"{path}/revisions/1/{name}"), 404, "not-found")
    assert "First words" in await shown(desk, f"{path}/revisions/1/{name}", perspective="drafts")


@pytest.mark.parametrize("name", NAMES)
async def test_a_preview_shows_drafts_that_it_names_and_nothing_taken_down(
    desk: AsyncClient, reader: AsyncClient, load: Load, name: str
) -> None:
    await load(note("mill", status="draft", heading="The mill to come"), note("dam", heading=f"{CANARY} of the dam"))
    made = await write(desk, "Still a draft", body=[box("mill"), box("dam")], ednote=f"{CANARY} to the desk")
    assert (await desk.post("/v1/notes/dam/withdraw", json={"reason": "error"})).status_code == 200
    preview = (await desk.post(f"/v1/articles/{made['id']}/previews")).json()
    answer = await reader.get(f"{preview['url']}/{name}")
    assert answer.status_code == 200, answer.text
    check_answer(answer)
    assert answer.headers["cache-control"] == "private, no-store"
    assert "Still a draft" in answer.text
    assert "The mill to come" in answer.text
    assert CANARY not in answer.text


@pytest.mark.parametrize("name", NAMES)
async def test_a_preview_of_a_note_is_a_note(desk: AsyncClient, reader: AsyncClient, load: Load, name: str) -> None:
    await load(note("mill", status="draft", heading="The mill to come"))
    preview = (await desk.post("/v1/notes/mill/previews")).json()
    assert "The mill to come" in await shown(reader, f"{preview['url']}/{name}")


@pytest.mark.parametrize("name", NAMES)
async def test_a_pinned_note_is_shown_as_it_was_until_it_is_erased(
    desk: AsyncClient, reader: AsyncClient, load: Load, name: str
) -> None:
    await load(note("mill", heading=f"{CANARY} 1811"), article("a", body=[box("mill", 1), words("The end.")]))
    patch = await desk.patch("/v1/notes/mill", json={"heading": "The mill of 1911"}, headers={"If-Match": '"1"'})
    assert patch.status_code == 200
    text = await shown(reader, f"/v1/articles/a/{name}")
    assert f"{CANARY} 1811" in text
    assert "The mill of 1911" not in text
    for verb in ("withdraw", "erase"):
        assert (await desk.post(f"/v1/notes/mill/{verb}", json={"reason": "privacy"})).status_code == 200
    for api, parameters in ((reader, {}), (desk, {"perspective": "drafts"})):
        text = await shown(api, f"/v1/articles/a/{name}", **parameters)
        assert CANARY not in text
        assert "The end." in text


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_hidden_is_in_what_is_public(
    desk: AsyncClient, reader: AsyncClient, load: Load, name: str
) -> None:
    """A public story names a note and a story that were taken down, has a draft translation and a working copy."""
    related = [{"relation": "background", "article": article_id(slug)} for slug in ("dead", "back")]
    await load(
        source("mayor"),
        note(
            "dam", heading=f"{CANARY} of the dam", facts=[{"text": CANARY}], body=[words(CANARY), said("mayor", CANARY)]
        ),
        article("dead", headline=f"{CANARY} of the dead"),
        article("back", headline=f"{CANARY} of the draft"),
        article("a", relations=related, body=[box("dam"), words("Public.")], ednote=f"{CANARY} to the desk"),
        draft("a-uk", headline=CANARY, language="uk", translation_of=article_id("a")),
    )
    await act(desk, "dead", "withdraw", reason="privacy")
    await act(desk, "back", "unpublish")
    assert (await desk.post("/v1/notes/dam/withdraw", json={"reason": "privacy"})).status_code == 200
    await change(desk, article_id("a"), "/draft", standfirst=CANARY, tags=[])
    for path in ("/v1/articles/a", "/v1/articles/a/revisions/1"):
        answer = await reader.get(f"{path}/{name}")
        assert answer.status_code == 200
        assert CANARY not in answer.text + json.dumps(dict(answer.headers))
        assert "a-uk" not in answer.text
        assert "Public." in answer.text


async def test_the_past_is_rendered_as_readers_saw_it(desk: AsyncClient, reader: AsyncClient, load: Load) -> None:
    made = await publish(desk, "First words")
    before = (await change(desk, made["id"], headline="Second words"))["modified_at"]
    await change(desk, made["id"], headline="Third words")
    assert "Second words" in await shown(reader, f"/v1/articles/{made['id']}/text", perspective=before)


@pytest.mark.parametrize("path", ["/v1/articles/a", "/v1/notes/mill"])
async def test_bodies_stand_in_the_json_where_fields_ask_for_them(api: AsyncClient, load: Load, path: str) -> None:
    body = [words("One <b>and</b> two."), said("mayor")]
    await load(source("mayor", names={"en": "The mayor"}), note("mill", body=body), article("a", body=body))
    document = await get(api, path, fields="body_html,body_text")
    named = {"slug", "body_html", "body_text"} | ({"id"} if path == "/v1/articles/a" else set())
    assert {*document} == named
    assert '<p id="block-b1">One <b>and</b> two.</p>' in document["body_html"]
    assert document["body_text"] == "One and two.\n\n“We measured it twice.”\n— The mayor"
    (listed,) = (await get(api, path.rpartition("/")[0], fields="body_html,body_text"))["items"]
    assert listed == document
    answer = await api.get(path, params={"fields": "body_html"})
    check_answer(answer)
    assert "source.mayor" in keys(answer)
    assert "body_html" not in await get(api, path)


async def test_a_list_renders_notes_for_all_of_its_stories(api: AsyncClient, load: Load) -> None:
    await load(note("mill"), *(article(slug, body=[box("mill")]) for slug in ("a", "b")))
    items = (await get(api, "/v1/articles", fields="body_text,headline"))["items"]
    assert {item["headline"] for item in items} == {"a", "b"}
    for item in items:
        assert "The mill has ground since 1811." in item["body_text"]
    assert "note.mill" in keys(await api.get("/v1/articles?fields=body_text"))


async def test_a_key_shows_the_same_and_forbids_to_keep_it(api: AsyncClient, load: Load, key: Make) -> None:
    await load(article("a"))
    public = await api.get("/v1/articles/a/html")
    private = await api.get("/v1/articles/a/html", headers=bearing(await key("drafts:read")))
    assert private.text == public.text
    assert private.headers["cache-control"] == "private, no-store"


ADDRESSES: Final = [
    ("https://paper.example/{language}/{section}/{slug}", "https://paper.example/en/city/a"),
    ("https://paper.example/story?id={id}", f"https://paper.example/story?id={article_id('a')}"),
]


@pytest.mark.parametrize(("template", "address"), ADDRESSES)
async def test_stories_have_the_addresses_of_the_newsrooms_site(
    database_url: str, load: Load, monkeypatch: pytest.MonkeyPatch, template: str, address: str
) -> None:
    monkeypatch.setenv("SITE_ARTICLE_URL", template)
    monkeypatch.setenv("SITE_NAME", "The Paper")
    await load(section("city"), article("a", section="city"))
    async with client(database_url) as api:
        assert (await api.get("/v1/articles/a/text")).text.rstrip().endswith(address)
        assert (await get(api, "/v1/articles/a/jsonld"))["url"] == address
        assert (await get(api, "/v1/articles/a/jsonld"))["publisher"]["name"] == "The Paper"
        assert {"role": "address", "value": address} in (await get(api, "/v1/articles/a/ninjs"))["altIds"]


def test_every_format_has_one_operation_for_each_place() -> None:
    places = ("article", "article_revision", "working_copy", "note", "note_revision", "preview")
    expected = {f"get_{place}_{name}" for place in places for name in NAMES}
    assert expected <= {*operations()}


async def test_bodies_are_rendered_wherever_fields_are_taken(
    desk: AsyncClient, reader: AsyncClient, load: Load
) -> None:
    await load(note("mill", status="draft", heading="The mill to come"))
    made = await publish(desk, "Trams", body=[words("First.")])
    path = f"/v1/articles/{made['id']}"
    await change(desk, made["id"], "/draft", body=[words("Second."), box("mill")])
    preview = (await desk.post(f"{path}/previews")).json()["url"]
    assert (await get(reader, f"{path}/revisions/2", fields="body_text"))["body_text"] == "First."
    for api, address in ((desk, f"{path}/draft"), (reader, preview)):
        shown_text = (await get(api, address, fields="body_text"))["body_text"]
        assert shown_text.startswith("Second.\n\nThe mill to come")
