"""The index holds the words of what the views show and no others, however it came to be."""

import asyncio
from typing import Any

import pytest
from alembic import command
from httpx import AsyncClient
from sqlalchemy import delete, or_, select, update

from app import reindex
from app.articles import list_names
from app.changes.models import Object
from app.db import Database, migrate
from app.db.schema import alembic_config
from app.index import keys as index_keys
from app.index.keys import IndexedTexts, keys_of, unpacked
from app.index.models import IndexEntry, IndexState
from app.index.places import NUMBER_BITS
from app.lists.models import Counter, List, ListEntry
from app.notes import saving as saving_notes
from app.words.analysis import analysis_version
from tests import desk as acts
from tests import sql
from tests.answers import get, refusal, slugs
from tests.conftest import Load
from tests.contents import rows
from tests.factories import article, article_id, credit, draft, note, said, source, tag, words

STORIES = [
    tag("trams", labels={"uk": "Трамваї"}),
    source("wire", names={"uk": "Зграйський дріт"}),
    note("dam", heading="Гребля", facts=[{"text": "Греблю зведено 1811 року."}]),
    article("flood", headline="Повінь минула", body=[words("Вода відступила.")], attributions=[credit("wire")]),
    draft("plan", headline="Новий міст", language="uk"),
]


async def entries(database: Database) -> list[tuple[Any, ...]]:
    """All entries but for their numbers in a minute, which mean nothing."""
    found = await rows(database, select(IndexEntry).order_by(IndexEntry.object, IndexEntry.view))
    return [(*row[:2], row[2] >> NUMBER_BITS, *row[3:]) for row in found]


async def state(database: Database) -> tuple[str | None, str | None]:
    ((version, next_version),) = await rows(database, select(IndexState.version, IndexState.next_version))
    return version, next_version


async def test_making_the_index_anew_makes_the_same_index(load: Load, desk: AsyncClient, database: Database) -> None:
    await load(*STORIES)
    shown = await acts.publish(desk, "Старий міст зачинили", language="uk")
    await acts.change(desk, shown["id"], "/draft", headline="Старий міст відчинили")
    gone = await acts.publish(desk, "Таємна переправа", language="uk")
    await acts.act(desk, gone["id"], "withdraw", reason="legal")
    await acts.act(desk, gone["id"], "erase", reason="legal")
    written = await entries(database)
    assert len(written) == 8
    await sql.execute(database.url.text, update(IndexState).values(version="an older one"))

    steps: list[tuple[int, int]] = []
    await reindex.reindex(database, lambda done, total: steps.append((done, total)))

    assert await entries(database) == written
    assert steps == [(8, 8)]
    assert await state(database) == (analysis_version(), None)


async def test_an_index_made_by_another_analysis_outdates_the_answers_that_were_found_by_words(
    load: Load, api: AsyncClient, database: Database
) -> None:
    await load(*STORIES)
    before = (await get(api, "/v1/changes"))["items"]
    await sql.execute(database.url.text, update(IndexState).values(version="an older one"))

    await reindex.reindex(database)

    (entry,) = (await get(api, "/v1/changes"))["items"][len(before) :]
    assert {"articles", "notes", "sources", "tags"} <= {*entry["keys"]}
    same = next(item for item in before if (item["noun"], item["ref"]) == (entry["noun"], entry["ref"]))
    assert entry["revision"] == same["revision"]
    await reindex.reindex(database)
    assert len((await get(api, "/v1/changes"))["items"]) == len(before) + 1


async def test_an_index_that_is_made_for_the_first_time_outdates_nothing(
    load: Load, api: AsyncClient, database: Database
) -> None:
    await load(*STORIES)
    before = (await get(api, "/v1/changes"))["items"]
    await forget(database)

    await reindex.reindex(database)

    assert (await get(api, "/v1/changes"))["items"] == before


async def test_what_was_stored_before_there_was_an_index_is_found_once_it_is_made(
    load: Load, api: AsyncClient, database: Database
) -> None:
    await load(*STORIES)
    written = await entries(database)
    await forget(database)
    refusal(await api.get("/v1/articles", params={"q": "повінь"}), 503, "unavailable")

    await reindex.reindex(database)

    assert await entries(database) == written
    assert await slugs(api, q="повені") == ["flood"]
    assert await slugs(api, q="source:дроту") == ["flood"]
    assert await slugs(api, "/v1/notes", q="гребля") == ["dam"]


async def test_making_the_index_goes_on_where_it_was_interrupted(
    load: Load, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(*STORIES)
    written = await entries(database)
    await forget(database)
    monkeypatch.setattr(reindex, "_NEXT", reindex._NEXT.limit(2))

    class Interrupted(Exception): ...

    def interrupt(done: int, total: int) -> None:
        if done == 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        await reindex.reindex(database, interrupt)
    assert len(await entries(database)) == 4
    assert await state(database) == (None, analysis_version())

    steps: list[tuple[int, int]] = []
    await reindex.reindex(database, lambda done, total: steps.append((done, total)))
    assert steps == [(5, 5)]
    assert await entries(database) == written


async def test_a_new_analysis_makes_all_entries_anew(
    load: Load, api: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(*STORIES)

    def others(texts: IndexedTexts) -> str:
        return keys_of(texts).replace("повінь", "потоп")

    monkeypatch.setattr(index_keys, "keys_of", others)
    monkeypatch.setattr(reindex, "analysis_version", lambda: "another")
    await reindex.reindex(database)

    assert await state(database) == ("another", None)
    assert await slugs(api, q="повінь") == []
    assert await slugs(api, q="потоп") == ["flood"]


async def test_an_index_of_this_analysis_is_left_alone(load: Load, database: Database) -> None:
    await load(*STORIES)
    steps: list[int] = []

    await reindex.reindex(database, lambda done, total: steps.append(done))

    assert steps == []


async def forget(database: Database) -> None:
    """Leaves the database as a migration leaves one that holds something."""
    if database.url.path:
        await sql.execute(database.url.text, "INSERT INTO index_words (index_words) VALUES ('delete-all')")
    await sql.execute(database.url.text, delete(IndexEntry), update(IndexState).values(version=None, next_version=None))


@pytest.mark.parametrize("act", ["withdraw", "unpublish", "change", "erase", "drop"])
async def test_words_that_are_shown_no_more_are_found_no_more(desk: AsyncClient, database: Database, act: str) -> None:
    story = await acts.publish(desk, "Таємна переправа", language="uk", body=[words("Перевізник зник.")])
    id = story["id"]

    match act:
        case "change":
            await acts.change(desk, id, headline="Пором", body=[])
        case "drop":
            assert (await acts.drop(desk, id)).status_code == 204
        case "erase":
            await acts.act(desk, id, "withdraw", reason="legal")
            await acts.act(desk, id, "erase", reason="legal")
        case _:
            await acts.act(desk, id, act, **({"reason": "legal"} if act == "withdraw" else {}))

    public = await get(desk, "/v1/articles", q="переправа OR перевізник")
    assert public["items"] == []
    newest = await get(desk, "/v1/articles", q="переправа", perspective="drafts")
    assert len(newest["items"]) == (1 if act in {"withdraw", "unpublish"} else 0)
    if act in {"change", "drop", "erase"}:
        assert not [row for row in await entries(database) if b"\xd0\xbf\xd0\xb5\xd1\x80\xd0\xb5\xd0\xbf" in keys(row)]


def keys(entry: tuple[Any, ...]) -> bytes:
    """The keys of an entry as UTF-8, whichever database holds them."""
    stored = entry[-1]
    return stored.encode() if isinstance(stored, str) else unpacked(stored).encode()


async def listed(database: Database) -> set[tuple[str, str, str]]:
    """(view, name, object) of all that stands in lists of quotes and facts."""
    query = select(List.view, List.name, ListEntry.object).join(ListEntry, ListEntry.list == List.id)
    named = or_(List.name.like("%quote%"), List.name.like("facts%"))
    return {(view, name, object_id) for view, name, object_id in await rows(database, query.where(named))}


async def counted(database: Database) -> dict[tuple[str, str, str], int]:
    """How many articles the lists of quotes have, by view, name and language of the articles."""
    query = select(List.view, List.name, Counter.language, Counter.n).join(Counter, Counter.list == List.id)
    found = await rows(database, query.where(Counter.n != 0, List.name.like("%quote%")))
    return {(view, name, language): n for view, name, language, n in found}


async def test_what_was_stored_before_there_were_lists_of_quotes_and_facts_is_listed_with_the_index(
    load: Load, desk: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(list_names, "quote_lists", lambda languages: set())
        earlier.setattr("app.articles.rendering.holdings", lambda body, image: set())
        earlier.setattr(saving_notes, "move_facts", lambda *arguments: None)
        facts = [{"on": "1811", "text": "Built."}, {"on": "1911", "text": "Mended."}]
        await load(source("wire"), note("dam", facts=facts), article("flood", body=[said("wire")]), article("ferry"))
        await acts.change(desk, article_id("flood"), "/draft", headline="To come", language="uk")
    assert await listed(database) == set()
    await asyncio.to_thread(command.downgrade, alembic_config(database.url.text), "20261201_1700")
    await asyncio.to_thread(migrate, database.url.text)
    for path in ("/v1/quotes", "/v1/timeline"):
        refusal(await desk.get(path), 503, "unavailable")

    await reindex.reindex(database)

    flood = article_id("flood")
    ((dam,),) = await rows(database, select(Object.id).where(Object.noun == "note"))
    entries = {("public", "facts", dam), ("public", "articles:has:quote", flood), ("desk", "articles:has:quote", flood)}
    entries |= {("public", "articles:quote:en", flood), ("desk", "articles:quote:uk", flood)}
    assert await listed(database) == entries
    # Counters of the desk say by how much they differ from the public ones.
    assert await counted(database) == {
        ("public", "articles:has:quote", "en"): 1,
        ("public", "articles:quote:en", "en"): 1,
        ("desk", "articles:has:quote", "en"): -1,
        ("desk", "articles:has:quote", "uk"): 1,
        ("desk", "articles:quote:en", "en"): -1,
        ("desk", "articles:quote:uk", "uk"): 1,
    }
    assert [fact["on"] for fact in (await get(desk, "/v1/timeline"))["items"]] == ["1811", "1911"]
    # Saving them again finds every row in its place.
    await acts.change(desk, flood, "/draft", body=[])
    await acts.act(desk, flood, "publish")
    answer = await desk.patch("/v1/notes/dam", json={"facts": facts[1:]}, headers={"If-Match": "*"})
    assert answer.status_code == 200
    assert await listed(database) == {("public", "facts", dam)}
    assert await counted(database) == {}
    assert [fact["on"] for fact in (await get(desk, "/v1/timeline"))["items"]] == ["1911"]
