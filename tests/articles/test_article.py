"""One article: by id or slug, at an address it had before, taken down, and as it was."""

import pytest
from httpx import AsyncClient

from app.web.caching import PUBLIC
from app.web.purge_keys import purge_key
from tests.answers import blamed, get, refusal, slugs
from tests.conftest import Load
from tests.factories import NOON, article, article_id, draft, scheduled, tag, withdrawn, words

ROUTES = ["", "/revisions", "/revisions/1"]


async def test_an_article_is_reached_by_id_and_by_slug(api: AsyncClient, load: Load) -> None:
    await load(article("flood", headline="The river rose"))
    by_slug, by_id = await api.get("/v1/articles/flood"), await api.get(f"/v1/articles/{article_id('flood')}")
    assert by_slug.json()["headline"] == "The river rose"
    assert by_id.content == by_slug.content
    assert by_id.headers["etag"] == by_slug.headers["etag"] == '"1"'


async def test_absent_values_are_null_and_empty_lists_are_lists(api: AsyncClient, load: Load) -> None:
    await load(article("flood"))
    found = await get(api, "/v1/articles/flood")
    empty = {name for name, value in found.items() if value == []}
    assert empty == {"tags", "attributions", "notes", "relations", "corrections", "flags"}
    absent = {name for name, value in found.items() if value is None}
    assert absent == {
        *(
            "kicker",
            "standfirst",
            "byline",
            "section",
            "image",
            "translation_of",
            "publish_at",
            "origin",
            "editors_note",
            "genre",
            "dateline",
            "ai",
            "expires_at",
        )
    }
    assert found["published_at"] == found["first_published_at"] == found["updated_at"] == NOON


@pytest.mark.parametrize(
    "rest", [*ROUTES, "?fields=headline&include=tags%2Csources", "?include=notes", "/revisions?limit=5"]
)
async def test_an_old_slug_leads_to_the_present_one(api: AsyncClient, load: Load, rest: str) -> None:
    await load(article("flood", id=article_id("x")))
    await load(article("high-water", id=article_id("x"), former_slugs=["flood"], modified_at=NOON))
    answer = await api.get(f"/v1/articles/flood{rest}")
    assert answer.status_code == 308
    assert answer.json() == {"id": article_id("x"), "slug": "high-water", "language": "en"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == f"/v1/articles/high-water{rest}"
    assert answer.headers["cache-control"] == PUBLIC
    assert answer.headers["surrogate-key"] == purge_key(f"article:{article_id('x')}")
    assert (await api.get(answer.headers["location"])).status_code == 200
    assert (await api.head(f"/v1/articles/flood{rest}")).status_code == 308


async def test_a_slug_leads_back_once_it_is_taken_back(api: AsyncClient, load: Load) -> None:
    for slug in ("flood", "high-water", "flood"):
        await load(article(slug, id=article_id("x"), modified_at=NOON))
    assert (await api.get("/v1/articles/flood")).status_code == 200
    assert (await api.get("/v1/articles/high-water")).headers["location"] == "/v1/articles/flood"


async def test_a_slug_that_was_never_public_leads_nowhere(api: AsyncClient, load: Load) -> None:
    for line in (draft("kanarek", id=article_id("x")), article("flood", id=article_id("x"))):
        await load(line)
        refusal(await api.get("/v1/articles/kanarek"), 404, "not-found")
    await load(withdrawn("flood", id=article_id("x")))
    refusal(await api.get("/v1/articles/kanarek"), 404, "not-found")
    refusal(await api.get("/v1/articles/flood"), 410, "withdrawn")


async def test_a_wrong_parameter_at_an_old_slug_is_refused_first(api: AsyncClient, load: Load) -> None:
    await load(article("high-water", former_slugs=["flood"]))
    assert blamed(await api.get("/v1/articles/flood?fields=x")) == {"fields"}
    assert blamed(await api.get("/v1/articles/flood?x=1")) == {"x"}


@pytest.mark.parametrize("rest", ROUTES)
async def test_what_was_withdrawn_is_gone_and_says_why(api: AsyncClient, load: Load, rest: str) -> None:
    gone = withdrawn("leak", public_note="We erred.", replacement=article_id("right"), former_slugs=["old-leak"])
    await load(article("leak", headline="Canary"), article("right"), tag("river"))
    await load(gone | {"headline": "Canary"})
    for ref in ("leak", "old-leak", article_id("leak")):
        answer = await api.get(f"/v1/articles/{ref}{rest}")
        problem = refusal(answer, 410, "withdrawn")
        told = {name: problem[name] for name in ("reason", "public_note", "replacement")}
        right = {"id": article_id("right"), "slug": "right", "language": "en"}
        assert told == {"reason": "privacy", "public_note": "We erred.", "replacement": right}
        assert "Canary" not in answer.text
    assert (await api.get("/v1/articles/leak?include=notes")).status_code == 410
    assert await slugs(api) == ["right"]


@pytest.mark.parametrize(
    "hidden", [draft("right"), scheduled("right"), withdrawn("right")], ids=lambda one: one["status"]
)
async def test_a_replacement_that_is_not_public_is_not_named(
    api: AsyncClient, load: Load, hidden: dict[str, str]
) -> None:
    await load(hidden, withdrawn("leak", replacement=article_id("right")))
    problem = refusal(await api.get("/v1/articles/leak"), 410, "withdrawn")
    assert (problem["replacement"], problem["public_note"]) == (None, None)


async def test_a_story_that_was_withdrawn_before_it_was_public_under_a_slug_is_gone_by_its_id(
    api: AsyncClient, load: Load
) -> None:
    await load({"noun": "article", "id": article_id("leak"), "slug": "leak", "status": "withdrawn",
                "withdrawal": {"reason": "legal", "at": NOON}})  # fmt: skip
    refusal(await api.get(f"/v1/articles/{article_id('leak')}"), 410, "withdrawn")
    refusal(await api.get("/v1/articles/leak"), 410, "withdrawn")


async def test_what_was_unpublished_is_not_found_again(api: AsyncClient, load: Load) -> None:
    await load(article("flood"))
    await load(draft("flood", first_published_at=NOON))
    for ref in ("flood", article_id("flood")):
        for rest in ROUTES:
            refusal(await api.get(f"/v1/articles/{ref}{rest}"), 404, "not-found")


async def test_the_history_lists_what_was_public_newest_first(api: AsyncClient, load: Load) -> None:
    await load(draft("flood", headline="A draft of it"))
    await load(article("flood", headline="One"))
    await load(article("flood", headline="Two"))
    await load(draft("flood", headline="Taken back", first_published_at=NOON))
    await load(article("flood", headline="Three"))
    page = await get(api, "/v1/articles/flood/revisions")
    assert [(one["revision"], one["op"]) for one in page["items"]] == [
        (5, "published"),
        (3, "updated"),
        (2, "published"),
    ]
    assert page["next"] is None
    for revision, headline in ((2, "One"), (3, "Two"), (5, "Three")):
        answer = await api.get(f"/v1/articles/flood/revisions/{revision}", headers={"Accept-Encoding": "identity"})
        assert (answer.json()["headline"], answer.json()["revision"]) == (headline, revision)
        assert answer.headers["etag"] == f'"{revision}"'
    for hidden in (1, 4, 6):
        refusal(await api.get(f"/v1/articles/flood/revisions/{hidden}"), 404, "not-found")


async def test_the_newest_revision_is_the_article_itself(api: AsyncClient, load: Load) -> None:
    await load(article("flood"))
    await load(article("flood", body=[words("It fell again.")]))
    assert await get(api, "/v1/articles/flood/revisions/2") == await get(api, "/v1/articles/flood")


async def test_a_history_has_pages(api: AsyncClient, load: Load) -> None:
    for n in range(5):
        await load(article("flood", headline=f"Version {n}"))
    found: list[list[int]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await api.get("/v1/articles/flood/revisions", params={"limit": 2, **cursor})
        page = answer.json()
        found.append([one["revision"] for one in page["items"]])
        if page["next"] is None:
            assert "link" not in answer.headers
            break
        assert answer.links["next"]["url"] == f"/v1/articles/flood/revisions?limit=2&cursor={page['next']}"
        cursor = {"cursor": page["next"]}
    assert found == [[5, 4], [3, 2], [1]]


@pytest.mark.parametrize("noun", ["articles", "tags", "sources", "notes"])
async def test_every_noun_of_the_sample_has_its_history(newsroom: AsyncClient, noun: str) -> None:
    (one, *_) = (await get(newsroom, f"/v1/{noun}", limit=1))["items"]
    history = await get(newsroom, f"/v1/{noun}/{one['slug']}/revisions")
    assert [item["revision"] for item in history["items"]] == [one["revision"]]
    then = await get(newsroom, f"/v1/{noun}/{one['slug']}/revisions/{one['revision']}")
    assert then == await get(newsroom, f"/v1/{noun}/{one['slug']}")
