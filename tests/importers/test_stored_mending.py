"""Texts that an earlier release stored and this one would refuse are mended by `migrate`, as new revisions."""

import asyncio
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import urljoin

import pytest
from httpx import ASGITransport, AsyncClient
from pydantic_core import from_json, to_json
from sqlalchemy import text, update

from app.changes.models import Head
from app.db import Database, SchemaMismatch
from app.importers.mending import mend
from app.main import create_app
from app.settings import Settings
from tests import sql
from tests.commands import invoke
from tests.conftest import Fresh
from tests.contents import accept, everything, exported
from tests.factories import NOON, article, article_id, credit, draft, note, source, tag, withdrawn, words
from tests.test_commands import answer, serving

HEADLINE: Final = "Її район"
LINES: Final = (
    tag("river"),
    tag("brook", parent="river"),
    source("wire"),
    note("dam", tags=["brook"], attributions=[credit("wire")]),
    article("flood", tags=["river"], body=[words("It rose.", id="b1"), words("It fell.", id="b2")]),
    article("dry", language="uk"),
    withdrawn("gone"),
    draft("later"),
    draft("arid"),
    article("mill"),
    draft("mill", published_at=NOON, first_published_at=NOON, headline="The new mill", revision=2, working_copy=True),
)
# Before any object.
NONE_MENDED: Final = "00000000-0000-0000-0000-000000000000"


def spoil(card: dict[str, Any], body: list[Any]) -> None:
    """What an earlier release took, put into a stored document."""
    if card["slug"] in {"flood", "gone", "later"}:
        card |= {"headline": normalize("NFD", HEADLINE), "kicker": "\u00a0", "tags": card["tags"] * 2}
        body[0]["html"] = 'It <a href="//x.example">rose</a>.'
    if card["slug"] == "flood":
        card["attributions"] = [{"source": "wire", "role": "author", "channel": None, "url": None, "text": None,
                                 "block": "b9", "seen_at": None}]  # fmt: skip
        body[1]["html"] = "\u200b"
    if card["slug"] == "dam":
        card["attributions"] *= 2
    if card["slug"] == "brook":
        card["labels"] = {"en": " "}
    if card["slug"] == "mill":
        card["kicker"] = " "


@pytest.fixture
def old_url(database_url: str) -> str:
    """A database with such texts, as it is when its schema is migrated."""
    asyncio.run(_fill(database_url))
    return database_url


async def _fill(url: str) -> None:
    database = Database(url)
    await accept(database, *LINES)
    await database.close()
    states = await sql.query(url, "SELECT object, revision, card, body FROM revisions")
    for object_id, revision, old_card, old_body in states:
        card, body = from_json(old_card), from_json(old_body or "[]")
        spoil(card, body)
        values = {"object": object_id, "revision": revision, "card": to_json(card).decode()}
        values["body"] = None if old_body is None else to_json(body).decode()
        statement = "UPDATE revisions SET card = :card, body = :body WHERE object = :object AND revision = :revision"
        await sql.execute(url, text(statement).bindparams(**values))
    await sql.execute(url, update(Head).values(last_mended=NONE_MENDED))


async def contents(url: str) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """(documents by slug, all rows)."""
    database = Database(url)
    documents = {each["slug"]: each for each in map(from_json, await exported(database))}
    rows = await everything(database)
    await database.close()
    return documents, rows


def test_what_is_shown_is_mended_as_the_next_revision(old_url: str) -> None:
    _, before = asyncio.run(contents(old_url))
    invoke(old_url, "migrate")
    documents, after = asyncio.run(contents(old_url))

    story = documents["flood"]
    assert (story["headline"], story["kicker"], story["tags"], story["revision"]) == (HEADLINE, None, ["river"], 2)
    assert [block["html"] for block in story["body"]] == ["It <a>rose</a>."]
    assert [each["block"] for each in story["attributions"]] == [None]
    assert [documents[slug]["revision"] for slug in ("gone", "later", "dam", "brook", "dry", "river")] == [
        2, 2, 2, 2, 1, 1
    ]  # fmt: skip
    assert documents["brook"]["labels"] == {"en": "—"}
    assert len(documents["dam"]["attributions"]) == 1
    changed = {tuple(row[0]) for row in before["revisions"] if row not in after["revisions"]}
    ended = {("article", article_id("flood")), ("article", article_id("mill")), ("note", "dam"), ("tag", "brook")}
    assert changed == ended, "of what was public, the end is known now; all else of earlier revisions stays"
    assert len(after["changes"]) - len(before["changes"]) == 7


def test_caches_learn_of_what_was_mended_and_the_public_only_of_what_it_sees(old_url: str) -> None:
    invoke(old_url, "migrate")
    rows = asyncio.run(
        sql.query(old_url, "SELECT noun, ref, op, revision, keys, public_seq FROM changes WHERE actor = 'migration'")
    )

    changes = {ref: (op, revision, {*(from_json(keys) if isinstance(keys, str) else keys)}, public_seq is not None)
               for _, ref, op, revision, keys, public_seq in rows}  # fmt: skip
    note_keys = {"note:dam", "notes", "notes:language:en", "notes:source:wire", "notes:tag:brook", "notes:tag:river"}
    assert changes["dam"] == ("updated", 2, note_keys, True)
    assert changes[article_id("flood")][2] >= {"articles", "articles:tag:river", f"article:{article_id('flood')}"}
    assert [changes[article_id(slug)][3] for slug in ("flood", "gone", "later")] == [True, False, False]


def test_a_mended_database_is_read_written_and_counted_on(old_url: str) -> None:
    invoke(old_url, "migrate")

    async def use() -> None:
        app = create_app(Settings(database_url=old_url, deliver_webhooks=False))
        client = AsyncClient(transport=ASGITransport(app), base_url="http://dovidka.test")
        async with app.router.lifespan_context(app), client as api:
            listed = (await api.get("/v1/articles?tag=river&count=true")).json()
            assert [(each["headline"], each["revision"]) for each in listed["items"]] == [(HEADLINE, 2)]
            assert (await api.get("/v1/articles/flood")).headers["etag"] == '"2"'
            assert (await api.get("/v1/articles/flood/revisions/1")).json()["headline"] == normalize("NFD", HEADLINE)
            feed = (await api.get("/v1/changes?limit=1000")).json()
            assert [entry["seq"] for entry in feed["items"]] == [*range(1, feed["head"] + 1)]
            assert feed["items"][-1]["document"] is not None

    asyncio.run(use())
    documents, _ = asyncio.run(contents(old_url))
    again = asyncio.run(_import([*documents.values()], old_url))
    assert (again.counts["unchanged"], again.warnings) == (len(documents), [])


async def _import(lines: list[Any], url: str) -> Any:
    database = Database(url)
    report = await accept(database, *lines)
    await database.close()
    return report


def test_the_command_names_what_was_mended_and_what_only_people_can_mend(old_url: str) -> None:
    async def make_twin() -> None:
        statement = "UPDATE articles SET language = 'uk', translation_of = :original WHERE slug = 'arid'"
        await sql.execute(old_url, text(statement).bindparams(original=article_id("dry")))

    asyncio.run(make_twin())
    result = invoke(old_url, "migrate")

    assert result.exit_code == 0, result.stderr
    lines = result.stderr.splitlines()
    assert any("mended" in line and f"article {article_id('flood')}" in line and "/kicker" in line for line in lines)
    assert any("left as it is" in line and article_id("arid") in line and article_id("dry") in line for line in lines)


def test_the_note_of_a_withdrawal_is_mended_too(old_url: str) -> None:
    async def public_note() -> list[Any]:
        return await sql.query(old_url, "SELECT withdrawal_note FROM articles WHERE slug = 'gone'")

    asyncio.run(sql.execute(old_url, "UPDATE articles SET withdrawal_note = ' ' WHERE slug = 'gone'"))
    invoke(old_url, "migrate")

    assert asyncio.run(public_note()) == [(None,)]


def test_what_is_public_and_the_working_copy_beside_it_are_mended_both(old_url: str) -> None:
    invoke(old_url, "migrate")

    async def shown() -> list[Any]:
        query = """SELECT e.view, r.revision, r.card FROM view_entries AS e JOIN revisions AS r
            ON r.object = e.object AND r.revision = e.revision WHERE e.slug = 'mill' ORDER BY e.view"""
        return [(view, revision, from_json(card)) for view, revision, card in await sql.query(old_url, query)]

    states = [(view, revision, card["headline"], card["kicker"]) for view, revision, card in asyncio.run(shown())]
    assert states == [("desk", 4, "The new mill", None), ("public", 3, "mill", None)]


def test_a_server_mends_its_embedded_database_before_it_answers(sqlite: Fresh) -> None:
    with sqlite() as url:
        asyncio.run(_fill(url))
        with serving(url) as (_, addresses):
            status, body = answer(urljoin(addresses[0], "/v1/articles/flood"))

    assert status == 200, body
    assert (from_json(body)["headline"], from_json(body)["revision"]) == (HEADLINE, 2)


# --- killed, and twice at once -------------------------------------------------------------------------------------


class Killed(Exception):
    """Ends mending where it is."""


@pytest.fixture
def two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.importers.mending.PORTION", 2)


async def mended(url: str, *, killed_after: int | None = None) -> list[tuple[int, int]]:
    """Mends; returns what was said of progress."""
    calls: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        calls.append((done, total))
        if len(calls) == killed_after:
            raise Killed

    database = Database(url)
    try:
        await mend(database, progress)
    except Killed:
        pass
    finally:
        await database.close()
    return calls


def numbers(url: str) -> list[Any]:
    """(object, revision) of every revision there is."""
    _, rows = asyncio.run(contents(url))
    return [tuple(row[:2]) for row in rows["revisions"]]


@pytest.mark.usefixtures("two_at_a_time")
def test_mending_that_is_killed_goes_on_where_it_was_and_does_nothing_twice(old_url: str, fresh: Fresh) -> None:
    first = asyncio.run(mended(old_url, killed_after=3))
    with pytest.raises(SchemaMismatch, match="python -m app migrate"):
        asyncio.run(start(old_url))
    second = asyncio.run(mended(old_url))
    third = asyncio.run(mended(old_url))
    asyncio.run(start(old_url))

    objects = len(LINES) - 1
    assert first == [(2, objects), (4, objects), (6, objects)]
    assert second[0] == (2, objects - 6)
    assert second[-1] == (objects - 6, objects - 6)
    assert third == []
    with fresh(True) as other_url:
        asyncio.run(_fill(other_url))
        asyncio.run(mended(other_url))
        assert numbers(old_url) == numbers(other_url)


@pytest.mark.usefixtures("two_at_a_time")
def test_two_that_mend_at_once_do_nothing_twice(old_url: str, fresh: Fresh) -> None:
    async def both() -> None:
        await asyncio.gather(mended(old_url), mended(old_url))
        await start(old_url)

    asyncio.run(both())

    with fresh(True) as other_url:
        asyncio.run(_fill(other_url))
        asyncio.run(mended(other_url))
        assert numbers(old_url) == numbers(other_url)


async def start(url: str) -> None:
    """Starts a server on the database, and ends it."""
    app = create_app(Settings(database_url=url, deliver_webhooks=False))
    async with app.router.lifespan_context(app):
        pass
