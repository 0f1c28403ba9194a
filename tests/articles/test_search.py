"""Articles by words: what is found, in which order, with which filters, and that a plain scan finds the same."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.articles import search as article_search
from app.db import Reader
from app.index import postgres, sqlite
from app.index.keys import HasKey
from tests import desk as acts
from tests.answers import blamed, get, refusal
from tests.articles.town import READ, WORLD, answers, every_item, filters, newsroom, queries
from tests.conftest import Load
from tests.factories import Line, article, credit, draft, said, source, words
from tests.openapi import check_answer

# --- a plain scan finds the same ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def town(module_url: str) -> AsyncIterator[AsyncClient]:
    async with newsroom(module_url) as api:
        yield api


@given(queries(), filters, st.integers(1, 9))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.anyio
async def test_the_index_finds_what_a_plain_scan_finds(
    town: AsyncClient, query: str, narrowed: Line, limit: int
) -> None:
    scanned = await every_item(town, fields=READ, **narrowed)
    expected = [each["slug"] for each in scanned if answers(query, each)]

    found = await every_item(town, limit, q=query, **narrowed)
    assert [each["slug"] for each in found] == expected, query

    counted = await get(town, "/v1/articles", q=query, count="true", **narrowed)
    assert counted["count"] == {"value": len(expected), "exact": True}


@given(queries(), st.integers(1, 5))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.anyio
async def test_pages_lead_back_as_they_lead_on(town: AsyncClient, query: str, limit: int) -> None:
    forward, page = list[Any](), await get(town, "/v1/articles", q=query, limit=limit)
    first = page
    while page["next"] is not None:
        forward.append(page["items"])
        page = await get(town, "/v1/articles", q=query, limit=limit, cursor=page["next"])
    backward = list[Any]()
    while page["prev"] is not None:
        page = await get(town, "/v1/articles", q=query, limit=limit, cursor=page["prev"])
        backward.append(page["items"])
    assert [item for items in reversed(backward) for item in items] == [item for items in forward for item in items]
    assert not forward or forward[0] == first["items"]


@pytest.mark.parametrize("phrase", ['"міст трамвай"', '"трамвай міст"', '"старого міст"', '"дитина bridge"'])
async def test_a_phrase_is_found_however_little_is_read_for_a_page(
    town: AsyncClient, monkeypatch: pytest.MonkeyPatch, phrase: str
) -> None:
    found = await every_item(town, 5, q=phrase)
    monkeypatch.setattr(article_search, "CHECKED_CHARACTERS", 1)
    monkeypatch.setattr(article_search, "PORTION", 2)

    short = await get(town, "/v1/articles", q=phrase, limit=2)

    assert short["next"] is not None
    assert await every_item(town, 2, q=phrase) == found


# --- single questions --------------------------------------------------------------------------------------------

BRIDGE: Final = article(
    "bridge",
    headline="Старий міст у Згурівці зачинили",
    standfirst="Трамваї їздитимуть в об’їзд.",
    language="uk",
    attributions=[credit("mayor")],
    body=[
        words("Дітей перевозитимуть <b>мост</b>ом тимчасовим.", id="b1"),
        {"type": "list", "items": ["Перша лінія", "Другий міст & причал"], "id": "b2"},
        said("depot", "Мости старіші за трамваї."),
    ],
)


@pytest.fixture
async def one(load: Load, api: AsyncClient) -> AsyncClient:
    await load(*WORLD, BRIDGE)
    return api


async def test_highlights_say_where_the_words_stand(one: AsyncClient) -> None:
    answer = await one.get("/v1/articles", params={"q": "міст трамвай -літак", "highlight": "true"})

    check_answer(answer)
    (item,) = answer.json()["items"]
    assert item["highlights"] == {
        "headline": [{"start": 7, "end": 11}],
        "kicker": [],
        "standfirst": [{"start": 0, "end": 7}],
        "body": [
            {"block": "b1", "start": 21, "end": 27},
            {"block": "b2", "start": 19, "end": 23},
            {"block": "b3", "start": 0, "end": 5},
            {"block": "b3", "start": 17, "end": 24},
        ],
    }
    assert item["snippet_html"] == "<mark>Мости</mark> старіші за <mark>трамваї</mark>."
    assert "body" not in item


async def test_a_snippet_is_cut_between_words_and_escapes_the_text(load: Load, api: AsyncClient) -> None:
    long = "Дуже довгий вступ " * 20 + "a < b: міст &amp; " + "і так далі " * 40
    await load(article("long", body=[words(long.replace("a < b", "a &lt; b"))]))

    (item,) = (await get(api, "/v1/articles", q="мостом", highlight="true"))["items"]

    assert item["snippet_html"].startswith("…довгий вступ Дуже довгий вступ")
    assert "a &lt; b: <mark>міст</mark> &amp; і так" in item["snippet_html"]
    assert item["snippet_html"].endswith("далі…")
    assert len(item["snippet_html"]) < 300


async def test_what_is_found_in_the_headline_alone_has_the_excerpt_for_a_snippet(load: Load, api: AsyncClient) -> None:
    await load(article("short", headline="Міст", standfirst="Про <річку>."))

    (item,) = (await get(api, "/v1/articles", q="мости", highlight="true"))["items"]

    assert item["snippet_html"] == "Про &lt;річку&gt;."


async def test_highlights_stand_beside_the_fields_that_are_asked_for(one: AsyncClient) -> None:
    answer = await one.get("/v1/articles", params={"q": "міст", "highlight": "true", "fields": "headline"})

    assert {*answer.json()["items"][0]} == {"id", "slug", "headline", "highlights", "snippet_html"}


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ('"', 1),
        ('міст "старий', 6),
        ("-міст", 1),
        ("OR", 1),
        ("міст OR", 6),
        ("mist:x", 1),
        ("*", 1),
        ("мі*", 1),
        ("міст !!! 🚃", 10),
        ("а" * 401, 401),
        (" ".join(["міст"] * 21), 101),
    ],
)
async def test_a_broken_query_is_refused_with_its_place(api: AsyncClient, query: str, place: int) -> None:
    answer = await api.get("/v1/articles", params={"q": query})

    check_answer(answer)
    (error,) = refusal(answer, 422, "invalid")["errors"]
    assert (error["parameter"], error["code"]) == ("q", "broken-query")
    assert error["detail"].endswith(f"(at character {place})")


@pytest.mark.parametrize("query", ["про*", "міст OR про*", "міст -headline:про*", "source:про*"])
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/notes", "/v1/search"])
async def test_a_beginning_that_too_many_words_have_is_refused(
    api: AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str, query: str
) -> None:
    async def has_many_words(read: Reader, beginning: HasKey) -> bool:
        return True

    for engine in (postgres, sqlite):
        monkeypatch.setattr(engine, "has_many_words", has_many_words)
    answer = await api.get(path, params={"q": query})

    (error,) = refusal(answer, 422, "invalid")["errors"]
    assert (error["parameter"], error["code"]) == ("q", "too-many")
    assert error["detail"] == "has про*, and too many words here begin so: more letters must stand before *"


@pytest.mark.parametrize(
    "query",
    [
        "NEAR(міст трамвай)", "міст NEAR трамвай", "міст AND трамвай", "міст NOT трамвай", "{headline}", "міст:",
        "'; DROP TABLE index_words; --", "міст' | 'x", "a\\b", "a & b | !c", "<->", "x:*", "rowid", "^міст",
        "мíст", "מיסט", "👩‍🚒 міст", "і\u0308жа", "((((((((((", "a" * 400, "-" * 400, "а-" * 199, "1 " * 20,
        "ім’я об'єкт", "¹²³ ½", "міст\u202eтсім", "%00", "NULL",
    ],
)  # fmt: skip
async def test_whatever_is_typed_is_answered_or_refused(api: AsyncClient, query: str) -> None:
    for path in ("/v1/articles", "/v1/notes", "/v1/search", "/v1/suggest"):
        counted = {"count": "true", "highlight": "true"} if path in {"/v1/articles", "/v1/notes"} else {}
        answer = await api.get(path, params={"q": query, **counted})
        assert answer.status_code in {200, 422}, answer.text
        check_answer(answer)


@pytest.mark.parametrize("query", ["q=%00", "q=%ed%a0%80", "q=a%1fb", "q=", "q=" + "x" * 8_100, "q=a&q=b"])
async def test_what_is_no_text_is_refused(api: AsyncClient, query: str) -> None:
    answer = await api.get(f"/v1/articles?{query}")

    assert blamed(answer) == {"q"}


async def test_parameters_that_do_not_fit_are_refused(api: AsyncClient) -> None:
    for name, parameters in {
        "highlight": {"highlight": "true"},
        "sort": {"q": "a", "sort": "-updated_at"},
    }.items():
        assert blamed(await api.get("/v1/articles", params=parameters)) == {name}


async def test_a_list_by_ids_is_narrowed_by_words(one: AsyncClient) -> None:
    id = BRIDGE["id"]

    found = await get(one, "/v1/articles", ids=id, q="мости", highlight="true", count="true")
    assert [item["highlights"]["headline"] for item in found["items"]] == [[{"start": 7, "end": 11}]]
    assert found["count"] == {"value": 1, "exact": True}
    assert (await get(one, "/v1/articles", ids=id, q="літак"))["items"] == []


async def test_a_cursor_of_another_query_is_refused(one: AsyncClient, load: Load) -> None:
    await load(article("second", headline="Міст"), article("third", headline="Міст"))
    cursor = (await get(one, "/v1/articles", q="міст", limit=1))["next"]

    assert blamed(await one.get("/v1/articles", params={"q": "трамвай", "cursor": cursor})) == {"cursor"}


async def test_an_answer_is_purged_with_the_list_in_which_it_seeks(one: AsyncClient) -> None:
    async def lists(**parameters: str) -> set[str]:
        answer = await one.get("/v1/articles", params=parameters)
        return {key for key in answer.headers["surrogate-key"].split() if not key.startswith("article.")}

    meant = {"tags", "sources", "notes"}
    assert await lists(q="міст") == {"articles", *meant}
    # Where nothing is found, the newest headlines decide what was meant.
    assert await lists(q="міст", tag="trams") == {"articles.tag.trams", "articles", *meant}
    assert await lists(q="міст", language="uk") == {"articles~uk", *meant}


async def test_nothing_hidden_is_found_by_the_public(desk: AsyncClient, api: AsyncClient) -> None:
    plan = await acts.write(desk, "Секретний віадук", language="uk")
    shown = await acts.publish(desk, "Звичайний міст", language="uk")
    await acts.change(desk, shown["id"], "/draft", headline="Секретний тунель")

    for query in ("секретний", "віадук", "тунель", '"секретний тунель"'):
        found = await get(api, "/v1/articles", q=query, count="true")
        assert (found["items"], found["count"]) == ([], {"value": 0, "exact": True}), query
    seen = await get(desk, "/v1/articles", q="секретний", perspective="drafts")
    assert {item["id"] for item in seen["items"]} == {plan["id"], shown["id"]}
    assert (await get(desk, "/v1/articles", q="звичайний", perspective="drafts"))["items"] == []


async def test_a_source_that_nothing_public_names_is_unknown_to_the_public(load: Load, desk: AsyncClient) -> None:
    await load(*WORLD, draft("plan", attributions=[credit("mayor")]), article("story"))

    hidden = await get(desk, "/v1/articles", q="source:verboliz")
    assert hidden["items"] == []
    seen = await get(desk, "/v1/articles", q="source:verboliz", perspective="drafts")
    assert [item["slug"] for item in seen["items"]] == ["plan"]


async def test_words_that_stand_for_too_many_sources_are_refused(load: Load, api: AsyncClient) -> None:
    many = [source(f"post-{n}", names={"en": f"Tram post {n}"}) for n in range(101)]
    await load(*many, article("story", attributions=[credit(each["slug"]) for each in many]))

    assert blamed(await api.get("/v1/articles", params={"q": "source:tram"})) == {"q"}
    assert len((await get(api, "/v1/articles", q="source:post-7"))["items"]) == 1
