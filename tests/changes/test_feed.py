"""The log over HTTP: what each entry shows to whom, and that a copy made of it alone is what the server shows."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import delete, update

from app.changes import feed
from app.changes.models import Change
from app.db import Database, utcnow
from app.main import create_app
from app.settings import Settings
from app.web.purge_keys import purge_key
from tests.answers import get, refusal
from tests.conftest import Load
from tests.contents import accept, changes, dense, tombstone
from tests.factories import article, article_id, credit, draft, note, source, tag, words
from tests.processes import until

Json = dict[str, Any]
DESK: Json = {"perspective": "drafts"}
LISTS = {"article": "articles", "note": "notes", "source": "sources", "tag": "tags"}


async def log_of(api: AsyncClient, limit: int = 1000, **parameters: Any) -> list[Json]:
    """All entries, read page by page."""
    found: list[Json] = []
    while True:
        after = found[-1]["seq"] if found else 0
        page = await get(api, "/v1/changes", after=after, limit=limit, **parameters)
        found += page["items"]
        if not page["items"]:
            assert page["head"] == after
            return found


def replayed(entries: list[Json]) -> dict[tuple[str, str], Json]:
    """The copy that a follower has who puts each document in the place of the last, and drops what has none."""
    copy: dict[tuple[str, str], Json] = {}
    for entry in entries:
        where = (entry["noun"], entry["ref"])
        if entry["document"] is None:
            copy.pop(where, None)
        else:
            copy[where] = entry["document"]
    return copy


async def shown(api: AsyncClient, **parameters: Any) -> dict[tuple[str, str], Json]:
    """Everything that the server shows, asked for one by one."""
    found = {}
    for noun, name in LISTS.items():
        page = await get(api, f"/v1/{name}", limit=100, **parameters)
        assert page["next"] is None
        for item in page["items"]:
            ref = item["id"] if noun == "article" else item["slug"]
            found[noun, ref] = await get(api, f"/v1/{name}/{ref}", **parameters)
    return found


async def do(desk: AsyncClient, method: str, path: str, body: Json | None = None) -> Response:
    headers = {"If-Match": "*"} if method in {"PATCH", "DELETE", "PUT"} else {}
    answer = await desk.request(method, path, json=body, headers=headers)
    assert answer.status_code in {200, 201, 204}, (method, path, answer.text)
    return answer


# --- what an entry shows -------------------------------------------------------------------------------------------


async def test_an_entry_tells_what_happened_with_the_document_as_get_shows_it(api: AsyncClient, load: Load) -> None:
    await load(tag("rivers"))
    await load(draft("secret"), article("flood", tags=["rivers"]))

    first, second = await log_of(api)
    flood, names = article_id("flood"), ["articles", "articles:tag:rivers"]
    assert first["document"] == await get(api, "/v1/articles/flood")
    assert second["document"] == await get(api, "/v1/tags/rivers")
    assert {name: value for name, value in first.items() if name not in {"at", "document"}} == {
        "seq": 1,
        "op": "created",
        "noun": "article",
        "ref": flood,
        "revision": 1,
        "keys": sorted(map(purge_key, ["changes", f"article:{flood}", *names, *(f"{name}~en" for name in names)])),
        "reason": None,
    }
    assert (second["seq"], second["op"], second["keys"]) == (2, "published", ["changes", "tag.rivers", "tags"])


async def test_what_was_taken_down_is_shown_by_no_entry(desk: AsyncClient) -> None:
    text = {"language": "en", "headline": "One name too many", "body": [words("One name too many.")]}
    ref = (await do(desk, "POST", "/v1/articles", text)).json()["id"]
    path = f"/v1/articles/{ref}"
    await do(desk, "POST", f"{path}/publish", {})
    await do(desk, "PATCH", path, {"standfirst": "Named again"})
    assert [one["document"] is not None for one in await log_of(desk)] == [True, True]

    await do(desk, "POST", f"{path}/unpublish")
    assert [one["document"] for one in await log_of(desk)] == [None] * 3
    await do(desk, "POST", f"{path}/publish", {})
    assert [one["document"] is not None for one in await log_of(desk)] == [True, True, False, True]
    await do(desk, "POST", f"{path}/withdraw", {"reason": "privacy"})
    await do(desk, "POST", f"{path}/erase", {"reason": "legal"})

    found = await log_of(desk)
    assert [one["op"] for one in found] == ["published", "updated", "unpublished", "published", "withdrawn", "updated"]
    assert [one["document"] for one in found] == [None] * 6
    assert [one["reason"] for one in found] == [None] * 4 + ["privacy", "legal"]
    assert "name too many" not in str(found)
    assert "name too many" not in str(await log_of(desk, **DESK))


async def test_a_deleted_object_is_shown_by_no_entry_not_even_to_the_desk(desk: AsyncClient, load: Load) -> None:
    text = {"language": "en", "headline": "A mistake"}
    ref = (await do(desk, "POST", "/v1/articles", text)).json()["id"]
    await do(desk, "POST", f"/v1/articles/{ref}/publish", {})
    await do(desk, "DELETE", f"/v1/articles/{ref}")

    for parameters in ({}, DESK):
        found = await log_of(desk, **parameters)
        assert found[-1]["op"] == "deleted"
        assert {one["document"] for one in found} == {None}
    await load(article("another", id=ref))
    assert [one["document"] is not None for one in await log_of(desk)] == [False, False, True]


async def test_the_public_log_names_no_list_that_only_the_desk_had(database: Database, desk: AsyncClient) -> None:
    await accept(database, tag("open"), tag("secret"), source("whistle"))
    line = draft("flood", tags=["secret"], attributions=[credit("whistle")])
    await accept(database, line)
    await accept(database, article("flood", tags=["open"]))
    path = f"/v1/articles/{line['id']}"
    await do(desk, "PATCH", f"{path}/draft", {"tags": ["secret"]})
    await do(desk, "POST", f"{path}/correct", {"kind": "correction", "text": "It was Tuesday."})
    await do(desk, "POST", f"{path}/unpublish")
    await do(desk, "POST", f"{path}/publish", {})
    await accept(database, article("flood", tags=["open"]))

    found = await log_of(desk)
    named = [[key for key in one["keys"] if "tag." in key and "~" not in key] for one in found]
    ops = [(one["op"], keys) for one, keys in zip(found, named, strict=True) if one["noun"] == "article"]
    assert ops == [
        ("published", ["articles.tag.open"]),
        ("corrected", ["articles.tag.open"]),
        ("unpublished", ["articles.tag.open"]),
        ("published", ["articles.tag.secret"]),
        ("updated", ["articles.tag.open", "articles.tag.secret"]),
    ]
    assert "whistle" not in str(found)


async def test_the_desk_reads_the_whole_log_with_its_notes(desk: AsyncClient, load: Load) -> None:
    await load(tag("rivers"), draft("dam", ednote="Ask Olha."), article("flood"))

    found = await log_of(desk, **DESK)
    assert dense([one["seq"] for one in found])
    assert [one["noun"] for one in found] == ["tag", "article", "article"]
    assert [one["document"].get("ednote", "none") for one in found] == ["none", "Ask Olha.", None]
    assert [one["ref"] for one in await log_of(desk)] == [article_id("flood")]


async def test_the_desk_goes_on_seeing_a_working_copy_under_a_correction(desk: AsyncClient, load: Load) -> None:
    await load(article("flood"))
    path = f"/v1/articles/{article_id('flood')}"
    await do(desk, "PATCH", f"{path}/draft", {"headline": "The copy"})
    await do(desk, "POST", f"{path}/correct", {"kind": "correction", "text": "It was Tuesday."})

    assert replayed(await log_of(desk)) == await shown(desk)
    assert replayed(await log_of(desk, **DESK)) == await shown(desk, **DESK)


# --- positions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/changes", "/v1/changes/stream"])
@pytest.mark.parametrize("after", ["3", "-1", "01", "1.0", "x", "d1", str(2**63), "9" * 30])
async def test_a_position_that_is_none_of_this_log_is_refused(
    api: AsyncClient, load: Load, path: str, after: str
) -> None:
    await load(article("flood"), article("dam"), draft("secret"))
    answer = await api.get(path, params={"after": after})
    (fault,) = refusal(answer, 422, "invalid")["errors"]
    assert fault["parameter"] == "after"
    if path.endswith("stream"):
        answer = await api.get(path, headers={"Last-Event-ID": after})
        twice = await api.get(path, headers=[("Last-Event-ID", "1"), ("Last-Event-ID", "2")])
        refusal(twice, 422, "invalid")
        (fault,) = refusal(answer, 422, "invalid")["errors"]
        assert fault["parameter"] == "Last-Event-ID"


@pytest.mark.parametrize(
    ("name", "value"), [("wait", "31"), ("wait", "-1"), ("limit", "0"), ("limit", "1001"), ("at", "1")]
)
async def test_a_parameter_out_of_range_is_refused(api: AsyncClient, name: str, value: str) -> None:
    (fault,) = refusal(await api.get("/v1/changes", params={name: value}), 422, "invalid")["errors"]
    assert fault["parameter"] == name


async def test_the_desks_log_takes_a_key(api: AsyncClient, key: Any) -> None:
    for path in ("/v1/changes", "/v1/changes/stream"):
        refusal(await api.get(path, params=DESK), 401, "unauthorized")
        headers = {"Authorization": f"Bearer {await key('content:write')}"}
        refusal(await api.get(path, params=DESK, headers=headers), 403, "forbidden")


async def test_what_was_trimmed_is_gone_and_says_where_to_go_on(api: AsyncClient, load: Load) -> None:
    await load(article("one"), draft("two"), article("three"), article("four"))
    database: Database = api._transport.app.state.database  # type: ignore[attr-defined]
    old = utcnow() - timedelta(days=30)
    async with database.begin() as connection:
        await connection.execute(update(Change).where(Change.seq <= 2).values(at=old))
    assert await feed.trim(database, utcnow() - timedelta(days=31)) == 0
    assert await feed.trim(database, utcnow() - timedelta(days=29)) == 2
    assert await feed.trim(database, utcnow() - timedelta(days=29)) == 0

    for path in ("/v1/changes", "/v1/changes/stream"):
        problem = refusal(await api.get(path, params={"after": 0}), 410, "trimmed")
        assert problem["head"] == 3
    assert [one["seq"] for one in (await get(api, "/v1/changes", after=1))["items"]] == [2, 3]
    assert (await get(api, "/v1/changes", after=3)) == {"items": [], "head": 3}
    revisions = await get(api, "/v1/articles/one/revisions")
    assert [one["revision"] for one in revisions["items"]] == [1]

    assert await feed.trim(database, utcnow() + timedelta(days=1)) == 2
    assert (await get(api, "/v1/changes", after=3)) == {"items": [], "head": 3}
    refusal(await api.get("/v1/changes", params={"after": 2}), 410, "trimmed")


async def test_trimming_goes_on_in_portions(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "TRIMMED_AT_ONCE", 3)
    await accept(database, *(article(f"story-{n}") for n in range(10)))
    assert await feed.trim(database, utcnow() + timedelta(days=1)) == 10


async def test_a_server_trims_its_log_where_it_is_told_to(database_url: str, database: Database) -> None:
    await accept(database, article("old"), article("new"))
    async with database.begin() as connection:
        await connection.execute(update(Change).where(Change.seq == 1).values(at=utcnow() - timedelta(days=3)))
    app = create_app(Settings(database_url=database_url, changes_kept_days=2))

    async def trimmed() -> bool:
        return len(await changes(database)) < 2

    async with app.router.lifespan_context(app):
        await until(trimmed)
    assert [change.seq for change in await changes(database)] == [2]


async def test_a_hole_is_never_passed_over(api: AsyncClient, load: Load) -> None:
    """Should entries ever go missing from the midst of the log, nobody goes on as if nothing had happened."""
    await load(article("one"), article("two"), article("three"))
    database: Database = api._transport.app.state.database  # type: ignore[attr-defined]
    async with database.begin() as connection:
        await connection.execute(delete(Change).where(Change.seq == 2))
    refusal(await api.get("/v1/changes", params={"after": 1}), 410, "trimmed")


# --- waiting -------------------------------------------------------------------------------------------------------


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where each reading of the log began, for those who wait and others."""
    begun: list[int] = []
    entries = feed.entries

    async def counted(reader: Any, perspective: Any, position: int, limit: int) -> Any:
        begun.append(position)
        return await entries(reader, perspective, position, limit)

    monkeypatch.setattr(feed, "entries", counted)
    return begun


async def test_a_request_waits_for_what_comes_and_no_longer(api: AsyncClient, load: Load, readings: list[int]) -> None:
    async def read_again() -> None:
        """Returns when a reading has ended that began after this."""
        count = len(readings)
        await until(lambda: len(readings) >= count + 2)

    loop = asyncio.get_running_loop()
    began = loop.time()
    waiting = [asyncio.create_task(api.get("/v1/changes", params={"wait": 20})) for _ in range(5)]
    await read_again()
    assert [one.done() for one in waiting] == [False] * 5
    await load(draft("secret"))
    await read_again()
    assert [one.done() for one in waiting] == [False] * 5
    await load(article("flood"))
    answers = await asyncio.wait_for(asyncio.gather(*waiting), 5)

    assert [[one["ref"] for one in answer.json()["items"]] for answer in answers] == [[article_id("flood")]] * 5
    assert loop.time() - began < 10


async def test_a_request_for_what_is_there_does_not_wait_and_one_for_nothing_ends(api: AsyncClient, load: Load) -> None:
    await load(article("flood"))
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert [one["ref"] for one in (await get(api, "/v1/changes", wait=20))["items"]] == [article_id("flood")]
    assert loop.time() - began < 5
    assert (await get(api, "/v1/changes", after=1, wait=1)) == {"items": [], "head": 1}
    assert loop.time() - began >= 1


def reading() -> list[Any]:
    """The tasks that read the log for those who wait."""
    return [task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "Tail._read"]  # type: ignore[union-attr]


async def test_those_who_wait_share_one_reading_which_ends_with_them(api: AsyncClient, readings: list[int]) -> None:
    waiting = asyncio.gather(*(api.get("/v1/changes", params={"wait": 1}) for _ in range(30)))
    await until(lambda: len(readings) >= 1)
    assert len(reading()) == 1
    await waiting
    assert len(readings) <= 15
    await until(lambda: not reading())


async def test_an_answer_is_kept_for_a_moment_and_a_desks_never(api: AsyncClient, desk: AsyncClient) -> None:
    answer = await api.get("/v1/changes")
    assert answer.headers["cache-control"] == "public, max-age=1"
    again = await api.get("/v1/changes", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await desk.get("/v1/changes", params=DESK)).headers["cache-control"] == "private, no-store"


# --- a copy is what the server shows -------------------------------------------------------------------------------


VERBS = """
new edit copy discard publish publish publish unpublish withdraw erase correct delete line tag note
""".split()


class Newsroom:
    """Somebody who writes at random, over HTTP and as an import does."""

    def __init__(self, desk: AsyncClient, database: Database, seed: int) -> None:
        self.desk = desk
        self.database = database
        self.chance = random.Random(seed)
        self.name = f"r{seed}"
        self.count = 0
        self.refs: list[str] = []

    async def act(self) -> None:
        """One write; those that the state of the object does not allow are refused, which is as well."""
        await getattr(self, self.chance.choice(VERBS))()

    async def send(self, method: str, path: str, body: Json | None = None) -> Response:
        headers = {"If-Match": "*"} if method in {"PATCH", "DELETE", "PUT"} else {}
        answer = await self.desk.request(method, path, json=body, headers=headers)
        assert answer.status_code in {200, 201, 204, 404, 409, 412, 422}, (method, path, answer.text)
        return answer

    async def to_one(self, method: str, verb: str, body: Json | None = None) -> None:
        if self.refs:
            await self.send(method, f"/v1/articles/{self.chance.choice(self.refs)}{verb}", body)

    def text(self) -> str:
        self.count += 1
        return f"Story {self.name} {self.count}"

    async def new(self) -> None:
        tags = self.chance.sample(["t0", "t1", "t2"], self.chance.randrange(3))
        body = {"language": "en", "headline": self.text(), "tags": tags, "body": [words(self.text())]}
        self.refs.append((await self.send("POST", "/v1/articles", body)).json()["id"])

    async def edit(self) -> None:
        await self.to_one("PATCH", "", {"headline": self.text(), "tags": [f"t{self.chance.randrange(3)}"]})

    async def copy(self) -> None:
        await self.to_one("PATCH", "/draft", {"headline": self.text(), "tags": [f"t{self.chance.randrange(3)}"]})

    async def discard(self) -> None:
        await self.to_one("DELETE", "/draft")

    async def publish(self) -> None:
        await self.to_one("POST", "/publish", {})

    async def unpublish(self) -> None:
        await self.to_one("POST", "/unpublish")

    async def withdraw(self) -> None:
        await self.to_one("POST", "/withdraw", {"reason": "rights"})

    async def erase(self) -> None:
        await self.to_one("POST", "/erase", {"reason": "legal"})

    async def correct(self) -> None:
        await self.to_one("POST", "/correct", {"kind": "correction", "text": self.text()})

    async def delete(self) -> None:
        await self.to_one("DELETE", "")

    async def line(self) -> None:
        slug = f"{self.name}-line-{self.chance.randrange(3)}"
        make = self.chance.choice([article, draft, tombstone])
        await accept(self.database, make(slug, **({} if make is tombstone else {"headline": self.text()})))

    async def tag(self) -> None:
        place = self.chance.choice([{"slug": "t0"}, {"slug": "t1"}, {"slug": "t2", "parent": "t1"}])
        await accept(self.database, tag(**place, labels={"en": self.text()}))

    async def note(self) -> None:
        fields = {"heading": self.text(), "status": self.chance.choice(["draft", "published"])}
        dates = {"published_at": "2025-01-22T12:35:00.000Z"} if fields["status"] == "published" else {}
        await accept(self.database, note(f"{self.name}-n{self.chance.randrange(2)}", **fields, **dates))


async def follow(desk: AsyncClient, bell: asyncio.Event, done: asyncio.Event, parameters: Json) -> list[Json]:
    """What a follower sees who reads on while others write, in stretches of any length. The bell tells of writes."""
    chance = random.Random(7)
    found: list[Json] = []
    while True:
        await bell.wait()
        bell.clear()
        last = done.is_set()
        after = found[-1]["seq"] if found else 0
        page = await get(desk, "/v1/changes", after=after, limit=chance.choice([1, 3, 100]), **parameters)
        found += page["items"]
        if page["items"]:
            bell.set()
        elif last:
            return found


@pytest.mark.parametrize("seed", range(4))
async def test_a_copy_made_of_the_log_alone_is_what_the_server_shows(
    desk: AsyncClient, database: Database, seed: int
) -> None:
    """Three write at once, which on PostgreSQL they do in parallel, while two followers read; a third comes later."""
    await accept(database, tag("t0"), tag("t1"), tag("t2", parent="t1"))
    done = asyncio.Event()
    bells = [asyncio.Event(), asyncio.Event()]
    readers = [
        asyncio.create_task(follow(desk, bell, done, parameters))
        for bell, parameters in zip(bells, ({}, DESK), strict=True)
    ]

    def ring() -> None:
        for bell in bells:
            bell.set()

    async def write(one: Newsroom) -> None:
        await one.new()
        for _ in range(25):
            await one.act()
            ring()

    await asyncio.gather(*(write(Newsroom(desk, database, 10 * seed + n)) for n in range(3)))
    done.set()
    ring()
    public, whole = await asyncio.gather(*readers)

    assert dense([one["seq"] for one in public])
    assert dense([one["seq"] for one in whole])
    assert replayed(public) == await shown(desk)
    assert replayed(await log_of(desk, limit=7)) == await shown(desk)
    assert replayed(whole) == await shown(desk, **DESK)
    assert replayed(await log_of(desk, limit=7, **DESK)) == await shown(desk, **DESK)
