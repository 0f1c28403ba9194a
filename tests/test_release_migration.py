"""A database of release 0.1.0, once it is migrated, answers as that release did."""

import asyncio
import gzip
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import pytest
from httpx import ASGITransport, AsyncClient
from pydantic_core import to_json

from app.db import Database, migrate
from app.importers.export import export
from app.main import create_app
from app.settings import Settings
from app.web.purge_keys import CHANGES, purge_key
from tests import sql
from tests.answers import bearing, refusal
from tests.commands import invoke
from tests.conftest import Fresh
from tests.migrations import FIXTURE, copied_chain, dump, kind_of, restore

# As they were recorded: uncompressed, and with an id of the request that a problem then names.
ASKED: Final = {"Accept-Encoding": "identity", "X-Request-ID": "fixture"}
HEADERS: Final = ("content-type", "etag", "link", "location")
SHOWN: Final = 10
# What the desk's documents have since then.
FOR_DESK: Final = re.compile(r',"working_copy":(?:true|false)')
# What the cards in its lists have.
ON_CARDS: Final = re.compile(r',"ednote":(?:null|"(?:[^"\\]|\\.)*"),"working_copy":(?:true|false)')
# What the list of names that `fields` may hold ends with now, and ended with.
FIELDS_END: Final = (
    '"editors_note","genre","dateline","headlines","flags","ai","expires_at","body","body_html","body_text","renditions"]}]}',
    '"editors_note","body"]}]}',
)
# The reason for which a list of the past is refused.
PAST: Final = re.compile(
    r"(?<=is an instant in the past: )which articles a list had then is not kept\. What was public then is told of"
    r" single articles, at their own addresses"
)
# How a refusal names the wrong value of a list, which it did not.
VALUE_NAMED: Final = re.compile(r"(Parameter 'tag': |\"detail\":\")'[^']*'(?= is not a slug)")
# What documents and pages have since then; keys could expire before.
ADDED: Final = re.compile(
    r'(?<="origin":\{)"system":null,"id":null,|,"actor":"[^"]*"(?=,"document")|'
    r',"genre":null,"dateline":null,"headlines":\{"seo":null,"social":null,"short":null\},"flags":\[\]|,"(?:ai|order|did_you_mean|expires_at(?!":null,"revoked_at))":null'
)


@dataclass(frozen=True)
class Recorded:
    """One GET, who asks it (`public`, `desk` or `revoked`), and what release 0.1.0 answered."""

    who: str
    path: str
    status: int
    headers: dict[str, str]
    body: str


@cache
def fixture() -> dict[str, Any]:
    """What is in `answers.json.gz`."""
    contents: dict[str, Any] = json.loads(gzip.decompress((FIXTURE / "answers.json.gz").read_bytes()))
    return contents


def whole(pieces: list[int]) -> str:
    """The text that is made of these pieces."""
    texts = fixture()["pieces"]
    return "".join([texts[number] for number in pieces])


def recorded() -> Iterator[Recorded]:
    """Every recorded GET, in the order in which they were asked.

    Written out is what the file has in short: `<next>` and `<prev>`, cursors of the page before or, in a Link, of this
    one; an ETag that is the digest of the body; the type of JSON.
    """
    before: dict[str, str] = {}
    for who, short_path, status, short_headers, pieces in fixture()["answers"]:
        body = _with_short_keys(whole(pieces)) if short_path.startswith("/v1/changes") else whole(pieces)
        path = _with_cursors(short_path, before)
        before = _cursors(body)
        headers = {"content-type": "application/json", **short_headers}
        if headers.get("etag") == "digest":
            headers["etag"] = _digest(body)
        if "link" in headers:
            headers["link"] = _with_cursors(headers["link"], before).replace("<?", f"<{path.partition('?')[0]}?")
        headers.pop("surrogate-key", None)
        yield Recorded(who, path, status, {name: text for name, text in headers.items() if text is not None}, body)


def _digest(body: str) -> str:
    """The ETag of what has no revision."""
    return f'"{blake2b(body.encode(), digest_size=16).hexdigest()}"'


def _cursors(body: str) -> dict[str, str]:
    document = json.loads(body) if body.startswith('{"items":') else {}
    return {name: document[name] for name in ("next", "prev") if document.get(name) is not None}


def _with_cursors(text: str, cursors: dict[str, str]) -> str:
    for name, cursor in cursors.items():
        text = text.replace(f"cursor=<{name}>", f"cursor={cursor}")
    return text


@pytest.fixture
def old_url(empty_database_url: str) -> str:
    """A database of release 0.1.0."""
    restore(empty_database_url)
    return empty_database_url


@pytest.fixture
def release_url(old_url: str) -> str:
    """The same, migrated."""
    assert invoke(old_url, "migrate").exit_code == 0
    return old_url


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[AsyncClient]:
    """A client of the API over this database, which sends nothing to webhooks."""
    app = create_app(Settings(database_url=url, deliver_webhooks=False))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://dovidka.test") as api,
    ):
        yield api


def _in_the_old_form(status: int, body: str) -> str:
    """The body as release 0.1 had it."""
    body = ADDED.sub("", body)
    is_list_of_cards = body.startswith('{"items":[') and '"head":' not in body
    body = (ON_CARDS if is_list_of_cards else FOR_DESK).sub("", body)
    if status == 308:
        return ""
    if status == 422:
        body = PAST.sub("what was public then is told of single articles", body)
        return VALUE_NAMED.sub(r"\1holds a value that", body).replace(*FIELDS_END)
    replacement = json.loads(body).get("replacement") if status == 410 else None
    if replacement is None:
        return body
    name = replacement["id"] or replacement["slug"]
    return body.replace(to_json(replacement).decode(), to_json(name).decode())


def _without_what_notes_name(body: str, before: str) -> str:
    """The body without those objects beside it that were not there: what the notes beside a story name."""
    shown, old = json.loads(body), json.loads(before)
    for kind, objects in shown["included"].items():
        shown["included"][kind] = {
            name: document for name, document in objects.items() if name in old["included"].get(kind, objects)
        }
    return to_json(shown).decode()


def _with_short_keys(body: str) -> str:
    """A page of the log with the names of its keys as they are shown now."""

    def short(match: re.Match[str]) -> str:
        return to_json(sorted({purge_key(name) for name in (*json.loads(match[1]), CHANGES)})).decode()

    return re.sub(r'(?<="keys":)(\[[^]]*\])', short, body)


def differences(before: Recorded, status: int, headers: dict[str, str], body: str) -> list[str]:
    """What is not as it was.

    Where an answer may differ: in its purge keys, which are shorter; a 308 has a body; a 410 says of a replacement
    where it is too; a story names its other forms, and has the fields of ADDED; the desk is told of working copies, and
    on cards of `ednote`; the names that `fields` may hold end with more; what notes name is included too. In all else
    it is the same: cursors are still valid, and the log names what it named when it was written.
    """
    digest = _digest(body)
    body = _in_the_old_form(status, body)
    if status == 200 and "include=" in before.path:
        body = _without_what_notes_name(body, before.body)
    if headers.get("etag") == digest:
        headers = {**headers, "etag": _digest(body)}
    if 'rel="alternate"' in headers.get("link", ""):
        headers = {name: value for name, value in headers.items() if name != "link"}
    if status == 308:
        headers = {name: value for name, value in headers.items() if name != "content-type"}
    wrong = [] if status == before.status else [f"status {before.status} -> {status}"]
    for name in HEADERS:
        old, new = before.headers.get(name), headers.get(name)
        if old != new:
            wrong.append(f"{name} {old!r} -> {new!r}")
    if body != before.body:
        place = next((n for n, (a, b) in enumerate(zip(before.body, body, strict=False)) if a != b), len(body))
        near = slice(max(place - 60, 0), place + 60)
        wrong.append(f"body at {place}: …{before.body[near]}… -> …{body[near]}…")
    return wrong


async def test_a_migrated_database_answers_as_it_did_before(release_url: str) -> None:
    keys = fixture()["keys"][kind_of(release_url)]
    wrong = []
    asked = 0
    async with serving(release_url) as api:
        for before in recorded():
            headers = {**ASKED, **(bearing(keys[before.who]) if before.who in keys else {})}
            answer = await api.get(before.path, headers=headers)
            unlike = differences(before, answer.status_code, dict(answer.headers), answer.text)
            wrong += [f"{before.who} {before.path}: {difference}" for difference in unlike]
            asked += 1

    assert asked > 2_000
    assert not wrong, "\n".join([f"{len(wrong)} differences, of which the first:", *wrong[:SHOWN]])


async def test_a_migrated_database_is_exported_as_it_was_before(release_url: str) -> None:
    database = Database(release_url)
    exports = {}
    for name in ("full", "public"):
        async with database.reader().snapshot() as read:
            lines = [line async for line in export(read, public=name == "public")]
        exports[name] = ADDED.sub("", b"".join(lines).decode()).splitlines()
    await database.close()

    assert exports == {name: whole(pieces).splitlines() for name, pieces in fixture()["exports"].items()}


async def test_a_post_that_was_answered_before_the_migration_is_answered_the_same_after_it(release_url: str) -> None:
    once = fixture()["repeat"]
    before = once["answer"]
    headers = bearing(fixture()["keys"][kind_of(release_url)]["desk"]) | {"Idempotency-Key": once["key"]}
    async with serving(release_url) as api:
        answer = await api.post(once["path"], json=once["sent"], headers=headers)

    assert answer.headers["idempotency-replayed"] == "true"
    shown = FOR_DESK.sub("", ADDED.sub("", answer.text))
    assert (answer.status_code, shown) == (before["status"], before["body"])
    assert all(answer.headers[name] == before[name] for name in ("etag", "location", "content-type"))


async def test_slugs_that_were_public_stay_reserved_after_the_migration(release_url: str) -> None:
    headers = bearing(fixture()["keys"][kind_of(release_url)]["desk"])
    async with serving(release_url) as api:
        for slug in ("deleted-public", "deleted-public-renamed", "many-states", "porom-zupynyvsia"):
            document = {"language": "en", "headline": "Another", "slug": slug}
            refusal(await api.post("/v1/articles", json=document, headers=headers), 409, "conflict")
        free = {"language": "en", "headline": "Another", "slug": "deleted-draft"}
        made = await api.post("/v1/articles", json=free, headers=headers)

    assert made.status_code == 201, made.text


# --- the migration itself ------------------------------------------------------------------------------------------


class Interrupted(Exception):
    """Breaks a migration off."""


@pytest.fixture
def in_small_portions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ten objects are moved at a time."""
    with copied_chain(tmp_path, monkeypatch) as versions:
        file = versions / "20261130_1520_move_states.py"
        code = file.read_text()
        assert "PORTION = 2_000" in code
        file.write_text(code.replace("PORTION = 2_000", "PORTION = 10"))
        yield


@pytest.mark.usefixtures("in_small_portions")
def test_a_migration_that_is_broken_off_leaves_the_database_as_it_was_and_succeeds_the_next_time(
    old_url: str, fresh: Fresh
) -> None:
    before = dump(old_url)
    calls = []

    def interrupt(moved: int, total: int) -> None:
        calls.append((moved, total))
        if len(calls) == 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        migrate(old_url, progress=interrupt)
    after = dump(old_url)
    migrate(old_url)

    assert calls[-1][0] < calls[-1][1]
    assert after == before
    with fresh(False) as other_url:
        restore(other_url)
        migrate(other_url)
        assert dump(old_url) == dump(other_url)


@pytest.mark.usefixtures("in_small_portions")
def test_progress_is_told_after_each_portion_until_all_is_moved(old_url: str) -> None:
    calls: list[tuple[int, int]] = []

    migrate(old_url, progress=lambda moved, total: calls.append((moved, total)))

    assert len(calls) == 7
    assert calls == sorted(calls)
    assert calls[-1] == (155, 155)
    calls.clear()
    migrate(old_url, progress=lambda moved, total: calls.append((moved, total)))
    assert calls == []


def test_the_command_shows_progress_only_while_it_moves_states(old_url: str) -> None:
    first, second = invoke(old_url, "migrate"), invoke(old_url, "migrate")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "155/155" in first.stderr
    assert len(second.stderr.splitlines()) == 2  # where words are indexed, and that the schema is up to date
    assert first.stderr.splitlines()[-2:] == second.stderr.splitlines()


def pages(url: str) -> tuple[int, int]:
    """(pages of the file, how many of them are empty)."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))


class FullDisk(sqlite3.Connection):
    """A connection to a file on a disk without any space left."""

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        raise sqlite3.OperationalError("database or disk is full")


def test_a_file_shrinks_to_what_is_in_it(sqlite: Fresh) -> None:
    with sqlite(False) as url:
        restore(url)
        assert migrate(url)
        assert pages(url)[1] == 0


def test_a_file_that_cannot_shrink_is_migrated_all_the_same(sqlite: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    fill_disk = partial(monkeypatch.setattr, sqlite3, "connect", partial(connect, factory=FullDisk))
    with sqlite(False) as url:
        restore(url)
        assert not migrate(url, progress=lambda moved, total: fill_disk())
        monkeypatch.undo()
        assert pages(url)[1] > 0
        assert len(asyncio.run(sql.query(url, "SELECT noun FROM objects"))) == 68
        assert migrate(url), "the next migration has nothing to shrink"


def test_the_command_says_how_a_file_is_shrunk_that_could_not_be(
    sqlite: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.migrate", lambda url, progress: False)
    with sqlite() as url:
        answer = invoke(url, "migrate")

    assert answer.exit_code == 0
    assert "execute VACUUM" in answer.stderr
