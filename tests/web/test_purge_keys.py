"""Purge keys: an answer changes only when a change touches one of its keys, and its head stays short."""

import re

import pytest
from httpx import AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.settings import Settings
from app.web.purge_keys import LONGEST_KEY, MOST_BYTES, MOST_KEYS, every, purge_key, purge_keys
from tests import histories
from tests.conftest import Fresh, Load, client
from tests.factories import article, article_id, box, credit, note, section, source, tag
from tests.processes import until

FLOOD = purge_key(f"article:{article_id('flood')}")


def keys_of(answer: Response) -> set[str]:
    return {*answer.headers["surrogate-key"].split(" ")}


def told(answer: Response) -> tuple[int, str, str | None, str | None]:
    """What a cache would have given: the body but for the id of the request, and where it leads."""
    body = re.sub(r'"request_id":"[^"]+"', "", answer.text)
    return answer.status_code, body, answer.headers.get("location"), answer.headers.get("link")


async def ask(api: AsyncClient, head: int) -> tuple[dict[str, Response], set[str], int]:
    """(the answer to each read, the keys that public changes behind the position have touched, the last position)."""
    answers = {path: await api.get(path) for path in histories.READS}
    changes = (await api.get("/v1/changes", params={"after": head, "limit": 1000})).json()
    return answers, {key for change in changes["items"] for key in change["keys"]}, changes["head"]


# To shrink a history would take minutes.
@settings(max_examples=2, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.lists(histories.WRITES, min_size=8, max_size=8))
async def test_an_answer_changes_only_when_a_change_touches_one_of_its_keys(
    fresh: Fresh, writes: list[histories.Write]
) -> None:
    with fresh() as url:
        async with histories.newsroom(url) as (reader, desk):
            before, _, head = await ask(reader, 0)
            for write in writes:
                await histories.send(desk, write)
                after, touched, head = await ask(reader, head)
                for path, answer in before.items():
                    if answer.headers["cache-control"] != "no-store" and told(answer) != told(after[path]):
                        assert not keys_of(answer).isdisjoint(touched), (path, keys_of(answer), touched, write)
                before = after


async def test_every_read_that_caches_may_keep_is_asked_in_histories(api: AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]
    reads = {path for path, methods in paths.items() if "get" in methods and path.startswith("/v1/")}
    patterns = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/?]+", path) + r"(\?.*)?") for path in reads}
    asked = {path for path in reads for read in histories.READS if patterns[path].fullmatch(read)}

    assert asked == reads - histories.UNCACHED


# --- which keys --------------------------------------------------------------------------------------------------


@pytest.fixture
async def loaded(load: Load) -> None:
    await load(
        section("city"),
        tag("rivers"),
        source("wire"),
        note("dam", tags=["rivers"]),
        article("flood", section="city", tags=["rivers"], body=[box("dam")], attributions=[credit("wire")]),
        article("povin", language="uk", translation_of=article_id("flood")),
    )


@pytest.mark.parametrize(
    ("path", "keys"),
    {
        "/v1/articles": {"articles"},
        "/v1/articles?language=en": {"articles~en"},
        "/v1/articles?tag=rivers&source=wire": {"articles.tag.rivers"},
        "/v1/articles?tag=rivers&language=uk,en": {"articles.tag.rivers~uk", "articles.tag.rivers~en"},
        "/v1/articles?section=city": {"articles.tag.city"},
        "/v1/articles?source=wire&role=reported_by": {"articles.source.reported_by.wire"},
        "/v1/articles?tag=rivers&include=tags,sources,notes": {
            "articles.tag.rivers", "tag.city", "tag.rivers", "source.wire", "note.dam",
        },
        "/v1/articles/flood?include=translations": {FLOOD, f"articles.translation.{FLOOD[8:]}"},
        f"/v1/articles?ids={article_id('flood')}": {FLOOD},
        "/v1/articles/flood": {FLOOD},
        "/v1/articles/flood/revisions": {FLOOD},
        "/v1/archive?tag=rivers&language=en": {"articles.tag.rivers~en"},
        "/v1/tags?type=topic": {"tags"},
        "/v1/tags?ids=rivers&include=counts": {"tag.rivers", "articles.tag.rivers"},
        "/v1/notes?tag=rivers": {"notes.tag.rivers", "tags"},
        "/v1/notes?language=en": {"notes.language.en"},
        "/v1/notes/dam": {"note.dam"},
        "/v1/redirects": {"redirects"},
        "/v1/quotes": {"articles.has.quote"},
        "/v1/quotes?language=uk,en": {"articles.quote.uk", "articles.quote.en"},
        "/v1/quotes?source=wire&language=en&q=source:wire": {"articles.source.said_by.wire", "sources"},
        "/v1/timeline": {"notes"},
        "/v1/timeline?tag=rivers&source=wire": {"notes.tag.rivers", "tags"},
        "/v1/articles/flood/related": {FLOOD, "articles"},
    }.items(),
)  # fmt: skip
async def test_an_answer_names_what_it_depends_on(loaded: None, api: AsyncClient, path: str, keys: set[str]) -> None:
    answer = await api.get(path)
    assert answer.status_code == 200
    assert keys_of(answer) == keys


async def test_an_answer_to_what_was_withdrawn_names_what_it_leads_to(desk: AsyncClient, api: AsyncClient) -> None:
    made = [await desk.post("/v1/articles", json={"language": "en", "headline": name}) for name in ("Old", "New")]
    old, new = [answer.json()["id"] for answer in made]
    for id in (old, new):
        await desk.post(f"/v1/articles/{id}/publish", json={})
    await desk.post(f"/v1/articles/{old}/withdraw", json={"reason": "error", "replacement": new})
    names = [f"article:{old}", "articles:replacements"]
    shown = await api.get(f"/v1/articles/{old}")
    await desk.post(f"/v1/articles/{new}/unpublish")
    hidden = await api.get(f"/v1/articles/{old}")

    assert keys_of(shown) == {purge_key(name) for name in (*names, f"article:{new}")}
    assert keys_of(hidden) == {purge_key(name) for name in names}
    assert hidden.json()["replacement"] is None


@pytest.mark.parametrize(("header", "separator"), [("Cache-Tag", ","), ("Edge-Cache-Tag", ","), ("xkey", " ")])
async def test_the_header_of_the_keys_has_the_name_that_is_set(
    database_url: str, monkeypatch: pytest.MonkeyPatch, header: str, separator: str
) -> None:
    monkeypatch.setenv("CACHE_KEYS_HEADER", header)
    async with client(database_url) as api:
        answers: list[Response] = []

        async def is_hit() -> bool:
            """What was kept before the server's first word from the database is forgotten."""
            answers.append(await api.get("/v1/notes?tag=rivers"))
            return answers[-1].headers["cache-status"] == "Dovidka; hit"

        await until(is_hit)
    assert {answer.headers[header] for answer in answers} == {f"notes.tag.rivers{separator}tags"}
    assert "surrogate-key" not in answers[0].headers


def test_a_header_of_another_name_is_refused() -> None:
    with pytest.raises(ValidationError, match="cache_keys_header"):
        Settings(cache_keys_header="X-Keys")  # type: ignore[arg-type]


# --- short -------------------------------------------------------------------------------------------------------

LONG = "a-slug-that-goes-on-and-on-until-nobody-remembers-how-it-began-and-that-is-as-long-as-slugs-may-be-" + "x" * 20


def head_bytes(answer: Response) -> int:
    """Bytes of the head, with what uvicorn adds."""
    date = len("HTTP/1.1 200 OK\r\ndate: Mon, 30 Nov 2026 12:00:00 GMT\r\n\r\n")
    return date + sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)


async def test_a_head_has_four_kilobytes_at_most(api: AsyncClient, load: Load) -> None:
    slugs = [f"{LONG[:-3]}{number:03}" for number in range(100)]
    ids = [article_id(slug) for slug in slugs]
    await load(*(tag(slug) for slug in slugs), *(source(slug) for slug in slugs))
    await load(
        *(
            article(slug, tags=slugs[:100], attributions=[credit(other) for other in slugs], language="uk")
            for slug in slugs
        )
    )
    everything = "include=tags,sources,notes,relations,translations"
    tags = "&".join(f"tag={','.join(slugs[n : n + 3])}" for n in range(0, 27, 3))
    for path in (
        f"/v1/articles?limit=1&{everything}", f"/v1/articles?limit=100&fields=body&{everything}",
        f"/v1/articles?ids={','.join(ids)}&{everything}", f"/v1/articles?limit=1&{tags}&language=uk,en,de",
        f"/v1/articles/{slugs[0]}?{everything}", "/v1/tags?limit=50&include=counts",
        f"/v1/tags?ids={','.join(slugs[:50])}", f"/v1/articles?limit=1&tag={','.join(slugs[:10])}&language=uk,en",
    ):  # fmt: skip
        answer = await api.get(path)
        assert answer.status_code == 200, answer.text[:300]
        assert len(answer.headers["surrogate-key"]) <= MOST_BYTES
        assert len(keys_of(answer)) <= MOST_KEYS
        assert head_bytes(answer) <= 4_096, path
    assert "link" not in (await api.get(f"/v1/articles?limit=1&{tags}")).headers


_names = st.one_of(
    st.sampled_from(["articles", "tags", "notes:language:uk", "articles:tag:trams~uk", "redirects", "changes"]),
    st.integers(0, 10**6).map(lambda number: f"article:{article_id(str(number))}"),
    st.text("abc-9", min_size=1, max_size=120).map(lambda slug: f"articles:source.reported_by:{slug}"),
)


@given(st.lists(_names, max_size=300))
def test_keys_are_few_and_cover_every_name(names: list[str]) -> None:
    keys = purge_keys(names)
    assert len(keys) <= MOST_KEYS
    assert len(" ".join(keys)) <= MOST_BYTES
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{1,100}", key) and len(key) <= LONGEST_KEY for key in keys)
    assert all(purge_key(name) in keys or every(name) in keys for name in names)
    assert len(keys) == len({*keys})
