"""What was meant by a query that finds nothing: asked of lists and of search, and told of public words alone."""

import pytest
from httpx import AsyncClient

from tests import desk as acts
from tests.answers import get
from tests.conftest import Load
from tests.factories import article, article_id, credit, draft, note, source, tag, withdrawn
from tests.openapi import check_answer

WORLD = [
    tag("trams", labels={"uk": "Трамваї"}),
    tag("tunnel", labels={"en": "Tunnel"}),
    source("depot", names={"uk": "Згурівське депо"}),
    note("dam", language="uk", heading="Стара гребля"),
    note("plan", status="draft", heading="Секретний віадук"),
    article("ride", language="uk", headline="Нова колія до мосту", tags=["trams"], attributions=[credit("depot")]),
    article("pier", language="en", headline="The pier reopens"),
    draft("secret", headline="Секретний цвинтар", tags=["tunnel"]),
    withdrawn("gone", headline="Згоріла лісопилка"),
]
PATHS = ("/v1/articles", "/v1/notes", "/v1/search")


@pytest.fixture
async def api(load: Load, api: AsyncClient) -> AsyncClient:
    await load(*WORLD)
    return api


@pytest.mark.parametrize(
    ("path", "query", "meant"),
    [
        ("/v1/articles", "колея", "колія"),
        ("/v1/articles", "нова колея", "нова колія"),
        ("/v1/articles", "трамваіі", "трамваї"),  # the label of a tag that it bears
        ("/v1/articles", "згуривське депо", "згурівське депо"),
        ("/v1/articles", "гребяя", None),  # a word of notes alone
        ("/v1/articles", "колія peir", None),  # no story has both
        ("/v1/articles", "колія", None),  # it is found
        ("/v1/notes", "греблл", "гребля"),
        ("/v1/notes", "колея", None),
        ("/v1/search", "колея", "колія"),
        ("/v1/search", "греблл", "гребля"),
        ("/v1/search", "трамваіі", "трамваї"),
    ],
)
async def test_a_mistyped_query_is_told_what_finds_something(
    api: AsyncClient, path: str, query: str, meant: str | None
) -> None:
    answer = await api.get(path, params={"q": query})

    check_answer(answer)
    assert answer.json()["did_you_mean"] == meant
    if meant is not None:
        assert answer.json()["items"] == []
        assert (await get(api, path, q=meant))["items"]
        assert {"tags", "sources"} <= {*answer.headers["surrogate-key"].split()}


async def test_filters_hold_for_what_is_meant(api: AsyncClient) -> None:
    assert (await get(api, "/v1/articles", q="колея", language="uk"))["did_you_mean"] == "колія"
    assert (await get(api, "/v1/articles", q="колея", language="en"))["did_you_mean"] is None
    assert (await get(api, "/v1/articles", q="колея", ids=article_id("ride")))["did_you_mean"] == "колія"
    assert (await get(api, "/v1/search", q="колея", noun="tag,note"))["did_you_mean"] is None
    assert (await get(api, "/v1/articles"))["did_you_mean"] is None


@pytest.mark.parametrize("word", ["секретнй", "віадкк", "цвинтра", "лісопилкк", "tunnell"])
async def test_no_word_that_is_not_public_is_given_away(api: AsyncClient, desk: AsyncClient, word: str) -> None:
    for path in PATHS:
        assert (await get(api, path, q=word))["did_you_mean"] is None
        assert (await get(desk, path, q=word, perspective="drafts"))["did_you_mean"] is None


async def test_what_becomes_public_is_known_and_what_is_taken_down_is_not(api: AsyncClient, desk: AsyncClient) -> None:
    await acts.act(desk, article_id("secret"), "publish")
    assert (await get(api, "/v1/articles", q="цвинтра"))["did_you_mean"] == "цвинтар"
    assert (await get(api, "/v1/search", q="tunnell"))["did_you_mean"] == "tunnel"

    await acts.act(desk, article_id("secret"), "withdraw", reason="legal")
    assert (await get(api, "/v1/articles", q="цвинтра"))["did_you_mean"] is None
