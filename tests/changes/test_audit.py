"""The log as the newsroom's audit trail: who did it, and filters that pass over nothing that they select."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from app.changes import entry_filters, feed
from app.changes.models import Change
from app.db import Database, utcnow
from app.keys import store as keys
from app.keys.schemas import KeyIn
from app.web.fields import format_instant
from tests.answers import bearing, blamed, get, refusal
from tests.conftest import Load, Make
from tests.contents import accept
from tests.desk import act, change, drop, write
from tests.factories import article, article_id, draft, note, source, tag
from tests.openapi import check_answer

Json = dict[str, Any]
DESK: Json = {"perspective": "drafts"}


async def log_of(api: AsyncClient, **parameters: Any) -> list[Json]:
    """All entries that are selected, page by page, each behind the `after` of the one before."""
    entries: list[Json] = []
    after = 0
    while True:
        answer = await api.get("/v1/changes", params={**parameters, "after": after})
        check_answer(answer)
        page = answer.json()
        entries += page["items"]
        assert [entry["seq"] for entry in page["items"]] == sorted({entry["seq"] for entry in page["items"]})
        assert all(after < entry["seq"] <= page["after"] for entry in page["items"])
        if page["after"] == page["head"]:
            return entries
        assert after < page["after"] < page["head"]
        after = page["after"]


async def seqs(api: AsyncClient, **parameters: Any) -> list[int]:
    """The positions of these entries."""
    return [entry["seq"] for entry in await log_of(api, **parameters)]


async def date_entries(database: Database, dates: dict[int, datetime]) -> None:
    """Gives entries of the log other instants, by position."""
    async with database.begin() as connection:
        for seq, at in dates.items():
            await connection.execute(update(Change).where(Change.seq == seq).values(at=at))


# --- who did it ----------------------------------------------------------------------------------------------------


async def test_the_desks_log_says_who_did_it_and_lists_what_one_of_them_did(
    api: AsyncClient, desk: AsyncClient, database: Database, load: Load
) -> None:
    await load(tag("rivers"))
    for name in ("Olena Hrushka, night shift", "Marko Lypa"):
        made = await keys.create(database, KeyIn(name=name, scopes=["content:write"]), created_by=None)
        body = {"language": "uk", "headline": f"Гребля встояла: {name}"}
        answer = await api.post("/v1/articles", json=body, headers=bearing(made.key))
        assert answer.status_code == 201

    assert [entry["actor"] for entry in (await get(desk, "/v1/changes", **DESK))["items"]] == [
        "import",
        "Olena Hrushka, night shift",
        "Marko Lypa",
    ]
    (entry,) = await log_of(desk, actor="Olena Hrushka, night shift", **DESK)
    assert (entry["seq"], entry["op"], entry["noun"]) == (2, "created", "article")
    assert await seqs(desk, actor="Olena", **DESK) == []


async def test_no_public_log_says_who_did_it(desk: AsyncClient) -> None:
    ref = (await write(desk))["id"]
    await act(desk, ref, "publish")

    (entry,) = (await get(desk, "/v1/changes"))["items"]
    assert "actor" not in entry
    assert "Holder of" not in (await desk.get("/v1/changes", params={"noun": "article", "since": "2020-01-01"})).text


async def test_a_key_with_a_long_name_writes_and_is_found_by_what_the_log_has_of_it(
    api: AsyncClient, desk: AsyncClient, database: Database
) -> None:
    name = "Довга назва ключа " * 27
    made = await keys.create(database, KeyIn(name=name, scopes=["content:write"]), created_by=None)
    body = {"language": "uk", "headline": "Міст зачинено"}
    assert (await api.post("/v1/articles", json=body, headers=bearing(made.key))).status_code == 201

    (entry,) = (await get(desk, "/v1/changes", **DESK))["items"]
    assert entry["actor"] == name[:200]
    assert await seqs(desk, actor=name[:200], **DESK) == [1]


# --- what filters select -------------------------------------------------------------------------------------------


async def test_a_tag_selects_its_own_changes_and_those_of_what_stood_or_stands_under_it_or_its_descendants(
    desk: AsyncClient, load: Load
) -> None:
    await load(tag("water"), tag("rivers", parent="water"), tag("roads"))
    await load(article("flood", tags=["rivers"]), note("dam", tags=["rivers"]), article("jam", tags=["roads"]))
    await change(desk, "jam", tags=["rivers"])
    await change(desk, "jam", tags=["roads"])
    await change(desk, "jam", headline="The jam is over")

    def named(entries: list[Json]) -> list[tuple[Any, ...]]:
        names = {article_id(slug): slug for slug in ("flood", "jam")}
        return [(entry["op"], entry["noun"], names.get(entry["ref"], entry["ref"])) for entry in entries]

    assert named(await log_of(desk, tag="water", noun="article,note", **DESK)) == [
        ("created", "note", "dam"),
        ("created", "article", "flood"),
        ("updated", "article", "jam"),
        ("updated", "article", "jam"),
    ]
    assert named(await log_of(desk, tag="water", noun="tag", **DESK)) == [
        ("created", "tag", "water"),
        ("published", "tag", "water"),
    ]
    assert len(await log_of(desk, tag="roads,rivers", noun="article", **DESK)) == 5
    assert await seqs(desk, tag="nobody-has-it") == []


async def test_a_day_begins_in_the_zone_of_the_site(desk: AsyncClient, database: Database, load: Load) -> None:
    await load(article("evening"), article("night"))
    midnight_in_kyiv = datetime(2026, 3, 3, 22, tzinfo=UTC)
    await date_entries(database, {1: midnight_in_kyiv - timedelta(milliseconds=1), 2: midnight_in_kyiv})

    assert await seqs(desk, since="2026-03-04") == [2]
    assert await seqs(desk, since="2026-03-04T00:00:00+02:00") == [2]
    assert await seqs(desk, since="2026-03-03T21:59:59.999Z") == [1, 2]
    assert await seqs(desk, since="2026-03-03T22:00:00.001Z") == []


async def test_the_first_and_the_last_instants_there_are_select_everything_and_nothing(
    desk: AsyncClient, load: Load
) -> None:
    await load(article("flood"), article("dam"))
    assert await seqs(desk, since="0001-01-01") == [1, 2]
    assert await seqs(desk, since="0001-01-01T00:00:00Z") == [1, 2]
    assert await seqs(desk, since="9999-12-31") == []


@pytest.mark.parametrize("looked_at", [1, 5, 10_000])
async def test_following_after_gives_what_the_whole_log_has_of_it(
    desk: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    """Whatever a request looks at, however small its pages, and with instants that are not in order."""
    monkeypatch.setattr(feed, "LOOKED_AT", looked_at)
    monkeypatch.setattr(entry_filters, "LONGEST_TRANSACTION", timedelta(minutes=3))
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for n in range(6):
        await accept(database, tag(f"t{n}", parent=f"t{n - 1}" if n else None))
        await accept(database, article(f"story-{n}", tags=[f"t{n}"]), draft(f"plan-{n}"))
    # Of each three entries the last began first: it took two minutes longer.
    seqs_of = range(1, len((await get(desk, "/v1/changes", limit=1000, **DESK))["items"]) + 1)
    await date_entries(database, {n: start + timedelta(minutes=n - (2 if n % 3 == 0 else 0)) for n in seqs_of})

    filters: list[Json] = [{}, {"noun": "article"}, {"noun": "tag,source"}, {"tag": "t3"}, {"noun": "tag", "tag": "t0"}]
    for view in (DESK, {}):
        whole = (await get(desk, "/v1/changes", limit=1000, **view))["items"]
        assert len(whole) >= 12
        for each, minute, limit in product(filters, (0, 4, 11, 100), (1, 1000)):
            since = start + timedelta(minutes=minute)
            selected = [entry for entry in whole if is_selected(entry, since, **each)]
            assert await log_of(desk, since=format_instant(since), limit=limit, **each, **view) == selected


def is_selected(entry: Json, since: datetime, noun: str = "article,tag", tag: str | None = None) -> bool:
    """What the filters say of an entry of the whole log."""
    is_of_tag = tag is None or not {f"tag.{tag}", f"articles.tag.{tag}"}.isdisjoint(entry["keys"])
    return is_of_tag and entry["noun"] in noun.split(",") and datetime.fromisoformat(entry["at"]) >= since


async def test_a_filtered_request_looks_at_so_many_entries_and_says_how_far(
    desk: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "LOOKED_AT", 4)
    await accept(database, *(article(f"story-{n}") for n in range(9)))
    await accept(database, source("gauge"), tag("rivers"))
    await accept(database, article("last", tags=["rivers"]))

    assert await get(desk, "/v1/changes", noun="tag") == {"items": [], "head": 11, "after": 4}
    assert await get(desk, "/v1/changes", noun="tag", after=4) == {"items": [], "head": 11, "after": 8}
    page = await get(desk, "/v1/changes", noun="tag", after=8)
    assert ([entry["seq"] for entry in page["items"]], page["after"], page["head"]) == ([11], 11, 11)
    assert (await get(desk, "/v1/changes", noun="article", limit=2))["after"] == 2
    assert "after" not in await get(desk, "/v1/changes")


async def test_an_instant_is_reached_in_one_request_however_long_the_log_is(
    desk: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "LOOKED_AT", 3)
    await accept(database, *(article(f"story-{n}") for n in range(40)))
    old = utcnow() - timedelta(days=3)
    await date_entries(database, {n: old + timedelta(minutes=n) for n in range(1, 39)})

    page = await get(desk, "/v1/changes", since=(utcnow() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert ([entry["seq"] for entry in page["items"]], page["after"]) == ([39, 40], 40)


# --- positions -----------------------------------------------------------------------------------------------------


async def test_a_trimmed_log_answers_for_the_time_that_it_reaches_back_to(desk: AsyncClient, load: Load) -> None:
    await load(*(article(f"story-{n}") for n in range(4)))
    database: Database = desk._transport.app.state.database  # type: ignore[attr-defined]
    now = utcnow()
    await date_entries(database, {n: now - timedelta(days=10 - n) for n in range(1, 5)})
    assert await feed.trim(database, now - timedelta(days=8, hours=1)) == 1

    assert [entry["seq"] for entry in (await get(desk, "/v1/changes", since=day(now, 7)))["items"]] == [3, 4]
    assert refusal(await desk.get("/v1/changes", params={"since": day(now, 20)}), 410, "trimmed")["head"] == 4
    refusal(await desk.get("/v1/changes", params={"noun": "article"}), 410, "trimmed")
    assert await get(desk, "/v1/changes", noun="tag", after=4) == {"items": [], "head": 4, "after": 4}


def day(now: datetime, days: int) -> str:
    """So many days before, at the same time."""
    return (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_position_to_come_is_refused_with_filters_too(desk: AsyncClient, load: Load) -> None:
    await load(article("flood"))
    for filters in ({"noun": "article"}, {"since": "2020-01-01"}):
        assert blamed(await desk.get("/v1/changes", params={"after": 2, **filters})) == {"after"}


# --- waiting -------------------------------------------------------------------------------------------------------


async def test_a_filtered_request_waits_for_what_it_selects_and_says_how_far_it_looked(
    desk: AsyncClient, load: Load
) -> None:
    await load(article("flood"))
    parameters: Json = {"after": 1, "wait": 20, "noun": "tag"}
    waiting = asyncio.create_task(desk.get("/v1/changes", params=parameters))
    for n in range(3):
        await load(article(f"story-{n}"))
    assert not waiting.done()
    await load(tag("rivers"), article("dam", tags=["rivers"]))
    page = (await asyncio.wait_for(waiting, 10)).json()
    assert ([(entry["seq"], entry["ref"]) for entry in page["items"]], page["after"]) == ([(5, "rivers")], 6)

    assert await get(desk, "/v1/changes", after=2, wait=1, noun="tag", tag="none") == {
        "items": [],
        "head": 6,
        "after": 6,
    }


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("noun=story", "noun", "unknown-name"),
        ("noun=article,", "noun", "unknown-name"),
        ("noun=", "noun", "empty"),
        ("noun=tag&noun=note", "noun", "repeated"),
        ("tag=Not_a_slug", "tag", "invalid"),
        ("tag=", "tag", "empty"),
        ("tag=a&tag=b", "tag", "repeated"),
        (f"tag={','.join(f't{n}' for n in range(21))}", "tag", "too-many"),
        (f"tag={'t' * 121}", "tag", "invalid"),
        ("since=yesterday", "since", "invalid"),
        ("since=2026-02-30", "since", "invalid"),
        ("since=2026-02-20T10:00:00", "since", "invalid"),
        ("since=2026-02-20&since=2026-02-21", "since", "repeated"),
        ("actor=import", "actor", "conflict"),
        ("perspective=drafts&actor=%20", "actor", "string-too-short"),
        (f"perspective=drafts&actor={'k' * 201}", "actor", "too-long"),
        ("perspective=drafts&actor=a&actor=b", "actor", "repeated"),
        ("op=deleted", "op", "unknown-parameter"),
    ],
)
async def test_a_filter_that_cannot_be_is_refused_and_named(
    desk: AsyncClient, query: str, name: str, code: str
) -> None:
    answer = await desk.get(f"/v1/changes?{query}")
    check_answer(answer)
    (fault,) = refusal(answer, 422, "invalid")["errors"]
    assert (fault["parameter"], fault["code"]) == (name, code)


async def test_who_did_it_is_for_keys_that_read_drafts(api: AsyncClient, key: Make) -> None:
    refusal(await api.get("/v1/changes", params={"actor": "import", **DESK}), 401, "unauthorized")
    headers = bearing(await key("content:write"))
    refusal(await api.get("/v1/changes", params={"actor": "import", **DESK}, headers=headers), 403, "forbidden")


@pytest.mark.parametrize("name", ["actor", "noun", "tag", "since"])
async def test_the_stream_takes_no_filters(desk: AsyncClient, name: str) -> None:
    assert blamed(await desk.get("/v1/changes/stream", params={name: "article", **DESK})) == {name}


# --- what is not public --------------------------------------------------------------------------------------------


async def test_nothing_of_the_desk_shows_in_the_public_log_under_any_filter(
    api: AsyncClient, desk: AsyncClient, load: Load
) -> None:
    """Drafts, tags of the desk, working copies and who did it: the public's answers are those of a log without them."""
    await load(tag("rivers"), article("flood", tags=["rivers"]))
    queries = [
        {},
        {"noun": "article,note,source,tag"},
        {"tag": "rivers"},
        {"tag": "canary-tag"},
        {"tag": "rivers,canary-tag"},
        {"since": "2020-01-01"},
        {"since": "2020-01-01", "noun": "tag", "tag": "canary-tag"},
    ]

    async def answers() -> list[Any]:
        return [await get(api, "/v1/changes", **query) for query in queries]

    before = await answers()
    await load(tag("canary-tag", parent="rivers"), source("canary-source"), note("canary-note", status="draft"))
    plan = await write(desk, "Canary draft", tags=["canary-tag", "rivers"], ednote="canary")
    await change(desk, "flood", "/draft", headline="Canary copy", tags=["canary-tag"])
    await act(desk, plan["id"], "publish", at="2099-01-01T00:00:00Z")
    await change(desk, plan["id"], headline="Canary later")
    await act(desk, plan["id"], "unpublish")
    await drop(desk, plan["id"])

    after = await answers()
    assert after == before
    assert "canary" not in str(after).lower()
    assert "Holder of" not in str(after)
    assert len(await log_of(desk, tag="canary-tag", **DESK)) == 7
