"""Texts that an earlier release stored and this one would refuse are mended by the migration, as new revisions."""

import asyncio
from typing import Any, Final
from unicodedata import normalize

import pytest
from alembic import command
from httpx import ASGITransport, AsyncClient
from pydantic_core import from_json, to_json
from sqlalchemy import text

from app.db import Database, migrate
from app.db.schema import alembic_config
from app.main import create_app
from app.settings import Settings
from tests import sql
from tests.commands import invoke
from tests.contents import accept, everything, exported
from tests.factories import article, article_id, credit, draft, note, source, tag, withdrawn, words

BEFORE: Final = "20261201_1010"
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
)


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


@pytest.fixture
def old_url(empty_database_url: str) -> str:
    """A database before this migration, with such texts."""
    command.upgrade(alembic_config(empty_database_url), BEFORE)
    asyncio.run(_fill(empty_database_url))
    return empty_database_url


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


async def contents(url: str) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """(documents by slug, all rows)."""
    database = Database(url)
    documents = {each["slug"]: each for each in map(from_json, await exported(database))}
    rows = await everything(database)
    await database.close()
    return documents, rows


def test_what_is_shown_is_mended_as_the_next_revision(old_url: str) -> None:
    _, before = asyncio.run(contents(old_url))
    migrate(old_url)
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
    ended = {("article", article_id("flood")), ("note", "dam"), ("tag", "brook")}
    assert changed == ended, "of what was public, the end is known now; all else of earlier revisions stays"
    assert len(after["changes"]) - len(before["changes"]) == 5


def test_caches_learn_of_what_was_mended_and_the_public_only_of_what_it_sees(old_url: str) -> None:
    migrate(old_url)
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
    migrate(old_url)

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
    assert (again.counts["unchanged"], again.warnings) == (len(LINES), [])


async def _import(lines: list[Any], url: str) -> Any:
    database = Database(url)
    report = await accept(database, *lines)
    await database.close()
    return report


def test_the_command_names_what_was_mended_and_what_only_people_can_mend(old_url: str) -> None:
    async def make_twin() -> None:
        statement = "UPDATE articles SET language = 'uk', translation_of = :original WHERE slug = 'later'"
        await sql.execute(old_url, text(statement).bindparams(original=article_id("dry")))

    asyncio.run(make_twin())
    result = invoke(old_url, "migrate")

    assert result.exit_code == 0, result.stderr
    lines = result.stderr.splitlines()
    assert any("mended" in line and f"article {article_id('flood')}" in line and "/kicker" in line for line in lines)
    assert any("left as it is" in line and article_id("later") in line and article_id("dry") in line for line in lines)


def test_other_texts_are_composed_where_they_stand(old_url: str) -> None:
    async def names() -> list[Any]:
        return await sql.query(old_url, "SELECT withdrawal_note FROM articles WHERE slug IN ('gone', 'later')")

    asyncio.run(sql.execute(old_url, "UPDATE articles SET withdrawal_note = ' ' WHERE slug = 'gone'"))
    migrate(old_url)

    assert asyncio.run(names()) == [(None,), (None,)]
